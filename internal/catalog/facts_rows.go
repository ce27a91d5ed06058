package catalog

import (
	"context"
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func (g *gatherer) workspaces(ids ...string) error {
	rows, err := g.q.Workspaces(g.ctx, WorkspaceFilter{IDs: ids})
	g.f.Workspaces = append(g.f.Workspaces, rows...)
	for _, w := range rows {
		g.projects[w.ProjectID] = true
	}
	return err
}

func (g *gatherer) stacks(ids ...string) error {
	rows, err := g.q.Stacks(g.ctx, WorkspaceFilter{IDs: ids})
	g.f.Stacks = append(g.f.Stacks, rows...)
	for _, s := range rows {
		g.projects[s.ProjectID] = true
	}
	return err
}

func (g *gatherer) memberships(f MembershipFilter) error {
	rows, err := g.q.Memberships(g.ctx, f)
	g.f.Memberships = append(g.f.Memberships, rows...)
	for _, m := range rows {
		g.users[m.UserID] = true
	}
	return err
}

func (g *gatherer) tokens(f TokenFilter) error {
	rows, err := g.q.Tokens(g.ctx, f)
	g.f.Tokens = append(g.f.Tokens, rows...)
	return err
}

func (g *gatherer) links(f GroupLinkFilter) error {
	rows, err := g.q.GroupLinks(g.ctx, f)
	g.f.GroupLinks = append(g.f.GroupLinks, rows...)
	for _, l := range rows {
		g.teams[l.TeamID] = true
		g.groups[l.GroupID] = true
	}
	if err != nil {
		return err
	}
	return g.paused(rows)
}

// paused reads whom paused links keep in their teams.
func (g *gatherer) paused(links []GroupLink) error {
	var ids []string
	for _, l := range links {
		if l.Paused {
			ids = append(ids, l.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := g.q.LinkMembers(g.ctx, ids...)
	g.f.LinkMembers = append(g.f.LinkMembers, rows...)
	for _, m := range rows {
		g.users[m.UserID] = true
	}
	return err
}

// nestings reads which groups are in which, once.
func (g *gatherer) nestings() error {
	if g.nested {
		return nil
	}
	children, err := g.q.GroupChildren(g.ctx)
	g.f.GroupChildren, g.nested = children, err == nil
	return err
}

// groupPeople reads the members and the tokens of groups and of all groups nested in them.
func (g *gatherer) groupPeople(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := g.nestings(); err != nil {
		return err
	}
	inside := descendants(ids, g.f.GroupChildren)
	if err := g.tokens(TokenFilter{Kind: TokenGroup, OwnerIDs: inside}); err != nil {
		return err
	}
	return g.groupMembers(GroupMemberFilter{GroupIDs: inside})
}

func (g *gatherer) groupMembers(f GroupMemberFilter) error {
	rows, err := g.q.GroupMembers(g.ctx, f)
	g.f.GroupMembers = append(g.f.GroupMembers, rows...)
	for _, m := range rows {
		g.users[m.UserID] = true
	}
	return err
}

// descendants returns groups and all groups nested in them.
func descendants(ids []string, children []GroupChild) []string {
	return reach(ids, children, func(c GroupChild) (from, to string) { return c.ParentID, c.ChildID })
}

// ancestors returns groups and all groups they are nested in.
func ancestors(ids []string, children []GroupChild) []string {
	return reach(ids, children, func(c GroupChild) (from, to string) { return c.ChildID, c.ParentID })
}

func reach(ids []string, edges []GroupChild, ends func(GroupChild) (from, to string)) []string {
	next := map[string][]string{}
	for _, e := range edges {
		from, to := ends(e)
		next[from] = append(next[from], to)
	}
	return follow(ids, next)
}

// follow returns ids and all that they lead to, in order.
func follow(ids []string, next map[string][]string) []string {
	seen := map[string]bool{}
	for queue := slices.Clone(ids); len(queue) > 0; queue = queue[1:] {
		if !seen[queue[0]] {
			seen[queue[0]] = true
			queue = append(queue, next[queue[0]]...)
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// grants reads grants with the scopes they are at.
func (g *gatherer) grants(f GrantFilter) error {
	rows, err := g.q.Grants(g.ctx, f)
	if err != nil {
		return err
	}
	g.f.Grants = append(g.f.Grants, rows...)
	ids := map[string][]string{}
	for _, r := range rows {
		switch r.Scope.Type {
		case schema.TypeOrganization:
			g.orgs[r.Scope.ID] = true
		case schema.TypeProject:
			g.projects[r.Scope.ID] = true
		default:
			ids[r.Scope.Type] = append(ids[r.Scope.Type], r.Scope.ID)
		}
	}
	if w := ids[schema.TypeWorkspace]; len(w) > 0 {
		if err := g.workspaces(w...); err != nil {
			return err
		}
	}
	if s := ids[schema.TypeStack]; len(s) > 0 {
		return g.stacks(s...)
	}
	return nil
}

// finish reads the rows that the slices' rows refer to: from the inside of the tree outwards, so that each step finds
// the ids that the ones before it added.
func (g *gatherer) finish() error {
	return inOrder(
		func() error { return each(g.ctx, g.q.Project, keys(g.projects), &g.f.Projects) },
		func() error {
			return some(keys(g.teams), &g.f.Teams, func(ids []string) ([]Team, error) { return g.q.Teams(g.ctx, TeamFilter{IDs: ids}) })
		},
		func() error {
			g.noteOrganizations()
			return some(keys(g.orgs), &g.f.Organizations, func(ids []string) ([]Organization, error) { return g.q.Organizations(g.ctx, ids...) })
		},
		func() error {
			return some(keys(g.groups), &g.f.Groups, func(ids []string) ([]Group, error) { return g.q.Groups(g.ctx, ids...) })
		},
		func() error { return each(g.ctx, g.q.ServiceAccount, keys(g.accounts), &g.f.ServiceAccounts) },
		func() error {
			return some(keys(g.users), &g.f.Users, func(ids []string) ([]User, error) { return g.q.Users(g.ctx, UserFilter{IDs: ids}) })
		},
		func() (err error) { g.f.Roles, err = rolesOf(g.ctx, g.q, g.f.Grants); return },
	)
}

func (g *gatherer) noteOrganizations() {
	for _, p := range g.f.Projects {
		g.orgs[p.OrganizationID] = true
	}
	for _, t := range g.f.Teams {
		g.orgs[t.OrganizationID] = true
	}
}

// some appends the rows of ids; no ids mean no rows, and not all of them.
func some[T any](ids []string, into *[]T, get func([]string) ([]T, error)) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := get(ids)
	*into = append(*into, rows...)
	return err
}

// each appends the rows of ids one by one; a missing one is left out.
func each[T any](ctx context.Context, get func(context.Context, string) (T, error), ids []string, into *[]T) error {
	for _, id := range ids {
		row, err := get(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		*into = append(*into, row)
	}
	return nil
}

func keys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
