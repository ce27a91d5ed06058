package directory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// groupPlan is what becomes of one group.
type groupPlan struct {
	id    string      // external
	name  string      // after the plan
	said  *Group      // nil: the snapshot does not name it
	have  *GroupState // nil: the catalog does not have it
	gone  bool        // the snapshot says so
	still bool        // nobody is put in or taken out, no group is nested in it or taken out
	stop  bool        // nothing is done with it at all

	change   GroupChange
	kept     []string // external ids of groups that stay nested in it, or come to be
	existing bool     // the catalog has it after the plan
	retired  bool     // after the plan
}

// groupPlans plans what becomes of groups and of who is in them.
func (d *differ) groupPlans() {
	d.groups, d.groupIDs = make(map[string]*groupPlan, len(d.state.Groups)), make(map[string]*groupPlan, len(d.state.Groups))
	for i := range d.state.Groups {
		st := &d.state.Groups[i]
		g := &groupPlan{id: st.ExternalID, name: st.DisplayName, have: st}
		d.groups[st.ExternalID], d.groupIDs[st.ID] = g, g
		d.plan.Before.Memberships += len(st.Members)
		if st.GoneAt.IsZero() {
			d.plan.Before.Groups++
		}
	}
	for i := range d.snap.Groups {
		said := &d.snap.Groups[i]
		g := d.groups[said.ID]
		if g == nil {
			g = &groupPlan{id: said.ID, name: said.label()}
			d.groups[said.ID] = g
		}
		g.said = said
		if !said.Deleted {
			d.plan.Seen.Groups++
			d.plan.Seen.Memberships += len(said.Members)
		}
	}
	order := slices.Sorted(maps.Keys(d.groups))
	for _, l := range d.state.Links {
		if g := d.groupIDs[l.GroupID]; g != nil && l.Rule == "" && !l.SiteAdmins && l.Team == g.have.DisplayName && d.namesTeams() {
			d.byName[l.GroupID]++
		}
	}
	for _, id := range order {
		d.disposition(d.groups[id])
	}
	if d.nameless > 0 {
		d.warn("%d groups have no name that can be read; they keep the one they have", d.nameless)
	}
	for _, id := range order {
		if g := d.groups[id]; !g.still && !g.stop && !g.gone {
			d.members(g)
			d.nested(g)
		}
	}
	d.breakCycles(order)
	for _, id := range order {
		d.change(d.groups[id])
	}
}

// disposition decides what a group is after the plan, its name included.
func (d *differ) disposition(g *groupPlan) {
	g.existing = g.have != nil
	g.retired = g.have != nil && !g.have.GoneAt.IsZero()
	g.change = GroupChange{ExternalID: g.id, Name: g.name}
	if g.have != nil {
		g.change.GroupID, g.change.Members = g.have.ID, len(g.have.Members)
	}
	switch {
	case g.have != nil && g.have.Paused:
		g.stop = true
		d.plan.Unknown = append(d.plan.Unknown, Unknown{What: g.id, Name: g.name, Reason: reasonPaused})
	case g.said == nil:
		g.gone = d.groupsGone() || d.snap.Partial && g.retired // for long, maybe
		g.stop = !g.gone
	case g.said.Deleted:
		g.gone, g.stop = true, g.have == nil
	default:
		d.present(g)
	}
	if g.gone && !g.stop {
		d.lost(g)
	}
}

// present decides about a group that the snapshot has.
func (d *differ) present(g *groupPlan) {
	if reason := d.unknownMembers(g.said); reason != "" {
		g.still = true
		if g.said.Unknown == "" {
			d.plan.Unknown = append(d.plan.Unknown, Unknown{What: g.id, Name: g.name, Reason: reason})
		}
	}
	d.rename(g)
	switch {
	case g.stop:
	case g.still && g.have == nil:
		g.stop = true // it is made when it is known who is in it
	case g.have == nil:
		g.existing, g.change.Op = true, OpCreate
		d.plan.Reread = d.plan.Reread || d.snap.Partial // groups that it was nested in before are not in it
	case g.retired && !g.still:
		g.retired, g.change.Op = false, OpRestore
		d.plan.Reread = d.plan.Reread || d.snap.Partial
	}
}

// rename gives a group the name that the snapshot has. One that the catalog knows keeps its own where that cannot be read or
// is none: teams may go by it.
func (d *differ) rename(g *groupPlan) {
	if g.said.Name == "" && g.have != nil {
		d.nameless++
		return
	}
	name := g.said.label()
	if reason := groupNameFault(name); reason != "" {
		d.conflict("group", g.id, "", "%s", reason)
		g.stop = g.have == nil
		return
	}
	if g.have != nil && name != g.have.DisplayName {
		g.change.Op, g.change.Was = OpUpdate, g.have.DisplayName
		g.name, g.change.Name = name, name
	}
}

// namesTeams reports whether groups of the source are in teams by their names.
func (d *differ) namesTeams() bool {
	return d.state.Trust == catalog.TrustTeams || d.state.Trust == catalog.TrustAdministrators
}

// nameLoss counts the memberships of teams that end with the name that a group had, and of the administrators' group.
func (d *differ) nameLoss(g *groupPlan) int {
	places := d.byName[g.have.ID]
	if d.state.Administrators != "" && g.have.DisplayName == d.state.Administrators && d.state.Trust == catalog.TrustAdministrators {
		places++
	}
	return places * d.inside(g.id)
}

// unknownMembers says why it cannot be known who is in a group, "" where it can.
func (d *differ) unknownMembers(said *Group) string {
	if said.Unknown != "" {
		return said.Unknown
	}
	people := 0
	for _, ref := range said.Members {
		if d.who[ref] == nil {
			people++
		}
	}
	nested := 0
	for _, ref := range said.Groups {
		if d.groups[ref] == nil {
			nested++
		}
	}
	if people+nested == 0 {
		return ""
	}
	switch {
	case said.Incremental:
		d.plan.Reread = true
	case people > 0 && !d.usersGone():
		d.plan.Reread = d.plan.Reread || d.snap.Partial
		return fmt.Sprintf("%d of its members are nobody that is known", people)
	case nested > 0 && !d.groupsGone():
		d.plan.Reread = d.plan.Reread || d.snap.Partial
		return fmt.Sprintf("%d groups nested in it are none that is known", nested)
	}
	d.warn("%d members of %q are no people or groups that the source lists; they are left out", people+nested, cmp.Or(said.Name, d.groups[said.ID].name))
	return ""
}

// lost retires a group that is gone, or deletes one that has been gone for long. People whom the source may not take out
// stay in it, and it stays with them.
func (d *differ) lost(g *groupPlan) {
	if g.retired {
		if d.due(g.have.GoneAt) {
			g.change.Op, g.existing = OpDelete, false
		}
		return
	}
	g.change.Op, g.retired = OpRetire, true
	for _, userID := range g.have.Members {
		if reason := d.stays(userID); reason != "" {
			d.conflict("group", g.id, g.name, "it is gone, but %s %s; it stays with him", d.usernameOf(userID, ""), reason)
			g.change.Op, g.retired = OpUpdate, false
			continue
		}
		g.change.Remove = append(g.change.Remove, d.member(userID))
	}
	for _, child := range g.have.Children {
		switch nested := d.groupIDs[child]; {
		case nested == nil:
		case d.edgeStays(g, nested.id):
			g.change.Op, g.retired = OpUpdate, false
			g.kept = append(g.kept, nested.id)
		default:
			g.change.RemoveGroups = append(g.change.RemoveGroups, nested.id)
		}
	}
}

// change puts what was found out about a group into the plan.
func (d *differ) change(g *groupPlan) {
	c := g.change
	moves := len(c.Add)+len(c.Remove)+len(c.AddGroups)+len(c.RemoveGroups) > 0
	switch {
	case g.stop:
		return
	case c.Op == "" && !moves, c.Op == OpUpdate && !moves && c.Was == "":
		return
	case c.Op == "":
		c.Op = OpUpdate
	}
	slices.SortFunc(c.Add, compareMembers)
	slices.SortFunc(c.Remove, compareMembers)
	slices.Sort(c.AddGroups)
	slices.Sort(c.RemoveGroups)
	if g.have != nil && (moves || c.Op != OpUpdate) {
		c.Before = MembersDigest(g.have.Members, g.have.Children)
	}
	if c.Was != "" {
		c.NameLost = d.nameLoss(g)
	}
	if len(c.RemoveGroups) > 0 {
		c.Nested, c.Lost = d.losses(g, c)
	}
	d.plan.Groups = append(d.plan.Groups, c)
}
