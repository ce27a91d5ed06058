package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

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
	if len(r.Permissions) > maxPatterns {
		return r, fault.At("permissions", "are too many (maximum is %d)", maxPatterns)
	}
	faults := []error{checkRoleName(r.Name)}
	if utf8.RuneCountInString(r.Description) > maxRoleText {
		faults = append(faults, fault.At("description", "is too long (maximum is %d characters)", maxRoleText))
	}
	var canonical []string
	for i, input := range r.Permissions {
		pattern, err := schema.Canonical(input)
		if err != nil {
			faults = append(faults, fault.At(fmt.Sprintf("permissions/%d", i), "%s", err.Error()))
			continue
		}
		if r.OrganizationID != "" && schema.Permission(pattern).Type() == schema.TypePlatform {
			faults = append(faults, fault.At(fmt.Sprintf("permissions/%d", i), "permission %q belongs in a platform-wide role", input))
		}
		canonical = append(canonical, pattern)
	}
	slices.Sort(canonical)
	r.Permissions = slices.Compact(canonical)
	return r, errors.Join(faults...)
}

// Limits of a role.
const (
	maxPatterns = 1000
	maxRoleText = 1000 // characters
)

// checkRoleName refuses names that cannot stand in a path, and those of other roles. Unlike most names they may hold spaces:
// people call roles as they call their work.
func checkRoleName(name string) error {
	if name == "" { // a custom access set
		return nil
	}
	if err := checkName("name", name, true); err != nil {
		return err
	}
	if i := strings.IndexAny(name, "/#"); i >= 0 {
		return fault.At("name", "must not contain %q", name[i])
	}
	if _, taken := schema.BuiltinRole(NameKey(name)); taken || looksLikeID(name, PrefixRole) {
		return fault.At("name", "is reserved")
	}
	return nil
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
	if r.equal(before) {
		return nil
	}
	if err := c.UpdateRole(ctx, r); err != nil {
		return err
	}
	c.record("role.update", r.OrganizationID, roleRef(r.ID), before, r)
	if slices.Equal(r.Permissions, before.Permissions) {
		return nil // so nobody holds anything else
	}
	holders, err := c.RoleHolders(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, holder := range holders { // however many scopes share the binding
		c.touch(Slice{Resource: bindingRef(bindingID(r.ID, holder.ID)), RoleID: r.ID, Holder: holder})
	}
	if before.delegatesOverrides() == r.delegatesOverrides() {
		return nil
	}
	grants, err := c.Grants(ctx, GrantFilter{RoleID: r.ID})
	if err != nil {
		return err
	}
	for _, g := range grants {
		if err := c.settleOverrides(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// delegatesOverrides reports whether whoever holds a role at the organization may delegate policy overrides.
func (r Role) delegatesOverrides() bool {
	return slices.Contains(schema.Close(schema.Expand(r.Permissions)), schema.OrganizationDelegatePolicyOverrides)
}

// equal reports whether two roles say the same.
func (r Role) equal(o Role) bool {
	return r.ID == o.ID && r.OrganizationID == o.OrganizationID && r.Name == o.Name && r.Description == o.Description &&
		r.CreatedAt.Equal(o.CreatedAt) && slices.Equal(r.Permissions, o.Permissions) && maps.Equal(r.Fields, o.Fields)
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
