package catalog

import (
	"context"
	"errors"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

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

// memberNamed returns the user that a username or id names, as somebody to put into a team of an organization. An unknown
// name makes a new person and a known one joins the organization, unless the settings refuse both: whoever may create an
// unknown member may all the more name a known one (DECISIONS P8). An id is never made up.
func (c *Change) memberNamed(ctx context.Context, organizationID, ref string) (User, error) {
	u, err := c.userNamed(ctx, ref)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return User{}, err
	}
	known := err == nil
	settings, err := c.Settings(ctx)
	if err != nil {
		return User{}, err
	}
	switch {
	case known && settings.CreateUnknownMembers:
		return u, nil
	case known:
		have, err := c.Memberships(ctx, MembershipFilter{OrganizationID: organizationID, UserID: u.ID})
		if err == nil && len(have) == 0 {
			err = fault.New(fault.Invalid, "%s is not a member of the organization", ref)
		}
		return u, err
	case settings.CreateUnknownMembers && !looksLikeID(ref, PrefixUser):
		return c.CreateUser(ctx, ref, "")
	}
	return User{}, fault.New(fault.Invalid, "%s does not exist", ref)
}

// userNamed returns the user of a username or an id.
func (c *Change) userNamed(ctx context.Context, ref string) (User, error) {
	u, err := c.UserByUsername(ctx, ref)
	if fault.Is(err, fault.NotFound) {
		u, err = c.User(ctx, ref)
	}
	return u, err
}

// memberOf returns the user that a membership of an organization is of, whatever its status.
func (c *Change) memberOf(ctx context.Context, organizationID, membershipID string) (User, error) {
	m, err := c.Membership(ctx, membershipID)
	if fault.Is(err, fault.NotFound) || (err == nil && m.OrganizationID != organizationID) {
		return User{}, fault.New(fault.Invalid, "%s does not exist", membershipID)
	}
	if err != nil {
		return User{}, err
	}
	return c.User(ctx, m.UserID)
}

// inTeam returns the user if he is a direct member of a team, and a fault that names him as ref otherwise.
func (c *Change) inTeam(ctx context.Context, teamID, ref string, u User) (User, error) {
	have, err := c.TeamMembers(ctx, TeamMemberFilter{TeamIDs: []string{teamID}, UserID: u.ID})
	if err == nil && len(have) == 0 {
		err = fault.New(fault.Invalid, "%s is not a member of the team", ref)
	}
	return u, err
}

// Team member use cases.

// AddTeamMembers puts users into a team, by usernames or ids; team.update_membership. All or none: Invalid for every one
// who is not there, and for those who are no members where the settings want members only (DECISIONS P8).
func (s *Service) AddTeamMembers(ctx context.Context, p Principal, teamID string, refs ...string) (authz.Token, error) {
	return s.editMembers(ctx, p, teamID, refs, func(ctx context.Context, c *Change, t Team, ref string) (User, error) {
		return c.memberNamed(ctx, t.OrganizationID, ref)
	}, addToTeam)
}

// RemoveTeamMembers takes users out of a team, by usernames or ids; team.update_membership. All or none: Invalid for every
// one who is not in it, Conflict when no owner would be left.
func (s *Service) RemoveTeamMembers(ctx context.Context, p Principal, teamID string, refs ...string) (authz.Token, error) {
	return s.editMembers(ctx, p, teamID, refs, func(ctx context.Context, c *Change, t Team, ref string) (User, error) {
		u, err := c.userNamed(ctx, ref)
		if fault.Is(err, fault.NotFound) {
			return u, fault.New(fault.Invalid, "%s does not exist", ref)
		}
		if err != nil {
			return u, err
		}
		return c.inTeam(ctx, t.ID, ref, u)
	}, removeFromTeam)
}

// AddTeamMemberships is AddTeamMembers by memberships of the organization. Who is invited stays so.
func (s *Service) AddTeamMemberships(ctx context.Context, p Principal, teamID string, membershipIDs ...string) (authz.Token, error) {
	return s.editMembers(ctx, p, teamID, membershipIDs, func(ctx context.Context, c *Change, t Team, ref string) (User, error) {
		return c.memberOf(ctx, t.OrganizationID, ref)
	}, addToTeam)
}

// RemoveTeamMemberships is RemoveTeamMembers by memberships of the organization.
func (s *Service) RemoveTeamMemberships(ctx context.Context, p Principal, teamID string, membershipIDs ...string) (authz.Token, error) {
	return s.editMembers(ctx, p, teamID, membershipIDs, func(ctx context.Context, c *Change, t Team, ref string) (User, error) {
		u, err := c.memberOf(ctx, t.OrganizationID, ref)
		if err != nil {
			return u, err
		}
		return c.inTeam(ctx, t.ID, ref, u)
	}, removeFromTeam)
}

func addToTeam(ctx context.Context, c *Change, teamID, userID string) error {
	return c.AddTeamMember(ctx, teamID, userID, false)
}

func removeFromTeam(ctx context.Context, c *Change, teamID, userID string) error {
	return c.RemoveTeamMember(ctx, teamID, userID)
}

// editMembers finds everybody who is named before it changes anything, so that every fault is reported.
func (s *Service) editMembers(ctx context.Context, p Principal, teamID string, refs []string,
	find func(ctx context.Context, c *Change, t Team, ref string) (User, error), edit func(ctx context.Context, c *Change, teamID, userID string) error,
) (authz.Token, error) {
	return s.on(ctx, p, schema.TeamUpdateMembership, teamRef(teamID), func(ctx context.Context, c *Change) error {
		t, err := c.Team(ctx, teamID)
		if err != nil {
			return err
		}
		var users []User
		var faults []error
		for _, ref := range refs {
			u, err := find(ctx, c, t, ref)
			users, faults = append(users, u), append(faults, err)
		}
		if err := errors.Join(faults...); err != nil {
			return err
		}
		for _, u := range users {
			if err := edit(ctx, c, teamID, u.ID); err != nil {
				return err
			}
		}
		return nil
	})
}
