package storetest

import (
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

func placeChecks() []check {
	return []check{
		{"projects are found by name and listed", projectsAreFound},
		{"workspaces are found by name and filtered", workspacesAreFound},
		{"stacks are found by name and filtered", stacksAreFound},
		{"a project that holds something is not deleted", fullProjectsStay},
	}
}

func projectsAreFound(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	got, err := s.ProjectByName(ctx, "org-b", "DEFAULT")
	must(t, err)
	if got.ID != "prj-b" {
		t.Errorf("DEFAULT of org-b is %s", got.ID)
	}
	_, err = s.ProjectByName(ctx, "org-x", "Default")
	wantFault(t, "in a missing organization", err, fault.NotFound, "")
	wantIDs(t, "of an organization", projectID, "prj-a", "prj-empty-a")(s.Projects(ctx, "org-a"))
	wantIDs(t, "of all", projectID, "prj-a", "prj-b", "prj-empty-a", "prj-empty-b")(s.Projects(ctx, ""))
	wantIDs(t, "of a missing one", projectID)(s.Projects(ctx, "org-x"))
	wantIDs(t, "by id", projectID, "prj-a", "prj-b")(s.ProjectsByID(ctx, "prj-b", "prj-x", "prj-a"))
	wantIDs(t, "by no id", projectID)(s.ProjectsByID(ctx))
}

// placeFilters are the same questions for workspaces and stacks: which of a (in prj-a), a2 (in prj-empty-a) and
// b (in prj-b) a filter selects.
func placeFilters(prefix string) []placeFilter {
	a, a2, b := prefix+"-a", prefix+"-a2", prefix+"-b"
	return []placeFilter{
		{"all", catalog.WorkspaceFilter{}, []string{a, a2, b}},
		{"by id", catalog.WorkspaceFilter{IDs: []string{b, "x", a}}, []string{a, b}},
		{"of an organization", catalog.WorkspaceFilter{OrganizationID: "org-a"}, []string{a, a2}},
		{"of a project", catalog.WorkspaceFilter{ProjectID: "prj-empty-a"}, []string{a2}},
		{"of a project of another organization", catalog.WorkspaceFilter{OrganizationID: "org-b", ProjectID: "prj-a"}, nil},
		{"by id in a project", catalog.WorkspaceFilter{IDs: []string{a, b}, ProjectID: "prj-a"}, []string{a}},
	}
}

type placeFilter struct {
	what   string
	filter catalog.WorkspaceFilter
	want   []string
}

func workspacesAreFound(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.InsertWorkspace(ctx, catalog.Workspace{ID: "ws-a2", OrganizationID: "org-a", ProjectID: "prj-empty-a", Name: "App"}))
	for _, row := range placeFilters("ws") {
		wantIDs(t, row.what, workspaceID, row.want...)(s.Workspaces(ctx, row.filter))
	}
	got, err := s.WorkspaceByName(ctx, "org-b", "nET")
	must(t, err)
	if got.ID != "ws-b" {
		t.Errorf("nET of org-b is %s", got.ID)
	}
	_, err = s.WorkspaceByName(ctx, "org-b", "App")
	wantFault(t, "the name of another organization's workspace", err, fault.NotFound, "")
}

func stacksAreFound(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.InsertStack(ctx, catalog.Stack{ID: "st-a2", OrganizationID: "org-a", ProjectID: "prj-empty-a", Name: "App"}))
	for _, row := range placeFilters("st") {
		wantIDs(t, row.what, stackID, row.want...)(s.Stacks(ctx, row.filter))
	}
	got, err := s.StackByName(ctx, "org-b", "nET")
	must(t, err)
	if got.ID != "st-b" {
		t.Errorf("nET of org-b is %s", got.ID)
	}
	_, err = s.StackByName(ctx, "org-b", "App")
	wantFault(t, "the name of another organization's stack", err, fault.NotFound, "")
}

func fullProjectsStay(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	wantFault(t, "with a workspace and a stack", s.DeleteProject(ctx, "prj-a"), fault.Conflict, "")
	must(t, s.DeleteWorkspace(ctx, "ws-a"))
	wantFault(t, "with a stack", s.DeleteProject(ctx, "prj-a"), fault.Conflict, "")
	wantIDs(t, "the refused delete took no grant", grantID, "grant-group-a", "grant-user-a")(
		s.Grants(ctx, catalog.GrantFilter{ProjectID: "prj-a"}))
	must(t, s.DeleteStack(ctx, "st-a"))
	must(t, s.DeleteProject(ctx, "prj-a"))
	wantIDs(t, "the projects left", projectID, "prj-empty-a")(s.Projects(ctx, "org-a"))
}
