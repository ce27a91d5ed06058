package loader_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/loader"
)

// drawNames draws different names out of a few, each in one of its spellings.
func drawNames(t *rapid.T, label string, least int, pool ...string) []string {
	picked := rapid.SliceOfNDistinct(rapid.SampledFrom(pool), least, len(pool), rapid.ID[string]).Draw(t, label)
	out := make([]string, len(picked))
	for i, name := range picked {
		out[i] = name
		if rapid.Bool().Draw(t, label+" in capitals") {
			out[i] = strings.ToUpper(name)
		}
	}
	return out
}

func people() []string { return []string{"ann", "bob", "cy", "dee", "eve"} }

func roles() []string { return []string{"tfe-read", "tfe-plan", "tfe-write", "tfe-admin"} }

// drawEstate draws an estate as a source would describe it.
func drawEstate(t *rapid.T, label string) loader.Estate {
	var out loader.Estate
	for _, name := range drawNames(t, label+" organizations", 0, "acme", "beta") {
		out.Organizations = append(out.Organizations, drawOrganization(t, label+" "+name, name))
	}
	return out
}

func drawOrganization(t *rapid.T, label, name string) loader.Organization {
	o := loader.Organization{Name: name, Owners: drawNames(t, label+" owners", 1, people()...), Members: drawNames(t, label+" members", 0, people()...)}
	for _, ws := range drawNames(t, label+" workspaces", 0, "net", "app", "db") {
		o.Workspaces = append(o.Workspaces, loader.Workspace{Name: ws})
	}
	for _, name := range drawNames(t, label+" teams", 0, "dev", "ops", "sec") {
		team := loader.Team{
			Name:        name,
			Visibility:  rapid.SampledFrom([]string{loader.VisibilitySecret, loader.VisibilityOrganization}).Draw(t, label+" visibility"),
			Description: rapid.SampledFrom([]string{"", "one", "two"}).Draw(t, label+" description"),
		}
		for _, user := range drawNames(t, label+" team members", 0, people()...) {
			team.Members = append(team.Members, loader.Member{Username: user, Maintainer: rapid.Bool().Draw(t, label+" maintainer")})
		}
		for _, ws := range o.Workspaces {
			for _, role := range rapid.SliceOfNDistinct(rapid.SampledFrom(roles()), 0, 2, rapid.ID[string]).Draw(t, label+" roles") {
				team.Grants = append(team.Grants, loader.Grant{Workspace: ws.Name, Role: role})
			}
		}
		o.Teams = append(o.Teams, team)
	}
	return o
}

// drawCurrent draws an estate as the catalog may be: with pending invitations, grants that expire and people
// who are in no organization.
func drawCurrent(t *rapid.T) loader.Estate {
	out := drawEstate(t, "current")
	out.Users = drawNames(t, "accounts", 0, people()...)
	for i := range out.Organizations {
		o := &out.Organizations[i]
		owners := map[string]bool{}
		for _, name := range o.Owners {
			owners[strings.ToLower(name)] = true
		}
		for _, name := range drawNames(t, "invited", 0, people()...) {
			if !owners[strings.ToLower(name)] {
				o.Invited = append(o.Invited, name)
				o.Members = slices.DeleteFunc(o.Members, func(m string) bool { return strings.EqualFold(m, name) })
			}
		}
		for j := range o.Teams {
			for k := range o.Teams[j].Grants {
				o.Teams[j].Grants[k].Temporary = rapid.Bool().Draw(t, "temporary")
			}
		}
	}
	return out
}

func TestDiffOfTheSameIsEmpty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := drawEstate(t, "estate")
		if err := x.Validate(); err != nil {
			t.Fatalf("the drawn estate is invalid: %v", err)
		}
		if plan := loader.Diff(x, x); !plan.IsEmpty() {
			t.Errorf("the plan is %v", plan.Actions())
		}
		if plan := loader.Diff(x, x.Normalize()); !plan.IsEmpty() {
			t.Errorf("after Normalize the plan is %v", plan.Actions())
		}
	})
}

func TestAppliedDiffReachesTheDesiredState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		current, desired := drawCurrent(t), drawEstate(t, "desired")
		got := newWorld(current)
		for _, a := range loader.Diff(current, desired).Actions() {
			if err := got.apply(a); err != nil {
				t.Fatalf("%s: %v", a, err)
			}
		}
		// What the source does not speak of stays: other organizations, accounts, workspaces.
		before, want := newWorld(current), newWorld(desired)
		maps.Copy(want.users, before.users)
		for name, p := range before.orgs {
			if wanted, named := want.orgs[name]; named {
				maps.Copy(wanted.workspaces, p.workspaces)
			} else {
				want.orgs[name] = p
			}
		}
		if diff := cmp.Diff(want.estate(), got.estate()); diff != "" {
			t.Errorf("(-desired +reached):\n%s", diff)
		}
		if again := loader.Diff(got.estate(), desired); !again.IsEmpty() {
			t.Errorf("a second plan is %v", again.Actions())
		}
	})
}

func TestDiffLeavesItsArgumentsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		current, desired := drawCurrent(t), drawEstate(t, "desired")
		before := [2]loader.Estate{deepCopy(current), deepCopy(desired)}
		loader.Diff(current, desired)
		if diff := cmp.Diff(before, [2]loader.Estate{current, desired}); diff != "" {
			t.Error(diff)
		}
	})
}

func deepCopy(e loader.Estate) loader.Estate {
	e.Users = slices.Clone(e.Users)
	e.Organizations = slices.Clone(e.Organizations)
	for i := range e.Organizations {
		o := &e.Organizations[i]
		o.Owners, o.Members, o.Invited = slices.Clone(o.Owners), slices.Clone(o.Members), slices.Clone(o.Invited)
		o.Workspaces, o.Teams = slices.Clone(o.Workspaces), slices.Clone(o.Teams)
		for j := range o.Teams {
			o.Teams[j].Members, o.Teams[j].Grants = slices.Clone(o.Teams[j].Members), slices.Clone(o.Teams[j].Grants)
		}
	}
	return e
}

func TestDiffKeepsItsOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plan := loader.Diff(drawCurrent(t), drawEstate(t, "desired"))
		seen := map[string]bool{}
		for _, o := range plan.Organizations {
			removed, begun := map[loader.Kind]bool{}, false
			for _, a := range o.Actions {
				what := string(a.Kind) + " " + strings.ToLower(a.Name)
				if a.Kind == loader.KindGrant {
					what += " " + a.Target.Role
				}
				switch {
				case seen[what]:
					t.Errorf("%s is done twice", what)
				case a.Op != loader.OpDelete && removed[a.Kind]:
					t.Errorf("%s comes after a removal of its kind", a)
				case a.Kind == loader.KindUser && begun:
					t.Errorf("%s comes after other actions", a)
				case a.Kind == loader.KindOwner && a.Op == loader.OpCreate && removed[loader.KindMembership]:
					t.Errorf("%s comes after members were removed", a)
				case a.Kind == loader.KindWorkspace && a.Op != loader.OpCreate:
					t.Errorf("%s touches a workspace that is there", a)
				}
				seen[what] = true
				removed[a.Kind] = removed[a.Kind] || a.Op == loader.OpDelete
				begun = begun || a.Kind != loader.KindUser
			}
		}
	})
}
