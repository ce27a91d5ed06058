package storetest

import (
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

func groupChecks() []check {
	return []check{
		{"groups are listed by id or all", groupsAreListed},
		{"group members are put and removed any number of times", groupMembersArePut},
		{"groups are nested any number of times", groupsAreNested},
		{"group links are kept and filtered", groupLinksAreKept},
	}
}

func groupsAreListed(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	wantIDs(t, "all", groupID, "grp-a", "grp-b")(s.Groups(ctx))
	wantIDs(t, "by id", groupID, "grp-b")(s.Groups(ctx, "grp-x", "grp-b"))
	must(t, s.InsertGroup(ctx, catalog.Group{ID: "grp-c", Source: "scim", ExternalID: "a", DisplayName: "A"})) // the same id elsewhere
	wantIDs(t, "by display name", groupID, "grp-a", "grp-c")(s.GroupsByName(ctx, "A"))
	wantIDs(t, "by display name in another case", groupID)(s.GroupsByName(ctx, "a"))
}

func groupMembersArePut(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	bob := catalog.GroupMember{GroupID: "grp-a", UserID: "user-bob"}
	must(t, s.PutGroupMembers(ctx, bob))
	must(t, s.PutGroupMembers(ctx, bob))
	for _, row := range []struct {
		what   string
		filter catalog.GroupMemberFilter
		want   []string
	}{
		{"all", catalog.GroupMemberFilter{}, []string{"grp-a/user-ann", "grp-a/user-bob", "grp-b/user-ann"}},
		{"of a group", catalog.GroupMemberFilter{GroupIDs: []string{"grp-a"}}, []string{"grp-a/user-ann", "grp-a/user-bob"}},
		{"of a user", catalog.GroupMemberFilter{UserID: "user-ann"}, []string{"grp-a/user-ann", "grp-b/user-ann"}},
		{"of users", catalog.GroupMemberFilter{UserIDs: []string{"user-bob", "user-x"}}, []string{"grp-a/user-bob"}},
		{"of a user in a group", catalog.GroupMemberFilter{GroupIDs: []string{"grp-b"}, UserID: "user-bob"}, nil},
	} {
		wantIDs(t, row.what, groupMemberID, row.want...)(s.GroupMembers(ctx, row.filter))
	}
	must(t, s.DeleteGroupMembers(ctx, bob.GroupID, bob.UserID))
	must(t, s.DeleteGroupMembers(ctx, bob.GroupID, bob.UserID))
	wantIDs(t, "after removing", groupMemberID, "grp-a/user-ann", "grp-b/user-ann")(s.GroupMembers(ctx, catalog.GroupMemberFilter{}))
	wantFault(t, "into a missing group", s.PutGroupMembers(ctx, catalog.GroupMember{GroupID: "grp-x", UserID: "user-bob"}), fault.NotFound, "")
	wantFault(t, "a missing user", s.PutGroupMembers(ctx, catalog.GroupMember{GroupID: "grp-a", UserID: "user-x"}), fault.NotFound, "")
}

func groupsAreNested(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	want[[]catalog.GroupChild](t, "no nesting", nil)(s.GroupChildren(ctx))
	ab, ba := catalog.GroupChild{ParentID: "grp-a", ChildID: "grp-b"}, catalog.GroupChild{ParentID: "grp-b", ChildID: "grp-a"}
	must(t, s.PutGroupChild(ctx, ba))
	must(t, s.PutGroupChild(ctx, ab)) // a cycle is the catalog's to judge
	must(t, s.PutGroupChild(ctx, ab))
	wantIDs(t, "two nestings", childID, "grp-a/grp-b", "grp-b/grp-a")(s.GroupChildren(ctx))
	must(t, s.DeleteGroupChild(ctx, ab))
	must(t, s.DeleteGroupChild(ctx, ab))
	wantIDs(t, "one nesting", childID, "grp-b/grp-a")(s.GroupChildren(ctx))
	wantFault(t, "nest a missing group", s.PutGroupChild(ctx, catalog.GroupChild{ParentID: "grp-a", ChildID: "grp-x"}), fault.NotFound, "")
}

func groupLinksAreKept(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.InsertGroupLink(ctx, catalog.GroupLink{ID: "gl-c", GroupID: "grp-a", TeamID: "team-b"}))
	for _, row := range []struct {
		what   string
		filter catalog.GroupLinkFilter
		want   []string
	}{
		{"all", catalog.GroupLinkFilter{}, []string{"gl-a", "gl-b", "gl-c"}},
		{"by id", catalog.GroupLinkFilter{IDs: []string{"gl-b", "gl-x"}}, []string{"gl-b"}},
		{"of groups", catalog.GroupLinkFilter{GroupIDs: []string{"grp-a", "grp-x"}}, []string{"gl-a", "gl-c"}},
		{"of teams", catalog.GroupLinkFilter{TeamIDs: []string{"team-b"}}, []string{"gl-b", "gl-c"}},
		{"of an organization", catalog.GroupLinkFilter{OrganizationID: "org-b"}, []string{"gl-b", "gl-c"}},
		{"of a group in an organization", catalog.GroupLinkFilter{OrganizationID: "org-b", GroupIDs: []string{"grp-a"}}, []string{"gl-c"}},
		{"of a group and a team apart", catalog.GroupLinkFilter{GroupIDs: []string{"grp-b"}, TeamIDs: []string{"team-a"}}, nil},
	} {
		wantIDs(t, row.what, linkID, row.want...)(s.GroupLinks(ctx, row.filter))
	}
	wantFault(t, "link twice", s.InsertGroupLink(ctx, catalog.GroupLink{ID: "gl-d", GroupID: "grp-a", TeamID: "team-b"}), fault.Conflict, "")
	wantFault(t, "link with a used id", s.InsertGroupLink(ctx, catalog.GroupLink{ID: "gl-c", GroupID: "grp-b", TeamID: "team-a"}), fault.Conflict, "id")
	wantFault(t, "link a missing group", s.InsertGroupLink(ctx, catalog.GroupLink{ID: "gl-d", GroupID: "grp-x", TeamID: "team-b"}), fault.NotFound, "")
	wantFault(t, "link to a missing team", s.InsertGroupLink(ctx, catalog.GroupLink{ID: "gl-d", GroupID: "grp-a", TeamID: "team-x"}), fault.NotFound, "")
	must(t, s.DeleteGroupLink(ctx, "gl-c"))
	wantFault(t, "remove a missing link", s.DeleteGroupLink(ctx, "gl-c"), fault.NotFound, "")
	wantIDs(t, "the links left", linkID, "gl-a", "gl-b")(s.GroupLinks(ctx, catalog.GroupLinkFilter{}))
}
