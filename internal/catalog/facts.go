package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// Facts are the catalog rows that a projection is made of: all of them, or those that decide some slices.
type Facts struct {
	Settings        Settings
	Users           []User
	ServiceAccounts []ServiceAccount
	Organizations   []Organization
	Memberships     []Membership
	Teams           []Team
	TeamMembers     []TeamMember
	Groups          []Group
	GroupMembers    []GroupMember
	GroupChildren   []GroupChild
	GroupLinks      []GroupLink
	LinkMembers     []LinkMember // of paused links
	Projects        []Project
	Workspaces      []Workspace
	Stacks          []Stack
	Roles           []Role
	Grants          []Grant
	Tokens          []Token
}

// allFacts reads the whole catalog.
func allFacts(ctx context.Context, q Queries) (Facts, error) {
	var f Facts
	err := inOrder(
		func() (err error) { f.Settings, err = q.Settings(ctx); return },
		func() (err error) { f.Users, err = q.Users(ctx, UserFilter{}); return },
		func() (err error) { f.ServiceAccounts, err = q.ServiceAccounts(ctx); return },
		func() (err error) { f.Organizations, err = q.Organizations(ctx); return },
		func() (err error) { f.Memberships, err = q.Memberships(ctx, MembershipFilter{}); return },
		func() (err error) { f.Teams, err = q.Teams(ctx, TeamFilter{}); return },
		func() (err error) { f.TeamMembers, err = q.TeamMembers(ctx, TeamMemberFilter{}); return },
		func() (err error) { f.Groups, err = q.Groups(ctx); return },
		func() (err error) { f.GroupMembers, err = q.GroupMembers(ctx, GroupMemberFilter{}); return },
		func() (err error) { f.GroupChildren, err = q.GroupChildren(ctx); return },
		func() (err error) { f.GroupLinks, err = q.GroupLinks(ctx, GroupLinkFilter{}); return },
		func() (err error) { f.LinkMembers, err = q.LinkMembers(ctx); return },
		func() (err error) { f.Projects, err = q.Projects(ctx, ""); return },
		func() (err error) { f.Workspaces, err = q.Workspaces(ctx, WorkspaceFilter{}); return },
		func() (err error) { f.Stacks, err = q.Stacks(ctx, WorkspaceFilter{}); return },
		func() (err error) { f.Grants, err = q.Grants(ctx, GrantFilter{}); return },
		func() (err error) { f.Roles, err = rolesOf(ctx, q, f.Grants); return },
		func() (err error) { f.Tokens, err = q.Tokens(ctx, TokenFilter{}); return },
	)
	return f, err
}

// inOrder runs steps until one fails.
func inOrder(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// rolesOf returns the stored roles that grants name.
func rolesOf(ctx context.Context, q Queries, grants []Grant) ([]Role, error) {
	seen := map[string]bool{}
	var ids []string
	for _, g := range grants {
		if _, builtin := schema.BuiltinRole(g.RoleID); !builtin && !seen[g.RoleID] {
			seen[g.RoleID] = true
			ids = append(ids, g.RoleID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return q.Roles(ctx, "", ids...)
}

// Object references of the catalog's types.

func platformRef() authz.Object { return authz.Object{Type: schema.TypePlatform, ID: PlatformID} }

func userRef(id string) authz.Object {
	return authz.Object{Type: schema.TypeUser, ID: id}
}
func teamRef(id string) authz.Object { return authz.Object{Type: schema.TypeTeam, ID: id} }

// teamTokenRef is the subject that the token of a team or of a group acts as.
func teamTokenRef(id string) authz.Object {
	return authz.Object{Type: schema.TypeTeamToken, ID: id}
}

func groupRef(id string) authz.Object {
	return authz.Object{Type: schema.TypeGroup, ID: id}
}

func organizationRef(id string) authz.Object {
	return authz.Object{Type: schema.TypeOrganization, ID: id}
}
func projectRef(id string) authz.Object { return authz.Object{Type: schema.TypeProject, ID: id} }
func workspaceRef(id string) authz.Object {
	return authz.Object{Type: schema.TypeWorkspace, ID: id}
}
func stackRef(id string) authz.Object   { return authz.Object{Type: schema.TypeStack, ID: id} }
func bindingRef(id string) authz.Object { return authz.Object{Type: schema.TypeBinding, ID: id} }
