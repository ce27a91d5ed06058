package terrakube_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/terrakube"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

const siteToken = "the-site-token-of-this-very-test-0123456789"

// plainWorld serves the API over a real catalog: ann is in juniors, which is nested in devs; bob is in nothing, cid
// administers in Terrakube's way, and the organization acme with the workspace prod is olga's.
type plainWorld struct {
	*testkit.Bench
	url    string
	org    catalog.Organization
	prod   catalog.Workspace
	groups map[string]catalog.Group
	people map[string]catalog.User
	tokens map[string]string // by who sends them
}

func newPlainWorld(t *testing.T, parity bool) *plainWorld {
	t.Helper()
	return plainWorldOver(t, testkit.Service(t, "embedded"), parity)
}

func plainWorldOver(t *testing.T, b *testkit.Bench, parity bool) *plainWorld {
	t.Helper()
	w := &plainWorld{Bench: b, groups: map[string]catalog.Group{}, people: map[string]catalog.User{}, tokens: map[string]string{"site": siteToken}}
	if _, err := w.Import(t.Context(), w.Admin, w.build); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]catalog.TokenRequest{
		"ann": {Kind: catalog.TokenUser}, "bob": {Kind: catalog.TokenUser}, "cid": {Kind: catalog.TokenUser}, "olga": {Kind: catalog.TokenUser},
		"robot": {Kind: catalog.TokenService, Scopes: []string{"check", "search", "sync"}},
	} {
		r.Name = name
		made, err := w.CreateToken(t.Context(), w.Admin, r)
		if err != nil {
			t.Fatal(err)
		}
		w.tokens[name] = made.Secret
	}
	registry := telemetry.NewRegistry()
	s, err := httpapi.New(httpapi.Deps{
		Protocols:    []httpapi.Protocol{terrakube.New(terrakube.Deps{Service: w.Service, Parity: parity})},
		Authenticate: authn.New(w.Service, siteToken, w.Admin.Subject.ID).Authenticate,
		Ready:        func(context.Context) error { return nil },
		Log:          testkit.Quiet(), Metrics: telemetry.NewMetrics(registry), Registry: registry, NewID: func() string { return "new-id" },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *plainWorld) build(ctx context.Context, c *catalog.Change) (err error) {
	for _, name := range []string{"ann", "bob", "cid", "olga"} {
		if w.people[name], err = c.EnsureUser(ctx, name, name+"@example.com"); err != nil {
			return err
		}
	}
	if w.org, err = c.CreateOrganization(ctx, "acme", "", w.people["olga"].ID); err != nil {
		return err
	}
	if w.prod, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: w.org.ID, Name: "prod"}); err != nil {
		return err
	}
	if err := c.EnsureDirectory(ctx, catalog.Directory{Name: "test", Trust: catalog.TrustAdministrators}); err != nil {
		return err
	}
	for _, name := range []string{"devs", "juniors", "admins"} {
		if w.groups[name], err = c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: name, DisplayName: name}); err != nil {
			return err
		}
	}
	if err := c.Nest(ctx, w.groups["devs"].ID, w.groups["juniors"].ID); err != nil {
		return err
	}
	for group, name := range map[string]string{"juniors": "ann", "admins": "cid"} {
		if err := c.AddGroupMember(ctx, w.groups[group].ID, w.people[name].ID); err != nil {
			return err
		}
	}
	_, err = c.CreateGrant(ctx, catalog.Grant{
		Holder: authz.Object{Type: schema.TypeGroup, ID: w.groups["admins"].ID}, RoleID: "terrakube-administrator",
		Scope: authz.Object{Type: schema.TypePlatform, ID: catalog.PlatformID},
	})
	return err
}

// call sends a request as somebody, under the media type that Terrakube's provider sends, and returns status and body.
func (w *plainWorld) call(t *testing.T, who, method, path, body string) (status int, answer string) {
	t.Helper()
	token, known := w.tokens[who]
	if !known {
		token = who
	}
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/vnd.api+json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// read is call for answers that are JSON, of a status.
func (w *plainWorld) read(t *testing.T, who, method, path, body string, want int, into any) {
	t.Helper()
	status, answer := w.call(t, who, method, path, body)
	if status != want {
		t.Errorf("%s %s as %s: %d %s, want %d", method, path, who, status, answer, want)
	}
	if err := json.Unmarshal([]byte(answer), into); err != nil {
		t.Errorf("%s %s as %s: %q: %v", method, path, who, answer, err)
	}
}

// mint makes a token and returns it.
func (w *plainWorld) mint(t *testing.T, who, path, body string) string {
	t.Helper()
	var got struct{ Token string }
	w.read(t, who, http.MethodPost, path, body, http.StatusCreated, &got)
	return got.Token
}
