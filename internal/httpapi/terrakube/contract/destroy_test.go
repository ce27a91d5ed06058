package contract_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/jsonapi"
)

// Resources that the provider does not delete: it renames and marks them.

func TestOrganizationOfTheProvider(t *testing.T) {
	t.Parallel()
	w := start(t)
	ada, bob := w.person(t, "ada", administrators), w.person(t, "bob", "devs")
	o := &organization{Name: "acme", Description: "of tests", ExecutionMode: "local", Icon: "FaCloud"}
	made := create(t, ada, "/api/v1/organization", o)
	one := "/api/v1/organization/" + made
	same(t, "GET", o, read[organization](t, ada, one))
	ada.post(t, "/api/v1/organization", o).want(t, http.StatusConflict)
	bob.post(t, "/api/v1/organization", &organization{Name: "mine"}).want(t, http.StatusForbidden)
	bob.get(t, one).want(t, http.StatusForbidden)
	if all := many[organization](t, bob.get(t, "/api/v1/organization").want(t, http.StatusOK)); len(all) != 0 {
		t.Errorf("who is in no team sees %d organizations", len(all))
	}
	o.ID, o.Description = made, "changed"
	ada.patch(t, one, o).want(t, http.StatusNoContent)
	same(t, "GET after PATCH", o, read[organization](t, ada, one))
	bob.patch(t, one, o).want(t, http.StatusForbidden)
	o.Name, o.Disabled = "acme_DEL_x1y2", true
	ada.patch(t, one, o).want(t, http.StatusNoContent)
	ada.get(t, one).want(t, http.StatusNotFound) // so that it leaves the state
	if all := many[organization](t, ada.get(t, "/api/v1/organization?filter[organization]=name==acme_DEL_x1y2").want(t, http.StatusOK)); len(all) != 0 {
		t.Errorf("a disabled organization is listed: %d", len(all))
	}
	create(t, ada, "/api/v1/organization", &organization{Name: "acme", ExecutionMode: "remote"}) // the name is free again
}

func TestWorkspacesOfTheProvider(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	git := create(t, e.client, e.o+"/vcs", &vcs{Name: "git", VcsType: "GITLAB", ConnectionType: "OAUTH", ClientID: "x", Endpoint: "https://git.example", APIURL: "https://git.example/api", Status: "PENDING"})
	fromGit := newWorkspace("app")
	fromGit.Source, fromGit.Branch, fromGit.Folder, fromGit.TemplateID, fromGit.Vcs = "https://git.example/app.git", "main", "/live", "t1", &vcs{ID: git}
	fromGit.Project = &project{ID: e.projectID}
	for kind, w := range map[string]*workspace{"workspace_cli": newWorkspace("cli"), "workspace_vcs": fromGit} {
		t.Run(kind, func(t *testing.T) {
			before := e.calls
			made := create(t, e.client, e.o+"/workspace", w)
			one := e.o + "/workspace/" + made
			same(t, "GET", w, read[workspace](t, e.client, one))
			for _, query := range []string{"filter[workspace]=name==" + w.Name, "filter%5Bworkspace%5D=name%3D%3D" + w.Name} {
				if found := many[workspace](t, e.get(t, e.o+"/workspace?"+query).want(t, http.StatusOK)); len(found) != 1 || found[0].ID != made {
					t.Errorf("%s finds %d", query, len(found))
				}
			}
			e.post(t, e.o+"/workspace", w).want(t, http.StatusConflict)
			w.ID, w.Description, w.TerraformVersion = made, "changed", "1.12.0"
			e.patch(t, one, w).want(t, http.StatusNoContent)
			same(t, "GET after PATCH", w, read[workspace](t, e.client, one))
			w.Name, w.Deleted = w.Name+"_DEL_x1y2", true
			e.patch(t, one, w).want(t, http.StatusNoContent)
			e.get(t, one).want(t, http.StatusNotFound)
			if all := many[workspace](t, e.get(t, e.o+"/workspace").want(t, http.StatusOK)); contains(all, made) {
				t.Error("it is still listed")
			}
			t.Logf("%s: %d calls", kind, e.calls-before)
		})
	}
}

// TestHiddenIsNotThere: a member gets 404 for what is hidden from him below the organization, which drops it from the
// state, and whoever is no member 403, which stops the run.
func TestHiddenIsNotThere(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	create(t, e.client, e.o+"/team", &team{Name: "devs"})
	member, stranger := e.person(t, "max", "devs"), e.person(t, "eve", "others")
	row := create(t, e.client, e.project+"/projectAccess", &projectAccess{Name: "guests", Role: ptr("read")})
	hidden := create(t, e.client, e.workspace+"/access", &access{Name: "guests", Role: ptr("read")})
	for _, path := range []string{e.workspace + "/access/" + hidden, e.project + "/projectAccess/" + row, e.o + "/workspace/none", e.o + "/team/none", e.o + "/project/none"} {
		r := member.get(t, path).want(t, http.StatusNotFound)
		if !strings.Contains(r.body, `"detail":"Unknown identifier `) {
			t.Errorf("%s: %s", path, r.body)
		}
		stranger.get(t, path).want(t, http.StatusForbidden)
	}
	for _, path := range []string{e.o, e.o + "/team", e.o + "/workspace"} {
		member.get(t, path).want(t, http.StatusOK)
		r := stranger.get(t, path).want(t, http.StatusForbidden)
		if !strings.Contains(r.body, `"detail":"ReadPermission Denied"`) {
			t.Errorf("%s: %s", path, r.body)
		}
	}
	for what, r := range map[string]reply{
		"CreatePermission Denied": member.post(t, e.o+"/team", &team{Name: "mine", Role: ptr("admin")}),
		"UpdatePermission Denied": member.patch(t, e.workspace, &workspace{ID: e.workspaceID, Name: "theirs"}),
		"DeletePermission Denied": member.remove(t, e.workspace),
	} {
		if r.want(t, http.StatusForbidden); !strings.Contains(r.body, what) {
			t.Errorf("%s %s: %s", r.call.method, r.call.path, r.body)
		}
	}
	anonymous := client{e.world, ""}
	anonymous.get(t, e.o).want(t, http.StatusUnauthorized)
	anonymous.token = "no.token.atall"
	anonymous.get(t, e.o).want(t, http.StatusUnauthorized)
}

// TestDataSourcesOfTheProvider: each finds by name what is there, in the way it asks.
func TestDataSourcesOfTheProvider(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	create(t, e.client, e.o+"/ssh", &ssh{Name: "key", SSHType: "rsa", PrivateKey: "hush"})
	create(t, e.client, e.o+"/tag", &tag{Name: "blue"})
	create(t, e.client, e.o+"/vcs", &vcs{Name: "git hub", VcsType: "GITHUB", ConnectionType: "OAUTH", Status: "PENDING"})
	create(t, e.client, e.o+"/template", &template{Name: "plan only", Version: "1", Content: "Zg=="})
	create(t, e.client, "/api/v1/federated", &federated{Name: "ci", IssuerURL: "https://ci.example", Audience: "ci"})
	found := map[string]func(query string) int{
		"organization": func(q string) int { return len(many[organization](t, e.get(t, "/api/v1/organization?"+q))) },
		"team":         func(q string) int { return len(many[team](t, e.get(t, e.o+"/team?"+q))) },
		"project":      func(q string) int { return len(many[project](t, e.get(t, e.o+"/project?"+q))) },
		"workspace":    func(q string) int { return len(many[workspace](t, e.get(t, e.o+"/workspace?"+q))) },
		"ssh":          func(q string) int { return len(many[ssh](t, e.get(t, e.o+"/ssh?"+q))) },
		"tag":          func(q string) int { return len(many[tag](t, e.get(t, e.o+"/tag?"+q))) },
		"vcs":          func(q string) int { return len(many[vcs](t, e.get(t, e.o+"/vcs?"+q))) },
		"template":     func(q string) int { return len(many[template](t, e.get(t, e.o+"/template?"+q))) },
		"federated":    func(q string) int { return len(many[federated](t, e.get(t, "/api/v1/federated?"+q))) },
	}
	for typ, name := range map[string]string{
		"organization": "acme", "team": administrators, "project": "core", "workspace": "base", "ssh": "key", "tag": "blue",
		"vcs": "'git%20hub'", "template": "'plan%20only'", "federated": "ci",
	} {
		if n := found[typ]("filter[" + typ + "]=name==" + name); n != 1 {
			t.Errorf("the data source of %s finds %d called %s", typ, n, name)
		}
		if n := found[typ]("filter[" + typ + "]=name=='none'"); n != 0 {
			t.Errorf("the data source of %s finds %d of another name", typ, n)
		}
	}
}

// TestTeamTokenOfTheProvider: made under the media type of JSON:API, found by the id in it, and gone with exactly 202.
func TestTeamTokenOfTheProvider(t *testing.T) {
	t.Parallel()
	w := start(t)
	ada, devs := w.person(t, "ada", administrators), w.person(t, "max", "devs")
	const path = "/access-token/v1/teams"
	for who, row := range map[string]struct {
		c     client
		group string
	}{"an administrator": {ada, administrators}, "somebody in the group": {devs, "devs"}} {
		var issued struct{ Token string }
		row.c.send(t, call{method: http.MethodPost, path: path, media: jsonapi.MediaType, body: `{"group":"` + row.group + `","description":"ci","days":0,"hours":0,"minutes":90}`}).
			want(t, http.StatusCreated).plain(t, &issued)
		jti := parse(t, issued.Token)
		listed := func() map[string]teamToken {
			var all []teamToken
			row.c.send(t, call{method: http.MethodGet, path: path, media: jsonapi.MediaType}).want(t, http.StatusAccepted).plain(t, &all)
			out := map[string]teamToken{}
			for _, one := range all {
				out[one.ID] = one
			}
			return out
		}
		if got, want := listed()[jti], (teamToken{ID: jti, Group: row.group, Description: "ci", Minutes: 90}); got != want {
			t.Errorf("%s finds %+v, want %+v", who, got, want)
		}
		bot := client{w, issued.Token}
		bot.get(t, "/api/v1/organization").want(t, http.StatusOK)
		row.c.send(t, call{method: http.MethodDelete, path: path + "/" + jti, media: jsonapi.MediaType}).want(t, http.StatusAccepted)
		if _, ok := listed()[jti]; ok {
			t.Errorf("%s still finds it", who)
		}
		bot.get(t, "/api/v1/organization").want(t, http.StatusUnauthorized)
		row.c.send(t, call{method: http.MethodDelete, path: path + "/" + jti, media: jsonapi.MediaType}).want(t, http.StatusBadRequest)
	}
}

// TestWebhooksOfTheProvider: made, changed and removed by operations, and read by id.
func TestWebhooksOfTheProvider(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	operate := func(body string) reply {
		return e.send(t, call{method: http.MethodPost, path: "/api/v1/operations", media: `application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"`, accept: `application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"`, body: `{"atomic:operations":[` + body + `]}`})
	}
	type result struct {
		Results []struct{ Data struct{ ID, Type string } } `json:"atomic:results"`
	}
	var made result
	operate(`{"op":"add","href":"`+e.workspace[len("/api/v1"):]+`/webhook","data":{"type":"webhook","lid":"w","attributes":{"remoteHookId":"7","migratedV2":true}}}`).
		want(t, http.StatusOK).plain(t, &made)
	if len(made.Results) != 1 || made.Results[0].Data.Type != "webhook" {
		t.Fatalf("results %+v", made)
	}
	hook := "/api/v1/webhook/" + made.Results[0].Data.ID
	same(t, "GET", &webhook{RemoteHookID: "7", MigratedV2: true}, read[webhook](t, e.client, hook))
	operate(`{"op":"add","href":"`+hook[len("/api/v1"):]+`/events","data":{"type":"webhook_event","lid":"e","attributes":{"branch":"main","path":"/","templateId":"t1","event":"PUSH","priority":1}}}`).
		want(t, http.StatusOK).plain(t, &made)
	event := made.Results[0].Data.ID
	stranger := e.person(t, "eve", "others")
	for _, path := range []string{hook + "/events/" + event, "/api/v1/webhook_event/" + event} {
		same(t, "GET "+path, &webhookEvent{Branch: "main", Path: "/", TemplateID: "t1", Event: "PUSH", Priority: 1}, read[webhookEvent](t, e.client, path))
		stranger.get(t, path).want(t, http.StatusForbidden)
	}
	operate(`{"op":"update","href":"`+hook[len("/api/v1"):]+`","data":{"type":"webhook","id":"`+lastOf(hook)+`","attributes":{"remoteHookId":"8"}}}`).want(t, http.StatusOK)
	same(t, "GET", &webhook{RemoteHookID: "8", MigratedV2: true}, read[webhook](t, e.client, hook))
	operate(`{"op":"remove","href":"`+hook[len("/api/v1"):]+`"}`).want(t, http.StatusOK)
	e.get(t, hook).want(t, http.StatusNotFound)
	e.get(t, "/api/v1/webhook_event/"+event).want(t, http.StatusNotFound) // it went with its webhook
}

func lastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }
