package authorization_test

import (
	"net/http"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

func writesOfPlaces() []write {
	const (
		org = "organizations/{org}"
		ws  = "workspaces/{id}"
		//         AUOPMNIXTWGD
		owners  = "+-++-----+--"
		delegat = "+-++-----++-"
		crew    = "+-+++---++--" // write on a workspace, which organization tokens never have
	)
	bindings := func(t *testing.T, w *town) string {
		return encode(t, map[string]any{"data": []any{map[string]any{"type": "tag-bindings", "attributes": map[string]any{"key": "k", "value": w.fresh("v")}}}})
	}
	tags := func(t *testing.T, w *town) string {
		return encode(t, map[string]any{"data": []any{map[string]any{"type": "tags", "attributes": map[string]any{"name": w.fresh("tag")}}}})
	}
	consumers := func(t *testing.T, w *town) string { return encode(t, links("workspaces", w.vault)) }
	onProject := func(typeName, project string) func(*testing.T, *town) string {
		return func(t *testing.T, w *town) string {
			return document(t, typeName, map[string]any{"name": w.fresh("made")}, map[string]any{"project": to("projects", w.fill(project))})
		}
	}
	return []write{
		{name: "project: create", want: delegat, method: http.MethodPost, path: org + "/projects", body: freshNamed("projects")},
		{name: "project: update", want: delegat, method: http.MethodPatch, path: "projects/{id}", target: projectTarget, body: attributes("projects", "description", "changed")},
		{name: "project: tags", want: delegat, method: http.MethodPatch, path: "projects/{id}/tag-bindings", target: projectTarget, body: bindings},
		{name: "project: delete", want: delegat, method: http.MethodDelete, path: "projects/{id}", target: projectTarget},
		{name: "project: move into it", want: delegat, method: http.MethodPost, path: "projects/{id}/relationships/workspaces", target: projectTarget, body: func(t *testing.T, w *town) string {
			return encode(t, links("workspaces", w.workspace(t, w.apps)))
		}},
		{name: "workspace: create by default", want: delegat, method: http.MethodPost, path: org + "/workspaces", body: freshNamed("workspaces")},
		{name: "workspace: create in a project", want: delegat, method: http.MethodPost, path: org + "/workspaces", body: onProject("workspaces", "{apps}")},
		{name: "workspace: update", want: delegat, method: http.MethodPatch, path: ws, target: workspaceTarget, body: attributes("workspaces", "description", "changed")},
		{name: "workspace: rename", want: delegat, method: http.MethodPatch, path: ws, target: workspaceTarget, body: freshNamed("workspaces")},
		{name: "workspace: delete by force", want: owners, method: http.MethodDelete, path: ws, target: workspaceTarget},
		{name: "workspace: delete safely", want: delegat, method: http.MethodPost, path: ws + "/actions/safe-delete", target: workspaceTarget},
		{name: "workspace: lock", want: crew, method: http.MethodPost, path: ws + "/actions/lock", target: workspaceTarget},
		{name: "workspace: force-unlock", want: owners, method: http.MethodPost, path: ws + "/actions/force-unlock", target: lockedTarget},
		{name: "workspace: tags", want: delegat, method: http.MethodPost, path: ws + "/relationships/tags", target: workspaceTarget, body: tags},
		{name: "workspace: tag bindings", want: delegat, method: http.MethodPatch, path: ws + "/tag-bindings", target: workspaceTarget, body: bindings},
		{name: "workspace: consumers", want: delegat, method: http.MethodPatch, path: ws + "/relationships/remote-state-consumers", target: workspaceTarget, body: consumers},
		{name: "workspace: retention", want: delegat, method: http.MethodPost, path: ws + "/relationships/data-retention-policy", target: workspaceTarget, body: attributes("data-retention-policy-dont-deletes")},
		{name: "team access: add to a workspace", want: delegat, method: http.MethodPost, path: "team-workspaces", body: func(t *testing.T, w *town) string {
			return document(t, "team-workspaces", map[string]any{"access": "read"}, map[string]any{"workspace": to("workspaces", w.web), "team": to("teams", w.team(t, visible))})
		}},
		{name: "team access: change on a workspace", want: delegat, method: http.MethodPatch, path: "team-workspaces/{id}", target: given("workspace"), body: attributes("team-workspaces", "access", "plan")},
		{name: "team access: remove from a workspace", want: delegat, method: http.MethodDelete, path: "team-workspaces/{id}", target: given("workspace")},
		{name: "team access: add to a project", want: delegat, method: http.MethodPost, path: "team-projects", body: func(t *testing.T, w *town) string {
			return document(t, "team-projects", map[string]any{"access": "read"}, map[string]any{"project": to("projects", w.apps), "team": to("teams", w.team(t, visible))})
		}},
		{name: "team access: change on a project", want: delegat, method: http.MethodPatch, path: "team-projects/{id}", target: given("project"), body: attributes("team-projects", "access", "write")},
		{name: "team access: remove from a project", want: delegat, method: http.MethodDelete, path: "team-projects/{id}", target: given("project")},
		{name: "stack: create", want: owners, method: http.MethodPost, path: "stacks", body: onProject("stacks", "{apps}")},
		{name: "stack: update", want: owners, method: http.MethodPatch, path: "stacks/{id}", target: stackTarget, body: attributes("stacks", "description", "changed")},
		{name: "stack: delete", want: owners, method: http.MethodDelete, path: "stacks/{id}", target: stackTarget},
		{name: "agent pool: create", want: owners, method: http.MethodPost, path: org + "/agent-pools", body: freshNamed("agent-pools")},
		{name: "agent pool: update", want: owners, method: http.MethodPatch, path: "agent-pools/{id}", target: poolTarget, body: freshNamed("agent-pools")},
		{name: "agent pool: delete", want: owners, method: http.MethodDelete, path: "agent-pools/{id}", target: poolTarget},
	}
}

func projectTarget(t *testing.T, w *town) (string, string) {
	id := w.project(t)
	return id, "projects/" + id
}

func lockedTarget(t *testing.T, w *town) (string, string) {
	id, watch := workspaceTarget(t, w)
	_, err := w.owner.api.Workspaces.Lock(t.Context(), id, tfe.WorkspaceLockOptions{})
	must(t, "lock the workspace", of(err))
	return id, watch
}

func stackTarget(t *testing.T, w *town) (string, string) {
	body := document(t, "stacks", map[string]any{"name": w.fresh("stack")}, map[string]any{"project": to("projects", w.apps)})
	r := w.owner.call(t, http.MethodPost, "stacks", body)
	must(t, "create a stack", r.outcome())
	id := r.resource(t).ID
	return id, "stacks/" + id
}

func poolTarget(t *testing.T, w *town) (string, string) {
	pool, err := w.owner.api.AgentPools.Create(t.Context(), w.name, tfe.AgentPoolCreateOptions{Name: tfe.String(w.fresh("pool"))})
	must(t, "create an agent pool", of(err))
	return pool.ID, "agent-pools/" + pool.ID
}
