package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// PutMember makes a user a member of an organization with a status, or changes the status he has.
func (c *Change) PutMember(ctx context.Context, organizationID, userID string, status MembershipStatus) (Membership, error) {
	have, err := c.Memberships(ctx, MembershipFilter{OrganizationID: organizationID, UserID: userID})
	if err != nil {
		return Membership{}, err
	}
	if len(have) > 0 && have[0].Status == status {
		return have[0], nil
	}
	if err := c.touchMember(ctx, organizationID, userID); err != nil {
		return Membership{}, err
	}
	if len(have) > 0 {
		m := have[0]
		m.Status = status
		c.record("organization_membership.update", organizationID, userRef(userID), have[0], m)
		if err := c.UpdateMembership(ctx, m); err != nil {
			return Membership{}, err
		}
		return m, c.keepOwners(ctx, userID)
	}
	m := Membership{ID: c.random(PrefixMembership), OrganizationID: organizationID, UserID: userID, Status: status, CreatedAt: c.now}
	c.record("organization_membership.create", organizationID, userRef(userID), nil, m)
	return m, c.InsertMembership(ctx, m)
}

// RemoveMember takes a user out of an organization and all its teams. The last owner stays.
func (c *Change) RemoveMember(ctx context.Context, organizationID, userID string) error {
	have, err := c.Memberships(ctx, MembershipFilter{OrganizationID: organizationID, UserID: userID})
	if err != nil {
		return err
	}
	if len(have) == 0 {
		return fault.New(fault.NotFound, "not a member of the organization")
	}
	o, err := c.Organization(ctx, organizationID)
	if err != nil {
		return err
	}
	if err := c.touchMember(ctx, organizationID, userID); err != nil {
		return err
	}
	members, err := c.TeamMembers(ctx, TeamMemberFilter{OrganizationID: organizationID, UserID: userID})
	if err != nil {
		return err
	}
	owner := false
	for _, m := range members {
		owner = owner || m.TeamID == o.OwnersTeamID
		if err := c.DeleteTeamMember(ctx, m.TeamID, userID); err != nil {
			return err
		}
	}
	if err := c.DeleteMembership(ctx, have[0].ID); err != nil {
		return err
	}
	c.record("organization_membership.delete", organizationID, userRef(userID), have[0], nil)
	if owner {
		return c.keepOwner(ctx, o)
	}
	return nil
}

// touchMember names a user's membership of an organization and of its teams.
func (c *Change) touchMember(ctx context.Context, organizationID, userID string) error {
	c.touch(memberSlice(organizationRef(organizationID), userRef(userID)))
	members, err := c.TeamMembers(ctx, TeamMemberFilter{OrganizationID: organizationID, UserID: userID})
	for _, m := range members {
		c.touch(memberSlice(teamRef(m.TeamID), userRef(userID)))
	}
	return err
}

// Membership use cases.

// AddMember invites a user to an organization, or makes him an active member at once; organization.manage_membership.
func (s *Service) AddMember(ctx context.Context, p Principal, organizationID, userID string, status MembershipStatus) (Membership, authz.Token, error) {
	var m Membership
	token, err := s.on(ctx, p, schema.OrganizationManageMembership, organizationRef(organizationID), func(ctx context.Context, c *Change) (err error) {
		m, err = c.PutMember(ctx, organizationID, userID, status)
		return err
	})
	return m, token, err
}

// RemoveMember removes a user from an organization; organization.manage_membership and sight of all his teams
// there (DECISIONS P9). A member may always leave himself. The last owner stays, which is a Conflict (DECISIONS P20). Fault:
// Stale when he came into another team meanwhile.
func (s *Service) RemoveMember(ctx context.Context, p Principal, organizationID, userID string) (authz.Token, error) {
	if p.Subject == userRef(userID) {
		return s.on(ctx, p, schema.OrganizationView, organizationRef(organizationID), func(ctx context.Context, c *Change) error {
			return c.RemoveMember(ctx, organizationID, userID)
		})
	}
	asked, err := s.mayRemove(ctx, p, organizationID, userID)
	if err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := removalQuestions(ctx, c, p, organizationID, userID)
		if err == nil && slices.ContainsFunc(now, func(q authz.Question) bool { return !slices.Contains(asked, q) }) {
			err = fault.New(fault.Stale, "somebody else has changed the teams of the user")
		}
		if err != nil {
			return err
		}
		return c.RemoveMember(ctx, organizationID, userID)
	})
}

// mayRemove returns what was asked when the principal may remove somebody else: whoever removes him asks again of what
// he is in by then.
func (s *Service) mayRemove(ctx context.Context, p Principal, organizationID, userID string) ([]authz.Question, error) {
	if err := s.requireToChange(ctx, p, schema.OrganizationManageMembership, organizationRef(organizationID)); err != nil {
		return nil, err
	}
	questions, err := removalQuestions(ctx, s.store, p, organizationID, userID)
	if err != nil {
		return nil, err
	}
	seen, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	if err != nil {
		return nil, err
	}
	for i, ok := range seen {
		if !ok {
			err := fault.New(fault.Denied, "the user is in a team you may not see or change")
			missing := schema.Permission(schema.TypeTeam + "." + questions[i].Permission)
			return nil, s.refused(ctx, p, missing, questions[i].Resource, err, userRef(userID))
		}
	}
	return questions, nil
}

// removalQuestions returns what must be so for somebody else to be removed: the principal sees every team he is in, and
// may change the owners team where he is an owner (DECISIONS P5, P9).
func removalQuestions(ctx context.Context, q Queries, p Principal, organizationID, userID string) ([]authz.Question, error) {
	o, err := q.Organization(ctx, organizationID)
	if err != nil {
		return nil, err
	}
	members, err := q.TeamMembers(ctx, TeamMemberFilter{OrganizationID: organizationID, UserID: userID})
	questions := make([]authz.Question, len(members))
	for i, m := range members {
		questions[i] = authz.Question{Subject: p.Subject, Permission: schema.TeamView.Name(), Resource: teamRef(m.TeamID)}
		if o.OwnersTeamID == m.TeamID {
			questions[i].Permission = schema.TeamUpdateMembership.Name()
		}
	}
	return questions, err
}

// RemoveMembership is RemoveMember for a membership that is named by its id.
func (s *Service) RemoveMembership(ctx context.Context, p Principal, id string) (authz.Token, error) {
	m, err := s.store.Membership(ctx, id)
	if err != nil {
		return "", err
	}
	return s.RemoveMember(ctx, p, m.OrganizationID, m.UserID)
}
