package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// SourceManual is the source of groups that people keep by hand, through this service. Who is in a group of a directory is
// the directory's business: what was changed here would be gone after its next word.
const SourceManual = "manual"

// CreateManualGroup adds a group that is kept by hand (DECISIONS N6); platform.administer, since what a group gives may go by
// its name. Without an external id its name is that.
func (s *Service) CreateManualGroup(ctx context.Context, p Principal, edit Edit[Group]) (Group, authz.Token, error) {
	var g Group
	token, err := s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error {
		wanted, err := edit.of(Group{}, Home{})
		if err != nil {
			return err
		}
		if err := checkName("name", wanted.DisplayName, true); err != nil {
			return err
		}
		if wanted.ExternalID == "" {
			wanted.ExternalID = wanted.DisplayName
		}
		if err := checkName("external-id", wanted.ExternalID, true); err != nil {
			return err
		}
		wanted.Source = SourceManual
		if g, err = c.CreateGroup(ctx, wanted); fault.Is(err, fault.Conflict) {
			return fault.At("external-id", "has already been taken")
		}
		return err
	})
	return g, token, err
}

// DeleteGroup deletes a group with its members, links and grants, also one of a directory that brings it no more;
// platform.administer.
func (s *Service) DeleteGroup(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error { return c.RemoveGroup(ctx, id) })
}

// AddGroupMembers puts people and groups into a group that is kept by hand; platform.administer. All or none. Faults:
// Conflict for a group of a directory, Invalid for a group that would contain itself.
func (s *Service) AddGroupMembers(ctx context.Context, p Principal, groupID string, sent Sent[[]authz.Object]) (authz.Token, error) {
	return s.editGroup(ctx, p, groupID, sent, func(ctx context.Context, c *Change, member authz.Object, _ bool) error {
		if member.Type == schema.TypeGroup {
			return c.Nest(ctx, groupID, member.ID)
		}
		return c.AddGroupMember(ctx, groupID, member.ID)
	})
}

// RemoveGroupMembers takes people and groups out of a group that is kept by hand; as AddGroupMembers. Who is not in it is
// out of it already.
func (s *Service) RemoveGroupMembers(ctx context.Context, p Principal, groupID string, sent Sent[[]authz.Object]) (authz.Token, error) {
	return s.editGroup(ctx, p, groupID, sent, func(ctx context.Context, c *Change, member authz.Object, inside bool) error {
		switch {
		case !inside:
			return nil
		case member.Type == schema.TypeGroup:
			return c.Unnest(ctx, groupID, member.ID)
		}
		return c.RemoveGroupMember(ctx, groupID, member.ID)
	})
}

func (s *Service) editGroup(ctx context.Context, p Principal, groupID string, sent Sent[[]authz.Object],
	edit func(ctx context.Context, c *Change, member authz.Object, inside bool) error,
) (authz.Token, error) {
	return s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error {
		g, err := c.Group(ctx, groupID)
		if err != nil {
			return err
		}
		if g.Source != SourceManual {
			return fault.New(fault.Conflict, "who is in the group is decided where it comes from, in %s", g.Source)
		}
		members, err := sent()
		if err != nil {
			return err
		}
		have, err := groupContents(ctx, c, groupID)
		if err != nil {
			return err
		}
		inside := map[authz.Object]bool{}
		for _, o := range have {
			inside[o] = true
		}
		for _, o := range members {
			if err := edit(ctx, c, o, inside[o]); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddGroupLink makes the people of a group members of a team of an organization; team.update_membership, since it decides who
// is in it. Fault: Invalid for a group that is not there, Conflict for one that is linked already.
func (s *Service) AddGroupLink(ctx context.Context, p Principal, organizationID, teamID string, sent Sent[string]) (GroupLink, authz.Token, error) {
	var l GroupLink
	token, err := s.on(ctx, p, schema.TeamUpdateMembership, teamRef(teamID), func(ctx context.Context, c *Change) error {
		t, err := c.Team(ctx, teamID)
		if err == nil && t.OrganizationID != organizationID {
			err = fault.New(fault.NotFound, "the team is of another organization")
		}
		if err != nil {
			return err
		}
		groupID, err := sent()
		if err != nil {
			return err
		}
		_, err = c.Group(ctx, groupID)
		if fault.Is(err, fault.NotFound) {
			return fault.At("group", "does not exist")
		}
		if err != nil {
			return err
		}
		have, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: []string{groupID}, TeamIDs: []string{teamID}})
		if err != nil {
			return err
		}
		if len(have) > 0 {
			return fault.New(fault.Conflict, "the group is linked to the team already, by %s", have[0].ID)
		}
		l, err = c.LinkGroup(ctx, groupID, teamID)
		return err
	})
	return l, token, err
}

// RemoveGroupLink ends a link; as AddGroupLink. Owners are those who are in the owners team by themselves, so that no link and
// no group can leave an organization without one.
func (s *Service) RemoveGroupLink(ctx context.Context, p Principal, id string) (authz.Token, error) {
	l, t, err := s.linkOf(ctx, id)
	if err != nil {
		return "", err
	}
	return s.on(ctx, p, schema.TeamUpdateMembership, teamRef(t.ID), func(ctx context.Context, c *Change) error { return c.UnlinkGroup(ctx, l) })
}
