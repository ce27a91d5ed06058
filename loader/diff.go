package loader

import (
	"slices"
	"strings"
)

// Diff returns what leads from the current state to the desired one. It is pure and trusts both to be valid.
//
// Organizations that are not desired are left alone. Inside a desired one the source decides on owners, members,
// teams, who is in them and who maintains them, their visibility, description and access to workspaces.
// Workspaces are created when they are missing and never deleted: what they hold is not the source's.
//
// Actions are ordered so that each finds what it needs and nobody is without access on the way: accounts, the
// organization, workspaces, people, owners, teams and access are added in that order, then taken away in the
// opposite one. Deleting a team takes its members and grants along, ending a membership the person's places in
// teams; those are no actions of their own.
func Diff(current, desired Estate) Plan {
	current, desired = current.Normalize(), desired.Normalize()
	existing := index(current.Organizations, func(o Organization) string { return o.Name })
	accounts := accountsOf(current)
	var plan Plan
	for _, want := range desired.Organizations {
		have, exists := existing[fold(want.Name)]
		if exists {
			want.Name = have.Name
		}
		d := &differ{have: have, want: want}
		d.users(accounts)
		if !exists {
			d.newOrganization()
		}
		d.run()
		if len(d.actions) > 0 {
			plan.Organizations = append(plan.Organizations, OrganizationPlan{Name: want.Name, Actions: d.actions})
		}
	}
	return plan
}

// accountsOf returns the folded usernames of everybody an estate knows of.
func accountsOf(e Estate) map[string]bool {
	out := foldedSet(e.Users)
	for _, o := range e.Organizations {
		for _, names := range [][]string{o.Owners, o.Members, o.Invited} {
			for _, name := range names {
				out[fold(name)] = true
			}
		}
	}
	return out
}

// differ compares one organization as it is with how it is wanted, both normalized.
type differ struct {
	have, want Organization
	actions    []Action
	leaving    map[string]bool // people whose membership ends, folded
}

func (d *differ) add(op Op, kind Kind, name, detail string, target Target) {
	target.Organization = d.want.Name
	d.actions = append(d.actions, Action{Op: op, Kind: kind, Name: name, Detail: detail, Target: target})
}

// run adds everything but accounts and the organization itself.
func (d *differ) run() {
	d.leaving = foldedSet(slices.Concat(d.have.Owners, d.have.Members, d.have.Invited))
	for _, name := range slices.Concat(d.want.Owners, d.want.Members) {
		delete(d.leaving, fold(name))
	}
	haveTeams := index(d.have.Teams, func(t Team) string { return t.Name })
	wantTeams := index(d.want.Teams, func(t Team) string { return t.Name })

	d.newWorkspaces()
	d.newMemberships()
	d.newOwners()
	for _, t := range d.want.Teams {
		old, exists := haveTeams[fold(t.Name)]
		d.team(old, t, exists)
	}
	for _, t := range d.want.Teams {
		d.teamMembers(haveTeams[fold(t.Name)], t)
	}
	for _, t := range d.want.Teams {
		d.newGrants(haveTeams[fold(t.Name)], t)
	}
	for _, t := range d.have.Teams {
		if want, kept := wantTeams[fold(t.Name)]; kept {
			d.oldGrants(t, want)
		}
	}
	for _, t := range d.have.Teams {
		if want, kept := wantTeams[fold(t.Name)]; kept {
			d.oldTeamMembers(t, want)
		}
	}
	for _, t := range d.have.Teams {
		if _, kept := wantTeams[fold(t.Name)]; !kept {
			d.add(OpDelete, KindTeam, d.teamName(t.Name), "", Target{Team: t.Name})
		}
	}
	d.oldOwners()
	d.oldMemberships()
}

func (d *differ) teamName(team string) string { return d.want.Name + "/" + team }

// users creates the accounts the organization is the first to need, and remembers them.
func (d *differ) users(accounts map[string]bool) {
	for _, name := range slices.SortedFunc(slices.Values(slices.Concat(d.want.Owners, d.want.Members)), compareNames) {
		if !accounts[fold(name)] {
			accounts[fold(name)] = true
			d.add(OpCreate, KindUser, name, "", Target{User: name})
		}
	}
}

// newOrganization creates the organization with its owners, who need no actions of their own then.
func (d *differ) newOrganization() {
	d.add(OpCreate, KindOrganization, d.want.Name, "owners "+strings.Join(d.want.Owners, ", "),
		Target{Email: d.want.Email, Description: d.want.Description, Owners: d.want.Owners})
	d.have = Organization{Name: d.want.Name, Owners: d.want.Owners}
}

func (d *differ) newWorkspaces() {
	have := index(d.have.Workspaces, func(w Workspace) string { return w.Name })
	for _, w := range d.want.Workspaces {
		if _, exists := have[fold(w.Name)]; !exists {
			d.add(OpCreate, KindWorkspace, d.teamName(w.Name), "", Target{Workspace: w.Name, Description: w.Description})
		}
	}
}

func (d *differ) newMemberships() {
	have, invited := foldedSet(slices.Concat(d.have.Owners, d.have.Members)), foldedSet(d.have.Invited)
	for _, name := range slices.Concat(d.want.Owners, d.want.Members) {
		switch {
		case invited[fold(name)]:
			d.add(OpUpdate, KindMembership, d.want.Name+" "+name, "invited -> active", Target{User: name})
		case !have[fold(name)]:
			d.add(OpCreate, KindMembership, d.want.Name+" "+name, "", Target{User: name})
		}
	}
}

func (d *differ) oldMemberships() {
	seen := map[string]bool{} // an owner may be invited, too
	for _, name := range slices.Concat(d.have.Owners, d.have.Members, d.have.Invited) {
		if d.leaving[fold(name)] && !seen[fold(name)] {
			seen[fold(name)] = true
			d.add(OpDelete, KindMembership, d.want.Name+" "+name, "", Target{User: name})
		}
	}
}

func (d *differ) newOwners() {
	have := foldedSet(d.have.Owners)
	for _, name := range d.want.Owners {
		if !have[fold(name)] {
			d.add(OpCreate, KindOwner, d.want.Name+" "+name, "", Target{User: name})
		}
	}
}

// oldOwners takes away the ownership of those who stay as members.
func (d *differ) oldOwners() {
	want := foldedSet(d.want.Owners)
	for _, name := range d.have.Owners {
		if !want[fold(name)] && !d.leaving[fold(name)] {
			d.add(OpDelete, KindOwner, d.want.Name+" "+name, "", Target{User: name})
		}
	}
}

func (d *differ) team(have, want Team, exists bool) {
	target := Target{Team: want.Name, Visibility: want.Visibility, Description: want.Description}
	if !exists {
		d.add(OpCreate, KindTeam, d.teamName(want.Name), want.Visibility, target)
		return
	}
	var changes []string
	if have.Visibility != want.Visibility {
		changes = append(changes, "visibility "+have.Visibility+" -> "+want.Visibility)
	}
	if have.Description != want.Description {
		changes = append(changes, "description")
	}
	if len(changes) > 0 {
		d.add(OpUpdate, KindTeam, d.teamName(have.Name), strings.Join(changes, ", "), target)
	}
}

// role says in words what a person is in a team.
func (m Member) role() string {
	if m.Maintainer {
		return "maintainer"
	}
	return "member"
}

func (d *differ) teamMembers(have, want Team) {
	old := index(have.Members, func(m Member) string { return m.Username })
	for _, m := range want.Members {
		name := d.teamName(want.Name) + " " + m.Username
		target := Target{Team: want.Name, User: m.Username, Maintainer: m.Maintainer}
		before, exists := old[fold(m.Username)]
		switch {
		case !exists && m.Maintainer:
			d.add(OpCreate, KindTeamMember, name, m.role(), target)
		case !exists:
			d.add(OpCreate, KindTeamMember, name, "", target)
		case before.Maintainer != m.Maintainer:
			d.add(OpUpdate, KindTeamMember, name, before.role()+" -> "+m.role(), target)
		}
	}
}

func (d *differ) oldTeamMembers(have, want Team) {
	keep := index(want.Members, func(m Member) string { return m.Username })
	for _, m := range have.Members {
		if _, kept := keep[fold(m.Username)]; !kept && !d.leaving[fold(m.Username)] {
			d.add(OpDelete, KindTeamMember, d.teamName(have.Name)+" "+m.Username, "", Target{Team: have.Name, User: m.Username})
		}
	}
}

// key returns what makes two grants of a team the same one.
func (g Grant) key() string { return fold(g.Workspace) + "\x00" + g.Role }

func (d *differ) newGrants(have, want Team) {
	old := index(have.Grants, Grant.key)
	for _, g := range want.Grants {
		name := d.teamName(want.Name) + " " + g.Workspace
		target := Target{Team: want.Name, Workspace: g.Workspace, Role: g.Role}
		before, exists := old[fold(g.key())]
		switch {
		case !exists:
			d.add(OpCreate, KindGrant, name, g.Role, target)
		case before.Temporary:
			d.add(OpUpdate, KindGrant, name, g.Role+", for good", target)
		}
	}
}

func (d *differ) oldGrants(have, want Team) {
	keep := index(want.Grants, Grant.key)
	for _, g := range have.Grants {
		if _, kept := keep[fold(g.key())]; !kept {
			d.add(OpDelete, KindGrant, d.teamName(have.Name)+" "+g.Workspace, g.Role,
				Target{Team: have.Name, Workspace: g.Workspace, Role: g.Role})
		}
	}
}

// index returns a list by folded name.
func index[T any](list []T, name func(T) string) map[string]T {
	out := make(map[string]T, len(list))
	for _, x := range list {
		out[fold(name(x))] = x
	}
	return out
}

func foldedSet(names []string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[fold(name)] = true
	}
	return out
}
