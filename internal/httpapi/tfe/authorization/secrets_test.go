package authorization_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// testSecrets looks for a secret team wherever it might show: relationships, includes, and access to workspaces and
// projects (research tfe-api 6.3, DECISIONS M15, P9).
func testSecrets(t *testing.T, s *suite) {
	e := s.organization(t)
	open, ring := e.team(t, visible), e.team(t, secret)
	both := e.member(t, open, ring)
	project := e.project(t)
	web := e.workspace(t, project)
	onWeb := map[string]string{open: e.giveWorkspace(t, open, web, "read", nil), ring: e.giveWorkspace(t, ring, web, "read", nil)}
	onProject := map[string]string{open: e.giveProject(t, open, project, "read", nil), ring: e.giveProject(t, ring, project, "read", nil)}
	admins := e.team(t, visible)
	e.giveWorkspace(t, admins, web, "admin", nil)
	e.giveProject(t, admins, project, "admin", nil)
	clerks, keys := e.team(t, visible, "manage-membership"), e.team(t, visible, "manage-membership", "access-secret-teams")
	people := []struct {
		name    string
		who     *caller
		knows   bool // of the secret team
		members bool // may list people
		admin   bool // of the workspace and the project
		assigns bool // the secret team
	}{
		{"an owner", e.owner, true, true, true, true},
		{"who manages membership", e.member(t, clerks), false, true, false, false},
		{"who manages membership, secret teams included", e.member(t, keys), true, true, false, false},
		{"who is in it", both, true, false, false, false},
		{"who manages membership and is in it", e.member(t, clerks, ring), true, true, false, false},
		{"an admin of the workspace", e.member(t, admins), false, false, true, false},
		{"an admin of the workspace who is in it", e.member(t, admins, ring), true, false, true, false},
		{"an admin of the workspace who manages secret teams", e.member(t, admins, keys), true, true, true, true},
	}
	member := e.membershipOf(t, both)
	for _, p := range people {
		if p.members || p.who == both {
			s.test(t, "the teams of a membership, to "+p.name, func(t *testing.T) {
				shown := p.who.read(t, "organization-memberships/"+member).related(t, "teams")
				if got := slices.Contains(shown, ring); got != p.knows || !slices.Contains(shown, open) {
					t.Errorf("the membership shows %v, the secret team among them: %v, want %v", shown, got, p.knows)
				}
				list := p.who.call(t, http.MethodGet, "organizations/"+e.name+"/organization-memberships?include=teams&page%5Bsize%5D=100", "")
				must(t, "list memberships", list.outcome())
				if got := strings.Contains(list.body, ring); got != p.knows {
					t.Errorf("the list shows the secret team: %v, want %v", got, p.knows)
				}
			})
		}
		s.test(t, "teams with people, to "+p.name, func(t *testing.T) {
			r := p.who.call(t, http.MethodGet, "organizations/"+e.name+"/teams?include=users,organization-memberships&page%5Bsize%5D=100", "")
			must(t, "list teams", r.outcome())
			if got := strings.Contains(r.body, ring); got != p.knows {
				t.Errorf("the list shows the secret team: %v, want %v", got, p.knows)
			}
			if got := strings.Contains(r.body, both.name+"@users.invalid"); p.who != both && got != p.members {
				t.Errorf("the list shows the address of a member: %v, want %v", got, p.members)
			}
		})
		s.test(t, "access of teams, to "+p.name, func(t *testing.T) {
			inIt := p.knows && (p.who == both || strings.Contains(p.name, "is in it"))
			shown := p.admin && p.knows || inIt
			for path, row := range map[string]string{
				"team-workspaces?filter%5Bworkspace%5D%5Bid%5D=" + web: onWeb[ring],
				"team-projects?filter%5Bproject%5D%5Bid%5D=" + project: onProject[ring],
			} {
				typeName, _, _ := strings.Cut(path, "?")
				r := p.who.call(t, http.MethodGet, path, "")
				if got := strings.Contains(r.body, row); got != shown {
					t.Errorf("%s shows the secret team's row: %v, want %v", typeName, got, shown)
				}
				expect(t, "read the secret team's row of "+typeName, p.who.call(t, http.MethodGet, typeName+"/"+row, "").outcome(), is(shown))
				raise := document(t, typeName, map[string]any{"access": "write"}, nil)
				expect(t, "raise the secret team in "+typeName, p.who.call(t, http.MethodPatch, typeName+"/"+row, raise).outcome(), is(p.admin && p.assigns))
			}
		})
		s.test(t, "access for a secret team, by "+p.name, func(t *testing.T) {
			// A team of its own, in which are the same people as in ring.
			another := e.team(t, secret)
			if strings.Contains(p.name, "is in it") || p.who == both {
				e.join(t, p.who, another)
			}
			_, err := p.who.api.TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{
				Access: tfe.Access(tfe.AccessRead), Team: &tfe.Team{ID: another}, Workspace: &tfe.Workspace{ID: web},
			})
			expect(t, "on a workspace", of(err), is(p.assigns))
			_, err = p.who.api.TeamProjectAccess.Add(t.Context(), tfe.TeamProjectAccessAddOptions{
				Access: tfe.TeamProjectAccessRead, Team: &tfe.Team{ID: another}, Project: &tfe.Project{ID: project},
			})
			expect(t, "on a project", of(err), is(p.assigns))
		})
		s.test(t, "removal from the organization, by "+p.name, func(t *testing.T) {
			leaver := e.membershipOf(t, e.member(t, open, ring))
			expect(t, "of who is in a secret team", of(p.who.api.OrganizationMemberships.Delete(t.Context(), leaver)), is(p.members && p.knows))
			plain := e.membershipOf(t, e.member(t, open))
			expect(t, "of who is in a visible team", of(p.who.api.OrganizationMemberships.Delete(t.Context(), plain)), is(p.members))
			owner := e.membershipOf(t, e.member(t, e.ownersTeam))
			if p.who != e.owner { // owners are managed by owners alone (DECISIONS P5)
				expect(t, "of an owner", of(p.who.api.OrganizationMemberships.Delete(t.Context(), owner)), refused)
			}
		})
		s.test(t, "an invitation into a secret team, by "+p.name, func(t *testing.T) {
			for _, row := range []struct {
				team string
				may  bool
			}{{open, p.members}, {ring, p.members && p.knows}, {e.ownersTeam, p.who == e.owner}} {
				_, err := p.who.api.OrganizationMemberships.Create(t.Context(), e.name, tfe.OrganizationMembershipCreateOptions{
					Email: tfe.String(e.fresh("guest") + "@users.invalid"), Teams: []*tfe.Team{{ID: row.team}},
				})
				expect(t, "an invitation", of(err), is(row.may))
			}
		})
	}
}
