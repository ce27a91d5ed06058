package access_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestARequestIsApproved asks for a role, sees it in both lists, approves it and looks at what came of it.
func TestARequestIsApproved(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	made := w.add(t, "member", "asked", "organizations/acme/access-requests", `{"reason":"the release","expires-at":"`+until.Format(time.RFC3339)+`"}`,
		`"role":`+ref("roles", "tfe-plan"), `"scope":`+ref("workspaces", "acme/web"))
	if made.Type != "access-requests" || made.Attributes["status"] != "pending" || made.Attributes["reason"] != "the release" ||
		made.Attributes["expires-at"] != until.Format("2006-01-02T15:04:05.000Z") || made.Attributes["answer"] != nil || made.Attributes["decided-at"] != nil {
		t.Errorf("made: %+v", made)
	}
	if made.related("role") != "roles/tfe-plan" || made.related("scope") != "workspaces/acme/web" || made.related("requester") != w.named("users/<member>") || made.related("grant") != "" {
		t.Errorf("related: %+v", made.Relationships)
	}
	for who, want := range map[string]int{"owner": 1, "member": 1} {
		for filter, found := range map[string]int{"": want, "?filter[status]=pending": want, "?filter[status]=approved": 0} {
			if got := len(w.must(t, who, http.MethodGet, "organizations/acme/access-requests"+filter, "").many(t)); got != found {
				t.Errorf("%s lists %d with %q, want %d", who, got, filter, found)
			}
		}
	}
	w.want(t, false, "user:member queue_plan workspace:acme/web")
	done := w.must(t, "owner", http.MethodPost, "access-requests/<asked>/actions/approve", `{"answer":"for an hour"}`).one(t)
	if done.Attributes["status"] != "approved" || done.Attributes["answer"] != "for an hour" || done.Attributes["decided-at"] == nil ||
		done.related("decider") != w.named("users/<owner>") || done.related("scope") != w.named("workspaces/<web>") || !strings.HasPrefix(done.related("grant"), "grants/") {
		t.Errorf("approved: %+v", done)
	}
	w.want(t, true, "user:member queue_plan workspace:acme/web")
	w.want(t, false, "user:member apply_run workspace:acme/web", "user:outsider queue_plan workspace:acme/web", "user:member queue_plan workspace:acme/db")
	g := w.must(t, "owner", http.MethodGet, done.related("grant"), "").one(t)
	if g.related("holder") != w.named("users/<member>") || g.Attributes["expires-at"] != until.Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("the grant is %+v", g)
	}
	events := w.must(t, "owner", http.MethodGet, "organizations/acme/audit-events?filter[action]=request.create,request.approve", "").many(t)
	if len(events) != 2 {
		t.Errorf("%d audit events", len(events))
	}
}

// TestRequestsAreRefused sends what is wrong, and what the caller may not do.
func TestRequestsAreRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ask := func(attributes, role, scope string) string {
		return body(attributes, `"role":`+ref("roles", role), `"scope":`+ref("workspaces", scope))
	}
	good := ask(`{"reason":"r"}`, "tfe-read", "<web>")
	w.add(t, "member", "asked", "organizations/acme/access-requests", `{"reason":"r"}`, `"role":`+ref("roles", "tfe-plan"), `"scope":`+ref("workspaces", "<web>"))
	w.add(t, "owner", "own", "organizations/acme/access-requests", `{"reason":"r"}`, `"role":`+ref("roles", "tfe-plan"), `"scope":`+ref("workspaces", "<web>"))
	const list = "organizations/acme/access-requests"
	for _, row := range []struct {
		what, who, method, path, body string
		status                        int
		says                          string
	}{
		{"nobody asks", "nobody", http.MethodPost, list, good, 401, ""},
		{"a stranger asks", "stranger", http.MethodPost, list, good, 404, ""},
		{"a site admin asks, who is no member", "admin", http.MethodPost, list, good, 404, ""},
		{"no reason", "member", http.MethodPost, list, ask(`{}`, "tfe-read", "<web>"), 422, "/data/attributes/reason"},
		{"a number for a reason", "member", http.MethodPost, list, ask(`{"reason":7}`, "tfe-read", "<web>"), 422, "/data/attributes/reason"},
		{"no role", "member", http.MethodPost, list, body(`{"reason":"r"}`, `"scope":`+ref("workspaces", "<web>")), 422, "/data/relationships/role"},
		{"no scope", "member", http.MethodPost, list, body(`{"reason":"r"}`, `"role":`+ref("roles", "tfe-read")), 422, "/data/relationships/scope"},
		{"a role that there is not", "member", http.MethodPost, list, ask(`{"reason":"r"}`, "nothing", "<web>"), 422, "/data/relationships/role"},
		{"a time that has passed", "member", http.MethodPost, list, ask(`{"reason":"r","expires-at":"2001-01-01T00:00:00Z"}`, "tfe-read", "<web>"), 422, "expires-at"},
		{"a time that is none", "member", http.MethodPost, list, ask(`{"reason":"r","expires-at":"soon"}`, "tfe-read", "<web>"), 422, "expires-at"},
		{"twice", "member", http.MethodPost, list, ask(`{"reason":"r"}`, "tfe-plan", "<web>"), 422, ""},
		{"a status that is none", "member", http.MethodGet, list + "?filter[status]=maybe", "", 400, "filter[status]"},
		{"a stranger lists", "stranger", http.MethodGet, list, "", 404, ""},
		{"a stranger reads", "stranger", http.MethodGet, "access-requests/<asked>", "", 404, ""},
		{"a member reads another's", "member", http.MethodGet, "access-requests/<own>", "", 404, ""},
		{"what is not there", "owner", http.MethodGet, "access-requests/areq-1111111111111111", "", 404, ""},
		{"his own", "member", http.MethodPost, "access-requests/<asked>/actions/approve", "", 404, ""},
		{"an owner his own", "owner", http.MethodPost, "access-requests/<own>/actions/approve", "", 404, ""},
		{"an owner rejects his own", "owner", http.MethodPost, "access-requests/<own>/actions/reject", "", 404, ""},
		{"an owner withdraws another's", "owner", http.MethodPost, "access-requests/<asked>/actions/withdraw", "", 404, ""},
		{"a long answer", "owner", http.MethodPost, "access-requests/<asked>/actions/reject", `{"answer":"` + strings.Repeat("x", 1001) + `"}`, 422, "answer"},
		{"rejected", "owner", http.MethodPost, "access-requests/<asked>/actions/reject", `{"data":{"attributes":{"answer":"no"}}}`, 200, `"rejected"`},
		{"rejected twice", "owner", http.MethodPost, "access-requests/<asked>/actions/reject", "", 422, ""},
		{"approved after that", "admin", http.MethodPost, "access-requests/<asked>/actions/approve", "", 422, ""},
		{"withdrawn", "owner", http.MethodPost, "access-requests/<own>/actions/withdraw", "", 200, `"withdrawn"`},
	} {
		got := w.ask(t, row.who, row.method, row.path, row.body)
		if got.Status != row.status || !strings.Contains(got.Body, row.says) {
			t.Errorf("%s: %d %s, want %d %s", row.what, got.Status, got.Body, row.status, row.says)
		}
	}
	w.want(t, false, "user:member queue_plan workspace:acme/web")
}
