package sqlstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// operation is one call whose arguments are drawn.
type operation func(context.Context, catalog.Queries) (any, error)

// outcome is everything a caller can see of an operation.
type outcome struct {
	Value          any
	Kind           fault.Kind
	Message, Field string
	Failed         bool
}

func observe(value any, err error) outcome {
	if err == nil {
		return outcome{Value: value}
	}
	message, field := fault.Public(err)
	return outcome{Kind: fault.KindOf(err), Message: message, Field: field, Failed: true}
}

// TestEnginesAgree runs the same random operations on both engines: every answer must be the same, refusals and
// their words included.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	stores := []catalog.Store{migrated(t, sqlite(t, database(t))), migrated(t, postgres(t, url))}
	rapid.Check(t, func(rt *rapid.T) {
		ctx := t.Context()
		for _, s := range stores {
			if err := s.InTx(ctx, func(q catalog.Queries) error { return empty(ctx, q) }); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 40).Draw(rt, "length") {
			op := draw(rt)
			if rapid.IntRange(0, 3).Draw(rt, "transaction") == 0 {
				op = transaction(rt, op)
			}
			first, second := observe(op(ctx, stores[0])), observe(op(ctx, stores[1]))
			if diff := cmp.Diff(first, second); diff != "" {
				rt.Fatalf("the engines disagree (-sqlite +postgres):\n%s", diff)
			}
			if first.Failed && first.Kind == fault.Internal {
				rt.Fatalf("an internal fault")
			}
		}
		first, second := observe(dump(ctx, stores[0])), observe(dump(ctx, stores[1]))
		if diff := cmp.Diff(first, second); diff != "" {
			rt.Fatalf("the engines hold different rows (-sqlite +postgres):\n%s", diff)
		}
	})
}

// transaction puts an operation and some more into one transaction, which fails in the end or not.
func transaction(rt *rapid.T, ops ...operation) operation {
	for range rapid.IntRange(0, 4).Draw(rt, "more") {
		ops = append(ops, draw(rt))
	}
	fail := rapid.Bool().Draw(rt, "fail")
	return func(ctx context.Context, q catalog.Queries) (any, error) {
		var seen []outcome
		err := q.(catalog.Store).InTx(ctx, func(q catalog.Queries) error {
			for _, op := range ops {
				seen = append(seen, observe(op(ctx, q)))
			}
			if fail {
				return errRolledBack
			}
			return nil
		})
		return append(seen, observe(nil, err)), nil
	}
}

var errRolledBack = fault.New(fault.Stale, "rolled back")

func draw(rt *rapid.T) operation {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(rt, label) }
	name := pick("name", "a", "A", "b", "ä", "Ä", "")
	n := pick("n", "1", "2", "3")
	org, other := "org-"+pick("organization", "1", "2", "x"), "org-"+pick("other", "1", "2")
	userID, teamID, groupID := "user-"+pick("user", "1", "2", "3"), "team-"+pick("team", "1", "2", "3"), "grp-"+pick("group", "1", "2", "3")
	project := "prj-" + pick("project", "1", "2", "x")
	role := pick("role", "role-1", "role-2", "tfe-read")
	holder := rapid.SampledFrom([]authz.Object{
		{Type: schema.TypeTeam, ID: teamID}, {Type: schema.TypeUser, ID: userID}, {Type: schema.TypeGroup, ID: groupID},
	}).Draw(rt, "holder")
	scope := rapid.SampledFrom([]authz.Object{
		{Type: schema.TypeOrganization, ID: org},
		{Type: schema.TypeProject, ID: project},
		{Type: schema.TypeWorkspace, ID: "ws-" + n},
		{Type: schema.TypeStack, ID: "st-" + n},
	}).Draw(rt, "scope")
	flag := rapid.Bool().Draw(rt, "flag")
	when := time.UnixMicro(rapid.Int64Range(0, 5).Draw(rt, "when")).UTC()

	team := catalog.Team{ID: teamID, OrganizationID: other, Name: name, AllowMemberTokenManagement: flag, CreatedAt: when}
	workspace := catalog.Workspace{ID: "ws-" + n, OrganizationID: other, ProjectID: project, Name: name}
	roleRow := catalog.Role{ID: "role-" + n + "-" + name, OrganizationID: org, Name: name, Permissions: []string{name}}
	grant := catalog.Grant{ID: "grant-" + n, OrganizationID: org, Holder: holder, RoleID: role, Scope: scope, ExpiresAt: when}
	person := catalog.User{ID: userID, Username: name, SiteAdmin: flag, CreatedAt: when}
	all := []operation{
		does(func(ctx context.Context, q catalog.Queries) error { return q.InsertUser(ctx, person) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.UpdateUser(ctx, person) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteUser(ctx, userID) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertOrganization(ctx, catalog.Organization{ID: other, Name: name, Disabled: flag})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteOrganization(ctx, org) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertMembership(ctx, catalog.Membership{ID: "ou-" + n, OrganizationID: org, UserID: userID})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteMembership(ctx, "ou-"+n) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.InsertTeam(ctx, team) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.UpdateTeam(ctx, team) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteTeam(ctx, teamID) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.PutTeamMember(ctx, catalog.TeamMember{TeamID: teamID, UserID: userID, Maintainer: flag})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteTeamMember(ctx, teamID, userID) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertGroup(ctx, catalog.Group{ID: groupID, Source: "s", ExternalID: name})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteGroup(ctx, groupID) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.PutGroupMembers(ctx, catalog.GroupMember{GroupID: groupID, UserID: userID})
		}),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.PutGroupChild(ctx, catalog.GroupChild{ParentID: groupID, ChildID: "grp-" + n})
		}),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertGroupLink(ctx, catalog.GroupLink{ID: "gl-" + n, GroupID: groupID, TeamID: teamID})
		}),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertProject(ctx, catalog.Project{ID: project, OrganizationID: other, Name: name})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteProject(ctx, project) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.InsertWorkspace(ctx, workspace) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.UpdateWorkspace(ctx, workspace) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteWorkspace(ctx, "ws-"+n) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertStack(ctx, catalog.Stack{ID: "st-" + n, OrganizationID: other, ProjectID: project, Name: name})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.InsertRole(ctx, roleRow) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteRole(ctx, roleRow.ID) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.InsertGrant(ctx, grant) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.UpdateGrant(ctx, grant) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteGrant(ctx, "grant-"+n) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertToken(ctx, catalog.Token{ID: "at-" + n, Kind: catalog.TokenTeam, OwnerID: teamID, Scopes: []string{name}, ExpiresAt: when})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.TouchToken(ctx, "at-"+n, when) }),
		func(ctx context.Context, q catalog.Queries) (any, error) { return q.UserByUsername(ctx, name) },
		func(ctx context.Context, q catalog.Queries) (any, error) { return q.TeamByName(ctx, org, name) },
		func(ctx context.Context, q catalog.Queries) (any, error) { return q.RoleByName(ctx, org, name) },
		func(ctx context.Context, q catalog.Queries) (any, error) {
			return q.Users(ctx, catalog.UserFilter{Usernames: []string{name}, OrganizationID: org, SiteAdmins: flag})
		},
		func(ctx context.Context, q catalog.Queries) (any, error) {
			return q.Grants(ctx, catalog.GrantFilter{ProjectID: project})
		},
		func(ctx context.Context, q catalog.Queries) (any, error) {
			return q.Grants(ctx, catalog.GrantFilter{Scopes: []authz.Object{scope, {Type: schema.TypeProject, ID: project}}, PlatformOnly: flag})
		},
		func(ctx context.Context, q catalog.Queries) (any, error) {
			return q.Places(ctx, catalog.PlaceFilter{Type: scope.Type, Within: []authz.Object{scope, {Type: schema.TypeOrganization, ID: other}}, After: catalog.Place{Organization: name, Name: n}})
		},
		dump,
	}
	all = append(all, belongings(rt)...)
	return rapid.SampledFrom(all).Draw(rt, "operation")
}

// does makes an operation of a call that returns an error alone.
func does(fn func(context.Context, catalog.Queries) error) operation {
	return func(ctx context.Context, q catalog.Queries) (any, error) { return nil, fn(ctx, q) }
}

// dump reads everything the operations can write.
func dump(ctx context.Context, q catalog.Queries) (any, error) {
	var faults []error
	var out []any
	keep := func(rows any, err error) { out, faults = append(out, rows), append(faults, err) }
	users, err := q.Users(ctx, catalog.UserFilter{})
	keep(users, err)
	organizations, err := q.Organizations(ctx)
	keep(organizations, err)
	memberships, err := q.Memberships(ctx, catalog.MembershipFilter{})
	keep(memberships, err)
	teams, err := q.Teams(ctx, catalog.TeamFilter{})
	keep(teams, err)
	members, err := q.TeamMembers(ctx, catalog.TeamMemberFilter{})
	keep(members, err)
	groups, err := q.Groups(ctx)
	keep(groups, err)
	groupMembers, err := q.GroupMembers(ctx, catalog.GroupMemberFilter{})
	keep(groupMembers, err)
	children, err := q.GroupChildren(ctx)
	keep(children, err)
	links, err := q.GroupLinks(ctx, catalog.GroupLinkFilter{})
	keep(links, err)
	projects, err := q.Projects(ctx, "")
	keep(projects, err)
	workspaces, err := q.Workspaces(ctx, catalog.WorkspaceFilter{})
	keep(workspaces, err)
	stacks, err := q.Stacks(ctx, catalog.WorkspaceFilter{})
	keep(stacks, err)
	for _, objectType := range []string{schema.TypeOrganization, schema.TypeProject, schema.TypeWorkspace, schema.TypeStack} {
		f := catalog.PlaceFilter{Type: objectType, Within: []authz.Object{{Type: schema.TypePlatform}}}
		places, err := q.Places(ctx, f)
		keep(places, err)
		count, err := q.CountPlaces(ctx, f)
		keep(count, err)
	}
	grants, err := q.Grants(ctx, catalog.GrantFilter{})
	keep(grants, err)
	tokens, err := q.Tokens(ctx, catalog.TokenFilter{})
	keep(tokens, err)
	for _, org := range []string{"org-1", "org-2", "org-x"} {
		roles, err := q.Roles(ctx, org)
		keep(roles, err)
	}
	belonging, err := dumpBelongings(ctx, q)
	keep(belonging, err)
	return out, errors.Join(faults...)
}

// empty removes everything that the operations of a run before left.
func empty(ctx context.Context, q catalog.Queries) error {
	var faults []error
	missing := func(err error) {
		if err != nil && !fault.Is(err, fault.NotFound) {
			faults = append(faults, err)
		}
	}
	grants, err := q.Grants(ctx, catalog.GrantFilter{})
	missing(err)
	for _, g := range grants {
		missing(q.DeleteGrant(ctx, g.ID))
	}
	tokens, err := q.Tokens(ctx, catalog.TokenFilter{})
	missing(err)
	for _, x := range tokens {
		missing(q.DeleteToken(ctx, x.ID))
	}
	workspaces, err := q.Workspaces(ctx, catalog.WorkspaceFilter{})
	missing(err)
	for _, w := range workspaces {
		missing(q.DeleteWorkspace(ctx, w.ID))
	}
	stacks, err := q.Stacks(ctx, catalog.WorkspaceFilter{})
	missing(err)
	for _, x := range stacks {
		missing(q.DeleteStack(ctx, x.ID))
	}
	for _, org := range []string{"org-1", "org-2", "org-x"} {
		roles, err := q.Roles(ctx, org)
		missing(err)
		for _, r := range roles {
			missing(q.DeleteRole(ctx, r.ID))
		}
		missing(q.DeleteOrganization(ctx, org))
	}
	for _, n := range []string{"1", "2", "3"} {
		missing(q.DeleteUser(ctx, "user-"+n))
		missing(q.DeleteGroup(ctx, "grp-"+n))
	}
	return errors.Join(faults...)
}
