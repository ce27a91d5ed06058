package directory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// defaultDepth is how deep groups may be nested where the settings do not say.
const defaultDepth = 10

// Why groups are unknown that a snapshot of changes cannot speak of: the next read should be a whole one.
const (
	unknownFlat  = "flattened groups are kept in step by whole reads alone"
	unknownCycle = "it is in a cycle of nested groups, which whole reads alone keep in step"
	unknownBoth  = "the directory says of somebody both that he joined and that he left"
)

// nest brings the nested groups of a snapshot, whose groups are in order, into the form of the settings.
func (s *Snapshot) nest(set Settings) {
	depth := set.MaxDepth
	if depth == 0 {
		depth = defaultDepth
	}
	switch set.Nesting {
	case NestingIgnored:
		for i := range s.Groups {
			s.Groups[i].Groups, s.Groups[i].RemovedGroups = nil, nil
		}
	case NestingFlattened:
		s.flatten(set.Groups, depth)
	case NestingKept, "":
		s.keepNested(set.Groups, depth)
	}
}

// tree is the nesting of the groups of a snapshot, by their places in it.
type tree struct {
	groups   []Group
	place    map[string]int
	children [][]int
	parts    [][]int // groups that are nested in each other, all of them together; those nested in a part before it
	part     []int   // that of each group
}

// newTree leaves out groups that are gone.
func newTree(groups []Group, visible func(Group) bool) *tree {
	t := &tree{groups: groups, place: make(map[string]int, len(groups)), children: make([][]int, len(groups))}
	for i, g := range groups {
		if !g.Deleted && visible(g) {
			t.place[g.ID] = i
		}
	}
	for i, g := range groups {
		if _, seen := t.place[g.ID]; !seen {
			continue
		}
		for _, id := range g.Groups {
			if child, ok := t.place[id]; ok {
				t.children[i] = append(t.children[i], child)
			}
		}
	}
	t.parts, t.part = connected(t.children)
	return t
}

// connected finds the strongly connected components of a graph, by Tarjan's algorithm: its parts, each in order and after
// those that it leads to, and which of them each place is in.
func connected(children [][]int) (parts [][]int, part []int) {
	part = make([]int, len(children))
	number, low := make([]int, len(children)), make([]int, len(children))
	var stack []int
	onStack := make([]bool, len(children))
	next := 0
	var visit func(i int)
	visit = func(i int) {
		next++
		number[i], low[i] = next, next
		stack, onStack[i] = append(stack, i), true
		for _, child := range children[i] {
			if number[child] == 0 {
				visit(child)
				low[i] = min(low[i], low[child])
			} else if onStack[child] {
				low[i] = min(low[i], number[child])
			}
		}
		if low[i] != number[i] {
			return
		}
		first := len(stack) - 1
		for stack[first] != i { // from its end: a part is small, and a chain of groups is long
			first--
		}
		members := slices.Clone(stack[first:])
		stack = stack[:first]
		slices.Sort(members)
		for _, member := range members {
			onStack[member] = false
			part[member] = len(parts)
		}
		parts = append(parts, members)
	}
	for i := range children {
		if number[i] == 0 {
			visit(i)
		}
	}
	return parts, part
}

// below returns the parts that are nested in a part directly.
func (t *tree) below(part int) []int {
	found := map[int]bool{}
	for _, i := range t.parts[part] {
		for _, child := range t.children[i] {
			if t.part[child] != part {
				found[t.part[child]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// names returns those of the groups of a part, for people.
func (t *tree) names(part int) string {
	const most = 5
	var names []string
	for _, i := range t.parts[part] {
		if len(names) == most {
			return strings.Join(names, ", ") + " and others"
		}
		names = append(names, t.groups[i].label())
	}
	return strings.Join(names, ", ")
}

// cyclic reports whether the groups of a part are nested in each other, and warns of it.
func (s *Snapshot) cyclic(t *tree, part int) bool {
	if len(t.parts[part]) == 1 {
		return false
	}
	s.Warnings = append(s.Warnings, "groups are nested in each other and have the same people: "+t.names(part))
	return true
}

// keepNested leaves nested groups where they are. Those of a cycle get the people and the nested groups of all of it; one
// that is nested too deep is unknown, and so is a whole cycle with an unknown group in it.
func (s *Snapshot) keepNested(f Filter, depth int) {
	t := newTree(s.Groups, func(g Group) bool { return f.takes(g.ID, g.Name) })
	s.hideExcluded(t)
	level := make([]int, len(t.parts)) // of the deepest nesting
	for part := len(t.parts) - 1; part >= 0; part-- {
		for _, below := range t.below(part) {
			level[below] = max(level[below], level[part]+1)
		}
		if s.cyclic(t, part) {
			s.level(t, part)
		}
		for _, i := range t.parts[part] {
			if level[part] > depth && s.Groups[i].Unknown == "" {
				s.Groups[i].Unknown = fmt.Sprintf("it is nested deeper than %d levels", depth)
			}
		}
	}
}

// hideExcluded says whose people do not count because a filter leaves their group out.
func (s *Snapshot) hideExcluded(t *tree) {
	hidden := map[string]bool{}
	for _, g := range s.Groups {
		if _, ok := t.place[g.ID]; !ok {
			hidden[g.ID] = true
		}
	}
	for i, g := range s.Groups {
		if n := len(g.Groups); n > 0 {
			s.Groups[i].Groups = slices.DeleteFunc(g.Groups, func(id string) bool { return hidden[id] })
			if left := n - len(s.Groups[i].Groups); left > 0 && !hidden[g.ID] {
				s.Warnings = append(s.Warnings, fmt.Sprintf("%d groups nested in %q are gone or left out by a filter; their people are not in it", left, g.label()))
			}
		}
	}
}

// level gives the groups of a cycle the same people and the same nested groups.
func (s *Snapshot) level(t *tree, part int) {
	var members, nested []string
	unknown := ""
	if s.Partial { // who is in the others is not in it
		unknown = unknownCycle
	}
	inside := map[string]bool{}
	for _, i := range t.parts[part] {
		inside[s.Groups[i].ID] = true
	}
	for _, i := range t.parts[part] {
		g := s.Groups[i]
		members, nested = append(members, g.Members...), append(nested, g.Groups...)
		if g.Unknown != "" && unknown == "" {
			unknown = fmt.Sprintf("group %q, which is nested in it and it in that, is unknown: %s", g.label(), g.Unknown)
		}
	}
	members = ordered(members)
	nested = slices.DeleteFunc(ordered(nested), func(id string) bool { return inside[id] })
	for _, i := range t.parts[part] {
		g := &s.Groups[i]
		g.Members, g.Groups = slices.Clone(members), slices.Clone(nested)
		if g.Unknown == "" {
			g.Unknown = unknown
		}
	}
}

// flatten puts the people of nested groups into the groups around them. Groups that a filter merely does not name count
// inside of others, those that it excludes do not. A group with an unknown one inside, or one too deep, is unknown.
func (s *Snapshot) flatten(f Filter, depth int) {
	if s.Partial {
		s.refuseFlattening()
		return
	}
	t := newTree(s.Groups, func(g Group) bool { return !matches(f.Exclude, g.ID, g.Name) })
	gone := map[string]bool{}
	for _, g := range s.Groups {
		if _, ok := t.place[g.ID]; !ok {
			gone[g.ID] = true
		}
	}
	flat := &flattened{height: make([]int, len(t.parts)), members: make([][]string, len(t.parts)), reasons: make([]string, len(t.parts))}
	for part := range t.parts {
		s.flattenPart(t, part, flat, gone, depth)
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		g.Groups = nil
		if _, ok := t.place[g.ID]; !ok {
			continue
		}
		g.Members = slices.Clone(flat.members[t.part[i]])
		if g.Unknown == "" {
			g.Unknown = flat.reasons[t.part[i]]
		}
	}
}

// flattened are, by the parts of a tree, how deep groups are nested in them, who is in them, and why that is unknown.
type flattened struct {
	height  []int
	members [][]string
	reasons []string
}

// flattenPart flattens the groups of one part; those nested in them have been.
func (s *Snapshot) flattenPart(t *tree, part int, flat *flattened, gone map[string]bool, depth int) {
	s.cyclic(t, part)
	var all []string
	reason := ""
	for _, i := range t.parts[part] {
		all = append(all, s.Groups[i].Members...)
		if reason == "" {
			reason = s.unread(i, t, gone)
		}
	}
	for _, below := range t.below(part) {
		all = append(all, flat.members[below]...)
		flat.height[part] = max(flat.height[part], flat.height[below]+1)
		if reason == "" && flat.reasons[below] != "" {
			reason = fmt.Sprintf("group %s, which is nested in it, is unknown", t.names(below))
		}
	}
	if reason == "" && flat.height[part] > depth {
		reason = fmt.Sprintf("groups are nested in it deeper than %d levels", depth)
	}
	flat.members[part], flat.reasons[part] = ordered(all), reason
}

// unread says why a group cannot be flattened by itself, "" if it can.
func (s *Snapshot) unread(i int, t *tree, gone map[string]bool) string {
	g := s.Groups[i]
	if g.Unknown != "" {
		return g.Unknown
	}
	missing := 0
	for _, id := range g.Groups {
		if _, ok := t.place[id]; !ok && !gone[id] {
			missing++
		}
	}
	switch {
	case missing == 0:
		return ""
	case !s.GroupsComplete:
		return fmt.Sprintf("%d groups nested in it were not read", missing)
	}
	s.Warnings = append(s.Warnings, fmt.Sprintf("%d groups nested in %q are none that the source lists", missing, g.label()))
	return ""
}

// refuseFlattening leaves all groups alone: the catalog does not remember through which groups somebody is in a flattened
// one, so that changes alone cannot say who leaves it.
func (s *Snapshot) refuseFlattening() {
	for i := range s.Groups {
		if g := &s.Groups[i]; !g.Deleted && g.Unknown == "" {
			g.Unknown = unknownFlat
		}
	}
}
