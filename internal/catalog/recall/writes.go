package recall

import (
	"context"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// noun is a kind of row that is remembered.
type noun uint8

const (
	users noun = iota
	accounts
	organizations
	teams
	groups
	projects
	workspaces
	stacks
	tokens
	nounCount
)

// touch is what a write changes: one row, or with no id every row of a noun.
type touch struct {
	noun noun
	id   string
}

// writes are queries whose writes say what they touch. An insert touches nothing: only rows that were found are
// remembered. What a row takes along is in the comments of catalog.Queries; of those rows only the names of their
// nouns are known here, so all of a noun goes.
type writes struct {
	catalog.Queries
	around func(do func() error, touched ...touch) error
}

// UpdateUser changes a user.
func (w writes) UpdateUser(ctx context.Context, u catalog.User) error {
	return w.around(func() error { return w.Queries.UpdateUser(ctx, u) }, touch{users, u.ID})
}

// DeleteUser removes a user, and tokens with him.
func (w writes) DeleteUser(ctx context.Context, id string) error {
	return w.around(func() error { return w.Queries.DeleteUser(ctx, id) }, touch{users, id}, touch{tokens, ""})
}

// UpdateServiceAccount changes a service account.
func (w writes) UpdateServiceAccount(ctx context.Context, a catalog.ServiceAccount) error {
	return w.around(func() error { return w.Queries.UpdateServiceAccount(ctx, a) }, touch{accounts, a.ID})
}

// DeleteServiceAccount removes a service account, and tokens with it.
func (w writes) DeleteServiceAccount(ctx context.Context, id string) error {
	return w.around(func() error { return w.Queries.DeleteServiceAccount(ctx, id) }, touch{accounts, id}, touch{tokens, ""})
}

// UpdateOrganization changes an organization.
func (w writes) UpdateOrganization(ctx context.Context, o catalog.Organization) error {
	return w.around(func() error { return w.Queries.UpdateOrganization(ctx, o) }, touch{organizations, o.ID})
}

// DeleteOrganization removes an organization and everything in it.
func (w writes) DeleteOrganization(ctx context.Context, id string) error {
	return w.around(func() error { return w.Queries.DeleteOrganization(ctx, id) }, touch{organizations, id},
		touch{teams, ""}, touch{projects, ""}, touch{workspaces, ""}, touch{stacks, ""}, touch{tokens, ""})
}

// UpdateTeam changes a team.
func (w writes) UpdateTeam(ctx context.Context, t catalog.Team) error {
	return w.around(func() error { return w.Queries.UpdateTeam(ctx, t) }, touch{teams, t.ID})
}

// DeleteTeam removes a team, and tokens with it.
func (w writes) DeleteTeam(ctx context.Context, id string) error {
	return w.around(func() error { return w.Queries.DeleteTeam(ctx, id) }, touch{teams, id}, touch{tokens, ""})
}

// UpdateGroup changes a group.
func (w writes) UpdateGroup(ctx context.Context, g catalog.Group) error {
	return w.around(func() error { return w.Queries.UpdateGroup(ctx, g) }, touch{groups, g.ID})
}

// DeleteGroup removes a group, and tokens with it.
func (w writes) DeleteGroup(ctx context.Context, id string) error {
	return w.around(func() error { return w.Queries.DeleteGroup(ctx, id) }, touch{groups, id}, touch{tokens, ""})
}

// UpdateProject changes a project.
func (w writes) UpdateProject(ctx context.Context, p catalog.Project) error {
	return w.around(func() error { return w.Queries.UpdateProject(ctx, p) }, touch{projects, p.ID})
}

// DeleteProject removes an empty project.
func (w writes) DeleteProject(ctx context.Context, id string) error {
	return w.around(func() error { return w.Queries.DeleteProject(ctx, id) }, touch{projects, id})
}

// UpdateWorkspace changes a workspace.
func (w writes) UpdateWorkspace(ctx context.Context, x catalog.Workspace) error {
	return w.around(func() error { return w.Queries.UpdateWorkspace(ctx, x) }, touch{workspaces, x.ID})
}

// DeleteWorkspace removes a workspace.
func (w writes) DeleteWorkspace(ctx context.Context, id string) error {
	return w.around(func() error { return w.Queries.DeleteWorkspace(ctx, id) }, touch{workspaces, id})
}

// UpdateStack changes a stack.
func (w writes) UpdateStack(ctx context.Context, x catalog.Stack) error {
	return w.around(func() error { return w.Queries.UpdateStack(ctx, x) }, touch{stacks, x.ID})
}

// DeleteStack removes a stack.
func (w writes) DeleteStack(ctx context.Context, id string) error {
	return w.around(func() error { return w.Queries.DeleteStack(ctx, id) }, touch{stacks, id})
}

// TouchToken records a use. The next lookup reads the token again, so that the use is not recorded twice.
func (w writes) TouchToken(ctx context.Context, id string, usedAt time.Time) error {
	return w.around(func() error { return w.Queries.TouchToken(ctx, id, usedAt) }, touch{tokens, id})
}

// DeleteToken removes a token.
func (w writes) DeleteToken(ctx context.Context, id string) error {
	return w.around(func() error { return w.Queries.DeleteToken(ctx, id) }, touch{tokens, id})
}
