package authorization_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// caller is whoever makes calls, by a credential.
type caller struct {
	name  string // of a person
	token string
	api   *tfe.Client
	s     *suite
}

// person returns a user with a token, new unless there is one of that name.
func (s *suite) person(t *testing.T, name string) *caller {
	t.Helper()
	c := s.caller(t, s.run.UserToken(t, name))
	c.name = name
	return c
}

// caller returns who calls with a credential.
func (s *suite) caller(t *testing.T, token string) *caller {
	t.Helper()
	api, err := tfe.NewClient(&tfe.Config{Address: s.run.URL, Token: token, HTTPClient: s.http})
	if err != nil {
		t.Fatalf("go-tfe: %v", err)
	}
	return &caller{token: token, api: api, s: s}
}

// reply is an answer of the API.
type reply struct {
	status int
	body   string
}

// call makes a call that go-tfe has no method for, or hides too much of.
func (c *caller) call(t *testing.T, method, path, body string) reply {
	t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/api/v2/" + path
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.s.run.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", tfe.ContentTypeJSONAPI)
	if strings.HasPrefix(path, "/access/") {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.s.http.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{res.StatusCode, string(raw)}
}

// outcome is what came of a call.
type outcome string

const (
	allowed      outcome = "allowed"
	refused      outcome = "refused"      // 404, as if there were nothing
	forbidden    outcome = "forbidden"    // 403, to whoever may know of the thing
	unauthorized outcome = "unauthorized" // 401, no credential at all
)

// is returns the outcome that a rule expects.
func is(may bool) outcome {
	if may {
		return allowed
	}
	return refused
}

func (r reply) outcome() outcome {
	switch {
	case r.status < http.StatusMultipleChoices:
		return allowed
	case r.status == http.StatusNotFound:
		return refused
	case r.status == http.StatusForbidden:
		return forbidden
	case r.status == http.StatusUnauthorized:
		return unauthorized
	}
	return outcome(fmt.Sprintf("%d %s", r.status, r.body))
}

// of returns the outcome of a method of go-tfe.
func of(err error) outcome {
	switch {
	case err == nil:
		return allowed
	case errors.Is(err, tfe.ErrResourceNotFound):
		return refused
	case errors.Is(err, tfe.ErrUnauthorized):
		return unauthorized
	}
	return outcome(err.Error())
}

// must fails the test unless a call was allowed; it is for what a case needs before it begins.
func must(t *testing.T, what string, got outcome) {
	t.Helper()
	if got != allowed {
		t.Fatalf("%s: %s", what, got)
	}
}

// expect compares the outcome of a call with the oracle's.
func expect(t *testing.T, what string, got, want outcome) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// decode reads the answer as JSON.
func (r reply) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), into); err != nil {
		t.Fatalf("the answer %d %q is no document: %v", r.status, r.body, err)
	}
}

// resource is what the suite reads of a document.
type resource struct {
	ID         string `json:"id"`
	Attributes struct {
		Name               string          `json:"name"`
		Status             string          `json:"status"`
		Token              string          `json:"token"`
		Permissions        map[string]bool `json:"permissions"`
		OrganizationAccess map[string]bool `json:"organization-access"`
	} `json:"attributes"`
	Relationships map[string]struct {
		Data json.RawMessage `json:"data"`
	} `json:"relationships"`
}

// read returns the one resource of an answer that must be there.
func (c *caller) read(t *testing.T, path string) resource {
	t.Helper()
	r := c.call(t, http.MethodGet, path, "")
	must(t, "GET "+path, r.outcome())
	var d struct{ Data resource }
	r.decode(t, &d)
	return d.Data
}

// list returns all resources of a list, at most a hundred.
func (c *caller) list(t *testing.T, path string) []resource {
	t.Helper()
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	path += sign + "page%5Bsize%5D=100"
	r := c.call(t, http.MethodGet, path, "")
	must(t, "GET "+path, r.outcome())
	var d struct{ Data []resource }
	r.decode(t, &d)
	return d.Data
}

// document writes the body of a call.
func document(t *testing.T, typeName string, attributes map[string]any, relations map[string]any) string {
	t.Helper()
	data := map[string]any{"type": typeName}
	if attributes != nil {
		data["attributes"] = attributes
	}
	if relations != nil {
		data["relationships"] = relations
	}
	raw, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// to is a to-one relationship in a document; links is a to-many one, or the body of a call on one.
func to(typeName, id string) map[string]any {
	return map[string]any{"data": map[string]string{"type": typeName, "id": id}}
}

func links(typeName string, ids ...string) map[string]any {
	data := []map[string]string{}
	for _, id := range ids {
		data = append(data, map[string]string{"type": typeName, "id": id})
	}
	return map[string]any{"data": data}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// ids returns the ids of a list.
func ids(all []resource) []string {
	out := []string{}
	for _, r := range all {
		out = append(out, r.ID)
	}
	return out
}
