package authorization_test

import (
	"slices"
	"testing"
)

// testProjectAccess gives a team each fixed level, and each value of each field of custom access alone, on a project.
func testProjectAccess(t *testing.T, s *suite) {
	e := s.organization(t)
	beside := e.workspace(t, e.project(t))
	for _, level := range []string{"read", "write", "maintain", "admin"} {
		s.test(t, level, func(t *testing.T) { projectCase{estate: e, level: level, held: projectLevels[level]}.run(t, beside) })
	}
	s.test(t, "custom with nothing named", func(t *testing.T) {
		projectCase{estate: e, level: "custom", held: projectCustom(nil, false)}.run(t, beside)
	})
	for _, about := range []string{aboutProject, aboutWorkspace} {
		for _, field := range projectFields[about] {
			for _, value := range valuesOf(field) {
				for _, delegates := range []bool{false, true} {
					if delegates && field != "policy-overrides" {
						continue
					}
					fields := map[string]powers{about: {field: value}}
					c := projectCase{estate: e, level: "custom", fields: fields, held: projectCustom(fields, delegates)}
					name := title(about, field, value)
					if delegates {
						name, c.flags = name+" in a team that delegates", []string{"delegate-policy-overrides"}
					}
					s.test(t, name, func(t *testing.T) { c.run(t, beside) })
				}
			}
		}
	}
	s.test(t, "moving needs both ends", func(t *testing.T) { testMoving(t, e) })
}

type projectCase struct {
	*estate
	level  string
	fields map[string]powers
	flags  []string
	held   held
}

func (c projectCase) run(t *testing.T, beside string) {
	team := c.team(t, visible, c.flags...)
	who := c.member(t, team)
	give := func(t *testing.T, project string) { c.giveProject(t, team, project, c.level, c.fields) }
	project := c.project(t)
	give(t, project)
	p := c.within(t, project, give)

	if got := ids(who.list(t, "organizations/"+c.name+"/workspaces")); !slices.Equal(got, []string{p.workspace}) {
		t.Errorf("the list of workspaces shows %v, want %s alone", got, p.workspace)
	}
	if got := ids(who.list(t, "organizations/"+c.name+"/projects")); !slices.Equal(got, []string{p.project}) {
		t.Errorf("the list of projects shows %v, want %s alone", got, p.project)
	}
	expect(t, "read a workspace beside the project", who.call(t, "GET", "workspaces/"+beside, "").outcome(), refused)
	p.compareWorkspace(t, who, c.held.workspaces)
	p.compareProject(t, who, c.held.project)
}

// testMoving moves workspaces with the right to do so on one end alone (DECISIONS M13).
func testMoving(t *testing.T, e *estate) {
	team := e.team(t, visible)
	who := e.member(t, team)
	mine, alsoMine, foreign := e.project(t), e.project(t), e.project(t)
	for _, project := range []string{mine, alsoMine} {
		e.giveProject(t, team, project, "admin", nil)
	}
	e.giveProject(t, team, foreign, "maintain", nil)
	move := func(from, to string) outcome {
		return who.call(t, "POST", "projects/"+to+"/relationships/workspaces", encode(t, links("workspaces", e.workspace(t, from)))).outcome()
	}
	expect(t, "move out of a project one may not move from", move(foreign, mine), refused)
	expect(t, "move into a project one may not move to", move(mine, foreign), refused)
	expect(t, "move between two projects", move(mine, alsoMine), allowed)

	one, two := e.workspace(t, mine), e.workspace(t, foreign)
	both := who.call(t, "POST", "projects/"+alsoMine+"/relationships/workspaces", encode(t, links("workspaces", one, two)))
	expect(t, "move one workspace one may move and one one may not", both.outcome(), refused)
	expect(t, "the first of them stayed", is(slices.Contains(ids(who.list(t, "organizations/"+e.name+"/workspaces?filter%5Bproject%5D%5Bid%5D="+mine)), one)), allowed)
	patch := document(t, "workspaces", nil, map[string]any{"project": to("projects", alsoMine)})
	expect(t, "move by an update, out of a project one may not move from", who.call(t, "PATCH", "workspaces/"+two, patch).outcome(), refused)
	expect(t, "move by an update", who.call(t, "PATCH", "workspaces/"+one, patch).outcome(), allowed)
}
