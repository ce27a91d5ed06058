package authorization_test

import (
	"slices"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// grantor is somebody by what his team holds on a project or on a workspace in it, and what he may hand out of access.
type grantor struct {
	name, onProject, onWorkspace string
	fields                       map[string]powers // of custom access to the project
	workspace, project           []string          // the levels he may give there
}

// grantors is research tfe-api 2.2, 2.3 and 6.3 with DECISIONS P4 and P21: admins give every level. Whoever merely manages
// the teams of a project gives what he holds, and nothing on its workspaces.
func grantors() []grantor {
	workspace, project := []string{"read", "plan", "write", "admin", "custom"}, []string{"read", "write", "maintain", "admin", "custom"}
	manages := map[string]powers{aboutProject: {"teams": "manage"}}
	reads := map[string]powers{aboutProject: {"teams": "read", "settings": "delete"}, aboutWorkspace: {"create": on, "move": on, "delete": on}}
	return []grantor{
		{name: "who writes on the workspace", onWorkspace: "write"},
		{name: "an admin of the workspace", onWorkspace: "admin", workspace: workspace},
		{name: "who writes in the project", onProject: "write"},
		{name: "a maintainer of the project", onProject: "maintain", workspace: workspace},
		{name: "an admin of the project", onProject: "admin", workspace: workspace, project: project},
		{name: "who reads the project's teams", onProject: "custom", fields: reads},
		{name: "who manages the project's teams", onProject: "custom", fields: manages, project: []string{"custom"}},
	}
}

// testHanding lets everybody hand out every level.
func testHanding(t *testing.T, s *suite) {
	e := s.organization(t)
	for _, g := range grantors() {
		s.test(t, g.name, func(t *testing.T) {
			p := e.within(t, e.project(t), nil)
			team := e.team(t, visible)
			if g.onWorkspace != "" {
				e.giveWorkspace(t, team, p.workspace, g.onWorkspace, nil)
			}
			if g.onProject != "" {
				e.giveProject(t, team, p.project, g.onProject, g.fields)
			}
			who := e.member(t, team)
			for _, level := range []string{"read", "plan", "write", "admin", "custom"} {
				_, err := who.api.TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{
					Access: tfe.Access(tfe.AccessType(level)), Team: &tfe.Team{ID: e.team(t, visible)}, Workspace: &tfe.Workspace{ID: p.workspace},
				})
				expect(t, level+" on the workspace", of(err), is(slices.Contains(g.workspace, level)))
			}
			for _, level := range []string{"read", "write", "maintain", "admin", "custom"} {
				_, err := who.api.TeamProjectAccess.Add(t.Context(), tfe.TeamProjectAccessAddOptions{
					Access: tfe.TeamProjectAccessType(level), Team: &tfe.Team{ID: e.team(t, visible)}, Project: &tfe.Project{ID: p.project},
				})
				expect(t, level+" on the project", of(err), is(slices.Contains(g.project, level)))
			}
		})
	}
	s.test(t, "raising one's own team", func(t *testing.T) {
		p := e.within(t, e.project(t), nil)
		team := e.team(t, visible)
		row := e.giveProject(t, team, p.project, "custom", map[string]powers{aboutProject: {"teams": "manage"}})
		who := e.member(t, team)
		admin := tfe.TeamProjectAccessAdmin
		_, err := who.api.TeamProjectAccess.Update(t.Context(), row, tfe.TeamProjectAccessUpdateOptions{Access: &admin})
		expect(t, "to admin", of(err), refused)
		compareHeld(t, p, who, projectCustom(map[string]powers{aboutProject: {"teams": "manage"}}, false))
	})
}
