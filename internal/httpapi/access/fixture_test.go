package access_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// town is a service with two organizations: acme, owned by owner, with the teams devs and ops, both visible, and hidden,
// which is secret, the project apps with the workspaces web and db and the stack net; and other, owned by stranger, with the
// same under the prefix other-. member is in devs, outsider nowhere. Requests name what is in it in angle brackets: <devs> is
// the id of a team.
type town struct {
	*testkit.Running
	ids    map[string]string
	tokens map[string]string
}

func newTown(t *testing.T) *town {
	t.Helper()
	r := testkit.App(t)
	w := &town{Running: r, ids: map[string]string{}, tokens: map[string]string{"admin": r.SiteToken, "nobody": "", "somebody": "twn_user_0000000000000000000000000000000000000000"}}
	for _, who := range []string{"owner", "member", "stranger", "outsider"} {
		w.join(t, who)
	}
	w.found(t, "owner", "acme", "")
	w.found(t, "stranger", "other", "other-")
	w.must(t, "owner", http.MethodPost, "teams/<devs>/relationships/users", `{"data":[{"type":"users","id":"member"}]}`)
	return w
}

// join makes somebody known, with a token.
func (w *town) join(t *testing.T, who string) {
	t.Helper()
	w.tokens[who] = w.UserToken(t, who)
	w.ids[who] = w.must(t, who, http.MethodGet, "account/details", "").one(t).ID
}

// found makes an organization with what is in it.
func (w *town) found(t *testing.T, who, name, prefix string) {
	t.Helper()
	o := w.must(t, who, http.MethodPost, "organizations", `{"data":{"attributes":{"name":"`+name+`","email":"`+who+`@example.com"}}}`).one(t)
	w.ids[name+"-id"] = fmt.Sprint(o.Attributes["external-id"])
	in := "organizations/" + name + "/"
	w.ids[prefix+"owners"] = w.must(t, who, http.MethodGet, in+"teams?filter[names]=owners", "").many(t)[0].ID
	w.add(t, who, prefix+"devs", in+"teams", `{"name":"devs","visibility":"organization"}`)
	w.add(t, who, prefix+"ops", in+"teams", `{"name":"ops","visibility":"organization"}`)
	w.add(t, who, prefix+"hidden", in+"teams", `{"name":"hidden","visibility":"secret"}`)
	w.add(t, who, prefix+"apps", in+"projects", `{"name":"apps"}`)
	for _, workspace := range []string{"web", "db"} {
		w.add(t, who, prefix+workspace, in+"workspaces", `{"name":"`+workspace+`"}`, `"project":`+ref("projects", "<"+prefix+"apps>"))
	}
	w.add(t, who, prefix+"net", "stacks", `{"name":"net"}`, `"project":`+ref("projects", "<"+prefix+"apps>"))
}

// ref is the linkage of one resource.
func ref(typeName, id string) string {
	return `{"data":{"type":"` + typeName + `","id":"` + id + `"}}`
}

// body is a resource of attributes and relationships.
func body(attributes string, relationships ...string) string {
	return `{"data":{"attributes":` + attributes + `,"relationships":{` + strings.Join(relationships, ",") + `}}}`
}

// grantBody is a grant of a role to a holder at a scope, each "type/id".
func grantBody(role, holder, scope string, attributes ...string) string {
	link := func(name, text string) string {
		typeName, id, _ := strings.Cut(text, "/")
		return `"` + name + `":` + ref(typeName, id)
	}
	return body("{"+strings.Join(attributes, ",")+"}", `"role":`+ref("roles", role), link("holder", holder), link("scope", scope))
}

// add creates something and keeps its id under a name.
func (w *town) add(t *testing.T, who, name, path, attributes string, relationships ...string) resource {
	t.Helper()
	made := w.must(t, who, http.MethodPost, path, body(attributes, relationships...)).one(t)
	w.ids[name] = made.ID
	return made
}

// grant makes a grant in acme and keeps its id under a name.
func (w *town) grant(t *testing.T, who, name, role, holder, scope string, attributes ...string) resource {
	t.Helper()
	made := w.must(t, who, http.MethodPost, "organizations/acme/grants", grantBody(role, holder, scope, attributes...)).one(t)
	w.ids[name] = made.ID
	return made
}

// named puts ids in the place of names.
func (w *town) named(text string) string {
	for name, id := range w.ids {
		text = strings.ReplaceAll(text, "<"+name+">", id)
	}
	return text
}

// reply is the answer to a request.
type reply struct {
	testkit.Reply
}

// resource is a resource of a document.
type resource struct {
	ID            string         `json:"id"`
	Type          string         `json:"type"`
	Attributes    map[string]any `json:"attributes"`
	Relationships map[string]struct {
		Data any `json:"data"`
	} `json:"relationships"`
}

func (r resource) related(name string) string {
	d, ok := r.Relationships[name].Data.(map[string]any)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%v/%v", d["type"], d["id"])
}

// strings returns an attribute that is a list of texts.
func (r resource) strings(name string) []string {
	out := []string{}
	list, _ := r.Attributes[name].([]any)
	for _, item := range list {
		out = append(out, fmt.Sprint(item))
	}
	return out
}

func (r reply) one(t *testing.T) resource {
	t.Helper()
	var d struct {
		Data resource `json:"data"`
	}
	r.Decode(t, &d)
	return d.Data
}

func (r reply) many(t *testing.T) []resource {
	t.Helper()
	var d struct {
		Data []resource `json:"data"`
	}
	r.Decode(t, &d)
	return d.Data
}

// names returns an attribute of each resource of a list.
func names(all []resource, attribute string) []string {
	out := []string{}
	for _, r := range all {
		out = append(out, fmt.Sprint(r.Attributes[attribute]))
	}
	return out
}

// ask makes a request below /api/v2 as somebody. The header is names and values in turn.
func (w *town) ask(t *testing.T, who, method, path, body string, header ...string) reply {
	t.Helper()
	token, known := w.tokens[who]
	if !known {
		t.Fatalf("nobody is called %s", who)
	}
	if body != "" {
		header = append([]string{"Content-Type", jsonapi.MediaType}, header...)
	}
	return reply{w.Call(t, method, "/api/v2/"+w.named(path), token, w.named(body), header...)}
}

// must is ask for what succeeds.
func (w *town) must(t *testing.T, who, method, path, body string) reply {
	t.Helper()
	got := w.ask(t, who, method, path, body)
	if got.Status/100 != 2 {
		t.Fatalf("%s: %s %s %s is answered %d %s", who, method, path, w.named(body), got.Status, got.Body)
	}
	return got
}

// may asks the service whether somebody may do something: "user:member apply_run workspace:acme/web".
func (w *town) may(t *testing.T, question string) bool {
	t.Helper()
	words := strings.Fields(w.named(question))
	part := func(text string) map[string]string {
		typeName, id, _ := strings.Cut(text, ":")
		return map[string]string{"type": typeName, "id": id}
	}
	raw, err := json.Marshal(map[string]any{"subject": part(words[0]), "action": map[string]string{"name": words[1]}, "resource": part(words[2])})
	if err != nil {
		t.Fatal(err)
	}
	got := w.Call(t, http.MethodPost, "/access/v1/evaluation", w.SiteToken, string(raw))
	var d struct {
		Decision bool `json:"decision"`
	}
	got.Decode(t, &d)
	return d.Decision
}

// want checks what somebody may do and what he may not.
func (w *town) want(t *testing.T, allowed bool, questions ...string) {
	t.Helper()
	for _, q := range questions {
		if w.may(t, q) != allowed {
			t.Errorf("%s: %t, want %t", q, !allowed, allowed)
		}
	}
}

// inStep fails the test unless the engine holds exactly what the catalog says.
func (w *town) inStep(t *testing.T) {
	t.Helper()
	var drift struct {
		Missing, Unexpected []string
	}
	w.Call(t, http.MethodPost, "/admin/v1/reconcile?dry-run=true", w.SiteToken, "").Decode(t, &drift)
	if len(drift.Missing) > 0 || len(drift.Unexpected) > 0 {
		t.Errorf("the engine and the catalog differ: %+v", drift)
	}
}
