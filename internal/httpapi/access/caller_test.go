package access_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// newCourt is a town with people of every level beside those of newTown: boss and manager hold infra0's Admin and Manager,
// rolemaker defines roles, keeper manages access to the workspace web, lead manages the membership of visible teams, clerk
// manages users of the platform, and there are tokens of acme, of its team devs and of a service that may check.
func newCourt(t *testing.T) *town {
	t.Helper()
	w := newTown(t)
	for _, who := range []string{"boss", "manager", "rolemaker", "keeper", "lead", "clerk", "single"} {
		w.join(t, who)
	}
	w.add(t, "owner", "rolemaking", "organizations/acme/roles", `{"name":"rolemaking","permissions":["organization.manage_roles","workspace.read"]}`)
	w.add(t, "owner", "leading", "organizations/acme/roles", `{"name":"leading","permissions":["organization.manage_membership"]}`)
	w.add(t, "owner", "keeping", "organizations/acme/roles", `{"name":"keeping","permissions":["workspace.manage_access"]}`)
	w.add(t, "owner", "role", "organizations/acme/roles", `{"name":"role","permissions":["workspace.read"]}`)
	w.add(t, "admin", "clerks", "admin/roles", `{"name":"clerks","permissions":["platform.manage_users"]}`)
	w.must(t, "admin", http.MethodPost, "admin/grants", grantBody("clerks", "users/clerk", "platforms/main"))
	for who, g := range map[string][2]string{
		"boss": {"infra0-admin", "organizations/acme"}, "manager": {"infra0-manager", "organizations/acme"}, "rolemaker": {"rolemaking", "organizations/acme"},
		"lead": {"leading", "organizations/acme"}, "keeper": {"keeping", "workspaces/<web>"},
	} {
		w.grant(t, "owner", who+"-grant", g[0], "users/"+who, g[1])
	}
	w.tokens["organization"] = fmt.Sprint(w.must(t, "owner", http.MethodPost, "organizations/acme/authentication-token", `{"data":{}}`).one(t).Attributes["token"])
	w.tokens["team"] = fmt.Sprint(w.must(t, "owner", http.MethodPost, "teams/<devs>/authentication-token", `{"data":{}}`).one(t).Attributes["token"])
	w.tokens["service"] = w.ServiceToken(t, "prober", "check")
	w.add(t, "admin", "crew", "admin/groups", `{"name":"crew"}`)
	return w
}

// callers are all who call in newCourt, apart from those without a credential.
func callers() []string {
	return []string{"admin", "owner", "boss", "manager", "rolemaker", "keeper", "lead", "clerk", "member", "organization", "team", "service", "stranger", "outsider"}
}

// routeRow is a request with everybody who may make it. make, if there is one, makes what it is about, anew for each caller.
type routeRow struct {
	method, path, body string
	make               func(t *testing.T, w *town)
	may                []string
}

// inside are those who see the organization.
func inside() []string {
	return []string{"admin", "owner", "boss", "manager", "rolemaker", "keeper", "lead", "member", "organization", "team"}
}

func roleRows() []routeRow {
	fresh := func(t *testing.T, w *town) {
		t.Helper()
		if _, made := w.ids["fresh"]; made {
			w.ask(t, "owner", http.MethodDelete, "roles/<fresh>", "")
		}
		w.add(t, "owner", "fresh", "organizations/acme/roles", `{"name":"fresh","permissions":["workspace.read"]}`)
	}
	makers := []string{"admin", "owner", "boss", "rolemaker"}
	const permissions = "roles/<fresh>/relationships/permissions"
	return []routeRow{
		{http.MethodGet, "permissions", "", nil, callers()},
		{http.MethodGet, "permissions/workspace.read", "", nil, callers()},
		{http.MethodGet, "organizations/acme/roles", "", nil, inside()},
		{http.MethodPost, "organizations/acme/roles", `{"data":{"attributes":{"name":"new-<n>","permissions":["workspace.read"]}}}`, nil, makers},
		{http.MethodGet, "roles/<role>", "", nil, inside()},
		{http.MethodGet, "roles/tfe-read", "", nil, callers()},
		{http.MethodPatch, "roles/<fresh>", `{"data":{"attributes":{"description":"d"}}}`, fresh, makers},
		{http.MethodDelete, "roles/<fresh>", "", fresh, makers},
		{http.MethodPost, permissions, `{"data":[{"id":"workspace.read_run","type":"permissions"}]}`, fresh, []string{"admin", "owner", "boss"}},
		{http.MethodDelete, permissions, `{"data":[{"id":"workspace.read","type":"permissions"}]}`, fresh, makers},
		{http.MethodGet, "admin/roles", "", nil, []string{"admin"}},
		{http.MethodPost, "admin/roles", `{"data":{"attributes":{"name":"new-<n>","permissions":["workspace.read"]}}}`, nil, []string{"admin"}},
		{http.MethodPatch, "roles/<clerks>", `{"data":{"attributes":{"description":"d"}}}`, nil, []string{"admin"}},
	}
}

func grantRows() []routeRow {
	fresh := func(holder string) func(t *testing.T, w *town) {
		return func(t *testing.T, w *town) {
			t.Helper()
			w.clear(t, holder, "workspaces/<web>")
			w.grant(t, "owner", "fresh", "role", holder, "workspaces/<web>")
		}
	}
	none := func(holder, scope string) func(t *testing.T, w *town) {
		return func(t *testing.T, w *town) { t.Helper(); w.clear(t, holder, scope) }
	}
	const end = `{"data":{"attributes":{"expires-at":"2999-01-01T00:00:00Z"}}}`
	// The organization token manages workspaces and teams, as the vendor's does, and so access below the organization.
	below := []string{"admin", "owner", "boss", "keeper", "organization"}
	return []routeRow{
		{http.MethodGet, "organizations/acme/grants", "", nil, inside()},
		{http.MethodPost, "organizations/acme/grants", grantBody("role", "teams/<ops>", "workspaces/<web>"), none("teams/<ops>", "workspaces/<web>"), below},
		{http.MethodPost, "organizations/acme/grants", grantBody("role", "teams/<ops>", "workspaces/<db>"), none("teams/<ops>", "workspaces/<db>"), []string{"admin", "owner", "boss", "organization"}},
		{http.MethodPost, "organizations/acme/grants", grantBody("role", "users/single", "organizations/acme"), none("users/single", "organizations/acme"), []string{"admin", "owner", "boss", "manager"}},
		{http.MethodPost, "organizations/acme/grants", grantBody("role", "teams/<ops>", "organizations/acme"), none("teams/<ops>", "organizations/acme"), []string{"admin", "owner", "boss", "organization"}},
		{http.MethodPost, "organizations/acme/grants", grantBody("role", "teams/<ops>", "projects/<apps>"), none("teams/<ops>", "projects/<apps>"), []string{"admin", "owner", "boss", "organization"}},
		{http.MethodGet, "grants/<fresh>", "", fresh("teams/<ops>"), below},
		{http.MethodGet, "grants/<fresh>", "", fresh("teams/<devs>"), append([]string{"member", "team"}, below...)},
		{http.MethodPatch, "grants/<fresh>", end, fresh("teams/<ops>"), below},
		{http.MethodDelete, "grants/<fresh>", "", fresh("teams/<ops>"), below},
		{http.MethodDelete, "grants/<fresh>", "", fresh("teams/<hidden>"), []string{"admin", "owner", "boss", "organization"}},
		{http.MethodGet, "admin/grants", "", nil, []string{"admin"}},
		{http.MethodPost, "admin/grants", grantBody("clerks", "users/single", "platforms/main"), func(t *testing.T, w *town) {
			t.Helper()
			for _, g := range w.must(t, "admin", http.MethodGet, "admin/grants?filter[holder]=user:single", "").many(t) {
				w.must(t, "admin", http.MethodDelete, "grants/"+g.ID, "")
			}
		}, []string{"admin"}},
	}
}

// clear ends the grants of a holder at a scope of acme.
func (w *town) clear(t *testing.T, holder, scope string) {
	t.Helper()
	for _, g := range w.must(t, "owner", http.MethodGet, "organizations/acme/grants?page[size]=100", "").many(t) {
		if strings.Split(g.related("holder"), "/")[0] == strings.Split(holder, "/")[0] && g.related("scope") == w.named(scope) && g.related("role") == "roles/"+w.ids["role"] {
			w.must(t, "owner", http.MethodDelete, "grants/"+g.ID, "")
		}
	}
}

func groupRows() []routeRow {
	unlinked := func(t *testing.T, w *town) {
		t.Helper()
		for _, l := range w.must(t, "owner", http.MethodGet, "organizations/acme/group-links", "").many(t) {
			w.must(t, "owner", http.MethodDelete, "group-links/"+l.ID, "")
		}
	}
	linked := func(team string) func(t *testing.T, w *town) {
		return func(t *testing.T, w *town) {
			t.Helper()
			unlinked(t, w)
			w.add(t, "owner", "link", "organizations/acme/group-links", `{}`, `"group":`+ref("groups", "<crew>"), `"team":`+ref("teams", team))
		}
	}
	link := func(team string) string {
		return body(`{}`, `"group":`+ref("groups", "<crew>"), `"team":`+ref("teams", team))
	}
	leaders := []string{"admin", "owner", "boss", "lead", "organization"}
	const links, members = "organizations/acme/group-links", "admin/groups/<crew>/relationships/members"
	return []routeRow{
		{http.MethodGet, links, "", nil, inside()},
		{http.MethodPost, links, link("<ops>"), unlinked, leaders},
		{http.MethodPost, links, link("<hidden>"), unlinked, []string{"admin", "owner", "boss", "organization"}},
		{http.MethodPost, links, link("<owners>"), unlinked, []string{"admin", "owner", "boss"}},
		{http.MethodPost, links, link("<other-devs>"), unlinked, nil},
		{http.MethodGet, "group-links/<link>", "", linked("<ops>"), leaders},
		{http.MethodGet, "group-links/<link>", "", linked("<devs>"), append([]string{"member", "team"}, leaders...)},
		{http.MethodDelete, "group-links/<link>", "", linked("<devs>"), leaders},
		{http.MethodDelete, "group-links/<link>", "", linked("<owners>"), []string{"admin", "owner", "boss"}},
		{http.MethodPost, "group-links/<link>/actions/pause", "", linked("<devs>"), leaders},
		{http.MethodPost, "group-links/<link>/actions/pause", "", linked("<owners>"), []string{"admin", "owner", "boss"}},
		{http.MethodPost, "group-links/<link>/actions/resume", "", linked("<devs>"), leaders},
		{http.MethodPost, "group-links/<link>/actions/resync", "", linked("<devs>"), leaders},
		{http.MethodPost, "admin/groups/<crew>/actions/pause", "", nil, []string{"admin", "clerk"}},
		{http.MethodPost, "admin/groups/<crew>/actions/resume", "", nil, []string{"admin", "clerk"}},
		{http.MethodGet, "admin/groups", "", nil, []string{"admin", "clerk"}},
		{http.MethodGet, "admin/groups/<crew>", "", nil, []string{"admin", "clerk"}},
		{http.MethodPost, "admin/groups", `{"data":{"attributes":{"name":"new-<n>"}}}`, nil, []string{"admin"}},
		{http.MethodGet, members, "", nil, []string{"admin", "clerk"}},
		{http.MethodPost, members, `{"data":[{"type":"users","id":"single"}]}`, nil, []string{"admin"}},
		{http.MethodDelete, members, `{"data":[{"type":"users","id":"single"}]}`, nil, []string{"admin"}},
		{http.MethodDelete, "admin/groups/<fresh-group>", "", func(t *testing.T, w *town) {
			t.Helper()
			w.add(t, "admin", "fresh-group", "admin/groups", `{"name":"<n>","external-id":"fresh-<n>"}`)
		}, []string{"admin"}},
	}
}

func accountRows() []routeRow {
	fresh := func(t *testing.T, w *town) {
		t.Helper()
		w.add(t, "admin", "account", "admin/service-accounts", `{"name":"account-<n>"}`)
	}
	may := []string{"admin", "clerk"}
	return []routeRow{
		{http.MethodGet, "admin/service-accounts", "", nil, may},
		{http.MethodPost, "admin/service-accounts", `{"data":{"attributes":{"name":"new-<n>"}}}`, nil, may},
		{http.MethodGet, "admin/service-accounts/<account>", "", fresh, may},
		{http.MethodPatch, "admin/service-accounts/<account>", `{"data":{"attributes":{"suspended":true}}}`, fresh, may},
		{http.MethodDelete, "admin/service-accounts/<account>", "", fresh, may},
		{http.MethodGet, "organizations/acme/audit-events", "", nil, []string{"admin", "owner", "boss", "manager", "organization"}},
		{http.MethodGet, "admin/audit-events", "", nil, []string{"admin"}},
	}
}

// TestWhoMayCallWhat has everybody call every route, and tells those who may from those who nearly may: for these what they
// ask for is not there. A refused change leaves an audit event.
func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	w := newCourt(t)
	calls, refusals := 0, 0
	w.ids["n"] = "0"
	for _, row := range slices.Concat(roleRows(), grantRows(), groupRows(), accountRows()) {
		for _, who := range append(callers(), "nobody", "somebody") {
			calls++
			w.ids["n"] = fmt.Sprint(calls)
			if row.make != nil {
				row.make(t, w)
			}
			got := w.ask(t, who, row.method, row.path, row.body)
			may := slices.Contains(row.may, who)
			switch {
			case may && got.Status/100 != 2:
				t.Errorf("%s may %s %s %s: %d %s", who, row.method, row.path, row.body, got.Status, got.Body)
			case !may && (who == "nobody" || who == "somebody") && got.Status != http.StatusUnauthorized:
				t.Errorf("%s: %s %s: %d, want 401", who, row.method, row.path, got.Status)
			case !may && who != "nobody" && who != "somebody" && got.Status != http.StatusNotFound:
				t.Errorf("%s may not %s %s %s: %d %s", who, row.method, row.path, row.body, got.Status, got.Body)
			}
			if got.Status == http.StatusNotFound && row.method != http.MethodGet {
				refusals++
			}
		}
	}
	t.Logf("%d calls, %d changes refused", calls, refusals)
	var total struct {
		Meta struct {
			Pagination struct {
				Total int `json:"total-count"`
			} `json:"pagination"`
		} `json:"meta"`
	}
	w.must(t, "admin", http.MethodGet, "admin/audit-events?filter[outcome]=refused&page[size]=1", "").Decode(t, &total)
	if got := total.Meta.Pagination.Total; got < refusals*3/4 { // a look at what is not there at all is no attempt
		t.Errorf("%d events of %d refused changes", got, refusals)
	}
	w.inStep(t)
}

// TestADisabledOrganizationIsNotThere asks for everything of an organization that is disabled.
func TestADisabledOrganizationIsNotThere(t *testing.T) {
	t.Parallel()
	w := newCourt(t)
	w.add(t, "owner", "link", "organizations/acme/group-links", `{}`, `"group":`+ref("groups", "<crew>"), `"team":`+ref("teams", "<devs>"))
	w.must(t, "admin", http.MethodPatch, "admin/organizations/acme", body(`{"is-disabled":true}`))
	for _, who := range []string{"admin", "owner", "boss", "member", "keeper", "stranger"} {
		for _, path := range []string{"organizations/acme/roles", "organizations/acme/grants", "organizations/acme/group-links", "roles/<role>", "roles/acme%2Frole", "grants/<keeper-grant>", "group-links/<link>"} {
			if got := w.ask(t, who, http.MethodGet, path, ""); got.Status != http.StatusNotFound {
				t.Errorf("%s reads %s: %d", who, path, got.Status)
			}
		}
		for _, r := range [][3]string{
			{http.MethodPost, "organizations/acme/roles", body(`{"name":"x","permissions":[]}`)},
			{http.MethodPatch, "roles/<role>", body(`{"name":"x"}`)},
			{http.MethodDelete, "roles/<role>", ""},
			{http.MethodPost, "organizations/acme/grants", grantBody("role", "users/single", "workspaces/<web>")},
			{http.MethodPatch, "grants/<keeper-grant>", body(`{"expires-at":null}`)},
			{http.MethodDelete, "grants/<keeper-grant>", ""},
			{http.MethodPost, "organizations/acme/group-links", body(`{}`, `"group":`+ref("groups", "<crew>"), `"team":`+ref("teams", "<ops>"))},
			{http.MethodDelete, "group-links/<link>", ""},
		} {
			if got := w.ask(t, who, r[0], r[1], r[2]); got.Status != http.StatusNotFound {
				t.Errorf("%s: %s %s: %d %s", who, r[0], r[1], got.Status, got.Body)
			}
		}
	}
	for _, who := range []string{"organization", "team"} {
		if got := w.ask(t, who, http.MethodGet, "organizations/acme/roles", ""); got.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d", who, got.Status)
		}
	}
}
