package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateRole adds a role of an organization, or a platform-wide one without an organization. Permissions may be
// written in any system's words; they are kept in canonical form. All unknown ones are reported at once.
func (c *Change) CreateRole(ctx context.Context, r Role) (Role, error) {
	r, err := c.checkRole(r)
	if err != nil {
		return Role{}, err
	}
	r.ID, r.CreatedAt = c.random(PrefixRole), c.now
	if err := c.InsertRole(ctx, r); err != nil {
		return Role{}, err
	}
	c.record("role.create", r.OrganizationID, roleRef(r.ID), nil, r)
	return r, nil
}

func roleRef(id string) authz.Object { return authz.Object{Type: "role", ID: id} }

func (c *Change) checkRole(r Role) (Role, error) {
	if r.Name != "" {
		if err := checkName("name", r.Name, false); err != nil {
			return r, err
		}
		if _, taken := schema.BuiltinRole(r.Name); taken || looksLikeID(r.Name, PrefixRole) {
			return r, fault.At("name", "is reserved")
		}
	}
	var faults []error
	var canonical []string
	for i, input := range r.Permissions {
		pattern, err := schema.Canonical(input)
		if err != nil {
			faults = append(faults, fault.At(fmt.Sprintf("permissions[%d]", i), "%s", err.Error()))
			continue
		}
		canonical = append(canonical, pattern)
	}
	slices.Sort(canonical)
	r.Permissions = slices.Compact(canonical)
	if r.OrganizationID != "" {
		for _, p := range r.Permissions {
			if schema.Permission(p).Type() == schema.TypePlatform {
				faults = append(faults, fault.At("permissions", "%s belongs in a platform-wide role", p))
			}
		}
	}
	return r, errors.Join(faults...)
}

// ChangeRole updates a role. Every holder has the new permissions at the next check.
func (c *Change) ChangeRole(ctx context.Context, r Role) error {
	before, err := c.Role(ctx, r.ID)
	if err != nil {
		return err
	}
	if r, err = c.checkRole(r); err != nil {
		return err
	}
	r.OrganizationID, r.CreatedAt = before.OrganizationID, before.CreatedAt
	if err := c.UpdateRole(ctx, r); err != nil {
		return err
	}
	c.record("role.update", r.OrganizationID, roleRef(r.ID), before, r)
	grants, err := c.Grants(ctx, GrantFilter{RoleID: r.ID})
	if err != nil {
		return err
	}
	for _, g := range grants {
		c.touch(Slice{Resource: bindingRef(bindingID(g.RoleID, g.Holder.ID)), RoleID: g.RoleID, Holder: g.Holder})
		if err := c.settleOverrides(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// RemoveRole deletes a role that nobody holds.
func (c *Change) RemoveRole(ctx context.Context, id string) error {
	r, err := c.Role(ctx, id)
	if err != nil {
		return err
	}
	c.record("role.delete", r.OrganizationID, roleRef(id), r, nil)
	return c.DeleteRole(ctx, id)
}

// Role use cases.

// CreateRole adds a role; organization.manage_roles, or platform.administer for a platform-wide one. A role with
// owner-only permissions or the wildcard is for owners (DECISIONS M14), and nobody puts more into a role than he
// holds himself (DECISIONS P4).
func (s *Service) CreateRole(ctx context.Context, p Principal, r Role) (Role, authz.Token, error) {
	if err := s.mayWriteRole(ctx, p, r); err != nil {
		return Role{}, "", err
	}
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		r, err = c.CreateRole(ctx, r)
		return err
	})
	return r, token, err
}

// UpdateRole changes a role; as CreateRole.
func (s *Service) UpdateRole(ctx context.Context, p Principal, r Role) (authz.Token, error) {
	before, err := s.store.Role(ctx, r.ID)
	if err != nil {
		return "", err
	}
	r.OrganizationID = before.OrganizationID
	if err := s.mayWriteRole(ctx, p, r); err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error { return c.ChangeRole(ctx, r) })
}

// DeleteRole deletes a role that nobody holds; organization.manage_roles or platform.administer.
func (s *Service) DeleteRole(ctx context.Context, p Principal, id string) (authz.Token, error) {
	r, err := s.store.Role(ctx, id)
	if err != nil {
		return "", err
	}
	permission, scope := roleGuard(r)
	return s.on(ctx, p, permission, scope, func(ctx context.Context, c *Change) error { return c.RemoveRole(ctx, id) })
}

func roleGuard(r Role) (schema.Permission, authz.Object) {
	if r.OrganizationID == "" {
		return schema.PlatformAdminister, platformRef()
	}
	return schema.OrganizationManageRoles, organizationRef(r.OrganizationID)
}

func (s *Service) mayWriteRole(ctx context.Context, p Principal, r Role) error {
	permission, scope := roleGuard(r)
	if err := s.requireToChange(ctx, p, permission, scope); err != nil {
		return err
	}
	return s.mayHandOut(ctx, p, schema.Close(schema.Expand(r.Permissions)), scope)
}

// mayHandOut refuses to give away, at a scope, what the principal does not hold there himself. Owner-only
// permissions are held by owners alone, so they need no rule of their own.
func (s *Service) mayHandOut(ctx context.Context, p Principal, atoms []schema.Permission, scope authz.Object) error {
	missing, err := s.lacks(ctx, p, atoms, scope)
	if err != nil || len(missing) == 0 {
		return err
	}
	err = fault.New(fault.Denied, "you cannot hand out %s, which you do not hold on %s", missing[0].HeldOn(scope.Type), scope.Type)
	return s.refused(ctx, p, missing[0], scope, err)
}

// lacks returns which of some permissions, of those that mean something at a scope, the principal does not hold there.
func (s *Service) lacks(ctx context.Context, p Principal, atoms []schema.Permission, scope authz.Object) ([]schema.Permission, error) {
	var questions []authz.Question
	var asked, out []schema.Permission
	for _, a := range atoms {
		if name := a.HeldOn(scope.Type); name != "" {
			questions = append(questions, authz.Question{Subject: p.Subject, Permission: name, Resource: scope})
			asked = append(asked, a)
		}
	}
	held, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	for i, ok := range held {
		if !ok {
			out = append(out, asked[i])
		}
	}
	return out, err
}
