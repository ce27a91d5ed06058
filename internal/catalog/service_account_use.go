package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// ChangeServiceAccount renames a service account, suspends it or lifts that. Suspension ends everything it may do, and its
// tokens for good, as a person's does (DECISIONS P17).
func (c *Change) ChangeServiceAccount(ctx context.Context, a ServiceAccount) error {
	before, err := c.ServiceAccount(ctx, a.ID)
	if err != nil {
		return err
	}
	a.CreatedAt = before.CreatedAt
	if a == before {
		return nil
	}
	var directories []authz.Object
	if a.Name != before.Name {
		if directories, err = c.renamesAccount(ctx, before.Name, a.Name); err != nil {
			return err
		}
	}
	c.touch(whole(teamRef(a.ID)))
	if err := c.UpdateServiceAccount(ctx, a); err != nil {
		return err
	}
	c.record("service_account.update", "", serviceAccountRef(a.ID), before, a, directories...)
	if a.Suspended && !before.Suspended {
		return c.dropTokens(ctx, TokenService, a.ID)
	}
	return nil
}

// renamesAccount checks another name of a service account, and returns the directories that the old and the new one name.
func (c *Change) renamesAccount(ctx context.Context, before, after string) ([]authz.Object, error) {
	if err := checkUsername("name", after); err != nil {
		return nil, err
	}
	if err := freeName(ctx, "name", after, c.ServiceAccount); err != nil {
		return nil, err
	}
	left, err := c.directoryOf(ctx, before)
	if err != nil {
		return nil, err
	}
	taken, err := c.directoryOf(ctx, after)
	return append(left, taken...), err
}

// Service account use cases.

// CreateServiceAccount adds a service account, as an edit makes it; platform.manage_users, and platform.administer for one
// that is called like a directory (see handsDirectories).
func (s *Service) CreateServiceAccount(ctx context.Context, p Principal, edit Edit[ServiceAccount]) (ServiceAccount, authz.Token, error) {
	var a ServiceAccount
	hands, err := s.handsDirectories(ctx, p)
	if err != nil {
		return a, "", err
	}
	token, err := s.on(ctx, p, schema.PlatformManageUsers, platformRef(), func(ctx context.Context, c *Change) error {
		wanted, err := edit.of(ServiceAccount{}, Home{})
		if err == nil {
			err = hands.over(ctx, c, "", wanted.Name)
		}
		if err != nil {
			return err
		}
		if a, err = c.CreateServiceAccount(ctx, wanted.Name); err != nil || !wanted.Suspended {
			return err
		}
		a.Suspended = true
		return c.ChangeServiceAccount(ctx, a)
	})
	return a, token, s.refusedHands(ctx, p, err)
}

// UpdateServiceAccount changes a service account, as an edit makes it, and returns it as it is then; platform.manage_users,
// and platform.administer where it holds something at the platform, or gives up the name of a directory or takes one.
func (s *Service) UpdateServiceAccount(ctx context.Context, p Principal, id string, edit Edit[ServiceAccount]) (ServiceAccount, authz.Token, error) {
	var after ServiceAccount
	hands, err := s.handsDirectories(ctx, p)
	if err != nil {
		return after, "", err
	}
	token, err := s.onServiceAccount(ctx, p, id, func(ctx context.Context, c *Change) error {
		now, err := c.ServiceAccount(ctx, id)
		if err != nil {
			return err
		}
		wanted, err := edit.of(now, Home{})
		if err == nil {
			err = hands.over(ctx, c, now.Name, wanted.Name)
		}
		if err != nil {
			return err
		}
		wanted.ID = id
		if err := c.ChangeServiceAccount(ctx, wanted); err != nil {
			return err
		}
		after, err = c.ServiceAccount(ctx, id)
		return err
	})
	return after, token, s.refusedHands(ctx, p, err)
}

// DeleteServiceAccount deletes a service account with its grants and tokens; as UpdateServiceAccount.
func (s *Service) DeleteServiceAccount(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.onServiceAccount(ctx, p, id, func(ctx context.Context, c *Change) error { return c.RemoveServiceAccount(ctx, id) })
}

// onServiceAccount is on for what is done to a service account: whoever merely manages accounts ends none of those above
// him. Fault: Stale when it is given something at the platform meanwhile.
func (s *Service) onServiceAccount(ctx context.Context, p Principal, id string, fn func(context.Context, *Change) error) (authz.Token, error) {
	if err := s.requireToChange(ctx, p, schema.PlatformManageUsers, platformRef()); err != nil {
		return "", err
	}
	above, err := holdsAtPlatform(ctx, s.store, id)
	if err == nil && above {
		err = s.requireToChange(ctx, p, schema.PlatformAdminister, platformRef())
	}
	if err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := holdsAtPlatform(ctx, c, id)
		if err == nil && now && !above {
			err = fault.New(fault.Stale, "somebody else has given the service account something at the platform")
		}
		if err != nil {
			return err
		}
		return fn(ctx, c)
	})
}

func holdsAtPlatform(ctx context.Context, q Queries, accountID string) (bool, error) {
	grants, err := q.Grants(ctx, GrantFilter{Holder: serviceAccountRef(accountID), PlatformOnly: true, Limit: 1})
	return len(grants) > 0, err
}
