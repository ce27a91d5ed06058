package peribolos

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// Directory is the people and teams of such files, for keeping groups in step; what teams may do stays in the files. People
// are known by their logins and teams by organization/team, in lower case: the files have no other ids, and a team that is
// renamed is another one. A nested team is a group in a group. A team named owners is left out, as in the Estate: its people
// are the admins, who are nobody's group.
//
// Everything is complete or an error: the files are taken to be a checkout, not something that may be cut off.
type Directory struct{ source *Source }

var _ directory.Source = (*Directory)(nil)

// NewDirectory returns the people and teams at a path, as New does for the Estate.
func NewDirectory(path string) *Directory { return &Directory{source: New(path)} }

// Read returns everything the files say. Its faults are those of Source.Read.
func (d *Directory) Read(ctx context.Context, _ directory.Request) (directory.Snapshot, error) {
	if d.source.err != nil {
		return directory.Snapshot{}, d.source.err
	}
	f := &faults{}
	c := newCollection(f)
	for _, in := range d.source.inputs(f) {
		if err := ctx.Err(); err != nil {
			return directory.Snapshot{}, err
		}
		root, ok := readDocument(d.source.fsys, in.path, f)
		if !ok || !c.add(in, root) {
			c.unread[fold(in.organization)] = true
		}
	}
	c.check()
	if err := f.err(); err != nil {
		return directory.Snapshot{}, err
	}
	return c.snapshot(), nil
}

// snapshot returns the people and teams of all organizations. The files have no faults.
func (c *collection) snapshot() directory.Snapshot {
	out := directory.Snapshot{UsersComplete: true, GroupsComplete: true, Users: []directory.User{}, Groups: []directory.Group{}}
	known := map[string]bool{}
	for _, o := range c.organizations {
		for _, p := range slices.Concat(o.admins, o.members) {
			if id := fold(p.name); !known[id] {
				known[id] = true
				out.Users = append(out.Users, directory.User{ID: id, Username: p.name})
			}
		}
		out.Groups = append(out.Groups, groupsOf(o.name, o.teams)...)
	}
	slices.SortFunc(out.Users, func(a, b directory.User) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(out.Groups, func(a, b directory.Group) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// groupsOf returns teams and those inside them as groups.
func groupsOf(organization string, teams []*team) []directory.Group {
	var out []directory.Group
	for _, t := range teams {
		if !isOwners(t) {
			name := organization + "/" + t.name
			g := directory.Group{ID: fold(name), Name: name, Members: []string{}}
			fillGroup(&g, organization, t)
			slices.Sort(g.Members)
			g.Members = slices.Compact(g.Members)
			out = append(out, g)
		}
		out = append(out, groupsOf(organization, t.teams)...)
	}
	return out
}

// fillGroup puts the people of a team into a group, and the teams inside it. A team named owners that is inside is no
// group; who is in it is in the group itself.
func fillGroup(g *directory.Group, organization string, t *team) {
	for _, p := range slices.Concat(t.members, t.maintainers) {
		g.Members = append(g.Members, fold(p.name))
	}
	for _, child := range t.teams {
		if isOwners(child) {
			fillGroup(g, organization, child)
			continue
		}
		g.Groups = append(g.Groups, fold(organization+"/"+child.name))
	}
}
