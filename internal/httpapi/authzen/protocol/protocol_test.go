package protocol_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

func endpoints() []string { return []string{evaluation, evaluations, subjects, resources, actions} }

// Sections 10.1.1 and 10.1.5: what is no request of the protocol is 400 with a message, on every endpoint.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	s := start(t)
	deep := func(n int) string {
		return with(question("bob", "apply_run", "acme/prod"), `"x":`+strings.Repeat("[", n)+strings.Repeat("]", n))
	}
	tests := map[string]struct{ body, want string }{
		"an empty body":             {"", `"the body is not valid JSON"`},
		"blanks alone":              {"  \n", `"the body is not valid JSON"`},
		"no JSON at all":            {"subject=bob", `"the body is not valid JSON"`},
		"an object that is cut off": {`{"subject":{"type":"user"`, `"the body is not valid JSON"`},
		"a comma too many":          {`{"subject":{"type":"user","id":"bob",}}`, `"the body is not valid JSON"`},
		"a top-level array":         {`[` + question("bob", "read", "acme/prod") + `]`, `"the body must be a JSON object"`},
		"a top-level string":        {`"read"`, `"the body must be a JSON object"`},
		"a top-level null":          {`null`, `"the body must be a JSON object"`},
		"two objects":               {question("bob", "read", "acme/prod") + `{}`, `"the body holds more than one JSON value"`},
		"something behind it":       {question("bob", "read", "acme/prod") + `]`, `"the body holds more than one JSON value"`},
		"a member twice":            {with(question("bob", "read", "acme/prod"), `"subject":{"type":"user","id":"alice"}`), `"the name \"subject\" stands twice in one object"`},
		"an unknown member twice":   {with(question("bob", "read", "acme/prod"), `"x":1,"x":1`), `"the name \"x\" stands twice in one object"`},
		"a member twice, escaped":   {with(question("bob", "read", "acme/prod"), `"\u0073ubject":null`), `"the name \"subject\" stands twice in one object"`},
		"a member twice, far down":  {with(question("bob", "read", "acme/prod"), `"context":{"a":[{"b":1,"b":2}]}`), `"the name \"b\" stands twice in one object"`},
		"nesting beyond reason":     {deep(100), `"the body is nested more than 32 deep"`},
		"nesting one too deep":      {deep(33), `"the body is nested more than 32 deep"`},
		"nesting without an end":    {strings.Repeat(`{"a":`, 20000), `"the body is nested more than 32 deep"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range endpoints() {
				got := s.ask(t, path, s.asker, test.body, "Content-Type", "application/json")
				if got.Status != http.StatusBadRequest || strings.TrimSpace(got.Body) != test.want {
					t.Errorf("%s: %d %s, want 400 %s", path, got.Status, got.Body, test.want)
				}
			}
		})
	}
	t.Run("nesting just deep enough", func(t *testing.T) {
		t.Parallel()
		expect(t, s.ask(t, evaluation, s.asker, deep(32)), http.StatusOK, allow)
	})
	t.Run("the same name in two objects", func(t *testing.T) {
		t.Parallel()
		expect(t, s.ask(t, evaluation, s.asker, with(question("bob", "apply_run", "acme/prod"), `"context":{"a":{"x":1},"b":{"x":1}}`)), http.StatusOK, allow)
	})
}

func TestMissingAndWronglyTypedMembers(t *testing.T) {
	t.Parallel()
	s := start(t)
	const (
		subject  = `"subject":{"type":"user","id":"bob"}`
		action   = `"action":{"name":"read"}`
		resource = `"resource":{"type":"workspace","id":"acme/prod"}`
	)
	of := func(members ...string) string { return "{" + strings.Join(members, ",") + "}" }
	tests := map[string]struct{ path, body, want string }{
		"no subject":                        {evaluation, of(action, resource), `"subject is required"`},
		"no action":                         {evaluation, of(subject, resource), `"action is required"`},
		"no resource":                       {evaluation, of(subject, action), `"resource is required"`},
		"nothing":                           {evaluation, `{}`, `"subject is required"`},
		"a subject that is null":            {evaluation, of(`"subject":null`, action, resource), `"subject is required"`},
		"a subject that is a string":        {evaluation, of(`"subject":"bob"`, action, resource), `"subject must be an object"`},
		"a subject that is an array":        {evaluation, of(`"subject":[]`, action, resource), `"subject must be an object"`},
		"a subject without type":            {evaluation, of(`"subject":{"id":"bob"}`, action, resource), `"subject.type is required"`},
		"a subject without id":              {evaluation, of(`"subject":{"type":"user"}`, action, resource), `"subject.id is required"`},
		"a subject with an empty id":        {evaluation, of(`"subject":{"type":"user","id":""}`, action, resource), `"subject.id is required"`},
		"a subject's id that is a number":   {evaluation, of(`"subject":{"type":"user","id":7}`, action, resource), `"subject.id must be a string"`},
		"a subject's type that is an array": {evaluation, of(`"subject":{"type":["user"],"id":"bob"}`, action, resource), `"subject.type must be a string"`},
		"members in other letters":          {evaluation, of(`"subject":{"Type":"user","ID":"bob"}`, action, resource), `"subject.type is required"`},
		"a subject's properties":            {evaluation, of(`"subject":{"type":"user","id":"bob","properties":[]}`, action, resource), `"subject.properties must be an object"`},
		"an action that is a string":        {evaluation, of(subject, `"action":"read"`, resource), `"action must be an object"`},
		"an action without name":            {evaluation, of(subject, `"action":{}`, resource), `"action.name is required"`},
		"an action's name that is true":     {evaluation, of(subject, `"action":{"name":true}`, resource), `"action.name must be a string"`},
		"an action's properties":            {evaluation, of(subject, `"action":{"name":"read","properties":"soft"}`, resource), `"action.properties must be an object"`},
		"a resource without id":             {evaluation, of(subject, action, `"resource":{"type":"workspace"}`), `"resource.id is required"`},
		"a resource without type":           {evaluation, of(subject, action, `"resource":{"id":"acme/prod"}`), `"resource.type is required"`},
		"a resource's properties":           {evaluation, of(subject, action, `"resource":{"type":"workspace","id":"acme/prod","properties":1}`), `"resource.properties must be an object"`},
		"a context that is an array":        {evaluation, of(subject, action, resource, `"context":[]`), `"context must be an object"`},
		"explain that is a string":          {evaluation, of(subject, action, resource, `"context":{"explain":"yes"}`), `"context.explain must be true or false"`},
		"a consistency nobody knows":        {evaluation, of(subject, action, resource, `"context":{"consistency":"eventual"}`), `"context.consistency must be minimize_latency, at_least_as_fresh or fully_consistent"`},
		"a consistency that is a number":    {evaluation, of(subject, action, resource, `"context":{"consistency":1}`), `"context.consistency must be a string"`},
		"at least as fresh as what":         {evaluation, of(subject, action, resource, `"context":{"consistency":"at_least_as_fresh"}`), `"context.zedtoken is required for at_least_as_fresh"`},
		"a malformed zedtoken":              {evaluation, of(subject, action, resource, `"context":{"zedtoken":"nonsense"}`), `"context.zedtoken the consistency token is malformed"`},
		"a malformed zedtoken, by name":     {evaluation, of(subject, action, resource, `"context":{"consistency":"at_least_as_fresh","zedtoken":"nonsense"}`), `"context.zedtoken the consistency token is malformed"`},
		"a zedtoken that is an object":      {evaluation, of(subject, action, resource, `"context":{"zedtoken":{}}`), `"context.zedtoken must be a string"`},
		"a malformed zedtoken on nothing":   {evaluation, of(subject, action, `"resource":{"type":"workspace","id":"acme/nowhere"}`, `"context":{"zedtoken":"nonsense"}`), `"context.zedtoken the consistency token is malformed"`},
		"a subject search without subject":  {subjects, of(action, resource), `"subject is required"`},
		"a subject search without type":     {subjects, of(`"subject":{}`, action, resource), `"subject.type is required"`},
		"a subject search without action":   {subjects, of(subject, resource), `"action is required"`},
		"a subject search without resource": {subjects, of(subject, action), `"resource is required"`},
		"a subject search without its id":   {subjects, of(subject, action, `"resource":{"type":"workspace"}`), `"resource.id is required"`},
		"a resource search without subject": {resources, of(action, resource), `"subject is required"`},
		"a resource search, no subject id":  {resources, of(`"subject":{"type":"user"}`, action, resource), `"subject.id is required"`},
		"a resource search without action":  {resources, of(subject, resource), `"action is required"`},
		"a resource search without type":    {resources, of(subject, action, `"resource":{"id":"acme/prod"}`), `"resource.type is required"`},
		"an action search without subject":  {actions, of(resource), `"subject is required"`},
		"an action search without resource": {actions, of(subject), `"resource is required"`},
		"an action search, no resource id":  {actions, of(subject, `"resource":{"type":"workspace"}`), `"resource.id is required"`},
		"a bad zedtoken in a search":        {resources, of(subject, action, resource, `"context":{"zedtoken":"nonsense"}`), `"context.zedtoken the consistency token is malformed"`},
		"a bad consistency in a search":     {actions, of(subject, resource, `"context":{"consistency":"eventual"}`), `"context.consistency must be minimize_latency, at_least_as_fresh or fully_consistent"`},
		"a page that is a number":           {subjects, of(subject, action, resource, `"page":1`), `"page must be an object"`},
		"a limit of nothing":                {subjects, of(subject, action, resource, `"page":{"limit":0}`), `"page.limit must be a whole number above zero"`},
		"a limit below zero":                {resources, of(subject, action, resource, `"page":{"limit":-1}`), `"page.limit must be a whole number above zero"`},
		"a limit that is a string":          {actions, of(subject, resource, `"page":{"limit":"5"}`), `"page.limit must be a whole number above zero"`},
		"half a limit":                      {subjects, of(subject, action, resource, `"page":{"limit":1.5}`), `"page.limit must be a whole number above zero"`},
		"a limit beyond numbers":            {subjects, of(subject, action, resource, `"page":{"limit":99999999999999999999}`), `"page.limit must be a whole number above zero"`},
		"a page token that is a number":     {subjects, of(subject, action, resource, `"page":{"token":1}`), `"page.token must be a string"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, s.ask(t, test.path, s.asker, test.body), http.StatusBadRequest, test.want)
		})
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := map[string]struct {
		contentType string
		status      int
	}{
		"plain":                           {"application/json", 200},
		"with a charset":                  {"application/json; charset=utf-8", 200},
		"with a charset in capitals":      {`Application/JSON;charset="UTF-8"`, 200},
		"none":                            {"", 400},
		"a form":                          {"application/x-www-form-urlencoded", 400},
		"text":                            {"text/plain", 400},
		"another kind of JSON":            {"application/problem+json", 400},
		"a name that only begins like it": {"application/jsonx", 400},
		"no content type at all":          {";;", 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.ask(t, evaluation, s.asker, question("bob", "apply_run", "acme/prod"), "Content-Type", test.contentType)
			if test.status == http.StatusOK {
				expect(t, got, http.StatusOK, allow)
				return
			}
			expect(t, got, test.status, `"the content type must be application/json"`)
		})
	}
	t.Run("answers say what they are", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{question("bob", "apply_run", "acme/prod"), "{}"} {
			if got := s.ask(t, evaluation, s.asker, body).Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("content type %q", got)
			}
		}
	})
}

func TestMethods(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range endpoints() {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			for _, token := range []string{"", s.asker} {
				got := s.Call(t, method, path, token, "")
				if got.Status != http.StatusMethodNotAllowed || !strings.Contains(got.Header.Get("Allow"), http.MethodPost) {
					t.Errorf("%s %s: %d with Allow %q, want 405 with POST", method, path, got.Status, got.Header.Get("Allow"))
				}
			}
		}
	}
	if got := s.Call(t, http.MethodPost, discovery, "", "{}"); got.Status != http.StatusMethodNotAllowed || !strings.Contains(got.Header.Get("Allow"), http.MethodGet) {
		t.Errorf("POST %s: %d with Allow %q, want 405 with GET", discovery, got.Status, got.Header.Get("Allow"))
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	s := start(t)
	sized := func(n int) string {
		body := with(question("bob", "apply_run", "acme/prod"), `"padding":""`)
		return strings.Replace(body, `"padding":""`, `"padding":"`+strings.Repeat("x", n-len(body))+`"`, 1)
	}
	expect(t, s.ask(t, evaluation, s.asker, sized(1<<20)), http.StatusOK, allow)
	expect(t, s.ask(t, evaluation, s.asker, sized(1<<20+1)), http.StatusRequestEntityTooLarge, `"the body is larger than 1048576 bytes"`)
}

// Section 9: the document names what is there and nothing else.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	document := func(base string) string {
		return `{"policy_decision_point":"` + base + `","access_evaluation_endpoint":"` + base + evaluation +
			`","access_evaluations_endpoint":"` + base + evaluations + `","search_subject_endpoint":"` + base + subjects +
			`","search_resource_endpoint":"` + base + resources + `","search_action_endpoint":"` + base + actions + `"}`
	}
	tests := map[string]struct {
		publicURL string
		want      string // "" for the address served on
	}{
		"the address served on":            {"", ""},
		"a public URL":                     {"https://authz.example.com", "https://authz.example.com"},
		"a public URL that ends in a /":    {"https://authz.example.com/", "https://authz.example.com"},
		"a public URL with a path, a port": {"https://example.com:8443/tenants/a", "https://example.com:8443/tenants/a"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.App(t, func(c *config.Config) { c.PublicURL = test.publicURL })
			want := test.want
			if want == "" {
				want = s.URL
			}
			for _, header := range []http.Header{{}, {"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"ftp"}, "Forwarded": {"host=evil.example"}}} {
				w := httptest.NewRecorder()
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://evil.example"+discovery, nil)
				r.Header = header
				s.Handler().ServeHTTP(w, r)
				expect(t, testkit.Reply{Status: w.Code, Body: w.Body.String()}, http.StatusOK, document(want))
			}
		})
	}
}
