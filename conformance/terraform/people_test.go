package terraform

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-tfe"
)

// looksUp reads the organization of acme.tfvars with data sources.
func (w *world) looksUp(t *testing.T) {
	t.Helper()
	f := w.admin.open(t, "lookups")
	f.apply(t, "-var=organization="+organization, "-var=team=contractors", "-var=project=Base", "-var=workspace=shop-prod",
		"-var=person=gus@audit.example", "-var=tag=base")
	sees(t, f, map[string]string{
		"me": `"site-admin"`, "email": `"platform@acme.example"`, "organizations": `["acme"]`,
		"teams":        `["auditors","contractors","deployers","leads","owners","platform"]`,
		"projects":     `["Base","Default Project","Web shop"]`,
		"project_tags": `{}`, "project_workspaces": `["network","scratch"]`, "project_access": `"write"`,
		"workspaces": `["network","scratch","shop-prod","shop-test"]`, "tagged": `["network"]`,
		"tags":             `{"base":1,"network":1,"test":1}`,
		"workspace_tags":   `{"cost-centre":"1001","environment":"prod","tier":"gold"}`,
		"workspace_access": `"plan"`, "can_queue_apply": `true`, "can_force_delete": `true`,
		"members": `7`, "invited": `2`, "person": `"gus@audit.example"`,
	})
}

// limited lets dana, whose team may manage workspaces and create them in one project, do that and try more.
func (w *world) limited(t *testing.T, dana caller) {
	t.Helper()
	f := dana.open(t, "workspace")
	may := []string{"-var=organization=" + organization, `-var=workspaces={sandbox=null,dev="Base"}`}
	f.apply(t, may...)
	f.settled(t, may...)

	before, resources := w.names(t), len(f.resources(t))
	said := f.refused(t, "-var=organization="+organization, `-var=workspaces={sandbox=null,dev="Base",shop-dev="Web shop"}`,
		`-var=teams=["night"]`, `-var=projects=["Night"]`)
	for _, want := range []string{
		"Error creating team night for organization acme: resource not found",
		"Error creating workspace shop-dev for organization acme: resource not found",
		"Error creating project",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in:\n%s", want, said)
		}
	}
	if after := w.names(t); !slices.Equal(before, after) || len(f.resources(t)) != resources {
		t.Errorf("before the refusals: %v\nafter them: %v", before, after)
	}

	look := dana.open(t, "lookups")
	look.apply(t, "-var=organization="+organization, "-var=team=deployers", "-var=project=Base", "-var=workspace=network", "-var=tag=base")
	sees(t, look, map[string]string{
		"me": `"dana"`, "organizations": `["acme"]`, "project_access": `"custom"`, "workspace_access": `"write"`,
		"can_queue_apply": `true`, "can_force_delete": `false`, "members": `0`, "invited": `0`,
		"workspaces": `["dev","network","sandbox","scratch","shop-prod","shop-test"]`,
	})
	if teams := look.outputs(t)["teams"]; strings.Contains(teams, "auditors") || strings.Contains(teams, "contractors") || !strings.Contains(teams, "platform") {
		t.Errorf("dana is told of the teams %s; auditors and contractors are secret", teams)
	}

	f.destroy(t, may...)
	if !slices.Equal(without(before, "dev", "sandbox"), w.names(t)) {
		t.Errorf("after dana destroyed what she made: %v", w.names(t))
	}
}

// stranger lets somebody of no team look.
func (w *world) stranger(t *testing.T) {
	t.Helper()
	f := w.newCaller(t, "user:zoe").open(t, "lookups")
	said := f.refused(t, "-var=organization="+organization, "-var=team=platform", "-var=project=Base", "-var=workspace=network", "-var=tag=base")
	if told := f.outputs(t); len(told) > 0 || strings.Contains(said, "platform@acme.example") {
		t.Errorf("a stranger is told %v", told)
	}
}

// withoutUserTokens lets dana look at an organization that takes no tokens of people.
func (w *world) withoutUserTokens(t *testing.T, dana caller) {
	t.Helper()
	f := dana.open(t, "lookups")
	said := f.refused(t, "-var=organization="+organization, "-var=team=leads", "-var=project=Storefront", "-var=workspace=scratch", "-var=tag=base")
	if !strings.Contains(said, "unauthorized") {
		t.Errorf("with user tokens off:\n%s", said)
	}
}

// sees checks outputs.
func sees(t *testing.T, f folder, want map[string]string) {
	t.Helper()
	got := f.outputs(t)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s is %s, not %s", name, got[name], want[name])
		}
	}
}

// names returns the teams, projects and workspaces there are, as the site admin sees them.
func (w *world) names(t *testing.T) []string {
	t.Helper()
	var all []string
	teams, err := w.client.Teams.List(t.Context(), organization, &tfe.TeamListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, team := range teams.Items {
		all = append(all, team.Name)
	}
	projects, err := w.client.Projects.List(t.Context(), organization, &tfe.ProjectListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, project := range projects.Items {
		all = append(all, project.Name)
	}
	workspaces, err := w.client.Workspaces.List(t.Context(), organization, &tfe.WorkspaceListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, workspace := range workspaces.Items {
		all = append(all, workspace.Name)
	}
	slices.Sort(all)
	return all
}

func without(names []string, gone ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(gone, name) })
}
