package authorization_test

import (
	"net/http"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// testTruth makes the call behind every boolean that has one, as everybody, and compares with what the documents say,
// whatever the oracle thinks.
func testTruth(t *testing.T, s *suite) {
	for _, column := range columns {
		t.Run(string(column), func(t *testing.T) {
			t.Parallel()
			w := s.town(t)
			who := w.callers[column]
			for _, c := range []struct {
				noun string
				test func(*testing.T, *town, *caller)
			}{{"workspace", truthOfWorkspace}, {"project", truthOfProject}, {"organization", truthOfOrganization}, {"teams", truthOfTeams}, {"account", truthOfAccount}} {
				// One after the other: the last call on an organization may be its end.
				t.Run(c.noun, func(t *testing.T) {
					s.cases.Add(1)
					c.test(t, w, who)
				})
			}
			truthOfEnd(t, w, who)
		})
	}
	s.test(t, "S", func(t *testing.T) {
		w := s.town(t)
		for _, path := range []string{"organizations/" + w.name, "workspaces/" + w.web, "projects/" + w.apps, "teams/" + w.crew, "account/details"} {
			expect(t, "GET "+path, w.callers['S'].call(t, http.MethodGet, path, "").outcome(), unauthorized)
		}
	})
}

// shownTo returns the permissions object that a document shows; to whoever is shown none, every boolean is false.
func shownTo(t *testing.T, who *caller, path string) map[string]bool {
	t.Helper()
	r := who.call(t, http.MethodGet, path, "")
	if r.outcome() == refused {
		return map[string]bool{}
	}
	must(t, "GET "+path, r.outcome())
	return r.resource(t).Attributes.Permissions
}

// compareTruth compares what a document says with what calls do.
func compareTruth(t *testing.T, who *caller, p *place, shown map[string]bool, actions []action) {
	t.Helper()
	for _, a := range actions {
		if a.boolean == "access for a team" {
			continue // no boolean says so
		}
		expect(t, a.boolean+" by its call", a.do(t, who, p), is(shown[a.boolean]))
	}
}

// placeFor is a place where the crew writes, in a project where it creates and deletes workspaces.
func (w *town) placeFor(t *testing.T) *place {
	t.Helper()
	give := func(t *testing.T, project string) {
		w.giveProject(t, w.crew, project, "custom", map[string]powers{aboutProject: {"settings": "update"}, aboutWorkspace: {"create": on, "delete": on, "locking": on}})
	}
	project := w.project(t)
	give(t, project)
	return w.within(t, project, give)
}

func truthOfWorkspace(t *testing.T, w *town, who *caller) {
	p := w.placeFor(t)
	compareTruth(t, who, p, shownTo(t, who, "workspaces/"+p.workspace), workspaceActions())
}

func truthOfProject(t *testing.T, w *town, who *caller) {
	p := w.placeFor(t)
	compareTruth(t, who, p, shownTo(t, who, "projects/"+p.project), projectActions())
}

func truthOfOrganization(t *testing.T, w *town, who *caller) {
	p := w.placeFor(t)
	shown := shownTo(t, who, "organizations/"+w.name)
	for _, a := range organizationActions() {
		if a.boolean != "can-update-api-token" { // it ends the organization token, so last
			expect(t, a.boolean+" by its call", a.do(t, who, p), is(shown[a.boolean]))
		}
	}
}

// truthOfEnd makes the calls that end somebody's credential or the organization.
func truthOfEnd(t *testing.T, w *town, who *caller) {
	t.Helper()
	shown := shownTo(t, who, "organizations/"+w.name)
	_, err := who.api.OrganizationTokens.Create(t.Context(), w.name)
	expect(t, "can-update-api-token by its call", of(err), is(shown["can-update-api-token"]))
	expect(t, "can-destroy by its call", of(who.api.Organizations.Delete(t.Context(), w.name)), is(shown["can-destroy"]))
}

func truthOfTeams(t *testing.T, w *town, who *caller) {
	for _, team := range []string{w.team(t, visible), w.team(t, secret), w.crew} {
		shown := shownTo(t, who, "teams/"+team)
		for boolean, call := range teamCalls {
			if boolean != "can-destroy" {
				expect(t, boolean+" by its call", call(t, who, w.estate, team), is(shown[boolean]))
			}
		}
		if team != w.crew {
			expect(t, "can-destroy by its call", teamCalls["can-destroy"](t, who, w.estate, team), is(shown["can-destroy"]))
		}
	}
}

func truthOfAccount(t *testing.T, w *town, who *caller) {
	account := who.read(t, "account/details")
	shown := account.Attributes.Permissions
	name := w.fresh("organization")
	_, err := who.api.Organizations.Create(t.Context(), tfe.OrganizationCreateOptions{Name: &name, Email: tfe.String("a@users.invalid")})
	for _, boolean := range []string{"can-create-organization", "can-create-organizations"} {
		expect(t, boolean+" by its call", of(err), is(shown[boolean]))
	}
	_, err = who.api.UserTokens.Create(t.Context(), account.ID, tfe.UserTokenCreateOptions{Description: "another"})
	expect(t, "can-manage-user-tokens by its call", of(err), is(shown["can-manage-user-tokens"]))
	for boolean, attribute := range map[string]string{"can-change-username": "username", "can-change-email": "email"} {
		value := account.ID
		if attribute == "email" {
			value += "@users.invalid"
		}
		if who == w.admin {
			continue // shared by all cases; his name is everybody's
		}
		got := who.call(t, http.MethodPatch, "account/update", document(t, "users", map[string]any{attribute: "x" + value}, nil)).outcome()
		expect(t, boolean+" by its call", got, is(shown[boolean]))
	}
}
