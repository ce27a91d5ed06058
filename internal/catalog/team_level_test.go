package catalog_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// pupil adds a visible team with one member of his own to the village and returns both.
func (v *village) pupil(t *testing.T, name string) (catalog.Team, catalog.Principal) {
	t.Helper()
	var team catalog.Team
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		u, err := c.EnsureUser(ctx, name, "")
		if err != nil {
			return err
		}
		v.people[name] = testkit.PrincipalOf(u)
		if team, err = c.CreateTeam(ctx, catalog.Team{OrganizationID: v.acme.ID, Name: name + "s", Visibility: catalog.VisibilityOrganization}); err != nil {
			return err
		}
		return c.AddTeamMember(ctx, team.ID, u.ID, false)
	})
	return team, v.people[name]
}

func (v *village) workspace(name string) authz.Object {
	return ref(schema.TypeWorkspace, v.workspaces[name].ID)
}

func custom(fields ...string) catalog.LevelWanted {
	w := catalog.LevelWanted{Level: catalog.LevelCustom, Fields: catalog.AccessFields{}}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		w.Fields[name] = value
	}
	return w
}

func fixed(level string) catalog.LevelWanted { return catalog.LevelWanted{Level: level} }

// give gives a team a level as the owner and takes it back with the test.
func (v *village) give(t *testing.T, scope authz.Object, teamID string, want catalog.LevelWanted) catalog.TeamLevel {
	t.Helper()
	l, _, err := v.AddTeamLevel(t.Context(), v.people["owner"], scope, teamID, want)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (v *village) take(t *testing.T, l catalog.TeamLevel) {
	t.Helper()
	if _, err := v.RemoveTeamLevel(t.Context(), v.people["owner"], l.Scope.Type, l.ID); err != nil {
		t.Fatal(err)
	}
}

// TestFixedLevelsReflectTheirFields holds the tables of research tfe-api 2.2 and 2.3, as documents show a fixed level.
func TestFixedLevelsReflectTheirFields(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, _ := v.pupil(t, "pupil")
	workspace := []string{"runs", "variables", "state-versions", "sentinel-mocks", "workspace-locking", "run-tasks", "policy-overrides"}
	project := []string{
		"project-access/settings", "project-access/teams", "project-access/variable-sets",
		"workspace-access/runs", "workspace-access/sentinel-mocks", "workspace-access/state-versions", "workspace-access/variables",
		"workspace-access/create", "workspace-access/locking", "workspace-access/delete", "workspace-access/move", "workspace-access/run-tasks", "workspace-access/policy-overrides",
	}
	for _, row := range []struct {
		scope  authz.Object
		level  string
		fields []string
		values string
	}{
		{v.workspace("prod"), "read", workspace, "read read read none false false false"},
		{v.workspace("prod"), "plan", workspace, "plan read read none false false false"},
		{v.workspace("prod"), "write", workspace, "apply write write read true false false"},
		{v.workspace("prod"), "admin", workspace, "apply write write read true true false"},
		{v.workspace("prod"), "custom", workspace, "read none none none false false false"},
		{ref(schema.TypeProject, v.project.ID), "read", project, "read none none read none read read false false false false false false"},
		{ref(schema.TypeProject, v.project.ID), "write", project, "read none none apply read write write false true false false false false"},
		{ref(schema.TypeProject, v.project.ID), "maintain", project, "read none none apply read write write true true true false true false"},
		{ref(schema.TypeProject, v.project.ID), "admin", project, "delete manage write apply read write write true true true true true false"},
		{ref(schema.TypeProject, v.project.ID), "custom", project, "read none none read none none none false false false false false false"},
	} {
		made := v.give(t, row.scope, team.ID, fixed(row.level))
		read, err := v.FindTeamLevel(t.Context(), v.people["owner"], row.scope.Type, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := catalog.AccessFields{}
		for i, value := range strings.Fields(row.values) {
			want[row.fields[i]] = value
		}
		if diff := cmp.Diff(want, read.Fields); diff != "" || read.Level != row.level {
			t.Errorf("%s on a %s is shown as %s, -want +got\n%s", row.level, row.scope.Type, read.Level, diff)
		}
		if diff := cmp.Diff(made, read); diff != "" {
			t.Errorf("%s on a %s: -made +read\n%s", row.level, row.scope.Type, diff)
		}
		v.take(t, made)
	}
}

// held returns everything that somebody holds on a project and its workspace, of what a grant inside it could give.
func (v *village) held(t *testing.T, p catalog.Principal, project, workspace authz.Object) []string {
	t.Helper()
	var out []string
	for _, object := range []authz.Object{project, workspace} {
		permissions := schema.Of(object.Type)
		holding, err := v.Held(t.Context(), p, []authz.Object{object}, permissions...)
		if err != nil {
			t.Fatal(err)
		}
		for _, permission := range permissions {
			if holding[0][permission] {
				out = append(out, string(permission))
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestCustomFieldsGiveWhatTheySay holds, for every value of every field, all that a member of the team may then do in the
// project and its workspace.
func TestCustomFieldsGiveWhatTheySay(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, pupil := v.pupil(t, "pupil")
	project, workspace := ref(schema.TypeProject, v.project.ID), v.workspace("infra-prod")
	const plan, apply = " workspace.queue_plan workspace.initialize workspace.validate workspace.preview", " workspace.apply_run workspace.queue_destroy workspace.cancel_run workspace.discard_run"
	onWorkspaces := map[string]string{
		"runs=read": "", "runs=plan": plan, "runs=apply": plan + apply,
		"variables=none": "", "variables=read": " workspace.read_variable", "variables=write": " workspace.read_variable workspace.write_variable",
		"state-versions=none": "", "state-versions=read-outputs": " workspace.read_state_outputs",
		"state-versions=read":  " workspace.read_state_outputs workspace.read_state",
		"state-versions=write": " workspace.read_state_outputs workspace.read_state workspace.write_state",
		"sentinel-mocks=none":  "", "sentinel-mocks=read": " workspace.read_sentinel_mocks",
		"LOCKING=true": " workspace.lock", "run-tasks=true": " workspace.manage_run_tasks", "LOCKING=false": "", "run-tasks=false": "",
		"policy-overrides=true": "", "policy-overrides=false": "", // nothing without the delegation
	}
	rows := map[authz.Object]map[string]string{workspace: {}, project: {
		"project-access/settings=read": "", "project-access/settings=update": " project.update", "project-access/settings=delete": " project.update project.delete",
		"project-access/teams=none": "", "project-access/teams=read": " project.read_access", "project-access/teams=manage": " project.read_access project.manage_access",
		"project-access/variable-sets=none": "", "project-access/variable-sets=read": " project.read_variable_sets",
		"project-access/variable-sets=write": " project.read_variable_sets project.manage_variable_sets",
		"workspace-access/create=true":       " project.create_workspace project.create_stack workspace.read_variable workspace.read_state_outputs workspace.read_state",
		"workspace-access/move=true":         " project.move_workspaces", "workspace-access/delete=true": " workspace.delete",
		"workspace-access/create=false": "", "workspace-access/move=false": "", "workspace-access/delete=false": "",
	}}
	for field, gives := range onWorkspaces {
		rows[workspace][strings.ReplaceAll(field, "LOCKING", "workspace-locking")] = gives
		rows[project]["workspace-access/"+strings.ReplaceAll(field, "LOCKING", "locking")] = gives
	}
	if have := v.held(t, pupil, project, workspace); len(have) > 0 {
		t.Fatalf("without access he holds %v", have)
	}
	for scope, fields := range rows {
		kind, _ := catalog.KindOfAccess(scope.Type)
		tried := map[string]bool{}
		for field, gives := range fields {
			name, _, _ := strings.Cut(field, "=")
			tried[name] = true
			l := v.give(t, scope, team.ID, custom(field))
			want := strings.Fields("project.read workspace.read workspace.read_run" + gives)
			slices.Sort(want)
			if diff := cmp.Diff(want, v.held(t, pupil, project, workspace)); diff != "" {
				t.Errorf("%s on the %s, -want +got\n%s", field, scope.Type, diff)
			}
			if field := custom(field).Fields; l.Fields[name] != field[name] {
				t.Errorf("%s is shown as %s", name, l.Fields[name])
			}
			v.take(t, l)
		}
		for _, name := range kind.Fields() {
			if !tried[name] {
				t.Errorf("%s of a %s is not in the table", name, scope.Type)
			}
		}
	}
	noDrift(t, v.Bench)
}

// TestALevelThatChangesStaysTheSameGrant goes through every way from one level to another.
func TestALevelThatChangesStaysTheSameGrant(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, _ := v.pupil(t, "pupil")
	prod, owner := v.workspace("prod"), v.people["owner"]
	l := v.give(t, prod, team.ID, fixed("write"))
	sets := func() (n int) {
		roles, err := v.Store.Roles(t.Context(), v.acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(roles)
	}
	before := sets()
	for _, step := range []struct {
		want    catalog.LevelWanted
		level   string
		applies bool
		locks   bool
		sets    int
	}{
		{catalog.LevelWanted{}, "write", true, true, 0},
		{fixed("read"), "read", false, false, 0},
		{fixed("write"), "write", true, true, 0},
		{custom("workspace-locking=false"), "custom", true, false, 1}, // the rest is what write amounted to
		{custom("runs=plan"), "custom", false, false, 1},
		{custom("workspace-locking=true"), "custom", false, true, 1},
		{custom("workspace-locking=true"), "custom", false, true, 1},
		{fixed("admin"), "admin", true, true, 0},
		{custom(), "custom", true, true, 1},
	} {
		next, _, err := v.ChangeTeamLevel(t.Context(), owner, schema.TypeWorkspace, l.ID, step.want)
		if err != nil {
			t.Fatal(err)
		}
		read, err := v.FindTeamLevel(t.Context(), owner, schema.TypeWorkspace, l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(next, read); diff != "" || read.Level != step.level {
			t.Errorf("after %v: %s, -changed +read\n%s", step.want, read.Level, diff)
		}
		if v.may(t, "pupil", schema.WorkspaceApplyRun, prod) != step.applies || v.may(t, "pupil", schema.WorkspaceLock, prod) != step.locks {
			t.Errorf("after %v he holds something else than the level", step.want)
		}
		if got := sets() - before; got != step.sets {
			t.Errorf("after %v there are %d access sets, want %d", step.want, got, step.sets)
		}
	}
	if v.may(t, "pupil", schema.WorkspaceManageAccess, prod) || v.may(t, "pupil", schema.WorkspaceDelete, prod) {
		t.Error("a custom set that was admin before holds what admins alone hold")
	}
	noDrift(t, v.Bench)
}

// TestWishesThatCannotBe checks every fault at its field, and that nothing was given.
func TestWishesThatCannotBe(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, _ := v.pupil(t, "pupil")
	owner, prod := v.people["owner"], v.workspace("prod")
	readOnly := "is read-only when access level is 'read'; use the 'custom' access level to set this attribute."
	for _, row := range []struct {
		want   catalog.LevelWanted
		faults map[string]string
	}{
		{catalog.LevelWanted{}, map[string]string{"access": "can't be blank"}},
		{fixed("maintain"), map[string]string{"access": "is not included in the list"}},
		{catalog.LevelWanted{Level: "read", Fields: catalog.AccessFields{"runs": "read", "workspace-locking": "false"}}, map[string]string{"runs": readOnly, "workspace-locking": readOnly}},
		{custom("runs=destroy", "variables=all", "state-versions=read"), map[string]string{"runs": "is not included in the list", "variables": "is not included in the list"}},
	} {
		_, _, err := v.AddTeamLevel(t.Context(), owner, prod, team.ID, row.want)
		got := map[string]string{}
		for _, f := range fault.All(err) {
			got[f.Field] = f.Message
		}
		if diff := cmp.Diff(row.faults, got); diff != "" {
			t.Errorf("%v: -want +got\n%s", row.want, diff)
		}
	}
	if v.may(t, "pupil", schema.WorkspaceRead, prod) {
		t.Error("a refused wish gave something")
	}
	v.give(t, prod, team.ID, fixed("read"))
	if _, _, err := v.AddTeamLevel(t.Context(), owner, prod, team.ID, fixed("write")); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second access of the pair: %v", err)
	}
	if _, _, err := v.AddTeamLevel(t.Context(), owner, prod, v.acme.OwnersTeamID, fixed("read")); !fault.Is(err, fault.Conflict) {
		t.Errorf("access of the owners team: %v", err)
	}
	if v.may(t, "pupil", schema.WorkspaceApplyRun, prod) {
		t.Error("the second access gave something")
	}
}
