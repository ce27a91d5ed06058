package access_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestARoleOfOnesOwn goes through a role's life as infra0's page on configuring permissions words it: select a role, see its
// permissions, select one from the list of available ones and add it, find one and remove it; changes take effect
// immediately for everybody with that role.
func TestARoleOfOnesOwn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	available := names(w.must(t, "member", http.MethodGet, "permissions?filter[assignable]=true&filter[system]=infra0", "").many(t), "name")
	if !slices.Contains(available, "queue_plan") || !slices.Contains(available, "apply_run") {
		t.Fatalf("the available permissions are %v", available)
	}
	made := w.add(t, "owner", "operator", "organizations/acme/roles", `{"name":"Terraform Operator","description":"plans","permissions":["terraform.plan","infra0:terraform:init"]}`)
	if diff := cmp.Diff([]string{"workspace.initialize", "workspace.queue_plan"}, made.strings("permissions")); diff != "" {
		t.Errorf("the permissions (-want +got):\n%s", diff)
	}
	if got := made.strings("implied-permissions"); !slices.Contains(got, "workspace.read_run") || slices.Contains(got, "workspace.queue_plan") {
		t.Errorf("the implied permissions are %v", got)
	}
	w.grant(t, "owner", "for-devs", "<operator>", "teams/<devs>", "workspaces/<web>")
	w.grant(t, "owner", "for-outsider", "Terraform Operator", "users/outsider", "projects/<apps>")
	w.want(t, true, "user:member queue_plan workspace:acme/web", "user:outsider queue_plan workspace:acme/db")
	w.want(t, false, "user:member apply_run workspace:acme/web", "user:member queue_plan workspace:acme/db", "user:outsider apply_run workspace:acme/db", "user:stranger queue_plan workspace:acme/web")

	added := w.must(t, "owner", http.MethodPost, "roles/<operator>/relationships/permissions", `{"data":[{"type":"permissions","id":"terraform:apply"},{"type":"permissions","id":"workspace.queue_plan"}]}`)
	if added.Header.Get("ZedToken") == "" {
		t.Error("the answer to a change carries no consistency token")
	}
	if diff := cmp.Diff([]string{"workspace.apply_run", "workspace.initialize", "workspace.queue_plan"}, added.one(t).strings("permissions")); diff != "" {
		t.Errorf("after adding (-want +got):\n%s", diff)
	}
	w.want(t, true, "user:member apply_run workspace:acme/web", "user:outsider apply_run workspace:acme/db")

	// What others imply goes on being given, and the answer says so.
	removed := w.must(t, "owner", http.MethodDelete, "roles/<operator>/relationships/permissions", `{"data":[{"type":"permissions","id":"terraform.plan"}]}`)
	if !strings.Contains(removed.Body, `"still-implied":{"workspace.queue_plan":["workspace.apply_run"]}`) {
		t.Errorf("the answer to the end of what is still implied is %s", removed.Body)
	}
	w.want(t, true, "user:member queue_plan workspace:acme/web")

	w.must(t, "owner", http.MethodDelete, "roles/<operator>/relationships/permissions", `{"data":[{"type":"permissions","id":"infra0:terraform.apply"}]}`)
	w.want(t, false, "user:member apply_run workspace:acme/web", "user:outsider apply_run workspace:acme/db", "user:member queue_plan workspace:acme/web")
	w.want(t, true, "user:member initialize workspace:acme/web")

	if got := w.ask(t, "owner", http.MethodDelete, "roles/<operator>", ""); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "still granted") {
		t.Errorf("the end of a role that is held: %d %s", got.Status, got.Body)
	}
	w.must(t, "owner", http.MethodDelete, "grants/<for-devs>", "")
	w.must(t, "owner", http.MethodDelete, "grants/<for-outsider>", "")
	w.must(t, "owner", http.MethodDelete, "roles/<operator>", "")
	w.want(t, false, "user:member initialize workspace:acme/web", "user:outsider read workspace:acme/db")
}

// TestInfra0sFourRoles holds infra0's roles by these calls, and cannot lock out its Admin.
func TestInfra0sFourRoles(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, who := range []string{"boss", "manager", "editor", "viewer"} {
		w.join(t, who)
	}
	for who, role := range map[string]string{"boss": "infra0-admin", "manager": "infra0-manager", "editor": "infra0-editor", "viewer": "infra0-viewer"} {
		w.grant(t, "owner", who+"-grant", role, "users/"+who, "organizations/acme")
	}
	w.want(t, true,
		"user:boss infra0:terraform.destroy workspace:acme/web", "user:boss delete organization:acme", "user:boss edit_users organization:acme",
		"user:manager infra0:terraform.destroy workspace:acme/web", "user:manager infra0:access-management.users.edit organization:acme", "user:manager approve_requests organization:acme",
		"user:editor infra0:terraform.apply workspace:acme/web", "user:editor infra0:app-credentials.edit organization:acme",
		"user:viewer infra0:terraform.preview workspace:acme/web", "user:viewer infra0:access-management.users.view organization:acme")
	w.want(t, false,
		"user:manager delete organization:acme", "user:manager manage_roles organization:acme",
		"user:editor infra0:terraform.destroy workspace:acme/web", "user:editor infra0:workspace.delete workspace:acme/web", "user:editor infra0:access-management.users.edit organization:acme",
		"user:viewer infra0:terraform.apply workspace:acme/web", "user:viewer edit_users organization:acme",
		"user:boss read workspace:other/web")

	// The wildcard cannot be removed from Admin, nor the role renamed, narrowed or deleted, by nobody.
	for _, who := range []string{"admin", "owner", "boss"} {
		for _, r := range []struct{ method, path, body string }{
			{http.MethodDelete, "roles/infra0-admin/relationships/permissions", `{"data":[{"type":"permissions","id":"*"}]}`},
			{http.MethodPost, "roles/infra0-admin/relationships/permissions", `{"data":[{"type":"permissions","id":"workspace.read"}]}`},
			{http.MethodPatch, "roles/infra0-admin", body(`{"name":"nothing"}`)},
			{http.MethodPatch, "roles/infra0-admin", body(`{"permissions":[]}`)},
			{http.MethodDelete, "roles/infra0-admin", ""},
		} {
			if got := w.ask(t, who, r.method, r.path, r.body); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "infra0-admin is built in") {
				t.Errorf("%s: %s %s %s is answered %d %s", who, r.method, r.path, r.body, got.Status, got.Body)
			}
		}
	}
	w.want(t, true, "user:boss infra0:terraform.destroy workspace:acme/web")

	// An Admin gives the role away as an owner does; a Manager gives what he holds and nothing above.
	w.join(t, "heir")
	w.grant(t, "boss", "heir-grant", "infra0-admin", "users/heir", "organizations/acme")
	w.want(t, true, "user:heir delete organization:acme")
	w.join(t, "trainee")
	w.grant(t, "manager", "trainee-grant", "infra0-editor", "users/trainee", "organizations/acme")
	w.want(t, true, "user:trainee infra0:terraform.apply workspace:acme/web")
	for _, role := range []string{"infra0-admin", "hcp-admin", "tfe-admin"} {
		if got := w.ask(t, "manager", http.MethodPost, "organizations/acme/grants", grantBody(role, "users/trainee", "organizations/acme")); got.Status != http.StatusNotFound {
			t.Errorf("a Manager gives %s away: %d %s", role, got.Status, got.Body)
		}
	}
	if got := w.ask(t, "editor", http.MethodPost, "organizations/acme/grants", grantBody("infra0-viewer", "users/trainee", "organizations/acme")); got.Status != http.StatusNotFound {
		t.Errorf("an Editor gives a role away: %d %s", got.Status, got.Body)
	}
}

// TestRolesAreListed compares the list with single reads, page by page, and its filters.
func TestRolesAreListed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.add(t, "owner", "deployer", "organizations/acme/roles", `{"name":"deployer","permissions":["workspace.apply_run"]}`)
	w.add(t, "owner", "wild", "organizations/acme/roles", `{"name":"wild","permissions":["workspace.*","infra0:cloud-provider-credentials.*"]}`)
	w.add(t, "stranger", "theirs", "organizations/other/roles", `{"name":"theirs","permissions":["workspace.read"]}`)
	w.add(t, "admin", "everywhere", "admin/roles", `{"name":"everywhere","permissions":["workspace.read"]}`)
	w.grant(t, "owner", "level", "tfe-read", "teams/<devs>", "workspaces/<web>")
	w.must(t, "owner", http.MethodPatch, "team-workspaces/<level>", `{"data":{"attributes":{"access":"custom","runs":"plan"}}}`)
	var all []resource
	for path := "organizations/acme/roles?page[size]=7"; path != ""; {
		var d struct {
			Data  []resource `json:"data"`
			Links struct {
				Next string `json:"next"`
			} `json:"links"`
		}
		w.must(t, "member", http.MethodGet, path, "").Decode(t, &d)
		all = append(all, d.Data...)
		path = strings.TrimPrefix(d.Links.Next, "/api/v2/")
	}
	listed := names(all, "name")
	for _, name := range []string{"deployer", "wild", "everywhere", "infra0-admin", "tfe-read", "hcp-viewer"} {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is not among %v", name, listed)
		}
	}
	for _, name := range []string{"theirs", "owner", "site-admin", "<nil>"} {
		if slices.Contains(listed, name) {
			t.Errorf("%s is among %v", name, listed)
		}
	}
	if !slices.IsSorted(listed) {
		t.Errorf("the names are in the order %v", listed)
	}
	for _, r := range all {
		if diff := cmp.Diff(r, w.must(t, "member", http.MethodGet, "roles/"+r.ID, "").one(t)); diff != "" {
			t.Errorf("%s in the list and by itself (-list +single):\n%s", r.ID, diff)
		}
	}
	for query, want := range map[string][]string{
		"?filter[built-in]=false": {"deployer", "everywhere", "wild"},
		"?q=DEPLOY":               {"deployer"},
		"?filter[permission]=infra0:cloud-provider-credentials.view,*":            {"infra0-admin"},
		"?filter[built-in]=false&filter[permission]=terraform.apply":              {"deployer", "wild"},
		"?filter[built-in]=false&filter[permission]=workspace.read":               {"deployer", "everywhere", "wild"},
		"?filter[built-in]=false&filter[permission]=cloud-provider-credentials.*": {"wild"},
	} {
		if diff := cmp.Diff(want, names(w.must(t, "owner", http.MethodGet, "organizations/acme/roles"+query, "").many(t), "name")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	if got := names(w.must(t, "admin", http.MethodGet, "admin/roles?filter[built-in]=false", "").many(t), "name"); !slices.Equal(got, []string{"everywhere"}) {
		t.Errorf("the platform-wide roles are %v", got)
	}
	if got := w.must(t, "owner", http.MethodGet, "roles/acme%2Fwild", "").one(t); got.ID != w.ids["wild"] || got.related("organization") != "organizations/acme" {
		t.Errorf("by its path the role is %+v", got)
	}
}

// TestACustomAccessSetIsNoRoleOfItsOwn looks at the unnamed role of a grant, which changes by the grant alone.
func TestACustomAccessSetIsNoRoleOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.grant(t, "owner", "level", "tfe-read", "teams/<devs>", "workspaces/<web>")
	w.must(t, "owner", http.MethodPatch, "team-workspaces/<level>", `{"data":{"attributes":{"access":"custom","runs":"plan"}}}`)
	g := w.must(t, "owner", http.MethodGet, "grants/<level>", "").one(t)
	w.ids["set"] = strings.TrimPrefix(g.related("role"), "roles/")
	for _, who := range []string{"owner", "member"} { // who sees the grant
		if got := w.must(t, who, http.MethodGet, "roles/<set>", "").one(t); got.Attributes["name"] != nil || !slices.Contains(got.strings("permissions"), "workspace.queue_plan") {
			t.Errorf("%s sees %+v", who, got)
		}
	}
	w.join(t, "other-member")
	w.must(t, "owner", http.MethodPost, "teams/<ops>/relationships/users", `{"data":[{"type":"users","id":"other-member"}]}`)
	for _, who := range []string{"other-member", "stranger", "outsider"} {
		if got := w.ask(t, who, http.MethodGet, "roles/<set>", ""); got.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", who, got.Status, got.Body)
		}
	}
	for _, r := range []struct{ method, path, body string }{
		{http.MethodPatch, "roles/<set>", body(`{"permissions":["workspace.*"]}`)},
		{http.MethodPatch, "roles/<set>", body(`{"name":"mine now"}`)},
		{http.MethodPost, "roles/<set>/relationships/permissions", `{"data":[{"type":"permissions","id":"workspace.apply_run"}]}`},
		{http.MethodDelete, "roles/<set>", ""},
	} {
		if got := w.ask(t, "owner", r.method, r.path, r.body); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "custom access set") {
			t.Errorf("%s %s: %d %s", r.method, r.path, got.Status, got.Body)
		}
	}
	if got := w.ask(t, "owner", http.MethodPost, "organizations/acme/grants", grantBody("<set>", "teams/<ops>", "workspaces/<web>")); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("a grant of somebody else's set: %d %s", got.Status, got.Body)
	}
	// Its grant may end later all the same, and may get a role with a name.
	w.must(t, "owner", http.MethodPatch, "grants/<level>", body(`{"expires-at":"2999-01-31T12:00:00Z"}`))
	w.want(t, true, "user:member queue_plan workspace:acme/web")
	w.must(t, "owner", http.MethodPatch, "grants/<level>", body(`{}`, `"role":`+ref("roles", "tfe-read")))
	w.want(t, false, "user:member queue_plan workspace:acme/web")
	if got := w.ask(t, "owner", http.MethodGet, "roles/<set>", ""); got.Status != http.StatusNotFound {
		t.Errorf("the set of nobody: %d %s", got.Status, got.Body)
	}
}
