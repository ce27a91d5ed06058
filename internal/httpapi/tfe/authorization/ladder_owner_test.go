package authorization_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// testOwnersTeam lets owners act on their own team (DECISIONS P5, P20).
func testOwnersTeam(t *testing.T, s *suite) {
	e := s.organization(t)
	c := climber{owner: true}
	e.compareTeam(t, e.owner, e.ownersTeam, c, ownersTeam)
	all := e.owner.read(t, "teams/"+e.ownersTeam).Attributes.OrganizationAccess
	for _, flag := range organizationFlags() {
		if !all[flag] {
			t.Errorf("the owners team's document says %s false", flag)
		}
	}
	path := "teams/" + e.ownersTeam
	none := document(t, "teams", map[string]any{"organization-access": map[string]bool{"manage-policies": false}}, nil)
	expect(t, "take a flag from the owners team", e.owner.call(t, http.MethodPatch, path, none).outcome(), allowed)
	if got := e.owner.read(t, path).Attributes.OrganizationAccess; !got["manage-policies"] {
		t.Error("the owners team lost a flag")
	}
	if got := e.owner.call(t, http.MethodDelete, path, "").status; got/100 != 4 {
		t.Errorf("delete the owners team: %d", got)
	}
	shown := document(t, "teams", map[string]any{"visibility": otherVisibility[e.visibilityOf(t, e.ownersTeam)]}, nil)
	if got := e.owner.call(t, http.MethodPatch, path, shown).status; got/100 != 4 {
		t.Errorf("hide the owners team: %d", got)
	}
	out := encode(t, links("users", e.owner.name))
	expect(t, "the last owner leaves", e.owner.call(t, http.MethodDelete, path+"/relationships/users", out).outcome(), forbidden)
	second := e.member(t, e.ownersTeam)
	expect(t, "an owner issues the team's token", teamActions[3].do(t, second, e, e.ownersTeam), allowed)
	expect(t, "an owner leaves while another stays", e.owner.call(t, http.MethodDelete, path+"/relationships/users", out).outcome(), allowed)
	expect(t, "he is no owner any more", e.owner.call(t, http.MethodPatch, path, none).outcome(), refused)
	expect(t, "the other one is", second.call(t, http.MethodPatch, path, none).outcome(), allowed)
}

// testDelegation sets flags of a team: by whom, and on what team (research tfe-api 6.4, DECISIONS P4, P6, P19).
func testDelegation(t *testing.T, s *suite) {
	e := s.organization(t)
	ladder := []string{"manage-membership", "manage-teams", "manage-organization-access"}
	high := e.member(t, e.team(t, visible, ladder...))
	low := e.member(t, e.team(t, visible, ladder[:2]...))
	for _, flag := range organizationFlags() {
		set := withNeeds(flag)
		s.test(t, flag+" by an update", func(t *testing.T) {
			team := e.team(t, visible)
			body := document(t, "teams", map[string]any{"organization-access": accessOf(set...)}, nil)
			expect(t, "by who manages teams", low.call(t, http.MethodPatch, "teams/"+team, body).outcome(), refused)
			e.hasFlags(t, team)
			expect(t, "by who manages organization access", high.call(t, http.MethodPatch, "teams/"+team, body).outcome(), allowed)
			e.hasFlags(t, team, set...)
			who := e.member(t, team)
			booleans, _, _ := organizationHeld(set...)
			compareBooleans(t, who, "organization", e.name, who.read(t, "organizations/"+e.name).Attributes.Permissions, booleans)
		})
		s.test(t, flag+" with a new team", func(t *testing.T) {
			name := e.fresh("team")
			body := e.teamDocument(t, name, visible, set...)
			list := "organizations/" + e.name + "/teams"
			expect(t, "by who manages teams", low.call(t, http.MethodPost, list, body).outcome(), refused)
			if got := e.owner.list(t, list+"?filter%5Bnames%5D="+name); len(got) != 0 {
				t.Error("a refused call made a team")
			}
			expect(t, "by who manages organization access", high.call(t, http.MethodPost, list, body).outcome(), allowed)
		})
	}
	for i, flag := range ladder[1:] {
		s.test(t, flag+" for a team that has not come so far", func(t *testing.T) {
			team := e.team(t, visible, ladder[:i]...)
			body := document(t, "teams", map[string]any{"organization-access": accessOf(flag)}, nil)
			r := high.call(t, http.MethodPatch, "teams/"+team, body)
			if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "/data/attributes/organization-access/"+flag) {
				t.Errorf("%d %s, want 422 at %s", r.status, r.body, flag)
			}
			e.hasFlags(t, team, ladder[:i]...)
		})
	}
	s.test(t, "every unmet prerequisite at once", func(t *testing.T) {
		body := e.teamDocument(t, e.fresh("team"), visible, "manage-projects", "read-projects", "manage-teams")
		r := high.call(t, http.MethodPost, "organizations/"+e.name+"/teams", body)
		if r.status != http.StatusUnprocessableEntity || strings.Count(r.body, "organization-access/") != 3 {
			t.Errorf("%d %s, want 422 with three pointers", r.status, r.body)
		}
	})
	s.test(t, "manage-membership joins any visible team", func(t *testing.T) {
		who := e.member(t, e.team(t, visible, "manage-membership"))
		strong, hidden := e.team(t, visible, "manage-workspaces"), e.team(t, secret, "manage-workspaces")
		expect(t, "a visible team", of(who.api.TeamMembers.Add(t.Context(), strong, tfe.TeamMemberAddOptions{Usernames: []string{who.name}})), allowed)
		expect(t, "a secret team", of(who.api.TeamMembers.Add(t.Context(), hidden, tfe.TeamMemberAddOptions{Usernames: []string{who.name}})), refused)
		expect(t, "the owners", of(who.api.TeamMembers.Add(t.Context(), e.ownersTeam, tfe.TeamMemberAddOptions{Usernames: []string{who.name}})), refused)
		if can := who.read(t, "organizations/"+e.name).Attributes.Permissions; !can["can-create-workspace"] || can["can-update"] {
			t.Errorf("he holds %v", can)
		}
	})
	for _, member := range []bool{true, false} {
		s.test(t, fmt.Sprintf("members and their team's tokens: %v", member), func(t *testing.T) { testOwnTokens(t, e, member) })
	}
}

// accessOf is an organization-access object.
func accessOf(flags ...string) map[string]bool { return set(flags...) }

// hasFlags fails unless a team has set these flags and no other.
func (e *estate) hasFlags(t *testing.T, team string, want ...string) {
	t.Helper()
	var got []string
	for name, set := range e.owner.read(t, "teams/"+team).Attributes.OrganizationAccess {
		if set {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("the team has the flags %v, want %v", got, want)
	}
}

// testOwnTokens manages the tokens of a team as its plain member (DECISIONS P7).
func testOwnTokens(t *testing.T, e *estate, member bool) {
	team, err := e.owner.api.Teams.Create(t.Context(), e.name, tfe.TeamCreateOptions{
		Name: tfe.String(e.fresh("team")), Visibility: tfe.String(visible), AllowMemberTokenManagement: &member,
	})
	must(t, "create a team", of(err))
	who, beside := e.member(t, team.ID), e.member(t, e.team(t, visible))
	manager := e.member(t, e.team(t, visible, "manage-membership", "manage-teams"))
	for _, row := range []struct {
		who  *caller
		what string
		may  bool
	}{{who, "a member", member}, {beside, "who is in another team", false}, {manager, "who manages teams", true}, {e.owner, "an owner", true}} {
		_, err := row.who.api.TeamTokens.Create(t.Context(), team.ID)
		expect(t, row.what+" issues the token", of(err), is(row.may))
		_, err = row.who.api.TeamTokens.CreateWithOptions(t.Context(), team.ID, tfe.TeamTokenCreateOptions{Description: tfe.String(e.fresh("token"))})
		expect(t, row.what+" issues a further token", of(err), is(row.may))
		if _, err := e.owner.api.TeamTokens.Create(t.Context(), team.ID); err != nil {
			t.Fatal(err)
		}
		_, err = row.who.api.TeamTokens.Read(t.Context(), team.ID)
		expect(t, row.what+" reads the token", of(err), is(row.may))
		shown := row.who.read(t, "teams/"+team.ID).Attributes.Permissions
		if shown["can-update-api-token"] != row.may || shown["can-view-api-token"] != row.may {
			t.Errorf("%s: the document says %v and %v", row.what, shown["can-update-api-token"], shown["can-view-api-token"])
		}
		expect(t, row.what+" revokes the token", of(row.who.api.TeamTokens.Delete(t.Context(), team.ID)), is(row.may))
	}
}
