package authorization_test

import (
	"net/http"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// revocation takes something away, and the very next call feels it.
type revocation struct {
	name  string
	after outcome
	// give makes who may call; the call that shows it; and what takes it away again.
	give func(t *testing.T, s *suite, e *estate, p *place) (who *caller, call func() outcome, take func())
}

func revocations() []revocation {
	gets := func(t *testing.T, who *caller, path string) func() outcome {
		return func() outcome { return who.call(t, http.MethodGet, path, "").outcome() }
	}
	return []revocation{
		{"access to a workspace removed", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			id, who := e.giveWorkspace(t, team, p.workspace, "read", nil), e.member(t, team)
			return who, gets(t, who, "workspaces/"+p.workspace), func() { must(t, "remove", of(e.owner.api.TeamAccess.Remove(t.Context(), id))) }
		}},
		{"access to a workspace lowered", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			id, who := e.giveWorkspace(t, team, p.workspace, "admin", nil), e.member(t, team)
			rename := document(t, "workspaces", map[string]any{"description": "x"}, nil)
			call := func() outcome {
				return who.call(t, http.MethodPatch, "workspaces/"+p.workspace, rename).outcome()
			}
			return who, call, func() {
				_, err := e.owner.api.TeamAccess.Update(t.Context(), id, tfe.TeamAccessUpdateOptions{Access: tfe.Access(tfe.AccessWrite)})
				must(t, "lower", of(err))
			}
		}},
		{"a field of custom access lowered", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			id, who := e.giveWorkspace(t, team, p.workspace, "custom", powers{"workspace-locking": on}), e.member(t, team)
			call := func() outcome {
				got := who.call(t, http.MethodPost, "workspaces/"+p.workspace+"/actions/lock", "").outcome()
				p.unlock(t)
				return got
			}
			return who, call, func() {
				_, err := e.owner.api.TeamAccess.Update(t.Context(), id, tfe.TeamAccessUpdateOptions{WorkspaceLocking: tfe.Bool(false)})
				must(t, "lower", of(err))
			}
		}},
		{"access to a project removed", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			id, who := e.giveProject(t, team, p.project, "write", nil), e.member(t, team)
			return who, gets(t, who, "workspaces/"+p.workspace), func() { must(t, "remove", of(e.owner.api.TeamProjectAccess.Remove(t.Context(), id))) }
		}},
		{"a flag cleared", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible, "manage-workspaces")
			who := e.member(t, team)
			return who, gets(t, who, "workspaces/"+p.workspace), func() {
				_, err := e.owner.api.Teams.Update(t.Context(), team, tfe.TeamUpdateOptions{OrganizationAccess: &tfe.OrganizationAccessOptions{ManageWorkspaces: tfe.Bool(false)}})
				must(t, "clear", of(err))
			}
		}},
		{"a team made secret", refused, func(t *testing.T, _ *suite, e *estate, _ *place) (*caller, func() outcome, func()) {
			team, who := e.team(t, visible), e.plain(t)
			return who, gets(t, who, "teams/"+team), func() {
				_, err := e.owner.api.Teams.Update(t.Context(), team, tfe.TeamUpdateOptions{Visibility: tfe.String(secret)})
				must(t, "hide", of(err))
			}
		}},
		{"a member removed from the team", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			who := e.member(t, team)
			e.giveWorkspace(t, team, p.workspace, "read", nil)
			return who, gets(t, who, "workspaces/"+p.workspace), func() {
				must(t, "remove", of(e.owner.api.TeamMembers.Remove(t.Context(), team, tfe.TeamMemberRemoveOptions{Usernames: []string{who.name}})))
			}
		}},
		{"an owner removed from the owners", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			who := e.member(t, e.ownersTeam)
			return who, gets(t, who, "workspaces/"+p.workspace), func() {
				must(t, "remove", of(e.owner.api.TeamMembers.Remove(t.Context(), e.ownersTeam, tfe.TeamMemberRemoveOptions{Usernames: []string{who.name}})))
			}
		}},
		{"the team deleted", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			who := e.member(t, team)
			e.giveWorkspace(t, team, p.workspace, "read", nil)
			return who, gets(t, who, "workspaces/"+p.workspace), func() { must(t, "delete", of(e.owner.api.Teams.Delete(t.Context(), team))) }
		}},
		{"a member removed from the organization", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			who := e.member(t, team)
			e.giveWorkspace(t, team, p.workspace, "read", nil)
			return who, gets(t, who, "workspaces/"+p.workspace), func() {
				must(t, "remove", of(e.owner.api.OrganizationMemberships.Delete(t.Context(), e.membershipOf(t, who))))
			}
		}},
		{"a workspace moved out of the project", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			e.giveProject(t, team, p.project, "admin", nil)
			who := e.member(t, team)
			return who, gets(t, who, "workspaces/"+p.workspace), func() {
				body := encode(t, links("workspaces", p.workspace))
				must(t, "move", e.owner.call(t, http.MethodPost, "projects/"+e.project(t)+"/relationships/workspaces", body).outcome())
			}
		}},
		{"a person suspended", unauthorized, func(t *testing.T, s *suite, e *estate, _ *place) (*caller, func() outcome, func()) {
			who := e.member(t, e.team(t, visible))
			return who, gets(t, who, "organizations/"+e.name), func() { s.act(t, who, "suspend") }
		}},
		{"a person deleted", unauthorized, func(t *testing.T, s *suite, e *estate, _ *place) (*caller, func() outcome, func()) {
			who := e.member(t, e.team(t, visible))
			return who, gets(t, who, "organizations/"+e.name), func() {
				must(t, "delete", of(s.admin.api.Admin.Users.Delete(t.Context(), s.userID(t, who))))
			}
		}},
		{"a site admin is one no more", refused, func(t *testing.T, s *suite, e *estate, _ *place) (*caller, func() outcome, func()) {
			who := s.person(t, s.fresh("promoted"))
			s.act(t, who, "grant_admin")
			return who, gets(t, who, "organizations/"+e.name), func() { s.act(t, who, "revoke_admin") }
		}},
		{"a site auditor is one no more", refused, func(t *testing.T, s *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			who := s.person(t, s.fresh("auditor"))
			s.act(t, who, "grant_site_auditor")
			return who, gets(t, who, "workspaces/"+p.workspace), func() { s.act(t, who, "revoke_site_auditor") }
		}},
	}
}

// testRevocation takes away whatever can be given.
func testRevocation(t *testing.T, s *suite) {
	e := s.organization(t)
	for _, r := range append(revocations(), endings()...) {
		s.test(t, r.name, func(t *testing.T) {
			p := e.within(t, e.project(t), nil)
			_, call, take := r.give(t, s, e, p)
			expect(t, "before", call(), allowed)
			take()
			expect(t, "on the next call", call(), r.after)
		})
	}
	s.test(t, "a suspended person returns", func(t *testing.T) {
		who := e.member(t, e.team(t, visible, "read-workspaces"))
		w := e.workspace(t, e.project(t))
		s.act(t, who, "suspend")
		for word, got := range s.admin.checkAbout(t, "user", who.name, "workspace", w, "can-read-settings", "can-read-run") {
			if got {
				t.Errorf("suspended, he still has %s", word)
			}
		}
		s.act(t, who, "unsuspend")
		expect(t, "by the old token", who.call(t, http.MethodGet, "workspaces/"+w, "").outcome(), unauthorized)
		expect(t, "by a new token", s.person(t, who.name).call(t, http.MethodGet, "workspaces/"+w, "").outcome(), allowed)
	})
	s.test(t, "an invited person has nothing until he comes", func(t *testing.T) {
		team := e.team(t, visible, "read-workspaces")
		w := e.workspace(t, e.project(t))
		m, err := e.owner.api.OrganizationMemberships.Create(t.Context(), e.name, tfe.OrganizationMembershipCreateOptions{
			Email: tfe.String(s.fresh("invited") + "@users.invalid"), Teams: []*tfe.Team{{ID: team}},
		})
		must(t, "invite", of(err))
		name := m.User.Username
		for word, got := range s.admin.checkAbout(t, "user", name, "workspace", w, "can-read-settings", "can-read-run") {
			if got {
				t.Errorf("invited, he has %s", word)
			}
		}
		if got := e.owner.read(t, "teams/"+team).related(t, "users"); len(got) != 0 {
			t.Errorf("the team shows the users %v", got)
		}
		expect(t, "at his first call", s.person(t, name).call(t, http.MethodGet, "workspaces/"+w, "").outcome(), allowed)
	})
}
