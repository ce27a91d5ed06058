package schema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/schema"
)

// The levels of TFE on a workspace, written out; each adds to the one before (research tfe-api 2.2 and 2.4).
const (
	workspaceRead  = "workspace.read workspace.read_run workspace.read_variable workspace.read_state workspace.read_state_outputs"
	workspacePlan  = workspaceRead + " workspace.queue_plan workspace.initialize workspace.validate workspace.preview"
	workspaceWrite = workspacePlan + " workspace.apply_run workspace.queue_destroy workspace.cancel_run workspace.discard_run workspace.lock " +
		"workspace.write_variable workspace.write_state workspace.read_sentinel_mocks"
	workspaceAdmin = workspaceWrite + " workspace.update workspace.delete workspace.force_delete workspace.force_cancel_run workspace.force_unlock " +
		"workspace.manage_run_tasks workspace.manage_access workspace.manage_tags workspace.manage_notifications workspace.manage_run_triggers"
	seen         = " project.read organization.view"
	projectAdmin = " project.update project.delete project.create_workspace project.create_stack project.move_workspaces project.read_access " +
		"project.manage_access project.read_variable_sets project.manage_variable_sets project.manage_tags"
	stackWrite    = " stack.read stack.queue_plan stack.apply_run stack.cancel_run"
	stackAdmin    = stackWrite + " stack.update stack.delete"
	otfWrite      = workspacePlan + " workspace.apply_run workspace.queue_destroy workspace.cancel_run workspace.lock workspace.write_variable workspace.manage_notifications"
	otfAdmin      = otfWrite + " workspace.update workspace.delete workspace.force_delete workspace.force_unlock workspace.manage_access workspace.manage_run_triggers"
	terrakubeRead = "workspace.read workspace.read_run workspace.read_variable"
	terrakubePlan = terrakubeRead + " workspace.queue_plan workspace.initialize workspace.validate workspace.preview workspace.cancel_run"
	// manageWorkspace, manageState, planJob, approveJob; SSH keys go with manageVcs, projects with the level itself.
	terrakubeWrite = terrakubePlan + " workspace.write_variable workspace.discard_run workspace.apply_run workspace.queue_destroy workspace.lock " +
		"workspace.read_state workspace.read_state_outputs workspace.write_state workspace.update workspace.delete workspace.manage_access " +
		"workspace.manage_tags workspace.manage_notifications project.create_workspace"
	infra0Editor = " organization.create_project project.update project.create_workspace workspace.read workspace.update workspace.initialize " +
		"workspace.validate workspace.queue_plan workspace.apply_run workspace.preview workspace.read_run workspace.read_variable workspace.write_variable " +
		"workspace.read_state workspace.read_state_outputs organization.view_app_credentials organization.create_app_credentials " +
		"organization.edit_app_credentials organization.view_cloud_credentials"
)

// TestRoleContents holds the roles against the tables of the documents, implications included.
func TestRoleContents(t *testing.T) {
	t.Parallel()
	everything := names(schema.Atoms())
	organizationwide := names(slices.DeleteFunc(schema.Atoms(), func(p schema.Permission) bool { return p.Type() == schema.TypePlatform }))
	for role, want := range map[string]string{
		"tfe-read":             workspaceRead + seen,
		"tfe-plan":             workspacePlan + seen,
		"tfe-write":            workspaceWrite + seen,
		"tfe-admin":            workspaceAdmin + seen,
		"tfe-project-read":     workspaceRead + seen + " stack.read",
		"tfe-project-write":    workspaceWrite + seen + stackWrite,
		"tfe-project-maintain": workspaceAdmin + seen + stackAdmin + " project.create_workspace project.create_stack",
		"tfe-project-admin":    workspaceAdmin + seen + stackAdmin + projectAdmin,

		"hcp-admin": organizationwide,
		"hcp-contributor": workspaceAdmin + seen + stackAdmin + projectAdmin + " organization.manage_projects organization.read_projects " +
			"organization.manage_workspaces organization.read_workspaces organization.create_project organization.manage_variable_sets " +
			"organization.read_variable_sets organization.manage_tags organization.manage_own_team_tokens",
		"hcp-viewer": workspaceRead + seen + " organization.read_projects organization.read_workspaces",

		"infra0-admin":  everything,
		"infra0-editor": infra0Editor + seen,
		"infra0-manager": infra0Editor + seen + " project.delete workspace.delete workspace.queue_destroy organization.delete_app_credentials " +
			"organization.create_cloud_credentials organization.edit_cloud_credentials organization.delete_cloud_credentials " +
			"organization.view_users organization.edit_users organization.approve_requests organization.view_audit",
		"infra0-viewer": "workspace.read workspace.read_run workspace.preview organization.view_users" + seen,

		"terrakube-member": terrakubeRead + seen,
		"terrakube-read":   terrakubeRead + seen,
		"terrakube-plan":   terrakubePlan + seen,
		"terrakube-write":  terrakubeWrite + seen,
		"terrakube-admin": terrakubeWrite + seen + projectAdmin + " workspace.force_unlock organization.create_project organization.manage_modules " +
			"organization.manage_providers organization.manage_vcs_settings organization.manage_ssh_keys organization.manage_templates organization.manage_collections",
		"terrakube-administrator": "platform.create_organization organization.manage_organization_access organization.manage_teams " +
			"organization.manage_membership organization.view_members organization.access_secret_teams project.manage_access project.read_access " +
			"workspace.manage_access workspace.read" + seen,

		"otf-member":            "organization.view organization.view_members organization.read_variable_sets",
		"otf-read":              workspaceRead + seen,
		"otf-plan":              workspacePlan + seen,
		"otf-write":             otfWrite + seen,
		"otf-admin":             otfAdmin + seen,
		"otf-workspace-manager": otfAdmin + seen + " organization.read_workspaces project.create_workspace workspace.manage_tags",
		"otf-vcs-manager":       "organization.view organization.manage_vcs_settings",
		"otf-registry-manager":  "organization.view organization.manage_modules",

		"owner":                organizationwide,
		"site-admin":           everything,
		"organization-creator": "platform.create_organization",
		"site-auditor": "platform.audit organization.view_members organization.view_users organization.view_audit organization.read_policies " +
			"organization.read_variable_sets organization.view_app_credentials organization.view_cloud_credentials project.read_access " +
			"project.read_variable_sets workspace.read workspace.read_run workspace.read_variable workspace.read_sentinel_mocks stack.read" + seen,
		"organization-token": "organization.manage_organization_access organization.manage_teams organization.manage_membership organization.view_members " +
			"organization.access_secret_teams organization.create_project organization.read_projects organization.manage_run_tasks " +
			"organization.manage_vcs_settings organization.manage_modules organization.manage_providers organization.manage_variable_sets " +
			"organization.read_variable_sets organization.manage_tags project.update project.delete project.create_workspace project.move_workspaces " +
			"project.read_access project.manage_access project.read_variable_sets project.manage_variable_sets project.manage_tags workspace.read " +
			"workspace.update workspace.delete workspace.read_variable workspace.write_variable workspace.manage_access workspace.manage_tags " +
			"workspace.manage_run_tasks workspace.manage_run_triggers" + seen,
	} {
		r, ok := schema.BuiltinRole(role)
		if !ok {
			t.Errorf("there is no role %s", role)
			continue
		}
		if diff := cmp.Diff(sorted(want), sorted(names(r.Atoms()))); diff != "" {
			t.Errorf("%s (-documents +role):\n%s", role, diff)
		}
	}
}

func TestRolesAreTheNamedOnes(t *testing.T) {
	t.Parallel()
	want := map[string]string{ // DECISIONS N2, and those that the projection binds
		"tfe-read": "organization project workspace", "tfe-plan": "organization project workspace",
		"tfe-write": "organization project workspace", "tfe-admin": "organization project workspace",
		"tfe-project-read": "organization project", "tfe-project-write": "organization project",
		"tfe-project-maintain": "organization project", "tfe-project-admin": "organization project",
		"hcp-admin": "organization", "hcp-contributor": "organization", "hcp-viewer": "organization",
		"infra0-admin": "platform organization", "infra0-manager": "platform organization",
		"infra0-editor": "platform organization project workspace", "infra0-viewer": "platform organization project workspace",
		"terrakube-member": "organization", "terrakube-read": "organization project workspace", "terrakube-plan": "organization project workspace",
		"terrakube-write": "organization project workspace", "terrakube-admin": "organization project workspace",
		"terrakube-administrator": "platform",
		"otf-member":              "organization", "otf-read": "organization project workspace", "otf-plan": "organization project workspace",
		"otf-write": "organization project workspace", "otf-admin": "organization project workspace",
		"otf-workspace-manager": "organization", "otf-vcs-manager": "organization", "otf-registry-manager": "organization",
		schema.RoleOwner: "system organization", schema.RoleSiteAdmin: "system platform", schema.RoleSiteAuditor: "system platform",
		schema.RoleOrganizationCreator: "system platform", schema.RoleOrganizationToken: "system organization",
	}
	got := map[string]string{}
	for _, r := range schema.Roles() {
		got[r.Name] = strings.Join(r.Scopes, " ")
		if r.System {
			got[r.Name] = "system " + got[r.Name]
		}
		if r.Doc == "" || len(r.Permissions) == 0 {
			t.Errorf("%s is not explained or empty", r.Name)
		}
		for _, pattern := range r.Permissions {
			if canonical, err := schema.Canonical(pattern); err != nil || canonical != pattern {
				t.Errorf("%s has %q, which is not canonical: %q, %v", r.Name, pattern, canonical, err)
			}
		}
		for _, scope := range r.Scopes {
			if !schema.IsScope(scope) {
				t.Errorf("%s may be granted on %q, which is no scope", r.Name, scope)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-documents +roles:\n%s", diff)
	}
	if r, ok := schema.BuiltinRole("tfe-custom"); ok {
		t.Errorf("there is a role %v", r)
	}
}

// TestOwnerLevelRoles: what is owners' alone is in no role that is not documented as owner-level (DECISIONS M14).
func TestOwnerLevelRoles(t *testing.T) {
	t.Parallel()
	ownerLevel := []string{"owner", "site-admin", "hcp-admin", "infra0-admin"}
	for _, r := range schema.Roles() {
		var held, all int
		for _, e := range schema.Vocabulary() {
			if !e.OwnerOnly {
				continue
			}
			all++
			if slices.Contains(r.Atoms(), e.Permission) {
				held++
			}
		}
		if want := slices.Contains(ownerLevel, r.Name); (held > 0) != want || (want && held != all) {
			t.Errorf("%s holds %d of the %d owner-only permissions", r.Name, held, all)
		}
	}
}

func TestLevelsContainEachOther(t *testing.T) {
	t.Parallel()
	for _, ladder := range [][]string{
		{"tfe-read", "tfe-plan", "tfe-write", "tfe-admin", "tfe-project-maintain", "tfe-project-admin", "owner", "site-admin"},
		{"tfe-read", "tfe-project-read", "tfe-project-write", "tfe-project-maintain"}, // M9
		{"hcp-viewer", "hcp-contributor", "hcp-admin"},
		{"infra0-editor", "infra0-manager", "infra0-admin"},
		{"terrakube-member", "terrakube-read", "terrakube-plan", "terrakube-write", "terrakube-admin"},
		{"otf-read", "otf-plan", "otf-write", "otf-admin", "otf-workspace-manager", "owner"},
		{"otf-member", "owner"},
		{"organization-token", "owner"},
		{"site-auditor", "site-admin"},
	} {
		for i := range ladder[1:] {
			lower, _ := schema.BuiltinRole(ladder[i])
			upper, _ := schema.BuiltinRole(ladder[i+1])
			for _, p := range lower.Atoms() {
				if !slices.Contains(upper.Atoms(), p) {
					t.Errorf("%s holds %s, and %s does not", lower.Name, p, upper.Name)
				}
			}
		}
	}
}

// TestNever names what a role must not hold, whatever the tables grow to.
func TestNever(t *testing.T) {
	t.Parallel()
	runs := "workspace.queue_plan workspace.apply_run workspace.queue_destroy workspace.force_cancel_run workspace.cancel_run workspace.discard_run " +
		"workspace.initialize stack.queue_plan stack.apply_run stack.cancel_run "
	state := "workspace.read_state workspace.read_state_outputs workspace.write_state "
	owners := "organization.update organization.delete organization.manage_billing organization.manage_authentication organization.manage_api_token "
	for role, never := range map[string]string{
		"organization-token": runs + state + owners + "organization.manage_ssh_keys workspace.override_policy organization.manage_policy_overrides " +
			"workspace.manage_notifications workspace.force_delete platform.create_organization organization.manage_roles",
		"site-auditor":            runs + state + owners + "platform.administer",
		"terrakube-administrator": runs + state + owners + "workspace.read_run workspace.read_variable workspace.update organization.manage_modules organization.manage_vcs_settings",
		"terrakube-member":        runs + state + owners + "workspace.write_variable workspace.update",
		"terrakube-read":          runs + state,
		"otf-member":              runs + state + owners + "workspace.read project.read organization.manage_variable_sets organization.manage_membership",
		"otf-read":                runs + owners + "workspace.write_variable workspace.write_state workspace.lock",
		"otf-plan":                owners + "workspace.apply_run workspace.cancel_run workspace.write_variable workspace.write_state workspace.lock",
		"otf-write":               owners + "workspace.discard_run workspace.force_cancel_run workspace.write_state workspace.read_sentinel_mocks workspace.update workspace.manage_run_triggers",
		"otf-admin":               owners + "workspace.discard_run workspace.force_cancel_run workspace.write_state workspace.manage_tags workspace.override_policy project.create_workspace",
		"otf-workspace-manager":   owners + "workspace.discard_run workspace.force_cancel_run workspace.write_state organization.manage_workspaces organization.manage_variable_sets organization.manage_tags project.update",
		"otf-vcs-manager":         runs + state + owners + "organization.manage_ssh_keys organization.manage_modules workspace.read",
		"otf-registry-manager":    runs + state + owners + "organization.manage_providers organization.manage_vcs_settings workspace.read",
		"terrakube-plan":          state + "workspace.apply_run workspace.update workspace.write_variable workspace.lock",
		"terrakube-write":         owners + "workspace.override_policy project.update project.manage_access organization.manage_modules",
		"tfe-admin":               owners + "workspace.override_policy project.update project.create_workspace organization.manage_workspaces",
		"tfe-project-maintain":    owners + "project.update project.delete project.manage_access project.move_workspaces workspace.override_policy",
		"tfe-project-admin":       owners + "organization.create_project organization.manage_projects workspace.override_policy",
		"tfe-plan":                "workspace.apply_run workspace.write_variable workspace.write_state workspace.lock workspace.read_sentinel_mocks workspace.update",
		"hcp-viewer":              runs + owners + "workspace.write_variable workspace.write_state organization.manage_own_team_tokens organization.manage_membership",
		"hcp-contributor": owners + "organization.manage_membership organization.manage_organization_access organization.access_secret_teams organization.manage_policies " +
			"organization.manage_vcs_settings organization.manage_run_tasks organization.manage_agent_pools organization.manage_modules workspace.override_policy",
		"infra0-viewer": runs + state + "workspace.write_variable workspace.update",
		"infra0-editor": "workspace.queue_destroy workspace.delete project.delete organization.edit_users organization.approve_requests " +
			"organization.delete_app_credentials organization.edit_cloud_credentials",
		"infra0-manager": owners + "platform.administer organization.manage_roles",
		"hcp-admin":      "platform.administer platform.audit platform.create_organization",
		"owner":          "platform.administer platform.audit platform.manage_users platform.create_organization",
	} {
		r, _ := schema.BuiltinRole(role)
		for name := range strings.FieldsSeq(never) {
			if _, known := schema.Lookup(schema.Permission(name)); !known {
				t.Fatalf("the row of %s names an unknown permission %s", role, name)
			}
			if slices.Contains(r.Atoms(), schema.Permission(name)) {
				t.Errorf("%s holds %s", role, name)
			}
		}
	}
}

// TestAuditorOnlyReads: every permission of the auditor begins with a word for reading (DECISIONS P22).
func TestAuditorOnlyReads(t *testing.T) {
	t.Parallel()
	r, _ := schema.BuiltinRole(schema.RoleSiteAuditor)
	for _, p := range r.Atoms() {
		verb, _, _ := strings.Cut(p.Name(), "_")
		if !slices.Contains([]string{"read", "view", "audit"}, verb) {
			t.Errorf("the auditor holds %s", p)
		}
	}
	// and what reads, it has, but for state and for the two flags that carry it or come with nothing else
	for _, p := range schema.Atoms() {
		verb, _, _ := strings.Cut(p.Name(), "_")
		state := strings.HasPrefix(p.Name(), "read_state") || p == schema.OrganizationReadWorkspaces || p == schema.OrganizationReadProjects
		if (verb == "read" || verb == "view") && !state && !slices.Contains(r.Atoms(), p) {
			t.Errorf("the auditor cannot %s", p)
		}
	}
}

func names(permissions []schema.Permission) string {
	var out []string
	for _, p := range permissions {
		out = append(out, string(p))
	}
	return strings.Join(out, " ")
}

// sorted splits a list of names at spaces and puts it in order, each name once.
func sorted(list string) []string {
	out := strings.Fields(list)
	slices.Sort(out)
	return slices.Compact(out)
}
