package directory

import (
	"maps"
	"slices"
)

// breakCycles drops nestings that would close a cycle with others that the catalog keeps: Normalize has broken those that
// the snapshot has by itself.
func (d *differ) breakCycles(order []string) {
	if !slices.ContainsFunc(order, func(id string) bool { return len(d.groups[id].change.AddGroups) > 0 }) {
		return
	}
	place := make(map[string]int, len(order))
	for i, id := range order {
		place[id] = i
	}
	kept, all := make([][]int, len(order)), make([][]int, len(order))
	for i, id := range order {
		g := d.groups[id]
		for _, child := range d.remaining(g) {
			kept[i] = append(kept[i], place[child])
		}
		all[i] = slices.Clone(kept[i])
		for _, child := range g.change.AddGroups {
			all[i] = append(all[i], place[child])
		}
	}
	n := &nestings{children: kept, seen: make([]int, len(order))}
	_, n.part = connected(all)
	for i, id := range order {
		g := d.groups[id]
		g.change.AddGroups = slices.DeleteFunc(g.change.AddGroups, func(child string) bool {
			if n.closes(i, place[child]) {
				d.conflict("group", id, g.name, "group %s cannot be nested in it: it is in that one already", d.groups[child].name)
				return true
			}
			n.children[i] = append(n.children[i], place[child])
			return false
		})
	}
}

// nestings are the groups inside groups that there are after a plan, by places.
type nestings struct {
	children [][]int
	part     []int // that a place is in, of the graph with everything that might be nested
	seen     []int // by which walk
	walk     int
}

// closes reports whether a group in another would close a cycle: only what is in one part with it can, and mostly nothing is.
func (n *nestings) closes(around, child int) bool {
	if n.part[around] != n.part[child] {
		return false
	}
	n.walk++
	stack := []int{child}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if i == around {
			return true
		}
		if n.seen[i] == n.walk || n.part[i] != n.part[around] {
			continue
		}
		n.seen[i] = n.walk
		stack = append(stack, n.children[i]...)
	}
	return false
}

// remaining are the groups of the source that stay nested in a group, by external id.
func (d *differ) remaining(g *groupPlan) []string {
	switch {
	case g.have == nil:
		return nil
	case !g.stop && (g.gone || !g.still):
		return slices.Clone(g.kept)
	}
	return slices.Sorted(maps.Keys(d.nestedIn(g)))
}
