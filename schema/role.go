package schema

import "slices"

// Role is a built-in role: locked, the same on every installation.
type Role struct {
	Name        string
	Doc         string
	System      bool     // held through the model itself, never granted by hand
	Scopes      []string // the types it may be granted on
	Permissions []string // canonical patterns, before implications
	except      []Permission
}

// Names of the roles that the projection binds by itself. All but the last are system roles.
const (
	RoleOwner               = "owner"
	RoleSiteAdmin           = "site-admin"
	RoleSiteAuditor         = "site-auditor"
	RoleOrganizationCreator = "organization-creator"
	RoleOrganizationToken   = "organization-token"
	RoleOTFMember           = "otf-member" // every team's, where OTF's levels are switched on
)

// Roles returns every built-in role, in the order of the roles file.
func Roles() []Role { return roleTable() }

// BuiltinRole returns a built-in role by name.
func BuiltinRole(name string) (Role, bool) {
	r, ok := tables().roles[name]
	return r, ok
}

// Atoms returns what the role gives, implications included.
func (r Role) Atoms() []Permission {
	return slices.DeleteFunc(Close(Expand(r.Permissions)), func(p Permission) bool {
		return slices.Contains(r.except, p)
	})
}
