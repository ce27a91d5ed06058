package protocol_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/go-tfe"
)

// counts returns the tags of acme that somebody sees, with how many workspaces carry each for him.
func (e *estate) counts(t *testing.T, who, query string) map[string]int {
	t.Helper()
	list, err := e.as(t, who).OrganizationTags.List(t.Context(), "acme", &tfe.OrganizationTagsListOptions{Query: query})
	must(t, err)
	out := map[string]int{}
	for _, tag := range list.Items {
		out[tag.Name] = tag.InstanceCount
	}
	return out
}

func (e *estate) tag(t *testing.T, w *tfe.Workspace, names ...string) {
	t.Helper()
	var all []*tfe.Tag
	for _, name := range names {
		all = append(all, &tfe.Tag{Name: name})
	}
	must(t, e.as(t, "owner").Workspaces.AddTags(t.Context(), w.ID, tfe.WorkspaceAddTagsOptions{Tags: all}))
}

func (e *estate) tagID(t *testing.T, name string) string {
	t.Helper()
	list, err := e.as(t, "owner").OrganizationTags.List(t.Context(), "acme", &tfe.OrganizationTagsListOptions{Query: name})
	must(t, err)
	if len(list.Items) != 1 {
		t.Fatalf("%d tags like %s", len(list.Items), name)
	}
	return list.Items[0].ID
}

// Tags of workspaces that somebody may not read are not there for him, and do not count.
func TestWhoSeesWhichTags(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.tag(t, e.app, "red", "round")
	e.tag(t, e.web, "red", "hidden")
	all := map[string]int{"red": 2, "round": 1, "hidden": 1}
	for who, want := range map[string]map[string]int{
		"owner": all, "reader": all, "workspacer": all,
		"app-read": {"red": 1, "round": 1}, "infra-read": {"red": 1, "round": 1}, "member": {},
	} {
		wantSame(t, who, want, e.counts(t, who, ""))
	}
	wantSame(t, "by a part of the name", map[string]int{"round": 1}, e.counts(t, "owner", "ROUN"))
	hidden(t, "an outsider", errOf(e.as(t, "outsider").OrganizationTags.List(t.Context(), "acme", nil)))
	without := func(who, id string) int {
		list, err := e.as(t, who).OrganizationTags.List(t.Context(), "acme", &tfe.OrganizationTagsListOptions{Filter: id})
		must(t, err)
		return len(list.Items)
	}
	if n := without("owner", e.app.ID); n != 1 {
		t.Errorf("%d tags that app does not carry", n)
	}
	if n := without("app-read", e.web.ID); n != 2 {
		t.Errorf("what web carries shows in %d tags to somebody who may not read it", n)
	}
	of, err := e.as(t, "app-read").Workspaces.ListTags(t.Context(), e.app.ID, &tfe.WorkspaceTagListOptions{Query: tfe.String("ro")})
	must(t, err)
	if len(of.Items) != 1 || of.Items[0].Name != "round" {
		t.Errorf("tags of app: %+v", of.Items)
	}
	hidden(t, "tags of another workspace", errOf(e.as(t, "app-read").Workspaces.ListTags(t.Context(), e.web.ID, nil)))
}

func TestWhoChangesTags(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	path := "workspaces/" + e.app.ID
	n := 0
	fresh := func() string { n++; return fmt.Sprintf("tag-%d", n) }
	add := func(client *tfe.Client) error {
		return client.Workspaces.AddTags(t.Context(), e.app.ID, tfe.WorkspaceAddTagsOptions{Tags: []*tfe.Tag{{Name: fresh()}}})
	}
	e.tag(t, e.app, "stays")
	drop := func(client *tfe.Client) error {
		return client.Workspaces.RemoveTags(t.Context(), e.app.ID, tfe.WorkspaceRemoveTagsOptions{Tags: []*tfe.Tag{{Name: "STAYS"}, {Name: "unknown"}}})
	}
	bind := func(client *tfe.Client) error {
		return errOf(client.Workspaces.AddTagBindings(t.Context(), e.app.ID, tfe.WorkspaceAddTagBindingsOptions{TagBindings: []*tfe.TagBinding{{Key: "k", Value: fresh()}}}))
	}
	rebind := func(client *tfe.Client) error {
		return errOf(client.Workspaces.UpdateByID(t.Context(), e.app.ID, tfe.WorkspaceUpdateOptions{TagBindings: []*tfe.TagBinding{{Key: fresh()}}}))
	}
	unbind := func(client *tfe.Client) error { return client.Workspaces.DeleteAllTagBindings(t.Context(), e.app.ID) }
	id := e.tagID(t, "stays")
	spread := func(client *tfe.Client) error {
		return client.OrganizationTags.AddWorkspaces(t.Context(), id, tfe.AddWorkspacesToTagOptions{WorkspaceIDs: []string{e.web.ID}})
	}
	unspread := func() {
		must(t, e.as(t, "owner").Workspaces.RemoveTags(t.Context(), e.web.ID, tfe.WorkspaceRemoveTagsOptions{Tags: []*tfe.Tag{{ID: id}}}))
	}
	admins := []string{"owner", "app-admin", "infra-maintain", "workspacer"}
	others := []string{"app-write", "infra-write", "reader", "member", "outsider", "stranger"}
	e.wantDeeds(t, []deed{
		{what: "add a tag", do: add, may: admins, not: others, kept: path},
		{what: "take a tag", do: drop, may: admins, not: others, kept: path, undo: func() { e.tag(t, e.app, "stays") }},
		{what: "bind a tag", do: bind, may: admins, not: others, kept: path + "/tag-bindings"},
		{what: "bind other tags", do: rebind, may: admins, not: others, kept: path + "/tag-bindings"},
		{what: "unbind all", do: unbind, may: []string{"app-admin"}, not: others, kept: path + "/tag-bindings"},
		{what: "spread a tag", do: spread, may: []string{"owner", "workspacer"}, not: append([]string{"app-admin", "infra-admin"}, others...), undo: unspread, kept: "workspaces/" + e.web.ID},
	})
	remove := func(client *tfe.Client) error {
		return client.OrganizationTags.Delete(t.Context(), "acme", tfe.OrganizationTagsDeleteOptions{IDs: []string{id}})
	}
	e.wantDeeds(t, []deed{{what: "delete a tag", do: remove, may: []string{"workspacer"}, not: append([]string{"app-admin"}, others...), kept: path}})
	hidden(t, "delete it again", remove(e.as(t, "owner")))
}

// Tags and bindings never cross organizations, and what cannot be done as a whole is not done at all.
func TestTagFaults(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	e.tag(t, e.app, "ours")
	theirs, err := e.as(t, "stranger").Workspaces.Create(t.Context(), "other", tfe.WorkspaceCreateOptions{Name: tfe.String("theirs"), Tags: []*tfe.Tag{{Name: "foreign"}}})
	must(t, err)
	foreign, err := e.as(t, "stranger").OrganizationTags.List(t.Context(), "other", nil)
	must(t, err)
	id := foreign.Items[0].ID
	hidden(t, "carry a foreign tag", owner.Workspaces.AddTags(t.Context(), e.app.ID, tfe.WorkspaceAddTagsOptions{Tags: []*tfe.Tag{{Name: "fine"}, {ID: id}}}))
	hidden(t, "delete a foreign tag", owner.OrganizationTags.Delete(t.Context(), "acme", tfe.OrganizationTagsDeleteOptions{IDs: []string{e.tagID(t, "ours"), id}}))
	hidden(t, "spread a foreign tag", owner.OrganizationTags.AddWorkspaces(t.Context(), id, tfe.AddWorkspacesToTagOptions{WorkspaceIDs: []string{e.app.ID}}))
	hidden(t, "spread to a foreign workspace", e.as(t, "site").OrganizationTags.AddWorkspaces(t.Context(), e.tagID(t, "ours"), tfe.AddWorkspacesToTagOptions{WorkspaceIDs: []string{e.web.ID, theirs.ID}}))
	wantSame(t, "after all that", map[string]int{"ours": 1}, e.counts(t, "owner", ""))
	refusedWith(t, "a list of names", owner.Workspaces.AddTags(t.Context(), e.app.ID, tfe.WorkspaceAddTagsOptions{Tags: []*tfe.Tag{{Name: "a,b"}}}), "must not contain")
	refusedWith(t, "no name", errOf(owner.Workspaces.Create(t.Context(), "acme", tfe.WorkspaceCreateOptions{Name: tfe.String("bad"), Tags: []*tfe.Tag{{Name: " "}}})), "can't be blank")
	hidden(t, "the workspace with a bad tag", errOf(owner.Workspaces.Read(t.Context(), "acme", "bad")))
	var many []*tfe.TagBinding
	for i := range 11 {
		many = append(many, &tfe.TagBinding{Key: fmt.Sprint(i)})
	}
	bind := func(all ...*tfe.TagBinding) error {
		return errOf(owner.Workspaces.AddTagBindings(t.Context(), e.app.ID, tfe.WorkspaceAddTagBindingsOptions{TagBindings: all}))
	}
	must(t, bind(many[:10]...))
	must(t, bind(many[:10]...))
	refusedWith(t, "an eleventh", bind(many[10]), "at most 10")
	refusedWith(t, "one key twice", bind(many[0], many[0]), "stands twice")
	refusedWith(t, "no key", bind(&tfe.TagBinding{}), "can't be blank")
	refusedWith(t, "a long key", bind(&tfe.TagBinding{Key: strings.Repeat("k", 129)}), "too long")
	e.do(t, "owner", http.MethodPatch, "workspaces/"+e.app.ID+"/tag-bindings", `{"data":[{"type":"tags","attributes":{"key":"a"}}]}`, http.StatusUnprocessableEntity)
	all, err := owner.Workspaces.ListTagBindings(t.Context(), e.app.ID)
	if err != nil || len(all) != 10 {
		t.Errorf("%d bindings, %v", len(all), err)
	}
}
