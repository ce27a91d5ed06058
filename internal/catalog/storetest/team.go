package storetest

import (
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

func teamChecks() []check {
	return []check{
		{"teams are found by name in their organization", teamsByName},
		{"teams are filtered", teamsAreFiltered},
		{"team members are put and removed any number of times", teamMembersArePut},
		{"team members are filtered and ordered", teamMembersAreFiltered},
	}
}

func teamsByName(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for organization, id := range map[string]string{"org-a": "team-a", "org-b": "team-b"} {
		got, err := s.TeamByName(ctx, organization, "dEV")
		must(t, err)
		if got.ID != id || got.Name != "Dev" {
			t.Errorf("dEV of %s is %v, want %s", organization, got, id)
		}
	}
	_, err := s.TeamByName(ctx, "org-x", "Dev")
	wantFault(t, "in a missing organization", err, fault.NotFound, "")
	_, err = s.TeamByName(ctx, "org-a", "Ops")
	wantFault(t, "a missing name", err, fault.NotFound, "")
}

func teamsAreFiltered(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for _, row := range []struct {
		what   string
		filter catalog.TeamFilter
		want   []string
	}{
		{"all", catalog.TeamFilter{}, []string{"team-a", "team-b", "team-owners-a", "team-owners-b"}},
		{"by id", catalog.TeamFilter{IDs: []string{"team-b", "team-x"}}, []string{"team-b"}},
		{"of an organization", catalog.TeamFilter{OrganizationID: "org-a"}, []string{"team-a", "team-owners-a"}},
		{"with a direct member", catalog.TeamFilter{UserID: "user-ann"}, []string{"team-a", "team-b"}},
		{"of an organization with a direct member", catalog.TeamFilter{OrganizationID: "org-b", UserID: "user-ann"}, []string{"team-b"}},
		{"with nobody's member", catalog.TeamFilter{UserID: "user-cid"}, nil},
	} {
		wantIDs(t, row.what, teamID, row.want...)(s.Teams(ctx, row.filter))
	}
}

func teamMembersArePut(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	cid := catalog.TeamMember{TeamID: "team-a", UserID: "user-cid"}
	of := catalog.TeamMemberFilter{UserID: "user-cid"}
	must(t, s.PutTeamMember(ctx, cid))
	must(t, s.PutTeamMember(ctx, cid))
	want(t, "a member put twice", []catalog.TeamMember{cid})(s.TeamMembers(ctx, of))
	cid.Maintainer = true
	must(t, s.PutTeamMember(ctx, cid))
	want(t, "a member made maintainer", []catalog.TeamMember{cid})(s.TeamMembers(ctx, of))
	must(t, s.DeleteTeamMember(ctx, "team-a", "user-cid"))
	must(t, s.DeleteTeamMember(ctx, "team-a", "user-cid"))
	must(t, s.DeleteTeamMember(ctx, "team-x", "user-x"))
	want[[]catalog.TeamMember](t, "a removed member", nil)(s.TeamMembers(ctx, of))
	wantIDs(t, "the others", memberID, "team-a/user-ann")(s.TeamMembers(ctx, catalog.TeamMemberFilter{TeamIDs: []string{"team-a"}}))
	wantFault(t, "into a missing team", s.PutTeamMember(ctx, catalog.TeamMember{TeamID: "team-x", UserID: "user-cid"}), fault.NotFound, "")
	wantFault(t, "a missing user", s.PutTeamMember(ctx, catalog.TeamMember{TeamID: "team-a", UserID: "user-x"}), fault.NotFound, "")
}

func teamMembersAreFiltered(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.InsertUser(ctx, catalog.User{ID: "user-Zoe", Username: "zoe"}))
	must(t, s.PutTeamMember(ctx, catalog.TeamMember{TeamID: "team-b", UserID: "user-Zoe"}))
	for _, row := range []struct {
		what   string
		filter catalog.TeamMemberFilter
		want   []string
	}{
		{"all, capital letters first", catalog.TeamMemberFilter{}, []string{"team-a/user-ann", "team-b/user-Zoe", "team-b/user-ann", "team-owners-a/user-bob", "team-owners-b/user-bob"}},
		{"of teams", catalog.TeamMemberFilter{TeamIDs: []string{"team-owners-a", "team-a"}}, []string{"team-a/user-ann", "team-owners-a/user-bob"}},
		{"of a user", catalog.TeamMemberFilter{UserID: "user-bob"}, []string{"team-owners-a/user-bob", "team-owners-b/user-bob"}},
		{"of users", catalog.TeamMemberFilter{UserIDs: []string{"user-bob", "user-x"}}, []string{"team-owners-a/user-bob", "team-owners-b/user-bob"}},
		{"of an organization", catalog.TeamMemberFilter{OrganizationID: "org-a"}, []string{"team-a/user-ann", "team-owners-a/user-bob"}},
		{"of a user in an organization", catalog.TeamMemberFilter{OrganizationID: "org-a", UserID: "user-ann"}, []string{"team-a/user-ann"}},
		{"of another organization's team", catalog.TeamMemberFilter{OrganizationID: "org-a", TeamIDs: []string{"team-b"}}, nil},
	} {
		wantIDs(t, row.what, memberID, row.want...)(s.TeamMembers(ctx, row.filter))
	}
}
