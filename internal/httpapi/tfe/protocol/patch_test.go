package protocol_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// placeDocument is a resource as it came.
type placeDocument struct {
	Data struct {
		ID            string                    `json:"id"`
		Attributes    map[string]any            `json:"attributes"`
		Relationships map[string]map[string]any `json:"relationships"`
	} `json:"data"`
	Included []struct {
		ID, Type string
	} `json:"included"`
}

func (s *site) read(t *testing.T, who, path string) placeDocument {
	t.Helper()
	var d placeDocument
	s.do(t, who, http.MethodGet, path, "", http.StatusOK).Decode(t, &d)
	return d
}

func setting(members string) string { return `{"data":{"attributes":{` + members + `}}}` }

// TestChangesAtOnceAreAllKept changes different attributes of one thing at once: each PATCH says what it is about, and
// takes nothing else back.
func TestChangesAtOnceAreAllKept(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	pool, err := e.as(t, "owner").AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{Name: tfe.String("pool")})
	must(t, err)
	for path, row := range map[string]struct {
		who  string
		want map[string]string
	}{
		"organizations/acme": {"owner", map[string]string{
			"email": `"new@example.com"`, "session-timeout": "30", "session-remember": "60", "cost-estimation-enabled": "false",
			"assessments-enforced": "true", "allow-force-delete-workspaces": "true", "default-execution-mode": `"local"`, "speculative-plan-management-enabled": "false",
		}},
		"admin/organizations/other": {"site", map[string]string{
			"access-beta-tools": "true", "global-module-sharing": "true", "workspace-limit": "7", "apply-timeout": `"2h"`,
		}},
		"projects/" + e.infra.ID: {"owner", map[string]string{
			"name": `"infra-2"`, "description": `"new"`, "auto-destroy-activity-duration": `"3d"`, "default-execution-mode": `"local"`,
		}},
		"workspaces/" + e.app.ID: {"app-admin", map[string]string{
			"name": `"app-2"`, "description": `"new"`, "auto-apply": "true", "queue-all-runs": "true", "terraform-version": `"1.9.0"`,
			"working-directory": `"down"`, "source-name": `"us"`, "execution-mode": `"local"`,
		}},
		"agent-pools/" + pool.ID: {"pooler", map[string]string{"name": `"pool-2"`, "organization-scoped": "false"}},
	} {
		e.token(t, row.who)
		var wg sync.WaitGroup
		for name, value := range row.want {
			wg.Go(func() {
				reply := e.Call(t, http.MethodPatch, "/api/v2/"+path, e.token(t, row.who), setting(`"`+name+`":`+value), "Content-Type", "application/vnd.api+json")
				if reply.Status != http.StatusOK {
					t.Errorf("%s of %s: %d %s", name, path, reply.Status, reply.Body)
				}
			})
		}
		wg.Wait()
		got := e.do(t, row.who, http.MethodGet, path, "", http.StatusOK).Body
		for name, value := range row.want {
			if !strings.Contains(got, `"`+name+`":`+value) {
				t.Errorf("%s of %s is not %s in %s", name, path, value, got)
			}
		}
	}
}

// TestRefusalsComeBeforeFaults: who may not change something gets the same answer whether what he sends is right or wrong.
func TestRefusalsComeBeforeFaults(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	pool, err := e.as(t, "owner").AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{Name: tfe.String("pool")})
	must(t, err)
	var st stackDocument
	e.do(t, "owner", http.MethodPost, "stacks", stackBody(`"name":"net"`, e.infra.ID), http.StatusCreated).Decode(t, &st)
	project := `"relationships":{"project":{"data":{"type":"projects","id":"` + e.infra.ID + `"}}}`
	binding := `{"data":[{"type":"tag-bindings","attributes":{"key":"","value":"x"}}]}`
	tags := `{"data":[{"type":"tags","attributes":{"name":"a,b"}}]}`
	for _, row := range []struct{ method, path, body, may, not string }{
		{http.MethodPatch, "organizations/acme", setting(`"name":"a b"`), "owner", "member"},
		{http.MethodPatch, "organizations/acme", setting(`"session-timeout":-1`), "owner", "reader"},
		{http.MethodPost, "organizations/acme/projects", setting(`"name":"#"`), "projecter", "member"},
		{http.MethodPatch, "projects/" + e.infra.ID, setting(`"auto-destroy-activity-duration":"x"`), "infra-admin", "infra-read"},
		{http.MethodPost, "organizations/acme/workspaces", setting(`"name":"a b"`), "workspacer", "reader"},
		{http.MethodPost, "organizations/acme/workspaces", `{"data":{"attributes":{"name":"a b"},` + project + `}}`, "infra-maintain", "infra-read"},
		{http.MethodPatch, "workspaces/" + e.app.ID, setting(`"terraform-version":"nonexisting"`), "app-admin", "app-read"},
		{http.MethodPatch, "workspaces/" + e.app.ID, setting(`"agent-pool-id":"` + pool.ID + `"`), "app-admin", "app-write"},
		{http.MethodPatch, "workspaces/" + e.web.ID, `{"data":{"attributes":{"name":"a b"},` + project + `}}`, "projecter", "workspacer"},
		{http.MethodPatch, "workspaces/" + e.app.ID + "/tag-bindings", binding, "app-admin", "app-write"},
		{http.MethodPatch, "projects/" + e.infra.ID + "/tag-bindings", binding, "infra-admin", "infra-read"},
		{http.MethodPost, "workspaces/" + e.app.ID + "/relationships/tags", tags, "app-admin", "app-read"},
		{http.MethodDelete, "workspaces/" + e.app.ID + "/relationships/tags", tags, "app-admin", "app-read"},
		{http.MethodPost, "stacks", `{"data":{"attributes":{"name":""},` + project + `}}`, "infra-maintain", "infra-read"},
		{http.MethodPatch, "stacks/" + st.Data.ID, setting(`"name":""`), "infra-maintain", "infra-read"},
		{http.MethodPost, "organizations/acme/agent-pools", setting(`"name":""`), "pooler", "member"},
		{http.MethodPatch, "agent-pools/" + pool.ID, setting(`"name":""`), "pooler", "member"},
		{http.MethodPatch, "admin/organizations/acme", setting(`"workspace-limit":-1`), "site", "owner"},
	} {
		e.do(t, row.not, row.method, row.path, row.body, http.StatusNotFound)
		reply := e.Call(t, row.method, "/api/v2/"+row.path, e.token(t, row.may), row.body, "Content-Type", "application/vnd.api+json")
		if reply.Status != http.StatusUnprocessableEntity && !strings.HasSuffix(row.path, "/relationships/tags") {
			t.Errorf("%s: %s %s is answered %d %s", row.may, row.method, row.path, reply.Status, reply.Body)
		}
	}
}

// TestAHiddenProjectTellsNothing: a workspace in it would inherit how it runs, which shows in what is wrong about the
// workspace; but not to who may create none there.
func TestAHiddenProjectTellsNothing(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	pool, err := owner.AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{Name: tfe.String("pool")})
	must(t, err)
	plain := e.project(t, "plain")
	agents, err := owner.Projects.Create(t.Context(), "acme", tfe.ProjectCreateOptions{Name: "agents", DefaultExecutionMode: tfe.String("agent"), DefaultAgentPoolID: tfe.String(pool.ID)})
	must(t, err)
	into := func(projectID string) string {
		return `{"data":{"attributes":{"name":"x y","agent-pool-id":"` + pool.ID + `"},"relationships":{"project":{"data":{"type":"projects","id":"` + projectID + `"}}}}}`
	}
	for _, row := range [][2]string{{http.MethodPost, "organizations/acme/workspaces"}, {http.MethodPatch, "workspaces/" + e.app.ID}} {
		none := e.do(t, "infra-maintain", row[0], row[1], into("prj-1111111111111111"), http.StatusNotFound).Body
		for name, p := range map[string]*tfe.Project{"one that runs on agents": agents, "one that does not": plain} {
			wantSame(t, row[0]+" into "+name, none, e.do(t, "infra-maintain", row[0], row[1], into(p.ID), http.StatusNotFound).Body)
		}
	}
	// Who may create there is told, and it differs.
	reply := e.do(t, "owner", http.MethodPost, "organizations/acme/workspaces", into(plain.ID), http.StatusUnprocessableEntity).Body
	if !strings.Contains(reply, "must not be specified unless using 'agent' execution mode") {
		t.Errorf("the answer is %s", reply)
	}
	if reply := e.do(t, "owner", http.MethodPost, "organizations/acme/workspaces", into(agents.ID), http.StatusUnprocessableEntity).Body; strings.Contains(reply, "must not be specified") {
		t.Errorf("the answer is %s", reply)
	}
}

func TestMovingNoWorkspacesDoesNothing(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	path := "projects/" + e.infra.ID + "/relationships/workspaces"
	e.do(t, "projecter", http.MethodPost, path, `{"data":[]}`, http.StatusNoContent)
	e.do(t, "infra-read", http.MethodPost, path, `{"data":[]}`, http.StatusNotFound)
	e.do(t, "stranger", http.MethodPost, path, `{"data":[]}`, http.StatusNotFound)
}

// A pool that something uses stays, and names what uses it.
func TestPoolsInUse(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner, pooler := e.as(t, "owner"), e.as(t, "pooler")
	pool, err := owner.AgentPools.Create(t.Context(), "acme", tfe.AgentPoolCreateOptions{Name: tfe.String("pool")})
	must(t, err)
	remove := func() error { return pooler.AgentPools.Delete(t.Context(), pool.ID) }
	agent, remote := tfe.String("agent"), tfe.String("remote")
	must(t, errOf(owner.Workspaces.UpdateByID(t.Context(), e.app.ID, tfe.WorkspaceUpdateOptions{ExecutionMode: agent, AgentPoolID: tfe.String(pool.ID)})))
	refusedWith(t, "the pool of a workspace", remove(), "it is used by workspace app.")
	must(t, errOf(owner.Projects.Update(t.Context(), e.infra.ID, tfe.ProjectUpdateOptions{DefaultExecutionMode: agent, DefaultAgentPoolID: tfe.String(pool.ID)})))
	must(t, errOf(owner.Workspaces.UpdateByID(t.Context(), e.app.ID, tfe.WorkspaceUpdateOptions{ExecutionMode: remote})))
	refusedWith(t, "the pool of a project", remove(), "it is used by project infra.")
	must(t, errOf(owner.Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{DefaultExecutionMode: agent, DefaultAgentPool: pool})))
	must(t, errOf(owner.Projects.Update(t.Context(), e.infra.ID, tfe.ProjectUpdateOptions{DefaultExecutionMode: remote})))
	refusedWith(t, "the pool of an organization", remove(), "it is used by organization acme.")
	hidden(t, "a member deletes it", e.as(t, "member").AgentPools.Delete(t.Context(), pool.ID))
	must(t, errOf(owner.Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{DefaultExecutionMode: remote})))
	must(t, remove())
}

func TestWorkspaceLimit(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	site, owner := e.as(t, "site"), e.as(t, "owner")
	limit := func(value string) {
		e.do(t, "site", http.MethodPatch, "admin/organizations/acme", setting(`"workspace-limit":`+value), http.StatusOK)
	}
	create := func(name string) error {
		return errOf(owner.Workspaces.Create(t.Context(), "acme", tfe.WorkspaceCreateOptions{Name: tfe.String(name)}))
	}
	limit("3")
	must(t, create("third"))
	refusedWith(t, "the fourth", create("fourth"), "may not have more than 3 workspaces")
	must(t, errOf(owner.Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{CostEstimationEnabled: tfe.Bool(false)})))
	o, err := site.Admin.Organizations.Read(t.Context(), "acme")
	must(t, err)
	wantSame(t, "the limit after a change by the owner", tfe.Int(3), o.WorkspaceLimit)
	limit("0")
	refusedWith(t, "one where none may be", create("fourth"), "may not have more than 0 workspaces")
	limit("null")
	must(t, create("fourth"))
	e.do(t, "owner", http.MethodPatch, "admin/organizations/acme", setting(`"workspace-limit":9`), http.StatusNotFound)
}

// The default project is never deleted, so nobody is told that he could.
func TestTheDefaultProjectStays(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	defaultProject := "projects/" + e.web.Project.ID
	for _, who := range []string{"owner", "site", "projecter"} {
		for path, want := range map[string]bool{defaultProject: false, "projects/" + e.infra.ID: true} {
			can, _ := e.read(t, who, path).Data.Attributes["permissions"].(map[string]any)
			if can["can-destroy"] != want || can["can-update"] != true {
				t.Errorf("%s may do with %s: %v", who, path, can)
			}
		}
	}
	e.do(t, "owner", http.MethodDelete, defaultProject, "", http.StatusUnprocessableEntity)
}

// A lock names the team that holds it to those who see the team.
func TestALockHidesASecretTeam(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	holds := func(team *tfe.Team, w *tfe.Workspace) {
		t.Helper()
		must(t, errOf(owner.TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{Access: tfe.Access(tfe.AccessWrite), Team: team, Workspace: w})))
		token, err := owner.TeamTokens.Create(t.Context(), team.ID)
		must(t, err)
		must(t, errOf(e.as(t, token.Token).Workspaces.Lock(t.Context(), w.ID, tfe.WorkspaceLockOptions{})))
	}
	shadows := e.team(t, "owner", "acme", secret("shadows"), "shadow")
	open := e.team(t, "owner", "acme", visible("open"))
	must(t, errOf(owner.TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{Access: tfe.Access(tfe.AccessRead), Team: open, Workspace: e.app})))
	holds(shadows, e.app)
	holds(open, e.web)
	for who, want := range map[string]string{"owner": shadows.ID, "shadow": shadows.ID, "site": shadows.ID, "app-read": "", "app-admin": "", "reader": ""} {
		w, err := e.as(t, who).Workspaces.ReadByID(t.Context(), e.app.ID)
		must(t, err)
		got := ""
		if w.LockedBy != nil && w.LockedBy.Team != nil {
			got = w.LockedBy.Team.ID
		}
		if got != want || !w.Locked {
			t.Errorf("%s sees %v locked by %q, want %q", who, w.Locked, got, want)
		}
		if body := e.do(t, who, http.MethodGet, "organizations/acme/workspaces", "", http.StatusOK).Body; strings.Contains(body, shadows.ID) != (want != "") {
			t.Errorf("%s lists %s", who, body)
		}
	}
	for _, who := range []string{"owner", "reader"} {
		w, err := e.as(t, who).Workspaces.ReadByID(t.Context(), e.web.ID)
		must(t, err)
		if w.LockedBy == nil || w.LockedBy.Team == nil || w.LockedBy.Team.ID != open.ID {
			t.Errorf("%s sees a visible team's lock as %+v", who, w.LockedBy)
		}
	}
	if lock, there := e.read(t, "reader", "workspaces/"+e.app.ID).Data.Relationships["locked-by"]; !there || lock["data"] != nil {
		t.Errorf("a hidden lock is shown as %v", lock)
	}
}

func TestStackPermissionsInDocuments(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	var st stackDocument
	e.do(t, "infra-maintain", http.MethodPost, "stacks", stackBody(`"name":"net"`, e.infra.ID), http.StatusCreated).Decode(t, &st)
	for who, want := range map[string]map[string]any{
		"owner":          {"can-update": true, "can-destroy": true, "can-queue-run": true, "can-queue-apply": true},
		"infra-maintain": {"can-update": true, "can-destroy": true, "can-queue-run": true, "can-queue-apply": true},
		"infra-write":    {"can-update": false, "can-destroy": false, "can-queue-run": true, "can-queue-apply": true},
		"infra-read":     {"can-update": false, "can-destroy": false, "can-queue-run": false, "can-queue-apply": false},
	} {
		if diff := cmp.Diff(any(want), e.read(t, who, "stacks/"+st.Data.ID).Data.Attributes["permissions"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", who, diff)
		}
	}
}

// A subscription is HCP Terraform's: elsewhere asking for one is no fault, and there is none.
func TestSubscriptionsAreHCPTerraforms(t *testing.T) {
	t.Parallel()
	for mode, hcp := range map[string]bool{"tfe": false, "hcp": true} {
		s := &site{Running: testkit.App(t, func(c *config.Config) { c.TFEMode = mode }), tokens: map[string]string{}}
		o := s.organization(t, "owner", "acme")
		d := s.read(t, "owner", "organizations/acme?include=subscription")
		relation, there := d.Data.Relationships["subscription"]
		included := len(d.Included) == 1 && d.Included[0].Type == "subscriptions" && d.Included[0].ID == "sub-"+o.ExternalID
		if there != hcp || included != hcp || len(d.Included) > 1 {
			t.Errorf("as %s: %v, included %v", mode, relation, d.Included)
		}
		if at, shown := d.Data.Attributes["trial-expires-at"]; at != nil || !shown {
			t.Errorf("as %s: the trial expires at %v", mode, at)
		}
		var list struct {
			Included []struct{ Type string } `json:"included"`
		}
		s.do(t, "owner", http.MethodGet, "organizations?include=subscription", "", http.StatusOK).Decode(t, &list)
		if (len(list.Included) == 1) != hcp {
			t.Errorf("as %s: a list includes %v", mode, list.Included)
		}
		status := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[hcp]
		s.do(t, "owner", http.MethodGet, "organizations/acme/subscription", "", status)
	}
}

func TestWorkspacesHaveNoOutputsHere(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	d := e.read(t, "reader", "workspaces/"+e.app.ID).Data
	if diff := cmp.Diff([]any{}, d.Relationships["outputs"]["data"]); diff != "" || d.Attributes["hyok-enabled"] != false {
		t.Errorf("hyok-enabled is %v, outputs are %v", d.Attributes["hyok-enabled"], diff)
	}
}
