package authorization_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// climber is who stands on a rung of the ladder of team management, with sight of secret teams or without.
type climber struct {
	rung   int
	secret bool
	owner  bool
}

func (c climber) String() string {
	if c.owner {
		return "an owner"
	}
	name := []string{"nothing", "manage-membership", "manage-teams", "manage-organization-access"}[c.rung]
	if c.secret {
		name += " and access-secret-teams"
	}
	return name
}

// flags are what a team sets to put its members there.
func (c climber) flags() []string {
	set := []string{"manage-membership", "manage-teams", "manage-organization-access"}[:c.rung]
	if c.secret {
		return append([]string{"access-secret-teams"}, set...)
	}
	return set
}

func climbers() []climber {
	out := []climber{{rung: rungNone}, {owner: true}}
	for rung := rungMembership; rung <= rungAccess; rung++ {
		out = append(out, climber{rung: rung}, climber{rung: rung, secret: true})
	}
	return out
}

// The kinds of teams that somebody may try to manage.
const (
	visibleTeam = "a visible team"
	secretTeam  = "a secret team"
	ownTeam     = "a secret team one is in"
	ownersTeam  = "the owners team"
)

// may is the table of research tfe-api 6.4 with DECISIONS P5, P6, P7 and M15, for teams whose members may not manage its
// tokens. An own secret team is seen, and its membership managed with the ladder's first rung; else it is secret like
// any other.
func (c climber) may(what, kind string) bool {
	if kind == ownersTeam {
		return what == "see" || what == "read access" || c.owner && what != "delete" && what != "visibility" && what != "access"
	}
	if c.owner {
		return true
	}
	reach := func(rung int) bool { return c.rung >= rung && (kind == visibleTeam || c.secret) }
	switch what {
	case "see":
		return kind != secretTeam || reach(rungMembership)
	case "read access": // DECISIONS M15
		return kind == ownTeam || reach(rungMembership)
	case "membership":
		return reach(rungMembership) || kind == ownTeam && c.rung >= rungMembership
	case "name", "token", "delete":
		return reach(rungTeams)
	case "visibility":
		return c.secret && reach(rungTeams)
	case "access":
		return reach(rungAccess)
	}
	panic("no expectation for " + what)
}

// testLadder lets everybody on the ladder do seven things to four kinds of teams.
func testLadder(t *testing.T, s *suite) {
	e := s.organization(t)
	for _, c := range climbers() {
		who := e.owner
		if !c.owner {
			who = e.member(t, e.team(t, visible, c.flags()...))
		}
		for _, kind := range []string{visibleTeam, secretTeam, ownTeam, ownersTeam} {
			for _, a := range teamActions {
				if c.owner && kind == ownersTeam && a.what != "see" {
					continue // the other owners' case has an organization of its own
				}
				s.test(t, fmt.Sprintf("%s: %s of %s", c, a.what, kind), func(t *testing.T) {
					team := e.target(t, kind, who)
					e.compareTeam(t, who, team, c, kind)
					expect(t, a.what, a.do(t, who, e, team), is(c.may(a.what, kind)))
				})
			}
		}
		s.test(t, fmt.Sprintf("%s: new teams", c), func(t *testing.T) {
			expect(t, "create a visible team", e.createTeam(t, who, visible), is(c.owner || c.rung >= rungTeams))
			expect(t, "create a secret team", e.createTeam(t, who, secret), is(c.owner || c.secret && c.rung >= rungTeams))
		})
	}
	s.test(t, "access-secret-teams needs a rung", func(t *testing.T) {
		body := e.teamDocument(t, e.fresh("team"), visible, "access-secret-teams")
		r := e.owner.call(t, http.MethodPost, "organizations/"+e.name+"/teams", body)
		if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "/data/attributes/organization-access/access-secret-teams") {
			t.Errorf("%d %s, want 422 at access-secret-teams", r.status, r.body)
		}
	})
	s.test(t, "owners and the owners team", func(t *testing.T) { testOwnersTeam(t, s) })
}

// target makes a team of a kind. Its members may not manage its tokens, which is a setting of its own.
func (e *estate) target(t *testing.T, kind string, who *caller) string {
	t.Helper()
	if kind == ownersTeam {
		return e.ownersTeam
	}
	visibility := map[string]string{visibleTeam: visible, secretTeam: secret, ownTeam: secret}[kind]
	team, err := e.owner.api.Teams.Create(t.Context(), e.name, tfe.TeamCreateOptions{
		Name: tfe.String(e.fresh("team")), Visibility: &visibility, AllowMemberTokenManagement: tfe.Bool(false),
	})
	must(t, "create a team", of(err))
	if kind == ownTeam {
		e.join(t, who, team.ID)
	}
	return team.ID
}

// compareTeam compares a team's document and whether lists show it with the table.
func (e *estate) compareTeam(t *testing.T, who *caller, team string, c climber, kind string) {
	t.Helper()
	path := "organizations/" + e.name + "/teams?filter%5Bnames%5D=" + e.owner.read(t, "teams/"+team).Attributes.Name
	if !c.may("see", kind) {
		if got := ids(who.list(t, path)); len(got) != 0 {
			t.Errorf("the list of teams shows %s, which is secret", team)
		}
		return
	}
	want := map[string]bool{}
	for name, what := range teamBooleans {
		want[name] = c.may(what, kind)
	}
	document := who.read(t, "teams/"+team)
	if shown := document.Attributes.OrganizationAccess != nil; shown != c.may("read access", kind) {
		t.Errorf("the document shows the organization access: %v, want %v", shown, !shown)
	}
	compareBooleans(t, who, "team", team, document.Attributes.Permissions, want)
	item := only(t, team, who.list(t, path))
	sameBooleans(t, item.Attributes.Permissions, document.Attributes.Permissions)
}
