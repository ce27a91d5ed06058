package schema

import "slices"

// CarriedBy returns the relations of a type whose bindings give a permission on an object of that type, where it is
// held through such bindings, or through a binding on a scope above, and through nothing else. It returns nil where
// the permission also follows from something other than a binding, and where it cannot be asked.
//
// Whoever knows the bindings on which a subject holds the atom then knows every place where the permission is held.
func (p Permission) CarriedBy(objectType string) []string {
	entry, ok := Lookup(p)
	if !ok || entry.Kind != Atom || p.On(objectType) == "" {
		return nil
	}
	if p.Type() == objectType { // on the scopes above, every atom comes from bindings alone
		if slices.Contains(alsoFollowing(), p) {
			return nil
		}
		if p == ProjectRead { // and whoever holds it on a workspace or stack inside (DECISIONS M8)
			return []string{RelBinding, RelChildBinding}
		}
	}
	return []string{RelBinding}
}

// alsoFollowing are the atoms that a binding on the object or above it is not all there is to.
func alsoFollowing() []Permission {
	return []Permission{
		OrganizationView,                           // membership and guests
		ProjectCreateWorkspace, ProjectCreateStack, // the default project of who manages workspaces (DECISIONS M4, M7)
		WorkspaceForceDelete, // the organization's setting, and owners (DECISIONS M3)
	}
}
