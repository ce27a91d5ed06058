package records_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const mediaType = "application/vnd.api+json"

// world is a running service with an organization acme, which owner owns, a workspace in it, and people who are nearly
// what they would have to be: a member without any right, an owner of another organization, and nobody.
type world struct {
	*testkit.Running

	data                                  string // the directory of the service
	org, workspace, project               string // ids in acme
	otherOrg, otherWorkspace              string
	owner, member, manager, reader, other string // tokens
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{}
	w.Running = testkit.App(t, func(c *config.Config) { w.data = c.DataDir })
	w.owner, w.other = w.UserToken(t, "olga"), w.UserToken(t, "otto")
	w.org, w.otherOrg = w.organization(t, w.owner, "acme"), w.organization(t, w.other, "rival")
	w.project = w.tfe(t, http.MethodGet, "organizations/acme", w.owner, "").related(t, "default-project")
	w.workspace, w.otherWorkspace = w.space(t, w.owner, "acme", "net"), w.space(t, w.other, "rival", "net")
	w.member = w.inTeam(t, "mia", "nobody-special", `{}`)
	w.manager = w.inTeam(t, "max", "managers", `{"manage-modules":true,"manage-providers":true,"manage-vcs-settings":true}`)
	w.reader = w.UserToken(t, "rita")
	team := w.team(t, "readers", `{}`, "rita")
	w.tfe(t, http.MethodPost, "team-workspaces", w.owner, fmt.Sprintf(`{"data":{"type":"team-workspaces","attributes":{"access":"read"},"relationships":{
		"team":{"data":{"type":"teams","id":%q}},"workspace":{"data":{"type":"workspaces","id":%q}}}}}`, team, w.workspace)).want(t, http.StatusCreated)
	return w
}

func (w *world) organization(t *testing.T, token, name string) string {
	t.Helper()
	w.tfe(t, http.MethodPost, "organizations", token, fmt.Sprintf(`{"data":{"type":"organizations","attributes":{"name":%q,"email":"a@example.com"}}}`, name)).want(t, http.StatusCreated)
	found := w.call(t, http.MethodGet, "organization?filter=name=="+name, token, "").want(t, http.StatusOK).objects(t)
	if len(found) != 1 {
		t.Fatalf("organization %s is found %d times", name, len(found))
	}
	return found[0].ID
}

func (w *world) space(t *testing.T, token, organization, name string) string {
	t.Helper()
	return w.tfe(t, http.MethodPost, "organizations/"+organization+"/workspaces", token, fmt.Sprintf(`{"data":{"type":"workspaces","attributes":{"name":%q}}}`, name)).want(t, http.StatusCreated).object(t).ID
}

// team makes a team of acme with members.
func (w *world) team(t *testing.T, name, access string, members ...string) string {
	t.Helper()
	id := w.tfe(t, http.MethodPost, "organizations/acme/teams", w.owner, fmt.Sprintf(`{"data":{"type":"teams","attributes":{"name":%q,"visibility":"organization","organization-access":%s}}}`, name, access)).want(t, http.StatusCreated).object(t).ID
	for _, m := range members {
		w.tfe(t, http.MethodPost, "teams/"+id+"/relationships/users", w.owner, fmt.Sprintf(`{"data":[{"type":"users","id":%q}]}`, m)).want(t, http.StatusNoContent)
	}
	return id
}

func (w *world) inTeam(t *testing.T, person, team, access string) string {
	t.Helper()
	token := w.UserToken(t, person)
	w.team(t, team, access, person)
	return token
}

// reply is an answer, with what it answers.
type reply struct {
	testkit.Reply

	call string
}

// call calls Terrakube's API; path is what follows /api/v1/.
func (w *world) call(t *testing.T, method, path, token, body string, header ...string) reply {
	t.Helper()
	if body != "" && len(header) == 0 {
		header = []string{"Content-Type", mediaType}
	}
	return reply{w.Call(t, method, "/api/v1/"+path, token, body, header...), method + " " + path}
}

func (w *world) tfe(t *testing.T, method, path, token, body string) reply {
	t.Helper()
	return reply{w.Call(t, method, "/api/v2/"+path, token, body, "Content-Type", mediaType), method + " " + path}
}

func (r reply) want(t *testing.T, status int, details ...string) reply {
	t.Helper()
	if r.Status != status {
		t.Fatalf("%s answers %d, want %d: %s", r.call, r.Status, status, r.Body)
	}
	for _, detail := range details {
		if !strings.Contains(r.Body, detail) {
			t.Errorf("%s answers %s, want it to say %s", r.call, r.Body, detail)
		}
	}
	return r
}

// object is a resource.
type object struct {
	ID            string
	Type          string
	Attributes    map[string]any
	Relationships map[string]struct{ Data any }
}

func (r reply) object(t *testing.T) object {
	t.Helper()
	var d struct{ Data object }
	r.Decode(t, &d)
	return d.Data
}

func (r reply) objects(t *testing.T) []object {
	t.Helper()
	var d struct{ Data []object }
	r.Decode(t, &d)
	if d.Data == nil {
		t.Fatalf("%s answers no list: %s", r.call, r.Body)
	}
	return d.Data
}

func (r reply) related(t *testing.T, name string) string {
	t.Helper()
	data, _ := r.object(t).Relationships[name].Data.(map[string]any)
	id, _ := data["id"].(string)
	return id
}

// document is a resource as clients send it; relations are JSON members, "" for none.
func document(t *testing.T, typ, id string, attributes map[string]any, relations string) string {
	t.Helper()
	if attributes == nil {
		attributes = map[string]any{}
	}
	raw, err := json.Marshal(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"data":{"type":%q,"id":%q,"attributes":%s,"relationships":{%s}},"included":[{"type":"ignored","id":"1"}]}`, typ, id, raw, relations)
}

// make creates an object and returns its id.
func (w *world) make(t *testing.T, path, typ string, attributes map[string]any, relations string) string {
	t.Helper()
	return w.call(t, http.MethodPost, path, w.owner, document(t, typ, "", attributes, relations)).want(t, http.StatusCreated).object(t).ID
}

// names returns the names of a list, in its order.
func names(all []object) []string {
	out := make([]string, len(all))
	for i, o := range all {
		out[i], _ = o.Attributes["name"].(string)
	}
	return out
}
