package directory

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// allGroups does what the plan says about groups.
func (a *application) allGroups(ctx context.Context) error {
	weight := func(g GroupChange) int {
		return 1 + len(g.Add) + len(g.Remove) + len(g.AddGroups) + len(g.RemoveGroups)
	}
	do := func(ctx context.Context, h *hand, part []GroupChange) error { return h.groups(ctx, part) }
	for _, stage := range stages(a.plan.Groups) {
		if err := batches(ctx, a, stage, maxMemberships, weight, do, skippedGroup); err != nil {
			return err
		}
	}
	return nil
}

func skippedGroup(g GroupChange, reason string) Skip {
	return Skip{What: "group", ID: g.ExternalID, Name: g.Name, Op: g.Op, Reason: reason}
}

// stages orders the changes of groups: those that somebody leaves; those that are gone; those that are only joined; those
// that others are nested in, the inner ones first; and those that are deleted, when nothing is nested in them any more. A
// group that is gone leaves the groups around it by itself, so it comes after those that take it out.
func stages(groups []GroupChange) [][]GroupChange {
	var leave, gone, join, nest, late, end []GroupChange
	takenOut := map[string]bool{} // by groups that others are nested in at the same time
	for _, g := range groups {
		if len(g.AddGroups) > 0 {
			for _, key := range g.RemoveGroups {
				takenOut[key] = true
			}
		}
	}
	for _, g := range groups {
		switch {
		case g.Op == OpDelete:
			end = append(end, g)
		case len(g.AddGroups) > 0:
			nest = append(nest, g)
		case g.Op == OpRetire && takenOut[g.ExternalID]:
			late = append(late, g)
		case g.Op == OpRetire:
			gone = append(gone, g)
		case len(g.Remove)+len(g.RemoveGroups) > 0:
			leave = append(leave, g)
		default:
			join = append(join, g)
		}
	}
	return [][]GroupChange{leave, outerFirst(gone), join, innerFirst(nest), outerFirst(late), end}
}

// outerFirst puts groups before those that they take out, for the same reason.
func outerFirst(groups []GroupChange) []GroupChange {
	out := ordering(groups, func(g GroupChange) []string { return g.RemoveGroups })
	slices.Reverse(out)
	return out
}

// innerFirst puts groups behind those that are nested in them. What goes in a circle keeps its order: the catalog refuses
// it, or it is none once other nestings have ended.
func innerFirst(groups []GroupChange) []GroupChange {
	return ordering(groups, func(g GroupChange) []string { return g.AddGroups })
}

// ordering puts groups behind those that they name.
func ordering(groups []GroupChange, names func(GroupChange) []string) []GroupChange {
	place := make(map[string]int, len(groups))
	for i, g := range groups {
		place[g.ExternalID] = i
	}
	out, seen := make([]GroupChange, 0, len(groups)), make([]bool, len(groups))
	var visit func(i int)
	visit = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		for _, name := range names(groups[i]) {
			if j, ok := place[name]; ok {
				visit(j)
			}
		}
		out = append(out, groups[i])
	}
	for i := range groups {
		visit(i)
	}
	return out
}

// groups does some changes of groups.
func (h *hand) groups(ctx context.Context, part []GroupChange) error {
	s, err := h.groupsNow(ctx, part)
	if err != nil {
		return err
	}
	for _, g := range part {
		if err := h.group(ctx, s, g); err != nil {
			return err
		}
	}
	return nil
}

// groupsNow is what the catalog has of the source's groups when they are changed.
type groupsNow struct {
	byID     map[string]catalog.Group
	byKey    map[string]catalog.Group // by external id
	members  map[string][]string      // users, by group
	children map[string][]string      // groups, by group
	persons  map[string]catalog.Person
}

func (h *hand) groupsNow(ctx context.Context, part []GroupChange) (*groupsNow, error) {
	s := &groupsNow{byID: map[string]catalog.Group{}, byKey: map[string]catalog.Group{}, members: map[string][]string{}, children: map[string][]string{}}
	all, err := h.c.GroupsOf(ctx, h.feed.Name)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		s.byID[g.ID], s.byKey[g.ExternalID] = g, g
	}
	var ids, people []string
	for _, g := range part {
		if have, ok := s.of(g); ok {
			ids = append(ids, have.ID)
		}
		for _, m := range slices.Concat(g.Add, g.Remove) {
			if m.UserID == "" {
				people = append(people, m.ExternalID)
			}
		}
	}
	if s.persons, err = h.personsBy(ctx, people); err != nil || len(ids) == 0 {
		return s, err
	}
	members, err := h.c.GroupMembers(ctx, catalog.GroupMemberFilter{GroupIDs: ids})
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		s.members[m.GroupID] = append(s.members[m.GroupID], m.UserID)
	}
	children, err := h.c.GroupChildren(ctx)
	for _, c := range children {
		s.children[c.ParentID] = append(s.children[c.ParentID], c.ChildID)
	}
	return s, err
}

// of returns the group that a change is about, if there is one.
func (s *groupsNow) of(g GroupChange) (catalog.Group, bool) {
	if g.GroupID != "" {
		have, ok := s.byID[g.GroupID]
		return have, ok
	}
	have, ok := s.byKey[g.ExternalID]
	return have, ok
}

// group does one change, with all its members.
func (h *hand) group(ctx context.Context, s *groupsNow, g GroupChange) error {
	have, exists := s.of(g)
	if reason := s.unfit(g, have, exists); reason != "" {
		return h.skip(skippedGroup(g, reason))
	}
	switch g.Op {
	case OpCreate, OpUpdate, OpRestore:
		return h.fill(ctx, s, g, have, exists)
	case OpRetire:
		return h.retire(ctx, s, g, have)
	case OpDelete:
		if !exists {
			return nil
		}
		h.taken.Groups++
		h.counts["groups.delete"]++
		return h.c.DeleteRetired(ctx, have.ID)
	case OpSuspend, OpRelease:
	}
	return fault.New(fault.Internal, "a group cannot be %s", g.Op)
}

// unfit says why a change of a group is not done, "" if it is.
func (s *groupsNow) unfit(g GroupChange, have catalog.Group, exists bool) string {
	takes := len(g.Remove)+len(g.RemoveGroups) > 0 || g.Op == OpRetire
	switch {
	case !exists && g.Op != OpCreate && g.Op != OpDelete:
		return "the group is there no more"
	case exists && have.Paused:
		return reasonPaused
	case g.Op == OpDelete && exists && have.GoneAt.IsZero():
		return "the group is back"
	case exists && takes && g.Before != "" && MembersDigest(s.members[have.ID], s.children[have.ID]) != g.Before:
		return "somebody has changed since who is in the group"
	}
	return ""
}

func (h *hand) fill(ctx context.Context, s *groupsNow, g GroupChange, have catalog.Group, exists bool) error {
	var err error
	if !exists {
		made := catalog.Group{Source: h.feed.Name, ExternalID: cmp.Or(g.NewExternalID, g.ExternalID), DisplayName: g.Name}
		if a := attributes(g.Attributes); a != nil {
			made.Attributes = *a
		}
		if have, err = h.c.CreateGroup(ctx, made); err != nil {
			return err
		}
		s.byID[have.ID], s.byKey[g.ExternalID] = have, have
	} else if err := h.label(ctx, g, have); err != nil {
		return err
	}
	if err := h.membersOf(ctx, s, g, have.ID); err != nil {
		return err
	}
	h.counts["groups."+string(g.Op)]++
	return h.nest(ctx, s, g, have.ID)
}

// label changes what a group that exists is called and what is kept with it.
func (h *hand) label(ctx context.Context, g GroupChange, have catalog.Group) error {
	if !have.GoneAt.IsZero() {
		if err := h.c.RestoreGroup(ctx, have.ID); err != nil {
			return err
		}
	}
	if g.Name != "" && g.Name != have.DisplayName {
		if err := h.c.RenameGroup(ctx, have.ID, g.Name); err != nil {
			return err
		}
	}
	if g.Attributes == nil && (g.NewExternalID == "" || g.NewExternalID == have.ExternalID) {
		return nil
	}
	kept := have.Attributes
	if a := attributes(g.Attributes); a != nil {
		kept = *a
	}
	return h.c.SetGroupAttributes(ctx, have.ID, kept, cmp.Or(g.NewExternalID, have.ExternalID))
}

// membersOf puts people into a group and takes others out. Whoever the catalog does not know, since it refused him, is
// left out and reported.
func (h *hand) membersOf(ctx context.Context, s *groupsNow, g GroupChange, groupID string) error {
	inside := make(map[string]bool, len(s.members[groupID]))
	for _, id := range s.members[groupID] {
		inside[id] = true
	}
	add := make([]catalog.GroupMember, 0, len(g.Add))
	for _, m := range g.Add {
		id := s.user(m)
		if id == "" {
			reason := "the catalog knows nobody by the id " + m.ExternalID
			if err := h.skip(Skip{What: "member", ID: g.ExternalID, Name: cmp.Or(m.Username, m.ExternalID), Op: g.Op, Reason: reason}); err != nil {
				return err
			}
			continue
		}
		add = append(add, catalog.GroupMember{GroupID: groupID, UserID: id})
	}
	var remove []string
	for _, m := range g.Remove {
		if id := s.user(m); inside[id] {
			remove = append(remove, id)
		}
	}
	if len(add)+len(remove) == 0 {
		return nil
	}
	h.taken.Memberships += len(remove)
	h.counts["members.add"] += len(add)
	h.counts["members.remove"] += len(remove)
	return h.c.FillGroup(ctx, groupID, add, remove)
}

// user returns the id of a member's user, "" if there is none.
func (s *groupsNow) user(m Member) string { return cmp.Or(m.UserID, s.persons[m.ExternalID].UserID) }

// nest puts groups into a group and takes others out.
func (h *hand) nest(ctx context.Context, s *groupsNow, g GroupChange, parentID string) error {
	var add, remove []string
	for _, key := range g.AddGroups {
		child, ok := s.byKey[key]
		if !ok {
			reason := "the group to be nested in it is not there: " + key
			if err := h.skip(Skip{What: "member", ID: g.ExternalID, Name: g.Name, Op: g.Op, Reason: reason}); err != nil {
				return err
			}
			continue
		}
		add = append(add, child.ID)
	}
	for _, key := range g.RemoveGroups {
		if child, ok := s.byKey[key]; ok && slices.Contains(s.children[parentID], child.ID) {
			remove = append(remove, child.ID)
		}
	}
	if len(add)+len(remove) == 0 {
		return nil
	}
	if len(remove) > 0 {
		h.taken.Memberships += g.Lost
	}
	h.counts["nested.add"] += len(add)
	h.counts["nested.remove"] += len(remove)
	return h.c.NestGroups(ctx, parentID, add, remove)
}

func (h *hand) retire(ctx context.Context, s *groupsNow, g GroupChange, have catalog.Group) error {
	if !have.GoneAt.IsZero() {
		return nil
	}
	h.taken.Groups++
	h.taken.Memberships += len(s.members[have.ID]) + g.Lost
	h.counts["groups.retire"]++
	h.counts["members.remove"] += len(s.members[have.ID])
	h.counts["nested.remove"] += len(s.children[have.ID])
	return h.c.RetireGroup(ctx, have.ID)
}
