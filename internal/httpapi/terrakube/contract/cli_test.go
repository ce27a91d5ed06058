package contract_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/jsonapi"
)

// teamToken is a team token in a list, as clients read it.
type teamToken struct {
	ID, Group, Description string
	Days, Hours, Minutes   int32
	Deleted                bool
}

// parse reads the id of a token without looking at its signature, as the provider does.
func parse(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JSON Web Token", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	id, ok := claims["jti"].(string)
	if !ok || id == "" {
		t.Fatalf("claims %v", claims)
	}
	return id
}

// The command line's requests: Accept always, the media type with a body, and filters encoded.

func (c client) cli(t *testing.T, method, path, body string) reply {
	t.Helper()
	r := call{method: method, path: path, body: body, accept: jsonapi.MediaType}
	if body != "" {
		r.media = jsonapi.MediaType
	}
	return c.send(t, r)
}

// tokens is cli for the endpoints of tokens, which it speaks plain JSON to.
func (c client) tokens(t *testing.T, method, path, body string) reply {
	t.Helper()
	return c.send(t, call{method: method, path: path, body: body, accept: "application/json", media: "application/json"})
}

type document struct {
	ID            string
	Type          string
	Attributes    map[string]any
	Relationships map[string]any
}

func (r reply) document(t *testing.T) document {
	t.Helper()
	var d struct{ Data document }
	r.plain(t, &d)
	return d.Data
}

func (r reply) documents(t *testing.T) []document {
	t.Helper()
	var d struct{ Data []document }
	r.plain(t, &d)
	return d.Data
}

// cliResource is what the command line does to an object: create, list with a filter, get, update, delete.
func (c client) cliResource(t *testing.T, path, typ, attributes, changed string) {
	t.Helper()
	made := c.cli(t, http.MethodPost, path, `{"data":{"type":"`+typ+`","attributes":`+attributes+`}}`).want(t, http.StatusCreated).document(t)
	if made.ID == "" || made.Type != typ {
		t.Fatalf("made %+v", made)
	}
	one := path + "/" + made.ID
	name, _ := made.Attributes["name"].(string)
	if name != "" {
		found := c.cli(t, http.MethodGet, path+"?"+url.QueryEscape("filter["+typ+"]")+"="+url.QueryEscape("name=="+name), "").want(t, http.StatusOK).documents(t)
		if len(found) != 1 || found[0].ID != made.ID {
			t.Errorf("%s: found %+v", path, found)
		}
	}
	c.cli(t, http.MethodGet, one, "").want(t, http.StatusOK)
	if r := c.cli(t, http.MethodPatch, one, `{"data":{"type":"`+typ+`","id":"`+made.ID+`","attributes":`+changed+`}}`); r.status/100 != 2 {
		t.Errorf("PATCH %s: %d %s", one, r.status, r.body)
	}
	var want map[string]any
	if err := json.Unmarshal([]byte(changed), &want); err != nil {
		t.Fatal(err)
	}
	after := c.cli(t, http.MethodGet, one, "").want(t, http.StatusOK).document(t)
	for attribute, value := range want {
		if after.Attributes[attribute] != value {
			t.Errorf("%s is %v in %s, want %v", attribute, after.Attributes[attribute], one, value)
		}
	}
	if r := c.cli(t, http.MethodDelete, one, ""); r.status/100 != 2 {
		t.Errorf("DELETE %s: %d %s", one, r.status, r.body)
	}
	c.cli(t, http.MethodGet, one, "").want(t, http.StatusNotFound)
}

// TestCommandLine runs the commands of Terrakube's command line for the objects that access depends on.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for _, row := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"login", func(t *testing.T) {
			if all := e.cli(t, http.MethodGet, "/api/v1/organization", "").want(t, http.StatusOK).documents(t); len(all) != 1 {
				t.Errorf("%d organizations", len(all))
			}
			client{e.world, "a.b.c"}.cli(t, http.MethodGet, "/api/v1/organization", "").want(t, http.StatusUnauthorized)
		}},
		{"organization", func(t *testing.T) {
			e.cliResource(t, "/api/v1/organization", "organization", `{"name":"beta","description":"a","executionMode":"remote"}`, `{"description":"b"}`)
			found := e.cli(t, http.MethodGet, "/api/v1/organization?filter="+url.QueryEscape("name==acme"), "").want(t, http.StatusOK).documents(t)
			if len(found) != 1 || found[0].ID != e.organization {
				t.Errorf("the filter without a type finds %+v", found)
			}
		}},
		{"team", func(t *testing.T) {
			e.cliResource(t, e.o+"/team", "team", `{"name":"sre","manageState":true,"manageWorkspace":true,"manageModule":true,"manageProvider":true,"manageVcs":true,"manageTemplate":true,"manageCollection":true,"manageJob":true,"planJob":true,"approveJob":true}`, `{"manageState":false}`)
			made := e.cli(t, http.MethodPost, e.o+"/team", `{"data":{"type":"team","attributes":{"name":"boss","role":"Admin"}}}`).want(t, http.StatusCreated).document(t)
			if made.Attributes["role"] != "Admin" {
				t.Errorf("the role comes back as %v", made.Attributes["role"])
			}
		}},
		{"workspace", func(t *testing.T) {
			e.cliResource(t, e.o+"/workspace", "workspace", `{"name":"app","source":"empty","branch":"remote-content","terraformVersion":"1.11.4","folder":"/"}`, `{"description":"c"}`)
		}},
		{"workspace-access", func(t *testing.T) {
			e.cliResource(t, e.workspace+"/access", "access", `{"name":"guests","manageState":true,"manageWorkspace":false,"manageJob":false}`, `{"manageWorkspace":true}`)
		}},
		{"project", func(t *testing.T) {
			e.cliResource(t, e.o+"/project", "project", `{"name":"edge","description":"a"}`, `{"description":"b"}`)
		}},
		{"project-access", func(t *testing.T) {
			e.cliResource(t, e.project+"/projectAccess", "project_access", `{"name":"guests","role":"plan"}`, `{"role":"write"}`)
		}},
		{"federated", func(t *testing.T) {
			e.cliResource(t, "/api/v1/federated", "federated", `{"name":"ci","issuerUrl":"https://ci.example","audience":"a"}`, `{"audience":"b"}`)
			made := e.cli(t, http.MethodPost, "/api/v1/federated", `{"data":{"type":"federated","attributes":{"name":"hub","issuerUrl":"https://hub.example","audience":"a"}}}`).want(t, http.StatusCreated).document(t)
			e.cliResource(t, "/api/v1/federated/"+made.ID+"/claims", "federated_claim", `{"claimKey":"sub","claimValue":"a"}`, `{"claimValue":"b"}`)
		}},
		{"team-token", func(t *testing.T) { e.cliTeamTokens(t) }},
		{"operations", func(t *testing.T) {
			body := `{"atomic:operations":[{"op":"add","href":"/organization/` + e.organization + `/project","data":{"type":"project","lid":"p","attributes":{"name":"from-a-file"}}}]}`
			e.send(t, call{method: http.MethodPost, path: "/api/v1/operations", body: body, media: "application/json", accept: jsonapi.MediaType}).want(t, http.StatusOK)
			if found := e.cli(t, http.MethodGet, e.o+"/project?filter%5Bproject%5D=name%3D%3Dfrom-a-file", "").documents(t); len(found) != 1 {
				t.Errorf("made %+v", found)
			}
		}},
		{"a parent by its name", func(t *testing.T) {
			found := e.cli(t, http.MethodGet, e.o+"/workspace?filter%5Bworkspace%5D=name%3D%3Dbase", "").documents(t)
			if len(found) != 1 || found[0].ID != e.workspaceID {
				t.Errorf("found %+v", found)
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := e.calls
			row.run(t)
			t.Logf("%s: %d calls", row.name, e.calls-before)
		})
	}
}

func (e *estate) cliTeamTokens(t *testing.T) {
	t.Helper()
	const path = "/access-token/v1/teams"
	var issued struct{ Token string }
	e.tokens(t, http.MethodPost, path, `{"group":"`+administrators+`","description":"ci","days":1}`).want(t, http.StatusCreated).plain(t, &issued)
	jti := parse(t, issued.Token)
	var all []teamToken
	e.tokens(t, http.MethodGet, path, "").want(t, http.StatusAccepted).plain(t, &all)
	if len(all) != 1 || all[0].ID != jti || all[0].Days != 1 {
		t.Errorf("listed %+v", all)
	}
	bot := client{e.world, issued.Token} // a pipeline of the administrators
	bot.cli(t, http.MethodPost, e.o+"/team", `{"data":{"type":"team","attributes":{"name":"by-the-pipeline","planJob":true}}}`).want(t, http.StatusCreated)
	var groups struct{ Groups []string }
	bot.tokens(t, http.MethodGet, path+"/current-teams", "").want(t, http.StatusAccepted).plain(t, &groups)
	if len(groups.Groups) != 1 || groups.Groups[0] != administrators {
		t.Errorf("the token is in %v", groups)
	}
	for _, of := range []string{"", "/workspace/" + e.workspaceID} {
		var rights map[string]bool
		bot.tokens(t, http.MethodGet, path+"/permissions/organization/"+e.organization+of, "").want(t, http.StatusAccepted).plain(t, &rights)
		if len(rights) != 11 || !rights["managePermission"] || !rights["manageWorkspace"] {
			t.Errorf("rights %v", rights)
		}
	}
	e.tokens(t, http.MethodDelete, path+"/"+jti, "").want(t, http.StatusAccepted)
	bot.tokens(t, http.MethodGet, path, "").want(t, http.StatusUnauthorized)
	var personal []struct{ ID, Description string }
	e.tokens(t, http.MethodGet, "/pat/v1", "").want(t, http.StatusAccepted).plain(t, &personal)
	if len(personal) != 2 {
		t.Errorf("personal tokens %+v", personal)
	}
	e.tokens(t, http.MethodDelete, "/pat/v1/"+parse(t, e.token)+"x", "").want(t, http.StatusBadRequest)
}
