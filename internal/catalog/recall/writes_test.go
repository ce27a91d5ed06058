package recall_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// passedOn are the methods of a store that memory leaves alone: lists, rows that it does not keep, and inserts,
// since it keeps only what was found. Whoever adds a method to the store says here or in writes.go what it changes.
func passedOn() []string {
	return []string{
		"AgentPool", "AgentPools", "AuditEnds", "AuditEvents", "Consumers", "CountAuditEvents", "CountPlaces", "CountTagged",
		"CountUsers", "Identities", "Identity", "ProjectsByID", "Retention", "Retentions", "TagBindings", "Tags", "TokenLives",
		"WorkspaceTags", "Grant", "Grants", "GroupChildren", "GroupLinks", "GroupMembers", "Groups", "Intents", "Membership",
		"Memberships", "Organizations", "Places", "Projects", "Role", "RoleByName", "Roles", "ServiceAccounts", "Settings",
		"Stacks", "TeamMembers", "Teams", "Tokens", "Users", "Workspaces",

		"DeleteGrant", "DeleteGroupChild", "DeleteGroupLink", "DeleteGroupMembers", "DeleteIntents", "DeleteMembership",
		"DeleteRole", "DeleteTeamMember", "PutGroupChild", "PutGroupMembers", "PutSettings", "PutTeamMember", "UpdateGrant",
		"UpdateMembership", "UpdateRole",

		"DeleteAgentPool", "DeleteConsumer", "DeleteIdentity", "DeleteRetention", "DeleteTag", "DeleteTagBindings",
		"AccessRequest", "AccessRequests", "CountAccessRequests", "GroupsByName", "InsertAccessRequest", "UpdateAccessRequest",
		"Record", "Records", "RoleHolders", "InsertRecord", "UpdateRecord", "DeleteRecord",

		"DeleteTokenLife", "DeleteWorkspaceTag", "PruneAuditEvents", "PutConsumer", "PutRetention", "PutTagBinding",
		"PutTokenLife", "PutWorkspaceTag", "SetAuditToken", "UpdateAgentPool", "UpdateTag",

		"CountPersons", "CountSyncPlans", "DeleteLinkMembers", "DeletePerson", "Directories", "Directory", "DropLease", "GroupByExternalID",
		"GroupsOf", "InsertPerson", "InsertRemoval", "InsertSyncPlan", "LinkMembers", "Person", "Persons", "PruneRemovals", "PruneSyncPlans",
		"PutDirectory", "PutLinkMembers", "RemovedSince", "SyncPlan", "SyncPlans", "TakeLease", "UpdateGroupLink", "UpdatePerson",
		"UpdateSyncPlan",

		"InsertAgentPool", "InsertAuditEvent", "InsertGrant", "InsertGroup", "InsertGroupLink", "InsertIdentity", "InsertIntent", "InsertMembership",
		"InsertOrganization", "InsertProject", "InsertRole", "InsertServiceAccount", "InsertStack", "InsertTag", "InsertTeam", "InsertToken",
		"InsertUser", "InsertWorkspace",
	}
}

// TestEveryMethodIsAccountedFor fails when the store gains a method of which nobody said what it does to memory.
func TestEveryMethodIsAccountedFor(t *testing.T) {
	t.Parallel()
	handled := []string{
		"User", "UserByUsername", "ServiceAccount", "ServiceAccountByName", "Organization", "OrganizationByName", "Team",
		"TeamByName", "Group", "Project", "ProjectByName", "Workspace", "WorkspaceByName", "Stack", "StackByName", "Token",

		"UpdateUser", "DeleteUser", "UpdateServiceAccount", "DeleteServiceAccount", "UpdateOrganization", "DeleteOrganization",
		"UpdateTeam", "DeleteTeam", "UpdateGroup", "DeleteGroup", "UpdateProject", "DeleteProject", "UpdateWorkspace",
		"DeleteWorkspace", "UpdateStack", "DeleteStack", "TouchToken", "DeleteToken",

		"InTx", "Exclusive", "Ready", "Close",
	}
	want := slices.Sorted(slices.Values(slices.Concat(passedOn(), handled)))
	var got []string
	for i := range reflect.TypeFor[catalog.Store]().NumMethod() {
		got = append(got, reflect.TypeFor[catalog.Store]().Method(i).Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("methods of the store (-accounted for +there):\n%s", diff)
	}
}
