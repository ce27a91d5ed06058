package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/otf"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim"
	"github.com/terrawarden/terrawarden/internal/httpapi/terrakube"
	"github.com/terrawarden/terrawarden/internal/httpapi/tfe"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// whole starts a service that has everything to serve, sign-in included.
func whole(t *testing.T) (*testkit.Running, *testkit.IdentityProvider) {
	t.Helper()
	idp, directory := testkit.OIDC(t), staff(t)
	return testkit.App(t, func(c *config.Config) {
		c.Example = true
		c.OIDC = []config.Issuer{idp.SignsIn()}
		c.Sync.Sources = directory
	}), idp
}

// dialects are the protocols that other vendors and standards describe. Whatever else is served is ours, and described.
func dialects(s *catalog.Service, c config.Config) []httpapi.Protocol {
	return []httpapi.Protocol{
		tfe.New(tfe.Deps{Service: s, Mode: c.TFEMode}), otf.New(otf.Deps{Service: s}), terrakube.New(terrakube.Deps{Service: s}),
		scim.New(scim.Deps{Service: s}),
	}
}

// foreign returns the routes of the dialects.
func foreign(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, p := range dialects(testkit.Service(t, config.EngineEmbedded).Service, testkit.Config(t)) {
		for _, e := range p.Endpoints() {
			out[e.Method+" "+e.Path] = true
		}
	}
	return out
}

// TestDocumentIsTheRoutes compares the document with everything that is served outside the dialects.
func TestDocumentIsTheRoutes(t *testing.T) {
	t.Parallel()
	r, _ := whole(t)
	var served []string
	others, left := foreign(t), 0
	needs := map[string]string{}
	for _, e := range r.Endpoints() {
		route := e.Method + " " + braces(e.Path)
		if others[e.Method+" "+e.Path] {
			left++
			continue
		}
		served = append(served, route)
		needs[route] = e.Needs.String()
	}
	var described []string
	for _, o := range newContract(t, r).operations {
		route := o.method + " " + o.path
		described = append(described, route)
		if o.needs == "" || o.needs != needs[route] {
			t.Errorf("%s needs %q by the document and %q by its route", route, o.needs, needs[route])
		}
		if o.public != (o.needs == "public") {
			t.Errorf("%s needs %q, and by its security it is public: %v", route, o.needs, o.public)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if diff := cmp.Diff(served, described); diff != "" {
		t.Errorf("routes and operations (-routes +document):\n%s", diff)
	}
	if left < 100 || len(served) < 50 {
		t.Errorf("%d routes of the dialects and %d others: the test looks in the wrong place", left, len(served))
	}
}

func braces(path string) string {
	return regexp.MustCompile(`:([A-Za-z_-]+)`).ReplaceAllString(path, "{$1}")
}

// A service without sign-in does not describe it.
func TestDocumentIsOfThisService(t *testing.T) {
	t.Parallel()
	r := testkit.App(t)
	body := r.Call(t, http.MethodGet, "/openapi.json", "", "").Body
	if strings.Contains(body, "/oauth/") || strings.Contains(body, "OAuthError") || strings.Contains(body, "Sign-in") {
		t.Error("it describes a sign-in that is not served")
	}
	if !strings.Contains(body, `"version":"test"`) {
		t.Error("it does not bear the version of the build")
	}
}

// The form of OpenAPI 3.1, as far as the document uses it. What is not named here is a mistake in the source: in YAML a
// comma in a text easily makes a member of its own.
type (
	docRoot struct {
		OpenAPI    string                `json:"openapi"`
		Info       docInfo               `json:"info"`
		Servers    []docNamed            `json:"servers"`
		Security   []map[string][]string `json:"security"`
		Tags       []docNamed            `json:"tags"`
		Paths      map[string]docPath    `json:"paths"`
		Components docShared             `json:"components"`
	}
	docShared struct {
		SecuritySchemes map[string]docScheme    `json:"securitySchemes"`
		Headers         map[string]docHeader    `json:"headers"`
		Parameters      map[string]docParameter `json:"parameters"`
		Responses       map[string]docResponse  `json:"responses"`
		Schemas         map[string]docSchema    `json:"schemas"`
	}
	docNamed struct {
		Name        string `json:"name"`
		URL         string `json:"url"`
		Description string `json:"description"`
	}
	docLicense struct {
		Name       string `json:"name"`
		Identifier string `json:"identifier"`
	}
	docScheme struct {
		Type        string `json:"type"`
		Scheme      string `json:"scheme"`
		Description string `json:"description"`
	}
	docInfo struct {
		Title       string     `json:"title"`
		Summary     string     `json:"summary"`
		Description string     `json:"description"`
		Version     string     `json:"version"`
		License     docLicense `json:"license"`
	}
	docPath struct {
		Parameters []docParameter `json:"parameters"`
		Get        *docOperation  `json:"get"`
		Post       *docOperation  `json:"post"`
		Put        *docOperation  `json:"put"`
		Patch      *docOperation  `json:"patch"`
		Delete     *docOperation  `json:"delete"`
	}
	docOperation struct {
		OperationID string                 `json:"operationId"`
		Summary     string                 `json:"summary"`
		Description string                 `json:"description"`
		Tags        []string               `json:"tags"`
		Needs       string                 `json:"x-terrawarden-needs"`
		Security    []map[string][]string  `json:"security"`
		Parameters  []docParameter         `json:"parameters"`
		RequestBody *docBody               `json:"requestBody"`
		Responses   map[string]docResponse `json:"responses"`
	}
	docBody struct {
		Description string              `json:"description"`
		Required    bool                `json:"required"`
		Content     map[string]docMedia `json:"content"`
	}
	docMedia struct {
		Schema  *docSchema `json:"schema"`
		Example any        `json:"example"`
	}
	docParameter struct {
		Ref         string     `json:"$ref"`
		Name        string     `json:"name"`
		In          string     `json:"in"`
		Description string     `json:"description"`
		Required    bool       `json:"required"`
		Schema      *docSchema `json:"schema"`
		Example     any        `json:"example"`
	}
	docResponse struct {
		Ref         string               `json:"$ref"`
		Description string               `json:"description"`
		Headers     map[string]docHeader `json:"headers"`
		Content     map[string]docMedia  `json:"content"`
	}
	docHeader struct {
		Ref         string     `json:"$ref"`
		Description string     `json:"description"`
		Schema      *docSchema `json:"schema"`
	}
	docSchema struct {
		Ref                  string               `json:"$ref"`
		Type                 any                  `json:"type"`
		Format               string               `json:"format"`
		Description          string               `json:"description"`
		Pattern              string               `json:"pattern"`
		Enum                 []any                `json:"enum"`
		Const                any                  `json:"const"`
		Default              any                  `json:"default"`
		Example              any                  `json:"example"`
		Minimum              *int                 `json:"minimum"`
		Maximum              *int                 `json:"maximum"`
		MinLength            *int                 `json:"minLength"`
		MaxLength            *int                 `json:"maxLength"`
		MinItems             *int                 `json:"minItems"`
		MaxItems             *int                 `json:"maxItems"`
		Required             []string             `json:"required"`
		Properties           map[string]docSchema `json:"properties"`
		AdditionalProperties any                  `json:"additionalProperties"`
		Items                *docSchema           `json:"items"`
		OneOf                []docSchema          `json:"oneOf"`
	}
)

func TestDocumentHasTheFormOfOpenAPI(t *testing.T) {
	t.Parallel()
	r, _ := whole(t)
	var doc docRoot
	dec := json.NewDecoder(strings.NewReader(r.Call(t, http.MethodGet, "/openapi.json", "", "").Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || len(doc.Servers) != 1 || doc.Servers[0].URL != "/" {
		t.Errorf("it is OpenAPI %q of servers %v", doc.OpenAPI, doc.Servers)
	}
	ids, tags := map[string]string{}, map[string]bool{}
	for _, tag := range doc.Tags {
		if tags[tag.Name] || tag.Description == "" {
			t.Errorf("tag %q is there twice, or has no description", tag.Name)
		}
		tags[tag.Name] = true
	}
	for path, item := range doc.Paths {
		for method, o := range map[string]*docOperation{"get": item.Get, "post": item.Post, "put": item.Put, "patch": item.Patch, "delete": item.Delete} {
			if o == nil {
				continue
			}
			where := method + " " + path
			if o.OperationID == "" || ids[o.OperationID] != "" || o.Summary == "" || len(o.Tags) != 1 || !tags[o.Tags[0]] {
				t.Errorf("%s: operation id %q (also of %q), summary %q, tags %v", where, o.OperationID, ids[o.OperationID], o.Summary, o.Tags)
			}
			ids[o.OperationID] = where
			if (o.RequestBody != nil) && (method == "get") {
				t.Errorf("%s takes a body", where)
			}
			wantParameters(t, where, path, slices.Concat(item.Parameters, o.Parameters))
		}
	}
}

// wantParameters holds the parts of a path against the parameters that describe them.
func wantParameters(t *testing.T, where, path string, parameters []docParameter) {
	t.Helper()
	var inPath, described []string
	for _, m := range regexp.MustCompile(`\{([^}]+)\}`).FindAllStringSubmatch(path, -1) {
		inPath = append(inPath, m[1])
	}
	for _, p := range parameters {
		if p.In == "path" {
			described = append(described, p.Name)
		}
		if p.Ref == "" && (p.Name == "" || p.Schema == nil || p.Description == "" && p.In != "query") {
			t.Errorf("%s: parameter %+v is not described", where, p)
		}
	}
	for _, p := range parameters { // those that are shared say it in their name
		if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/Path"); ok {
			described = append(described, strings.ToLower(name[:1])+name[1:])
		}
	}
	slices.Sort(inPath)
	slices.Sort(described)
	if !slices.Equal(inPath, described) {
		t.Errorf("%s: the path has %v, described are %v", where, inPath, described)
	}
}

// TestReferencesAndExamples follows every reference, holds every example against its schema, and wants every shared part
// used.
func TestReferencesAndExamples(t *testing.T) {
	t.Parallel()
	r, _ := whole(t)
	c := newContract(t, r)
	used := map[string]bool{}
	examples := 0
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				_, to := c.resolve(v, at)
				used[to] = true
				if ref != "#"+to {
					t.Errorf("%s refers to %s, outside the document", at, ref)
				}
			}
			if example, ok := v["example"]; ok {
				examples++
				schema := at
				if v["schema"] != nil {
					schema += "/schema"
				}
				if err := c.fits(schema, example); err != nil {
					t.Errorf("the example at %s does not fit: %v", at, err)
				}
			}
			for name, inner := range v {
				if name != "example" && name != "default" && name != "const" && name != "enum" {
					walk(inner, at+pointer(name))
				}
			}
		case []any:
			for i, inner := range v {
				walk(inner, fmt.Sprintf("%s/%d", at, i))
			}
		}
	}
	walk(c.raw, "")
	for _, kind := range []string{"schemas", "responses", "parameters", "headers"} {
		for name := range member(member(c.raw, "components"), kind) {
			if at := pointer("components", kind, name); !used[at] && name != "Entity" {
				t.Errorf("nothing refers to %s", at)
			}
		}
	}
	if examples < 40 {
		t.Errorf("%d examples were looked at", examples)
	}
}

// The router writes variable parts with a colon; nothing else may.
func TestPathsAreTemplates(t *testing.T) {
	t.Parallel()
	r, _ := whole(t)
	router, ok := r.Handler().(*echo.Echo)
	if !ok {
		t.Fatalf("the handler is a %T", r.Handler())
	}
	body := []byte(r.Call(t, http.MethodGet, "/openapi.json", "", "").Body)
	for _, route := range router.Routes() {
		if strings.Contains(route.Path, ":") && bytes.Contains(body, []byte(`"`+route.Path+`":`)) {
			t.Errorf("the document writes %s as the router does", route.Path)
		}
	}
}
