package catalog

import (
	"context"
	"errors"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// SiteAdminUsername is the built-in user that the site token acts as.
const SiteAdminUsername = "site-admin"

// CreateUser adds a person. An empty e-mail address becomes NAME@users.invalid (DECISIONS N15).
func (c *Change) CreateUser(ctx context.Context, username, email string) (User, error) {
	if err := c.legalNewName(ctx, username); err != nil {
		return User{}, err
	}
	if email == "" {
		email = username + placeholderDomain
	} else if err := checkEmail("email", email); err != nil {
		return User{}, err
	}
	return c.addUser(ctx, User{Username: username, Email: email})
}

// legalNewName refuses a name that nobody may have; whether somebody has it is for the store to say.
func (c *Change) legalNewName(ctx context.Context, username string) error {
	if err := checkUsername("username", username); err != nil {
		return err
	}
	return freeName(ctx, "username", username, c.User)
}

// addUser adds a person whose name and addresses have been checked.
func (c *Change) addUser(ctx context.Context, u User) (User, error) {
	u.ID, u.CreatedAt = c.random(PrefixUser), c.now
	if err := c.InsertUser(ctx, u); err != nil {
		return User{}, err
	}
	c.touch(memberSlice(teamRef(u.ID), userRef(u.ID)), memberSlice(teamRef(holderUsers), userRef(u.ID)))
	c.record("user.create", "", userRef(u.ID), nil, u)
	return u, nil
}

// EnsureUser returns the user of a name, created when there is none.
func (c *Change) EnsureUser(ctx context.Context, username, email string) (User, error) {
	u, err := c.UserByUsername(ctx, username)
	if fault.Is(err, fault.NotFound) {
		return c.CreateUser(ctx, username, email)
	}
	return u, err
}

// SetSiteAdmin makes a user a site admin or takes that away. The last one who can act and the built-in one stay.
func (c *Change) SetSiteAdmin(ctx context.Context, userID string, admin bool) error {
	if !admin {
		if err := errors.Join(c.notBuiltin(ctx, userID), c.forgetPromotion(ctx, userID)); err != nil {
			return err
		}
	}
	return c.setUser(ctx, userID, map[bool]string{true: "user.grant_admin", false: "user.revoke_admin"}[admin], func(u *User) { u.SiteAdmin = admin })
}

// SetSiteAuditor makes a user a site auditor or takes that away.
func (c *Change) SetSiteAuditor(ctx context.Context, userID string, auditor bool) error {
	return c.setUser(ctx, userID, map[bool]string{true: "user.grant_site_auditor", false: "user.revoke_site_auditor"}[auditor], func(u *User) { u.SiteAuditor = auditor })
}

// Suspend ends everything a user may do, and his tokens and those he made of groups for good; his memberships stay and come back with
// Unsuspend (DECISIONS P17). Sole owners, the last site admin and the built-in one cannot be suspended.
func (c *Change) Suspend(ctx context.Context, userID string) error {
	if err := c.notBuiltin(ctx, userID); err != nil {
		return err
	}
	if err := c.setUser(ctx, userID, "user.suspend", func(u *User) { u.Suspended = true }); err != nil {
		return err
	}
	if err := c.dropTokens(ctx, TokenUser, userID); err != nil {
		return err
	}
	if err := c.endTokensMadeBy(ctx, userID); err != nil {
		return err
	}
	return c.keepOwners(ctx, userID)
}

// Unsuspend restores what a suspended user held.
func (c *Change) Unsuspend(ctx context.Context, userID string) error {
	if err := c.setUser(ctx, userID, "user.unsuspend", func(u *User) { u.Suspended = false }); err != nil {
		return err
	}
	return c.forgetSuspending(ctx, userID)
}

func (c *Change) setUser(ctx context.Context, userID, action string, set func(*User)) error {
	before, err := c.User(ctx, userID)
	if err != nil {
		return err
	}
	after := before
	set(&after)
	if after == before {
		return nil
	}
	if err := c.touchUser(ctx, userID); err != nil {
		return err
	}
	if err := c.UpdateUser(ctx, after); err != nil {
		return err
	}
	c.record(action, "", userRef(userID), before, after)
	if before.SiteAdmin && (!after.SiteAdmin || after.Suspended) {
		return c.keepSiteAdmin(ctx)
	}
	return nil
}

// RemoveUser deletes a person with everything that is his. Sole owners, the last site admin and the built-in one stay.
func (c *Change) RemoveUser(ctx context.Context, userID string) error {
	u, err := c.User(ctx, userID)
	if err == nil {
		err = c.notBuiltin(ctx, userID)
	}
	if err != nil {
		return err
	}
	owned, err := c.ownedBy(ctx, userID)
	if err != nil {
		return err
	}
	if err := c.touchUser(ctx, userID); err != nil {
		return err
	}
	if err := c.dropGrants(ctx, GrantFilter{Holder: userRef(userID)}); err != nil {
		return err
	}
	if err := c.dropTokens(ctx, TokenUser, userID); err != nil {
		return err
	}
	if err := c.endTokensMadeBy(ctx, userID); err != nil {
		return err
	}
	if err := c.DeleteUser(ctx, userID); err != nil {
		return err
	}
	c.record("user.delete", "", userRef(userID), u, nil)
	for _, o := range owned {
		if err := c.keepOwner(ctx, o); err != nil {
			return err
		}
	}
	if u.SiteAdmin {
		return c.keepSiteAdmin(ctx)
	}
	return nil
}

// touchUser names every part of the projection that a person is in.
func (c *Change) touchUser(ctx context.Context, userID string) error {
	me := userRef(userID)
	for _, holder := range []string{userID, holderUsers, holderSiteAdmins, holderSiteAuditors} {
		c.touch(memberSlice(teamRef(holder), me))
	}
	memberships, err := c.Memberships(ctx, MembershipFilter{UserID: userID})
	if err != nil {
		return err
	}
	for _, m := range memberships {
		c.touch(memberSlice(organizationRef(m.OrganizationID), me))
	}
	teams, err := c.Teams(ctx, TeamFilter{UserID: userID})
	if err != nil {
		return err
	}
	for _, t := range teams {
		c.touch(memberSlice(teamRef(t.ID), me))
	}
	return inOrder(
		func() error { return c.touchGroupsOf(ctx, userID) },
		func() error { return c.touchKept(ctx, userID) },
	)
}

// touchGroupsOf names a person's places in groups and in what those decide.
func (c *Change) touchGroupsOf(ctx context.Context, userID string) error {
	groups, err := c.GroupMembers(ctx, GroupMemberFilter{UserID: userID})
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := c.touchGroupMembers(ctx, g.GroupID, userID); err != nil {
			return err
		}
	}
	return nil
}

// touchKept names a person's places in the teams in which paused links keep him.
func (c *Change) touchKept(ctx context.Context, userID string) error {
	ids, err := c.keptIn(ctx, userID)
	if err != nil || len(ids) == 0 {
		return err
	}
	links, err := c.GroupLinks(ctx, GroupLinkFilter{IDs: ids})
	for _, l := range links {
		c.touch(memberSlice(teamRef(l.TeamID), userRef(userID)))
	}
	return err
}

// keepSiteAdmin refuses a change that would leave no site admin who can act (DESIGN section 2).
func (c *Change) keepSiteAdmin(ctx context.Context) error {
	admins, err := c.Users(ctx, UserFilter{SiteAdmins: true})
	if err != nil {
		return err
	}
	for _, u := range admins {
		if !u.Suspended {
			return nil
		}
	}
	return fault.New(fault.Conflict, "the last site admin cannot be removed")
}

// notBuiltin refuses to end the built-in site admin: the site token acts as him, and whoever runs the service must not be
// locked out of it by somebody whom he has let in.
func (c *Change) notBuiltin(ctx context.Context, userID string) error {
	builtin, err := isBuiltin(ctx, c, userID)
	if builtin {
		return fault.New(fault.Conflict, "the built-in site admin cannot be suspended, demoted or removed")
	}
	return err
}

// ensureMember makes sure that a user is a member of an organization, at least invited as given.
func (c *Change) ensureMember(ctx context.Context, organizationID, userID string, status MembershipStatus) error {
	have, err := c.Memberships(ctx, MembershipFilter{OrganizationID: organizationID, UserID: userID})
	if err != nil || len(have) > 0 {
		return err
	}
	_, err = c.PutMember(ctx, organizationID, userID, status)
	return err
}

// User use cases.

// CreateUser adds a person; platform.manage_users.
func (s *Service) CreateUser(ctx context.Context, p Principal, username, email string) (User, error) {
	if err := s.requireToChange(ctx, p, schema.PlatformManageUsers, platformRef()); err != nil {
		return User{}, err
	}
	var u User
	_, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		u, err = c.CreateUser(ctx, username, email)
		return err
	})
	return u, err
}

// EnrolUser adds a person by his name alone, as OTF's API does; platform.manage_users, or organization.update of any
// organization. The second is for people, and while the settings let unknown members be made: an owner makes the same
// person by putting the name into a team (DECISIONS P8).
func (s *Service) EnrolUser(ctx context.Context, p Principal, username string) (User, authz.Token, error) {
	needs, on, err := s.enrolsBy(ctx, p)
	if err != nil {
		return User{}, "", err
	}
	var u User
	token, err := s.on(ctx, p, needs, on, func(ctx context.Context, c *Change) (err error) {
		u, err = c.CreateUser(ctx, username, "")
		return err
	})
	return u, token, err
}

// enrolsBy returns the permission by which a principal may enrol people, or the one he lacks.
func (s *Service) enrolsBy(ctx context.Context, p Principal) (schema.Permission, authz.Object, error) {
	err := s.require(ctx, p, schema.PlatformManageUsers, platformRef())
	if !fault.Is(err, fault.Denied) || p.Subject.Type != schema.TypeUser {
		return schema.PlatformManageUsers, platformRef(), unlessDenied(err)
	}
	settings, err := s.store.Settings(ctx)
	if err != nil || !settings.CreateUnknownMembers {
		return schema.PlatformManageUsers, platformRef(), err
	}
	owned, _, err := s.engine.Resources(ctx, p.Subject, schema.OrganizationUpdate.Name(), schema.TypeOrganization, authz.Consistency{})
	for _, id := range owned {
		if s.require(ctx, p, schema.OrganizationUpdate, organizationRef(id)) == nil { // his credential counts there
			return schema.OrganizationUpdate, organizationRef(id), nil
		}
	}
	return schema.PlatformManageUsers, platformRef(), err
}

// unlessDenied returns an error that says something else than no.
func unlessDenied(err error) error {
	if fault.Is(err, fault.Denied) {
		return nil
	}
	return err
}

// administers reports whether a user is a site admin, or administers the platform by a grant, his own or a group's. It says
// so of the suspended as well: of what they get back.
func (c *Change) administers(ctx context.Context, userID string) (bool, error) {
	u, err := c.User(ctx, userID)
	if err != nil || u.SiteAdmin {
		return u.SiteAdmin, err
	}
	return administersByGrant(ctx, c, userID)
}

// administering is administers outside of a change.
func (s *Service) administering(ctx context.Context, userID string) (bool, error) {
	return (&Change{Queries: s.store, now: s.now()}).administers(ctx, userID)
}

// onUser is on for what is done to a person: a permission on the platform, and platform.administer where he administers it,
// so that whoever merely manages people ends none of those above him. Fault: Stale when he comes to do so meanwhile.
func (s *Service) onUser(ctx context.Context, p Principal, needs schema.Permission, userID string, fn func(context.Context, *Change) error) (authz.Token, error) {
	if err := s.requireToChange(ctx, p, needs, platformRef()); err != nil {
		return "", err
	}
	administers := needs == schema.PlatformAdminister
	if !administers {
		above, err := s.administering(ctx, userID)
		if err == nil && above {
			administers, err = true, s.requireToChange(ctx, p, schema.PlatformAdminister, platformRef())
		}
		if err != nil {
			return "", err
		}
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		above, err := c.administers(ctx, userID)
		if err == nil && above && !administers {
			err = fault.New(fault.Stale, "somebody else has made the user a site admin")
		}
		if err != nil {
			return err
		}
		return fn(ctx, c)
	})
}

// SuspendUser suspends a person or lifts that; platform.manage_users, and platform.administer for a site admin.
func (s *Service) SuspendUser(ctx context.Context, p Principal, userID string, suspended bool) (authz.Token, error) {
	return s.onUser(ctx, p, schema.PlatformManageUsers, userID, func(ctx context.Context, c *Change) error {
		if suspended {
			return c.Suspend(ctx, userID)
		}
		return c.Unsuspend(ctx, userID)
	})
}

// DeleteUser deletes a person; platform.manage_users, and platform.administer for a site admin.
func (s *Service) DeleteUser(ctx context.Context, p Principal, userID string) (authz.Token, error) {
	return s.onUser(ctx, p, schema.PlatformManageUsers, userID, func(ctx context.Context, c *Change) error { return c.RemoveUser(ctx, userID) })
}

// SetSiteAdmin makes a person a site admin or takes that away; platform.administer.
func (s *Service) SetSiteAdmin(ctx context.Context, p Principal, userID string, admin bool) (authz.Token, error) {
	return s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error { return c.SetSiteAdmin(ctx, userID, admin) })
}
