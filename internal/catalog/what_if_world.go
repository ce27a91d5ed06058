package catalog

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// worldReader reads the rows on which the permissions that a difference concerns depend: the scopes concerned, what is
// above them and, for a root, below, the grants on all of those, and the subjects' places in teams and groups. It also
// finds the objects that are to be asked about.
type worldReader struct {
	*gatherer

	d       *difference
	partly  map[string]bool // projects of which not everything inside is read
	objects map[authz.Object]bool
	scoped  map[authz.Object]bool // scopes whose grants count
}

func newWorldReader(ctx context.Context, q Queries, d *difference) *worldReader {
	return &worldReader{
		gatherer: &gatherer{
			ctx: ctx, q: q, users: map[string]bool{}, orgs: map[string]bool{}, teams: map[string]bool{},
			projects: map[string]bool{}, groups: map[string]bool{}, accounts: map[string]bool{},
		},
		d: d, partly: map[string]bool{}, objects: map[authz.Object]bool{}, scoped: map[authz.Object]bool{},
	}
}

func (w *worldReader) read() error {
	return inOrder(
		func() (err error) { w.f.Settings, err = w.q.Settings(w.ctx); return },
		w.roots,
		w.above,
		w.granted,
		w.insiders,
		w.subjects,
		w.finish,
		func() error { w.order(); return nil },
	)
}

// roots reads the roots, with what is in them.
func (w *worldReader) roots() error {
	ids := map[string][]string{}
	for root := range w.d.roots {
		w.objects[root] = true
		ids[root.Type] = append(ids[root.Type], root.ID)
	}
	for _, id := range ids[schema.TypeOrganization] {
		w.orgs[id] = true
		rows, err := w.q.Projects(w.ctx, id)
		if err != nil {
			return err
		}
		w.f.Projects = append(w.f.Projects, rows...)
		if err := w.contents(WorkspaceFilter{OrganizationID: id}); err != nil {
			return err
		}
	}
	for _, id := range ids[schema.TypeProject] {
		if err := w.contents(WorkspaceFilter{ProjectID: id}); err != nil {
			return err
		}
	}
	rows, err := w.q.ProjectsByID(w.ctx, ids[schema.TypeProject]...)
	w.f.Projects = append(w.f.Projects, rows...)
	if err != nil {
		return err
	}
	if some := ids[schema.TypeWorkspace]; len(some) > 0 {
		if err := w.contents(WorkspaceFilter{IDs: some}); err != nil {
			return err
		}
	}
	return each(w.ctx, w.q.Stack, ids[schema.TypeStack], &w.f.Stacks)
}

func (w *worldReader) contents(f WorkspaceFilter) error {
	workspaces, err := w.q.Workspaces(w.ctx, f)
	if err != nil {
		return err
	}
	w.f.Workspaces = append(w.f.Workspaces, workspaces...)
	if len(f.IDs) > 0 {
		return nil // of workspaces alone
	}
	stacks, err := w.q.Stacks(w.ctx, f)
	w.f.Stacks = append(w.f.Stacks, stacks...)
	return err
}

// above reads what the roots are in, and the spots. A project is itself concerned by what is granted in it.
func (w *worldReader) above() error {
	read := map[string]bool{}
	for _, p := range w.f.Projects {
		read[p.ID] = true
	}
	note := func(projectID string) { w.partly[projectID] = !read[projectID] }
	for _, x := range w.f.Workspaces {
		w.objects[workspaceRef(x.ID)] = true
		note(x.ProjectID)
	}
	for _, x := range w.f.Stacks {
		w.objects[stackRef(x.ID)] = true
		note(x.ProjectID)
	}
	for spot := range w.d.spots {
		switch spot.Type {
		case schema.TypeProject:
			note(spot.ID)
		case schema.TypeTeam:
			w.teams[spot.ID] = true
		}
	}
	var missing []string
	for id, is := range w.partly {
		if is {
			missing = append(missing, id)
		}
	}
	rows, err := w.q.ProjectsByID(w.ctx, missing...)
	if err != nil {
		return err
	}
	w.f.Projects = append(w.f.Projects, rows...)
	for _, p := range w.f.Projects {
		w.orgs[p.OrganizationID], w.objects[projectRef(p.ID)] = true, true
	}
	return w.homes()
}

// homes notes the organizations, and which scopes count.
func (w *worldReader) homes() error {
	if ids := keys(w.teams); len(ids) > 0 {
		teams, err := w.q.Teams(w.ctx, TeamFilter{IDs: ids})
		if err != nil {
			return err
		}
		for _, t := range teams {
			w.orgs[t.OrganizationID], w.objects[teamRef(t.ID)] = true, true
		}
	}
	for id := range w.d.inside {
		w.orgs[id], w.objects[organizationRef(id)] = true, true
	}
	for o := range w.objects {
		w.scoped[o] = true
	}
	for id := range w.orgs {
		w.scoped[organizationRef(id)] = true
	}
	return nil
}

// granted reads the grants on the scopes, and those inside projects, whose names they show.
func (w *worldReader) granted() error {
	if err := w.grants(GrantFilter{PlatformOnly: true}); err != nil {
		return err
	}
	if err := w.grantedOnScopes(); err != nil {
		return err
	}
	for _, id := range keys(w.d.inside) {
		if err := w.guests(id); err != nil {
			return err
		}
	}
	for id, is := range w.partly {
		if is {
			if err := w.grants(GrantFilter{ProjectID: id}); err != nil {
				return err
			}
		}
	}
	return nil
}

// guests reads the grants anywhere in an organization whose holders are no teams of it: they see it for that.
func (w *worldReader) guests(organizationID string) error {
	rows, err := w.q.Grants(w.ctx, GrantFilter{OrganizationID: organizationID})
	if err != nil {
		return err
	}
	ids := map[string][]string{}
	for _, g := range rows {
		if g.Holder.Type == schema.TypeTeam || w.scoped[g.Scope] {
			continue
		}
		w.f.Grants = append(w.f.Grants, g)
		ids[g.Scope.Type] = append(ids[g.Scope.Type], g.Scope.ID)
	}
	for _, id := range ids[schema.TypeProject] {
		w.projects[id] = true
	}
	if some := ids[schema.TypeWorkspace]; len(some) > 0 {
		if err := w.workspaces(some...); err != nil {
			return err
		}
	}
	if some := ids[schema.TypeStack]; len(some) > 0 {
		return w.stacks(some...)
	}
	return nil
}

// manyScopes is the number of scopes from which reading all grants of an organization costs less than asking for theirs.
const manyScopes = 1000

func (w *worldReader) grantedOnScopes() error {
	if len(w.scoped) < manyScopes {
		scopes := make([]authz.Object, 0, len(w.scoped))
		for o := range w.scoped {
			scopes = append(scopes, o)
		}
		if len(scopes) == 0 { // which to the store is all of them
			return nil
		}
		rows, err := w.q.Grants(w.ctx, GrantFilter{Scopes: scopes})
		w.f.Grants = append(w.f.Grants, rows...)
		return err
	}
	for _, id := range keys(w.orgs) {
		rows, err := w.q.Grants(w.ctx, GrantFilter{OrganizationID: id})
		if err != nil {
			return err
		}
		w.f.Grants = append(w.f.Grants, slices.DeleteFunc(rows, func(g Grant) bool { return !w.scoped[g.Scope] })...)
	}
	return nil
}

// insiders reads the teams of the organizations and who is in them, by himself or through a group. Of all the people only
// the subjects count.
func (w *worldReader) insiders() error {
	for _, id := range keys(w.orgs) {
		if err := w.insidersOf(id); err != nil {
			return err
		}
	}
	for _, g := range w.f.Grants {
		if g.Holder.Type == schema.TypeGroup {
			w.groups[g.Holder.ID] = true
		}
	}
	return w.groupsOfSubjects()
}

// fewPeople is the number of people up to whom each is asked for by himself.
const fewPeople = 20

// concerned returns the ids of the people among the subjects.
func (w *worldReader) concerned() []string {
	var out []string
	for o := range w.d.subjects {
		if o.Type == schema.TypeUser {
			out = append(out, o.ID)
		}
	}
	slices.Sort(out)
	return out
}

func (w *worldReader) groupsOfSubjects() (err error) {
	people := w.concerned()
	if len(people) > fewPeople {
		err = w.groupPeople(keys(w.groups))
		w.f.GroupMembers = slices.DeleteFunc(w.f.GroupMembers, func(m GroupMember) bool { return !w.d.subjects[userRef(m.UserID)] })
		clear(w.users)
		return err
	}
	if w.f.GroupChildren, err = w.q.GroupChildren(w.ctx); err != nil {
		return err
	}
	for _, id := range people {
		rows, err := w.q.GroupMembers(w.ctx, GroupMemberFilter{UserID: id})
		if err != nil {
			return err
		}
		w.f.GroupMembers = append(w.f.GroupMembers, rows...)
	}
	return nil
}

func (w *worldReader) teamsOfSubjects(organizationID string) ([]TeamMember, error) {
	people := w.concerned()
	if len(people) > fewPeople {
		rows, err := w.q.TeamMembers(w.ctx, TeamMemberFilter{OrganizationID: organizationID})
		return slices.DeleteFunc(rows, func(m TeamMember) bool { return !w.d.subjects[userRef(m.UserID)] }), err
	}
	var out []TeamMember
	for _, id := range people {
		rows, err := w.q.TeamMembers(w.ctx, TeamMemberFilter{OrganizationID: organizationID, UserID: id})
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

func (w *worldReader) insidersOf(id string) error {
	teams, err := w.q.Teams(w.ctx, TeamFilter{OrganizationID: id})
	if err != nil {
		return err
	}
	w.f.Teams = append(w.f.Teams, teams...)
	if w.objects[organizationRef(id)] {
		for _, t := range teams {
			w.objects[teamRef(t.ID)] = true
		}
	}
	members, err := w.teamsOfSubjects(id)
	if err != nil {
		return err
	}
	w.f.TeamMembers = append(w.f.TeamMembers, members...)
	if people := w.concerned(); len(people) > 0 {
		rows, err := w.q.Memberships(w.ctx, MembershipFilter{OrganizationID: id, UserIDs: people})
		if err != nil {
			return err
		}
		w.f.Memberships = append(w.f.Memberships, rows...)
	}
	return w.links(GroupLinkFilter{OrganizationID: id})
}

// subjects reads the subjects themselves.
func (w *worldReader) subjects() error {
	for o := range w.d.subjects {
		switch o.Type {
		case schema.TypeUser:
			w.users[o.ID] = true
		case schema.TypeServiceAccount:
			w.accounts[o.ID] = true
		case schema.TypeGroup:
			w.groups[o.ID] = true
		case schema.TypeTeam:
			w.teams[o.ID] = true
		case schema.TypeTeamToken, schema.TypeOrganizationToken:
			t, err := w.q.Token(w.ctx, o.ID)
			if err != nil {
				return err
			}
			w.f.Tokens = append(w.f.Tokens, t)
		}
	}
	return nil
}

// order puts the objects in the order in which they are told of: from the outside inwards.
func (w *worldReader) order() {
	rank := []string{schema.TypePlatform, schema.TypeOrganization, schema.TypeTeam, schema.TypeProject, schema.TypeWorkspace, schema.TypeStack}
	for o := range w.objects {
		if slices.Contains(rank, o.Type) {
			w.d.objects = append(w.d.objects, o)
		}
	}
	slices.SortFunc(w.d.objects, func(a, b authz.Object) int {
		return cmp.Or(cmp.Compare(slices.Index(rank, a.Type), slices.Index(rank, b.Type)), cmp.Compare(a.ID, b.ID))
	})
}
