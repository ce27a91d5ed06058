package protocol_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/go-tfe"
)

func TestAgentPools(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	pooler := e.as(t, "pooler")
	narrow, err := pooler.AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{
		Name: tfe.String("narrow"), OrganizationScoped: tfe.Bool(false),
		AllowedWorkspaces: []*tfe.Workspace{e.web}, AllowedProjects: []*tfe.Project{e.infra}, ExcludedWorkspaces: []*tfe.Workspace{e.app},
	})
	must(t, err)
	read, err := pooler.AgentPools.Read(t.Context(), narrow.ID)
	must(t, err)
	wantSame(t, "read as it was created", narrow, read)
	wide, err := pooler.AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{Name: tfe.String("wide")})
	must(t, err)
	for _, row := range []struct {
		o    tfe.AgentPoolListOptions
		want []string
	}{
		{tfe.AgentPoolListOptions{}, []string{"narrow", "wide"}},
		{tfe.AgentPoolListOptions{Sort: "-created-at"}, []string{"wide", "narrow"}},
		{tfe.AgentPoolListOptions{Sort: "-name"}, []string{"wide", "narrow"}},
		{tfe.AgentPoolListOptions{Query: "NARR"}, []string{"narrow"}},
		{tfe.AgentPoolListOptions{AllowedWorkspacesName: "web"}, []string{"narrow", "wide"}},
		{tfe.AgentPoolListOptions{AllowedWorkspacesName: "app"}, []string{"wide"}},
		{tfe.AgentPoolListOptions{AllowedProjectsName: "infra"}, []string{"narrow", "wide"}},
		{tfe.AgentPoolListOptions{AllowedProjectsName: "none"}, []string{"wide"}},
		{tfe.AgentPoolListOptions{ListOptions: tfe.ListOptions{PageNumber: 2, PageSize: 1}}, []string{"wide"}},
	} {
		list, err := pooler.AgentPools.List(t.Context(), "acme", &row.o)
		must(t, err)
		got := []string{}
		for _, pool := range list.Items {
			got = append(got, pool.Name)
		}
		wantSame(t, "a list", row.want, got)
	}
	e.do(t, "pooler", http.MethodGet, "organizations/acme/agent-pools?sort=age", "", http.StatusBadRequest)
	cleared, err := pooler.AgentPools.UpdateAllowedProjects(t.Context(), narrow.ID, tfe.AgentPoolAllowedProjectsUpdateOptions{AllowedProjects: []*tfe.Project{}})
	must(t, err)
	if len(cleared.AllowedProjects) != 0 || len(cleared.AllowedWorkspaces) != 1 || cleared.Name != "narrow" {
		t.Errorf("after a part of it was cleared: %+v", cleared)
	}
	// whom a pool is for, chooses it
	use := func(w *tfe.Workspace, pool *tfe.AgentPool) error {
		return errOf(e.as(t, "owner").Workspaces.UpdateByID(t.Context(), w.ID, tfe.WorkspaceUpdateOptions{ExecutionMode: tfe.String("agent"), AgentPoolID: tfe.String(pool.ID)}))
	}
	must(t, use(e.web, narrow))
	refusedWith(t, "one that is not allowed", use(e.app, narrow), "Agent pool id is not allowed here")
	must(t, use(e.app, wide))
	refusedWith(t, "the name again", errOf(pooler.AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{Name: tfe.String("WIDE")})), "has already been taken")
	must(t, e.as(t, "owner").Workspaces.DeleteByID(t.Context(), e.web.ID))
	after, err := pooler.AgentPools.Read(t.Context(), narrow.ID)
	must(t, err)
	if len(after.AllowedWorkspaces) != 0 {
		t.Errorf("a workspace that is gone is still allowed: %+v", after.AllowedWorkspaces)
	}
}

func TestWhoManagesAgentPools(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	pool, err := e.as(t, "owner").AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{Name: tfe.String("pool")})
	must(t, err)
	theirs, err := e.as(t, "stranger").Workspaces.Create(t.Context(), "other", tfe.WorkspaceCreateOptions{Name: tfe.String("theirs")})
	must(t, err)
	path := "agent-pools/" + pool.ID
	n := 0
	fresh := func() *string { n++; return tfe.String("pool-" + string(rune('a'+n))) }
	may, not := []string{"owner", "site", "pooler"}, []string{"projecter", "workspacer", "app-admin", "infra-admin", "member", "outsider", "stranger"}
	create := func(client *tfe.Client) error {
		return errOf(client.AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{Name: fresh()}))
	}
	update := func(client *tfe.Client) error {
		return errOf(client.AgentPools.Update(t.Context(), pool.ID, tfe.AgentPoolUpdateOptions{Name: fresh()}))
	}
	foreign := func(client *tfe.Client) error {
		return errOf(client.AgentPools.Update(t.Context(), pool.ID, tfe.AgentPoolUpdateOptions{Name: fresh(), AllowedWorkspaces: []*tfe.Workspace{theirs}}))
	}
	remove := func(client *tfe.Client) error { return client.AgentPools.Delete(t.Context(), pool.ID) }
	e.wantDeeds(t, []deed{
		{what: "create a pool", do: create, may: may, not: not, kept: "organizations/acme/agent-pools"},
		{what: "list pools", do: func(client *tfe.Client) error { return errOf(client.AgentPools.List(t.Context(), "acme", nil)) }, may: may, not: not},
		{what: "read a pool", do: func(client *tfe.Client) error { return errOf(client.AgentPools.Read(t.Context(), pool.ID)) }, may: may, not: not},
		{what: "change a pool", do: update, may: may, not: not, kept: path},
		{what: "give a pool to another organization", do: foreign, not: []string{"owner", "site", "pooler"}, kept: path},
		{what: "delete a pool", do: remove, may: []string{"pooler"}, not: not},
	})
	hidden(t, "read it afterwards", errOf(e.as(t, "owner").AgentPools.Read(t.Context(), pool.ID)))
	hidden(t, "delete it again", remove(e.as(t, "owner")))
}
