package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// promote makes exactly the people whom some names mean site admins, besides the built-in one; no name changes nothing.
// It returns the names by which nobody is promoted.
func (c *Change) promote(ctx context.Context, builtinID string, usernames []string) (left []string, err error) {
	if len(usernames) == 0 {
		return nil, nil
	}
	keep := []string{builtinID}
	for _, name := range usernames {
		u, known, err := c.promotedBy(ctx, name)
		if err != nil {
			return nil, err
		}
		if !known {
			left = append(left, name)
			continue
		}
		if err := c.SetSiteAdmin(ctx, u.ID, true); err != nil {
			return nil, err
		}
		keep = append(keep, u.ID)
	}
	admins, err := c.Users(ctx, UserFilter{SiteAdmins: true})
	if err != nil {
		return nil, err
	}
	for _, u := range admins {
		if !slices.Contains(keep, u.ID) {
			if err := c.SetSiteAdmin(ctx, u.ID, false); err != nil {
				return nil, err
			}
		}
	}
	return left, nil
}

// promotedBy returns whom a name on the promotion list means: whom it meant when it was first read, whatever he is called
// by now, and then whoever has the name, who is made when nobody does. An account that took the name itself is meant by
// nobody who wrote the list, for anybody could have taken it.
func (c *Change) promotedBy(ctx context.Context, name string) (u User, known bool, err error) {
	i, err := c.Identity(ctx, promoted, NameKey(name))
	if err == nil {
		u, err = c.User(ctx, i.UserID)
		return u, err == nil, err
	}
	if !fault.Is(err, fault.NotFound) {
		return User{}, false, err
	}
	if u, err = c.EnsureUser(ctx, name, ""); err != nil {
		return User{}, false, err
	}
	_, err = c.Identity(ctx, selfNamed, u.ID)
	if err == nil {
		return User{}, false, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return User{}, false, err
	}
	return u, true, c.vouch(ctx, promoted, NameKey(name), u.ID)
}

// notPromised refuses a name by which somebody else was promoted, as if he still had it.
func (c *Change) notPromised(ctx context.Context, name, userID string) error {
	i, err := c.Identity(ctx, promoted, NameKey(name))
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err == nil && i.UserID != userID:
		return &fault.Error{Kind: fault.Conflict, Field: "username", Message: "has already been taken"}
	}
	return err
}

// forgetPromotion forgets the names by which a user was promoted, so that they are free for others. Whoever is a site
// admin no more, and on the list still, is promoted by the name he has by then.
func (c *Change) forgetPromotion(ctx context.Context, userID string) error {
	identities, err := c.Identities(ctx, IdentityFilter{UserID: userID})
	if err != nil {
		return err
	}
	for _, i := range identities {
		if i.Issuer != promoted {
			continue
		}
		c.record("user.unlink_identity", "", userRef(userID), i, nil)
		if err := c.DeleteIdentity(ctx, i.Issuer, i.Subject); err != nil {
			return err
		}
	}
	return nil
}
