package storetest

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// noun is what all kinds of rows have in common: they are inserted, read back, changed and removed by id.
type noun[T any] struct {
	name   string
	id     func(T) string
	first  T // every field filled, so that a column left out shows
	second T // no field filled that need not be
	twin   T // another id, the same as first in what must be unique; zero where nothing must be
	orphan T // refers to something missing; zero where nothing is referred to
	field  string
	change func(*T) // of first, leaving it unique
	get    func(catalog.Queries, context.Context, string) (T, error)
	list   func(catalog.Queries, context.Context) ([]T, error)
	insert func(catalog.Queries, context.Context, T) error
	update func(catalog.Queries, context.Context, T) error // nil where rows never change
	remove func(catalog.Queries, context.Context, string) error
}

func (n noun[T]) check() check {
	return check{name: n.name + " is kept by id", run: func(t *testing.T, s catalog.Store) {
		world(t, s)
		n.roundTrip(t, s)
		n.refusals(t, s)
		n.changes(t, s)
		n.removal(t, s)
	}}
}

func (n noun[T]) roundTrip(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	before, err := n.list(s, ctx)
	must(t, err)
	must(t, n.insert(s, ctx, n.second)) // in the wrong order, so that the list must be put in order
	must(t, n.insert(s, ctx, n.first))
	want(t, "first as it was inserted", n.first)(n.get(s, ctx, n.id(n.first)))
	want(t, "second as it was inserted", n.second)(n.get(s, ctx, n.id(n.second)))
	all, err := n.list(s, ctx)
	must(t, err)
	if len(all) != len(before)+2 {
		t.Errorf("the list holds %d rows after two inserts into %d", len(all), len(before))
	}
	for i := 1; i < len(all); i++ {
		if n.id(all[i-1]) >= n.id(all[i]) {
			t.Errorf("the list has %s before %s", n.id(all[i-1]), n.id(all[i]))
		}
	}
}

func (n noun[T]) refusals(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	_, err := n.get(s, ctx, "missing")
	wantFault(t, "get a missing one", err, fault.NotFound, "")
	wantFault(t, "remove a missing one", n.remove(s, ctx, "missing"), fault.NotFound, "")
	wantFault(t, "insert the same row again", n.insert(s, ctx, n.first), fault.Conflict, "id")
	wantFault(t, "insert another row again", n.insert(s, ctx, n.second), fault.Conflict, "id")
	if n.id(n.twin) != "" {
		wantFault(t, "insert a duplicate", n.insert(s, ctx, n.twin), fault.Conflict, n.field)
		_, err := n.get(s, ctx, n.id(n.twin))
		wantFault(t, "get the refused duplicate", err, fault.NotFound, "")
	}
	if n.id(n.orphan) != "" {
		wantFault(t, "insert below something missing", n.insert(s, ctx, n.orphan), fault.NotFound, "")
	}
}

func (n noun[T]) changes(t *testing.T, s catalog.Store) {
	if n.update == nil {
		return
	}
	ctx := t.Context()
	changed := n.first
	n.change(&changed)
	must(t, n.update(s, ctx, changed))
	want(t, "first as it was changed", changed)(n.get(s, ctx, n.id(n.first)))
	want(t, "second, which nobody changed", n.second)(n.get(s, ctx, n.id(n.second)))
	if n.id(n.twin) != "" {
		must(t, n.insert(s, ctx, n.twin)) // what was unique is free again
		wantFault(t, "change first into a duplicate", n.update(s, ctx, n.first), fault.Conflict, n.field)
		must(t, n.remove(s, ctx, n.id(n.twin)))
	}
	must(t, n.update(s, ctx, n.first))
	must(t, n.update(s, ctx, n.first)) // to itself is no conflict
}

func (n noun[T]) removal(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	must(t, n.remove(s, ctx, n.id(n.first)))
	_, err := n.get(s, ctx, n.id(n.first))
	wantFault(t, "get a removed one", err, fault.NotFound, "")
	wantFault(t, "remove it again", n.remove(s, ctx, n.id(n.first)), fault.NotFound, "")
	if n.update != nil {
		wantFault(t, "change a removed one", n.update(s, ctx, n.first), fault.NotFound, "")
	}
	want(t, "second, which nobody removed", n.second)(n.get(s, ctx, n.id(n.second)))
	if n.id(n.twin) != "" {
		must(t, n.insert(s, ctx, n.twin)) // what was unique is free again
	}
}

func nounChecks() []check {
	return []check{
		users().check(), accounts().check(), organizations().check(), memberships().check(), teams().check(),
		groups().check(), projects().check(), workspaces().check(), stacks().check(), roles().check(),
		grants().check(), tokens().check(),
	}
}

func users() noun[catalog.User] {
	return noun[catalog.User]{
		name: "a user", id: userID, field: "username",
		first: catalog.User{
			ID: "user-1", Username: "Dora", Email: "D@example.com", UnconfirmedEmail: "d2@example.com", Suspended: true, SiteAdmin: true,
			SiteAuditor: true, CreatedAt: at(1),
		},
		second: catalog.User{ID: "user-2", Username: "eve"},
		twin:   catalog.User{ID: "user-3", Username: "dORA"},
		change: func(u *catalog.User) {
			*u = catalog.User{ID: u.ID, Username: "dora2", Email: "e@example.com", CreatedAt: at(2)}
		},
		get: catalog.Queries.User, insert: catalog.Queries.InsertUser, update: catalog.Queries.UpdateUser,
		remove: catalog.Queries.DeleteUser,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.User, error) {
			return q.Users(ctx, catalog.UserFilter{})
		},
	}
}

func accounts() noun[catalog.ServiceAccount] {
	return noun[catalog.ServiceAccount]{
		name: "a service account", id: accountID, field: "name",
		first:  catalog.ServiceAccount{ID: "sa-1", Name: "Deploy", Suspended: true, CreatedAt: at(1)},
		second: catalog.ServiceAccount{ID: "sa-2", Name: "scan"},
		twin:   catalog.ServiceAccount{ID: "sa-3", Name: "dePLOY"},
		change: func(a *catalog.ServiceAccount) { a.Name, a.Suspended, a.CreatedAt = "deploy-2", false, at(2) },
		get:    catalog.Queries.ServiceAccount, list: catalog.Queries.ServiceAccounts,
		insert: catalog.Queries.InsertServiceAccount, update: catalog.Queries.UpdateServiceAccount,
		remove: catalog.Queries.DeleteServiceAccount,
	}
}

func organizations() noun[catalog.Organization] {
	return noun[catalog.Organization]{
		name: "an organization", id: orgID, field: "name",
		first: catalog.Organization{
			ID: "org-1", Name: "Globex", Email: "g@example.com", Disabled: true, OwnersTeamID: "team-1",
			DefaultProjectID: "prj-1", AllowForceDelete: true, RefuseUserTokens: true, LimitTokenLives: true,
			WorkspaceLimit: catalog.Limit{Given: true}, Attributes: `{"cost":null}`, CreatedAt: at(1),
		},
		second: catalog.Organization{ID: "org-2", Name: "initech"},
		twin:   catalog.Organization{ID: "org-3", Name: "GLOBEX"},
		change: func(o *catalog.Organization) {
			*o = catalog.Organization{ID: o.ID, Name: "globex-2", Email: "h@example.com", OwnersTeamID: "team-2", DefaultProjectID: "prj-2", WorkspaceLimit: catalog.Limit{Given: true, Max: 7}, CreatedAt: at(2)}
		},
		get: catalog.Queries.Organization, insert: catalog.Queries.InsertOrganization,
		update: catalog.Queries.UpdateOrganization, remove: catalog.Queries.DeleteOrganization,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Organization, error) {
			return q.Organizations(ctx)
		},
	}
}

func memberships() noun[catalog.Membership] {
	return noun[catalog.Membership]{
		name: "a membership", id: membershipID, field: "user",
		first:  catalog.Membership{ID: "ou-1", OrganizationID: "org-a", UserID: "user-bob", Status: catalog.MembershipInvited, CreatedAt: at(1)},
		second: catalog.Membership{ID: "ou-2", OrganizationID: "org-b", UserID: "user-bob"},
		twin:   catalog.Membership{ID: "ou-3", OrganizationID: "org-a", UserID: "user-bob"},
		orphan: catalog.Membership{ID: "ou-4", OrganizationID: "org-a", UserID: "missing"},
		change: func(m *catalog.Membership) {
			m.UserID, m.Status, m.CreatedAt = "user-cid", catalog.MembershipActive, at(2)
		},
		get: catalog.Queries.Membership, insert: catalog.Queries.InsertMembership,
		update: catalog.Queries.UpdateMembership, remove: catalog.Queries.DeleteMembership,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Membership, error) {
			return q.Memberships(ctx, catalog.MembershipFilter{})
		},
	}
}

func teams() noun[catalog.Team] {
	return noun[catalog.Team]{
		name: "a team", id: teamID, field: "name",
		first: catalog.Team{
			ID: "team-1", OrganizationID: "org-a", Name: "Ops", Description: "they operate", Visibility: catalog.VisibilitySecret,
			SSOTeamID: "sso", AllowMemberTokenManagement: true, Attributes: `{"role":"Admin"}`, CreatedAt: at(1),
		},
		second: catalog.Team{ID: "team-2", OrganizationID: "org-b", Name: "ops"}, // in another organization
		twin:   catalog.Team{ID: "team-3", OrganizationID: "org-a", Name: "OPS"},
		orphan: catalog.Team{ID: "team-4", OrganizationID: "missing", Name: "ops"},
		change: func(x *catalog.Team) {
			*x = catalog.Team{ID: x.ID, OrganizationID: x.OrganizationID, Name: "ops-2", Visibility: catalog.VisibilityOrganization, CreatedAt: at(2)}
		},
		get: catalog.Queries.Team, insert: catalog.Queries.InsertTeam, update: catalog.Queries.UpdateTeam,
		remove: catalog.Queries.DeleteTeam,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Team, error) {
			return q.Teams(ctx, catalog.TeamFilter{})
		},
	}
}

func groups() noun[catalog.Group] {
	return noun[catalog.Group]{
		name: "a group", id: groupID, field: "external_id",
		first:  catalog.Group{ID: "grp-1", Source: "okta", ExternalID: "X", DisplayName: "Platform", CreatedAt: at(1)},
		second: catalog.Group{ID: "grp-2", Source: "okta", ExternalID: "x", DisplayName: "Platform"}, // ids have case, names repeat
		twin:   catalog.Group{ID: "grp-3", Source: "okta", ExternalID: "X"},
		change: func(g *catalog.Group) { g.Source, g.ExternalID, g.DisplayName, g.CreatedAt = "entra", "y", "P", at(2) },
		get:    catalog.Queries.Group, insert: catalog.Queries.InsertGroup, update: catalog.Queries.UpdateGroup,
		remove: catalog.Queries.DeleteGroup,
		list:   func(q catalog.Queries, ctx context.Context) ([]catalog.Group, error) { return q.Groups(ctx) },
	}
}

func projects() noun[catalog.Project] {
	return noun[catalog.Project]{
		name: "a project", id: projectID, field: "name",
		first:  catalog.Project{ID: "prj-1", OrganizationID: "org-a", Name: "Web", Description: "sites", Attributes: `{"é":1}`, CreatedAt: at(1)},
		second: catalog.Project{ID: "prj-2", OrganizationID: "org-b", Name: "web"},
		twin:   catalog.Project{ID: "prj-3", OrganizationID: "org-a", Name: "WEB"},
		orphan: catalog.Project{ID: "prj-4", OrganizationID: "missing", Name: "web"},
		change: func(p *catalog.Project) {
			p.Name, p.Description, p.Attributes, p.CreatedAt = "web-2", "", `{}`, at(2)
		},
		get: catalog.Queries.Project, insert: catalog.Queries.InsertProject, update: catalog.Queries.UpdateProject,
		remove: catalog.Queries.DeleteProject,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Project, error) {
			return q.Projects(ctx, "")
		},
	}
}

func workspaces() noun[catalog.Workspace] {
	return noun[catalog.Workspace]{
		name: "a workspace", id: workspaceID, field: "name",
		first: catalog.Workspace{
			ID: "ws-1", OrganizationID: "org-a", ProjectID: "prj-a", Name: "Prod", Description: "live",
			LockedBy: object(schema.TypeUser, "user-ann"), LockReason: "on fire", Attributes: `{"tags":[]}`, CreatedAt: at(1), UpdatedAt: at(5),
		},
		second: catalog.Workspace{ID: "ws-2", OrganizationID: "org-b", ProjectID: "prj-b", Name: "prod"},
		twin:   catalog.Workspace{ID: "ws-3", OrganizationID: "org-a", ProjectID: "prj-empty-a", Name: "PROD"}, // in another project
		orphan: catalog.Workspace{ID: "ws-4", OrganizationID: "org-a", ProjectID: "missing", Name: "x"},
		change: func(w *catalog.Workspace) {
			w.ProjectID, w.Name, w.Description, w.CreatedAt = "prj-empty-a", "prod-2", "", at(2)
			w.LockedBy, w.LockReason, w.Attributes, w.UpdatedAt = authz.Object{}, "", `{"tags":["x"]}`, at(6)
		},
		get: catalog.Queries.Workspace, insert: catalog.Queries.InsertWorkspace, update: catalog.Queries.UpdateWorkspace,
		remove: catalog.Queries.DeleteWorkspace,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Workspace, error) {
			return q.Workspaces(ctx, catalog.WorkspaceFilter{})
		},
	}
}

func stacks() noun[catalog.Stack] {
	return noun[catalog.Stack]{
		name: "a stack", id: stackID, field: "name",
		first:  catalog.Stack{ID: "st-1", OrganizationID: "org-a", ProjectID: "prj-a", Name: "Prod", Description: "live", CreatedAt: at(1)},
		second: catalog.Stack{ID: "st-2", OrganizationID: "org-b", ProjectID: "prj-b", Name: "prod"},
		twin:   catalog.Stack{ID: "st-3", OrganizationID: "org-a", ProjectID: "prj-empty-a", Name: "PROD"},
		orphan: catalog.Stack{ID: "st-4", OrganizationID: "org-a", ProjectID: "missing", Name: "x"},
		change: func(x *catalog.Stack) {
			x.ProjectID, x.Name, x.Description, x.CreatedAt = "prj-empty-a", "prod-2", "", at(2)
		},
		get: catalog.Queries.Stack, insert: catalog.Queries.InsertStack, update: catalog.Queries.UpdateStack,
		remove: catalog.Queries.DeleteStack,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Stack, error) {
			return q.Stacks(ctx, catalog.WorkspaceFilter{})
		},
	}
}

func roles() noun[catalog.Role] {
	return noun[catalog.Role]{
		name: "a role", id: roleID, field: "name",
		first: catalog.Role{
			ID: "role-1", OrganizationID: "org-a", Name: "Auditor", Description: "reads", Permissions: []string{"workspace.read", "project.*"},
			Fields: catalog.AccessFields{"runs": "read"}, CreatedAt: at(1),
		},
		second: catalog.Role{ID: "role-2", OrganizationID: "org-a"}, // unnamed
		twin:   catalog.Role{ID: "role-3", OrganizationID: "org-a", Name: "AUDITOR"},
		change: func(r *catalog.Role) {
			r.Name, r.Description, r.Permissions, r.Fields, r.CreatedAt = "auditor-2", "", []string{}, nil, at(2)
		},
		get: catalog.Queries.Role, insert: catalog.Queries.InsertRole, update: catalog.Queries.UpdateRole,
		remove: catalog.Queries.DeleteRole,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Role, error) {
			return q.Roles(ctx, "org-a")
		},
	}
}

func grants() noun[catalog.Grant] {
	return noun[catalog.Grant]{
		name: "a grant", id: grantID, field: "",
		first: catalog.Grant{
			ID: "grant-1", OrganizationID: "org-a", Holder: object(schema.TypeTeam, "team-a"), RoleID: "tfe-read",
			Scope: object(schema.TypeProject, "prj-a"), ExpiresAt: at(99), Attributes: `{"role":"Plan"}`, CreatedBy: "user-ann", CreatedAt: at(1),
		},
		second: catalog.Grant{
			ID: "grant-2", OrganizationID: "org-a", Holder: object(schema.TypeTeam, "team-a"), RoleID: "tfe-plan",
			Scope: object(schema.TypeProject, "prj-a"),
		},
		twin: catalog.Grant{
			ID: "grant-3", OrganizationID: "org-a", Holder: object(schema.TypeTeam, "team-a"), RoleID: "tfe-read",
			Scope: object(schema.TypeProject, "prj-a"), // without an expiry: still the same grant
		},
		change: func(g *catalog.Grant) {
			g.RoleID, g.ExpiresAt, g.Attributes, g.CreatedBy, g.CreatedAt = "tfe-admin", at(0).AddDate(1, 0, 0), "", "user-bob", at(2)
		},
		get: catalog.Queries.Grant, insert: catalog.Queries.InsertGrant, update: catalog.Queries.UpdateGrant,
		remove: catalog.Queries.DeleteGrant,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Grant, error) {
			return q.Grants(ctx, catalog.GrantFilter{})
		},
	}
}

func tokens() noun[catalog.Token] {
	return noun[catalog.Token]{
		name: "a token", id: tokenID,
		first: catalog.Token{
			ID: "at-1", Kind: catalog.TokenService, OwnerID: "sa-ci", Description: "for CI", Legacy: true, Scopes: []string{"check", "search"},
			Hash: []byte{0, 1, 0xff}, CreatedBy: "user-ann", CreatedAt: at(1), ExpiresAt: at(2), LastUsedAt: at(3),
		},
		second: catalog.Token{ID: "at-2", Kind: catalog.TokenUser, OwnerID: "user-ann"},
		get:    catalog.Queries.Token, insert: catalog.Queries.InsertToken, remove: catalog.Queries.DeleteToken,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Token, error) {
			return q.Tokens(ctx, catalog.TokenFilter{})
		},
	}
}
