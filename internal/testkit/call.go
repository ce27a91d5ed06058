package testkit

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Reply is the answer to a call.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// Decode reads the body as JSON.
func (r Reply) Decode(tb testing.TB, into any) {
	tb.Helper()
	if err := json.Unmarshal([]byte(r.Body), into); err != nil {
		tb.Fatalf("the answer %d %q is not the JSON that was expected: %v", r.Status, r.Body, err)
	}
}

// Call sends one request. An empty token sends no credential; a body is JSON unless the header, which is names and
// values in turn, says otherwise.
func (r *Running) Call(tb testing.TB, method, path, token, body string, header ...string) Reply {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, r.URL+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			req.Header.Del(header[i])
		}
		if http.CanonicalHeaderKey(header[i]) == "Host" {
			req.Host = header[i+1]
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatalf("%s %s: %v", method, path, err)
	}
	raw, err := io.ReadAll(res.Body)
	if closeErr := res.Body.Close(); err != nil || closeErr != nil {
		tb.Fatalf("%s %s: read the answer: %v, %v", method, path, err, closeErr)
	}
	return Reply{Status: res.StatusCode, Header: res.Header, Body: string(raw)}
}

// UserToken issues a token of a user, who is created when there is none.
func (r *Running) UserToken(tb testing.TB, username string) string {
	tb.Helper()
	return r.issue(tb, map[string]any{"kind": "user", "name": username})
}

// ServiceToken issues a token of a service account with the given scopes.
func (r *Running) ServiceToken(tb testing.TB, name string, scopes ...string) string {
	tb.Helper()
	return r.issue(tb, map[string]any{"kind": "service", "name": name, "scopes": scopes})
}

func (r *Running) issue(tb testing.TB, request map[string]any) string {
	tb.Helper()
	raw, err := json.Marshal(request)
	if err != nil {
		tb.Fatal(err)
	}
	reply := r.Call(tb, http.MethodPost, "/admin/v1/tokens", r.SiteToken, string(raw))
	if reply.Status != http.StatusCreated {
		tb.Fatalf("issue a token: %d %s", reply.Status, reply.Body)
	}
	var issued struct {
		Token string `json:"token"`
	}
	reply.Decode(tb, &issued)
	return issued.Token
}
