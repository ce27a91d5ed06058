package authorization_test

import (
	"slices"
	"testing"
)

// testWorkspaceAccess gives a team each fixed level, and each value of each field of custom access alone, on one
// workspace, and looks through the eyes of the team's only member.
func testWorkspaceAccess(t *testing.T, s *suite) {
	e, other := s.organization(t), s.organization(t)
	siblings := []string{e.workspace(t, e.project(t)), other.workspace(t, other.defaultProject)}
	for _, level := range []string{"read", "plan", "write", "admin"} {
		s.test(t, level, func(t *testing.T) {
			workspaceCase{estate: e, level: level, held: workspaceLevels[level]}.run(t, siblings)
		})
	}
	s.test(t, "custom with nothing named", func(t *testing.T) {
		workspaceCase{estate: e, level: "custom", held: workspaceCustom(nil, false)}.run(t, siblings)
	})
	for _, field := range workspaceFields {
		for _, value := range valuesOf(field) {
			for _, delegates := range []bool{false, true} {
				if delegates && field != "policy-overrides" {
					continue
				}
				name := title("custom", field, value)
				c := workspaceCase{estate: e, level: "custom", fields: powers{field: value}, held: workspaceCustom(powers{field: value}, delegates)}
				if delegates {
					name, c.flags = name+" in a team that delegates", []string{"delegate-policy-overrides"}
				}
				s.test(t, name, func(t *testing.T) { c.run(t, siblings) })
			}
		}
	}
}

type workspaceCase struct {
	*estate
	level  string
	fields powers
	flags  []string // of the team
	held   powers
}

func (c workspaceCase) run(t *testing.T, siblings []string) {
	team := c.team(t, visible, c.flags...)
	who := c.member(t, team)
	p := c.place(t, team)
	siblings = append(slices.Clone(siblings), c.workspace(t, p.project))

	if got := ids(who.list(t, "organizations/"+c.name+"/workspaces")); !slices.Equal(got, []string{p.workspace}) {
		t.Errorf("the list of workspaces shows %v, want %s alone", got, p.workspace)
	}
	if got := ids(who.list(t, "organizations/"+c.name+"/projects")); !slices.Equal(got, []string{p.project}) {
		t.Errorf("the list of projects shows %v, want %s alone", got, p.project)
	}
	for _, sibling := range siblings {
		expect(t, "read a workspace beside it", who.call(t, "GET", "workspaces/"+sibling, "").outcome(), refused)
	}
	p.compareWorkspace(t, who, c.held)
	p.compareProject(t, who, named)
}

// place returns a workspace on which a team has the case's access, in a project on which it has none.
func (c workspaceCase) place(t *testing.T, team string) *place {
	give := func(t *testing.T, workspace string) string {
		c.giveWorkspace(t, team, workspace, c.level, c.fields)
		return workspace
	}
	project := c.project(t)
	return &place{
		estate: c.estate, project: project,
		workspace: give(t, c.workspace(t, project)),
		another:   func(t *testing.T) string { return give(t, c.workspace(t, project)) },
		like:      func(t *testing.T) string { return c.project(t) },
	}
}
