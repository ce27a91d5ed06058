package otf_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// masked replaces what differs from run to run.
func masked(body string) string {
	body = regexp.MustCompile(`"(org|team|user)-[1-9A-Za-z]{16}"`).ReplaceAllString(body, `"$1-ID"`)
	return strings.TrimSpace(regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+Z"`).ReplaceAllString(body, `"TIME"`))
}

// TestExchanges holds the exchanges of each verb of OTF's command, as they go over the wire.
func TestExchanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	team := func(name string) string { return "teams/" + w.teamID(t, "globex", name) }
	for _, step := range []struct {
		verb, method string
		path         func() string
		body         string
		status       int
		answer       string
	}{
		{"organizations new globex", http.MethodPost, at("organizations"), `{"Name":"globex","Email":null,"CollaboratorAuthPolicy":null,"CostEstimationEnabled":null,"SessionRemember":null,"SessionTimeout":null,"AllowForceDeleteWorkspaces":null,"DefaultExecutionMode":null,"DefaultAgentPoolID":null}`, http.StatusCreated, `{"data":{"id":"org-ID","type":"organizations","attributes":{"name":"globex","created-at":"TIME","updated-at":"TIME"}}}`},
		{"the same again", http.MethodPost, at("organizations"), `{"Name":"Globex"}`, http.StatusConflict, `{"errors":[{"status":"409","title":"Conflict","detail":"Name has already been taken","source":{"pointer":"/Name"}}]}`},
		{"users new hank", http.MethodPost, at("admin/users"), `{"username":"hank"}`, http.StatusCreated, `{"data":{"id":"user-ID","type":"users","attributes":{"username":"hank","site-admin":false,"created-at":"TIME","updated-at":"TIME"}}}`},
		{"the same again", http.MethodPost, at("admin/users"), `{"username":"hank"}`, http.StatusConflict, `{"errors":[{"status":"409","title":"Conflict","detail":"Username has already been taken","source":{"pointer":"/Username"}}]}`},
		{"teams new devs", http.MethodPost, at("organizations/globex/teams"), `{"name":"devs","ManageWorkspaces":null,"ManageVCS":null,"ManageModules":null,"ManageProviders":null,"ManagePolicies":null,"ManagePolicyOverrides":null,"SSOTeamID":null,"Visibility":null}`, http.StatusCreated, `{"data":{"id":"team-ID","type":"teams","attributes":{"name":"devs","organization":"globex","created-at":"TIME"}}}`},
		{"teams new owners", http.MethodPost, at("organizations/globex/teams"), `{"name":"owners"}`, http.StatusUnprocessableEntity, `{"errors":[{"status":"422","title":"Unprocessable Entity","detail":"Name is reserved","source":{"pointer":"/Name"}}]}`},
		{"a look-up of the command", http.MethodGet, at("organizations/globex/teams/devs"), "", http.StatusOK, `{"data":{"id":"team-ID","type":"teams","attributes":{"name":"devs","organization":"globex","created-at":"TIME"}}}`},
		{"a look-up of what is not there", http.MethodGet, at("organizations/globex/teams/ops"), "", http.StatusNotFound, `{"errors":[{"status":"404","title":"Not Found"}]}`},
		{"team-membership add-users", http.MethodPost, func() string { return team("devs") + "/relationships/users" }, `{"Usernames":["hank","somebody-new"]}`, http.StatusCreated, ``},
		{"the same again", http.MethodPost, func() string { return team("devs") + "/relationships/users" }, `{"Usernames":["hank"]}`, http.StatusCreated, ``},
		{"team-membership del-users", http.MethodDelete, func() string { return team("devs") + "/relationships/users" }, `{"Usernames":["hank"]}`, http.StatusNoContent, ``},
		{"the same again", http.MethodDelete, func() string { return team("devs") + "/relationships/users" }, `{"Usernames":["hank"]}`, http.StatusUnprocessableEntity, `{"errors":[{"status":"422","title":"Unprocessable Entity","detail":"hank is not a member of the team"}]}`},
		{"teams delete devs", http.MethodDelete, func() string { return team("devs") }, "", http.StatusNoContent, ``},
		{"teams delete owners", http.MethodDelete, func() string { return team("owners") }, "", http.StatusUnprocessableEntity, `{"errors":[{"status":"422","title":"Unprocessable Entity","detail":"the owners team cannot be deleted"}]}`},
		{"users delete hank", http.MethodDelete, at("admin/users/hank"), "", http.StatusNoContent, ``},
		{"organizations delete globex", http.MethodDelete, at("organizations/globex"), "", http.StatusNoContent, ``},
		{"the same again", http.MethodDelete, at("organizations/globex"), "", http.StatusNotFound, `{"errors":[{"status":"404","title":"Not Found"}]}`},
	} {
		got := w.call(t, "site admin", step.method, step.path(), step.body)
		if diff := cmp.Diff(step.answer, masked(got.Body)); diff != "" || got.Status != step.status {
			t.Errorf("%s: %d, -want +got\n%s", step.verb, got.Status, diff)
		}
		if fresh := got.Header.Get(endpoint.ZedToken) != ""; fresh != (step.method != http.MethodGet && got.Status < 300) {
			t.Errorf("%s: whether the answer carries a consistency token is %t", step.verb, fresh)
		}
	}
}

func at(path string) func() string { return func() string { return path } }

// TestBodies: whatever is no body of the call is refused by name, and nothing is done.
func TestBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	devs := "teams/" + w.teamID(t, "acme", "devs") + "/relationships/users"
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf("user%d", i)
	}
	for _, row := range []struct {
		what, path, body string
		status           int
		says             string
	}{
		{"nothing", "organizations", ``, 422, "JSON"},
		{"no JSON", "organizations", `Name=acme`, 422, "JSON"},
		{"two documents", "organizations", `{"Name":"x1"}{"Name":"x2"}`, 422, "more than one JSON value"},
		{"a list", "organizations", `[]`, 422, "must be a JSON object"},
		{"a null character", "organizations", `{"Name":"x\u0000"}`, 422, "null characters"},
		{"no name", "organizations", `{}`, 422, "Name can't be blank"},
		{"a number for a name", "organizations", `{"Name":7}`, 422, "/Name"},
		{"an empty name", "organizations", `{"Name":""}`, 422, "/Name"},
		{"a name that is an id", "organizations", `{"Name":"org-1111111111111111"}`, 422, "/Name"},
		{"a bad address", "organizations", `{"Name":"fine","Email":"nowhere"}`, 422, "/Email"},
		{"too much", "organizations", `{"Name":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "larger than"},
		{"no username", "admin/users", `{}`, 422, "/Username"},
		{"a username that looks like an id", "admin/users", `{"Username":"user-1111111111111111"}`, 422, "/Username"},
		{"a list for a username", "admin/users", `{"Username":["x"]}`, 422, "/Username"},
		{"a team without a name", "organizations/acme/teams", `{"Visibility":"secret"}`, 422, "Name can't be blank"},
		{"a visibility that is none", "organizations/acme/teams", `{"Name":"x","Visibility":"public"}`, 422, "/Visibility"},
		{"a text for a flag", "organizations/acme/teams", `{"Name":"x","ManageVCS":"yes"}`, 422, "/ManageVCS"},
		{"a name that is taken", "organizations/acme/teams", `{"Name":"Devs"}`, 409, "/Name"},
		{"nobody", devs, `{"Usernames":[]}`, 422, "Usernames can't be blank"},
		{"no list", devs, `{}`, 422, "Usernames can't be blank"},
		{"one name", devs, `{"Usernames":"bob"}`, 422, "/Usernames"},
		{"an empty name in it", devs, `{"Usernames":["bob",""]}`, 422, "/Username"},
		{"too many names", devs, usernames(t, many...), 422, "must not be more than 1000"},
	} {
		got := w.call(t, "site admin", http.MethodPost, row.path, row.body)
		if got.Status != row.status || !strings.Contains(got.Body, row.says) {
			t.Errorf("%s: %d %.300s, want %d about %s", row.what, got.Status, got.Body, row.status, row.says)
		}
	}
	for _, path := range []string{"organizations/x1", "organizations/x2", "organizations/fine", "organizations/acme/teams/x"} {
		if w.there(t, path) {
			t.Errorf("a refused call left %s", path)
		}
	}
	if w.person(t, "bob") {
		t.Error("a refused call left somebody")
	}
	for _, body := range []string{`{"NAME":"upper"}`, `{"name":"lower","unknown":{"a":1}}`} {
		got := w.Call(t, http.MethodPost, "/otfapi/organizations/acme/teams", w.SiteToken, body, "Content-Type", "text/plain")
		if got.Status != http.StatusCreated {
			t.Errorf("%s: %d %s", body, got.Status, got.Body)
		}
	}
}

// TestWhatIsNotHere: paths of OTF that execute runs lead nowhere, in this API's shape.
func TestWhatIsNotHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]int{
		"agent-tokens/apool-1111111111111111/create": http.StatusNotFound, "agents/register": http.StatusNotFound, "jobs/start": http.StatusNotFound, "": http.StatusNotFound,
		"organizations/acme": http.StatusMethodNotAllowed,
	} {
		got := w.call(t, "site admin", http.MethodPost, path, `{}`)
		if got.Status != want || got.Header.Get("Content-Type") != media || !strings.Contains(got.Body, `"title":"`+http.StatusText(want)+`"`) {
			t.Errorf("%s: %d %s of %s, want %d", path, got.Status, got.Body, got.Header.Get("Content-Type"), want)
		}
	}
}

// TestBothSidesSeeTheSame: what OTF's calls make is there in the TFE API, and the other way round.
func TestBothSidesSeeTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(t, "owner", http.MethodPost, "organizations/acme/teams", `{"Name":"flagged","ManageWorkspaces":true,"ManageVCS":true,"ManageModules":false,"ManagePolicies":true,"SSOTeamID":"sso-1","Visibility":"organization"}`, http.StatusCreated)
	var shown struct {
		Data struct {
			Attributes struct {
				Visibility string          `json:"visibility"`
				SSOTeamID  string          `json:"sso-team-id"`
				Access     map[string]bool `json:"organization-access"`
			}
		}
	}
	w.api(t, "owner", http.MethodGet, "teams/"+w.teamID(t, "acme", "flagged"), "", http.StatusOK).Decode(t, &shown)
	a := shown.Data.Attributes
	if a.Visibility != "organization" || a.SSOTeamID != "sso-1" {
		t.Errorf("the team reads %+v", a)
	}
	for flag, want := range map[string]bool{
		"manage-workspaces": true, "manage-vcs-settings": true, "manage-modules": false, "manage-policies": true, "manage-providers": false,
		"manage-policy-overrides": false, "manage-projects": false, "manage-membership": false,
	} {
		if a.Access[flag] != want {
			t.Errorf("%s reads %t", flag, a.Access[flag])
		}
	}
	w.api(t, "owner", http.MethodPost, "organizations/acme/teams", `{"data":{"type":"teams","attributes":{"name":"theirs","visibility":"secret"}}}`, http.StatusCreated)
	w.do(t, "owner", http.MethodDelete, "teams/"+w.teamID(t, "acme", "theirs"), "", http.StatusNoContent)
}
