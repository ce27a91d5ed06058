package loader

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// rolePrefix marks the roles an Estate speaks of: TFE's fixed access levels. Grants of other roles belong to
// whoever made them, and an import leaves them alone.
const rolePrefix = "tfe-"

// isEstateRole reports whether a role is one that an Estate may give a team on a workspace.
func isEstateRole(name string) bool {
	role, ok := schema.BuiltinRole(name)
	return ok && !role.System && strings.HasPrefix(name, rolePrefix) && slices.Contains(role.Scopes, schema.TypeWorkspace)
}

// Validate returns every fault of an Estate that a source wants, joined; each names its place, as in
// "organizations[acme].teams[dev].members[3]".
func (e Estate) Validate() error {
	v := &validation{}
	seen := map[string]bool{}
	for i, o := range e.Organizations {
		at := place("organizations", o.Name, i)
		v.name(at, "organization", o.Name, seen)
		v.organization(at, o)
	}
	return errors.Join(v.faults...)
}

// validation collects faults.
type validation struct{ faults []error }

// place names an element of a list by its name, by its position when it has none.
func place(list, name string, index int) string {
	if strings.TrimSpace(name) == "" {
		return fmt.Sprintf("%s[%d]", list, index)
	}
	return fmt.Sprintf("%s[%s]", list, name)
}

func (v *validation) add(at, format string, args ...any) {
	v.faults = append(v.faults, fault.At(at, format, args...))
}

// name checks that a name is there and new among its kind.
func (v *validation) name(at, kind, name string, seen map[string]bool) {
	switch {
	case strings.TrimSpace(name) == "":
		v.add(at, "the %s has no name", kind)
	case seen[fold(name)]:
		v.add(at, "%s %q is listed twice", kind, name)
	}
	seen[fold(name)] = true
}

func (v *validation) organization(at string, o Organization) {
	if len(o.Owners) == 0 {
		v.add(at+".owners", "organization %q has no owner", o.Name)
	}
	v.people(at+".owners", "owner", o.Owners)
	v.people(at+".members", "member", o.Members)
	workspaces := map[string]bool{}
	for i, w := range o.Workspaces {
		v.name(at+"."+place("workspaces", w.Name, i), "workspace", w.Name, workspaces)
	}
	teams := map[string]bool{}
	for i, t := range o.Teams {
		here := at + "." + place("teams", t.Name, i)
		v.name(here, "team", t.Name, teams)
		v.team(here, t, workspaces)
	}
}

func (v *validation) people(list, kind string, names []string) {
	seen := map[string]bool{}
	for i, name := range names {
		v.name(fmt.Sprintf("%s[%d]", list, i), kind, name, seen)
	}
}

func (v *validation) team(at string, t Team, workspaces map[string]bool) {
	if fold(t.Name) == OwnersTeam {
		v.add(at, "the name %q is reserved for the owners of the organization", t.Name)
	}
	if t.Visibility != VisibilitySecret && t.Visibility != VisibilityOrganization {
		v.add(at+".visibility", "visibility %q is neither %q nor %q", t.Visibility, VisibilitySecret, VisibilityOrganization)
	}
	people := map[string]bool{}
	for i, m := range t.Members {
		v.name(fmt.Sprintf("%s.members[%d]", at, i), "member", m.Username, people)
	}
	grants := map[[2]string]bool{}
	for i, g := range t.Grants {
		here := fmt.Sprintf("%s.grants[%d]", at, i)
		if !isEstateRole(g.Role) {
			v.add(here+".role", "role %q is no built-in access level of a workspace", g.Role)
		}
		if !workspaces[fold(g.Workspace)] {
			v.add(here+".workspace", "workspace %q is not listed", g.Workspace)
		}
		key := [2]string{fold(g.Workspace), g.Role}
		if grants[key] {
			v.add(here, "role %q on workspace %q is listed twice", g.Role, g.Workspace)
		}
		grants[key] = true
	}
}
