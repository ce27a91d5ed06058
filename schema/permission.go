package schema

import (
	"slices"
	"strings"
	"sync"
)

// Permission is a permission with its type: "workspace.apply_run".
type Permission string

// Type returns the object type the permission is asked on.
func (p Permission) Type() string {
	typeName, _, _ := strings.Cut(string(p), ".")
	return typeName
}

// Name returns the permission's name on its own type, as AuthZEN's action.name carries it.
func (p Permission) Name() string {
	_, name, _ := strings.Cut(string(p), ".")
	return name
}

// Qualified returns the name an atom has on bindings and on the scopes above its type: "workspace_apply_run".
func (p Permission) Qualified() string { return strings.Replace(string(p), ".", "_", 1) }

// HasRelation returns the relation of a binding that carries the atom.
func (p Permission) HasRelation() string { return "has_" + p.Qualified() }

// HeldOn is On for the question whether somebody holds an atom as a role gives it, apart from settings that suspend
// it: what counts when he hands it out (DECISIONS M3, P4).
func (p Permission) HeldOn(objectType string) string {
	if p == WorkspaceForceDelete && objectType == TypeWorkspace {
		return "hold_force_delete"
	}
	return p.On(objectType)
}

// On returns the SpiceDB permission that asks p on an object of the given type: the plain name on its own
// type, the qualified one on a scope above, and "" where p cannot be asked.
func (p Permission) On(objectType string) string {
	entry, ok := Lookup(p)
	switch {
	case !ok:
		return ""
	case p.Type() == objectType:
		return p.Name()
	case entry.Kind == Atom && slices.Contains(Ancestors(p.Type()), objectType):
		return p.Qualified()
	}
	return ""
}

// Kind tells what a role may contain from what follows from other permissions.
type Kind int

// The kinds of permissions.
const (
	Atom Kind = iota
	Derived
)

// System names a platform whose words the vocabulary knows.
type System string

// The systems of the vocabulary.
const (
	TFE       System = "tfe"
	OTF       System = "otf"
	Terrakube System = "terrakube"
	Infra0    System = "infra0"
)

// Entry is one row of the vocabulary.
type Entry struct {
	Permission Permission
	Kind       Kind
	OwnerOnly  bool // in no delegated set (DECISIONS M14)
	Doc        string
	Implies    []Permission // carried along directly; Close follows the chain
	names      map[System][]string
}

// Names returns what a system calls the permission, possibly nothing.
func (e Entry) Names(s System) []string { return e.names[s] }

// index holds the tables once; they never change after the first use.
type index struct {
	entries []Entry
	byName  map[Permission]Entry
	parents map[string]string
	roles   map[string]Role
}

//nolint:gochecknoglobals // immutable tables, built on first use
var tables = sync.OnceValue(func() *index {
	ix := &index{entries: vocabularyTable(), byName: map[Permission]Entry{}, parents: parentTable(), roles: map[string]Role{}}
	for _, e := range ix.entries {
		ix.byName[e.Permission] = e
	}
	for _, r := range roleTable() {
		ix.roles[r.Name] = r
	}
	return ix
})

// Vocabulary returns every permission, in the order of the vocabulary file.
func Vocabulary() []Entry { return slices.Clone(tables().entries) }

// Lookup returns the row of a permission.
func Lookup(p Permission) (Entry, bool) {
	e, ok := tables().byName[p]
	return e, ok
}

// Of returns the permissions that can be asked on objects of a type, in the order of the vocabulary.
func Of(objectType string) []Permission {
	var out []Permission
	for _, e := range tables().entries {
		if e.Permission.Type() == objectType {
			out = append(out, e.Permission)
		}
	}
	return out
}

// Atoms returns every permission that a role may contain.
func Atoms() []Permission {
	var out []Permission
	for _, e := range tables().entries {
		if e.Kind == Atom {
			out = append(out, e.Permission)
		}
	}
	return out
}

// Parent returns the type of the scope right above a type, "" for the platform and for types that are no scope.
func Parent(objectType string) string { return tables().parents[objectType] }

// IsScope reports whether roles can be granted on objects of the type.
func IsScope(objectType string) bool {
	_, ok := tables().parents[objectType]
	return ok
}

// Ancestors returns the scope types above a type, nearest first.
func Ancestors(objectType string) []string {
	var out []string
	for t := Parent(objectType); t != ""; t = Parent(t) {
		out = append(out, t)
	}
	return out
}

// SubjectTypes returns the types that can be the subject of a check (DESIGN section 3).
func SubjectTypes() []string {
	return []string{TypeUser, TypeServiceAccount, TypeTeam, TypeGroup, TypeTeamToken, TypeOrganizationToken}
}
