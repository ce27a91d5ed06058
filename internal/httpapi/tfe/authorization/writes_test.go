package authorization_test

import (
	"net/http"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// write is something to change: what call, on what it needs made anew, and where one sees whether it changed anything.
type write struct {
	name, want   string // want as in reads
	method, path string
	body         func(t *testing.T, w *town) string
	// target, if any, makes what the path's {id} is and says at which path it can be read; else the path itself is.
	target func(t *testing.T, w *town) (id, watch string)
}

// writes says who may change what. The site auditor writes nothing (DECISIONS P22); an organization token does what the
// table of research tfe-api 6.7 allows and nothing else.
func writes() []write {
	return append(writesOfOrganization(), writesOfPlaces()...)
}

func writesOfOrganization() []write {
	const org = "organizations/{org}"
	//     AUOPMNIXTWGD
	const (
		owners  = "+-++-----+--"
		delegat = "+-++-----++-" // what is delegated to organization tokens, too
		admins  = "+-----------"
	)
	return []write{
		{name: "organization: update", want: owners, method: http.MethodPatch, path: org, body: attributes("organizations", "session-timeout", 99)},
		{name: "organization: retention", want: owners, method: http.MethodPost, path: org + "/relationships/data-retention-policy", body: attributes("data-retention-policy-dont-deletes")},
		{name: "organization: token lives", want: "+f++fff-f+f-", method: http.MethodPatch, path: org + "/token-ttl-policies", body: tokenLives},
		{name: "organization: create", want: "+?++++++----", method: http.MethodPost, path: "organizations", body: freshNamed("organizations", "email", "a@users.invalid")},
		{name: "team: create a visible one", want: delegat, method: http.MethodPost, path: org + "/teams", body: freshNamed("teams", "visibility", visible)},
		{name: "team: create a secret one", want: delegat, method: http.MethodPost, path: org + "/teams", body: freshNamed("teams", "visibility", secret)},
		{name: "team: create one with access", want: delegat, method: http.MethodPost, path: org + "/teams", body: freshNamed("teams", "visibility", visible, "organization-access", set("manage-modules"))},
		{name: "team: update", want: delegat, method: http.MethodPatch, path: "teams/{id}", target: visibleTarget, body: attributes("teams", "sso-team-id", "x")},
		{name: "team: update a secret one", want: delegat, method: http.MethodPatch, path: "teams/{id}", target: secretTarget, body: attributes("teams", "sso-team-id", "x")},
		{name: "team: its access", want: delegat, method: http.MethodPatch, path: "teams/{id}", target: visibleTarget, body: attributes("teams", "organization-access", set("manage-modules"))},
		{name: "team: delete", want: delegat, method: http.MethodDelete, path: "teams/{id}", target: visibleTarget},
		{name: "team: add a user", want: delegat, method: http.MethodPost, path: "teams/{id}/relationships/users", target: visibleTarget, body: newUser},
		{name: "owners team: add a user", want: owners, method: http.MethodPost, path: "teams/{owners}/relationships/users", body: newUser, target: watching("teams/{owners}")},
		{name: "owners team: update", want: owners, method: http.MethodPatch, path: "teams/{owners}", body: attributes("teams", "sso-team-id", "y"), target: watching("teams/{owners}")},
		{name: "crew: a further token", want: "+-+++----++-", method: http.MethodPost, path: "teams/{crew}/authentication-tokens", body: described, target: watching("organizations/{org}/team-tokens")},
		{name: "owners team: a further token", want: owners, method: http.MethodPost, path: "teams/{owners}/authentication-tokens", body: described, target: watching("organizations/{org}/team-tokens")},
		{name: "membership: invite", want: delegat, method: http.MethodPost, path: org + "/organization-memberships", body: guest},
		{name: "membership: remove", want: delegat, method: http.MethodDelete, path: "organization-memberships/{id}", target: membership},
		{name: "account: update", want: "++++++++----", method: http.MethodPatch, path: "account/update", body: attributes("users"), target: watching("organizations/{org}")},
		{name: "site: suspend", want: admins, method: http.MethodPost, path: "admin/users/{id}/actions/suspend", target: somebody},
		{name: "site: make an admin", want: admins, method: http.MethodPost, path: "admin/users/{id}/actions/grant_admin", target: somebody},
		{name: "site: make an auditor", want: admins, method: http.MethodPost, path: "admin/users/{id}/actions/grant_site_auditor", target: somebody},
		{name: "site: delete a user", want: admins, method: http.MethodDelete, path: "admin/users/{id}", target: somebody},
		{name: "site: update an organization", want: admins, method: http.MethodPatch, path: "admin/organizations/{org}", body: attributes("organizations", "access-beta-tools", true)},
		{name: "site: delete a workspace", want: admins, method: http.MethodDelete, path: "admin/workspaces/{id}", target: workspaceTarget},
	}
}

// attributes makes a body of names and values in turn.
func attributes(typeName string, pairs ...any) func(*testing.T, *town) string {
	return func(t *testing.T, _ *town) string {
		sent := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			sent[pairs[i].(string)] = pairs[i+1]
		}
		return document(t, typeName, sent, nil)
	}
}

// freshNamed is attributes with a name that nobody has.
func freshNamed(typeName string, pairs ...any) func(*testing.T, *town) string {
	return func(t *testing.T, w *town) string {
		return attributes(typeName, append([]any{"name", w.fresh("made")}, pairs...)...)(t, w)
	}
}

func described(t *testing.T, w *town) string {
	return document(t, "authentication-tokens", map[string]any{"description": w.fresh("token")}, nil)
}

func tokenLives(t *testing.T, _ *town) string {
	life := map[string]any{"token-type": "team", "max-ttl-ms": 63113904000}
	return document(t, "organization-token-ttl-policies", map[string]any{"token-ttl-policies": []any{life}}, nil)
}

func newUser(t *testing.T, w *town) string { return encode(t, links("users", w.fresh("newcomer"))) }

func guest(t *testing.T, w *town) string {
	return document(t, "organization-memberships", map[string]any{"email": w.fresh("guest") + "@users.invalid"}, nil)
}

func watching(path string) func(*testing.T, *town) (string, string) {
	return func(*testing.T, *town) (string, string) { return "", path }
}

func visibleTarget(t *testing.T, w *town) (string, string) {
	id := w.team(t, visible)
	return id, "teams/" + id
}

func secretTarget(t *testing.T, w *town) (string, string) {
	id := w.team(t, secret)
	return id, "teams/" + id
}

func workspaceTarget(t *testing.T, w *town) (string, string) {
	id := w.workspace(t, w.apps)
	w.giveWorkspace(t, w.crew, id, "write", nil)
	return id, "workspaces/" + id
}

func membership(t *testing.T, w *town) (string, string) {
	id := w.invite(t, w.person(t, w.fresh("leaver")))
	return id, "organization-memberships/" + id
}

func somebody(t *testing.T, w *town) (string, string) {
	id := w.userID(t, w.person(t, w.fresh("somebody")))
	return id, "users/" + id
}

// testWrites changes everything as everybody, and sees that a refused call changed nothing.
func testWrites(t *testing.T, s *suite) {
	w := s.town(t)
	w.callers['E'] = w.expired(t)
	for n, row := range writes() {
		for i, column := range columns {
			if row.want[i] != '?' {
				s.test(t, string(column)+" "+row.name, func(t *testing.T) { row.try(t, w, w.callers[column], marks[rune(row.want[i])]) })
			}
		}
		nobody := rune(strange[n%len(strange)])
		s.test(t, string(nobody)+" "+row.name, func(t *testing.T) { row.try(t, w, w.callers[nobody], unauthorized) })
	}
}

func (row write) try(t *testing.T, w *town, who *caller, want outcome) {
	var id, watch, body string
	if row.target != nil {
		id, watch = row.target(t, w)
	}
	watch = w.fill(watch)
	if row.body != nil {
		body = row.body(t, w)
	}
	before := row.state(t, w, id, watch)
	path := w.fill(strings.ReplaceAll(row.path, "{id}", id))
	expect(t, row.method+" "+row.path, who.call(t, row.method, path, body).outcome(), want)
	if want == allowed {
		return
	}
	if after := row.state(t, w, id, watch); after != before {
		t.Errorf("a refused call changed something:\n%s\nwas\n%s", after, before)
	}
}

// state is how the target of a case reads; what many cases share, others may change at the same time.
func (row write) state(t *testing.T, w *town, id, watch string) string {
	t.Helper()
	if id == "" {
		return ""
	}
	r := w.admin.call(t, http.MethodGet, watch, "")
	must(t, "read the target", r.outcome())
	return r.body
}

// given makes a team's access to web or quiet, for a team of its own.
func given(scope string) func(*testing.T, *town) (string, string) {
	return func(t *testing.T, w *town) (string, string) {
		team := w.team(t, visible)
		if scope == "workspace" {
			id := w.giveWorkspace(t, team, w.web, string(tfe.AccessRead), nil)
			return id, "team-workspaces/" + id
		}
		id := w.giveProject(t, team, w.apps, "read", nil)
		return id, "team-projects/" + id
	}
}
