package authorization_test

import (
	"net/http"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// endings are revocations of whole credentials and organizations.
func endings() []revocation {
	reads := func(t *testing.T, who *caller, e *estate) func() outcome {
		return func() outcome { return who.call(t, http.MethodGet, "organizations/"+e.name, "").outcome() }
	}
	teamToken := func(t *testing.T, e *estate, team string) *caller {
		token, err := e.owner.api.TeamTokens.Create(t.Context(), team)
		must(t, "issue a token", of(err))
		return e.caller(t, token.Token)
	}
	organizationToken := func(t *testing.T, e *estate) *caller {
		token, err := e.owner.api.OrganizationTokens.Create(t.Context(), e.name)
		must(t, "issue a token", of(err))
		return e.caller(t, token.Token)
	}
	return []revocation{
		{"a user token deleted", unauthorized, func(t *testing.T, s *suite, e *estate, _ *place) (*caller, func() outcome, func()) {
			first := e.member(t, e.team(t, visible))
			token, err := first.api.UserTokens.Create(t.Context(), s.userID(t, first), tfe.UserTokenCreateOptions{})
			must(t, "issue a token", of(err))
			who := s.caller(t, token.Token)
			return who, reads(t, who, e), func() { must(t, "delete", of(first.api.UserTokens.Delete(t.Context(), token.ID))) }
		}},
		{"a team token deleted", unauthorized, func(t *testing.T, _ *suite, e *estate, _ *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			who := teamToken(t, e, team)
			return who, reads(t, who, e), func() { must(t, "delete", of(e.owner.api.TeamTokens.Delete(t.Context(), team))) }
		}},
		{"a team token replaced", unauthorized, func(t *testing.T, _ *suite, e *estate, _ *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			who := teamToken(t, e, team)
			return who, reads(t, who, e), func() { teamToken(t, e, team) }
		}},
		{"the team of a token deleted", unauthorized, func(t *testing.T, _ *suite, e *estate, _ *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			who := teamToken(t, e, team)
			return who, reads(t, who, e), func() { must(t, "delete", of(e.owner.api.Teams.Delete(t.Context(), team))) }
		}},
		{"access of a token's team removed", refused, func(t *testing.T, _ *suite, e *estate, p *place) (*caller, func() outcome, func()) {
			team := e.team(t, visible)
			id, who := e.giveWorkspace(t, team, p.workspace, "read", nil), teamToken(t, e, team)
			call := func() outcome { return who.call(t, http.MethodGet, "workspaces/"+p.workspace, "").outcome() }
			return who, call, func() { must(t, "remove", of(e.owner.api.TeamAccess.Remove(t.Context(), id))) }
		}},
		{"an organization token replaced", unauthorized, func(t *testing.T, s *suite, _ *estate, _ *place) (*caller, func() outcome, func()) {
			own := s.organization(t)
			who := organizationToken(t, own)
			return who, reads(t, who, own), func() { organizationToken(t, own) }
		}},
		{"an organization token deleted", unauthorized, func(t *testing.T, s *suite, _ *estate, _ *place) (*caller, func() outcome, func()) {
			own := s.organization(t)
			who := organizationToken(t, own)
			return who, reads(t, who, own), func() {
				must(t, "delete", of(own.owner.api.OrganizationTokens.Delete(t.Context(), own.name)))
			}
		}},
		{"the organization disabled, for an owner", refused, func(t *testing.T, s *suite, _ *estate, _ *place) (*caller, func() outcome, func()) {
			own := s.organization(t)
			return own.owner, reads(t, own.owner, own), func() { own.disable(t, true) }
		}},
		{"the organization disabled, for its token", unauthorized, func(t *testing.T, s *suite, _ *estate, _ *place) (*caller, func() outcome, func()) {
			own := s.organization(t)
			who := organizationToken(t, own)
			return who, reads(t, who, own), func() { own.disable(t, true) }
		}},
		{"the organization disabled, for a team token", unauthorized, func(t *testing.T, s *suite, _ *estate, _ *place) (*caller, func() outcome, func()) {
			own := s.organization(t)
			who := teamToken(t, own, own.ownersTeam)
			return who, reads(t, who, own), func() { own.disable(t, true) }
		}},
		{"the organization disabled, for a site admin", refused, func(t *testing.T, s *suite, _ *estate, _ *place) (*caller, func() outcome, func()) {
			own := s.organization(t)
			return s.admin, reads(t, s.admin, own), func() { own.disable(t, true) }
		}},
		{"the organization deleted", refused, func(t *testing.T, s *suite, _ *estate, _ *place) (*caller, func() outcome, func()) {
			own := s.organization(t)
			return own.owner, reads(t, own.owner, own), func() { must(t, "delete", of(own.owner.api.Organizations.Delete(t.Context(), own.name))) }
		}},
		{"user tokens refused", unauthorized, func(t *testing.T, s *suite, _ *estate, _ *place) (*caller, func() outcome, func()) {
			own := s.organization(t)
			return own.owner, reads(t, own.owner, own), func() { own.userTokens(t, own.owner, false) }
		}},
	}
}

// disable disables an organization, or ends that, as the site admin.
func (e *estate) disable(t *testing.T, disabled bool) {
	t.Helper()
	_, err := e.admin.api.Admin.Organizations.Update(t.Context(), e.name, tfe.AdminOrganizationUpdateOptions{IsDisabled: &disabled})
	must(t, "disable the organization", of(err))
}

// userTokens says whether the organization takes user tokens.
func (e *estate) userTokens(t *testing.T, who *caller, enabled bool) {
	t.Helper()
	body := document(t, "organizations", map[string]any{"user-tokens-enabled": enabled}, nil)
	must(t, "change the organization", who.call(t, http.MethodPatch, "organizations/"+e.name, body).outcome())
}
