package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/google/jsonapi"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const administrators = "TERRAKUBE_ADMIN"

// world is the real service, and its use cases to put people into groups as a directory would.
type world struct {
	svc    *catalog.Service
	server *httptest.Server
	admin  catalog.Principal
	site   string
	calls  int
}

func start(t *testing.T) *world {
	t.Helper()
	cfg := testkit.Config(t)
	cfg.TerrakubeAdminGroup, cfg.SiteToken = administrators, "twst-the-site-token-of-the-contract"
	w := &world{site: cfg.SiteToken.Reveal()}
	a, err := app.New(t.Context(), cfg, app.Deps{Stderr: io.Discard, Version: "test", Extend: func(p app.Parts) []httpapi.Protocol {
		w.svc = p.Service
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	w.server = httptest.NewServer(a.Handler())
	t.Cleanup(w.server.Close)
	site, err := w.svc.Resolve(t.Context(), "user", catalog.SiteAdminUsername)
	if err != nil {
		t.Fatal(err)
	}
	w.admin = testkit.PrincipalOf(catalog.User{ID: site.ID, Username: catalog.SiteAdminUsername})
	t.Cleanup(func() { t.Logf("%d calls", w.calls) })
	return w
}

// client is one of Terrakube's clients in somebody's hands.
type client struct {
	*world
	token string
}

// person returns a client of a new person, who is in groups, with a personal token of Terrakube's form.
func (w *world) person(t *testing.T, name string, groups ...string) client {
	t.Helper()
	made, err := w.svc.CreateToken(t.Context(), w.admin, catalog.TokenRequest{Kind: catalog.TokenUser, Name: name, Email: name + "@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.svc.Directory(t.Context(), w.admin, func(ctx context.Context, c *catalog.Change) error {
		if err := c.EnsureDirectory(ctx, catalog.Directory{Name: "ldap", Trust: catalog.TrustAdministrators}); err != nil {
			return err
		}
		for _, group := range groups {
			named, err := c.GroupsByName(ctx, group)
			if err != nil {
				return err
			}
			if len(named) == 0 {
				g, err := c.CreateGroup(ctx, catalog.Group{Source: "ldap", ExternalID: "cn=" + group, DisplayName: group})
				if err != nil {
					return err
				}
				named = append(named, g)
			}
			if err := c.AddGroupMember(ctx, named[0].ID, made.OwnerID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var issued struct{ Token string }
	client{w, made.Secret}.send(t, call{method: http.MethodPost, path: "/pat/v1", body: `{"days":30,"description":"contract"}`, media: "application/json"}).want(t, 201).plain(t, &issued)
	return client{w, issued.Token}
}

// call is a request as a client sends it; what is empty is not sent.
type call struct {
	method, path, body, media, accept string
}

// reply is an answer to a call.
type reply struct {
	call   call
	status int
	header http.Header
	body   string
}

// send sends a request. The path is taken as it stands, raw brackets included.
func (c client) send(t *testing.T, r call) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, c.server.URL+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": r.media, "Accept": r.accept} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.server.Client().Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	raw, err := io.ReadAll(res.Body)
	if closeErr := res.Body.Close(); err != nil || closeErr != nil {
		t.Fatalf("%s %s: %v, %v", r.method, r.path, err, closeErr)
	}
	c.calls++
	return reply{r, res.StatusCode, res.Header, string(raw)}
}

func (r reply) want(t *testing.T, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("%s %s: %d %s, want %d\nsent %s", r.call.method, r.call.path, r.status, r.body, status, r.call.body)
	}
	return r
}

// encode writes a resource as the provider does.
func encode(t *testing.T, model any) string {
	t.Helper()
	var out bytes.Buffer
	if err := jsonapi.MarshalPayload(&out, model); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// one reads a resource as the provider does, which insists on its type.
func (r reply) one(t *testing.T, into any) {
	t.Helper()
	if err := jsonapi.UnmarshalPayload(strings.NewReader(r.body), into); err != nil {
		t.Fatalf("%s %s: %v in %s", r.call.method, r.call.path, err, r.body)
	}
}

// many reads a list of resources as the provider does.
func many[T any](t *testing.T, r reply) []*T {
	t.Helper()
	all, err := jsonapi.UnmarshalManyPayload(strings.NewReader(r.body), reflect.TypeFor[*T]())
	if err != nil {
		t.Fatalf("%s %s: %v in %s", r.call.method, r.call.path, err, r.body)
	}
	out := make([]*T, len(all))
	for i, one := range all {
		out[i] = one.(*T) //nolint:forcetypeassert // of the type that was asked for
	}
	return out
}

// plain reads an answer that is plain JSON.
func (r reply) plain(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), into); err != nil {
		t.Fatalf("%s %s: %v in %s", r.call.method, r.call.path, err, r.body)
	}
}

// id is where every shape keeps its id.
func id(model any) string { return reflect.ValueOf(model).Elem().FieldByName("ID").String() }

func setID(model any, value string) {
	reflect.ValueOf(model).Elem().FieldByName("ID").SetString(value)
}
