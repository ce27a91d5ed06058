package authorization_test

import (
	"net/http"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// place is where a caller tries what he may do: a project, a workspace in it, and more of either on which he holds the
// same.
type place struct {
	*estate
	project, workspace string
	another            func(t *testing.T) string // a new workspace
	like               func(t *testing.T) string // a new, empty project
}

// action is a call, and what it takes. It leaves the place as it was, for the next one.
type action struct {
	rule
	do func(t *testing.T, who *caller, p *place) outcome
}

// try makes every call of a table and compares each with the oracle.
func try(t *testing.T, who *caller, p *place, held powers, actions []action) {
	t.Helper()
	for _, a := range actions {
		expect(t, a.boolean+" by its call", a.do(t, who, p), is(held.has(a.field, a.least)))
	}
}

// workspaceActions are the calls behind the booleans of a workspace, those that end it last.
func workspaceActions() []action {
	return []action{
		{rule{"can-read-settings", "see", on}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Workspaces.ReadByID(t.Context(), p.workspace)
			return of(err)
		}},
		{rule{"can-lock", "workspace-locking", on}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Workspaces.Lock(t.Context(), p.workspace, tfe.WorkspaceLockOptions{})
			p.unlock(t)
			return of(err)
		}},
		{rule{"can-unlock", "workspace-locking", on}, func(t *testing.T, who *caller, p *place) outcome {
			if _, err := who.api.Workspaces.Lock(t.Context(), p.workspace, tfe.WorkspaceLockOptions{}); err != nil {
				p.lock(t)
			}
			_, err := who.api.Workspaces.Unlock(t.Context(), p.workspace)
			p.unlock(t)
			return of(err)
		}},
		{rule{"can-force-unlock", "force-unlock", on}, func(t *testing.T, who *caller, p *place) outcome {
			p.lock(t)
			_, err := who.api.Workspaces.ForceUnlock(t.Context(), p.workspace)
			p.unlock(t)
			return of(err)
		}},
		{rule{"can-manage-tags", "tags", on}, func(t *testing.T, who *caller, p *place) outcome {
			return of(who.api.Workspaces.AddTags(t.Context(), p.workspace, tfe.WorkspaceAddTagsOptions{Tags: []*tfe.Tag{{Name: p.fresh("tag")}}}))
		}},
		{rule{"can-update", "update", on}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Workspaces.UpdateByID(t.Context(), p.workspace, tfe.WorkspaceUpdateOptions{Description: tfe.String(p.fresh("text"))})
			return of(err)
		}},
		{rule{"access for a team", "access", on}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{
				Access: tfe.Access(tfe.AccessRead), Team: &tfe.Team{ID: p.team(t, visible)}, Workspace: &tfe.Workspace{ID: p.workspace},
			})
			return of(err)
		}},
		{rule{"can-destroy", "delete", on}, func(t *testing.T, who *caller, p *place) outcome {
			return of(who.api.Workspaces.SafeDeleteByID(t.Context(), p.another(t)))
		}},
		{rule{"can-force-delete", "force-delete", "always"}, func(t *testing.T, who *caller, p *place) outcome {
			return of(who.api.Workspaces.DeleteByID(t.Context(), p.another(t)))
		}},
	}
}

// lock locks the workspace for its owner.
func (p *place) lock(t *testing.T) {
	t.Helper()
	_, err := p.owner.api.Workspaces.Lock(t.Context(), p.workspace, tfe.WorkspaceLockOptions{})
	must(t, "lock the workspace", of(err))
}

// unlock takes whatever lock there is away.
func (p *place) unlock(t *testing.T) {
	t.Helper()
	path := "workspaces/" + p.workspace
	if r := p.owner.call(t, http.MethodPost, path+"/actions/force-unlock", ""); r.status != http.StatusConflict {
		must(t, "unlock the workspace", r.outcome())
	}
}

// compareWorkspace compares a workspace's document, its item in the list, and the checks with the oracle; then it tries
// every call. Whoever holds nothing there does not see it.
func (p *place) compareWorkspace(t *testing.T, who *caller, held powers) {
	t.Helper()
	if held.has("see", on) {
		want := held.booleans(workspaceRules())
		document := who.read(t, "workspaces/"+p.workspace)
		compareBooleans(t, who, "workspace", p.workspace, document.Attributes.Permissions, want)
		p.compareWords(t, who, held)
		item := only(t, p.workspace, who.list(t, "organizations/"+p.name+"/workspaces?search%5Bname%5D="+document.Attributes.Name))
		sameBooleans(t, item.Attributes.Permissions, document.Attributes.Permissions)
	}
	try(t, who, p, held, workspaceActions())
}

// compareWords asks for the values of the fields of custom access, which are words of checks, too.
func (p *place) compareWords(t *testing.T, who *caller, held powers) {
	t.Helper()
	if who.name == "" {
		return
	}
	var asked []string
	want := map[string]bool{}
	for _, word := range words("workspace") {
		field, value, isValue := cutWord(word)
		if field == "" {
			continue
		}
		if !isValue {
			value = on
		}
		asked = append(asked, word)
		want[word] = held.has(field, value)
	}
	for word, got := range who.check(t, "workspace", p.workspace, asked...) {
		if got != want[word] {
			t.Errorf("a check of tfe:%s says %v, want %v", word, got, want[word])
		}
	}
}

// only returns the resource of a list that has an id.
func only(t *testing.T, id string, all []resource) resource {
	t.Helper()
	for _, r := range all {
		if r.ID == id {
			return r
		}
	}
	t.Errorf("the list shows %v, not %s", ids(all), id)
	return resource{}
}

// sameBooleans compares what a list shows with what the document of the same thing does.
func sameBooleans(t *testing.T, got, want map[string]bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("the list shows %d booleans, the document %d", len(got), len(want))
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("the list says %s %v, the document %v", name, got[name], want[name])
		}
	}
}
