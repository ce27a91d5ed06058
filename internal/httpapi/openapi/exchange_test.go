package openapi_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

// town is a running service, whoever calls it, and the document that every exchange is held against.
type town struct {
	*testkit.Running
	*contract

	t    *testing.T
	idp  *testkit.IdentityProvider
	http *http.Client
	dave string // a user who may nothing
}

func newTown(t *testing.T) *town {
	t.Helper()
	r, idp := whole(t)
	c := newContract(t, r)
	return &town{Running: r, contract: c, t: t, idp: idp, http: &http.Client{Transport: c}, dave: r.UserToken(t, "dave")}
}

// send makes a request and returns the answer, which must have the status. The document describes the request.
func (w *town) send(method, path, token, body string, status int, header ...string) string {
	w.t.Helper()
	if o := w.find(method, strings.Split(path, "?")[0]); o == nil {
		w.t.Errorf("the document has no %s %s", method, path)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel() // of streams
	req, err := http.NewRequestWithContext(ctx, method, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(path, "/api/v2/") {
			req.Header.Set("Content-Type", "application/vnd.api+json")
		}
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return ""
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != status {
		w.t.Errorf("%s %s %s: %d %s, want %d", method, path, body, res.StatusCode, raw, status)
	}
	return string(raw)
}

// TestAnswersAreAsDescribed makes requests to every operation and holds what comes back against the document. Each must
// have been answered with a success, and refused where it can be.
func TestAnswersAreAsDescribed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.checks()
	w.administration()
	w.service()
	w.roles()
	w.requests()
	w.groups()
	w.sync()
	w.events()
	w.signIn()
	w.strangers()
	for _, o := range w.operations {
		var served, refused int
		for status, n := range w.statuses(o.id) {
			if status < 400 {
				served += n
			} else {
				refused += n
			}
		}
		refusals := 0
		for status := range o.responses {
			if status >= "400" {
				refusals++
			}
		}
		if served == 0 || refused == 0 && refusals > 0 && o.id != "checkReadiness" {
			t.Errorf("%s (%s %s) was answered %v", o.id, o.method, o.path, w.statuses(o.id))
		}
	}
}

// strangers calls every operation without a credential, and as somebody who holds nothing.
func (w *town) strangers() {
	for _, o := range w.operations {
		if o.public {
			continue
		}
		path := strings.NewReplacer("{organization}", "acme", "{name}", "acme").Replace(o.path)
		for strings.Contains(path, "{") {
			before, rest, _ := strings.Cut(path, "{")
			_, after, _ := strings.Cut(rest, "}")
			path = before + "at-1111111111111111" + after
		}
		body := ""
		if o.body != nil {
			body = "{}"
		}
		w.send(o.method, path, "", body, http.StatusUnauthorized)
		if !strings.Contains(o.needs, "any credential") && !strings.Contains(o.needs, "oneself") {
			w.refused(o, path, body)
		}
	}
}

// refused calls an operation as somebody who holds nothing: whatever the refusal is, the document has it.
func (w *town) refused(o *operation, path, body string) {
	req, err := http.NewRequestWithContext(w.t.Context(), o.method, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.dave)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(path, "/api/v2/") {
			req.Header.Set("Content-Type", "application/vnd.api+json")
		}
	}
	res, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode < 400 || res.StatusCode >= 500 {
		w.t.Errorf("%s %s, which needs %s, answers a powerless user %d", o.method, path, o.needs, res.StatusCode)
	}
}

const (
	bob      = `"subject":{"type":"user","id":"bob"}`
	applyRun = `"action":{"name":"apply_run"}`
	prod     = `"resource":{"type":"workspace","id":"acme/prod"}`
)

func (w *town) checks() {
	const evaluation, evaluations, search = "/access/v1/evaluation", "/access/v1/evaluations", "/access/v1/search/"
	question := "{" + bob + "," + applyRun + "," + prod + "}"
	w.send("POST", evaluation, w.SiteToken, question, 200)
	w.send("POST", evaluation, w.SiteToken, "{"+bob+","+applyRun+","+prod+`,"context":{"explain":true,"consistency":"fully_consistent"}}`, 200)
	w.send("POST", evaluation, w.SiteToken, "{"+bob+`,"action":{"name":"read_variable"},"resource":{"type":"workspace","id":"acme/prod","properties":{"sensitive":true}}}`, 200)
	w.send("POST", evaluation, w.SiteToken, `{"subject":{"type":"user"}}`, 400)
	w.send("POST", evaluation, w.dave, question, 403)
	w.send("POST", evaluation, w.SiteToken, `{"a":"`+strings.Repeat("x", 1<<20)+`"}`, 413)
	w.send("POST", evaluations, w.SiteToken, "{"+bob+","+prod+`,"options":{"evaluations_semantic":"execute_all"},"evaluations":[{`+applyRun+`},{`+applyRun+`,"context":{"consistency":"at_least_as_fresh"}},{`+applyRun+`}]}`, 200)
	w.send("POST", evaluations, w.SiteToken, question, 200) // without items
	w.send("POST", evaluations, w.dave, "{"+bob+","+prod+`,"evaluations":[{`+applyRun+`}]}`, 403)
	w.send("POST", search+"subject", w.SiteToken, `{"subject":{"type":"user"},`+applyRun+","+prod+`,"page":{"limit":1}}`, 200)
	w.send("POST", search+"subject", w.SiteToken, `{"subject":{"type":"user"},`+applyRun+","+prod+`,"page":{"token":"x"}}`, 400)
	w.send("POST", search+"resource", w.SiteToken, "{"+bob+","+applyRun+`,"resource":{"type":"workspace"}}`, 200)
	w.send("POST", search+"resource", w.dave, "{"+bob+","+applyRun+`,"resource":{"type":"workspace"}}`, 403)
	w.send("POST", search+"action", w.SiteToken, "{"+bob+","+prod+"}", 200)
	w.send("POST", search+"action", w.SiteToken, "{"+bob+"}", 400)
	w.send("GET", "/.well-known/authzen-configuration", "", "", 200)
}

func (w *town) administration() {
	var issued struct{ ID, Token string }
	decode(w.t, w.send("POST", "/admin/v1/tokens", w.SiteToken, `{"kind":"service","name":"portal","scopes":["check"],"expires_at":"2100-01-01T00:00:00Z","description":"x"}`, 201), &issued)
	w.send("POST", "/access/v1/evaluation", issued.Token, "{"+bob+","+applyRun+","+prod+"}", 200)
	w.send("POST", "/admin/v1/tokens", w.SiteToken, `{"kind":"robot","name":"portal"}`, 422)
	w.send("POST", "/admin/v1/tokens", w.dave, `{"kind":"user","name":"bob"}`, 403)
	w.send("POST", "/admin/v1/tokens", w.SiteToken, `{"kind":"`+strings.Repeat("x", 70_000)+`"}`, 413)
	w.send("GET", "/admin/v1/tokens", w.SiteToken, "", 200)
	w.send("DELETE", "/admin/v1/tokens/"+issued.ID, w.dave, "", 404)
	w.send("DELETE", "/admin/v1/tokens/"+issued.ID, w.SiteToken, "", 204)
	w.send("GET", "/admin/v1/audit-events?limit=1000&after=0&outcome=done&since=2000-01-01T00:00:00Z", w.SiteToken, "", 200)
	w.send("GET", "/admin/v1/audit-events?outcome=refused", w.SiteToken, "", 200)
	w.send("GET", "/admin/v1/audit-events?organization=acme", w.SiteToken, "", 200)
	w.send("GET", "/admin/v1/audit-events", w.SiteToken, "", 200, "Accept", "text/event-stream")
	w.send("GET", "/admin/v1/audit-events?limit=0", w.SiteToken, "", 422)
	w.send("GET", "/admin/v1/audit-events?organization=nothing", w.SiteToken, "", 404)
	w.send("GET", "/admin/v1/audit-chain", w.SiteToken, "", 200)
	w.send("POST", "/admin/v1/imports?dry-run=true", w.SiteToken, `{"organizations":[]}`, 200)
	w.send("POST", "/admin/v1/imports?dry-run=maybe", w.SiteToken, `{"organizations":[]}`, 422)
	w.send("POST", "/admin/v1/reconcile?dry-run=true", w.SiteToken, "", 200)
	w.send("POST", "/admin/v1/reconcile?dry-run=maybe", w.SiteToken, "", 422)
	w.send("GET", "/admin/v1/schema", w.SiteToken, "", 200)
	w.send("POST", "/admin/v1/schema/diff", w.SiteToken, `{"schema":"definition user {}"}`, 200)
	w.send("POST", "/admin/v1/schema/diff", w.SiteToken, `{"schema":"nonsense"}`, 422)
	w.send("GET", "/admin/v1/status", w.SiteToken, "", 200)
}

func (w *town) service() {
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"} {
		w.send("GET", path, "", "", 200)
	}
}
