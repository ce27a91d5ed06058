package storetest

import (
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

func cascadeChecks() []check {
	return []check{
		{"deleting a user leaves nothing of his", deleteUser},
		{"deleting a service account leaves no grant or token", deleteAccount},
		{"deleting a team leaves no member, link, grant or token", deleteTeam},
		{"deleting a group leaves no member, nesting, link or grant", deleteGroup},
		{"deleting places leaves no grant at them", deletePlaces},
		{"deleting an organization leaves nothing in it and everything outside", deleteOrganization},
	}
}

// rows are the ids of everything that other things may take with them when they go.
type rows struct{ memberships, members, groupMembers, children, links, grants, tokens []string }

func remaining(t *testing.T, s catalog.Queries) rows {
	t.Helper()
	ctx := t.Context()
	var r rows
	memberships, err := s.Memberships(ctx, catalog.MembershipFilter{})
	must(t, err)
	members, err := s.TeamMembers(ctx, catalog.TeamMemberFilter{})
	must(t, err)
	groupMembers, err := s.GroupMembers(ctx, catalog.GroupMemberFilter{})
	must(t, err)
	children, err := s.GroupChildren(ctx)
	must(t, err)
	links, err := s.GroupLinks(ctx, catalog.GroupLinkFilter{})
	must(t, err)
	grants, err := s.Grants(ctx, catalog.GrantFilter{})
	must(t, err)
	tokens, err := s.Tokens(ctx, catalog.TokenFilter{})
	must(t, err)
	r.memberships, r.members, r.groupMembers = ids(memberships, membershipID), ids(members, memberID), ids(groupMembers, groupMemberID)
	r.children, r.links, r.grants, r.tokens = ids(children, childID), ids(links, linkID), ids(grants, grantID), ids(tokens, tokenID)
	return r
}

func ids[T any](all []T, id func(T) string) []string {
	out := make([]string, 0, len(all))
	for _, row := range all {
		out = append(out, id(row))
	}
	return out
}

// wantGone checks that exactly the named rows went away.
func wantGone(t *testing.T, s catalog.Queries, before rows, gone rows) {
	t.Helper()
	after := remaining(t, s)
	for _, kind := range []struct {
		name                string
		before, after, gone []string
	}{
		{"memberships", before.memberships, after.memberships, gone.memberships},
		{"team members", before.members, after.members, gone.members},
		{"group members", before.groupMembers, after.groupMembers, gone.groupMembers},
		{"nestings", before.children, after.children, gone.children},
		{"links", before.links, after.links, gone.links},
		{"grants", before.grants, after.grants, gone.grants},
		{"tokens", before.tokens, after.tokens, gone.tokens},
	} {
		want(t, kind.name+" that went away", asSet(kind.gone))(without(kind.before, kind.after), nil)
	}
}

func asSet(ids []string) map[string]bool {
	set := map[string]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return set
}

func without(before, after []string) map[string]bool {
	set := asSet(before)
	for _, id := range after {
		delete(set, id)
	}
	return set
}

func deleteUser(t *testing.T, s catalog.Store) {
	world(t, s)
	before := remaining(t, s)
	must(t, s.DeleteUser(t.Context(), "user-ann"))
	wantGone(t, s, before, rows{
		memberships: []string{"ou-ann-a", "ou-ann-b"}, members: []string{"team-a/user-ann", "team-b/user-ann"},
		groupMembers: []string{"grp-a/user-ann", "grp-b/user-ann"}, grants: []string{"grant-user-a", "grant-user-b"},
		tokens: []string{"at-user-a", "at-user-b"},
	})
}

func deleteAccount(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.InsertToken(ctx, catalog.Token{ID: "at-same", Kind: catalog.TokenTeam, OwnerID: "sa-ci"})) // another kind's owner
	before := remaining(t, s)
	must(t, s.DeleteServiceAccount(ctx, "sa-ci"))
	wantGone(t, s, before, rows{
		grants: []string{"grant-account-a", "grant-account-b"}, tokens: []string{"at-service-a", "at-service-b"},
	})
}

func deleteTeam(t *testing.T, s catalog.Store) {
	world(t, s)
	before := remaining(t, s)
	must(t, s.DeleteTeam(t.Context(), "team-a"))
	wantGone(t, s, before, rows{
		members: []string{"team-a/user-ann"}, links: []string{"gl-a"}, grants: []string{"grant-team-a"},
		tokens: []string{"at-team-a"},
	})
}

func deleteGroup(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for _, c := range []catalog.GroupChild{{ParentID: "grp-a", ChildID: "grp-b"}, {ParentID: "grp-b", ChildID: "grp-a"}} {
		must(t, s.PutGroupChild(ctx, c))
	}
	must(t, s.InsertGroup(ctx, catalog.Group{ID: "grp-c", Source: "ldap", ExternalID: "c"}))
	must(t, s.PutGroupChild(ctx, catalog.GroupChild{ParentID: "grp-b", ChildID: "grp-c"}))
	before := remaining(t, s)
	must(t, s.DeleteGroup(ctx, "grp-a"))
	wantGone(t, s, before, rows{
		groupMembers: []string{"grp-a/user-ann"}, children: []string{"grp-a/grp-b", "grp-b/grp-a"}, links: []string{"gl-a"},
		grants: []string{"grant-group-a"},
	})
}

func deletePlaces(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	before := remaining(t, s)
	must(t, s.DeleteWorkspace(ctx, "ws-a"))
	wantGone(t, s, before, rows{grants: []string{"grant-team-a"}})
	before = remaining(t, s)
	must(t, s.DeleteStack(ctx, "st-a"))
	wantGone(t, s, before, rows{grants: []string{"grant-group-a"}})
	before = remaining(t, s)
	must(t, s.DeleteProject(ctx, "prj-a"))
	wantGone(t, s, before, rows{grants: []string{"grant-user-a"}})
}

func deleteOrganization(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.InsertGrant(ctx, catalog.Grant{ // platform-wide, but held by a team of the organization
		ID: "grant-wide", Holder: object(schema.TypeTeam, "team-a"), RoleID: "tfe-read", Scope: object(schema.TypePlatform, catalog.PlatformID),
	}))
	before := remaining(t, s)
	must(t, s.DeleteOrganization(ctx, "org-a"))
	wantGone(t, s, before, rows{
		memberships: []string{"ou-ann-a"}, members: []string{"team-a/user-ann", "team-owners-a/user-bob"}, links: []string{"gl-a"},
		grants: []string{"grant-team-a", "grant-group-a", "grant-user-a", "grant-account-a", "grant-wide"},
		tokens: []string{"at-team-a", "at-org-a"},
	})
	wantIDs(t, "organizations", orgID, "org-b")(s.Organizations(ctx))
	wantIDs(t, "teams", teamID, "team-b", "team-owners-b")(s.Teams(ctx, catalog.TeamFilter{}))
	wantIDs(t, "projects", projectID, "prj-b", "prj-empty-b")(s.Projects(ctx, ""))
	wantIDs(t, "workspaces", workspaceID, "ws-b")(s.Workspaces(ctx, catalog.WorkspaceFilter{}))
	wantIDs(t, "stacks", stackID, "st-b")(s.Stacks(ctx, catalog.WorkspaceFilter{}))
	wantIDs(t, "its roles", roleID)(s.Roles(ctx, "org-a"))
	wantIDs(t, "the other's roles", roleID, "role-b")(s.Roles(ctx, "org-b"))
	wantIDs(t, "users", userID, "user-ann", "user-bob", "user-cid")(s.Users(ctx, catalog.UserFilter{}))
	wantIDs(t, "groups", groupID, "grp-a", "grp-b")(s.Groups(ctx))
	wantIDs(t, "its audit events", eventID, "ae-a")(s.AuditEvents(ctx, catalog.AuditFilter{OrganizationID: "org-a"}))
}
