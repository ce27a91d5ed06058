package estate

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// index looks rows up by what they belong to.
type index struct {
	users    map[string]Named
	members  map[string][]Named       // team or group -> people, nesting left aside
	holders  map[authz.Object][]Named // scope -> people of its holders
	projects map[string]string        // workspace -> project
}

func newIndex(f catalog.Facts) index {
	ix := index{users: map[string]Named{}, members: map[string][]Named{}, holders: map[authz.Object][]Named{}, projects: map[string]string{}}
	for _, u := range f.Users {
		ix.users[u.ID] = Named{ID: u.ID, Name: u.Username}
		ix.members[u.ID] = []Named{ix.users[u.ID]}
	}
	for _, t := range f.TeamMembers {
		ix.members[t.TeamID] = append(ix.members[t.TeamID], ix.users[t.UserID])
	}
	for _, g := range f.GroupMembers {
		ix.members[g.GroupID] = append(ix.members[g.GroupID], ix.users[g.UserID])
	}
	for _, g := range f.Grants {
		ix.holders[g.Scope] = append(ix.holders[g.Scope], ix.members[g.Holder.ID]...)
	}
	for _, w := range f.Workspaces {
		ix.projects[w.ID] = w.ProjectID
	}
	return ix
}

// describe returns what questions are drawn from, in the order of the organizations.
func describe(f catalog.Facts) []Organization {
	ix := newIndex(f)
	at := map[string]int{}
	out := make([]Organization, len(f.Organizations))
	for i, o := range f.Organizations {
		at[o.ID], out[i] = i, Organization{ID: o.ID, Name: o.Name}
	}
	for _, m := range f.Memberships {
		o := &out[at[m.OrganizationID]]
		o.People = append(o.People, ix.users[m.UserID])
	}
	for _, w := range f.Workspaces {
		o := &out[at[w.OrganizationID]]
		o.Workspaces = append(o.Workspaces, Named{ID: w.ID, Name: o.Name + "/" + w.Name})
		o.holders = append(o.holders, slices.Concat(
			ix.holders[authz.Object{Type: schema.TypeWorkspace, ID: w.ID}],
			ix.holders[authz.Object{Type: schema.TypeProject, ID: w.ProjectID}],
		))
	}
	return out
}

// Read returns the estate that a catalog holds, for data that came in another way.
func Read(ctx context.Context, name string, q catalog.Queries) (*Estate, error) {
	e := &Estate{Name: name}
	f := &e.Facts
	steps := []func() error{
		func() (err error) { f.Settings, err = q.Settings(ctx); return },
		func() (err error) { f.Users, err = q.Users(ctx, catalog.UserFilter{}); return },
		func() (err error) { f.Organizations, err = q.Organizations(ctx); return },
		func() (err error) { f.Memberships, err = q.Memberships(ctx, catalog.MembershipFilter{}); return },
		func() (err error) { f.Teams, err = q.Teams(ctx, catalog.TeamFilter{}); return },
		func() (err error) { f.TeamMembers, err = q.TeamMembers(ctx, catalog.TeamMemberFilter{}); return },
		func() (err error) { f.Projects, err = q.Projects(ctx, ""); return },
		func() (err error) { f.Workspaces, err = q.Workspaces(ctx, catalog.WorkspaceFilter{}); return },
		func() (err error) { f.Grants, err = q.Grants(ctx, catalog.GrantFilter{}); return },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	e.Organizations = slices.DeleteFunc(describe(*f), func(o Organization) bool { return len(o.Workspaces) == 0 || len(o.People) == 0 })
	e.Relationships = len(e.Projection())
	return e, nil
}
