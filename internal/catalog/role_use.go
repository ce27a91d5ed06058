package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Role use cases.

// CreateRole adds a role; organization.manage_roles, or platform.administer for a platform-wide one. A role with
// owner-only permissions or the wildcard is for owners (DECISIONS M14), and nobody puts more into a role than he
// holds himself (DECISIONS P4).
func (s *Service) CreateRole(ctx context.Context, p Principal, r Role) (Role, authz.Token, error) {
	return s.AddRole(ctx, p, r.OrganizationID, func(Role, Home) (Role, error) { return r, nil })
}

// AddRole is CreateRole of a role as an edit makes it, in an organization or, for "", platform-wide.
func (s *Service) AddRole(ctx context.Context, p Principal, organizationID string, edit Edit[Role]) (Role, authz.Token, error) {
	blank := Role{OrganizationID: organizationID}
	permission, scope := roleGuard(blank)
	if err := s.requireToChange(ctx, p, permission, scope); err != nil {
		return Role{}, "", err
	}
	asked, err := s.mayWriteRole(ctx, p, blank, edit)
	if err != nil {
		return Role{}, "", err
	}
	var created Role
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		wanted, err := rewriteRole(blank, edit, asked)
		if err != nil {
			return err
		}
		created, err = c.CreateRole(ctx, wanted)
		return err
	})
	return created, token, err
}

// UpdateRole changes a role, as an edit makes it, and returns it as it is then: organization.manage_roles, or
// platform.administer for a platform-wide one. What is put into a role must be held by whoever puts it in (DECISIONS P4); a
// role that holds owner-only permissions, before or after, is for owners (DECISIONS M14); taking away what one does not
// hold is allowed. Faults: Conflict for a built-in role and for an unnamed one, which is a part of a grant, and Stale when
// somebody else changed meanwhile what was asked about.
func (s *Service) UpdateRole(ctx context.Context, p Principal, id string, edit Edit[Role]) (Role, authz.Token, error) {
	seen, err := s.roleToChange(ctx, p, id)
	if err != nil {
		return Role{}, "", err
	}
	asked, err := s.mayWriteRole(ctx, p, seen, edit)
	if err != nil {
		return Role{}, "", err
	}
	var after Role
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Role(ctx, id)
		if err != nil {
			return err
		}
		wanted, err := rewriteRole(now, edit, asked)
		if err != nil {
			return err
		}
		if err := c.ChangeRole(ctx, wanted); err != nil {
			return err
		}
		after, err = c.Role(ctx, id)
		return err
	})
	return after, token, err
}

// DeleteRole deletes a role that nobody holds; organization.manage_roles or platform.administer, and one that holds
// owner-only permissions is for owners. Faults as UpdateRole.
func (s *Service) DeleteRole(ctx context.Context, p Principal, id string) (authz.Token, error) {
	seen, err := s.roleToChange(ctx, p, id)
	if err != nil {
		return "", err
	}
	_, scope := roleGuard(seen)
	if err := s.mayHandOut(ctx, p, ownerOnly(schema.Expand(seen.Permissions)), scope, time.Time{}); err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error { return c.RemoveRole(ctx, id) })
}

// roleToChange returns a role that a principal may change.
func (s *Service) roleToChange(ctx context.Context, p Principal, id string) (Role, error) {
	if r, builtin := grantable(id); builtin {
		return Role{}, fault.New(fault.Conflict, "%s is built in: it is the same everywhere and nobody can change, rename or delete it", r.Name)
	}
	r, err := s.store.Role(ctx, id)
	if err != nil {
		return Role{}, err
	}
	permission, scope := roleGuard(r)
	if err := s.requireToChange(ctx, p, permission, scope); err != nil {
		return Role{}, err
	}
	if r.Name == "" {
		return Role{}, fault.New(fault.Conflict, "%s is a custom access set: it changes and goes with the grant that it belongs to", id)
	}
	return r, nil
}

// rewriteRole returns what an edit makes of a role, unless it puts in what the principal was not asked about.
func rewriteRole(now Role, edit Edit[Role], asked []schema.Permission) (Role, error) {
	wanted, err := edit.of(now, Home{})
	if err != nil {
		return Role{}, err
	}
	wanted.ID, wanted.OrganizationID, wanted.CreatedAt, wanted.Fields = now.ID, now.OrganizationID, now.CreatedAt, nil
	for _, needed := range writtenInto(now, wanted) {
		if !slices.Contains(asked, needed) {
			return Role{}, fault.New(fault.Stale, "somebody else has changed the role")
		}
	}
	if wanted.Name == "" { // only what belongs to a grant has none
		return Role{}, fault.At("name", "can't be blank")
	}
	return wanted, nil
}

func roleGuard(r Role) (schema.Permission, authz.Object) {
	if r.OrganizationID == "" {
		return schema.PlatformAdminister, platformRef()
	}
	return schema.OrganizationManageRoles, organizationRef(r.OrganizationID)
}

// mayWriteRole refuses an edit that puts more into a role than the principal holds himself, and returns what he was asked
// about. What is wrong about an edit is told from inside the change.
func (s *Service) mayWriteRole(ctx context.Context, p Principal, seen Role, edit Edit[Role]) ([]schema.Permission, error) {
	wanted, err := edit.of(seen, Home{})
	if err != nil {
		return nil, nil //nolint:nilerr // nothing is written then
	}
	_, scope := roleGuard(seen)
	atoms := writtenInto(seen, wanted)
	return atoms, s.mayHandOut(ctx, p, atoms, scope, time.Time{})
}

// writtenInto returns what somebody must hold to make one role of another: everything that patterns give which were not
// there before, and owner-only permissions wherever they are.
func writtenInto(before, after Role) []schema.Permission {
	var added []string
	for _, input := range after.Permissions {
		pattern, err := schema.Canonical(input)
		if err == nil && !slices.Contains(before.Permissions, pattern) {
			added = append(added, pattern)
		}
	}
	atoms := schema.Close(schema.Expand(added))
	for _, r := range []Role{before, after} {
		atoms = append(atoms, ownerOnly(schema.Expand(r.Permissions))...)
	}
	slices.Sort(atoms)
	return slices.Compact(atoms)
}

// ownerOnly returns those of some atoms that only owners hold (DECISIONS M14).
func ownerOnly(atoms []schema.Permission) []schema.Permission {
	return slices.DeleteFunc(slices.Clone(atoms), func(p schema.Permission) bool {
		e, _ := schema.Lookup(p)
		return !e.OwnerOnly
	})
}
