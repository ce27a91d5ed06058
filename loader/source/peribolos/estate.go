package peribolos

import (
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/loader"
)

// estate returns what the files mean. They have no faults.
func (c *collection) estate() loader.Estate {
	var out loader.Estate
	for _, o := range c.organizations {
		out.Organizations = append(out.Organizations, newFlattening(o).organization())
	}
	return out
}

// flattening turns nested teams into teams of their own.
type flattening struct {
	source     *organization
	spelling   map[string]string // of a person in the organization's lists, which teams spell as they like
	workspaces map[string]loader.Workspace
	teams      []loader.Team
}

func newFlattening(o *organization) *flattening {
	f := &flattening{source: o, spelling: map[string]string{}, workspaces: map[string]loader.Workspace{}}
	for _, p := range slices.Concat(o.members, o.admins) {
		f.spelling[fold(p.name)] = p.name
	}
	for _, r := range o.repositories {
		f.workspaces[fold(r.name)] = loader.Workspace{Name: r.name, Description: r.description}
	}
	return f
}

func (f *flattening) organization() loader.Organization {
	for _, t := range f.source.teams {
		f.team(t, nil)
	}
	out := loader.Organization{
		Name: f.source.name, Email: f.source.email, Description: f.source.description,
		Teams: f.teams, Workspaces: slices.Collect(maps.Values(f.workspaces)),
	}
	for _, p := range f.source.admins {
		out.Owners = append(out.Owners, p.name)
	}
	for _, p := range f.source.members {
		out.Members = append(out.Members, p.name)
	}
	return out
}

// team adds a team and those inside it. above is the access of the teams it is in, by folded repository.
func (f *flattening) team(t *team, above map[string]level) {
	levels := maps.Clone(above)
	if levels == nil {
		levels = map[string]level{}
	}
	for _, a := range t.access {
		if _, known := f.workspaces[fold(a.name)]; !known {
			f.workspaces[fold(a.name)] = loader.Workspace{Name: a.name}
		}
		levels[fold(a.name)] = max(levels[fold(a.name)], a.level)
	}
	if !isOwners(t) {
		f.teams = append(f.teams, f.flat(t, levels))
	}
	for _, child := range t.teams {
		f.team(child, levels)
	}
}

func (f *flattening) flat(t *team, levels map[string]level) loader.Team {
	people := map[string]bool{} // whether a maintainer
	addPeople(people, t)
	for _, p := range t.maintainers { // of this very team; those of teams inside it are members here
		people[fold(p.name)] = true
	}
	out := loader.Team{Name: t.name, Description: t.description, Visibility: visibility(t.privacy)}
	for person, maintainer := range people {
		out.Members = append(out.Members, loader.Member{Username: f.spelling[person], Maintainer: maintainer})
	}
	for repository, l := range levels {
		out.Grants = append(out.Grants, loader.Grant{Workspace: f.workspaces[repository].Name, Role: l.role()})
	}
	return out
}

// addPeople adds everybody in a team and in the teams inside it.
func addPeople(people map[string]bool, t *team) {
	for _, p := range slices.Concat(t.members, t.maintainers) {
		people[fold(p.name)] = false
	}
	for _, child := range t.teams {
		addPeople(people, child)
	}
}
