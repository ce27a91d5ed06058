package access_test

import (
	"fmt"
	"net/http"
	"testing"
)

// TestAPausedLinkKeepsItsPeople pauses a link, empties its group and resumes it, asking each time who may what.
func TestAPausedLinkKeepsItsPeople(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.join(t, "grouped")
	w.add(t, "admin", "crew", "admin/groups", `{"name":"crew"}`)
	const members, who = "admin/groups/<crew>/relationships/members", `{"data":[{"type":"users","id":"grouped"}]}`
	w.must(t, "admin", http.MethodPost, members, who)
	w.add(t, "owner", "link", "organizations/acme/group-links", `{}`, `"group":`+ref("groups", "<crew>"), `"team":`+ref("teams", "<devs>"))
	w.grant(t, "owner", "g", "tfe-plan", "teams/<devs>", "workspaces/<web>")
	const question = "user:grouped queue_plan workspace:acme/web"
	w.want(t, true, question)
	turn := func(action string, paused bool) {
		t.Helper()
		for range 2 { // twice is once
			got := w.must(t, "owner", http.MethodPost, "group-links/<link>/actions/"+action, "")
			if got.one(t).Attributes["paused"] != paused || got.Header.Get("ZedToken") == "" && action == "resync" {
				t.Errorf("%s: %s", action, got.Body)
			}
		}
	}
	turn("resync", false)
	turn("pause", true)
	w.must(t, "admin", http.MethodDelete, members, who)
	w.want(t, true, question)
	turn("resync", true)
	w.want(t, true, question)
	turn("resume", false)
	w.want(t, false, question)
	for _, action := range []string{"pause", "resume", "resync"} {
		for _, who := range []string{"member", "stranger", "outsider"} {
			if got := w.ask(t, who, http.MethodPost, "group-links/<link>/actions/"+action, ""); got.Status != http.StatusNotFound {
				t.Errorf("%s: %s is answered %d %s", who, action, got.Status, got.Body)
			}
		}
		if got := w.ask(t, "owner", http.MethodPost, "group-links/nothing/actions/"+action, ""); got.Status != http.StatusNotFound {
			t.Errorf("%s of nothing: %d", action, got.Status)
		}
	}
}

// A group is paused by whoever manages users, and by no owner of an organization.
func TestGroupsArePaused(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.add(t, "admin", "crew", "admin/groups", `{"name":"crew"}`)
	for _, action := range []string{"pause", "resume"} {
		for _, who := range []string{"owner", "member", "outsider"} {
			if got := w.ask(t, who, http.MethodPost, "admin/groups/<crew>/actions/"+action, ""); got.Status != http.StatusNotFound {
				t.Errorf("%s: %s is answered %d %s", who, action, got.Status, got.Body)
			}
		}
		if got := w.must(t, "admin", http.MethodPost, "admin/groups/<crew>/actions/"+action, "").one(t).Attributes["paused"]; got != (action == "pause") {
			t.Errorf("after %s it is paused: %v", action, fmt.Sprint(got))
		}
	}
	if got := w.ask(t, "admin", http.MethodPost, "admin/groups/grp-nothing/actions/pause", ""); got.Status != http.StatusNotFound {
		t.Errorf("a group that is not there: %d %s", got.Status, got.Body)
	}
}
