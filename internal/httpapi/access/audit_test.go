package access_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPermissionChangesAreFollowed makes every kind of change of permissions and looks for them in the list of events, filtered
// by action as docs/roles.md says.
func TestPermissionChangesAreFollowed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	begin := time.Now().UTC().Add(-time.Second).Format(time.RFC3339)
	w.add(t, "owner", "role", "organizations/acme/roles", `{"name":"role","permissions":["workspace.read"]}`)
	w.must(t, "owner", http.MethodPost, "roles/<role>/relationships/permissions", `{"data":[{"type":"permissions","id":"terraform.plan"}]}`)
	w.grant(t, "owner", "g", "role", "users/member", "workspaces/<web>")
	w.must(t, "owner", http.MethodPatch, "grants/<g>", body(`{"expires-at":"2999-01-01T00:00:00Z"}`))
	w.must(t, "owner", http.MethodDelete, "grants/<g>", "")
	w.must(t, "owner", http.MethodDelete, "roles/<role>", "")
	if got := w.ask(t, "member", http.MethodPost, "organizations/acme/roles", body(`{"name":"mine","permissions":[]}`)); got.Status != http.StatusNotFound {
		t.Fatalf("a member makes a role: %d", got.Status)
	}
	const changes = "filter[action]=role.create,role.update,role.delete,grant.create,grant.update,grant.delete&filter[since]="
	events := w.must(t, "owner", http.MethodGet, "organizations/acme/audit-events?"+changes+begin, "").many(t)
	got := names(events, "action")
	slices.Reverse(got)
	if diff := cmp.Diff([]string{"role.create", "role.update", "grant.create", "grant.update", "grant.delete", "role.delete"}, got); diff != "" {
		t.Errorf("the changes (-want +got):\n%s", diff)
	}
	update := events[4].Attributes
	for name, want := range map[string]string{
		"actor":  fmt.Sprintf(`{"id":%q,"name":"owner","token-id":%v,"type":"user"}`, w.ids["owner"], text(t, update["actor"].(map[string]any)["token-id"])),
		"object": fmt.Sprintf(`{"id":%q,"name":null,"type":"role"}`, w.ids["role"]), "outcome": `"done"`, "reason": "null", "related": "[]",
	} {
		if text(t, update[name]) != want {
			t.Errorf("%s is %s, want %s", name, text(t, update[name]), want)
		}
	}
	if !strings.Contains(text(t, update["after"]), "workspace.queue_plan") || strings.Contains(text(t, update["before"]), "workspace.queue_plan") || update["request-id"] == nil || update["time"] == nil {
		t.Errorf("the event of a role that was changed is %v", update)
	}
	for query, want := range map[string]int{
		"filter[outcome]=refused": 1, "filter[actor]=user:member": 1, "filter[actor]=user:outsider": 0, "filter[object]=workspace:acme/web&" + changes + begin: 3,
		"filter[action]=role.create&filter[until]=" + begin: 0, "filter[action]=nothing.at_all": 0, "page[size]=2&" + changes + begin: 2, "filter[actor]=user:gone": 0,
	} {
		if got := len(w.must(t, "owner", http.MethodGet, "organizations/acme/audit-events?"+query, "").many(t)); got != want {
			t.Errorf("%s: %d events, want %d", query, got, want)
		}
	}
	if got := w.must(t, "admin", http.MethodGet, "admin/audit-events?page[size]=100&filter[action]=organization.create", "").many(t); len(got) != 2 {
		t.Errorf("of all organizations %d were created, want 2", len(got))
	}
}

// text returns a part of a document as it was sent.
func text(t *testing.T, part any) string {
	t.Helper()
	raw, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestWhoReadsEvents lists for each reader whose events he gets.
func TestWhoReadsEvents(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.join(t, "reviewer")
	w.join(t, "overseer")
	w.add(t, "owner", "review", "organizations/acme/roles", `{"name":"review","permissions":["organization.view_audit"]}`)
	w.grant(t, "owner", "g", "review", "users/reviewer", "organizations/acme")
	w.must(t, "admin", http.MethodPost, "admin/users/<overseer>/actions/grant_site_auditor", "")
	w.tokens["audits"] = w.ServiceToken(t, "siem", "audit")
	w.tokens["checks"] = w.ServiceToken(t, "prober", "check", "search", "explain", "sync", "scim")
	w.tokens["organization"] = fmt.Sprint(w.must(t, "owner", http.MethodPost, "organizations/acme/authentication-token", `{"data":{}}`).one(t).Attributes["token"])
	w.tokens["team"] = fmt.Sprint(w.must(t, "owner", http.MethodPost, "teams/<devs>/authentication-token", `{"data":{}}`).one(t).Attributes["token"])
	paths := []string{"organizations/acme/audit-events", "organizations/other/audit-events", "admin/audit-events", "organizations/nowhere/audit-events"}
	for who, want := range map[string][]int{
		"admin": {200, 200, 200, 404}, "overseer": {200, 200, 200, 404}, "audits": {200, 200, 200, 404},
		"owner": {200, 404, 404, 404}, "reviewer": {200, 404, 404, 404}, "organization": {200, 404, 404, 404},
		"stranger": {404, 200, 404, 404}, "member": {404, 404, 404, 404}, "outsider": {404, 404, 404, 404}, "team": {404, 404, 404, 404}, "checks": {404, 404, 404, 404},
		"nobody": {401, 401, 401, 401},
	} {
		for i, path := range paths {
			for _, accept := range []string{"application/vnd.api+json", "text/event-stream"} {
				if accept == "text/event-stream" && want[i] == http.StatusOK {
					continue // it would not end
				}
				if got := w.ask(t, who, http.MethodGet, path, "", "Accept", accept); got.Status != want[i] {
					t.Errorf("%s reads %s as %s: %d, want %d", who, path, accept, got.Status, want[i])
				}
			}
		}
	}
	// Of an organization that is disabled only those read who audit the platform.
	w.must(t, "admin", http.MethodPatch, "admin/organizations/acme", body(`{"is-disabled":true}`))
	for who, want := range map[string]int{"admin": 200, "overseer": 200, "audits": 200, "owner": 404, "reviewer": 404, "organization": 401} {
		if got := w.ask(t, who, http.MethodGet, paths[0], ""); got.Status != want {
			t.Errorf("%s reads those of a disabled organization: %d, want %d", who, got.Status, want)
		}
	}
}

// TestEventsAsTheyHappen watches changes of permissions, hangs up, and goes on behind the last event that it saw.
func TestEventsAsTheyHappen(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	watch := func(lastID string) (*bufio.Scanner, func()) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/api/v2/organizations/acme/audit-events?filter[action]=role.create,grant.create", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/event-stream")
		r.Header.Set("Authorization", "Bearer "+w.tokens["owner"])
		if lastID != "" {
			r.Header.Set("Last-Event-ID", lastID)
		}
		answer, err := http.DefaultClient.Do(r) //nolint:bodyclose // hangUp closes it
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("the stream is answered %d as %s", answer.StatusCode, answer.Header.Get("Content-Type"))
		}
		return bufio.NewScanner(answer.Body), func() { _ = answer.Body.Close() }
	}
	next := func(lines *bufio.Scanner) (id string, event resource) {
		t.Helper()
		for lines.Scan() {
			if after, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				id = after
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &event); err != nil {
					t.Fatal(err)
				}
				return id, event
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return "", resource{}
	}
	lines, hangUp := watch("")
	w.add(t, "owner", "one", "organizations/acme/roles", `{"name":"one","permissions":["workspace.read"]}`)
	w.add(t, "stranger", "theirs", "organizations/other/roles", `{"name":"theirs","permissions":[]}`)
	w.add(t, "owner", "unwatched", "organizations/acme/projects", `{"name":"unwatched"}`)
	w.grant(t, "owner", "g", "one", "teams/<devs>", "workspaces/<web>")
	id, first := next(lines)
	_, second := next(lines)
	hangUp()
	if first.Type != "audit-events" || first.Attributes["action"] != "role.create" || second.Attributes["action"] != "grant.create" {
		t.Errorf("the events are %+v and %+v", first, second)
	}
	lines, hangUp = watch(id)
	defer hangUp()
	if _, again := next(lines); again.ID != second.ID {
		t.Errorf("behind %s comes %+v, want %s", id, again, second.ID)
	}
	if got := w.ask(t, "owner", http.MethodGet, "organizations/acme/audit-events", "", "Accept", "text/event-stream", "Last-Event-ID", "x"); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("behind no event: %d %s", got.Status, got.Body)
	}
}
