package protocol_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/go-tfe"
)

type projectPage struct {
	Data []struct {
		ID         string `json:"id"`
		Attributes struct {
			Name        string          `json:"name"`
			Permissions map[string]bool `json:"permissions"`
		} `json:"attributes"`
	} `json:"data"`
	Meta struct {
		Pagination struct {
			Total int `json:"total-count"`
		} `json:"pagination"`
	} `json:"meta"`
}

// projects returns the names of the projects of acme that a query shows to somebody.
func (e *estate) projects(t *testing.T, who, query string) []string {
	t.Helper()
	var page projectPage
	e.do(t, who, http.MethodGet, "organizations/acme/projects"+query, "", http.StatusOK).Decode(t, &page)
	names := []string{}
	for _, p := range page.Data {
		names = append(names, p.Attributes.Name)
	}
	return names
}

func TestAProjectIsTheSameWhereverItIsShown(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	created, err := owner.Projects.Create(t.Context(), "acme", tfe.ProjectCreateOptions{
		Name: "data lake", Description: tfe.String("of data"),
		TagBindings: []*tfe.TagBinding{{Key: "env", Value: "prod"}, {Key: "any"}},
	})
	must(t, err)
	read, err := owner.Projects.Read(t.Context(), created.ID)
	must(t, err)
	wantSame(t, "read as it was created", created, read)
	list, err := owner.Projects.List(t.Context(), "acme", &tfe.ProjectListOptions{Name: "DATA LAKE"})
	must(t, err)
	if len(list.Items) != 1 {
		t.Fatalf("%d projects of the name", len(list.Items))
	}
	wantSame(t, "listed as it was created", created, list.Items[0])
	if created.DefaultExecutionMode != "remote" || *created.SettingOverwrites.ExecutionMode || created.Organization.Name != "acme" {
		t.Errorf("created with %+v", created)
	}
	with, err := owner.Projects.ReadWithOptions(t.Context(), created.ID, tfe.ProjectReadOptions{Include: []tfe.ProjectIncludeOpt{tfe.ProjectEffectiveTagBindings}})
	must(t, err)
	if len(with.EffectiveTagBindings) != 2 || with.EffectiveTagBindings[1].Value != "prod" {
		t.Errorf("tag bindings %+v", with.EffectiveTagBindings)
	}
	updated, err := owner.Projects.Update(t.Context(), created.ID, tfe.ProjectUpdateOptions{Description: tfe.String("")})
	must(t, err)
	if updated.Description != "" || updated.Name != "data lake" {
		t.Errorf("updated to %+v", updated)
	}
	e.do(t, "owner", http.MethodGet, "projects/"+created.ID+"?include=teams", "", http.StatusBadRequest)
}

func TestListsOfProjects(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	tagged := e.project(t, "tagged")
	_, err := e.as(t, "owner").Projects.AddTagBindings(t.Context(), tagged.ID, tfe.ProjectAddTagBindingsOptions{TagBindings: []*tfe.TagBinding{{Key: "env", Value: "prod"}}})
	must(t, err)
	for _, row := range []struct {
		who, query string
		want       []string
	}{
		{"owner", "", []string{"tagged", "infra", "Default Project"}},
		{"owner", "?sort=name", []string{"Default Project", "infra", "tagged"}},
		{"owner", "?sort=-name", []string{"tagged", "infra", "Default Project"}},
		{"owner", "?q=FAULT", []string{"Default Project"}},
		{"owner", "?filter[names]=INFRA,tagged,none&sort=name", []string{"infra", "tagged"}},
		{"owner", "?filter[tagged][0][key]=env&filter[tagged][0][value]=", []string{"tagged"}},
		{"owner", "?filter[tagged][0][key]=env&filter[tagged][0][value]=dev", []string{}},
		{"owner", "?sort=name&page[size]=1&page[number]=2", []string{"infra"}},
		{"infra-admin", "", []string{"infra"}},
		{"app-read", "", []string{"infra"}},
		{"member", "", []string{}},
		{"pooler", "?sort=name", []string{"Default Project", "infra", "tagged"}},
		{"infra-read", "?filter[permissions][update]=true", []string{}},
		{"infra-admin", "?filter[permissions][update]=true", []string{"infra"}},
		{"workspacer", "?filter[permissions][create-workspace]=true", []string{"Default Project"}},
		{"projecter", "?filter[permissions][create-workspace]=true&sort=name&page[size]=2", []string{"Default Project", "infra"}},
	} {
		wantSame(t, row.who+" lists "+row.query, row.want, e.projects(t, row.who, row.query))
	}
	for _, query := range []string{"?sort=age", "?filter[tagged][x][key]=a", "?filter[tagged][0][value]=a", "?page[size]=0"} {
		e.do(t, "owner", http.MethodGet, "organizations/acme/projects"+query, "", http.StatusBadRequest)
	}
	e.do(t, "outsider", http.MethodGet, "organizations/acme/projects", "", http.StatusNotFound)
}

func TestWhoChangesProjects(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	path := "projects/" + e.infra.ID
	n := 0
	fresh := func() string { n++; return "project-" + strings.Repeat("x", n) }
	create := func(client *tfe.Client) error {
		return errOf(client.Projects.Create(t.Context(), "acme", tfe.ProjectCreateOptions{Name: fresh()}))
	}
	read := func(client *tfe.Client) error { return errOf(client.Projects.Read(t.Context(), e.infra.ID)) }
	update := func(client *tfe.Client) error {
		return errOf(client.Projects.Update(t.Context(), e.infra.ID, tfe.ProjectUpdateOptions{Description: tfe.String(fresh())}))
	}
	bind := func(client *tfe.Client) error {
		return errOf(client.Projects.AddTagBindings(t.Context(), e.infra.ID, tfe.ProjectAddTagBindingsOptions{TagBindings: []*tfe.TagBinding{{Key: "k", Value: fresh()}}}))
	}
	rebind := func(client *tfe.Client) error {
		return errOf(client.Projects.Update(t.Context(), e.infra.ID, tfe.ProjectUpdateOptions{TagBindings: []*tfe.TagBinding{{Key: "k", Value: fresh()}}}))
	}
	e.wantDeeds(t, []deed{
		{what: "create a project", do: create, may: []string{"owner", "site", "projecter"}, not: everybody("owner", "site", "projecter"), kept: "organizations/acme/projects"},
		{what: "read the project", do: read, may: everybody("member", "outsider", "stranger"), not: []string{"member", "outsider", "stranger"}},
		{what: "change the project", do: update, may: []string{"owner", "site", "projecter", "infra-admin"}, not: everybody("owner", "site", "projecter", "infra-admin"), kept: path},
		{what: "bind a tag", do: bind, may: []string{"owner", "infra-admin"}, not: []string{"infra-maintain", "infra-read", "member", "outsider"}, kept: path + "/tag-bindings"},
		{what: "bind other tags", do: rebind, may: []string{"owner", "infra-admin"}, not: []string{"infra-maintain", "infra-read", "member", "outsider"}, kept: path + "/tag-bindings"},
	})
	doomed := e.project(t, "doomed")
	remove := func(client *tfe.Client) error { return client.Projects.Delete(t.Context(), doomed.ID) }
	e.wantDeeds(t, []deed{{
		what: "delete a project", do: remove, may: []string{"projecter"}, not: []string{"infra-admin", "workspacer", "member", "outsider", "stranger"},
		kept: "projects/" + doomed.ID,
	}})
}

func TestProjectsThatStay(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	refusedWith(t, "delete one that holds a workspace", owner.Projects.Delete(t.Context(), e.infra.ID), "in use")
	refusedWith(t, "delete the default one", owner.Projects.Delete(t.Context(), e.acme.DefaultProject.ID), "default project")
	must(t, owner.Workspaces.DeleteByID(t.Context(), e.app.ID))
	must(t, owner.Projects.Delete(t.Context(), e.infra.ID))
	hidden(t, "read it afterwards", errOf(owner.Projects.Read(t.Context(), e.infra.ID)))
	hidden(t, "delete it again", owner.Projects.Delete(t.Context(), e.infra.ID))
}

func TestProjectFaults(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	for name, words := range map[string]string{
		"! / nope":              "invalid attribute\n\nName may only contain",
		"ab":                    "Name is too short (minimum is 3 characters)",
		strings.Repeat("x", 41): "Name is too long (maximum is 40 characters)",
		"INFRA":                 "Name has already been taken",
		" infra":                "Name must not begin or end with a space",
	} {
		refusedWith(t, "create "+name, errOf(owner.Projects.Create(t.Context(), "acme", tfe.ProjectCreateOptions{Name: name})), words)
		if name != "INFRA" {
			refusedWith(t, "rename to "+name, errOf(owner.Projects.Update(t.Context(), e.infra.ID, tfe.ProjectUpdateOptions{Name: tfe.String(name)})), words)
		}
	}
	must(t, errOf(owner.Projects.Create(t.Context(), "acme", tfe.ProjectCreateOptions{Name: strings.Repeat("x", 40)})))
	body := `{"data":{"type":"projects","attributes":{"name":"!!!","auto-destroy-activity-duration":"20m","default-agent-pool-id":"apool-x"}}}`
	reply := e.do(t, "owner", http.MethodPost, "organizations/acme/projects", body, http.StatusUnprocessableEntity)
	for _, words := range []string{
		"Name may only contain", "must not be specified unless using 'agent' execution mode",
		"Auto destroy activity duration has an incorrect format, we expect up to 4 numeric digits and 1 unit ('d' or 'h')",
		"/data/attributes/name", "/data/attributes/auto-destroy-activity-duration", "/data/attributes/default-agent-pool-id",
	} {
		if !strings.Contains(reply.Body, words) {
			t.Errorf("the answer %s does not say %q", reply.Body, words)
		}
	}
	for _, attributes := range []string{`{}`, `{"name":""}`, `{"name":null}`, `{"name":7}`} {
		e.do(t, "owner", http.MethodPost, "organizations/acme/projects", `{"data":{"type":"projects","attributes":`+attributes+`}}`, http.StatusUnprocessableEntity)
	}
}

// Moving needs the right on every project that is left and on the one that is entered (DECISIONS M13), all or none.
func TestWhoMovesWorkspaces(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	lake := e.project(t, "lake")
	_, err := e.as(t, "owner").TeamProjectAccess.Add(t.Context(), tfe.TeamProjectAccessAddOptions{
		Access: tfe.TeamProjectAccessAdmin, Project: lake, Team: e.team(t, "owner", "acme", visible("both"), "both", "infra-admin"),
	})
	must(t, err)
	move := func(ids ...string) func(*tfe.Client) error {
		return func(client *tfe.Client) error {
			req, err := client.NewRequest(http.MethodPost, "projects/"+lake.ID+"/relationships/workspaces", references(ids...))
			must(t, err)
			return req.Do(t.Context(), nil)
		}
	}
	back := func() {
		must(t, errOf(e.as(t, "owner").Workspaces.UpdateByID(t.Context(), e.app.ID, tfe.WorkspaceUpdateOptions{Project: e.infra})))
	}
	patch := func(client *tfe.Client) error {
		return errOf(client.Workspaces.UpdateByID(t.Context(), e.app.ID, tfe.WorkspaceUpdateOptions{Project: lake}))
	}
	kept := "workspaces/" + e.app.ID
	e.wantDeeds(t, []deed{
		{what: "move a workspace", do: move(e.app.ID), may: []string{"owner", "projecter", "infra-admin"}, not: []string{"both", "app-admin", "infra-maintain", "workspacer", "member", "outsider"}, undo: back, kept: kept},
		{what: "move it by itself", do: patch, may: []string{"owner", "projecter", "infra-admin"}, not: []string{"both", "app-admin", "infra-maintain", "workspacer", "member", "outsider"}, undo: back, kept: kept},
		{what: "move one of two", do: move(e.app.ID, e.web.ID), may: []string{"owner"}, not: []string{"infra-admin"}, undo: back, kept: kept},
		{what: "move one that is not there", do: move(e.app.ID, "ws-1111111111111111"), not: []string{"owner", "infra-admin"}, kept: kept},
	})
	theirs, err := e.as(t, "stranger").Workspaces.Create(t.Context(), "other", tfe.WorkspaceCreateOptions{Name: tfe.String("theirs")})
	must(t, err)
	reply := e.do(t, "site", http.MethodPost, "projects/"+lake.ID+"/relationships/workspaces", `{"data":[{"type":"workspaces","id":"`+e.app.ID+`"},{"type":"workspaces","id":"`+theirs.ID+`"}]}`, http.StatusUnprocessableEntity)
	if !strings.Contains(reply.Body, "another organization") {
		t.Errorf("the answer is %s", reply.Body)
	}
	now, err := e.as(t, "owner").Workspaces.ReadByID(t.Context(), e.app.ID)
	must(t, err)
	if now.Project.ID != e.infra.ID {
		t.Error("one of two was moved")
	}
}

// reference names a workspace in a request.
type reference struct {
	ID string `jsonapi:"primary,workspaces"`
}

func references(ids ...string) []*reference {
	out := make([]*reference, len(ids))
	for i, id := range ids {
		out[i] = &reference{id}
	}
	return out
}

// What a project holds of a mode and a pool of its own counts for its workspaces, and what it does not is inherited.
func TestWhereRunsHappen(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	pool, err := owner.AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{Name: tfe.String("pool")})
	must(t, err)
	check := func(what, mode, poolID string) {
		t.Helper()
		w, err := owner.Workspaces.ReadByID(t.Context(), e.app.ID)
		must(t, err)
		got := ""
		if w.AgentPool != nil {
			got = w.AgentPool.ID
		}
		if w.ExecutionMode != mode || got != poolID || w.Operations != (mode != "local") {
			t.Errorf("%s: %s with the pool %q, operations %t; want %s, %q", what, w.ExecutionMode, got, w.Operations, mode, poolID)
		}
	}
	check("as an organization begins", "remote", "")
	project := func(o tfe.ProjectUpdateOptions) error {
		return errOf(owner.Projects.Update(t.Context(), e.infra.ID, o))
	}
	workspace := func(o tfe.WorkspaceUpdateOptions) error {
		return errOf(owner.Workspaces.UpdateByID(t.Context(), e.app.ID, o))
	}
	must(t, errOf(owner.Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{DefaultExecutionMode: tfe.String("local")})))
	check("the organization's", "local", "")
	must(t, project(tfe.ProjectUpdateOptions{DefaultExecutionMode: tfe.String("agent"), DefaultAgentPoolID: tfe.String(pool.ID)}))
	check("the project's", "agent", pool.ID)
	must(t, workspace(tfe.WorkspaceUpdateOptions{Operations: tfe.Bool(true)}))
	check("agents are operations", "agent", pool.ID)
	must(t, workspace(tfe.WorkspaceUpdateOptions{Operations: tfe.Bool(false)}))
	check("its own, by the older name", "local", "")
	must(t, workspace(tfe.WorkspaceUpdateOptions{ExecutionMode: tfe.String("agent"), AgentPoolID: tfe.String(pool.ID)}))
	must(t, project(tfe.ProjectUpdateOptions{DefaultExecutionMode: tfe.String("remote")}))
	check("its own", "agent", pool.ID)
	inherit := &tfe.WorkspaceSettingOverwritesOptions{ExecutionMode: tfe.Bool(false), AgentPool: tfe.Bool(false)}
	must(t, workspace(tfe.WorkspaceUpdateOptions{SettingOverwrites: inherit}))
	check("the project's again", "remote", "")
	refusedWith(t, "a pool for remote runs", workspace(tfe.WorkspaceUpdateOptions{AgentPoolID: tfe.String(pool.ID)}), "must not be specified unless using 'agent' execution mode")
	refusedWith(t, "agents of no pool", project(tfe.ProjectUpdateOptions{DefaultExecutionMode: tfe.String("agent")}), "must be specified when using 'agent' execution mode")
	refusedWith(t, "another mode", workspace(tfe.WorkspaceUpdateOptions{ExecutionMode: tfe.String("cloud")}), "is not included in the list")
	refusedWith(t, "half of it", workspace(tfe.WorkspaceUpdateOptions{SettingOverwrites: &tfe.WorkspaceSettingOverwritesOptions{ExecutionMode: tfe.Bool(true), AgentPool: tfe.Bool(false)}}),
		"If agent-pool and execution-mode are both included in setting-overwrites, their values must be the same.")
	other, err := e.as(t, "stranger").AgentPools.Create(t.Context(), "other", tfe.AgentPoolCreateOptions{Name: tfe.String("pool")})
	must(t, err)
	agents := tfe.WorkspaceUpdateOptions{ExecutionMode: tfe.String("agent"), AgentPoolID: tfe.String(other.ID)}
	refusedWith(t, "another organization's pool", workspace(agents), "does not exist")
	agents.AgentPoolID = tfe.String("apool-1111111111111111")
	refusedWith(t, "a pool that is not there", workspace(agents), "does not exist")
	refusedWith(t, "another organization's pool by default", errOf(owner.Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{
		DefaultExecutionMode: tfe.String("agent"), DefaultAgentPool: &tfe.AgentPool{ID: other.ID},
	})), "does not exist")
	check("after all that", "remote", "")
}

// An organization's default project comes with it, to whoever may read the project.
func TestOrganizationsIncludeTheirDefaultProject(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	o, err := e.as(t, "owner").Organizations.ReadWithOptions(t.Context(), "acme", tfe.OrganizationReadOptions{Include: []tfe.OrganizationIncludeOpt{tfe.OrganizationDefaultProject}})
	must(t, err)
	if o.DefaultProject.Name != "Default Project" {
		t.Errorf("included %+v", o.DefaultProject)
	}
	reply := e.do(t, "infra-read", http.MethodGet, "organizations/acme?include=default_project", "", http.StatusOK)
	if strings.Contains(reply.Body, "Default Project") {
		t.Errorf("somebody who may not read it is shown %s", reply.Body)
	}
}
