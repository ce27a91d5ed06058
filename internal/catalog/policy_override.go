package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// The policy-overrides field of a custom access set counts while its team may delegate overrides (research tfe-api 6.5).
// The set keeps the field; the permission itself is in the set exactly as long as the team holds the delegation, and
// every change that gives or takes the delegation brings the team's sets in step.

// delegatesOverrides reports whether a team may delegate policy overrides. A grant that ends does not count: nothing
// would take the overrides back at that instant.
func (c *Change) delegatesOverrides(ctx context.Context, organizationID, teamID string) (bool, error) {
	grants, err := c.Grants(ctx, GrantFilter{Scopes: []authz.Object{organizationRef(organizationID)}, Holder: teamRef(teamID)})
	if err != nil {
		return false, err
	}
	for _, g := range grants {
		if !g.ExpiresAt.IsZero() {
			continue
		}
		atoms, err := roleAtoms(ctx, c.Queries, g.RoleID)
		if err != nil {
			return false, err
		}
		if slices.Contains(atoms, schema.OrganizationDelegatePolicyOverrides) {
			return true, nil
		}
	}
	return false, nil
}

// settleOverrides brings the custom access sets of a team in step after a grant changed that may decide whether the team
// delegates overrides: one of its own at the organization.
func (c *Change) settleOverrides(ctx context.Context, changed Grant) error {
	if changed.Scope.Type != schema.TypeOrganization || changed.Holder.Type != schema.TypeTeam {
		return nil
	}
	grants, err := c.Grants(ctx, GrantFilter{OrganizationID: changed.OrganizationID, Holder: changed.Holder})
	if err != nil {
		return err
	}
	sets, err := c.overrideSets(ctx, grants)
	if err != nil || len(sets) == 0 {
		return err
	}
	delegated, err := c.delegatesOverrides(ctx, changed.OrganizationID, changed.Holder.ID)
	if err != nil {
		return err
	}
	for roleID, kind := range sets {
		r, err := c.Role(ctx, roleID)
		if err != nil {
			return err
		}
		permissions := texts(kind.permissions(r.Fields, delegated))
		if slices.Equal(permissions, r.Permissions) {
			continue
		}
		r.Permissions = permissions
		if err := c.ChangeRole(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// overrideSets returns, of the roles of some grants, the custom access sets that ask for policy overrides.
func (c *Change) overrideSets(ctx context.Context, grants []Grant) (map[string]AccessKind, error) {
	out := map[string]AccessKind{}
	for _, g := range grants {
		kind, ok := KindOfAccess(g.Scope.Type)
		if _, builtin := schema.BuiltinRole(g.RoleID); !ok || builtin {
			continue
		}
		r, err := c.Role(ctx, g.RoleID)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.Fields != nil && kind.wantsOverrides(r.Fields) {
			out[r.ID] = kind
		}
	}
	return out, nil
}

// roleAtoms returns everything that a role gives, nothing for a role that is not there.
func roleAtoms(ctx context.Context, q Queries, roleID string) ([]schema.Permission, error) {
	if builtin, ok := schema.BuiltinRole(roleID); ok {
		return builtin.Atoms(), nil
	}
	r, err := q.Role(ctx, roleID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return schema.Close(schema.Expand(r.Permissions)), err
}
