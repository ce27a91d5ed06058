package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// FillGroup puts people into a group and takes others out, in one go; for tokens as RemoveGroupMember. Who is to be in it
// until another time than he is gets that one. Who is to be put in and taken out is put in. Where nothing changes nothing is
// written. Faults: NotFound for a group that is not there, Conflict for one that its directory has no more.
func (c *Change) FillGroup(ctx context.Context, groupID string, add []GroupMember, remove []string) error {
	g, err := c.Group(ctx, groupID)
	if err == nil {
		err = c.ownsGroup(g)
	}
	if err != nil {
		return err
	}
	f, err := c.filling(ctx, g, add, remove)
	if err != nil || len(f.joined)+len(f.left) == 0 {
		return err
	}
	if len(f.joined) > 0 && !g.GoneAt.IsZero() {
		return fault.New(fault.Conflict, "the group is gone from its directory; restore it first")
	}
	return inOrder(
		func() error { return c.leaveGroup(ctx, groupID, f.left) },
		func() error {
			if len(f.joined) == 0 {
				return nil
			}
			return c.PutGroupMembers(ctx, f.joined...)
		},
		func() error { return c.putGroup(ctx, g) },
		func() error { return c.touchGroupMembers(ctx, groupID, f.people()...) },
		func() error { c.recordFilling(g, f); return nil },
	)
}

// filling is what a change of a group's people comes to.
type filling struct {
	before, after int // how many are in it
	joined        []GroupMember
	left          []string
}

func (f filling) people() []string {
	out := slices.Clone(f.left)
	for _, m := range f.joined {
		out = append(out, m.UserID)
	}
	return out
}

// filling finds out who joins a group and who leaves it, by what is so now.
func (c *Change) filling(ctx context.Context, g Group, add []GroupMember, remove []string) (filling, error) {
	have, err := c.GroupMembers(ctx, GroupMemberFilter{GroupIDs: []string{g.ID}})
	if err != nil {
		return filling{}, err
	}
	inside := make(map[string]GroupMember, len(have))
	for _, m := range have {
		inside[m.UserID] = m
	}
	f := filling{before: len(have), after: len(have)}
	stays := make(map[string]bool, len(add))
	for _, m := range add {
		m.GroupID, m.ExpiresAt = g.ID, m.ExpiresAt.Truncate(time.Microsecond) // as it is kept
		was, is := inside[m.UserID]
		if stays[m.UserID] || is && was.ExpiresAt.Equal(m.ExpiresAt) {
			stays[m.UserID] = true
			continue
		}
		stays[m.UserID] = true
		f.joined = append(f.joined, m)
		if !is {
			f.after++
		}
	}
	for _, id := range remove {
		if _, is := inside[id]; is && !stays[id] {
			stays[id] = true
			f.left = append(f.left, id)
			f.after--
		}
	}
	return f, nil
}

// leaveGroup takes people out of a group.
func (c *Change) leaveGroup(ctx context.Context, groupID string, userIDs []string) error {
	if len(userIDs) == 0 {
		return nil
	}
	if err := c.watchGroupTokens(ctx, groupID, userIDs...); err != nil {
		return err
	}
	return c.DeleteGroupMembers(ctx, groupID, userIDs...)
}

// maxNamed is how many people one audit event names.
const maxNamed = 500

// filled is how an audit event tells of a group's people: how many there were or are, and who left or joined.
type filled struct {
	Members int
	Left    []string      `json:",omitempty"`
	Joined  []GroupMember `json:",omitempty"`
}

// recordFilling adds one event, or several where it is about very many people.
func (c *Change) recordFilling(g Group, f filling) {
	left, joined := slices.Collect(slices.Chunk(f.left, maxNamed)), slices.Collect(slices.Chunk(f.joined, maxNamed))
	for i := range max(len(left), len(joined)) {
		before, after := filled{Members: f.before}, filled{Members: f.after}
		if i < len(left) {
			before.Left = left[i]
		}
		if i < len(joined) {
			after.Joined = joined[i]
		}
		c.record("group.fill", "", groupRef(g.ID), before, after)
	}
}

// NestGroups puts groups into a group and takes others out, in one go; for tokens as RemoveGroupMember. What is so already
// is left out. Faults: NotFound, and Invalid for a nesting that would make a group contain itself; then nothing is done.
func (c *Change) NestGroups(ctx context.Context, parentID string, add, remove []string) error {
	g, err := c.Group(ctx, parentID)
	if err == nil {
		err = c.ownsGroup(g)
	}
	if err != nil {
		return err
	}
	n, err := c.nestings(ctx)
	if err != nil {
		return err
	}
	have := n.down[parentID]
	add = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(add))), func(id string) bool { return slices.Contains(have, id) })
	remove = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(remove))), func(id string) bool { return !slices.Contains(have, id) })
	if len(add)+len(remove) == 0 {
		return nil
	}
	if err := c.nestable(ctx, n, parentID, add); err != nil {
		return err
	}
	if len(remove) > 0 {
		if err := c.watchGroupTokens(ctx, parentID); err != nil {
			return err
		}
	}
	for _, id := range remove {
		if err := c.DeleteGroupChild(ctx, GroupChild{ParentID: parentID, ChildID: id}); err != nil {
			return err
		}
	}
	for _, id := range add {
		if err := c.PutGroupChild(ctx, GroupChild{ParentID: parentID, ChildID: id}); err != nil {
			return err
		}
	}
	after := slices.DeleteFunc(slices.Concat(have, add), func(id string) bool { return slices.Contains(remove, id) })
	c.record("group.fill", "", groupRef(parentID), nested{Groups: len(have), Left: remove}, nested{Groups: len(after), Joined: add})
	if err := c.putGroup(ctx, g); err != nil {
		return err
	}
	return c.touchGroup(ctx, parentID)
}

// nested is what filled is, of groups in a group.
type nested struct {
	Groups int
	Left   []string `json:",omitempty"`
	Joined []string `json:",omitempty"`
}

// nestable refuses groups that are not there and those that contain the parent. Whom it loses by the way contains it no
// less, or does not contain it anyway.
func (c *Change) nestable(ctx context.Context, n *nesting, parentID string, add []string) error {
	around := n.around(parentID)
	for _, id := range add {
		if _, err := c.Group(ctx, id); err != nil {
			return err
		}
		if slices.Contains(around, id) {
			return fault.At("child", "would make the group contain itself")
		}
	}
	return nil
}
