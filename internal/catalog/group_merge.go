package catalog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// mergeGrant gives a grant to another holder that may hold something at its scope already. Of two grants of one role the
// one that lasts longer stays. So it is at a workspace or project with grants of two roles, where Terrakube knows one row
// of a name; if both last as long, one grant gives what they gave together. What has ended is not handed on.
func (c *Change) mergeGrant(ctx context.Context, g Grant, holder authz.Object) error {
	if c.ended(g) {
		return nil
	}
	have, err := c.Grants(ctx, GrantFilter{Scopes: []authz.Object{g.Scope}, Holder: holder})
	if err != nil {
		return err
	}
	sameRole := func(own Grant) int {
		if own.RoleID == g.RoleID {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(have, func(a, b Grant) int { return cmp.Compare(sameRole(a), sameRole(b)) })
	oneRow := g.Scope.Type == schema.TypeWorkspace || g.Scope.Type == schema.TypeProject
	for _, own := range have {
		switch {
		case own.RoleID != g.RoleID && !oneRow:
			continue
		case c.ended(own) || outlasts(g.ExpiresAt, own.ExpiresAt):
			if err := c.RemoveGrant(ctx, own.ID); err != nil {
				return err
			}
		case outlasts(own.ExpiresAt, g.ExpiresAt):
			return nil
		default:
			return c.widenGrant(ctx, own, g)
		}
	}
	return c.handGrant(ctx, g, holder)
}

func (c *Change) ended(g Grant) bool { return !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(c.now) }

// outlasts reports whether one end is later than another; no end is the latest.
func outlasts(a, b time.Time) bool { return !b.IsZero() && (a.IsZero() || a.After(b)) }

// widenGrant makes a grant give what another one at its scope gives as well.
func (c *Change) widenGrant(ctx context.Context, own, other Grant) error {
	stored, err := rolesOf(ctx, c.Queries, []Grant{own, other})
	if err != nil {
		return err
	}
	here := func(all []schema.Permission) []schema.Permission {
		return slices.DeleteFunc(all, func(p schema.Permission) bool { return p.On(own.Scope.Type) == "" })
	}
	mine, more := here(atomsIn(stored, own.RoleID)), here(atomsIn(stored, other.RoleID))
	switch {
	case covers(mine, more):
		return nil
	case covers(more, mine):
		return c.ChangeGrantRole(ctx, own.ID, other.RoleID)
	}
	both := slices.Compact(slices.Sorted(slices.Values(slices.Concat(mine, more))))
	if !covers(both, here(schema.Close(both))) { // a built-in role may leave out what a set of permissions would carry
		return nil
	}
	made, err := c.CreateRole(ctx, Role{OrganizationID: own.OrganizationID, Permissions: texts(both)})
	if err != nil {
		return err
	}
	return c.ChangeGrantRole(ctx, own.ID, made.ID)
}

func covers(all, some []schema.Permission) bool {
	return !slices.ContainsFunc(some, func(p schema.Permission) bool { return !slices.Contains(all, p) })
}

// handGrant gives a grant another holder, who does not hold its role at its scope. It stays the same grant otherwise.
func (c *Change) handGrant(ctx context.Context, g Grant, holder authz.Object) error {
	_, projectID, err := scopeOrganization(ctx, c.Queries, g.Scope)
	if err != nil {
		return err
	}
	after := g
	after.Holder = holder
	c.touch(grantSlices(g, projectID)...)
	c.touch(grantSlices(after, projectID)...)
	c.record("grant.update", g.OrganizationID, g.Scope, g, after, g.Holder, holder)
	return c.UpdateGrant(ctx, after)
}
