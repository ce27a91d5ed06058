package access_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAGroupKeptByHand fills a group with people and another group, links it to a team, and empties it again.
func TestAGroupKeptByHand(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, who := range []string{"ann", "bob"} {
		w.join(t, who)
	}
	crew := w.add(t, "admin", "crew", "admin/groups", `{"name":"Night Crew"}`)
	if diff := cmp.Diff(map[string]any{"name": "Night Crew", "external-id": "Night Crew", "source": "manual", "users-count": 0.0, "groups-count": 0.0, "paused": false, "created-at": crew.Attributes["created-at"]}, crew.Attributes); diff != "" {
		t.Errorf("the group (-want +got):\n%s", diff)
	}
	w.add(t, "admin", "inner", "admin/groups", `{"name":"inner","external-id":"cn=inner"}`)
	w.must(t, "admin", http.MethodPost, "admin/groups/<inner>/relationships/members", `{"data":[{"type":"users","id":"bob"}]}`)
	const members = "admin/groups/<crew>/relationships/members"
	w.must(t, "admin", http.MethodPost, members, `{"data":[{"type":"users","id":"<ann>"},{"type":"groups","id":"<inner>"}]}`)
	w.must(t, "admin", http.MethodPost, members, `{"data":[{"type":"users","id":"ann"}]}`) // who is in it stays
	var got []string
	for _, m := range w.must(t, "admin", http.MethodGet, members, "").many(t) {
		got = append(got, m.Type+"/"+m.ID)
	}
	if diff := cmp.Diff([]string{w.named("groups/<inner>"), w.named("users/<ann>")}, got); diff != "" {
		t.Errorf("in the group are (-want +got):\n%s", diff)
	}
	if g := w.must(t, "admin", http.MethodGet, "admin/groups/<crew>", "").one(t); g.Attributes["users-count"] != 1.0 || g.Attributes["groups-count"] != 1.0 {
		t.Errorf("the group counts %v", g.Attributes)
	}

	for _, g := range w.must(t, "admin", http.MethodGet, "admin/groups?q=n", "").many(t) {
		if diff := cmp.Diff(g, w.must(t, "admin", http.MethodGet, "admin/groups/"+g.ID, "").one(t)); diff != "" {
			t.Errorf("in the list and by itself (-list +single):\n%s", diff)
		}
	}
	if got := names(w.must(t, "admin", http.MethodGet, "admin/groups?filter[external-id]=cn=inner&filter[source]=manual", "").many(t), "name"); !slices.Equal(got, []string{"inner"}) {
		t.Errorf("by its external id are found %v", got)
	}

	w.grant(t, "owner", "g", "tfe-plan", "teams/<devs>", "workspaces/<web>")
	w.want(t, false, "user:ann queue_plan workspace:acme/web", "user:bob queue_plan workspace:acme/web")
	link := w.add(t, "owner", "link", "organizations/acme/group-links", `{}`, `"group":`+ref("groups", "<crew>"), `"team":`+ref("teams", "<devs>"))
	if link.Attributes["name"] != "Night Crew" || link.related("team") != w.named("teams/<devs>") || link.related("organization") != "organizations/acme" {
		t.Errorf("the link is %+v", link)
	}
	w.want(t, true, "user:ann queue_plan workspace:acme/web", "user:bob queue_plan workspace:acme/web", "group:<crew> queue_plan workspace:acme/web")
	w.want(t, false, "user:outsider queue_plan workspace:acme/web", "user:ann queue_plan workspace:other/web")

	w.must(t, "admin", http.MethodDelete, members, `{"data":[{"type":"groups","id":"<inner>"},{"type":"users","id":"outsider"}]}`)
	w.want(t, false, "user:bob queue_plan workspace:acme/web")
	w.want(t, true, "user:ann queue_plan workspace:acme/web")
	w.must(t, "owner", http.MethodDelete, "group-links/<link>", "")
	w.want(t, false, "user:ann queue_plan workspace:acme/web", "group:<crew> queue_plan workspace:acme/web")
	w.must(t, "admin", http.MethodDelete, "admin/groups/<crew>", "")
	if got := names(w.must(t, "admin", http.MethodGet, "admin/groups", "").many(t), "name"); !slices.Equal(got, []string{"inner"}) {
		t.Errorf("the groups left are %v", got)
	}
}

// TestOwnersStay links the owners team to a group and takes the people away in every way there is: an organization lives from
// those who are owners by themselves.
func TestOwnersStay(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.join(t, "heir")
	w.add(t, "admin", "board", "admin/groups", `{"name":"board"}`)
	w.must(t, "admin", http.MethodPost, "admin/groups/<board>/relationships/members", `{"data":[{"type":"users","id":"heir"},{"type":"users","id":"owner"}]}`)
	w.add(t, "owner", "link", "organizations/acme/group-links", `{}`, `"group":`+ref("groups", "<board>"), `"team":`+ref("teams", "<owners>"))
	w.want(t, true, "user:heir delete organization:acme")
	// The owner may not leave, though the group would keep the team from being empty.
	if got := w.ask(t, "owner", http.MethodDelete, "teams/<owners>/relationships/users", `{"data":[{"type":"users","id":"owner"}]}`); got.Status != http.StatusForbidden {
		t.Errorf("the only owner by himself leaves: %d %s", got.Status, got.Body)
	}
	if got := w.ask(t, "admin", http.MethodPost, "admin/users/<owner>/actions/suspend", ""); got.Status != http.StatusUnprocessableEntity && got.Status != http.StatusConflict {
		t.Errorf("the only owner by himself is suspended: %d %s", got.Status, got.Body)
	}
	w.must(t, "admin", http.MethodDelete, "admin/groups/<board>/relationships/members", `{"data":[{"type":"users","id":"heir"},{"type":"users","id":"owner"}]}`)
	w.want(t, true, "user:owner delete organization:acme")
	w.want(t, false, "user:heir delete organization:acme")
	w.must(t, "heir", http.MethodGet, "account/details", "")
	w.must(t, "admin", http.MethodPost, "admin/groups/<board>/relationships/members", `{"data":[{"type":"users","id":"heir"}]}`)
	w.must(t, "owner", http.MethodDelete, "group-links/<link>", "")
	w.want(t, false, "user:heir delete organization:acme")
	w.add(t, "owner", "again", "organizations/acme/group-links", `{}`, `"group":`+ref("groups", "<board>"), `"team":`+ref("teams", "<owners>"))
	w.must(t, "admin", http.MethodDelete, "admin/groups/<board>", "")
	w.want(t, true, "user:owner delete organization:acme")
	w.want(t, false, "user:heir delete organization:acme")
}

// TestLinksAreListed compares the list of links with single reads, for everybody.
func TestLinksAreListed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.add(t, "admin", "one", "admin/groups", `{"name":"one"}`)
	w.add(t, "admin", "two", "admin/groups", `{"name":"two"}`)
	for name, link := range map[string][2]string{"devs-one": {"<one>", "<devs>"}, "hidden-one": {"<one>", "<hidden>"}, "ops-two": {"<two>", "<ops>"}} {
		w.add(t, "owner", name, "organizations/acme/group-links", `{}`, `"group":`+ref("groups", link[0]), `"team":`+ref("teams", link[1]))
	}
	w.add(t, "stranger", "theirs", "organizations/other/group-links", `{}`, `"group":`+ref("groups", "<one>"), `"team":`+ref("teams", "<other-devs>"))
	for who, want := range map[string][]string{"owner": {"<devs-one>", "<hidden-one>", "<ops-two>"}, "member": {"<devs-one>"}} {
		var got, wanted []string
		for _, l := range w.must(t, who, http.MethodGet, "organizations/acme/group-links", "").many(t) {
			got = append(got, l.ID)
			if diff := cmp.Diff(l, w.must(t, who, http.MethodGet, "group-links/"+l.ID, "").one(t)); diff != "" {
				t.Errorf("%s: in the list and by itself (-list +single):\n%s", who, diff)
			}
		}
		for _, name := range want {
			wanted = append(wanted, w.named(name))
		}
		slices.Sort(got)
		slices.Sort(wanted)
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s sees (-want +got):\n%s", who, diff)
		}
	}
	for query, want := range map[string]int{"filter[team]=<devs>": 1, "filter[group]=<one>": 2, "filter[group]=<two>&filter[team]=<devs>": 0, "filter[team]=<other-devs>": 0, "page[size]=1&page[number]=3": 1} {
		if got := len(w.must(t, "owner", http.MethodGet, "organizations/acme/group-links?"+query, "").many(t)); got != want {
			t.Errorf("%s: %d links, want %d", query, got, want)
		}
	}
	for _, id := range []string{"<hidden-one>", "<ops-two>", "<theirs>", "gl-1111111111111111"} {
		if got := w.ask(t, "member", http.MethodGet, "group-links/"+id, ""); got.Status != http.StatusNotFound {
			t.Errorf("member reads %s: %d", id, got.Status)
		}
	}
}

// TestAServiceAccount holds a grant, and loses everything while it is suspended.
func TestAServiceAccount(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	made := w.add(t, "admin", "robot", "admin/service-accounts", `{"name":"robot"}`)
	if made.Type != "service-accounts" || made.Attributes["suspended"] != false {
		t.Errorf("the account is %+v", made)
	}
	if diff := cmp.Diff(made, w.must(t, "admin", http.MethodGet, "admin/service-accounts/robot", "").one(t)); diff != "" {
		t.Errorf("made and read (-made +read):\n%s", diff)
	}
	if diff := cmp.Diff([]resource{made}, w.must(t, "admin", http.MethodGet, "admin/service-accounts?q=ROB", "").many(t)); diff != "" {
		t.Errorf("made and listed (-made +list):\n%s", diff)
	}
	w.grant(t, "owner", "g", "tfe-plan", "service-accounts/robot", "workspaces/<web>")
	w.tokens["robot"] = w.ServiceToken(t, "robot")
	w.want(t, true, "service_account:robot queue_plan workspace:acme/web")
	if got := w.ask(t, "robot", http.MethodGet, "workspaces/<web>", ""); got.Status != http.StatusOK {
		t.Errorf("with its token: %d %s", got.Status, got.Body)
	}
	w.must(t, "admin", http.MethodPatch, "admin/service-accounts/<robot>", body(`{"suspended":true}`))
	w.want(t, false, "service_account:robot queue_plan workspace:acme/web")
	if got := w.ask(t, "robot", http.MethodGet, "workspaces/<web>", ""); got.Status != http.StatusUnauthorized {
		t.Errorf("with its token while it is suspended: %d", got.Status)
	}
	w.must(t, "admin", http.MethodPatch, "admin/service-accounts/<robot>", body(`{"suspended":false,"name":"rob"}`))
	w.want(t, true, "service_account:rob queue_plan workspace:acme/web")
	if got := w.ask(t, "robot", http.MethodGet, "workspaces/<web>", ""); got.Status != http.StatusUnauthorized {
		t.Errorf("with the token of before: %d, want it ended for good", got.Status)
	}
	w.must(t, "admin", http.MethodDelete, "admin/service-accounts/<robot>", "")
	w.want(t, false, "service_account:<robot> queue_plan workspace:acme/web")
	if got := len(w.must(t, "owner", http.MethodGet, "organizations/acme/grants", "").many(t)); got != 0 {
		t.Errorf("%d grants are left", got)
	}
}

// TestWhoManagesAccountsEndsNoneAboveHim lets a clerk manage accounts, but not the one that administers the platform.
func TestWhoManagesAccountsEndsNoneAboveHim(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.join(t, "clerk")
	w.add(t, "admin", "clerks", "admin/roles", `{"name":"clerks","permissions":["platform.manage_users"]}`)
	w.add(t, "admin", "admins", "admin/roles", `{"name":"admins","permissions":["platform.administer"]}`)
	w.add(t, "admin", "low", "admin/service-accounts", `{"name":"low"}`)
	w.add(t, "admin", "high", "admin/service-accounts", `{"name":"high"}`)
	w.add(t, "admin", "crew", "admin/groups", `{"name":"crew"}`)
	w.must(t, "admin", http.MethodPost, "admin/grants", grantBody("clerks", "users/clerk", "platforms/main"))
	w.must(t, "admin", http.MethodPost, "admin/grants", body(`{}`, `"role":`+ref("roles", "admins"), `"holder":`+ref("service-accounts", "high"))) // the scope goes without saying
	w.must(t, "clerk", http.MethodPatch, "admin/service-accounts/<low>", body(`{"suspended":true}`))
	w.must(t, "clerk", http.MethodDelete, "admin/service-accounts/<low>", "")
	w.must(t, "clerk", http.MethodGet, "admin/groups/<crew>", "")
	for what, r := range map[string]struct{ method, path, body string }{
		"the suspension of an administrator": {http.MethodPatch, "admin/service-accounts/<high>", body(`{"suspended":true}`)},
		"the end of an administrator":        {http.MethodDelete, "admin/service-accounts/<high>", ""},
		"a group":                            {http.MethodPost, "admin/groups", body(`{"name":"TERRAKUBE_ADMIN"}`)},
		"a place in a group":                 {http.MethodPost, "admin/groups/<crew>/relationships/members", `{"data":[{"type":"users","id":"clerk"}]}`},
		"the end of a group":                 {http.MethodDelete, "admin/groups/<crew>", ""},
		"a role":                             {http.MethodPost, "admin/roles", body(`{"name":"x","permissions":[]}`)},
		"a grant":                            {http.MethodPost, "admin/grants", grantBody("admins", "users/clerk", "platforms/main")},
		"the audit events":                   {http.MethodGet, "admin/audit-events", ""},
	} {
		if got := w.ask(t, "clerk", r.method, r.path, r.body); got.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
	}
	w.want(t, true, "service_account:high administer platform:main")
}
