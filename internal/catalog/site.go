package catalog

import (
	"context"
	"errors"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// ErrAlready is the cause of a refusal to do what is done already.
var ErrAlready = errors.New("already in that state")

// UserAction is something a site admin does to a person.
type UserAction string

// The actions of site admins on people.
const (
	UserSuspend       UserAction = "suspend"
	UserUnsuspend     UserAction = "unsuspend"
	UserGrantAdmin    UserAction = "grant_admin"
	UserRevokeAdmin   UserAction = "revoke_admin"
	UserGrantAuditor  UserAction = "grant_site_auditor"
	UserRevokeAuditor UserAction = "revoke_site_auditor"
	UserDisable2FA    UserAction = "disable_two_factor" // which nobody has here: people sign in at their identity provider
)

// userAct says how an action is done: what it needs, whether it is done already, and the change itself.
type userAct struct {
	needs   schema.Permission
	done    func(User) bool
	already string
	do      func(ctx context.Context, c *Change, userID string) error
}

func userActOf(a UserAction) (userAct, bool) {
	switch a {
	case UserSuspend:
		return userAct{schema.PlatformManageUsers, func(u User) bool { return u.Suspended }, "User is already suspended", func(ctx context.Context, c *Change, id string) error { return c.Suspend(ctx, id) }}, true
	case UserUnsuspend:
		return userAct{schema.PlatformManageUsers, func(u User) bool { return !u.Suspended }, "User is not suspended", func(ctx context.Context, c *Change, id string) error { return c.Unsuspend(ctx, id) }}, true
	case UserGrantAdmin:
		return userAct{schema.PlatformAdminister, func(u User) bool { return u.SiteAdmin }, "User is already an administrator", func(ctx context.Context, c *Change, id string) error { return c.SetSiteAdmin(ctx, id, true) }}, true
	case UserRevokeAdmin:
		return userAct{schema.PlatformAdminister, func(u User) bool { return !u.SiteAdmin }, "User is not an administrator", func(ctx context.Context, c *Change, id string) error { return c.SetSiteAdmin(ctx, id, false) }}, true
	case UserGrantAuditor:
		return userAct{schema.PlatformAdminister, func(u User) bool { return u.SiteAuditor }, "User is already a site auditor", func(ctx context.Context, c *Change, id string) error { return c.SetSiteAuditor(ctx, id, true) }}, true
	case UserRevokeAuditor:
		return userAct{schema.PlatformAdminister, func(u User) bool { return !u.SiteAuditor }, "User is not a site auditor", func(ctx context.Context, c *Change, id string) error { return c.SetSiteAuditor(ctx, id, false) }}, true
	case UserDisable2FA:
		return userAct{schema.PlatformManageUsers, func(User) bool { return true }, "User does not have two-factor authentication enabled", nil}, true
	}
	return userAct{}, false
}

// ActOnUser suspends a person, makes him a site admin or auditor, or undoes that; platform.manage_users or
// platform.administer, the latter for whatever is done to a site admin. What is done already is a Conflict caused by
// ErrAlready; a sole owner, the last site admin and the built-in one are a Conflict too, and nothing is changed (research
// tfe-api 1.11).
func (s *Service) ActOnUser(ctx context.Context, p Principal, userID string, action UserAction) (User, authz.Token, error) {
	act, ok := userActOf(action)
	if !ok {
		return User{}, "", fault.New(fault.NotFound, "there is no such action")
	}
	var after User
	token, err := s.onUser(ctx, p, act.needs, userID, func(ctx context.Context, c *Change) error {
		before, err := c.User(ctx, userID)
		if err != nil {
			return err
		}
		if act.done(before) {
			return fault.Wrap(fault.Conflict, ErrAlready, "%s", act.already)
		}
		if err := act.do(ctx, c, userID); err != nil {
			return err
		}
		after, err = c.User(ctx, userID)
		return err
	})
	return after, token, err
}

// UserCounts tell how many people there are.
type UserCounts struct{ Total, Suspended, Admins int }

// ListUsers returns people of a filter, oldest first, how many it has in all, and how many there are altogether;
// platform.audit.
func (s *Service) ListUsers(ctx context.Context, p Principal, f UserFilter, w Window) (users []User, total int, counts UserCounts, err error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil {
		return nil, 0, UserCounts{}, err
	}
	yes := true
	err = inOrder(
		func() (err error) { total, err = s.store.CountUsers(ctx, f); return },
		func() (err error) { counts.Total, err = s.store.CountUsers(ctx, UserFilter{}); return },
		func() (err error) {
			counts.Suspended, err = s.store.CountUsers(ctx, UserFilter{Suspended: &yes})
			return
		},
		func() (err error) { counts.Admins, err = s.store.CountUsers(ctx, UserFilter{Admin: &yes}); return },
		func() (err error) {
			f.OldestFirst, f.Offset, f.Limit = true, w.Offset, w.Limit
			users, err = s.store.Users(ctx, f)
			return
		},
	)
	return users, total, counts, err
}

// OrganizationsOf returns the organizations each of some people is a member of, whatever the status; platform.audit.
func (s *Service) OrganizationsOf(ctx context.Context, p Principal, userIDs ...string) (map[string][]Organization, error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil || len(userIDs) == 0 {
		return nil, err
	}
	memberships, err := s.store.Memberships(ctx, MembershipFilter{UserIDs: userIDs})
	if err != nil || len(memberships) == 0 {
		return nil, err
	}
	ids := make([]string, len(memberships))
	for i, m := range memberships {
		ids[i] = m.OrganizationID
	}
	rows, err := s.store.Organizations(ctx, ids...)
	if err != nil {
		return nil, err
	}
	byID := map[string]Organization{}
	for _, o := range rows {
		byID[o.ID] = o
	}
	out := map[string][]Organization{}
	for _, m := range memberships {
		if o, ok := byID[m.OrganizationID]; ok {
			out[m.UserID] = append(out[m.UserID], o)
		}
	}
	return out, nil
}

// Administers returns nil when the principal administers the platform; platform.administer.
func (s *Service) Administers(ctx context.Context, p Principal) error {
	return s.require(ctx, p, schema.PlatformAdminister, platformRef())
}
