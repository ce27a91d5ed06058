package schema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/schema"
)

func TestImplications(t *testing.T) {
	t.Parallel()
	const (
		carries     = true
		doesNotGive = false
	)
	for _, row := range []struct {
		rule    string
		atom    schema.Permission
		carried bool
		others  string
	}{
		{"M1", schema.OrganizationManageRunTasks, doesNotGive, "workspace.manage_run_tasks workspace.read"},
		{"M1", schema.OrganizationUpdate, doesNotGive, "workspace.update project.update workspace.read"},
		{"M1", schema.OrganizationDelete, doesNotGive, "workspace.delete project.delete workspace.force_delete"},
		{"M1", schema.OrganizationManageTags, doesNotGive, "workspace.manage_tags project.manage_tags"},
		{"M1", schema.OrganizationManageVariableSets, doesNotGive, "project.manage_variable_sets"},
		{"M1", schema.ProjectUpdate, doesNotGive, "workspace.update workspace.read organization.update"},
		{"M1", schema.ProjectDelete, doesNotGive, "workspace.delete workspace.read organization.delete"},
		{"M1", schema.ProjectManageTags, doesNotGive, "workspace.manage_tags"},
		{"M1", schema.ProjectManageAccess, doesNotGive, "workspace.manage_access"},
		{"M1", schema.WorkspaceManageRunTasks, doesNotGive, "organization.manage_run_tasks"},

		{"M2", schema.OrganizationManageWorkspaces, carries, "organization.read_workspaces organization.manage_variable_sets organization.read_variable_sets " +
			"workspace.update workspace.delete workspace.force_delete workspace.apply_run workspace.queue_destroy workspace.cancel_run workspace.discard_run " +
			"workspace.force_cancel_run workspace.lock workspace.force_unlock workspace.write_variable workspace.write_state workspace.read_sentinel_mocks " +
			"workspace.manage_run_tasks workspace.manage_access workspace.manage_tags workspace.manage_notifications workspace.manage_run_triggers"},
		{"M2", schema.OrganizationManageWorkspaces, doesNotGive, "workspace.override_policy"},
		{"M4", schema.OrganizationManageWorkspaces, doesNotGive, "project.create_workspace project.update project.delete project.move_workspaces " +
			"project.manage_access organization.create_project organization.manage_projects organization.read_projects"},
		{"M7", schema.OrganizationManageWorkspaces, doesNotGive, "stack.read stack.queue_plan project.create_stack"},
		{"M7", schema.OrganizationReadWorkspaces, doesNotGive, "stack.read"},

		{"M4", schema.OrganizationManageProjects, carries, "organization.manage_workspaces organization.read_projects organization.create_project " +
			"project.create_workspace project.create_stack project.update project.delete project.move_workspaces project.manage_access workspace.update"},
		{"M7", schema.OrganizationManageProjects, carries, "stack.read stack.update stack.delete stack.queue_plan stack.apply_run stack.cancel_run"},
		{"M14", schema.OrganizationManageProjects, doesNotGive, "organization.update organization.delete organization.manage_teams workspace.override_policy"},
		{"HCP", schema.OrganizationCreateProject, doesNotGive, "organization.manage_projects organization.read_projects project.read project.create_workspace"},

		{"M6", schema.WorkspaceApplyRun, carries, "workspace.queue_plan workspace.read_run workspace.read"},
		{"M6", schema.WorkspaceApplyRun, doesNotGive, "workspace.queue_destroy workspace.write_state workspace.read_state workspace.read_variable workspace.lock " +
			"workspace.cancel_run workspace.discard_run workspace.initialize workspace.validate workspace.preview"},
		{"M6", schema.WorkspaceQueuePlan, carries, "workspace.read_run"},
		{"M6", schema.WorkspaceQueuePlan, doesNotGive, "workspace.apply_run workspace.initialize workspace.validate workspace.preview workspace.read_variable"},
		{"M6", schema.WorkspaceQueueDestroy, doesNotGive, "workspace.apply_run workspace.queue_plan workspace.delete"},
		{"M6", schema.WorkspaceReadRun, doesNotGive, "workspace.queue_plan workspace.read_variable workspace.read_state_outputs"},
		{"M6", schema.WorkspaceWriteVariable, carries, "workspace.read_variable"},
		{"M6", schema.WorkspaceWriteVariable, doesNotGive, "workspace.read_run workspace.update"},
		{"M6", schema.WorkspaceReadVariable, doesNotGive, "workspace.write_variable"},
		{"M6", schema.WorkspaceWriteState, carries, "workspace.read_state workspace.read_state_outputs"},
		{"M6", schema.WorkspaceWriteState, doesNotGive, "workspace.lock workspace.read_run"},
		{"M6", schema.WorkspaceReadState, carries, "workspace.read_state_outputs"},
		{"M6", schema.WorkspaceReadState, doesNotGive, "workspace.write_state"},
		{"M6", schema.WorkspaceReadStateOutputs, doesNotGive, "workspace.read_state"},
		{"M6", schema.ProjectDelete, carries, "project.update project.read"},
		{"M6", schema.ProjectUpdate, doesNotGive, "project.delete"},
		{"M6", schema.ProjectManageAccess, carries, "project.read_access"},
		{"M6", schema.ProjectReadAccess, doesNotGive, "project.manage_access"},
		{"M6", schema.ProjectManageVariableSets, carries, "project.read_variable_sets"},
		{"M6", schema.ProjectReadVariableSets, doesNotGive, "project.manage_variable_sets"},
		{"M6", schema.OrganizationManageVariableSets, carries, "organization.read_variable_sets"},
		{"M6", schema.OrganizationReadVariableSets, doesNotGive, "organization.manage_variable_sets"},
		{"M6", schema.WorkspaceUpdate, doesNotGive, "workspace.delete workspace.read_variable workspace.read_run"},
		{"M6", schema.WorkspaceDelete, doesNotGive, "workspace.update workspace.force_delete"},
		{"M6", schema.WorkspaceForceDelete, doesNotGive, "workspace.update"},
		{"M6", schema.OrganizationEditAppCredentials, doesNotGive, "organization.view_app_credentials organization.create_app_credentials organization.delete_app_credentials"},
		{"M6", schema.OrganizationDeleteAppCredentials, doesNotGive, "organization.view_app_credentials organization.edit_app_credentials"},
		{"M6", schema.OrganizationCreateAppCredentials, doesNotGive, "organization.view_app_credentials organization.edit_app_credentials"},
		{"M6", schema.OrganizationEditCloudCredentials, doesNotGive, "organization.view_cloud_credentials organization.create_cloud_credentials organization.delete_cloud_credentials"},
		{"M6", schema.OrganizationDeleteCloudCredentials, doesNotGive, "organization.view_cloud_credentials organization.edit_cloud_credentials"},
		{"M6", schema.OrganizationEditUsers, doesNotGive, "organization.view_users organization.approve_requests"},
		{"M6", schema.OrganizationViewUsers, doesNotGive, "organization.edit_users organization.view_members"},
		{"M6", schema.WorkspaceLock, doesNotGive, "workspace.force_unlock workspace.write_state"},
		{"M6", schema.WorkspaceCancelRun, doesNotGive, "workspace.force_cancel_run workspace.discard_run workspace.queue_plan"},

		{"M7", schema.StackApplyRun, carries, "stack.queue_plan stack.read"},
		{"M7", schema.StackApplyRun, doesNotGive, "workspace.apply_run workspace.read stack.cancel_run"},
		{"M7", schema.StackQueuePlan, doesNotGive, "stack.apply_run stack.update"},
		{"M7", schema.ProjectCreateStack, doesNotGive, "stack.update stack.read"},

		{"M8", schema.OrganizationReadProjects, carries, "project.read organization.view"},
		{"M8", schema.OrganizationReadProjects, doesNotGive, "workspace.read stack.read project.read_access"},
		{"M8", schema.OrganizationReadWorkspaces, carries, "workspace.read workspace.read_run workspace.read_variable workspace.read_state project.read"},
		{"M8", schema.OrganizationReadWorkspaces, doesNotGive, "workspace.queue_plan workspace.read_sentinel_mocks organization.read_projects"},
		{"M8", schema.ProjectRead, doesNotGive, "workspace.read stack.read project.read_access"},

		{"M10", schema.OrganizationManagePolicies, carries, "organization.read_policies workspace.read workspace.read_run"},
		{"M10", schema.OrganizationManagePolicies, doesNotGive, "workspace.read_variable workspace.read_state workspace.read_state_outputs workspace.override_policy"},
		{"M10", schema.OrganizationManagePolicyOverrides, carries, "workspace.override_policy workspace.read workspace.read_run"},
		{"M10", schema.OrganizationManagePolicyOverrides, doesNotGive, "workspace.read_variable workspace.read_state organization.manage_policies"},
		{"M10", schema.OrganizationManageAgentPools, carries, "workspace.read project.read"},
		{"M10", schema.OrganizationManageAgentPools, doesNotGive, "workspace.read_run workspace.read_variable"},
		{"TFE 6.5", schema.OrganizationDelegatePolicyOverrides, doesNotGive, "workspace.override_policy organization.manage_policy_overrides workspace.read"},
		{"TFE 6.5", schema.WorkspaceOverridePolicy, carries, "workspace.read_run"},

		{"M11", schema.OrganizationManageVCSSettings, carries, "organization.manage_ssh_keys"},
		{"M11", schema.OrganizationManageSSHKeys, doesNotGive, "organization.manage_vcs_settings"},
		{"TFE 6.5", schema.OrganizationManageModules, doesNotGive, "organization.manage_providers organization.manage_public_modules workspace.read"},

		{"P4", schema.OrganizationManageOrganizationAccess, carries, "organization.manage_teams organization.manage_membership organization.view_members"},
		{"P4", schema.OrganizationManageTeams, carries, "organization.manage_membership organization.view_members"},
		{"P4", schema.OrganizationManageTeams, doesNotGive, "organization.manage_organization_access organization.access_secret_teams"},
		{"P4", schema.OrganizationManageMembership, carries, "organization.view_members"},
		{"P4", schema.OrganizationManageMembership, doesNotGive, "organization.manage_teams organization.access_secret_teams"},
		{"P6", schema.OrganizationAccessSecretTeams, doesNotGive, "organization.manage_membership organization.manage_teams organization.view_members"},
		{"P15", schema.OrganizationView, doesNotGive, "organization.view_members organization.read_policies project.read"},
		{"P21", schema.ProjectManageAccess, doesNotGive, "workspace.manage_access workspace.read"},
		{"P22", schema.PlatformAudit, doesNotGive, "workspace.read_state platform.administer"},
		{"P1", schema.PlatformCreateOrganization, doesNotGive, "organization.view platform.administer"},
	} {
		closed := schema.Close([]schema.Permission{row.atom})
		for _, name := range strings.Fields(row.others) {
			other := schema.Permission(name)
			if _, known := schema.Lookup(other); !known {
				t.Fatalf("%s: the row of %s names an unknown permission %s", row.rule, row.atom, other)
			}
			if got := slices.Contains(closed, other); got != row.carried {
				t.Errorf("%s: %s carries %s: %t, want %t", row.rule, row.atom, other, got, row.carried)
			}
		}
	}
}
