package access_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEveryHolderAtEveryScope gives a role to a team, a group, a person and a service account, at an organization, a project,
// a workspace and a stack, and takes it away again.
func TestEveryHolderAtEveryScope(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.join(t, "single")
	w.join(t, "grouped")
	w.add(t, "admin", "crew", "admin/groups", `{"name":"crew"}`)
	w.must(t, "admin", http.MethodPost, "admin/groups/<crew>/relationships/members", `{"data":[{"type":"users","id":"grouped"}]}`)
	w.add(t, "admin", "robot", "admin/service-accounts", `{"name":"robot"}`)
	w.add(t, "owner", "role", "organizations/acme/roles", `{"name":"role","permissions":["workspace.queue_plan","stack.queue_plan"]}`)
	holders := map[string]string{
		"teams/<devs>": "user:member", "groups/<crew>": "user:grouped", "users/<single>": "user:single", "service-accounts/<robot>": "service_account:robot",
	}
	reaches := map[string][]string{
		"organizations/acme": {"workspace:acme/web", "workspace:acme/db", "stack:acme/net"},
		"projects/<apps>":    {"workspace:acme/web", "workspace:acme/db", "stack:acme/net"},
		"workspaces/<web>":   {"workspace:acme/web"},
		"stacks/<net>":       {"stack:acme/net"},
	}
	for holder, subject := range holders {
		for scope, reached := range reaches {
			made := w.grant(t, "owner", "g", "role", holder, scope)
			if got := made.related("scope"); got != w.named(scope) {
				t.Errorf("the scope is %s, want %s", got, scope)
			}
			if got := made.related("holder"); got != w.named(holder) {
				t.Errorf("the holder is %s, want %s", got, holder)
			}
			if diff := cmp.Diff(made, w.must(t, "owner", http.MethodGet, "grants/<g>", "").one(t)); diff != "" {
				t.Errorf("made and read (-made +read):\n%s", diff)
			}
			for _, object := range []string{"workspace:acme/web", "workspace:acme/db", "stack:acme/net", "workspace:other/web"} {
				w.want(t, slices.Contains(reached, object), subject+" queue_plan "+object)
			}
			w.want(t, false, "user:outsider queue_plan workspace:acme/web")
			w.must(t, "owner", http.MethodDelete, "grants/<g>", "")
			w.want(t, false, subject+" queue_plan workspace:acme/web", subject+" queue_plan stack:acme/net")
			if got := w.ask(t, "owner", http.MethodGet, "grants/<g>", ""); got.Status != http.StatusNotFound {
				t.Errorf("the grant that was deleted: %d", got.Status)
			}
		}
	}
}

// TestAGrantEnds gives access for a time, for longer, and for good.
func TestAGrantEnds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	soon := time.Now().Add(2 * time.Second).UTC().Truncate(time.Second)
	made := w.grant(t, "owner", "g", "tfe-read", "teams/<devs>", "workspaces/<web>", `"expires-at":"`+soon.Format(time.RFC3339)+`"`)
	if got := made.Attributes["expires-at"]; got != soon.Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("it ends at %v, want %v", got, soon)
	}
	w.grant(t, "owner", "kept", "tfe-read", "teams/<devs>", "workspaces/<db>", `"expires-at":"`+soon.Format(time.RFC3339)+`"`)
	w.must(t, "owner", http.MethodPatch, "grants/<kept>", body(`{"expires-at":null}`))
	for i := 0; w.may(t, "user:member read workspace:acme/web"); i++ {
		if time.Now().After(soon.Add(time.Minute)) {
			t.Fatal("access did not end")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if time.Now().Before(soon) {
		t.Errorf("access ended before %v", soon)
	}
	w.want(t, true, "user:member read workspace:acme/db")
	for _, method := range []string{http.MethodGet, http.MethodPatch} { // it is over, though the row may still be there
		if got := w.ask(t, "owner", method, "grants/<g>", body(`{"expires-at":null}`)); got.Status != http.StatusNotFound {
			t.Errorf("%s of a grant that has ended: %d %s", method, got.Status, got.Body)
		}
	}
	if got := len(w.must(t, "owner", http.MethodGet, "organizations/acme/grants", "").many(t)); got != 1 {
		t.Errorf("%d grants are listed, want the one that has not ended", got)
	}
}

// TestNobodyGivesMoreThanHeHolds gives keeper the management of access to a workspace and a plan there, and has him give what
// he holds, what he holds not, and what only owners hold.
func TestNobodyGivesMoreThanHeHolds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.join(t, "keeper")
	for name, permissions := range map[string]string{
		"keeping": `"workspace.manage_access","workspace.queue_plan"`, "planning": `"workspace.queue_plan"`, "applying": `"workspace.apply_run"`,
		"full": `"workspace.*"`, "owning": `"workspace.read","organization.delete"`, "all": `"*"`,
	} {
		w.add(t, "owner", name, "organizations/acme/roles", `{"name":"`+name+`","permissions":[`+permissions+`]}`)
	}
	w.grant(t, "owner", "keeps", "keeping", "users/keeper", "workspaces/<web>")
	refused := func(what string, got reply) {
		t.Helper()
		if got.Status != http.StatusNotFound || strings.Contains(got.Body, "hand out") {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
	}
	give := func(role, scope string) reply {
		return w.ask(t, "keeper", http.MethodPost, "organizations/acme/grants", grantBody(role, "teams/<devs>", scope))
	}
	w.grant(t, "keeper", "given", "planning", "teams/<devs>", "workspaces/<web>")
	refused("what he does not hold", give("applying", "workspaces/<web>"))
	refused("elsewhere", give("planning", "workspaces/<db>"))
	refused("at the project", give("planning", "projects/<apps>"))
	refused("at the organization", give("planning", "organizations/acme"))
	refused("another role of a grant", w.ask(t, "keeper", http.MethodPatch, "grants/<given>", body(`{}`, `"role":`+ref("roles", "applying"))))
	w.want(t, false, "user:member apply_run workspace:acme/web")

	// Of a grant above his level he may take away, and make it end earlier, and nothing else.
	w.grant(t, "owner", "above", "applying", "teams/<ops>", "workspaces/<web>", `"expires-at":"2998-01-01T00:00:00Z"`)
	for _, end := range []string{`"2999-01-01T00:00:00Z"`, "null"} {
		refused("a later end", w.ask(t, "keeper", http.MethodPatch, "grants/<above>", body(`{"expires-at":`+end+`}`)))
	}
	w.must(t, "keeper", http.MethodPatch, "grants/<above>", body(`{"expires-at":"2997-01-01T00:00:00Z"}`))
	if got := w.must(t, "owner", http.MethodGet, "grants/<above>", "").one(t).Attributes["expires-at"]; got != "2997-01-01T00:00:00.000Z" {
		t.Errorf("it ends at %v", got)
	}
	w.must(t, "keeper", http.MethodDelete, "grants/<above>", "")

	// Whoever holds everything on a workspace still binds no role that is for owners, there or anywhere.
	w.must(t, "owner", http.MethodPatch, "grants/<keeps>", body(`{}`, `"role":`+ref("roles", "full")))
	w.must(t, "keeper", http.MethodPatch, "grants/<given>", body(`{}`, `"role":`+ref("roles", "applying")))
	w.want(t, true, "user:member apply_run workspace:acme/web")
	refused("a role for owners", give("owning", "workspaces/<web>"))
	refused("the wildcard", give("all", "workspaces/<web>"))
	refused("a role for owners in the place of another", w.ask(t, "keeper", http.MethodPatch, "grants/<given>", body(`{}`, `"role":`+ref("roles", "owning"))))
	w.grant(t, "owner", "owned", "owning", "teams/<ops>", "workspaces/<web>")

	// A secret team is nobody's to name who does not see it, and looks like one that is not there.
	for _, team := range []string{"<hidden>", "<other-devs>", "team-1111111111111111"} {
		refused("team "+team, w.ask(t, "keeper", http.MethodPost, "organizations/acme/grants", grantBody("planning", "teams/"+team, "workspaces/<web>")))
	}
	w.grant(t, "owner", "unseen", "planning", "teams/<hidden>", "workspaces/<web>")
	for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
		refused(method+" of a secret team's grant", w.ask(t, "keeper", method, "grants/<unseen>", body(`{"expires-at":"2990-01-01T00:00:00Z"}`)))
	}
	for _, g := range w.must(t, "keeper", http.MethodGet, "organizations/acme/grants", "").many(t) {
		if g.ID == w.ids["unseen"] {
			t.Error("the grant of a secret team is listed")
		}
	}
}

// TestNobodyWritesMoreThanHeHolds gives maker the definition of roles and a plan everywhere.
func TestNobodyWritesMoreThanHeHolds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.join(t, "maker")
	w.add(t, "owner", "making", "organizations/acme/roles", `{"name":"making","permissions":["organization.manage_roles","workspace.queue_plan"]}`)
	w.add(t, "owner", "above", "organizations/acme/roles", `{"name":"above","permissions":["workspace.apply_run","workspace.queue_plan"]}`)
	w.add(t, "owner", "owning", "organizations/acme/roles", `{"name":"owning","permissions":["organization.delete"]}`)
	w.add(t, "stranger", "theirs", "organizations/other/roles", `{"name":"theirs","permissions":["workspace.queue_plan"]}`)
	w.add(t, "admin", "everywhere", "admin/roles", `{"name":"everywhere","permissions":["workspace.queue_plan"]}`)
	w.grant(t, "owner", "makes", "making", "users/maker", "organizations/acme")
	w.add(t, "maker", "plan", "organizations/acme/roles", `{"name":"plan","permissions":["terraform.plan"]}`)
	before := w.must(t, "owner", http.MethodGet, "organizations/acme/roles?filter[built-in]=false", "").Body
	for what, r := range map[string]struct{ method, path, body string }{
		"a role above his level":             {http.MethodPost, "organizations/acme/roles", body(`{"name":"x","permissions":["workspace.apply_run"]}`)},
		"a wildcard":                         {http.MethodPost, "organizations/acme/roles", body(`{"name":"x","permissions":["*"]}`)},
		"a role for owners":                  {http.MethodPost, "organizations/acme/roles", body(`{"name":"x","permissions":["organization.update"]}`)},
		"more in his own role":               {http.MethodPost, "roles/<plan>/relationships/permissions", `{"data":[{"type":"permissions","id":"workspace.apply_run"}]}`},
		"more in his own role, by a PATCH":   {http.MethodPatch, "roles/<plan>", body(`{"permissions":["workspace.queue_plan","workspace.lock"]}`)},
		"more in what he holds himself":      {http.MethodPost, "roles/<making>/relationships/permissions", `{"data":[{"type":"permissions","id":"organization.manage_teams"}]}`},
		"a wildcard in the place of its all": {http.MethodPatch, "roles/<above>", body(`{"permissions":["workspace.*"]}`)},
		"the name of a role for owners":      {http.MethodPatch, "roles/<owning>", body(`{"name":"mine"}`)},
		"the end of what makes it so":        {http.MethodPatch, "roles/<owning>", body(`{"permissions":[]}`)},
		"a role of another organization":     {http.MethodPatch, "roles/<theirs>", body(`{"name":"mine"}`)},
		"a platform-wide role":               {http.MethodPatch, "roles/<everywhere>", body(`{"name":"mine"}`)},
		"the end of a platform-wide role":    {http.MethodDelete, "roles/<everywhere>", ""},
		"another organization's roles":       {http.MethodPost, "organizations/other/roles", body(`{"name":"x","permissions":[]}`)},
		"platform-wide roles":                {http.MethodPost, "admin/roles", body(`{"name":"x","permissions":[]}`)},
		"a grant":                            {http.MethodPost, "organizations/acme/grants", grantBody("plan", "users/maker", "organizations/acme")},
	} {
		if got := w.ask(t, "maker", r.method, r.path, r.body); got.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
	}
	if diff := cmp.Diff(before, w.must(t, "owner", http.MethodGet, "organizations/acme/roles?filter[built-in]=false", "").Body); diff != "" {
		t.Errorf("what was refused left something behind (-before +after):\n%s", diff)
	}
	// Taking away is no giving, and words are nobody's power.
	w.must(t, "maker", http.MethodDelete, "roles/<above>/relationships/permissions", `{"data":[{"type":"permissions","id":"workspace.apply_run"}]}`)
	w.must(t, "maker", http.MethodPatch, "roles/<above>", body(`{"name":"below","description":"no longer above"}`))
	w.must(t, "maker", http.MethodDelete, "roles/<plan>", "")
}

// TestGrantsAreListed compares lists with single reads, for everybody, and the filters.
func TestGrantsAreListed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, who := range []string{"reader", "projector", "single", "overseer"} {
		w.join(t, who)
	}
	w.add(t, "owner", "reading", "organizations/acme/roles", `{"name":"reading","permissions":["project.read_access"]}`)
	w.add(t, "admin", "crew", "admin/groups", `{"name":"crew"}`)
	w.must(t, "admin", http.MethodPost, "admin/users/<overseer>/actions/grant_site_auditor", "")
	all := map[string]resource{}
	for name, g := range map[string][3]string{
		"reader": {"infra0-viewer", "users/reader", "organizations/acme"}, "projector": {"reading", "users/projector", "projects/<apps>"},
		"single": {"tfe-read", "users/single", "workspaces/<web>"}, "devs": {"tfe-plan", "teams/<devs>", "workspaces/<web>"},
		"hidden": {"tfe-write", "teams/<hidden>", "workspaces/<web>"}, "crew": {"tfe-read", "groups/<crew>", "projects/<apps>"},
		"ops": {"hcp-viewer", "teams/<ops>", "organizations/acme"}, "stack": {"tfe-project-read", "teams/<ops>", "projects/<apps>"},
	} {
		all[name] = w.grant(t, "owner", "g-"+name, g[0], g[1], g[2])
	}
	w.must(t, "stranger", http.MethodPost, "organizations/other/grants", grantBody("tfe-read", "teams/<other-devs>", "workspaces/<other-web>"))
	sees := map[string][]string{
		"owner":     {"crew", "devs", "hidden", "ops", "projector", "reader", "single", "stack"},
		"admin":     {"crew", "devs", "hidden", "ops", "projector", "reader", "single", "stack"},
		"overseer":  {"crew", "devs", "hidden", "ops", "projector", "reader", "single", "stack"},
		"reader":    {"ops", "reader"}, // infra0's view of users, at the organization
		"projector": {"crew", "projector", "stack"},
		"single":    {"single"},
		"member":    {"devs"},
	}
	for who, want := range sees {
		var got []string
		for _, listed := range w.must(t, who, http.MethodGet, "organizations/acme/grants?page[size]=100", "").many(t) {
			for name, made := range all {
				if made.ID == listed.ID {
					got = append(got, name)
				}
			}
			if diff := cmp.Diff(listed, w.must(t, who, http.MethodGet, "grants/"+listed.ID, "").one(t)); diff != "" {
				t.Errorf("%s: in the list and by itself (-list +single):\n%s", who, diff)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s sees (-want +got):\n%s", who, diff)
		}
		for name, made := range all {
			status := http.StatusNotFound
			if slices.Contains(want, name) {
				status = http.StatusOK
			}
			if got := w.ask(t, who, http.MethodGet, "grants/"+made.ID, ""); got.Status != status {
				t.Errorf("%s reads %s: %d, want %d", who, name, got.Status, status)
			}
		}
	}
	for _, who := range []string{"outsider", "stranger"} {
		if got := w.ask(t, who, http.MethodGet, "organizations/acme/grants", ""); got.Status != http.StatusNotFound {
			t.Errorf("%s: %d", who, got.Status)
		}
	}
	for query, want := range map[string]int{
		"": 8, "filter[holder]=team:acme/devs": 1, "filter[holder]=user:single": 1, "filter[holder]=group:<crew>": 1, "filter[holder]=user:outsider": 0, "filter[holder]=user:nobody-there": 0,
		"filter[role]=tfe-read": 2, "filter[role]=reading": 1, "filter[role]=<reading>": 1, "filter[role]=nothing": 0,
		"filter[scope]=workspace:acme/web": 3, "filter[scope]=project:<apps>": 3, "filter[scope]=organization:acme": 2, "filter[scope]=workspace:acme/db": 0, "filter[scope]=workspace:other/web": 0,
		"filter[scope]=workspace:acme/web&filter[role]=tfe-read": 1, "filter[holder]=team:acme/ops&filter[scope]=organization:acme": 1,
	} {
		if got := len(w.must(t, "owner", http.MethodGet, "organizations/acme/grants?"+query, "").many(t)); got != want {
			t.Errorf("%s: %d grants, want %d", query, got, want)
		}
	}
	var paged []string
	for page := 1; page <= 4; page++ {
		for _, g := range w.must(t, "owner", http.MethodGet, fmt.Sprintf("organizations/acme/grants?page[size]=2&page[number]=%d", page), "").many(t) {
			paged = append(paged, g.ID)
		}
	}
	slices.Sort(paged)
	if len(slices.Compact(paged)) != 8 {
		t.Errorf("on pages of two there are %d", len(paged))
	}
}

// TestGrantsOfOtherProtocolsAreTheSame sees in one API what was made in the other.
func TestGrantsOfOtherProtocolsAreTheSame(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.grant(t, "owner", "g", "tfe-write", "teams/<devs>", "workspaces/<web>")
	if got := w.must(t, "owner", http.MethodGet, "team-workspaces/<g>", "").one(t); got.Attributes["access"] != "write" {
		t.Errorf("TFE's API shows %v", got.Attributes)
	}
	w.add(t, "owner", "t", "team-projects", `{"access":"read"}`, `"team":`+ref("teams", "<ops>"), `"project":`+ref("projects", "<apps>"))
	if got := w.must(t, "owner", http.MethodGet, "grants/<t>", "").one(t); got.related("role") != "roles/tfe-project-read" || got.related("scope") != w.named("projects/<apps>") {
		t.Errorf("the grant is %+v", got)
	}
	w.must(t, "owner", http.MethodPatch, "grants/<g>", body(`{}`, `"role":`+ref("roles", "tfe-plan")))
	if got := w.must(t, "owner", http.MethodGet, "team-workspaces/<g>", "").one(t); got.Attributes["access"] != "plan" {
		t.Errorf("TFE's API shows %v", got.Attributes)
	}
	w.must(t, "owner", http.MethodDelete, "team-workspaces/<g>", "")
	if got := w.ask(t, "owner", http.MethodGet, "grants/<g>", ""); got.Status != http.StatusNotFound {
		t.Errorf("the grant that TFE's API deleted: %d", got.Status)
	}
}

// TestTwoGrantsNeverStandSideBySide refuses a grant that is there already.
func TestTwoGrantsNeverStandSideBySide(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.grant(t, "owner", "one", "tfe-read", "teams/<devs>", "workspaces/<web>")
	w.grant(t, "owner", "two", "tfe-plan", "teams/<devs>", "workspaces/<web>")
	for what, got := range map[string]reply{
		"a second time":           w.ask(t, "owner", http.MethodPost, "organizations/acme/grants", grantBody("tfe-read", "teams/<devs>", "workspaces/<web>")),
		"by a change of the role": w.ask(t, "owner", http.MethodPatch, "grants/<two>", body(`{}`, `"role":`+ref("roles", "tfe-read"))),
	} {
		if got.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
	}
	w.want(t, true, "user:member queue_plan workspace:acme/web")
}
