package storetest

import (
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func tagChecks() []check {
	return []check{
		{"a tag is kept by id", tagsAreKept},
		{"tags are filtered and ordered by name", tagsAreFiltered},
		{"workspaces tell which tags they carry", workspacesTellTags},
		{"workspaces carry tags any number of times", workspacesCarryTags},
		{"tag bindings are put and removed", bindingsArePut},
		{"tag bindings are on projects and workspaces alone", bindingsAreOnPlaces},
	}
}

func tagID(t catalog.Tag) string { return t.ID }

func tagsAreKept(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	web := catalog.Tag{ID: "tag-1", OrganizationID: "org-a", Name: "Web", CreatedAt: at(1)}
	must(t, s.InsertTag(ctx, web))
	want(t, "as it was inserted", []catalog.Tag{web})(s.Tags(ctx, catalog.TagFilter{}))
	wantFault(t, "the same row again", s.InsertTag(ctx, web), fault.Conflict, "id")
	wantFault(t, "the name in another case", s.InsertTag(ctx, catalog.Tag{ID: "tag-2", OrganizationID: "org-a", Name: "wEB"}), fault.Conflict, "name")
	must(t, s.InsertTag(ctx, catalog.Tag{ID: "tag-2", OrganizationID: "org-b", Name: "web"}))
	wantFault(t, "in a missing organization", s.InsertTag(ctx, catalog.Tag{ID: "tag-3", OrganizationID: "org-x", Name: "x"}), fault.NotFound, "")
	must(t, s.DeleteTag(ctx, "tag-1"))
	wantFault(t, "remove it again", s.DeleteTag(ctx, "tag-1"), fault.NotFound, "")
	wantIDs(t, "the other", tagID, "tag-2")(s.Tags(ctx, catalog.TagFilter{}))
}

func tagsAreFiltered(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for _, x := range []catalog.Tag{
		{ID: "tag-1", OrganizationID: "org-a", Name: "zone_1"},
		{ID: "tag-2", OrganizationID: "org-a", Name: "Web"},
		{ID: "tag-3", OrganizationID: "org-a", Name: "api"},
		{ID: "tag-4", OrganizationID: "org-b", Name: "web"},
		{ID: "tag-5", OrganizationID: "org-a", Name: "zone1"},
	} {
		must(t, s.InsertTag(ctx, x))
	}
	for _, id := range []string{"tag-2", "tag-3"} {
		must(t, s.PutWorkspaceTag(ctx, "ws-a", id))
	}
	for _, row := range []struct {
		what   string
		filter catalog.TagFilter
		want   []string
	}{
		{"all, by name", catalog.TagFilter{}, []string{"tag-3", "tag-2", "tag-4", "tag-5", "tag-1"}},
		{"by id", catalog.TagFilter{IDs: []string{"tag-4", "tag-3", "tag-x"}}, []string{"tag-3", "tag-4"}},
		{"of an organization", catalog.TagFilter{OrganizationID: "org-b"}, []string{"tag-4"}},
		{"by name in any case", catalog.TagFilter{Names: []string{"WEB", "x"}}, []string{"tag-2", "tag-4"}},
		{"by a part of the name in any case", catalog.TagFilter{Contains: "E"}, []string{"tag-2", "tag-4", "tag-5", "tag-1"}},
		{"by a part that would be a pattern", catalog.TagFilter{Contains: "e_"}, []string{"tag-1"}},
		{"that a workspace carries", catalog.TagFilter{WorkspaceID: "ws-a"}, []string{"tag-3", "tag-2"}},
		{"that another carries", catalog.TagFilter{WorkspaceID: "ws-b"}, nil},
		{"that a workspace does not carry", catalog.TagFilter{WithoutID: "ws-a"}, []string{"tag-4", "tag-5", "tag-1"}},
		{"all conditions at once", catalog.TagFilter{
			IDs: []string{"tag-2", "tag-3"}, OrganizationID: "org-a", Names: []string{"web"}, Contains: "w", WorkspaceID: "ws-a", WithoutID: "ws-b",
		}, []string{"tag-2"}},
	} {
		wantIDs(t, row.what, tagID, row.want...)(s.Tags(ctx, row.filter))
	}
}

func workspacesTellTags(t *testing.T, s catalog.Store) {
	furnished(t, s)
	ctx := t.Context()
	api := catalog.Tag{ID: "tag-z", OrganizationID: "org-a", Name: "API", CreatedAt: at(1)}
	web, other := catalog.Tag{ID: "tag-a", OrganizationID: "org-a", Name: "web"}, catalog.Tag{ID: "tag-b", OrganizationID: "org-b", Name: "web"}
	must(t, s.InsertTag(ctx, api))
	must(t, s.PutWorkspaceTag(ctx, "ws-a", api.ID))
	want(t, "by name", map[string][]catalog.Tag{"ws-a": {api, web}, "ws-a2": {web}, "ws-b": {other}})(s.WorkspaceTags(ctx, "ws-b", "ws-a2", "ws-a", "ws-x"))
	must(t, s.DeleteWorkspaceTag(ctx, "ws-a2", web.ID))
	want(t, "of a workspace that carries none", map[string][]catalog.Tag{})(s.WorkspaceTags(ctx, "ws-a2"))
	want(t, "of no workspace", map[string][]catalog.Tag{})(s.WorkspaceTags(ctx))
}

func workspacesCarryTags(t *testing.T, s catalog.Store) {
	furnished(t, s)
	ctx := t.Context()
	must(t, s.InsertTag(ctx, catalog.Tag{ID: "tag-idle", OrganizationID: "org-a", Name: "idle"}))
	want(t, "how many carry a tag", map[string]int{"tag-a": 2, "tag-b": 2})(s.CountTagged(ctx, "tag-a", "tag-b", "tag-idle", "tag-x"))
	want(t, "of no tags", map[string]int{})(s.CountTagged(ctx))
	must(t, s.PutWorkspaceTag(ctx, "ws-a", "tag-idle"))
	must(t, s.PutWorkspaceTag(ctx, "ws-a", "tag-idle"))
	want(t, "after putting one twice", map[string]int{"tag-a": 2, "tag-idle": 1})(s.CountTagged(ctx, "tag-idle", "tag-a"))
	for range 2 {
		must(t, s.DeleteWorkspaceTag(ctx, "ws-a", "tag-a"))
	}
	must(t, s.DeleteWorkspaceTag(ctx, "ws-x", "tag-x"))
	want(t, "after taking one twice", map[string]int{"tag-a": 1, "tag-idle": 1})(s.CountTagged(ctx, "tag-idle", "tag-a"))
	wantIDs(t, "the tag is still there", tagID, "tag-a", "tag-b")(s.Tags(ctx, catalog.TagFilter{Names: []string{"web"}}))
	wantFault(t, "a missing tag", s.PutWorkspaceTag(ctx, "ws-a", "tag-x"), fault.NotFound, "")
	wantFault(t, "a missing workspace", s.PutWorkspaceTag(ctx, "ws-x", "tag-a"), fault.NotFound, "")
}

func bindingName(b catalog.TagBinding) string { return b.Resource.ID + " " + b.Key + "=" + b.Value }

func bindingsArePut(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	projectA, projectB, ws := object(schema.TypeProject, "prj-a"), object(schema.TypeProject, "prj-b"), object(schema.TypeWorkspace, "ws-a")
	for _, b := range []catalog.TagBinding{
		{Resource: projectB, Key: "env", Value: "prod"},
		{Resource: projectA, Key: "team", Value: "é"},
		{Resource: projectA, Key: "env", Value: "dev"},
		{Resource: projectA, Key: "Env"}, // keys have case, values may be empty
		{Resource: ws, Key: "env", Value: "own"},
	} {
		must(t, s.PutTagBinding(ctx, b))
	}
	want(t, "of a workspace", []catalog.TagBinding{{Resource: ws, Key: "env", Value: "own"}})(s.TagBindings(ctx, schema.TypeWorkspace, "ws-a", "prj-a"))
	wantIDs(t, "of projects", bindingName, "prj-a Env=", "prj-a env=dev", "prj-a team=é", "prj-b env=prod")(
		s.TagBindings(ctx, schema.TypeProject, "prj-b", "prj-a", "prj-x"))
	must(t, s.PutTagBinding(ctx, catalog.TagBinding{Resource: projectA, Key: "env", Value: "test"}))
	wantIDs(t, "a changed value", bindingName, "prj-a Env=", "prj-a env=test", "prj-a team=é")(s.TagBindings(ctx, schema.TypeProject, "prj-a"))
	for range 2 {
		must(t, s.DeleteTagBindings(ctx, projectA))
	}
	wantIDs(t, "the other's", bindingName, "prj-b env=prod")(s.TagBindings(ctx, schema.TypeProject, "prj-a", "prj-b"))
	wantIDs(t, "the workspace's own", bindingName, "ws-a env=own")(s.TagBindings(ctx, schema.TypeWorkspace, "ws-a"))
}

func bindingsAreOnPlaces(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	wantIDs(t, "of no resource", bindingName)(s.TagBindings(ctx, schema.TypeProject))
	wantIDs(t, "of another type", bindingName)(s.TagBindings(ctx, schema.TypeOrganization, "org-a"))
	must(t, s.DeleteTagBindings(ctx, object(schema.TypeOrganization, "org-a")))
	for _, typeName := range []string{schema.TypeProject, schema.TypeWorkspace} {
		b := catalog.TagBinding{Resource: object(typeName, "missing"), Key: "k"}
		wantFault(t, "on a missing "+typeName, s.PutTagBinding(ctx, b), fault.NotFound, "")
	}
	b := catalog.TagBinding{Resource: object(schema.TypeOrganization, "org-a"), Key: "k"}
	wantFault(t, "on an organization", s.PutTagBinding(ctx, b), fault.NotFound, "")
}
