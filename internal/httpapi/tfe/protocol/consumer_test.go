package protocol_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/hashicorp/go-tfe"
)

func (e *estate) consumers(t *testing.T, who string, w *tfe.Workspace) []string {
	t.Helper()
	list, err := e.as(t, who).Workspaces.ListRemoteStateConsumers(t.Context(), w.ID, nil)
	must(t, err)
	return namesOf(list)
}

func TestRemoteStateConsumers(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	net := e.workspace(t, tfe.WorkspaceCreateOptions{Name: tfe.String("net"), Project: e.infra})
	list := func(all ...*tfe.Workspace) tfe.WorkspaceAddRemoteStateConsumersOptions {
		return tfe.WorkspaceAddRemoteStateConsumersOptions{Workspaces: all}
	}
	must(t, owner.Workspaces.AddRemoteStateConsumers(t.Context(), e.app.ID, list(e.web, net)))
	must(t, owner.Workspaces.AddRemoteStateConsumers(t.Context(), e.app.ID, list(net)))
	wantSame(t, "added", []string{"net", "web"}, e.consumers(t, "owner", e.app))
	wantSame(t, "to somebody who reads one of them", []string{"net"}, e.consumers(t, "infra-read", e.app))
	must(t, owner.Workspaces.RemoveRemoteStateConsumers(t.Context(), e.app.ID, tfe.WorkspaceRemoveRemoteStateConsumersOptions(list(net))))
	wantSame(t, "removed", []string{"web"}, e.consumers(t, "owner", e.app))
	must(t, owner.Workspaces.UpdateRemoteStateConsumers(t.Context(), e.app.ID, tfe.WorkspaceUpdateRemoteStateConsumersOptions(list(net))))
	wantSame(t, "replaced", []string{"net"}, e.consumers(t, "owner", e.app))
	share := func(o tfe.WorkspaceUpdateOptions) {
		t.Helper()
		must(t, errOf(owner.Workspaces.UpdateByID(t.Context(), e.app.ID, o)))
	}
	must(t, owner.Workspaces.UpdateRemoteStateConsumers(t.Context(), e.app.ID, tfe.WorkspaceUpdateRemoteStateConsumersOptions(list(e.web))))
	share(tfe.WorkspaceUpdateOptions{ProjectRemoteState: tfe.Bool(true)})
	wantSame(t, "shared with the project", []string{"net"}, e.consumers(t, "owner", e.app))
	share(tfe.WorkspaceUpdateOptions{ProjectRemoteState: tfe.Bool(false), GlobalRemoteState: tfe.Bool(true)})
	wantSame(t, "shared with all", []string{"net", "web"}, e.consumers(t, "owner", e.app))
	wantSame(t, "shared with all, to somebody who reads one of them", []string{"net"}, e.consumers(t, "infra-read", e.app))
	share(tfe.WorkspaceUpdateOptions{GlobalRemoteState: tfe.Bool(false)})
	wantSame(t, "shared as before", []string{"web"}, e.consumers(t, "owner", e.app))
}

func TestWhoChangesConsumers(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	theirs, err := e.as(t, "stranger").Workspaces.Create(t.Context(), "other", tfe.WorkspaceCreateOptions{Name: tfe.String("theirs")})
	must(t, err)
	// app-admin sees web as well, infra-admin does not
	_, err = e.as(t, "owner").TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{Access: tfe.Access(tfe.AccessRead), Workspace: e.web, Team: e.team(t, "owner", "acme", visible("web"), "web", "app-admin")})
	must(t, err)
	path := "workspaces/" + e.app.ID + "/relationships/remote-state-consumers"
	add := func(all ...*tfe.Workspace) func(*tfe.Client) error {
		return func(client *tfe.Client) error {
			return client.Workspaces.AddRemoteStateConsumers(t.Context(), e.app.ID, tfe.WorkspaceAddRemoteStateConsumersOptions{Workspaces: all})
		}
	}
	replace := func(client *tfe.Client) error {
		return client.Workspaces.UpdateRemoteStateConsumers(t.Context(), e.app.ID, tfe.WorkspaceUpdateRemoteStateConsumersOptions{Workspaces: []*tfe.Workspace{e.web}})
	}
	remove := func(client *tfe.Client) error {
		return client.Workspaces.RemoveRemoteStateConsumers(t.Context(), e.app.ID, tfe.WorkspaceRemoveRemoteStateConsumersOptions{Workspaces: []*tfe.Workspace{e.web}})
	}
	put := func() { must(t, add(e.web)(e.as(t, "owner"))) }
	take := func() { must(t, remove(e.as(t, "owner"))) }
	nearly := []string{"infra-admin", "app-write", "web", "reader", "member", "outsider", "stranger"}
	e.wantDeeds(t, []deed{
		{what: "add a consumer", do: add(e.web), may: []string{"owner", "app-admin", "workspacer"}, not: nearly, undo: take, kept: path},
		{what: "replace the consumers", do: replace, may: []string{"owner", "app-admin"}, not: nearly, undo: take, kept: path},
		{what: "add a foreign consumer", do: add(e.web, theirs), not: []string{"owner", "site", "stranger"}, kept: path},
		{what: "add one that is not there", do: add(e.web, &tfe.Workspace{ID: "ws-1111111111111111"}), not: []string{"owner", "site"}, kept: path},
	})
	put()
	e.wantDeeds(t, []deed{{what: "take a consumer", do: remove, may: []string{"owner", "app-admin", "infra-admin"}, not: slices.Delete(nearly, 0, 1), undo: put, kept: path}})
	e.do(t, "owner", http.MethodPost, path, `{"data":[{"type":"workspaces","id":"`+e.app.ID+`"}]}`, http.StatusUnprocessableEntity)
	hidden(t, "a member lists", errOf(e.as(t, "member").Workspaces.ListRemoteStateConsumers(t.Context(), e.app.ID, nil)))
}
