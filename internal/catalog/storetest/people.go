package storetest

import (
	"fmt"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

func peopleChecks() []check {
	return []check{
		{"settings are the default ones until they are stored", settingsAreKept},
		{"users are found by username in any case", usersByUsername},
		{"users are filtered", usersAreFiltered},
		{"users come in pages", usersArePaged},
		{"a list of thousands of ids is no problem", longLists},
		{"service accounts are found by name in any case", accountsByName},
		{"organizations are found by name in any case", organizationsByName},
		{"organizations are listed by id or all", organizationsAreListed},
		{"memberships are filtered", membershipsAreFiltered},
		{"text that not every engine stores is refused by all", oddText},
	}
}

func settingsAreKept(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	want(t, "settings of a fresh store", catalog.DefaultSettings())(s.Settings(ctx))
	for _, settings := range []catalog.Settings{
		{RestrictOrganizationCreation: true},
		{CreateUnknownMembers: true},
		{TerrakubeAdminGroup: "TERRAKUBE_ADMIN"},
		{OTFLevels: true},
		{},
	} {
		must(t, s.PutSettings(ctx, settings))
		want(t, "settings as they were put", settings)(s.Settings(ctx))
	}
}

func usersByUsername(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	for _, u := range []catalog.User{{ID: "user-1", Username: "Änne"}, {ID: "user-2", Username: "anne"}} {
		must(t, s.InsertUser(ctx, u))
	}
	want(t, "by the name as given", catalog.User{ID: "user-1", Username: "Änne"})(s.UserByUsername(ctx, "Änne"))
	want(t, "by another case", catalog.User{ID: "user-1", Username: "Änne"})(s.UserByUsername(ctx, "äNNE"))
	_, err := s.UserByUsername(ctx, "ann")
	wantFault(t, "by a part of the name", err, fault.NotFound, "")
	_, err = s.UserByUsername(ctx, "ann%")
	wantFault(t, "by a pattern", err, fault.NotFound, "")
	wantFault(t, "rename into another's name", s.UpdateUser(ctx, catalog.User{ID: "user-2", Username: "ÄNNE"}), fault.Conflict, "username")
	must(t, s.UpdateUser(ctx, catalog.User{ID: "user-1", Username: "ÄNNE"})) // the case of one's own name may change
}

func usersAreFiltered(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.UpdateUser(ctx, catalog.User{ID: "user-cid", Username: "cid", Email: "Cid@Example.com", SiteAdmin: true, CreatedAt: at(0)}))
	must(t, s.UpdateUser(ctx, catalog.User{ID: "user-bob", Username: "bob", Email: "b_b@example.com", Suspended: true, CreatedAt: at(0)}))
	yes, no := true, false
	must(t, s.InsertMembership(ctx, catalog.Membership{ID: "ou-cid", OrganizationID: "org-b", UserID: "user-cid", Status: catalog.MembershipInvited}))
	for _, row := range []struct {
		what   string
		filter catalog.UserFilter
		want   []string
	}{
		{"everybody", catalog.UserFilter{}, []string{"user-ann", "user-bob", "user-cid"}},
		{"an empty list matches all", catalog.UserFilter{IDs: []string{}}, []string{"user-ann", "user-bob", "user-cid"}},
		{"by ids, known and unknown, twice", catalog.UserFilter{IDs: []string{"user-cid", "user-x", "user-ann", "user-cid"}}, []string{"user-ann", "user-cid"}},
		{"by usernames in any case", catalog.UserFilter{Usernames: []string{"BOB", "nobody"}}, []string{"user-bob"}},
		{"by e-mail addresses in any case", catalog.UserFilter{Emails: []string{"cID@example.COM", "x@example.com"}}, []string{"user-cid"}},
		{"by a part of an e-mail address", catalog.UserFilter{Emails: []string{"example.com"}}, nil},
		{"by a part of the username", catalog.UserFilter{Contains: "NN"}, []string{"user-ann"}},
		{"by a part of username or address", catalog.UserFilter{Contains: "B"}, []string{"user-bob"}},
		{"by a part of the address", catalog.UserFilter{Contains: "EXAMPLE."}, []string{"user-bob", "user-cid"}},
		{"by a part that would be a pattern", catalog.UserFilter{Contains: "b_b"}, []string{"user-bob"}},
		{"by a part of none", catalog.UserFilter{Contains: "c_d"}, nil},
		{"suspended ones", catalog.UserFilter{Suspended: &yes}, []string{"user-bob"}},
		{"those who are not suspended", catalog.UserFilter{Suspended: &no}, []string{"user-ann", "user-cid"}},
		{"admins", catalog.UserFilter{Admin: &yes}, []string{"user-cid"}},
		{"those who are no admins", catalog.UserFilter{Admin: &no}, []string{"user-ann", "user-bob"}},
		{"neither suspended nor admins", catalog.UserFilter{Suspended: &no, Admin: &no}, []string{"user-ann"}},
		{"members of an organization, invited ones included", catalog.UserFilter{OrganizationID: "org-b"}, []string{"user-ann", "user-cid"}},
		{"members of another organization", catalog.UserFilter{OrganizationID: "org-a"}, []string{"user-ann"}},
		{"members of a missing organization", catalog.UserFilter{OrganizationID: "org-x"}, nil},
		{"members of a team", catalog.UserFilter{TeamID: "team-owners-a"}, []string{"user-bob"}},
		{"site admins", catalog.UserFilter{SiteAdmins: true}, []string{"user-cid"}},
		{"all conditions at once", catalog.UserFilter{IDs: []string{"user-ann", "user-cid"}, Usernames: []string{"cid", "bob"}, OrganizationID: "org-b", SiteAdmins: true}, []string{"user-cid"}},
		{"conditions that exclude each other", catalog.UserFilter{IDs: []string{"user-ann"}, SiteAdmins: true}, nil},
	} {
		wantIDs(t, row.what, userID, row.want...)(s.Users(ctx, row.filter))
		want(t, "the number, "+row.what, len(row.want))(s.CountUsers(ctx, row.filter))
	}
}

func usersArePaged(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	for id, age := range map[string]int{"user-1": 3, "user-2": 1, "user-3": 2, "user-4": 1} {
		must(t, s.InsertUser(ctx, catalog.User{ID: id, Username: id, CreatedAt: at(age)}))
	}
	wantIDs(t, "by id", userID, "user-2", "user-3")(s.Users(ctx, catalog.UserFilter{Offset: 1, Limit: 2}))
	wantIDs(t, "by age", userID, "user-2", "user-4", "user-3", "user-1")(s.Users(ctx, catalog.UserFilter{OldestFirst: true}))
	wantIDs(t, "by age, a page", userID, "user-4", "user-3")(s.Users(ctx, catalog.UserFilter{OldestFirst: true, Offset: 1, Limit: 2}))
	wantIDs(t, "by age, the rest", userID, "user-3", "user-1")(s.Users(ctx, catalog.UserFilter{OldestFirst: true, Offset: 2}))
	wantIDs(t, "behind the last page", userID)(s.Users(ctx, catalog.UserFilter{Offset: 4, Limit: 2}))
	want(t, "the number, whatever the page", 4)(s.CountUsers(ctx, catalog.UserFilter{OldestFirst: true, Offset: 3, Limit: 1}))
}

func longLists(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	ids := make([]string, 0, 70_000) // more than any engine takes as arguments
	for i := range cap(ids) {
		ids = append(ids, fmt.Sprintf("none-%d", i))
	}
	with := func(found ...string) []string { return append(append([]string{}, ids...), found...) }
	wantIDs(t, "users by id", userID, "user-ann", "user-bob")(s.Users(ctx, catalog.UserFilter{IDs: with("user-bob", "user-ann")}))
	wantIDs(t, "users by username", userID, "user-ann")(s.Users(ctx, catalog.UserFilter{Usernames: with("ANN")}))
	wantIDs(t, "team members", memberID, "team-a/user-ann")(s.TeamMembers(ctx, catalog.TeamMemberFilter{TeamIDs: with("team-a")}))
	wantIDs(t, "roles", roleID, "role-a", "role-b")(s.Roles(ctx, "", with("role-b", "role-a")...))
	must(t, s.DeleteIntents(ctx, ids...))
}

func accountsByName(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	deploy := catalog.ServiceAccount{ID: "sa-1", Name: "Deploy"}
	must(t, s.InsertServiceAccount(ctx, deploy))
	want(t, "in another case", deploy)(s.ServiceAccountByName(ctx, "dEPLOY"))
	_, err := s.ServiceAccountByName(ctx, "deploy-2")
	wantFault(t, "another name", err, fault.NotFound, "")
}

func organizationsByName(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	acme, err := s.Organization(ctx, "org-a")
	must(t, err)
	want(t, "in another case", acme)(s.OrganizationByName(ctx, "ACME"))
	_, err = s.OrganizationByName(ctx, "acm")
	wantFault(t, "another name", err, fault.NotFound, "")
	_, err = s.OrganizationByName(ctx, "")
	wantFault(t, "no name", err, fault.NotFound, "")
}

func organizationsAreListed(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	wantIDs(t, "all", orgID, "org-a", "org-b")(s.Organizations(ctx))
	wantIDs(t, "by id", orgID, "org-b")(s.Organizations(ctx, "org-b", "org-x"))
	wantIDs(t, "by ids in any order", orgID, "org-a", "org-b")(s.Organizations(ctx, "org-b", "org-a"))
}

func membershipsAreFiltered(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.InsertMembership(ctx, catalog.Membership{ID: "ou-bob", OrganizationID: "org-a", UserID: "user-bob"}))
	for _, row := range []struct {
		what   string
		filter catalog.MembershipFilter
		want   []string
	}{
		{"all", catalog.MembershipFilter{}, []string{"ou-ann-a", "ou-ann-b", "ou-bob"}},
		{"of an organization", catalog.MembershipFilter{OrganizationID: "org-a"}, []string{"ou-ann-a", "ou-bob"}},
		{"of a user", catalog.MembershipFilter{UserID: "user-ann"}, []string{"ou-ann-a", "ou-ann-b"}},
		{"of a user without any", catalog.MembershipFilter{UserID: "user-cid"}, nil},
		{"of users in an organization", catalog.MembershipFilter{OrganizationID: "org-a", UserIDs: []string{"user-bob", "user-cid"}}, []string{"ou-bob"}},
	} {
		wantIDs(t, row.what, membershipID, row.want...)(s.Memberships(ctx, row.filter))
	}
	must(t, s.DeleteMembership(ctx, "ou-ann-a"))
	wantIDs(t, "the team keeps its member", memberID, "team-a/user-ann")(s.TeamMembers(ctx, catalog.TeamMemberFilter{TeamIDs: []string{"team-a"}}))
}

func oddText(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	for what, name := range map[string]string{"a null character": "a\x00b", "a broken letter": "a\xffb"} {
		wantFault(t, "store "+what, s.InsertUser(ctx, catalog.User{ID: "user-1", Username: name}), fault.Invalid, "")
		_, err := s.UserByUsername(ctx, name)
		wantFault(t, "look up "+what, err, fault.Invalid, "")
		_, err = s.Users(ctx, catalog.UserFilter{IDs: []string{"user-1", name}})
		wantFault(t, "list "+what, err, fault.Invalid, "")
	}
	for i, name := range []string{`'; DROP TABLE users; --`, `"quoted" \ ? $1 % _`, "日本語 🙂", " "} {
		u := catalog.User{ID: fmt.Sprintf("user-%d", i), Username: name, CreatedAt: at(i)}
		must(t, s.InsertUser(ctx, u))
		want(t, "a name of strange letters", u)(s.UserByUsername(ctx, name))
		wantIDs(t, "a list of strange letters", userID, u.ID)(s.Users(ctx, catalog.UserFilter{Usernames: []string{name}}))
	}
}
