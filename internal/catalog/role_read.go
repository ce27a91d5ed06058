package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// RoleDetails is a role with what its document shows. A built-in role has its name for an id.
type RoleDetails struct {
	Role
	BuiltIn bool
	Scopes  []string // the types of scopes that a built-in role may be granted at; nil where the permissions decide
}

// Implied returns what the role gives beyond what its patterns name (DECISIONS M6).
func (d RoleDetails) Implied() []schema.Permission {
	assigned := schema.Expand(d.Permissions)
	return slices.DeleteFunc(d.Atoms(), func(p schema.Permission) bool { return slices.Contains(assigned, p) })
}

// Atoms returns everything that the role gives.
func (d RoleDetails) Atoms() []schema.Permission {
	if builtin, ok := schema.BuiltinRole(d.ID); ok {
		return builtin.Atoms()
	}
	return schema.Close(schema.Expand(d.Permissions))
}

// RoleQuery narrows roles down to those that somebody looks for. Empty fields select nothing further.
type RoleQuery struct {
	Contains string              // a part of the name, in any case
	BuiltIn  *bool               // those that are built in, or all others
	Gives    []schema.Permission // those that give all of these, implied ones included
}

func (q RoleQuery) selects(d RoleDetails) bool {
	if q.BuiltIn != nil && *q.BuiltIn != d.BuiltIn || !strings.Contains(NameKey(d.Name), NameKey(q.Contains)) {
		return false
	}
	if len(q.Gives) == 0 {
		return true
	}
	atoms := d.Atoms()
	return !slices.ContainsFunc(q.Gives, func(p schema.Permission) bool { return !slices.Contains(atoms, p) })
}

// grantable returns a built-in role as one that can be granted. Those that are held through the model itself are none.
func grantable(name string) (RoleDetails, bool) {
	r, ok := schema.BuiltinRole(name)
	if !ok || r.System {
		return RoleDetails{}, false
	}
	return RoleDetails{Role: Role{ID: r.Name, Name: r.Name, Description: r.Doc, Permissions: r.Permissions}, BuiltIn: true, Scopes: r.Scopes}, true
}

// ListRoles returns the roles that may be granted in an organization, by name, and how many there are in all: its own, the
// platform-wide ones and those that are built in; organization.view, since whoever asks for access chooses among them.
// For "" these are the roles that may be granted at the platform; platform.administer or platform.audit. Unnamed sets of
// permissions belong to grants and are not listed.
func (s *Service) ListRoles(ctx context.Context, p Principal, organizationID string, q RoleQuery, w Window) ([]RoleDetails, int, error) {
	places := []string{""}
	scopes := []string{schema.TypePlatform}
	if organizationID == "" {
		if err := s.oversees(ctx, p, schema.PlatformAdminister); err != nil {
			return nil, 0, err
		}
	} else {
		if err := s.require(ctx, p, schema.OrganizationView, organizationRef(organizationID)); err != nil {
			return nil, 0, err
		}
		places = append(places, organizationID)
		scopes = []string{schema.TypeOrganization, schema.TypeProject, schema.TypeWorkspace, schema.TypeStack}
	}
	var all []RoleDetails
	for _, place := range places {
		rows, err := s.store.Roles(ctx, place)
		if err != nil {
			return nil, 0, err
		}
		for _, r := range rows {
			if r.Name != "" {
				all = append(all, RoleDetails{Role: r})
			}
		}
	}
	for _, r := range schema.Roles() {
		builtin, ok := grantable(r.Name)
		if ok && slices.ContainsFunc(builtin.Scopes, func(t string) bool { return slices.Contains(scopes, t) }) {
			all = append(all, builtin)
		}
	}
	all = slices.DeleteFunc(all, func(d RoleDetails) bool { return !q.selects(d) })
	slices.SortFunc(all, func(a, b RoleDetails) int { return cmp.Or(compareNames(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return part(all, w), len(all), nil
}

// FindRole returns a role by its id, by its path, or a built-in one by its name. Built-in and platform-wide ones are known
// to everybody; one of an organization needs organization.view, and an unnamed one sight of a grant that it is a part of.
func (s *Service) FindRole(ctx context.Context, p Principal, ref string) (RoleDetails, error) {
	if builtin, ok := grantable(ref); ok {
		return builtin, nil
	}
	id, err := byIDOrPath(ctx, s.store, ref, s.store.Role, s.store.RoleByName, func(r Role) string { return r.ID })
	if err != nil {
		return RoleDetails{}, err
	}
	r, err := s.store.Role(ctx, id)
	if err == nil && r.OrganizationID != "" {
		err = s.require(ctx, p, schema.OrganizationView, organizationRef(r.OrganizationID))
	}
	if err == nil && r.Name == "" {
		err = s.seesSet(ctx, p, id)
	}
	if err != nil {
		return RoleDetails{}, err
	}
	return RoleDetails{Role: r}, nil
}

// seesSet returns nil when a principal sees a grant that an unnamed role is a part of.
func (s *Service) seesSet(ctx context.Context, p Principal, roleID string) error {
	grants, err := s.store.Grants(ctx, GrantFilter{RoleID: roleID})
	if err != nil {
		return err
	}
	seen, err := s.grantsSeen(ctx, p, grants)
	if err == nil && len(seen) == 0 {
		err = fault.New(fault.NotFound, "there is no such role")
	}
	return err
}

// oversees returns nil when a principal holds a permission on the platform, or audits it.
func (s *Service) oversees(ctx context.Context, p Principal, permission schema.Permission) error {
	err := s.require(ctx, p, schema.PlatformAudit, platformRef())
	if fault.Is(err, fault.Denied) {
		err = s.require(ctx, p, permission, platformRef())
	}
	return err
}

// RoleNamed returns the id of the role that an id, a name or a path means in an organization, or at the platform for "".
// It is no decision. Fault: Invalid at the role.
func (s *Service) RoleNamed(ctx context.Context, organizationID, ref string) (string, error) {
	if organization, name, isPath := strings.Cut(ref, "/"); isPath {
		o, err := s.Resolve(ctx, schema.TypeOrganization, organization)
		if err != nil || o != (authz.Object{Type: schema.TypeOrganization, ID: organizationID}) {
			return "", fault.At("role", "does not exist")
		}
		ref = name
	}
	return s.requestedRole(ctx, organizationID, ref)
}
