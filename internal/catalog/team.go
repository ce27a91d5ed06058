package catalog

import (
	"context"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateTeam adds a team. Its id and creation time are set here.
func (c *Change) CreateTeam(ctx context.Context, t Team) (Team, error) {
	if err := c.checkTeam(t); err != nil {
		return Team{}, err
	}
	t.ID, t.CreatedAt = c.random(PrefixTeam), c.now
	if err := c.InsertTeam(ctx, t); err != nil {
		return Team{}, err
	}
	c.touchTeam(t)
	c.record("team.create", t.OrganizationID, teamRef(t.ID), nil, t)
	return t, nil
}

func (c *Change) checkTeam(t Team) error {
	if err := checkName("name", t.Name, true); err != nil {
		return err
	}
	if strings.EqualFold(t.Name, OwnersTeamName) {
		return fault.At("name", "is reserved")
	}
	if t.Visibility != VisibilitySecret && t.Visibility != VisibilityOrganization {
		return fault.At("visibility", "must be secret or organization")
	}
	return nil
}

// ChangeTeam updates a team. The owners team keeps its name and visibility.
func (c *Change) ChangeTeam(ctx context.Context, t Team) error {
	before, err := c.Team(ctx, t.ID)
	if err != nil {
		return err
	}
	o, err := c.Organization(ctx, before.OrganizationID)
	if err != nil {
		return err
	}
	t.OrganizationID, t.CreatedAt = before.OrganizationID, before.CreatedAt
	if o.OwnersTeamID == t.ID {
		if t.Name != before.Name || t.Visibility != before.Visibility {
			return fault.At("name", "the owners team cannot be renamed or shown otherwise")
		}
	} else if err := c.checkTeam(t); err != nil {
		return err
	}
	if t == before {
		return nil
	}
	if err := c.Queries.UpdateTeam(ctx, t); err != nil {
		return err
	}
	for _, relation := range []string{schema.RelVisibleIn, schema.RelSecretIn, schema.RelTokenSelfService} {
		c.touch(Slice{Resource: teamRef(t.ID), Relation: relation})
	}
	c.record("team.update", t.OrganizationID, teamRef(t.ID), before, t)
	return nil
}

// UpdateTeam is ChangeTeam. It stands in front of the store's method of that name, which knows no rules.
func (c *Change) UpdateTeam(ctx context.Context, t Team) error { return c.ChangeTeam(ctx, t) }

// DeleteTeam removes a team with its members, links, grants and tokens. The owners team stays.
func (c *Change) DeleteTeam(ctx context.Context, id string) error {
	t, err := c.Team(ctx, id)
	if err != nil {
		return err
	}
	o, err := c.Organization(ctx, t.OrganizationID)
	if err != nil {
		return err
	}
	if o.OwnersTeamID == id {
		return fault.New(fault.Conflict, "the owners team cannot be deleted")
	}
	c.touchTeam(t)
	if err := c.dropGrants(ctx, GrantFilter{Holder: teamRef(id)}); err != nil {
		return err
	}
	if err := c.dropTokens(ctx, TokenTeam, id); err != nil {
		return err
	}
	if err := c.Queries.DeleteTeam(ctx, id); err != nil {
		return err
	}
	c.record("team.delete", t.OrganizationID, teamRef(id), t, nil)
	return nil
}

// touchTeam names what a team is in the projection.
func (c *Change) touchTeam(t Team) {
	org := organizationRef(t.OrganizationID)
	c.touch(whole(teamRef(t.ID)), memberSlice(org, teamRef(t.ID)), Slice{Resource: org, Relation: schema.RelGuest, Subject: teamRef(t.ID)})
}

// AddTeamMember puts a user into a team. Who is no member of the organization becomes an active one.
func (c *Change) AddTeamMember(ctx context.Context, teamID, userID string, maintainer bool) error {
	t, err := c.Team(ctx, teamID)
	if err != nil {
		return err
	}
	if _, err := c.User(ctx, userID); err != nil {
		return err
	}
	if err := c.ensureMember(ctx, t.OrganizationID, userID, MembershipActive); err != nil {
		return err
	}
	m := TeamMember{TeamID: teamID, UserID: userID, Maintainer: maintainer}
	if err := c.PutTeamMember(ctx, m); err != nil {
		return err
	}
	c.touch(memberSlice(teamRef(teamID), userRef(userID)))
	c.record("team.add_member", t.OrganizationID, teamRef(teamID), nil, m, userRef(userID))
	return nil
}

// RemoveTeamMember takes a user out of a team. The last owner stays in the owners team.
func (c *Change) RemoveTeamMember(ctx context.Context, teamID, userID string) error {
	t, err := c.Team(ctx, teamID)
	if err != nil {
		return err
	}
	o, err := c.Organization(ctx, t.OrganizationID)
	if err != nil {
		return err
	}
	if err := c.DeleteTeamMember(ctx, teamID, userID); err != nil {
		return err
	}
	c.touch(memberSlice(teamRef(teamID), userRef(userID)))
	c.record("team.remove_member", t.OrganizationID, teamRef(teamID), TeamMember{TeamID: teamID, UserID: userID}, nil, userRef(userID))
	if o.OwnersTeamID == teamID {
		return c.keepOwner(ctx, o)
	}
	return nil
}

// Team use cases.

// CreateTeam adds a team; organization.create_team, and create_secret_team for a secret one.
func (s *Service) CreateTeam(ctx context.Context, p Principal, t Team) (Team, authz.Token, error) {
	permission := schema.OrganizationCreateTeam
	if t.Visibility == VisibilitySecret {
		permission = schema.OrganizationCreateSecretTeam
	}
	token, err := s.on(ctx, p, permission, organizationRef(t.OrganizationID), func(ctx context.Context, c *Change) (err error) {
		t.ID = ""
		t, err = c.CreateTeam(ctx, t)
		return err
	})
	return t, token, err
}

// UpdateTeam changes a team; team.update, and team.update_visibility where that changes.
func (s *Service) UpdateTeam(ctx context.Context, p Principal, t Team) (authz.Token, error) {
	before, err := s.store.Team(ctx, t.ID)
	if err != nil {
		return "", err
	}
	if before.Visibility != t.Visibility {
		if err := s.require(ctx, p, schema.TeamUpdateVisibility, teamRef(t.ID)); err != nil {
			return "", err
		}
	}
	return s.on(ctx, p, schema.TeamUpdate, teamRef(t.ID), func(ctx context.Context, c *Change) error { return c.ChangeTeam(ctx, t) })
}

// DeleteTeam deletes a team; team.delete.
func (s *Service) DeleteTeam(ctx context.Context, p Principal, teamID string) (authz.Token, error) {
	return s.on(ctx, p, schema.TeamDelete, teamRef(teamID), func(ctx context.Context, c *Change) error { return c.DeleteTeam(ctx, teamID) })
}

// AddTeamMembers puts users into a team; team.update_membership.
func (s *Service) AddTeamMembers(ctx context.Context, p Principal, teamID string, userIDs ...string) (authz.Token, error) {
	return s.on(ctx, p, schema.TeamUpdateMembership, teamRef(teamID), func(ctx context.Context, c *Change) error {
		for _, id := range userIDs {
			if err := c.AddTeamMember(ctx, teamID, id, false); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveTeamMembers takes users out of a team; team.update_membership.
func (s *Service) RemoveTeamMembers(ctx context.Context, p Principal, teamID string, userIDs ...string) (authz.Token, error) {
	return s.on(ctx, p, schema.TeamUpdateMembership, teamRef(teamID), func(ctx context.Context, c *Change) error {
		for _, id := range userIDs {
			if err := c.RemoveTeamMember(ctx, teamID, id); err != nil {
				return err
			}
		}
		return nil
	})
}
