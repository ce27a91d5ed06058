package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

func start(t *testing.T, change ...func(*config.Config)) *testkit.Running {
	t.Helper()
	return testkit.App(t, append(change, func(c *config.Config) { c.Example = true })...)
}

// bodies are requests about somebody else, for the routes that need one. A new route that takes a body belongs here.
func bodies() map[string]string {
	const (
		bob      = `"subject":{"type":"user","id":"bob"}`
		read     = `"action":{"name":"read"}`
		resource = `"resource":{"type":"workspace","id":"acme/prod"}`
	)
	return map[string]string{
		"POST /access/v1/evaluation":      "{" + bob + "," + read + "," + resource + "}",
		"POST /access/v1/evaluations":     "{" + bob + "," + read + "," + resource + `,"evaluations":[{}]}`,
		"POST /access/v1/search/subject":  `{"subject":{"type":"user"},` + read + "," + resource + "}",
		"POST /access/v1/search/resource": "{" + bob + "," + read + `,"resource":{"type":"workspace"}}`,
		"POST /access/v1/search/action":   "{" + bob + "," + resource + "}",
		"POST /admin/v1/imports":          `{"organizations":[]}`,
		"POST /admin/v1/schema/diff":      `{"schema":""}`,
		"POST /admin/v1/tokens":           `{"kind":"user","name":"bob"}`,
	}
}

// call sends a request that a route understands. Whatever a path of the TFE API names is of the example organization
// or not there; who may do what with which object is the matter of that package's authorization suite.
func call(t *testing.T, r *testkit.Running, e endpoint.Endpoint, credential string) testkit.Reply {
	t.Helper()
	parts := strings.Split(e.Path, "/")
	for i, part := range parts {
		switch part {
		case ":organization":
			parts[i] = "acme"
		case ":workspace":
			parts[i] = "prod"
		default:
			if strings.HasPrefix(part, ":") {
				parts[i] = "at-1111111111111111"
			}
		}
	}
	path := strings.Join(parts, "/")
	switch e.Method + " " + e.Path {
	case "GET /api/v2/team-workspaces":
		path += "?filter%5Bworkspace%5D%5Bid%5D=ws-1111111111111111"
	case "GET /api/v2/team-projects":
		path += "?filter%5Bproject%5D%5Bid%5D=prj-1111111111111111"
	}
	if isTFE(e) && e.Method != http.MethodGet {
		return r.Call(t, e.Method, path, credential, `{"data":{"attributes":{}}}`, "Content-Type", "application/vnd.api+json")
	}
	return r.Call(t, e.Method, path, credential, bodies()[e.Method+" "+e.Path])
}

// isTFE holds for OTF's and Terrakube's APIs as well: whose calls people may make at all, and of what, is told apart in
// their packages.
func isTFE(e endpoint.Endpoint) bool {
	return strings.HasPrefix(e.Path, "/api/v2/") || strings.HasPrefix(e.Path, "/otfapi/") || strings.HasPrefix(e.Path, "/api/v1/")
}

func TestEveryRouteDeclaresWhatItNeeds(t *testing.T) {
	t.Parallel()
	r := start(t)
	var declared []string
	for _, e := range r.Endpoints() {
		if !e.Needs.Declared() || e.Needs.String() == "undeclared" {
			t.Errorf("%s %s declares nothing", e.Method, e.Path)
		}
		declared = append(declared, e.Method+" "+e.Path)
	}
	router, ok := r.Handler().(*echo.Echo)
	if !ok {
		t.Fatalf("the handler is a %T", r.Handler())
	}
	var registered []string
	for _, route := range router.Routes() {
		registered = append(registered, route.Method+" "+route.Path)
	}
	slices.Sort(declared)
	slices.Sort(registered)
	if diff := cmp.Diff(registered, declared); diff != "" {
		t.Errorf("routes (-registered +declared):\n%s", diff)
	}
	if len(declared) < 17 {
		t.Errorf("there are %d routes", len(declared))
	}
}

func TestPublicRoutes(t *testing.T) {
	t.Parallel()
	r := start(t)
	var got []string
	for _, e := range r.Endpoints() {
		if !e.Needs.IsPublic() {
			continue
		}
		got = append(got, e.Path)
		for _, credential := range []string{"", "wrong"} {
			if reply := call(t, r, e, credential); reply.Status/100 != 2 {
				t.Errorf("%s with the credential %q: %d %s", e.Path, credential, reply.Status, reply.Body)
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"/.well-known/authzen-configuration", "/.well-known/terraform.json", "/api/v2/ping", "/docs", "/healthz", "/metrics", "/openapi.json", "/readyz"}, got); diff != "" {
		t.Errorf("public routes (-want +got):\n%s", diff)
	}
}

func TestEveryOtherRouteWantsACredential(t *testing.T) {
	t.Parallel()
	r := start(t)
	revoked := r.UserToken(t, "dave")
	var mine struct {
		Tokens []struct {
			ID string `json:"id"`
		} `json:"tokens"`
	}
	r.Call(t, http.MethodGet, "/admin/v1/tokens", revoked, "").Decode(t, &mine)
	r.Call(t, http.MethodDelete, "/admin/v1/tokens/"+mine.Tokens[0].ID, revoked, "")
	credentials := map[string]string{"no credential": "", "a wrong one": "wrong", "one like ours": "twn_1111111111111111_AAAAAAAAAAAA", "a revoked one": revoked, "almost the site token": r.SiteToken + "x"}
	for _, e := range r.Endpoints() {
		if e.Needs.IsPublic() {
			continue
		}
		for name, credential := range credentials {
			got := call(t, r, e, credential)
			if got.Status != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with %s: %d with WWW-Authenticate %q, want 401 with one", e.Method, e.Path, name, got.Status, got.Header.Get("WWW-Authenticate"))
			}
		}
	}
}

// What a route declares is what it asks for: a powerless user and a service without the scope are refused, the
// site admin and a service with the scope are not.
func TestEveryRouteAsksForWhatItDeclares(t *testing.T) {
	t.Parallel()
	r := start(t)
	dave, alice := r.UserToken(t, "dave"), r.UserToken(t, "alice")
	powerless := r.ServiceToken(t, "powerless")
	scopes := []string{"check", "search", "explain", "sync", "scim", "audit"}
	without, with := map[string]string{}, map[string]string{}
	for _, scope := range scopes {
		others := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == scope })
		without[scope], with[scope] = r.ServiceToken(t, "all-but-"+scope, others...), r.ServiceToken(t, "only-"+scope, scope)
	}
	refused := func(e endpoint.Endpoint, who, credential string) {
		got := call(t, r, e, credential)
		unread := isTFE(e) && e.Method != http.MethodGet && got.Status/100 == 4 // a body that is wrong anyway
		if got.Status != http.StatusForbidden && got.Status != http.StatusNotFound && !unread {
			t.Errorf("%s %s needs %s: %s is answered %d %s, want 403 or 404", e.Method, e.Path, e.Needs, who, got.Status, got.Body)
		}
	}
	served := func(e endpoint.Endpoint, who, credential string) {
		if got := call(t, r, e, credential); got.Status == http.StatusForbidden || got.Status == http.StatusUnauthorized || got.Status >= 500 && got.Status != http.StatusNotImplemented {
			t.Errorf("%s %s needs %s: %s is answered %d %s", e.Method, e.Path, e.Needs, who, got.Status, got.Body)
		}
	}
	asked := 0
	for _, e := range r.Endpoints() {
		if e.Needs.IsPublic() {
			continue
		}
		if strings.HasPrefix(e.Path, "/scim/v2/") { // a connection is a service account's, and nobody else has one
			refused(e, "the site admin", r.SiteToken)
		} else {
			served(e, "the site admin", r.SiteToken)
		}
		needs := e.Needs.String()
		if needs == "any credential" {
			continue
		}
		asked++
		refused(e, "a powerless user", dave)
		refused(e, "a service without scopes", powerless)
		if !isTFE(e) || e.Needs.ForPlatform() && e.Needs.String() != string(schema.PlatformCreateOrganization) {
			refused(e, "an organization owner", alice)
		}
		if _, scope, ok := strings.Cut(needs, "scope "); ok {
			refused(e, "a service with every other scope", without[scope])
			served(e, "a service with the scope", with[scope])
			continue
		}
		for scope, credential := range with {
			refused(e, "a service with the scope "+scope, credential)
		}
	}
	if asked < 10 {
		t.Errorf("%d routes were asked", asked)
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	r := start(t)
	// Whose path it is decides on the shape.
	const ours, authzen, tfe = `{"error":"Not Found"}`, `"Not Found"`, `{"errors":[{"status":"404","title":"not found"}]}`
	tests := map[string]string{
		"/": ours, "/nowhere": ours, "/access": ours, "/access/v2/evaluation": ours, "/access/v10": ours, "/healthz/x": ours,
		"/%2e%2e/healthz": ours, "//healthz": ours, "/.well-known/other": ours,
		"/access/v1": authzen, "/access/v1/": authzen, "/access/v1/evaluation/": authzen, "/access/v1/search/nothing": authzen,
		"/.well-known/authzen-configuration/acme": authzen,
		"/api/v2": tfe, "/api/v2/nowhere": tfe, "/api/v2/organizations/acme/nothing": tfe, "/api/v3/ping": tfe,
	}
	for path, want := range tests {
		for _, credential := range []string{"", r.SiteToken} {
			got := r.Call(t, http.MethodGet, path, credential, "")
			media := "application/json"
			if want == tfe {
				media = "application/vnd.api+json"
			}
			if got.Status != http.StatusNotFound || got.Header.Get("Content-Type") != media || strings.TrimSpace(got.Body) != want || got.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s: %d %v %s, want %s", path, got.Status, got.Header, got.Body, want)
			}
		}
	}
}

func TestWrongMethods(t *testing.T) {
	t.Parallel()
	r := start(t)
	const ours, authzen, tfe = `{"error":"Method Not Allowed"}`, `"Method Not Allowed"`, `{"errors":[{"status":"405","title":"method not allowed"}]}`
	tests := map[string]struct{ method, allow, want string }{
		"/healthz":                           {http.MethodPost, http.MethodGet, ours},
		"/access/v1/evaluation":              {http.MethodGet, http.MethodPost, authzen},
		"/access/v1/search/action":           {http.MethodDelete, http.MethodPost, authzen},
		"/.well-known/authzen-configuration": {http.MethodPost, http.MethodGet, authzen},
		"/api/v2/account/details":            {http.MethodDelete, http.MethodGet, tfe},
	}
	for path, test := range tests {
		got := r.Call(t, test.method, path, "", "{}")
		if got.Status != http.StatusMethodNotAllowed || !strings.Contains(got.Header.Get("Allow"), test.allow) || strings.TrimSpace(got.Body) != test.want {
			t.Errorf("%s %s: %d, Allow %q, %s; want %s", test.method, path, got.Status, got.Header.Get("Allow"), got.Body, test.want)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	r := start(t)
	for path, want := range map[string]string{"/healthz": `{"status":"alive"}`, "/readyz": `{"status":"ready"}`} {
		if got := r.Call(t, http.MethodGet, path, "", ""); got.Status != http.StatusOK || strings.TrimSpace(got.Body) != want {
			t.Errorf("%s: %d %s, want %s", path, got.Status, got.Body, want)
		}
	}
}

// A service whose parts are gone is alive and not ready.
func TestNotReady(t *testing.T) {
	t.Parallel()
	r := start(t)
	handler := r.Handler()
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/healthz": `200 {"status":"alive"}`, "/readyz": `503 {"status":"not ready"}`} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if got := fmt.Sprintf("%d %s", w.Code, strings.TrimSpace(w.Body.String())); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
