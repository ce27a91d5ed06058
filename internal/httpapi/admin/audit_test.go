package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

const auditEvents = "/admin/v1/audit-events"

// entry is an audit event as the API shows it.
type entry struct {
	Sequence int64  `json:"sequence"`
	ID       string `json:"id"`
	Actor    struct {
		Name    string `json:"name"`
		TokenID string `json:"token_id"`
	} `json:"actor"`
	Address        string `json:"address"`
	RequestID      string `json:"request_id"`
	OrganizationID string `json:"organization_id"`
	Action         string `json:"action"`
	Object         struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"object"`
	Outcome  string `json:"outcome"`
	Reason   string `json:"reason"`
	ZedToken string `json:"zed_token"`
	Hash     string `json:"hash"`
}

func log(t *testing.T, r *testkit.Running, credential, query string) []entry {
	t.Helper()
	reply := r.Call(t, http.MethodGet, auditEvents+query, credential, "")
	if reply.Status != http.StatusOK {
		t.Fatalf("%s: %d %s", query, reply.Status, reply.Body)
	}
	var page struct {
		Events []entry `json:"events"`
	}
	reply.Decode(t, &page)
	return page.Events
}

// TestAuditEventsOfARequest looks for what a request itself brings into its event.
func TestAuditEventsOfARequest(t *testing.T) {
	t.Parallel()
	r := start(t)
	bob := create(t, r, r.SiteToken, `{"kind":"user","name":"bob"}`)
	refused := r.Call(t, http.MethodPost, tokens, bob.Secret, `{"kind":"user","name":"carol"}`, "X-Request-Id", "mine-1", "X-Forwarded-For", "203.0.113.9")
	if refused.Status != http.StatusForbidden {
		t.Fatalf("bob makes a token for carol: %d", refused.Status)
	}
	e := log(t, r, r.SiteToken, "?limit=1")[0]
	if e.Actor.Name != "bob" || e.Actor.TokenID != bob.ID || e.Address != "127.0.0.1" || e.RequestID != "mine-1" || e.Action != "platform.administer" ||
		e.Outcome != "refused" || e.Reason == "" || len(e.Hash) != 64 {
		t.Errorf("event of the refusal: %+v", e)
	}
	imported := r.Call(t, http.MethodPost, imports, bob.Secret, newco)
	if e := log(t, r, r.SiteToken, "?outcome=refused&limit=1")[0]; imported.Status != http.StatusForbidden || e.RequestID != imported.Header.Get("X-Request-Id") {
		t.Errorf("an import is answered %d, and the newest refusal is %+v", imported.Status, e)
	}
	dry := r.Call(t, http.MethodPost, imports+"?dry-run=true", bob.Secret, newco)
	if e := log(t, r, r.SiteToken, "?outcome=refused&limit=1")[0]; dry.Status != http.StatusForbidden || e.RequestID == dry.Header.Get("X-Request-Id") {
		t.Errorf("a dry import is answered %d, and the newest refusal is %+v", dry.Status, e)
	}
}

func TestAuditEventsByQuery(t *testing.T) {
	t.Parallel()
	r := start(t)
	alice := r.UserToken(t, "alice") // an owner of acme
	events(t, r.Call(t, http.MethodPost, imports, r.SiteToken, newco))
	all := log(t, r, r.SiteToken, "?limit=1000")
	if !slices.IsSortedFunc(all, func(a, b entry) int { return int(b.Sequence - a.Sequence) }) || len(all) < 20 {
		t.Fatalf("%d events, or not the newest first", len(all))
	}
	own := log(t, r, alice, "?organization=acme")
	if len(own) == 0 || own[0].OrganizationID == "" || slices.ContainsFunc(own, func(e entry) bool { return e.OrganizationID != own[0].OrganizationID }) {
		t.Errorf("an owner reads %+v", own)
	}
	for query, want := range map[string]func(e entry) bool{
		"?organization=ACME":                               func(e entry) bool { return e.OrganizationID == own[0].OrganizationID },
		"?organization=" + own[0].OrganizationID:           func(e entry) bool { return e.OrganizationID == own[0].OrganizationID },
		"?actor=user:Site-Admin":                           func(e entry) bool { return e.Actor.Name == "site-admin" },
		"?actor=system:start":                              func(e entry) bool { return e.Actor.Name == "start" },
		"?action=team.create":                              func(e entry) bool { return e.Action == "team.create" },
		"?action=team.create&organization=newco":           func(e entry) bool { return e.Action == "team.create" && e.Object.Name == "newco/ops" },
		"?outcome=done":                                    func(entry) bool { return true },
		"?since=2026-01-01T00:00:00Z":                      func(entry) bool { return true },
		"?after=" + strconv.FormatInt(all[2].Sequence, 10): func(e entry) bool { return e.Sequence > all[2].Sequence },
	} {
		got := log(t, r, r.SiteToken, query+"&limit=1000")
		n := 0
		for _, e := range all {
			if want(e) {
				n++
			}
		}
		if len(got) != n || n == 0 || slices.ContainsFunc(got, func(e entry) bool { return !want(e) }) {
			t.Errorf("%s: %d events, want %d", query, len(got), n)
		}
	}
	for query, want := range map[string]int{"?until=2020-01-01T00:00:00Z": 0, "?outcome=refused": 0, "?limit=3": 3, "?actor=user:nobody": 0} {
		if got := log(t, r, r.SiteToken, query); len(got) != want {
			t.Errorf("%s: %d events, want %d", query, len(got), want)
		}
	}
	if got := log(t, r, r.SiteToken, "?after=0&limit=2"); len(got) != 2 || got[0].Sequence != 1 || got[1].Sequence != 2 {
		t.Errorf("in their order: %+v", got)
	}
}

func TestAuditEventsThatAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	bob, alice := r.UserToken(t, "bob"), r.UserToken(t, "alice")
	other := r.ServiceToken(t, "gateway", "check", "search", "explain", "sync", "scim")
	for query, want := range map[string]int{
		"?limit=0": 422, "?limit=1001": 422, "?limit=x": 422, "?after=-1": 422, "?after=x": 422, "?since=yesterday": 422, "?until=1": 422,
		"?outcome=maybe": 422, "?actor=bob": 422, "?organization=nothing": 404,
	} {
		if got := r.Call(t, http.MethodGet, auditEvents+query, r.SiteToken, ""); got.Status != want {
			t.Errorf("%s: %d %s, want %d", query, got.Status, got.Body, want)
		}
	}
	for what, row := range map[string]struct{ credential, query string }{
		"all, by an owner": {alice, ""}, "all, by a member": {bob, ""}, "those of his organization, by a member": {bob, "?organization=acme"},
		"those of an organization that is not there": {bob, "?organization=nothing"}, "all, without the scope": {other, ""},
	} {
		for _, accept := range []string{"application/json", "text/event-stream"} {
			got := r.Call(t, http.MethodGet, auditEvents+row.query, row.credential, "", "Accept", accept)
			if got.Status != http.StatusForbidden || strings.Contains(got.Body, "acme") {
				t.Errorf("%s as %s: %d %s", what, accept, got.Status, got.Body)
			}
		}
	}
	if got := r.Call(t, http.MethodGet, auditEvents, r.SiteToken, "", "Accept", "text/event-stream", "Last-Event-ID", "x"); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("a stream behind x: %d %s", got.Status, got.Body)
	}
}

// watch opens a stream and returns a function that reads the next event of it.
func watch(t *testing.T, r *testkit.Running, credential, query string, header ...string) (next func() (entry, bool)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+auditEvents+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+credential)
	req.Header.Set("Accept", "text/event-stream")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("stream: %s %v", resp.Status, resp.Header)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return func() (entry, bool) {
		t.Helper()
		id := ""
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				id = text
			}
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var e entry
				if err := json.Unmarshal([]byte(text), &e); err != nil || id != strconv.FormatInt(e.Sequence, 10) {
					t.Fatalf("event %s: %v in %s", id, err, text)
				}
				return e, true
			}
		}
		return entry{}, false
	}
}

func TestAuditStream(t *testing.T) {
	t.Parallel()
	r := start(t)
	all := log(t, r, r.SiteToken, "?limit=1000")
	now := watch(t, r, r.SiteToken, "?action=token.create")
	resumed := watch(t, r, r.SiteToken, "", "Last-Event-ID", strconv.FormatInt(all[1].Sequence, 10))
	whole := watch(t, r, r.SiteToken, "?since=2026-01-01T00:00:00Z")
	acme := watch(t, r, r.UserToken(t, "alice"), "?organization=acme")
	if e, _ := resumed(); e.ID != all[0].ID {
		t.Errorf("behind the last but one comes %+v", e)
	}
	for i := range all {
		if e, _ := whole(); e.Sequence != int64(i)+1 {
			t.Fatalf("from the beginning, event %d is %+v", i+1, e)
		}
	}
	created := create(t, r, r.SiteToken, `{"kind":"user","name":"bob"}`)
	if e, _ := now(); e.Action != "token.create" {
		t.Errorf("from now on comes %+v", e)
	}
	for {
		e, _ := now()
		if e.Object.ID == created.ID {
			break
		}
		if e.Action != "token.create" { // alice's came first, perhaps
			t.Fatalf("a filtered stream brings %+v", e)
		}
	}
	// What concerns no organization does not reach who watches one.
	if got := r.Call(t, http.MethodPost, imports, r.SiteToken, `{"organizations":[{"name":"acme","owners":["alice","bob"]}]}`); got.Status != http.StatusOK {
		t.Fatalf("import: %d %s", got.Status, got.Body)
	}
	if e, ok := acme(); !ok || e.OrganizationID == "" || e.Action == "token.create" {
		t.Errorf("an owner is told %+v", e)
	}
}

// TestAuditStreamEnds with the credential, and with the service.
func TestAuditStreamEnds(t *testing.T) {
	t.Parallel()
	r := start(t)
	alice := create(t, r, r.SiteToken, `{"kind":"user","name":"alice"}`)
	next := watch(t, r, alice.Secret, "?organization=acme")
	if got := r.Call(t, http.MethodDelete, tokens+"/"+alice.ID, r.SiteToken, ""); got.Status != http.StatusNoContent {
		t.Fatalf("revoke: %d", got.Status)
	}
	if e, ok := next(); ok {
		t.Errorf("with a revoked credential comes %+v", e)
	}
	next = watch(t, r, r.SiteToken, "")
	if err := r.Stop(); err != nil {
		t.Errorf("stop while somebody watches: %v", err)
	}
	if e, ok := next(); ok {
		t.Errorf("from a service that has stopped comes %+v", e)
	}
}

func TestAuditChain(t *testing.T) {
	t.Parallel()
	r := start(t)
	var chain struct {
		Intact int `json:"intact"`
		Head   struct {
			Sequence int64  `json:"sequence"`
			Hash     string `json:"hash"`
		} `json:"head"`
		Broken any `json:"broken"`
	}
	r.Call(t, http.MethodGet, "/admin/v1/audit-chain", r.SiteToken, "").Decode(t, &chain)
	last := log(t, r, r.SiteToken, "?limit=1")[0]
	if chain.Broken != nil || chain.Head.Sequence != last.Sequence || chain.Head.Hash != last.Hash || int64(chain.Intact) != last.Sequence {
		t.Errorf("the chain is %+v, and the last event %+v", chain, last)
	}
}
