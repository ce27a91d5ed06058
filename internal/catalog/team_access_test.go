package catalog_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func flags(names ...schema.Permission) catalog.TeamAccess {
	out := catalog.TeamAccess{}
	for _, p := range names {
		out[p] = true
	}
	return out
}

// shown returns the flags of a team that read true.
func (v *village) shown(t *testing.T, teamID string) []schema.Permission {
	t.Helper()
	d, err := v.FindTeam(t.Context(), v.people["owner"], teamID, false)
	if err != nil {
		t.Fatal(err)
	}
	var out []schema.Permission
	for _, flag := range catalog.AccessFlags() {
		if d.Access[flag] {
			out = append(out, flag)
		}
	}
	return out
}

// TestFlagsAreThoseOfTheVendor holds the names of research tfe-api 2.1 that are permissions.
func TestFlagsAreThoseOfTheVendor(t *testing.T) {
	t.Parallel()
	want := []string{
		"access-secret-teams", "delegate-policy-overrides", "manage-agent-pools", "manage-membership", "manage-modules",
		"manage-organization-access", "manage-policies", "manage-policy-overrides", "manage-projects", "manage-providers",
		"manage-public-modules", "manage-public-providers", "manage-run-tasks", "manage-teams", "manage-vcs-settings",
		"manage-workspaces", "read-projects", "read-workspaces",
	}
	var got []string
	for _, flag := range catalog.AccessFlags() {
		got = append(got, catalog.FlagName(flag))
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestEachFlagGivesItsPermissionAndShowsNoOther sets every flag by itself and takes it away again.
func TestEachFlagGivesItsPermissionAndShowsNoOther(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, _ := v.pupil(t, "pupil")
	org, owner := ref(schema.TypeOrganization, v.acme.ID), v.people["owner"]
	needs := map[schema.Permission][]schema.Permission{
		schema.OrganizationManageProjects:           {schema.OrganizationManageWorkspaces},
		schema.OrganizationReadProjects:             {schema.OrganizationReadWorkspaces},
		schema.OrganizationManageTeams:              {schema.OrganizationManageMembership},
		schema.OrganizationManageOrganizationAccess: {schema.OrganizationManageMembership, schema.OrganizationManageTeams},
		schema.OrganizationAccessSecretTeams:        {schema.OrganizationManageMembership},
	}
	for _, flag := range catalog.AccessFlags() {
		want := append([]schema.Permission{flag}, needs[flag]...)
		if _, err := v.UpdateTeam(t.Context(), owner, team.ID, catalog.TeamChanges{Access: flags(want...)}); err != nil {
			t.Fatalf("%s: %v", flag, err)
		}
		if !v.may(t, "pupil", flag, org) || v.may(t, "member", flag, org) {
			t.Errorf("%s: not held, or held by others", flag)
		}
		got := v.shown(t, team.ID)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +shown\n%s", flag, diff)
		}
		none := catalog.TeamAccess{}
		for _, p := range want {
			none[p] = false
		}
		if _, err := v.UpdateTeam(t.Context(), owner, team.ID, catalog.TeamChanges{Access: none}); err != nil {
			t.Fatalf("clear %s: %v", flag, err)
		}
		if v.may(t, "pupil", flag, org) || len(v.shown(t, team.ID)) > 0 {
			t.Errorf("%s: still held after it was cleared", flag)
		}
	}
	grants, err := v.Store.Grants(t.Context(), catalog.GrantFilter{Holder: ref(schema.TypeTeam, team.ID)})
	if err != nil || len(grants) != 0 {
		t.Errorf("without flags the team has grants %v, %v", grants, err)
	}
	noDrift(t, v.Bench)
}

// TestPrerequisitesOfFlags reports every one that is not met, and changes nothing.
func TestPrerequisitesOfFlags(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, _ := v.pupil(t, "pupil")
	owner := v.people["owner"]
	for _, row := range []struct {
		before, want catalog.TeamAccess
		faults       []string
	}{
		{nil, flags(schema.OrganizationManageProjects, schema.OrganizationReadProjects, schema.OrganizationManageModules), []string{"manage-projects", "read-projects"}},
		{nil, flags(schema.OrganizationManageTeams), []string{"manage-teams"}},
		{nil, flags(schema.OrganizationManageOrganizationAccess), []string{"manage-organization-access", "manage-organization-access"}},
		{nil, flags(schema.OrganizationManageOrganizationAccess, schema.OrganizationManageMembership), []string{"manage-organization-access"}},
		{nil, flags(schema.OrganizationAccessSecretTeams), []string{"access-secret-teams"}},
		{
			flags(schema.OrganizationManageMembership, schema.OrganizationManageTeams, schema.OrganizationAccessSecretTeams),
			catalog.TeamAccess{schema.OrganizationManageMembership: false},
			[]string{"manage-teams"},
		},
	} {
		if _, err := v.UpdateTeam(t.Context(), owner, team.ID, catalog.TeamChanges{Access: row.before}); err != nil {
			t.Fatal(err)
		}
		before, renamed := v.shown(t, team.ID), "renamed"
		_, err := v.UpdateTeam(t.Context(), owner, team.ID, catalog.TeamChanges{Name: &renamed, Access: row.want})
		var got []string
		for _, f := range fault.All(err) {
			got = append(got, f.Field)
		}
		var want []string
		for _, name := range row.faults {
			want = append(want, "organization-access/"+name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: -want +got\n%s", row.want, diff)
		}
		d, err := v.FindTeam(t.Context(), owner, team.ID, false)
		if err != nil || d.Name == renamed || !slices.Equal(v.shown(t, team.ID), before) {
			t.Errorf("%v: refused, and yet %s %v %v", row.want, d.Name, d.Access, err)
		}
	}
}

// TestWhoSetsFlags has one row for each way to set organization access.
func TestWhoSetsFlags(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	keepers, _ := v.pupil(t, "keeper")
	finders, _ := v.pupil(t, "finder")
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		ladder := flags(schema.OrganizationManageMembership, schema.OrganizationManageTeams, schema.OrganizationManageOrganizationAccess)
		if err := c.SetTeamAccess(ctx, keepers, ladder); err != nil {
			return err
		}
		ladder[schema.OrganizationAccessSecretTeams] = true
		return c.SetTeamAccess(ctx, finders, ladder)
	})
	n := 0
	name := func() string { n++; return "made-" + string(rune('a'+n%26)) + string(rune('a'+n/26)) }
	on := false
	toggle := func(teamID string) func(context.Context, catalog.Principal) error {
		return func(ctx context.Context, p catalog.Principal) error {
			on = !on
			_, err := v.UpdateTeam(ctx, p, teamID, catalog.TeamChanges{Access: catalog.TeamAccess{schema.OrganizationManageModules: on}})
			return err
		}
	}
	create := func(visibility catalog.Visibility, access catalog.TeamAccess) func(context.Context, catalog.Principal) error {
		return func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateTeam(ctx, p, catalog.Team{OrganizationID: v.acme.ID, Name: name(), Visibility: visibility}, access)
			return err
		}
	}
	for _, row := range []struct {
		what string
		do   func(context.Context, catalog.Principal) error
		may  []string
		not  []string
	}{
		{"of a visible team", toggle(v.teams["writers"].ID), []string{"owner", "keeper", "finder", "site-admin"}, []string{"teamlead", "clerk", "writer", "member", "otherowner", "outsider"}},
		{"of one's own team", toggle(v.teams["leads"].ID), []string{"keeper"}, []string{"teamlead"}},
		{"of a secret team", toggle(v.teams["shadows"].ID), []string{"owner", "finder"}, []string{"keeper", "teamlead"}},
		{"of a new visible team", create(catalog.VisibilityOrganization, flags(schema.OrganizationManageProviders)), []string{"owner", "keeper", "finder"}, []string{"teamlead", "clerk", "otherowner"}},
		{"of a new secret team", create(catalog.VisibilitySecret, flags(schema.OrganizationManageProviders)), []string{"owner", "finder"}, []string{"keeper", "teamlead"}},
		{"none of a new team", create(catalog.VisibilityOrganization, catalog.TeamAccess{schema.OrganizationManageProviders: false}), []string{"owner", "teamlead"}, []string{"clerk"}},
		{"of a new team without a visibility", create("", nil), []string{"owner", "finder"}, []string{"clerk", "member", "outsider"}},
	} {
		for _, who := range row.may {
			if err := row.do(t.Context(), v.people[who]); err != nil {
				t.Errorf("%s: %s may not: %v", row.what, who, err)
			}
		}
		for _, who := range row.not {
			if err := row.do(t.Context(), v.people[who]); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %s gets %v, want a denial", row.what, who, err)
			}
		}
	}
	_, _, err := v.CreateTeam(t.Context(), v.people["teamlead"], catalog.Team{OrganizationID: v.acme.ID, Name: name()}, nil)
	if faults := fault.All(err); len(faults) != 1 || faults[0].Kind != fault.Invalid || faults[0].Field != "visibility" {
		t.Errorf("a team lead who names no visibility gets %v, want a fault at the field", err)
	}
	noDrift(t, v.Bench)
}

// TestTheOwnersTeamHoldsEverything shows all flags of the owners team, to members too, and changes none of them.
func TestTheOwnersTeamHoldsEverything(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	id := v.acme.OwnersTeamID
	if _, err := v.UpdateTeam(t.Context(), v.people["owner"], id, catalog.TeamChanges{Access: catalog.TeamAccess{schema.OrganizationManageProjects: false}}); err != nil {
		t.Errorf("an attempt to unassign: %v", err)
	}
	if _, err := v.UpdateTeam(t.Context(), v.people["wsadmin"], id, catalog.TeamChanges{Access: catalog.TeamAccess{schema.OrganizationManageProjects: false}}); !fault.Is(err, fault.Denied) {
		t.Errorf("an attempt by somebody else: %v", err)
	}
	for _, who := range []string{"owner", "member"} {
		d, err := v.FindTeam(t.Context(), v.people[who], id, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range catalog.AccessFlags() {
			if !d.Access[flag] {
				t.Errorf("%s reads false to %s", flag, who)
			}
		}
	}
	grants, err := v.Store.Grants(t.Context(), catalog.GrantFilter{Holder: ref(schema.TypeTeam, id)})
	if err != nil || len(grants) != 0 {
		t.Errorf("the owners team has grants %v, %v", grants, err)
	}
	if !v.may(t, "owner", schema.OrganizationManageProjects, ref(schema.TypeOrganization, v.acme.ID)) {
		t.Error("the owner lost something")
	}
}

// TestTeamsAreListedAsFarAsTheyAreSeen compares who sees which teams, and whose organization access.
func TestTeamsAreListedAsFarAsTheyAreSeen(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for who, want := range map[string]map[string]bool{ // by team, whether its organization access is shown
		"owner":      {"admins": true, "clerks": true, "leads": true, "owners": true, "shadows": true, "writers": true},
		"site-admin": {"admins": true, "clerks": true, "leads": true, "owners": true, "shadows": true, "writers": true},
		"clerk":      {"admins": true, "clerks": true, "leads": true, "owners": true, "writers": true},
		"writer":     {"admins": false, "clerks": false, "leads": false, "owners": true, "writers": true},
		"member":     {"admins": false, "clerks": false, "leads": false, "owners": true, "writers": false},
	} {
		found, total, err := v.ListTeams(t.Context(), v.people[who], v.acme.ID, catalog.TeamQuery{}, catalog.Window{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, d := range found {
			got[d.Name] = d.Access != nil
		}
		if diff := cmp.Diff(want, got); diff != "" || total != len(want) {
			t.Errorf("%s: %d teams, -want +got\n%s", who, total, diff)
		}
	}
	for _, who := range []string{"outsider", "otherowner"} {
		if _, _, err := v.ListTeams(t.Context(), v.people[who], v.acme.ID, catalog.TeamQuery{}, catalog.Window{}); !fault.Is(err, fault.Denied) {
			t.Errorf("%s lists the teams: %v", who, err)
		}
		if _, err := v.FindTeam(t.Context(), v.people[who], v.teams["writers"].ID, false); !fault.Is(err, fault.Denied) {
			t.Errorf("%s reads a team: %v", who, err)
		}
	}
	found, total, err := v.ListTeams(t.Context(), v.people["owner"], v.acme.ID, catalog.TeamQuery{Names: []string{"WRITERS", "nobody"}}, catalog.Window{})
	if err != nil || total != 1 || found[0].ID != v.teams["writers"].ID {
		t.Errorf("by name: %v %d %v", found, total, err)
	}
	found, total, err = v.ListTeams(t.Context(), v.people["owner"], v.acme.ID, catalog.TeamQuery{Contains: "AD"}, catalog.Window{Offset: 1, Limit: 1})
	if err != nil || total != 3 || len(found) != 1 || found[0].Name != "leads" {
		t.Errorf("by a part of the name, the second: %v %d %v", found, total, err)
	}
}
