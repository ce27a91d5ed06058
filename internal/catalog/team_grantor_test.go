package catalog_test

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TestWhoHandsOutLevels lists, for each way to change or see what teams hold, who may and who nearly may.
func TestWhoHandsOutLevels(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, _ := v.pupil(t, "pupil")
	other, _ := v.pupil(t, "other-pupil")
	keepers, _ := v.pupil(t, "keeper") // manages the project's access and nothing more
	manage := func(ctx context.Context, c *catalog.Change) error {
		r, err := c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Name: "access-keeper", Permissions: []string{"workspace.manage_access"}})
		if err != nil {
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeTeam, keepers.ID), RoleID: r.ID, Scope: v.workspace("prod")})
		return err
	}
	change(t, v.Bench, manage)
	prod, project := v.workspace("prod"), ref(schema.TypeProject, v.project.ID)
	v.give(t, project, keepers.ID, custom("project-access/teams=manage", "workspace-access/runs=plan"))
	almost, _ := v.pupil(t, "almost") // holds all of write on the project by custom access, but nothing on its stacks
	v.give(t, project, almost.ID, custom("project-access/teams=manage", "workspace-access/runs=apply", "workspace-access/variables=write",
		"workspace-access/state-versions=write", "workspace-access/sentinel-mocks=read", "workspace-access/locking=true"))
	standing := v.give(t, prod, other.ID, fixed("read"))
	try := func(scope authz.Object, teamID string, want catalog.LevelWanted) func(context.Context, catalog.Principal) error {
		return func(ctx context.Context, p catalog.Principal) error {
			l, _, err := v.AddTeamLevel(ctx, p, scope, teamID, want)
			if err == nil {
				v.take(t, l)
			}
			return err
		}
	}
	for _, row := range []struct {
		what string
		do   func(context.Context, catalog.Principal) error
		may  []string
		not  []string
	}{
		{"any level on a workspace", try(prod, team.ID, fixed("admin")), []string{"owner", "wsadmin", "site-admin"}, []string{"writer", "keeper", "clerk", "teamlead", "member", "otherowner", "outsider"}},
		{"custom access on a workspace", try(prod, team.ID, custom("runs=apply", "policy-overrides=true")), []string{"owner", "wsadmin"}, []string{"writer", "keeper", "otherowner"}},
		{"no more than one holds", try(prod, team.ID, custom("runs=read")), []string{"owner", "wsadmin"}, []string{"writer", "member"}},
		{"another workspace", try(v.workspace("infra-prod"), team.ID, fixed("read")), []string{"owner"}, []string{"wsadmin", "keeper"}},
		{"a secret team", try(v.workspace("infra-prod"), v.teams["shadows"].ID, fixed("read")), []string{"owner"}, []string{"wsadmin"}},
		{"a level on a project", try(project, team.ID, fixed("admin")), []string{"owner"}, []string{"keeper", "wsadmin", "clerk", "otherowner"}},
		{"write on a project", try(project, team.ID, fixed("write")), []string{"owner"}, []string{"keeper", "almost"}},
		{"what he holds on a project", try(project, team.ID, custom("workspace-access/runs=plan", "project-access/teams=manage")), []string{"owner", "keeper"}, []string{"wsadmin", "pupil"}},
		{"more than he holds on a project", try(project, team.ID, custom("workspace-access/runs=apply")), []string{"owner"}, []string{"keeper"}},
		{"overrides on a project", try(project, team.ID, custom("workspace-access/policy-overrides=true")), []string{"owner"}, []string{"keeper"}},
		{"raise a level", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.ChangeTeamLevel(ctx, p, schema.TypeWorkspace, standing.ID, fixed("write"))
			if err == nil {
				_, _, err = v.ChangeTeamLevel(ctx, v.people["owner"], schema.TypeWorkspace, standing.ID, fixed("read"))
			}
			return err
		}, []string{"owner", "wsadmin"}, []string{"writer", "keeper", "other-pupil", "otherowner"}},
		{"see a level", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.FindTeamLevel(ctx, p, schema.TypeWorkspace, standing.ID)
			return err
		}, []string{"owner", "wsadmin", "keeper", "other-pupil", "site-admin"}, []string{"writer", "member", "clerk", "otherowner", "outsider"}},
		{"take a level away", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.RemoveTeamLevel(ctx, p, schema.TypeWorkspace, standing.ID)
			if err == nil {
				standing = v.give(t, prod, other.ID, fixed("read"))
			}
			return err
		}, []string{"owner", "wsadmin", "keeper"}, []string{"writer", "other-pupil", "member", "otherowner", "outsider"}},
	} {
		for _, who := range row.may {
			if err := row.do(t.Context(), v.people[who]); err != nil {
				t.Errorf("%s: %s may not: %v", row.what, who, err)
			}
		}
		for _, who := range row.not {
			if err := row.do(t.Context(), v.people[who]); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %s gets %v, want a denial", row.what, who, err)
			}
		}
	}
	if !v.may(t, "wsadmin", schema.WorkspaceManageAccess, prod) || v.may(t, "pupil", schema.WorkspaceRead, prod) {
		t.Error("the tries left something behind")
	}
	noDrift(t, v.Bench)
}

// TestALevelNeverCrossesOrganizations tries a team on a workspace of another organization, for somebody who owns both.
func TestALevelNeverCrossesOrganizations(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	var foreign catalog.Workspace
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) (err error) {
		if err := c.AddTeamMember(ctx, v.other.OwnersTeamID, v.people["owner"].Subject.ID, false); err != nil {
			return err
		}
		foreign, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: v.other.ID, Name: "foreign"})
		return err
	})
	_, _, err := v.AddTeamLevel(t.Context(), v.people["owner"], ref(schema.TypeWorkspace, foreign.ID), v.teams["writers"].ID, fixed("read"))
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("error %v, want not found", err)
	}
	if v.may(t, "writer", schema.WorkspaceRead, ref(schema.TypeWorkspace, foreign.ID)) {
		t.Error("the team got in")
	}
}

// TestPolicyOverridesCountWithTheDelegation goes through every way in which a team gains and loses the delegation.
func TestPolicyOverridesCountWithTheDelegation(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, _ := v.pupil(t, "pupil")
	bystanders, _ := v.pupil(t, "bystander") // asks for overrides as well and may never delegate
	owner, org := v.people["owner"], ref(schema.TypeOrganization, v.acme.ID)
	v.give(t, v.workspace("prod"), bystanders.ID, custom("policy-overrides=true"))
	onWorkspace := v.give(t, v.workspace("prod"), team.ID, custom("policy-overrides=true"))
	v.give(t, ref(schema.TypeProject, v.project.ID), team.ID, custom("workspace-access/policy-overrides=true"))
	delegate := func(on bool) {
		t.Helper()
		access := catalog.TeamAccess{schema.OrganizationDelegatePolicyOverrides: on}
		if _, err := v.UpdateTeam(t.Context(), owner, team.ID, catalog.TeamChanges{Access: access}); err != nil {
			t.Fatal(err)
		}
	}
	counts := func(when string, want bool) {
		t.Helper()
		for _, name := range []string{"prod", "infra-prod"} {
			if got := v.may(t, "pupil", schema.WorkspaceOverridePolicy, v.workspace(name)); got != want {
				t.Errorf("%s: he may override policies on %s: %t", when, name, got)
			}
		}
		if v.may(t, "bystander", schema.WorkspaceOverridePolicy, v.workspace("prod")) {
			t.Errorf("%s: another team may override policies", when)
		}
		l, err := v.FindTeamLevel(t.Context(), owner, schema.TypeWorkspace, onWorkspace.ID)
		if err != nil || l.Fields["policy-overrides"] != "true" {
			t.Errorf("%s: the field reads %v, %v", when, l.Fields, err)
		}
	}
	counts("without the flag", false)
	delegate(true)
	counts("with the flag", true)
	if _, _, err := v.ChangeTeamLevel(t.Context(), owner, schema.TypeWorkspace, onWorkspace.ID, custom("runs=plan")); err != nil {
		t.Fatal(err)
	}
	counts("after another field changed", true)
	delegate(false)
	counts("after the flag went", false)

	var g catalog.Grant
	var role catalog.Role
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) (err error) {
		role, err = c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Name: "delegates", Permissions: []string{"organization.delegate_policy_overrides"}})
		if err != nil {
			return err
		}
		g, err = c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeTeam, team.ID), RoleID: role.ID, Scope: org})
		return err
	})
	counts("with a role that delegates", true)
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		role.Permissions = []string{"organization.view"}
		return c.ChangeRole(ctx, role)
	})
	counts("after the role lost it", false)
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		role.Permissions = []string{"organization.*"}
		return c.ChangeRole(ctx, role)
	})
	counts("after the role has it again", true)
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error { return c.RemoveGrant(ctx, g.ID) })
	counts("after the grant went", false)
	noDrift(t, v.Bench)
}
