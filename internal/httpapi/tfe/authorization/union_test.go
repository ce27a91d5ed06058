package authorization_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// share is something a team may hold that reaches a workspace, and what the oracle makes of it.
type share struct {
	name  string
	held  held
	flags []string
	give  func(t *testing.T, e *estate, team string, p *place)
}

func shares() []share {
	onWorkspace := func(name string, level string, fields powers) share {
		want := workspaceLevels[level]
		if level == "custom" {
			want = workspaceCustom(fields, false)
		}
		return share{name: name, held: held{named, want}, give: func(t *testing.T, e *estate, team string, p *place) {
			e.giveWorkspace(t, team, p.workspace, level, fields)
		}}
	}
	onProject := func(name string, level string, fields map[string]powers) share {
		want := projectLevels[level]
		if level == "custom" {
			want = projectCustom(fields, false)
		}
		return share{name: name, held: want, give: func(t *testing.T, e *estate, team string, p *place) {
			e.giveProject(t, team, p.project, level, fields)
		}}
	}
	flag := func(name string) share {
		_, everywhere, _ := organizationHeld(withNeeds(name)...)
		return share{name: name, held: everywhere, flags: withNeeds(name), give: func(*testing.T, *estate, string, *place) {}}
	}
	return []share{
		onWorkspace("plan on the workspace", "plan", nil),
		onWorkspace("write variables on the workspace", "custom", powers{"variables": "write"}),
		onWorkspace("lock the workspace", "custom", powers{"workspace-locking": on}),
		onWorkspace("write state of the workspace", "custom", powers{"state-versions": "write"}),
		onProject("read on the project", "read", nil),
		onProject("apply in the project", "custom", map[string]powers{aboutWorkspace: {"runs": "apply"}}),
		onProject("delete in the project", "custom", map[string]powers{aboutProject: {"teams": "read"}, aboutWorkspace: {"delete": on, "move": on}}),
		flag("read-workspaces"),
		flag("manage-policy-overrides"),
		flag("manage-agent-pools"),
	}
}

// testUnion gives somebody two shares through two teams, or two scopes of one: he holds the sum, not the last, the nearest
// or the smaller one.
func testUnion(t *testing.T, s *suite) {
	e := s.organization(t)
	all := shares()
	for i, a := range all {
		for _, b := range all[i+1:] {
			s.test(t, a.name+", "+b.name, func(t *testing.T) {
				p := e.within(t, e.project(t), nil)
				first, second := e.team(t, visible, a.flags...), e.team(t, visible, b.flags...)
				a.give(t, e, first, p)
				b.give(t, e, second, p)
				compareHeld(t, p, e.member(t, first, second), a.held.with(b.held))
			})
		}
	}
	for _, pair := range [][2]int{{0, 5}, {1, 4}, {2, 6}, {3, 5}} {
		a, b := all[pair[0]], all[pair[1]]
		s.test(t, "one team: "+a.name+", "+b.name, func(t *testing.T) {
			p := e.within(t, e.project(t), nil)
			team := e.team(t, visible)
			a.give(t, e, team, p)
			b.give(t, e, team, p)
			compareHeld(t, p, e.member(t, team), a.held.with(b.held))
		})
	}
	draw := rand.New(rand.NewPCG(4, 7))
	for i := range 12 {
		var sets [2][]string
		for j := range sets {
			for _, flag := range organizationFlags() {
				if draw.IntN(4) == 0 {
					sets[j] = append(sets[j], withNeeds(flag)...)
				}
			}
			slices.Sort(sets[j])
			sets[j] = slices.Compact(sets[j])
		}
		s.test(t, fmt.Sprintf("draw %d of flags: %s and %s", i, strings.Join(sets[0], " "), strings.Join(sets[1], " ")), func(t *testing.T) {
			p := e.within(t, e.project(t), nil)
			who := e.member(t, e.team(t, visible, sets[0]...), e.team(t, secret, sets[1]...))
			booleans, everywhere, _ := organizationHeld(slices.Concat(sets[0], sets[1])...)
			compareBooleans(t, who, "organization", e.name, who.read(t, "organizations/"+e.name).Attributes.Permissions, booleans)
			compareHeld(t, p, who, everywhere)
		})
	}
}

// compareHeld compares the documents of a workspace and its project, and the checks, with the oracle.
func compareHeld(t *testing.T, p *place, who *caller, want held) {
	t.Helper()
	for _, o := range []struct {
		objectType, id string
		held           powers
		rules          []rule
	}{{"workspace", p.workspace, want.workspaces, workspaceRules()}, {"project", p.project, want.project, projectRules()}} {
		path := o.objectType + "s/" + o.id
		if !o.held.has("see", on) {
			expect(t, "GET "+path, who.call(t, "GET", path, "").outcome(), refused)
			continue
		}
		compareBooleans(t, who, o.objectType, o.id, who.read(t, path).Attributes.Permissions, o.held.booleans(o.rules))
	}
}
