package catalog_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

func ref(objectType, id string) authz.Object { return authz.Object{Type: objectType, ID: id} }

// facts is a catalog in which every kind of row stands at least once.
func facts() catalog.Facts {
	team, user, ws := ref(schema.TypeTeam, "team-sre"), ref(schema.TypeUser, "user-bob"), ref(schema.TypeWorkspace, "ws-prod")
	return catalog.Facts{
		Users:           []catalog.User{{ID: "user-ann", SiteAdmin: true}, {ID: "user-bob"}, {ID: "user-cat"}, {ID: "user-dan", SiteAuditor: true}},
		ServiceAccounts: []catalog.ServiceAccount{{ID: "sa-1"}, {ID: "sa-2", Suspended: true}},
		Organizations:   []catalog.Organization{{ID: "org-1", OwnersTeamID: "team-owners", DefaultProjectID: "prj-1", AllowForceDelete: true}},
		Memberships:     []catalog.Membership{{OrganizationID: "org-1", UserID: "user-ann", Status: catalog.MembershipActive}, {OrganizationID: "org-1", UserID: "user-bob", Status: catalog.MembershipActive}},
		Teams:           []catalog.Team{{ID: "team-owners", OrganizationID: "org-1"}, {ID: "team-sre", OrganizationID: "org-1", Visibility: catalog.VisibilityOrganization, AllowMemberTokenManagement: true}},
		TeamMembers:     []catalog.TeamMember{{TeamID: "team-owners", UserID: "user-ann"}, {TeamID: "team-sre", UserID: "user-bob"}},
		Groups:          []catalog.Group{{ID: "grp-out"}, {ID: "grp-in"}},
		GroupMembers:    []catalog.GroupMember{{GroupID: "grp-in", UserID: "user-cat"}},
		GroupChildren:   []catalog.GroupChild{{ParentID: "grp-out", ChildID: "grp-in"}},
		GroupLinks:      []catalog.GroupLink{{ID: "gl-1", GroupID: "grp-out", TeamID: "team-sre"}},
		Projects:        []catalog.Project{{ID: "prj-1", OrganizationID: "org-1"}},
		Workspaces:      []catalog.Workspace{{ID: "ws-prod", OrganizationID: "org-1", ProjectID: "prj-1"}},
		Stacks:          []catalog.Stack{{ID: "st-1", OrganizationID: "org-1", ProjectID: "prj-1"}},
		Roles:           []catalog.Role{{ID: "role-1", OrganizationID: "org-1", Permissions: []string{"workspace.apply_run"}}},
		Grants: []catalog.Grant{
			{ID: "grant-1", OrganizationID: "org-1", Holder: team, RoleID: "role-1", Scope: ws},
			{ID: "grant-2", OrganizationID: "org-1", Holder: user, RoleID: "tfe-read", Scope: ws, ExpiresAt: noon().Add(time.Hour)},
			{ID: "grant-3", OrganizationID: "org-1", Holder: ref(schema.TypeGroup, "grp-out"), RoleID: "hcp-viewer", Scope: ref(schema.TypeOrganization, "org-1")},
		},
		Tokens: []catalog.Token{{ID: "at-t", Kind: catalog.TokenTeam, OwnerID: "team-sre"}, {ID: "at-o", Kind: catalog.TokenOrganization, OwnerID: "org-1"}, {ID: "at-u", Kind: catalog.TokenUser, OwnerID: "user-bob"}, {ID: "at-g", Kind: catalog.TokenGroup, OwnerID: "grp-in", ExpiresAt: noon().Add(time.Hour)}},
	}
}

// TestProjectionIsAFunctionOfRows shuffles every list of rows: the relationships are the same, in the same order, each
// once.
func TestProjectionIsAFunctionOfRows(t *testing.T) {
	t.Parallel()
	want := catalog.Projection(facts(), noon())
	if len(want) == 0 || !slices.IsSortedFunc(want, func(a, b authz.Relationship) int { return order(a, b) }) {
		t.Fatalf("%d relationships, or not in order", len(want))
	}
	rapid.Check(t, func(rt *rapid.T) {
		f := facts()
		f.Users = rapid.Permutation(f.Users).Draw(rt, "users")
		f.Memberships = rapid.Permutation(f.Memberships).Draw(rt, "memberships")
		f.Teams = rapid.Permutation(f.Teams).Draw(rt, "teams")
		f.TeamMembers = rapid.Permutation(f.TeamMembers).Draw(rt, "members")
		f.Groups = rapid.Permutation(f.Groups).Draw(rt, "groups")
		f.Grants = rapid.Permutation(append(f.Grants, f.Grants...)).Draw(rt, "grants, each twice")
		f.Tokens = rapid.Permutation(f.Tokens).Draw(rt, "tokens")
		if diff := cmp.Diff(want, catalog.Projection(f, noon())); diff != "" {
			rt.Fatalf("-in order +shuffled\n%s", diff)
		}
	})
}

func order(a, b authz.Relationship) int {
	return slices.Compare([]string{a.Resource.Type, a.Resource.ID, a.Relation, a.Subject.Type, a.Subject.ID}, []string{b.Resource.Type, b.Resource.ID, b.Relation, b.Subject.Type, b.Subject.ID})
}

// TestProjectionLeavesOut names, for each reason to have nothing, relationships that are there without the reason and
// not with it.
func TestProjectionLeavesOut(t *testing.T) {
	t.Parallel()
	member := func(teamID, userID string) authz.Relationship {
		return authz.Relationship{Resource: ref(schema.TypeTeam, teamID), Relation: schema.RelMembership, Subject: ref(schema.TypeUser, userID)}
	}
	inOrganization := authz.Relationship{Resource: ref(schema.TypeOrganization, "org-1"), Relation: schema.RelMembership, Subject: ref(schema.TypeUser, "user-bob")}
	project := authz.Relationship{Resource: ref(schema.TypeWorkspace, "ws-prod"), Relation: schema.RelProject, Subject: ref(schema.TypeProject, "prj-1")}
	teamToken := authz.Relationship{Resource: ref(schema.TypeTeam, "team-sre"), Relation: schema.RelMembership, Subject: ref(schema.TypeTeamToken, "at-t")}
	groupToken := func(teamID string) authz.Relationship {
		return authz.Relationship{Resource: ref(schema.TypeTeam, teamID), Relation: schema.RelMembership, Subject: ref(schema.TypeTeamToken, "at-g"), ExpiresAt: noon().Add(time.Hour)}
	}
	for _, row := range []struct {
		reason string
		change func(f *catalog.Facts)
		gone   []authz.Relationship
		stays  []authz.Relationship
	}{
		{"a suspended user", func(f *catalog.Facts) { f.Users[1].Suspended = true }, []authz.Relationship{member("team-sre", "user-bob"), inOrganization, member("user-bob", "user-bob")}, []authz.Relationship{member("team-sre", "user-cat"), project}},
		{"an invited member", func(f *catalog.Facts) { f.Memberships[1].Status = catalog.MembershipInvited }, []authz.Relationship{member("team-sre", "user-bob"), inOrganization}, []authz.Relationship{member("user-bob", "user-bob")}},
		{"a group that is not linked", func(f *catalog.Facts) { f.GroupLinks = nil }, []authz.Relationship{member("team-sre", "user-cat"), groupToken("team-sre")}, []authz.Relationship{member("team-sre", "user-bob"), member("grp-out", "user-cat"), groupToken("grp-out")}},
		{"a nesting that ended", func(f *catalog.Facts) { f.GroupChildren = nil }, []authz.Relationship{member("team-sre", "user-cat"), groupToken("team-sre"), groupToken("grp-out")}, []authz.Relationship{member("team-sre", "user-bob")}},
		{"an expired token of a group", func(f *catalog.Facts) { f.Tokens[3].ExpiresAt = noon() }, []authz.Relationship{groupToken("team-sre"), groupToken("grp-out")}, []authz.Relationship{member("team-sre", "user-cat"), teamToken}},
		{"a disabled organization", func(f *catalog.Facts) { f.Organizations[0].Disabled = true }, []authz.Relationship{member("team-sre", "user-bob"), inOrganization, project, teamToken, groupToken("team-sre")}, []authz.Relationship{member("user-bob", "user-bob"), member("site-admins", "user-ann")}},
		{"an expired token", func(f *catalog.Facts) { f.Tokens[0].ExpiresAt = noon() }, []authz.Relationship{teamToken}, []authz.Relationship{member("team-sre", "user-bob")}},
		{"no site admin", func(f *catalog.Facts) { f.Users[0].SiteAdmin = false }, []authz.Relationship{member("site-admins", "user-ann")}, []authz.Relationship{member("site-auditors", "user-dan")}},
	} {
		t.Run(row.reason, func(t *testing.T) {
			t.Parallel()
			f := facts()
			before := catalog.Projection(f, noon())
			row.change(&f)
			after := catalog.Projection(f, noon())
			for _, r := range row.gone {
				if !slices.Contains(before, r) || slices.Contains(after, r) {
					t.Errorf("%s: there before: %t, after: %t", r, slices.Contains(before, r), slices.Contains(after, r))
				}
			}
			for _, r := range row.stays {
				if !slices.Contains(after, r) {
					t.Errorf("%s went too", r)
				}
			}
		})
	}
}

// TestProjectionOfAGrant follows one grant to its end: with its expiry while it lasts, without it, and not at all.
func TestProjectionOfAGrant(t *testing.T) {
	t.Parallel()
	at := func(expires, now time.Time) (found []authz.Relationship) {
		f := facts()
		f.Grants[1].ExpiresAt = expires
		for _, r := range catalog.Projection(f, now) {
			if r.Resource == f.Grants[1].Scope && r.Relation == schema.RelBinding {
				found = append(found, r)
			}
		}
		return found
	}
	if got := at(noon().Add(time.Hour), noon()); len(got) != 2 || !slices.ContainsFunc(got, func(r authz.Relationship) bool { return r.ExpiresAt.Equal(noon().Add(time.Hour)) }) {
		t.Errorf("while it lasts: %v, want two bindings, one with the deadline", got)
	}
	if got := at(time.Time{}, noon()); len(got) != 2 || slices.ContainsFunc(got, func(r authz.Relationship) bool { return !r.ExpiresAt.IsZero() }) {
		t.Errorf("for good: %v, want two bindings without a deadline", got)
	}
	if got := at(noon(), noon()); len(got) != 1 {
		t.Errorf("at its deadline: %v, want the other binding alone", got)
	}
}
