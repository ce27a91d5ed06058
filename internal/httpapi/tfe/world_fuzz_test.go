package tfe_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const jsonAPI = "application/vnd.api+json"

// fuzzWorld is a service with one of everything, asked without a network. Whoever asks is the site admin, who may do
// everything, so that nothing is refused before it is read.
type fuzzWorld struct {
	*testkit.Running
	handler   http.Handler
	endpoints []endpoint.Endpoint
	ids       map[string]string
}

func newFuzzWorld(f *testing.F) *fuzzWorld {
	f.Helper()
	r := testkit.App(f)
	w := &fuzzWorld{Running: r, handler: r.Handler(), ids: map[string]string{}}
	for _, e := range r.Endpoints() {
		if strings.HasPrefix(e.Path, "/api/v2/") && !e.Needs.IsPublic() {
			w.endpoints = append(w.endpoints, e)
		}
	}
	slices.SortFunc(w.endpoints, func(a, b endpoint.Endpoint) int { return strings.Compare(a.Method+a.Path, b.Method+b.Path) })
	w.ids["user"] = w.made(f, http.MethodGet, "/api/v2/account/details", "")
	w.made(f, http.MethodPost, "/api/v2/organizations", `{"data":{"attributes":{"name":"acme","email":"a@example.com"}}}`)
	const in = "/api/v2/organizations/acme/"
	w.ids["team"] = w.made(f, http.MethodPost, in+"teams", `{"data":{"attributes":{"name":"devs"}}}`)
	w.ids["project"] = w.made(f, http.MethodPost, in+"projects", `{"data":{"attributes":{"name":"apps"}}}`)
	w.ids["workspace"] = w.made(f, http.MethodPost, in+"workspaces", `{"data":{"attributes":{"name":"web"},"relationships":{"tags":{"data":[{"type":"tags","attributes":{"name":"blue"}}]}}}}`)
	w.ids["pool"] = w.made(f, http.MethodPost, in+"agent-pools", `{"data":{"attributes":{"name":"pool"}}}`)
	w.ids["stack"] = w.made(f, http.MethodPost, "/api/v2/stacks", w.fill(`{"data":{"attributes":{"name":"net"},"relationships":{"project":{"data":{"type":"projects","id":"<project>"}}}}}`))
	w.ids["ou"] = w.made(f, http.MethodPost, in+"organization-memberships", `{"data":{"attributes":{"email":"b@example.com"}}}`)
	w.ids["token"] = w.made(f, http.MethodPost, w.fill("/api/v2/users/<user>/authentication-tokens"), `{"data":{"attributes":{}}}`)
	w.ids["tws"] = w.made(f, http.MethodPost, "/api/v2/team-workspaces", w.fill(`{"data":{"attributes":{"access":"read"},"relationships":{"team":{"data":{"type":"teams","id":"<team>"}},"workspace":{"data":{"type":"workspaces","id":"<workspace>"}}}}}`))
	w.ids["tprj"] = w.made(f, http.MethodPost, "/api/v2/team-projects", w.fill(`{"data":{"attributes":{"access":"custom"},"relationships":{"team":{"data":{"type":"teams","id":"<team>"}},"project":{"data":{"type":"projects","id":"<project>"}}}}}`))
	w.ids["tag"] = w.made(f, http.MethodGet, in+"tags", "")
	w.ids["organization"] = w.organizationID(f)
	return w
}

// fill puts ids in place of their names in angle brackets.
func (w *fuzzWorld) fill(text string) string {
	for name, id := range w.ids {
		text = strings.ReplaceAll(text, "<"+name+">", id)
	}
	return text
}

// path returns the path of an endpoint with ids, which stay whatever is renamed, and one of its parameters' values.
func (w *fuzzWorld) path(e endpoint.Endpoint) string {
	kinds := map[string]string{
		"users": "user", "teams": "team", "organization-memberships": "ou", "authentication-tokens": "token", "workspaces": "workspace",
		"team-workspaces": "tws", "team-projects": "tprj", "tags": "tag", "agent-pools": "pool", "stacks": "stack", "projects": "project", "organizations": "organization", "actions": "",
	}
	parts := strings.Split(e.Path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") {
			parts[i] = w.ids[kinds[parts[i-1]]]
		}
	}
	return strings.Join(parts, "/")
}

// ask serves one request.
func (w *fuzzWorld) ask(tb testing.TB, method string, at *url.URL, body string) *httptest.ResponseRecorder {
	tb.Helper()
	r := (&http.Request{
		Method: method, URL: at, Header: http.Header{"Content-Type": {jsonAPI}, "Authorization": {"Bearer " + w.SiteToken}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), RemoteAddr: "127.0.0.1:1", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(tb.Context())
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	return out
}

// made makes a request that succeeds and returns the id of the first resource in the answer.
func (w *fuzzWorld) made(tb testing.TB, method, path, body string) string {
	tb.Helper()
	out := w.ask(tb, method, &url.URL{Path: path}, body)
	var d struct {
		Data json.RawMessage `json:"data"`
	}
	var one struct {
		ID string `json:"id"`
	}
	err := json.Unmarshal(out.Body.Bytes(), &d)
	if raw := []json.RawMessage{}; err == nil && json.Unmarshal(d.Data, &raw) == nil && len(raw) > 0 {
		d.Data = raw[0]
	}
	if out.Code >= http.StatusBadRequest || err != nil || json.Unmarshal(d.Data, &one) != nil || one.ID == "" {
		tb.Fatalf("%s %s: %d %s", method, path, out.Code, out.Body)
	}
	return one.ID
}

func (w *fuzzWorld) organizationID(tb testing.TB) string {
	tb.Helper()
	var d struct {
		Data struct {
			Attributes struct {
				ExternalID string `json:"external-id"`
			} `json:"attributes"`
		} `json:"data"`
	}
	out := w.ask(tb, http.MethodGet, &url.URL{Path: "/api/v2/organizations/acme"}, "")
	if err := json.Unmarshal(out.Body.Bytes(), &d); err != nil || d.Data.Attributes.ExternalID == "" {
		tb.Fatalf("no id in %s", out.Body)
	}
	return d.Data.Attributes.ExternalID
}

// lastChange tells the last change that was made.
func (w *fuzzWorld) lastChange(tb testing.TB) string {
	tb.Helper()
	return w.ask(tb, http.MethodGet, &url.URL{Path: "/admin/v1/audit-events", RawQuery: "outcome=done&limit=1"}, "").Body.String()
}

// answers fails the test unless the answer to a request is a document, or a document of errors and no failure of ours.
func (w *fuzzWorld) answers(t *testing.T, what string, out *httptest.ResponseRecorder) {
	t.Helper()
	body := out.Body.String()
	switch {
	case out.Code >= http.StatusInternalServerError:
		t.Fatalf("%s: %d %s\n%s", what, out.Code, body, w.Log())
	case out.Code == http.StatusNoContent:
		if body != "" {
			t.Fatalf("%s: no content, and %q", what, body)
		}
		return
	case strings.HasSuffix(what, "/audit-trail") && out.Code == http.StatusOK: // it is plain JSON
	case out.Header().Get("Content-Type") != jsonAPI:
		t.Fatalf("%s: %d of type %q", what, out.Code, out.Header().Get("Content-Type"))
	}
	var d struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Status string `json:"status"`
			Title  string `json:"title"`
		} `json:"errors"`
	}
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatalf("%s: %d %q: %v", what, out.Code, body, err)
	}
	if refused := out.Code >= http.StatusBadRequest; refused != (len(d.Errors) > 0) || refused == (len(d.Data) > 0) {
		t.Fatalf("%s: %d %s", what, out.Code, body)
	}
	for _, e := range d.Errors {
		if e.Status != strconv.Itoa(out.Code) || e.Title == "" {
			t.Fatalf("%s: %d with the error %+v", what, out.Code, e)
		}
	}
}
