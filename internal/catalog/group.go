package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateGroup adds a group of an identity provider. It takes the place of a placeholder of its name, if there is one, and
// gets what goes by the name.
func (c *Change) CreateGroup(ctx context.Context, g Group) (Group, error) {
	switch {
	case g.DisplayName == "":
		return Group{}, fault.At("name", "can't be blank")
	case g.Source == "":
		return Group{}, fault.At("source", "can't be blank")
	case g.ExternalID == "":
		return Group{}, fault.At("external-id", "can't be blank")
	}
	if err := c.ownsNew(g); err != nil {
		return Group{}, err
	}
	if adopted, taken, err := c.adopt(ctx, g); taken || err != nil {
		return adopted, err
	}
	g.ID, g.CreatedAt, g.UpdatedAt = c.random(PrefixGroup), c.now, c.now
	if err := c.InsertGroup(ctx, g); err != nil {
		return Group{}, err
	}
	c.touch(whole(groupRef(g.ID)))
	c.record("group.create", "", groupRef(g.ID), nil, g)
	return g, c.takeName(ctx, g)
}

// RemoveGroup deletes a group with its members, nestings, links, grants and tokens; for tokens of the groups around it as
// RemoveGroupMember.
func (c *Change) RemoveGroup(ctx context.Context, id string) error {
	g, err := c.Group(ctx, id)
	if err != nil {
		return err
	}
	if err := c.watchGroupTokens(ctx, id); err != nil {
		return err
	}
	if err := c.touchGroup(ctx, id); err != nil {
		return err
	}
	if err := c.dropGrants(ctx, GrantFilter{Holder: groupRef(id)}); err != nil {
		return err
	}
	if err := c.dropTokens(ctx, TokenGroup, id); err != nil {
		return err
	}
	left, err := c.teamsOf(ctx, g)
	if err != nil {
		return err
	}
	if err := c.DeleteGroup(ctx, id); err != nil {
		return err
	}
	c.record("group.delete", "", groupRef(id), g, nil)
	return c.keepPlaces(ctx, g, left)
}

// AddGroupMember puts a user directly into a group, for good.
func (c *Change) AddGroupMember(ctx context.Context, groupID, userID string) error {
	m := GroupMember{GroupID: groupID, UserID: userID}
	if err := c.groupChanged(ctx, groupID); err != nil {
		return err
	}
	if err := c.PutGroupMembers(ctx, m); err != nil {
		return err
	}
	c.record("group.add_member", "", groupRef(groupID), nil, m, userRef(userID))
	return c.touchGroupMembers(ctx, groupID, userID)
}

// RemoveGroupMember takes a user out of a group. The tokens end that he made of a group he is not in any more.
func (c *Change) RemoveGroupMember(ctx context.Context, groupID, userID string) error {
	if err := c.groupChanged(ctx, groupID); err != nil {
		return err
	}
	if err := c.watchGroupTokens(ctx, groupID, userID); err != nil {
		return err
	}
	m := GroupMember{GroupID: groupID, UserID: userID}
	if err := c.DeleteGroupMembers(ctx, groupID, userID); err != nil {
		return err
	}
	c.record("group.remove_member", "", groupRef(groupID), m, nil, userRef(userID))
	return c.touchGroupMembers(ctx, groupID, userID)
}

// groupChanged counts a change of a group or of who is in it.
func (c *Change) groupChanged(ctx context.Context, id string) error {
	g, err := c.Group(ctx, id)
	if err != nil {
		return err
	}
	return c.putGroup(ctx, g)
}

// putGroup keeps a group that has changed.
func (c *Change) putGroup(ctx context.Context, g Group) error {
	g.Version, g.UpdatedAt = g.Version+1, c.now
	return c.Queries.UpdateGroup(ctx, g)
}

// Nest puts one group inside another. A nesting that would make a group contain itself is refused.
func (c *Change) Nest(ctx context.Context, parentID, childID string) error {
	children, err := c.GroupChildren(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(descendants([]string{childID}, children), parentID) {
		return fault.At("child", "would make the group contain itself")
	}
	nesting := GroupChild{ParentID: parentID, ChildID: childID}
	if err := c.PutGroupChild(ctx, nesting); err != nil {
		return err
	}
	c.record("group.nest", "", groupRef(parentID), nil, nesting, groupRef(childID))
	if err := c.groupChanged(ctx, parentID); err != nil {
		return err
	}
	return c.touchGroup(ctx, parentID)
}

// Unnest takes one group out of another; for tokens as RemoveGroupMember.
func (c *Change) Unnest(ctx context.Context, parentID, childID string) error {
	if err := c.watchGroupTokens(ctx, parentID); err != nil {
		return err
	}
	if err := c.groupChanged(ctx, parentID); err != nil {
		return err
	}
	if err := c.touchGroup(ctx, parentID); err != nil {
		return err
	}
	nesting := GroupChild{ParentID: parentID, ChildID: childID}
	c.record("group.unnest", "", groupRef(parentID), nesting, nil, groupRef(childID))
	return c.DeleteGroupChild(ctx, nesting)
}

// LinkGroup makes the people of a group members of a team.
func (c *Change) LinkGroup(ctx context.Context, groupID, teamID string) (GroupLink, error) {
	return c.link(ctx, groupID, teamID, "")
}

// link makes a link by a rule, or by a person for "".
func (c *Change) link(ctx context.Context, groupID, teamID, rule string) (GroupLink, error) {
	t, err := c.Team(ctx, teamID)
	if err != nil {
		return GroupLink{}, err
	}
	if _, err := c.Group(ctx, groupID); err != nil {
		return GroupLink{}, err
	}
	l := GroupLink{ID: c.random(PrefixGroupLink), GroupID: groupID, TeamID: teamID, Rule: rule}
	if err := c.InsertGroupLink(ctx, l); err != nil {
		return GroupLink{}, err
	}
	c.touchTeam(t)
	c.record("group_link.create", t.OrganizationID, teamRef(teamID), nil, l, groupRef(groupID))
	return l, nil
}

// UnlinkGroup ends that, and forgets whom a paused link kept.
func (c *Change) UnlinkGroup(ctx context.Context, l GroupLink) error {
	t, err := c.Team(ctx, l.TeamID)
	if err != nil {
		return err
	}
	c.touchTeam(t)
	c.record("group_link.delete", t.OrganizationID, teamRef(l.TeamID), l, nil, groupRef(l.GroupID))
	return c.DeleteGroupLink(ctx, l.ID)
}

// manyMoved is how many people are named one by one; from more on everybody's place is.
const manyMoved = 50

// touchGroupMembers names people's places in a group, in the groups around it and in their teams.
func (c *Change) touchGroupMembers(ctx context.Context, groupID string, userIDs ...string) error {
	affected, err := c.affectedBy(ctx, groupID)
	if err != nil {
		return err
	}
	for _, o := range affected {
		if len(userIDs) > manyMoved {
			c.touch(Slice{Resource: o, Relation: schema.RelMembership})
			continue
		}
		for _, id := range userIDs {
			c.touch(memberSlice(o, userRef(id)))
		}
	}
	return nil
}

// touchGroup names everybody's place in a group, in the groups around it and in their teams, and that those are linked to it.
func (c *Change) touchGroup(ctx context.Context, groupID string) error {
	affected, err := c.affectedBy(ctx, groupID)
	if err != nil {
		return err
	}
	for _, o := range affected {
		c.touch(Slice{Resource: o, Relation: schema.RelMembership})
	}
	links, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: []string{groupID}})
	if err != nil {
		return err
	}
	for _, l := range links {
		t, err := c.Team(ctx, l.TeamID)
		if err != nil {
			return err
		}
		c.touch(Slice{Resource: organizationRef(t.OrganizationID), Relation: schema.RelGuest, Subject: teamRef(t.ID)})
	}
	return nil
}

// affectedBy returns every object whose members a group decides: the group itself and those it is nested in, their private
// teams where they hold something, and the teams they are linked to.
func (c *Change) affectedBy(ctx context.Context, groupID string) ([]authz.Object, error) {
	n, err := c.nestings(ctx)
	if err != nil {
		return nil, err
	}
	around := n.around(groupID)
	var out []authz.Object
	for _, g := range around {
		out = append(out, groupRef(g))
		holds, err := c.holds(ctx, g)
		if err != nil {
			return nil, err
		}
		if holds {
			out = append(out, teamRef(g))
		}
	}
	links, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: around})
	for _, l := range links {
		out = append(out, teamRef(l.TeamID))
	}
	return out, err
}

// Group use cases.

// LinkGroup links a group to a team; team.update_membership, since it decides who is in it.
func (s *Service) LinkGroup(ctx context.Context, p Principal, groupID, teamID string) (GroupLink, authz.Token, error) {
	var l GroupLink
	token, err := s.on(ctx, p, schema.TeamUpdateMembership, teamRef(teamID), func(ctx context.Context, c *Change) (err error) {
		l, err = c.LinkGroup(ctx, groupID, teamID)
		return err
	})
	return l, token, err
}

// UnlinkGroup ends a link; as LinkGroup.
func (s *Service) UnlinkGroup(ctx context.Context, p Principal, l GroupLink) (authz.Token, error) {
	return s.on(ctx, p, schema.TeamUpdateMembership, teamRef(l.TeamID), func(ctx context.Context, c *Change) error { return c.UnlinkGroup(ctx, l) })
}
