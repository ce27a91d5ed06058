package schema_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/schema"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ input, want string }{
		{"workspace.apply_run", "workspace.apply_run"},
		{"workspace:apply_run", "workspace.apply_run"},
		{"stack.apply_run", "stack.apply_run"},
		{"platform.audit", "platform.audit"},
		{"*", "*"},
		{"workspace.*", "workspace.*"},
		{"workspace:*", "workspace.*"},
		{"platform.*", "platform.*"},

		// the list of infra0's page
		{"project.create", "organization.create_project"},
		{"project.edit", "project.update"},
		{"project.delete", "project.delete"},
		{"workspace.create", "project.create_workspace"}, // M4
		{"workspace.edit", "workspace.update"},
		{"workspace.delete", "workspace.delete"},
		{"terraform.init", "workspace.initialize"},
		{"terraform.validate", "workspace.validate"},
		{"terraform.plan", "workspace.queue_plan"},
		{"terraform.apply", "workspace.apply_run"},
		{"terraform.destroy", "workspace.queue_destroy"},
		{"terraform.preview", "workspace.preview"},
		{"app-credentials.create", "organization.create_app_credentials"},
		{"app-credentials.edit", "organization.edit_app_credentials"},
		{"app-credentials.delete", "organization.delete_app_credentials"},
		{"app-credentials.view", "organization.view_app_credentials"},
		{"cloud-provider-credentials.*", "infra0:cloud-provider-credentials.*"},
		{"access-management.users.view", "organization.view_users"},
		{"access-management.users.edit", "organization.edit_users"},
		{"access-management.requests.approve", "organization.approve_requests"},

		{"terraform:plan", "workspace.queue_plan"},
		{"infra0:terraform.plan", "workspace.queue_plan"},
		{"infra0:terraform:plan", "workspace.queue_plan"},
		{"infra0:terraform:*", "infra0:terraform.*"},
		{"cloud-provider-credentials:*", "infra0:cloud-provider-credentials.*"},
		{"infra0:project.*", "infra0:project.*"},
		{"project.*", "project.*"}, // ours, which is more
		{"access-management.*", "infra0:access-management.*"},
		{"infra0:*", "*"},

		{"otf:run:apply", "workspace.apply_run"},
		{"otf:sv:rollback", "workspace.write_state"},
		{"otf:site:*", "platform.administer"},
		{"otf:apool:create", "organization.manage_agent_pools"},
		{"tfe:manage-workspaces", "organization.manage_workspaces"},
		{"tfe:runs:apply", "workspace.apply_run"},
		{"tfe:state-versions:read-outputs", "workspace.read_state_outputs"},
		{"tfe:workspace-locking", "workspace.lock"},
		{"tfe:can-queue-apply", "workspace.apply_run"},
		{"terrakube:planJob", "workspace.queue_plan"},
		{"terrakube:approveJob", "workspace.apply_run"},
		{"terrakube:manageState", "workspace.write_state"},
		{"terrakube:manageModule", "organization.manage_modules"},
		{"terrakube:team manage ssh", "organization.manage_ssh_keys"},
		{"terrakube:superuser", "platform.administer"},
	} {
		got, err := schema.Canonical(row.input)
		if err != nil || got != row.want {
			t.Errorf("Canonical(%q) = %q, %v; want %q", row.input, got, err, row.want)
			continue
		}
		if again, err := schema.Canonical(got); err != nil || again != got {
			t.Errorf("Canonical(%q), its own answer to %q, is %q, %v", got, row.input, again, err)
		}
		if !slices.Equal(schema.Expand([]string{row.input}), schema.Expand([]string{got})) {
			t.Errorf("%q and its canonical %q are not the same permissions", row.input, got)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ why, input, reason string }{
		{"no such name", "workspace.fly", "is unknown"},
		{"no such type", "rocket.launch", "is unknown"},
		{"nothing", "", "is unknown"},
		{"a type is no permission", "workspace", "is unknown"},
		{"a wildcard of a type without atoms", "team.*", "is unknown"},
		{"a wildcard that matches nothing", "infra0:nothing.*", "is unknown"},
		{"a wildcard in the middle", "workspace.*_run", "is unknown"},
		{"half a prefix", "infra0:terra*", "is unknown"},
		{"another system's wildcard", "tfe:*", "is unknown"},
		{"an unknown system", "gitlab:run:apply", "is unknown"},
		{"a system alone", "otf:", "is unknown"},
		{"the wrong case", "Workspace.Read", "is unknown"},
		{"sensitive values are nobody's", "workspace.read_sensitive", "is unknown"},
		{"membership is given by adding to a team", "team.member", "is unknown"},
		{"what follows from the lock and the state", "workspace.run_locally", "follows from other permissions and cannot be assigned"},
		{"what follows from the ladder", "organization.create_secret_team", "follows from other permissions and cannot be assigned"},
		{"what follows from the team's organization", "team:update", "follows from other permissions and cannot be assigned"},
		{"a word for several things", "terrakube:manageWorkspace", "write one of"},
		{"a boolean that three types have", "tfe:can-manage-tags", "write one of"},
	} {
		got, err := schema.Canonical(row.input)
		var pattern *schema.PatternError
		if got != "" || !errors.As(err, &pattern) {
			t.Errorf("%s: Canonical(%q) = %q, %v; want a refusal", row.why, row.input, got, err)
			continue
		}
		if pattern.Pattern != row.input || !strings.Contains(pattern.Error(), row.reason) {
			t.Errorf("%s: Canonical(%q) says %q, want it to say %q", row.why, row.input, pattern, row.reason)
		}
		if got := schema.Expand([]string{row.input}); len(got) != 0 {
			t.Errorf("%s: Expand(%q) = %v", row.why, row.input, got)
		}
	}
	_, err := schema.Canonical("terrakube:manageWorkspace")
	for _, choice := range []string{"project.create_workspace", "workspace.update"} {
		if !strings.Contains(err.Error(), choice) {
			t.Errorf("%q does not offer %s", err, choice)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		patterns string
		want     []schema.Permission
	}{
		{"infra0:cloud-provider-credentials.*", []schema.Permission{
			schema.OrganizationCreateCloudCredentials, schema.OrganizationDeleteCloudCredentials, schema.OrganizationEditCloudCredentials, schema.OrganizationViewCloudCredentials,
		}},
		{"infra0:terraform.*", []schema.Permission{
			schema.WorkspaceApplyRun, schema.WorkspaceInitialize, schema.WorkspacePreview, schema.WorkspaceQueueDestroy, schema.WorkspaceQueuePlan, schema.WorkspaceValidate,
		}},
		{"infra0:project.*", []schema.Permission{schema.OrganizationCreateProject, schema.ProjectDelete, schema.ProjectUpdate}},
		{"stack.read stack.* stack.read", []schema.Permission{
			schema.StackApplyRun, schema.StackCancelRun, schema.StackDelete, schema.StackQueuePlan, schema.StackRead, schema.StackUpdate,
		}},
		{"workspace.read nothing.at.all", []schema.Permission{schema.WorkspaceRead}},
	} {
		if diff := cmp.Diff(row.want, schema.Expand(strings.Fields(row.patterns))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.patterns, diff)
		}
	}
	if got, want := len(schema.Expand([]string{"*"})), len(schema.Atoms()); got != want {
		t.Errorf("* is %d permissions of %d", got, want)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		what, objectType, action string
		want                     schema.Permission
	}{
		{"a plain name", "workspace", "apply_run", schema.WorkspaceApplyRun},
		{"a plain name means the object's own type", "organization", "manage_run_tasks", schema.OrganizationManageRunTasks},
		{"the same plain name on another type", "workspace", "manage_run_tasks", schema.WorkspaceManageRunTasks},
		{"a dotted name on its own type", "workspace", "workspace.apply_run", schema.WorkspaceApplyRun},
		{"a dotted name on the scope above", "project", "workspace.apply_run", schema.WorkspaceApplyRun},
		{"a dotted name two scopes above", "organization", "workspace.apply_run", schema.WorkspaceApplyRun},
		{"a dotted name on the platform", "platform", "workspace.apply_run", schema.WorkspaceApplyRun},
		{"a derived permission on its own type", "workspace", "run_locally", schema.WorkspaceRunLocally},
		{"a dotted derived permission on its own type", "workspace", "workspace.run_locally", schema.WorkspaceRunLocally},
		{"a permission of a team", "team", "assign", schema.TeamAssign},
		{"OTF's words", "workspace", "otf:run:apply", schema.WorkspaceApplyRun},
		{"OTF's words on the project above", "project", "otf:run:apply", schema.WorkspaceApplyRun},
		{"OTF creates workspaces in the default project", "organization", "otf:ws:create", schema.OrganizationCreateWorkspace},
		{"TFE's boolean on a workspace", "workspace", "tfe:can-update", schema.WorkspaceUpdate},
		{"the same boolean on an organization", "organization", "tfe:can-update", schema.OrganizationUpdate},
		{"the same boolean on a project", "project", "tfe:can-update", schema.ProjectUpdate},
		{"TFE's flag", "organization", "tfe:manage-policies", schema.OrganizationManagePolicies},
		{"TFE's custom field", "workspace", "tfe:runs:apply", schema.WorkspaceApplyRun},
		{"infra0's words", "workspace", "infra0:terraform.plan", schema.WorkspaceQueuePlan},
		{"infra0's words with a colon", "workspace", "infra0:terraform:plan", schema.WorkspaceQueuePlan},
		{"infra0 creates workspaces anywhere in the organization (M4)", "organization", "infra0:workspace.create", schema.ProjectCreateWorkspace},
		{"infra0's project.create", "organization", "infra0:project.create", schema.OrganizationCreateProject},
		{"Terrakube's manageWorkspace at the organization is any project (N10)", "organization", "terrakube:manageWorkspace", schema.ProjectCreateWorkspace},
		{"Terrakube's manageWorkspace on a project", "project", "terrakube:manageWorkspace", schema.ProjectCreateWorkspace},
		{"Terrakube's manageWorkspace on a workspace", "workspace", "terrakube:manageWorkspace", schema.WorkspaceUpdate},
		{"Terrakube's check name", "workspace", "terrakube:team limited manage workspace", schema.WorkspaceUpdate},
		{"Terrakube's approveJob", "workspace", "terrakube:approveJob", schema.WorkspaceApplyRun},
		{"Terrakube's superuser", "platform", "terrakube:superuser", schema.PlatformAdminister},

		{"no such permission", "workspace", "fly", ""},
		{"nothing", "workspace", "", ""},
		{"another type's permission", "workspace", "stack.read", ""},
		{"a permission of the type above", "workspace", "project.update", ""},
		{"a derived permission on the type above", "project", "workspace.run_locally", ""},
		{"the spelling of relationships", "project", "workspace_apply_run", ""},
		{"a wildcard", "workspace", "workspace.*", ""},
		{"a wildcard of everything", "platform", "*", ""},
		{"an unknown system", "workspace", "gitlab:run:apply", ""},
		{"a word of another system", "workspace", "tfe:run:apply", ""},
		{"infra0's words without their system", "workspace", "terraform.plan", ""},
		{"a plain name with a system that does not know it", "workspace", "tfe:apply_run", ""},
		{"membership", "team", "member", ""},
		{"a helper of the schema", "organization", "view_secret_teams", ""},
		{"a relation", "workspace", "binding", ""},
		{"sensitive values", "workspace", "read_sensitive", ""},
		{"a type without permissions", "user", "read", ""},
		{"an unknown type", "rocket", "read", ""},
	} {
		got, ok := schema.Resolve(row.objectType, row.action)
		if got != row.want || ok != (row.want != "") {
			t.Errorf("%s: Resolve(%s, %q) = %q, %t; want %q", row.what, row.objectType, row.action, got, ok, row.want)
		}
	}
}

// TestEveryNameResolves asks for every permission by every name it has in every system: a system's word never means
// two things on one type.
func TestEveryNameResolves(t *testing.T) {
	t.Parallel()
	for _, e := range schema.Vocabulary() {
		names := []string{e.Permission.Name(), string(e.Permission)}
		for _, system := range []schema.System{schema.TFE, schema.OTF, schema.Terrakube, schema.Infra0} {
			for _, name := range e.Names(system) {
				names = append(names, string(system)+":"+name)
			}
		}
		for _, name := range names {
			if got, ok := schema.Resolve(e.Permission.Type(), name); !ok || got != e.Permission {
				t.Errorf("%s on its own type: %q means %q", e.Permission, name, got)
			}
		}
	}
}

// TestTFEBooleans goes through the permissions objects of TFE's documents.
func TestTFEBooleans(t *testing.T) {
	t.Parallel()
	for objectType, booleans := range map[string]map[string]schema.Permission{
		schema.TypeWorkspace: {
			"can-read-settings": "read", "can-read-run": "read_run", "can-queue-run": "queue_plan", "can-queue-apply": "apply_run",
			"can-queue-destroy": "queue_destroy", "can-read-variable": "read_variable", "can-update-variable": "write_variable",
			"can-read-state-outputs": "read_state_outputs", "can-read-state-versions": "read_state", "can-create-state-versions": "write_state",
			"can-lock": "lock", "can-unlock": "lock", "can-force-unlock": "force_unlock", "can-update": "update", "can-manage-tags": "manage_tags",
			"can-manage-run-tasks": "manage_run_tasks", "can-destroy": "delete", "can-force-delete": "force_delete",
		},
		schema.TypeProject: {
			"can-read": "read", "can-update": "update", "can-destroy": "delete", "can-create-workspace": "create_workspace",
			"can-move-workspace": "move_workspaces", "can-read-teams": "read_access", "can-manage-teams": "manage_access",
			"can-manage-tags": "manage_tags", "can-manage-varsets": "manage_variable_sets",
		},
		schema.TypeTeam: {
			"can-update-membership": "update_membership", "can-destroy": "delete", "can-update-name": "update", "can-update-sso-team-id": "update",
			"can-update-visibility": "update_visibility", "can-update-member-token-management": "update",
			"can-update-organization-access": "update_organization_access", "can-update-api-token": "manage_token", "can-view-api-token": "manage_token",
		},
		schema.TypeOrganization: {
			"can-update": "update", "can-destroy": "delete", "can-update-api-token": "manage_api_token",
			"can-update-authentication-token": "manage_api_token", "can-manage-subscription": "manage_billing", "can-manage-sso": "manage_authentication",
			"can-manage-auditing": "update", "can-traverse": "view", "can-access-via-teams": "view", "can-manage-users": "manage_membership",
			"can-view-users": "view_members", "can-create-team": "create_team", "can-create-workspace": "create_workspace",
			"can-create-project": "create_project", "can-update-oauth": "manage_vcs_settings", "can-update-ssh-keys": "manage_ssh_keys",
			"can-update-sentinel": "manage_policies", "can-read-policies": "read_policies", "can-manage-run-tasks": "manage_run_tasks",
			"can-read-run-tasks": "manage_run_tasks", "can-update-agent-pools": "manage_agent_pools", "can-create-module": "manage_modules",
			"can-manage-no-code-modules": "manage_modules", "can-create-provider": "manage_providers", "can-manage-varsets": "manage_variable_sets",
			"can-read-varsets": "read_variable_sets", "can-manage-tags": "manage_tags", "can-manage-public-modules": "manage_public_modules",
			"can-manage-public-providers": "manage_public_providers",
		},
		schema.TypePlatform: {"can-create-organization": "create_organization", "can-create-organizations": "create_organization"},
	} {
		for boolean, name := range booleans {
			want := schema.Permission(objectType) + "." + name
			if got, ok := schema.Resolve(objectType, "tfe:"+boolean); !ok || got != want {
				t.Errorf("%s on %s is %q, want %q", boolean, objectType, got, want)
			}
		}
	}
	// only owners may: so it is an owner-only permission
	for _, boolean := range []string{"can-update", "can-destroy", "can-update-api-token", "can-update-authentication-token", "can-manage-subscription", "can-manage-sso", "can-manage-auditing"} {
		p, _ := schema.Resolve(schema.TypeOrganization, "tfe:"+boolean)
		if e, _ := schema.Lookup(p); !e.OwnerOnly {
			t.Errorf("%s is owners' alone and resolves to %s, which is not", boolean, p)
		}
	}
}

// TestTFEFlags goes through a team's organization-access and the fields of custom access.
func TestTFEFlags(t *testing.T) {
	t.Parallel()
	for _, flag := range strings.Fields("manage-policies manage-policy-overrides delegate-policy-overrides manage-workspaces manage-vcs-settings " +
		"manage-providers manage-modules manage-run-tasks manage-projects read-workspaces read-projects manage-membership manage-teams " +
		"manage-organization-access access-secret-teams manage-agent-pools manage-public-providers manage-public-modules") {
		want := schema.Permission("organization." + strings.ReplaceAll(flag, "-", "_"))
		if got, err := schema.Canonical("tfe:" + flag); err != nil || got != string(want) {
			t.Errorf("%s is %q, %v; want %q", flag, got, err, want)
		}
	}
	for field, want := range map[string]schema.Permission{
		"runs:read": schema.WorkspaceReadRun, "runs:plan": schema.WorkspaceQueuePlan, "runs:apply": schema.WorkspaceApplyRun,
		"variables:read": schema.WorkspaceReadVariable, "variables:write": schema.WorkspaceWriteVariable,
		"state-versions:read-outputs": schema.WorkspaceReadStateOutputs, "state-versions:read": schema.WorkspaceReadState, "state-versions:write": schema.WorkspaceWriteState,
		"sentinel-mocks:read": schema.WorkspaceReadSentinelMocks, "workspace-locking": schema.WorkspaceLock, "run-tasks": schema.WorkspaceManageRunTasks,
		"policy-overrides": schema.WorkspaceOverridePolicy,
	} {
		if got, err := schema.Canonical("tfe:" + field); err != nil || got != string(want) {
			t.Errorf("%s is %q, %v; want %q", field, got, err, want)
		}
	}
}

// TestOTFActions goes through OTF's executed matrix (research otf 1.7).
func TestOTFActions(t *testing.T) {
	t.Parallel()
	for want, actions := range map[schema.Permission]string{
		schema.OrganizationView: "org:get ent:get team:list tag:list mod:get mod:list vcs:get vcs:list sshkey:get sshkey:list runner:get runner:list runner:watch", schema.OrganizationUpdate: "org:update",
		schema.OrganizationDelete: "org:delete", schema.PlatformCreateOrganization: "org:create", schema.PlatformManageUsers: "user:create user:update user:delete", schema.PlatformAdminister: "site:* org:list ghapp:create ghapp:delete",
		schema.TeamView: "team:get", schema.TeamUpdate: "team:update", schema.TeamDelete: "team:delete", schema.TeamUpdateMembership: "team:add team:remove",
		schema.OrganizationCreateTeam: "team:create", schema.TeamManageToken: "tt:create tt:get tt:delete", schema.OrganizationViewMembers: "user:get user:list",
		schema.OrganizationManageAPIToken: "ot:create ot:delete ot:get ot:list", schema.OrganizationCreateWorkspace: "ws:create",
		schema.OrganizationReadWorkspaces: "ws:list", schema.WorkspaceRead: "ws:get tag:list nc:get nc:list rt:get rt:list", schema.WorkspaceUpdate: "ws:update",
		schema.WorkspaceDelete: "ws:delete", schema.WorkspaceLock: "ws:lock ws:unlock", schema.WorkspaceForceUnlock: "ws:force-unlock",
		schema.WorkspaceManageAccess: "ws:set-permission ws:unset-permission", schema.WorkspaceManageTags: "tag:add tag:remove", schema.OrganizationManageTags: "tag:delete",
		schema.WorkspaceReadRun: "run:get run:list run:watch pf:get chunk:tail chunk:get cv:get cv:download cv:list", schema.WorkspaceQueuePlan: "run:create cv:create cv:upload",
		schema.WorkspaceApplyRun: "run:apply", schema.WorkspaceCancelRun: "run:cancel", schema.WorkspaceDiscardRun: "run:discard",
		schema.WorkspaceForceCancelRun: "run:force-cancel", schema.WorkspaceReadState: "sv:get sv:download sv:list", schema.WorkspaceWriteState: "sv:create sv:rollback sv:upload",
		schema.WorkspaceReadStateOutputs: "wsout:get", schema.WorkspaceReadVariable: "var:get var:list", schema.WorkspaceWriteVariable: "var:create var:update var:delete",
		schema.OrganizationReadVariableSets: "varset:get varset:list", schema.OrganizationManageVariableSets: "varset:create varset:update varset:delete varset:add varset:remove",
		schema.WorkspaceManageNotifications: "nc:create nc:update nc:delete", schema.WorkspaceManageRunTriggers: "rt:create rt:delete",
		schema.OrganizationManageVCSSettings: "vcs:create vcs:update vcs:delete", schema.OrganizationManageModules: "mod:create mod:update mod:delete modver:create modver:delete",
		schema.OrganizationManageSSHKeys:    "sshkey:create sshkey:update sshkey:delete",
		schema.OrganizationManageAgentPools: "apool:get apool:list apool:create apool:update apool:delete at:get at:list at:create at:delete",
	} {
		for action := range strings.FieldsSeq(actions) {
			if got, ok := schema.Resolve(want.Type(), "otf:"+action); !ok || got != want {
				t.Errorf("%s on %s is %q, want %q", action, want.Type(), got, want)
			}
		}
	}
	// what only the platform that executes runs asks for, and what OTF itself leaves to its own processes
	for _, action := range strings.Fields("run:delete pf:upload chunk:upload privkey:get lock:get lock:upload cv:delete sv:delete ghapp:get run:enqueue-plan") {
		for objectType := range table {
			if got, ok := schema.Resolve(objectType, "otf:"+action); ok {
				t.Errorf("%s on %s is %q, and is not modelled", action, objectType, got)
			}
		}
	}
}
