package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// PauseLink keeps in the team of a link those who are in the group now, until the link is resumed, whatever becomes of the
// group; team.update_membership, as for making it. Tokens of the group stand in the team as before. Twice is once.
func (s *Service) PauseLink(ctx context.Context, p Principal, linkID string) (GroupLink, authz.Token, error) {
	return s.onLink(ctx, p, linkID, (*Change).pauseLink)
}

// ResumeLink ends that: the team has the group's people again; as PauseLink.
func (s *Service) ResumeLink(ctx context.Context, p Principal, linkID string) (GroupLink, authz.Token, error) {
	return s.onLink(ctx, p, linkID, (*Change).resumeLink)
}

// ResyncLink repairs whatever differs between a link's team, its group and the catalog; as PauseLink.
func (s *Service) ResyncLink(ctx context.Context, p Principal, linkID string) (authz.Token, error) {
	_, token, err := s.onLink(ctx, p, linkID, func(c *Change, ctx context.Context, l GroupLink, t Team) error {
		c.touch(whole(groupRef(l.GroupID)))
		c.touchTeam(t)
		c.record("group_link.resync", t.OrganizationID, teamRef(t.ID), nil, nil, groupRef(l.GroupID))
		return nil
	})
	return token, err
}

// onLink is on for what is done to a link, which it returns as it is then.
func (s *Service) onLink(ctx context.Context, p Principal, linkID string,
	do func(c *Change, ctx context.Context, l GroupLink, t Team) error,
) (GroupLink, authz.Token, error) {
	_, t, err := s.linkOf(ctx, linkID)
	if err != nil {
		return GroupLink{}, "", err
	}
	var after GroupLink
	token, err := s.on(ctx, p, schema.TeamUpdateMembership, teamRef(t.ID), func(ctx context.Context, c *Change) error {
		l, err := c.linkByID(ctx, linkID)
		if err == nil {
			err = do(c, ctx, l, t)
		}
		if err == nil {
			after, err = c.linkByID(ctx, linkID)
		}
		return err
	})
	return after, token, err
}

func (c *Change) linkByID(ctx context.Context, id string) (GroupLink, error) {
	l, err := one(c.GroupLinks(ctx, GroupLinkFilter{IDs: []string{id}}))
	if err == nil && l.ID == "" {
		err = fault.New(fault.NotFound, "there is no such link")
	}
	return l, err
}

func (c *Change) pauseLink(ctx context.Context, l GroupLink, t Team) error {
	if l.Paused {
		return nil
	}
	people, err := c.peopleIn(ctx, l.GroupID)
	if err != nil {
		return err
	}
	after := l
	after.Paused = true
	kept := make([]LinkMember, len(people))
	for i, in := range people {
		kept[i] = LinkMember{LinkID: l.ID, UserID: in.userID, ExpiresAt: in.until}
	}
	return inOrder(
		func() error { return c.UpdateGroupLink(ctx, after) },
		func() error {
			if len(kept) == 0 {
				return nil
			}
			return c.PutLinkMembers(ctx, kept...)
		},
		func() error { c.pausedLink("group_link.pause", l, after, t, len(kept)); return nil },
	)
}

func (c *Change) resumeLink(ctx context.Context, l GroupLink, t Team) error {
	if !l.Paused {
		return nil
	}
	kept, err := c.LinkMembers(ctx, l.ID)
	if err != nil {
		return err
	}
	after := l
	after.Paused = false
	return inOrder(
		func() error { return c.UpdateGroupLink(ctx, after) },
		func() error { return c.DeleteLinkMembers(ctx, l.ID) },
		func() error { c.pausedLink("group_link.resume", l, after, t, len(kept)); return nil },
	)
}

// keptLink is how an audit event tells of a link that is paused or resumed.
type keptLink struct {
	GroupLink

	Members int // whom it keeps while it is paused
}

func (c *Change) pausedLink(action string, before, after GroupLink, t Team, members int) {
	was, is := keptLink{GroupLink: before}, keptLink{GroupLink: after}
	if after.Paused {
		is.Members = members
	} else {
		was.Members = members
	}
	c.touch(Slice{Resource: teamRef(t.ID), Relation: schema.RelMembership})
	c.record(action, t.OrganizationID, teamRef(t.ID), was, is, groupRef(before.GroupID))
}

// peopleIn returns who is in a group now, by itself or by one nested in it, each once and for as long as he is.
func (c *Change) peopleIn(ctx context.Context, groupID string) ([]insider, error) {
	n, err := c.nestings(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.GroupMembers(ctx, GroupMemberFilter{GroupIDs: n.inside(groupID)})
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(m GroupMember) bool { return !m.lasts(c.now) })
	out := make([]insider, len(rows))
	for i, m := range rows {
		out[i] = insider{m.UserID, m.ExpiresAt}
	}
	return longest(out), nil
}
