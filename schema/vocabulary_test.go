package schema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/schema"
)

// table is the table of permission names of the design (section 3): what platforms build on. Nothing leaves it, and
// nothing joins it unnoticed.
var table = map[string]string{
	schema.TypePlatform: "administer audit create_organization manage_users",
	schema.TypeOrganization: "view update delete manage_authentication manage_billing manage_api_token " +
		"read_projects manage_projects create_project read_workspaces manage_workspaces create_workspace " +
		"view_members manage_membership create_team create_secret_team manage_teams manage_own_team_tokens " +
		"manage_organization_access access_secret_teams manage_roles read_policies manage_policies " +
		"manage_policy_overrides delegate_policy_overrides manage_run_tasks manage_vcs_settings manage_ssh_keys " +
		"manage_agent_pools manage_modules manage_providers manage_public_modules manage_public_providers " +
		"read_variable_sets manage_variable_sets manage_tags manage_templates manage_collections " +
		"view_app_credentials create_app_credentials edit_app_credentials delete_app_credentials " +
		"view_cloud_credentials create_cloud_credentials edit_cloud_credentials delete_cloud_credentials " +
		"view_users edit_users approve_requests view_audit",
	schema.TypeTeam: "view update update_membership update_visibility read_organization_access " +
		"update_organization_access manage_token assign delete",
	schema.TypeProject: "read update delete create_workspace create_stack move_workspaces read_access manage_access " +
		"read_variable_sets manage_variable_sets manage_tags",
	schema.TypeWorkspace: "read update delete force_delete read_run queue_plan apply_run queue_destroy cancel_run " +
		"discard_run force_cancel_run initialize validate preview lock force_unlock run_locally read_variable " +
		"write_variable read_state_outputs read_state write_state read_sentinel_mocks manage_run_tasks " +
		"override_policy manage_access manage_tags manage_notifications manage_run_triggers",
	schema.TypeStack: "read update delete queue_plan apply_run cancel_run",
}

func TestVocabularyIsTheTable(t *testing.T) {
	t.Parallel()
	got := map[string][]string{}
	for _, e := range schema.Vocabulary() {
		got[e.Permission.Type()] = append(got[e.Permission.Type()], e.Permission.Name())
		if e.Doc == "" {
			t.Errorf("%s is not explained", e.Permission)
		}
	}
	want := map[string][]string{}
	for objectType, names := range table {
		want[objectType] = strings.Fields(names)
		slices.Sort(want[objectType])
		slices.Sort(got[objectType])
		of := schema.Of(objectType)
		if len(of) != len(want[objectType]) {
			t.Errorf("Of(%s) has %d permissions, want %d", objectType, len(of), len(want[objectType]))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-table +vocabulary:\n%s", diff)
	}
}

func TestDerivedPermissions(t *testing.T) {
	t.Parallel()
	want := []schema.Permission{
		schema.OrganizationCreateWorkspace, schema.OrganizationCreateTeam, schema.OrganizationCreateSecretTeam, schema.WorkspaceRunLocally,
	}
	var got []schema.Permission
	for _, e := range schema.Vocabulary() {
		if e.Kind == schema.Derived && e.Permission.Type() != schema.TypeTeam {
			got = append(got, e.Permission)
		}
		if e.Kind == schema.Atom && e.Permission.Type() == schema.TypeTeam {
			t.Errorf("%s is an atom, but what one may do to a team follows from its organization", e.Permission)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("derived (-want +got):\n%s", diff)
	}
	if atoms := schema.Atoms(); len(atoms)+len(want)+len(schema.Of(schema.TypeTeam)) != len(schema.Vocabulary()) {
		t.Errorf("%d atoms and %d derived are not the vocabulary", len(atoms), len(want))
	}
}

func TestOwnerOnly(t *testing.T) {
	t.Parallel()
	want := []schema.Permission{
		schema.OrganizationUpdate, schema.OrganizationDelete, schema.OrganizationManageAuthentication,
		schema.OrganizationManageBilling, schema.OrganizationManageAPIToken,
	}
	var got []schema.Permission
	for _, e := range schema.Vocabulary() {
		if e.OwnerOnly {
			got = append(got, e.Permission)
		}
		for _, implied := range e.Implies {
			if slices.Contains(want, implied) {
				t.Errorf("%s carries the owner-only %s with it", e.Permission, implied)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owner-only (-want +got):\n%s", diff)
	}
}

func TestNamesOnTypes(t *testing.T) {
	t.Parallel()
	p := schema.WorkspaceApplyRun
	if p.Type() != "workspace" || p.Name() != "apply_run" || p.Qualified() != "workspace_apply_run" || p.HasRelation() != "has_workspace_apply_run" {
		t.Errorf("got %q %q %q %q", p.Type(), p.Name(), p.Qualified(), p.HasRelation())
	}
	for _, row := range []struct {
		what       string
		permission schema.Permission
		on, want   string
	}{
		{"an atom has its plain name on its own type", p, schema.TypeWorkspace, "apply_run"},
		{"an atom has its full name on the project above", p, schema.TypeProject, "workspace_apply_run"},
		{"an atom has its full name on the organization above", p, schema.TypeOrganization, "workspace_apply_run"},
		{"an atom has its full name on the platform", p, schema.TypePlatform, "workspace_apply_run"},
		{"an atom is not asked beside its type", p, schema.TypeStack, ""},
		{"an atom is not asked below its type", schema.ProjectUpdate, schema.TypeWorkspace, ""},
		{"an atom is not asked on a team", schema.OrganizationManageTeams, schema.TypeTeam, ""},
		{"a derived permission has its plain name", schema.WorkspaceRunLocally, schema.TypeWorkspace, "run_locally"},
		{"a derived permission is not asked above", schema.WorkspaceRunLocally, schema.TypeProject, ""},
		{"a team's permission has its plain name", schema.TeamAssign, schema.TypeTeam, "assign"},
		{"a team's permission is not asked on its organization", schema.TeamAssign, schema.TypeOrganization, ""},
		{"what is no permission is asked nowhere", "workspace.read_sensitive", schema.TypeWorkspace, ""},
		{"membership is no permission", schema.TeamMember, schema.TypeTeam, ""},
	} {
		if got := row.permission.On(row.on); got != row.want {
			t.Errorf("%s: %s on %s is %q, want %q", row.what, row.permission, row.on, got, row.want)
		}
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for objectType, want := range map[string][]string{
		schema.TypePlatform:     nil,
		schema.TypeOrganization: {schema.TypePlatform},
		schema.TypeProject:      {schema.TypeOrganization, schema.TypePlatform},
		schema.TypeWorkspace:    {schema.TypeProject, schema.TypeOrganization, schema.TypePlatform},
		schema.TypeStack:        {schema.TypeProject, schema.TypeOrganization, schema.TypePlatform},
	} {
		if diff := cmp.Diff(want, schema.Ancestors(objectType)); diff != "" || !schema.IsScope(objectType) {
			t.Errorf("%s: scope %t, ancestors (-want +got):\n%s", objectType, schema.IsScope(objectType), diff)
		}
	}
	for _, objectType := range []string{schema.TypeTeam, schema.TypeGroup, schema.TypeUser, schema.TypeBinding, "", "nothing"} {
		if schema.IsScope(objectType) || schema.Parent(objectType) != "" {
			t.Errorf("%q is a scope", objectType)
		}
	}
}

func TestTablesAreCopies(t *testing.T) {
	t.Parallel()
	schema.Vocabulary()[0].Permission = "spoilt"
	if schema.Vocabulary()[0].Permission == "spoilt" {
		t.Error("a caller can change the vocabulary")
	}
	if len(schema.Hash()) != 64 || !strings.Contains(schema.Text(), "definition workspace {") {
		t.Errorf("hash %q of a text of %d bytes", schema.Hash(), len(schema.Text()))
	}
}

func TestCloseLaws(t *testing.T) {
	t.Parallel()
	set := rapid.SliceOf(rapid.SampledFrom(schema.Atoms()))
	rapid.Check(t, func(t *rapid.T) {
		a, b := set.Draw(t, "a"), set.Draw(t, "b")
		closed := schema.Close(a)
		for _, p := range a {
			if !slices.Contains(closed, p) {
				t.Fatalf("Close lost %s", p)
			}
		}
		if !slices.IsSorted(closed) || len(slices.Compact(slices.Clone(closed))) != len(closed) {
			t.Fatalf("Close gave an unsorted list or one with repeats: %v", closed)
		}
		if diff := cmp.Diff(closed, schema.Close(closed)); diff != "" {
			t.Fatalf("closing twice gives more:\n%s", diff)
		}
		both := schema.Close(slices.Concat(a, b))
		for _, p := range slices.Concat(closed, schema.Close(b)) {
			if !slices.Contains(both, p) {
				t.Fatalf("with more to start from Close lost %s", p)
			}
		}
		if got := schema.Close(slices.Concat(closed, schema.Close(b))); !slices.Equal(got, both) {
			t.Fatalf("two sets together carry more than each by itself: %v", got)
		}
	})
}

func TestCloseDropsWhatIsNoAtom(t *testing.T) {
	t.Parallel()
	if got := schema.Close([]schema.Permission{schema.WorkspaceRunLocally, schema.TeamUpdate, "workspace.nothing", ""}); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestEveryAtomReadsItsType(t *testing.T) {
	t.Parallel()
	for _, atom := range schema.Atoms() {
		closed := schema.Close([]schema.Permission{atom})
		for _, base := range map[string][]schema.Permission{ // M8
			schema.TypeWorkspace:    {schema.WorkspaceRead, schema.ProjectRead, schema.OrganizationView},
			schema.TypeStack:        {schema.StackRead, schema.ProjectRead, schema.OrganizationView},
			schema.TypeProject:      {schema.ProjectRead, schema.OrganizationView},
			schema.TypeOrganization: {schema.OrganizationView},
		}[atom.Type()] {
			if !slices.Contains(closed, base) {
				t.Errorf("%s does not give %s", atom, base)
			}
		}
		if atom.Type() == schema.TypePlatform && len(closed) != 1 {
			t.Errorf("%s carries %v", atom, closed)
		}
	}
}
