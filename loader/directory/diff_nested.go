package directory

import (
	"maps"
	"slices"
)

// nested plans which groups are nested in a group that the snapshot has. Groups of other sources are not its business.
func (d *differ) nested(g *groupPlan) {
	have := d.nestedIn(g)
	want := d.wantedIn(g, have)
	for id := range have {
		unseen := !d.snap.Partial && !d.snap.GroupsComplete && d.groups[id].said == nil
		if want[id] || unseen || d.edgeStays(g, id) {
			g.kept = append(g.kept, id)
		} else {
			g.change.RemoveGroups = append(g.change.RemoveGroups, id)
		}
	}
	for id := range want {
		if !have[id] {
			g.change.AddGroups = append(g.change.AddGroups, id)
		}
	}
	slices.Sort(g.kept)
	slices.Sort(g.change.AddGroups)
}

// nestedIn returns the groups of the source that the catalog has nested in a group, by external id.
func (d *differ) nestedIn(g *groupPlan) map[string]bool {
	out := map[string]bool{}
	if g.have == nil {
		return out
	}
	for _, child := range g.have.Children {
		if nested := d.groupIDs[child]; nested != nil {
			out[nested.id] = true
		}
	}
	return out
}

// wantedIn returns the groups that are nested in a group after the plan, as far as the snapshot says.
func (d *differ) wantedIn(g *groupPlan, have map[string]bool) map[string]bool {
	want := map[string]bool{}
	for _, id := range g.said.Groups {
		// One that is gone and named still stays where it is: nobody is in it.
		if child := d.groups[id]; child != nil && (have[id] || (child.existing && !child.gone && !child.retired)) {
			want[id] = true
		}
	}
	if !g.said.Incremental {
		return want
	}
	for id := range have {
		if _, left := slices.BinarySearch(g.said.RemovedGroups, id); !left {
			want[id] = true
		}
	}
	return want
}

// edgeStays reports whether a nesting stays although it is no more, because somebody would lose by it what the source may
// not take from him.
func (d *differ) edgeStays(g *groupPlan, child string) bool {
	k := d.keeper(child)
	if k.reason == "" {
		return false
	}
	d.conflict("group", g.id, g.name, "group %s is nested in it no more, but %s, who is in that one, %s; it stays nested",
		d.groups[child].name, d.usernameOf(k.userID, ""), k.reason)
	return true
}

// keeper is somebody in a group, directly or not, whom the source may not take out of one, and why.
type keeper struct{ userID, reason string }

// keeper finds the first of them, no reason for none. A group may be nested in hundreds: it is looked through once.
func (d *differ) keeper(id string) keeper {
	found, known := d.keepers[id]
	if known {
		return found
	}
	people := map[string]bool{}
	d.within(id, people, map[string]bool{})
	for _, userID := range slices.Sorted(maps.Keys(people)) {
		if reason := d.stays(userID); reason != "" {
			found = keeper{userID: userID, reason: reason}
			break
		}
	}
	d.keepers[id] = found
	return found
}

// inside counts who is in a group, directly or not.
func (d *differ) inside(id string) int {
	n, known := d.sizes[id]
	if !known {
		people := map[string]bool{}
		d.within(id, people, map[string]bool{})
		n = len(people)
		d.sizes[id] = n
	}
	return n
}

// within adds everybody who is in a group, directly or not, as far as the source's groups say.
func (d *differ) within(id string, people, seen map[string]bool) {
	g := d.groups[id]
	if g == nil || g.have == nil || seen[id] {
		return
	}
	seen[id] = true
	for _, userID := range g.have.Members {
		people[userID] = true
	}
	for _, child := range g.have.Children {
		if nested := d.groupIDs[child]; nested != nil {
			d.within(nested.id, people, seen)
		}
	}
}

// losses counts who is in a group through nested groups alone, and how many of them a change takes out at most.
func (d *differ) losses(g *groupPlan, c GroupChange) (nested, lost int) {
	leaving, staying := map[string]bool{}, map[string]bool{}
	seenLeaving, seenStaying := map[string]bool{}, map[string]bool{}
	for _, id := range c.RemoveGroups {
		d.within(id, leaving, seenLeaving)
	}
	for _, id := range slices.Concat(g.kept, c.AddGroups) {
		d.within(id, staying, seenStaying)
	}
	all := maps.Clone(leaving)
	maps.Copy(all, staying)
	for _, userID := range g.have.Members {
		delete(all, userID)
	}
	nested = len(all)
	for _, m := range c.Add {
		staying[m.UserID] = true
	}
	for _, userID := range g.have.Members {
		staying[userID] = true // who leaves is counted already
	}
	for userID := range leaving {
		if !staying[userID] {
			lost++
		}
	}
	return nested, lost
}
