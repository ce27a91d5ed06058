package places_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const administrators = "TERRAKUBE_ADMIN"

// world is a running service of which a test also has the use cases, to put people into groups as a directory would.
type world struct {
	svc    *catalog.Service
	server *httptest.Server
	site   caller
	names  atomic.Int64
}

// caller is somebody with a token.
type caller struct {
	*world
	name, token string
	id          string // of the user
}

// start starts a service; change alters its configuration.
func start(t testing.TB, change ...func(*config.Config)) *world {
	t.Helper()
	cfg := testkit.Config(t)
	cfg.TerrakubeAdminGroup, cfg.SiteToken = administrators, "twst-the-site-token-of-the-tests"
	for _, c := range change {
		c(&cfg)
	}
	w := &world{}
	a, err := app.New(t.Context(), cfg, app.Deps{Stderr: io.Discard, Version: "test", Extend: func(p app.Parts) []httpapi.Protocol {
		w.svc = p.Service
		return nil
	}})
	if err != nil {
		t.Fatalf("start the service: %v", err)
	}
	t.Cleanup(func() { _ = a.Close() })
	w.server = httptest.NewServer(a.Handler())
	t.Cleanup(w.server.Close)
	w.site = caller{world: w, name: "site-admin", token: cfg.SiteToken.Reveal()}
	w.site.id = w.find(t, "user", "site-admin")
	return w
}

func parity(c *config.Config) { c.TerrakubeParity = true }

func (w *world) find(t testing.TB, objectType, ref string) string {
	t.Helper()
	o, err := w.svc.Resolve(t.Context(), objectType, ref)
	if err != nil {
		t.Fatalf("find %s %s: %v", objectType, ref, err)
	}
	return o.ID
}

func (w *world) principal() catalog.Principal {
	return testkit.PrincipalOf(catalog.User{ID: w.site.id, Username: w.site.name})
}

// directory changes groups as a directory would.
func (w *world) directory(t testing.TB, fn func(ctx context.Context, c *catalog.Change) error) {
	t.Helper()
	if _, err := w.svc.Directory(t.Context(), w.principal(), fn); err != nil {
		t.Fatalf("change the directory: %v", err)
	}
}

// fresh returns a name nobody has.
func (w *world) fresh(noun string) string { return fmt.Sprintf("%s-%d", noun, w.names.Add(1)) }

// person returns a new person in groups, which exist afterwards if they did not before.
func (w *world) person(t testing.TB, groups ...string) caller {
	t.Helper()
	p := caller{world: w, name: w.fresh("person")}
	var issued struct{ Token string }
	w.site.do(t, http.MethodPost, "/admin/v1/tokens", fmt.Sprintf(`{"kind":"user","name":%q}`, p.name)).want(t, http.StatusCreated).decode(t, &issued)
	p.token = issued.Token
	p.id = w.find(t, "user", p.name)
	for _, g := range groups {
		w.join(t, p, g)
	}
	return p
}

// join puts a person into a group of the directory.
func (w *world) join(t testing.TB, p caller, group string) {
	t.Helper()
	w.directory(t, func(ctx context.Context, c *catalog.Change) error {
		id, err := w.ensure(ctx, c, group)
		if err != nil {
			return err
		}
		return c.AddGroupMember(ctx, id, p.id)
	})
}

func (w *world) ensure(ctx context.Context, c *catalog.Change, group string) (string, error) {
	named, err := c.GroupsByName(ctx, group)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(named, func(g catalog.Group) bool { return g.Source == "ldap" })
	if i >= 0 {
		return named[i].ID, nil
	}
	return brought(ctx, c, catalog.Group{Source: "ldap", ExternalID: "cn=" + group, DisplayName: group})
}

// brought adds a group of a directory that is trusted with administrators.
func brought(ctx context.Context, c *catalog.Change, g catalog.Group) (string, error) {
	if err := c.EnsureDirectory(ctx, catalog.Directory{Name: g.Source, Trust: catalog.TrustAdministrators}); err != nil {
		return "", err
	}
	made, err := c.CreateGroup(ctx, g)
	return made.ID, err
}

// leave takes a person out of a group.
func (w *world) leave(t testing.TB, p caller, group string) {
	t.Helper()
	w.directory(t, func(ctx context.Context, c *catalog.Change) error {
		id, err := w.ensure(ctx, c, group)
		if err != nil {
			return err
		}
		return c.RemoveGroupMember(ctx, id, p.id)
	})
}

// reply is an answer.
type reply struct {
	status int
	body   string
	call   string
}

// do sends a request.
func (p caller) do(t testing.TB, method, path, body string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(path, "/api/") {
			req.Header.Set("Content-Type", "application/vnd.api+json")
		}
	}
	res, err := p.server.Client().Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	raw, err := io.ReadAll(res.Body)
	if closeErr := res.Body.Close(); err != nil || closeErr != nil {
		t.Fatalf("%s %s: read the answer: %v, %v", method, path, err, closeErr)
	}
	return reply{status: res.StatusCode, body: string(raw), call: p.name + ": " + method + " " + path}
}

// want fails the test unless the answer has a status.
func (r reply) want(t testing.TB, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("%s answers %d, want %d: %s", r.call, r.status, status, r.body)
	}
	return r
}

func (r reply) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), into); err != nil {
		t.Fatalf("%s answers %q: %v", r.call, r.body, err)
	}
}

// object is a resource as this API shows it.
type object struct {
	ID            string
	Type          string
	Attributes    map[string]any
	Relationships map[string]struct{ Data any }
}

func (o object) text(name string) string {
	s, _ := o.Attributes[name].(string)
	return s
}

func (o object) flag(name string) bool {
	b, _ := o.Attributes[name].(bool)
	return b
}

// related returns the id of the one object that a relation is to, "" for none.
func (o object) related(name string) string {
	data, _ := o.Relationships[name].Data.(map[string]any)
	id, _ := data["id"].(string)
	return id
}

func (r reply) object(t testing.TB) object {
	t.Helper()
	var d struct{ Data object }
	r.decode(t, &d)
	return d.Data
}

func (r reply) objects(t testing.TB) []object {
	t.Helper()
	var d struct{ Data []object }
	r.decode(t, &d)
	return d.Data
}

func namesIn(all []object) []string {
	out := make([]string, len(all))
	for i, o := range all {
		out[i] = o.text("name")
	}
	slices.Sort(out)
	return out
}

// values are attributes; a value of type toOne is a relation.
type values map[string]any

type toOne struct{ typ, id string }

func document(t testing.TB, typ, id string, v values) string {
	t.Helper()
	attributes, relations := map[string]any{}, map[string]any{}
	for name, value := range v {
		if r, ok := value.(toOne); ok {
			var data any
			if r.id != "" {
				data = map[string]string{"type": r.typ, "id": r.id}
			}
			relations[name] = map[string]any{"data": data}
			continue
		}
		attributes[name] = value
	}
	data := map[string]any{"type": typ, "attributes": attributes, "relationships": relations}
	if id != "" {
		data["id"] = id
	}
	raw, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// typeAt returns the type of the objects of a collection.
func typeAt(collection string) string {
	last := collection[strings.LastIndex(collection, "/")+1:]
	if last == "projectAccess" {
		return "project_access"
	}
	return last
}

// Calls of Terrakube's API on a collection: "organization/org-1/team".

func (p caller) post(t testing.TB, collection string, v values) reply {
	t.Helper()
	return p.do(t, http.MethodPost, "/api/v1/"+collection, document(t, typeAt(collection), "", v))
}

func (p caller) make(t testing.TB, collection string, v values) object {
	t.Helper()
	return p.post(t, collection, v).want(t, http.StatusCreated).object(t)
}

func (p caller) patch(t testing.TB, collection, id string, v values) reply {
	t.Helper()
	return p.do(t, http.MethodPatch, "/api/v1/"+collection+"/"+id, document(t, typeAt(collection), id, v))
}

func (p caller) get(t testing.TB, path string) reply {
	t.Helper()
	return p.do(t, http.MethodGet, "/api/v1/"+path, "")
}

func (p caller) remove(t testing.TB, path string) reply {
	t.Helper()
	return p.do(t, http.MethodDelete, "/api/v1/"+path, "")
}

func (p caller) list(t testing.TB, collection, filter string) []object {
	t.Helper()
	path := collection
	if filter != "" {
		path += "?filter[" + typeAt(collection) + "]=" + url.QueryEscape(filter)
	}
	return p.get(t, path).want(t, http.StatusOK).objects(t)
}

// tfe calls the TFE API.
func (p caller) tfe(t testing.TB, method, path, body string) reply {
	t.Helper()
	return p.do(t, method, "/api/v2/"+path, body)
}

// question is an action on an object.
type question struct{ action, objectType, id string }

// may asks the check API about a caller himself.
func (p caller) may(t testing.TB, action, objectType, id string) bool {
	t.Helper()
	return p.mayAll(t, question{action, objectType, id})[0]
}

// mayAll is may for several questions at once.
func (p caller) mayAll(t testing.TB, all ...question) []bool {
	t.Helper()
	asked := make([]map[string]any, len(all))
	for i, q := range all {
		asked[i] = map[string]any{"action": map[string]string{"name": q.action}, "resource": map[string]string{"type": q.objectType, "id": q.id}}
	}
	body, err := json.Marshal(map[string]any{"subject": map[string]string{"type": "user", "id": p.id}, "evaluations": asked})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Evaluations []struct{ Decision bool } }
	p.do(t, http.MethodPost, "/access/v1/evaluations", string(body)).want(t, http.StatusOK).decode(t, &answer)
	if len(answer.Evaluations) != len(all) {
		t.Fatalf("%d answers to %d questions", len(answer.Evaluations), len(all))
	}
	out := make([]bool, len(all))
	for i, e := range answer.Evaluations {
		out[i] = e.Decision
	}
	return out
}

// organization makes an organization as an administrator and returns its path and id.
func (w *world) organization(t testing.TB) (path, id string) {
	t.Helper()
	o := w.site.make(t, "organization", values{"name": w.fresh("org")})
	return "organization/" + o.ID, o.ID
}
