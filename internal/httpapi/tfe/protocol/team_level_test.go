package protocol_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	tfe "github.com/hashicorp/go-tfe"
)

// levelPlace is a workspace and the project it is in, with a team for each of several people who have access there.
type levelPlace struct {
	*teamWorld
	project   *tfe.Project
	workspace *tfe.Workspace
	team      *tfe.Team // without access
}

func newLevelPlace(t *testing.T) *levelPlace {
	t.Helper()
	p := &levelPlace{teamWorld: newTeamWorld(t)}
	api := p.api(t)
	var err error
	if p.project, err = api.Projects.Create(t.Context(), "acme", tfe.ProjectCreateOptions{Name: "infra"}); err != nil {
		t.Fatal(err)
	}
	if p.workspace, err = api.Workspaces.Create(t.Context(), "acme", tfe.WorkspaceCreateOptions{Name: tfe.String("prod"), Project: p.project}); err != nil {
		t.Fatal(err)
	}
	p.team = p.teamWorld.team(t, "sre", "organization")
	p.join(t, p.team.ID, "pupil")
	for who, level := range map[string]tfe.AccessType{"admin": tfe.AccessAdmin, "writer": tfe.AccessWrite} {
		team := p.teamWorld.team(t, who+"s", "organization")
		p.join(t, team.ID, who)
		if _, err := api.TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{Access: &level, Team: team, Workspace: p.workspace}); err != nil {
			t.Fatal(err)
		}
	}
	team := p.teamWorld.team(t, "project-admins", "organization")
	p.join(t, team.ID, "project-admin")
	if _, err := api.TeamProjectAccess.Add(t.Context(), tfe.TeamProjectAccessAddOptions{Access: tfe.TeamProjectAccessAdmin, Team: team, Project: p.project}); err != nil {
		t.Fatal(err)
	}
	return p
}

const workspaceLevels, projectLevels = "/api/v2/team-workspaces", "/api/v2/team-projects"

// onWorkspace is a request for a team's access to the workspace.
func (p *levelPlace) onWorkspace(team, fields string) string {
	return attributes(fields, related("team", "teams", team), related("workspace", "workspaces", p.workspace.ID))
}

func (p *levelPlace) onProject(team, fields string) string {
	return attributes(fields, related("team", "teams", team), related("project", "projects", p.project.ID))
}

// TestAccessIsTheSameWhereverItIsShown compares what add, read, update and list answer, for both resources.
func TestAccessIsTheSameWhereverItIsShown(t *testing.T) {
	t.Parallel()
	p := newLevelPlace(t)
	api := p.api(t)
	onWorkspace, err := api.TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{
		Access: tfe.Access(tfe.AccessCustom), Runs: tfe.RunsPermission(tfe.RunsPermissionPlan), WorkspaceLocking: tfe.Bool(true), Team: p.team, Workspace: p.workspace,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &tfe.TeamAccess{
		ID: onWorkspace.ID, Access: "custom", Runs: "plan", Variables: "none", StateVersions: "none", SentinelMocks: "none", WorkspaceLocking: true,
		Team: &tfe.Team{ID: p.team.ID}, Workspace: &tfe.Workspace{ID: p.workspace.ID},
	}
	read, err := api.TeamAccess.Read(t.Context(), onWorkspace.ID)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := api.TeamAccess.List(t.Context(), &tfe.TeamAccessListOptions{WorkspaceID: p.workspace.ID})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(listed.Items, func(a *tfe.TeamAccess) bool { return a.ID == onWorkspace.ID })
	for where, got := range map[string]*tfe.TeamAccess{"add": onWorkspace, "read": read, "list": listed.Items[i]} {
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: -want +got\n%s", where, diff)
		}
	}
	if onWorkspace.ID[:4] != "tws-" || len(listed.Items) != 3 {
		t.Errorf("%s is one of %d", onWorkspace.ID, len(listed.Items))
	}
	changed, err := api.TeamAccess.Update(t.Context(), onWorkspace.ID, tfe.TeamAccessUpdateOptions{Access: tfe.Access(tfe.AccessWrite)})
	if err != nil || changed.ID != onWorkspace.ID || changed.Runs != "apply" || changed.RunTasks {
		t.Errorf("after the update: %+v %v", changed, err)
	}

	onProject, err := api.TeamProjectAccess.Add(t.Context(), tfe.TeamProjectAccessAddOptions{
		Access: tfe.TeamProjectAccessCustom, Team: p.team, Project: p.project,
		ProjectAccess:   &tfe.TeamProjectAccessProjectPermissionsOptions{Teams: tfe.ProjectTeamsPermission(tfe.ProjectTeamsPermissionManage)},
		WorkspaceAccess: &tfe.TeamProjectAccessWorkspacePermissionsOptions{Create: tfe.Bool(true), PolicyOverrides: tfe.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantProject := &tfe.TeamProjectAccess{
		ID: onProject.ID, Access: "custom", Team: &tfe.Team{ID: p.team.ID}, Project: &tfe.Project{ID: p.project.ID},
		ProjectAccess: &tfe.TeamProjectAccessProjectPermissions{ProjectSettingsPermission: "read", ProjectTeamsPermission: "manage", ProjectVariableSetsPermission: "none"},
		WorkspaceAccess: &tfe.TeamProjectAccessWorkspacePermissions{
			WorkspaceRunsPermission: "read", WorkspaceSentinelMocksPermission: "none", WorkspaceStateVersionsPermission: "none", WorkspaceVariablesPermission: "none",
			WorkspaceCreatePermission: true, WorkspacePolicyOverridesPermission: true,
		},
	}
	readProject, err := api.TeamProjectAccess.Read(t.Context(), onProject.ID)
	if err != nil {
		t.Fatal(err)
	}
	listedProject, err := api.TeamProjectAccess.List(t.Context(), tfe.TeamProjectAccessListOptions{ProjectID: p.project.ID})
	if err != nil {
		t.Fatal(err)
	}
	i = slices.IndexFunc(listedProject.Items, func(a *tfe.TeamProjectAccess) bool { return a.ID == onProject.ID })
	for where, got := range map[string]*tfe.TeamProjectAccess{"add": onProject, "read": readProject, "list": listedProject.Items[i]} {
		if diff := cmp.Diff(wantProject, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: -want +got\n%s", where, diff)
		}
	}
	if onProject.ID[:5] != "tprj-" || listedProject.TotalCount != 2 {
		t.Errorf("%s is one of %d", onProject.ID, listedProject.TotalCount)
	}
}

// TestListsOfAccess shows everything to whoever manages access and reads, his own team's to everybody else, as far as he
// sees the teams; team-workspaces are not paged by themselves.
func TestListsOfAccess(t *testing.T) {
	t.Parallel()
	p := newLevelPlace(t)
	shadow := p.teamWorld.team(t, "shadow", "secret")
	p.join(t, shadow.ID, "insider")
	var ids []string
	for _, team := range []string{p.team.ID, shadow.ID} {
		for path, request := range map[string]string{workspaceLevels: p.onWorkspace(team, `"access":"read"`), projectLevels: p.onProject(team, `"access":"read"`)} {
			reply := p.call(t, "owner", http.MethodPost, path, request)
			if reply.Status != http.StatusCreated {
				t.Fatalf("%d %s", reply.Status, reply.Body)
			}
			var d teamDocument
			reply.Decode(t, &d)
			ids = append(ids, d.Data.ID)
		}
	}
	onWorkspace, onProject := workspaceLevels+"?filter%5Bworkspace%5D%5Bid%5D="+p.workspace.ID, projectLevels+"?filter%5Bproject%5D%5Bid%5D="+p.project.ID
	for path, counts := range map[string]map[string]int{
		onWorkspace:                       {"owner": 4, "admin": 3, "project-admin": 3, "writer": 1, "pupil": 1, "insider": 1},
		onProject:                         {"owner": 3, "project-admin": 2, "admin": 0, "writer": 0, "pupil": 1, "insider": 1},
		onWorkspace + "&page%5Bsize%5D=1": {"owner": 1},
		onWorkspace + "&page%5Bsize%5D=100&page%5Bnumber%5D=99": {"owner": 0},
		onWorkspace + "&filter%5Bteam%5D%5Bid%5D=" + p.team.ID:  {"owner": 1, "writer": 0, "pupil": 1},
		onProject + "&filter%5Bteam%5D%5Bid%5D=" + shadow.ID:    {"owner": 1, "project-admin": 0, "insider": 1},
		onProject + "&page%5Bsize%5D=2&page%5Bnumber%5D=2":      {"owner": 1},
	} {
		for who, want := range counts {
			if got := len(p.list(t, who, path).Data); got != want {
				t.Errorf("%s lists %d of %s, want %d", who, got, path, want)
			}
		}
	}
	if got := p.list(t, "owner", onProject+"&page%5Bsize%5D=100&page%5Bnumber%5D=999").Meta.Pagination; got.CurrentPage != 999 || got.TotalCount != 3 {
		t.Errorf("the pagination is %+v", got)
	}
	for _, path := range []string{onWorkspace, onProject} {
		p.hides(t, http.MethodGet, path, "", "outsider", "member")
	}
	p.hides(t, http.MethodGet, workspaceLevels+"?filter%5Bworkspace%5D%5Bid%5D=ws-xxxxxxxxxxxxxxxx", "", "owner")
	p.refuses(t, "owner", http.MethodGet, workspaceLevels, "", http.StatusBadRequest, "filter[workspace][id]: bad request: filter[workspace][id] can't be blank")
	p.refuses(t, "owner", http.MethodGet, projectLevels, "", http.StatusBadRequest, "filter[project][id]: bad request: filter[project][id] can't be blank")
	for _, id := range ids {
		path, kind := workspaceLevels+"/"+id, projectLevels+"/"+id
		if id[:4] != "tws-" {
			path, kind = kind, path
		}
		p.hides(t, http.MethodGet, path, "", "outsider", "member", "writer")
		p.hides(t, http.MethodGet, kind, "", "owner") // the other resource's id
	}
}

// TestWhoChangesAccess has, for both resources, who may and who nearly may.
func TestWhoChangesAccess(t *testing.T) {
	t.Parallel()
	p := newLevelPlace(t)
	shadow := p.teamWorld.team(t, "shadow", "secret")
	p.join(t, shadow.ID, "admin", "project-admin") // being in a secret team is not enough to name it
	token, err := p.api(t).OrganizationTokens.Create(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	p.tokens["organization"] = token.Token // which holds no run itself
	for _, row := range []struct {
		path, request, secret string
		update                string
		may, not              []string
	}{
		{
			workspaceLevels, p.onWorkspace(p.team.ID, `"access":"admin"`), p.onWorkspace(shadow.ID, `"access":"read"`), attributes(`"access":"custom","runs":"plan"`),
			[]string{"admin", "project-admin", "organization", "owner"},
			[]string{"writer", "pupil", "member", "outsider"},
		},
		{
			projectLevels, p.onProject(p.team.ID, `"access":"admin"`), p.onProject(shadow.ID, `"access":"read"`), attributes(`"access":"maintain"`),
			[]string{"project-admin", "organization", "owner"},
			[]string{"admin", "writer", "pupil", "member", "outsider"},
		},
	} {
		p.hides(t, http.MethodPost, row.path, row.request, row.not...)
		p.hides(t, http.MethodPost, row.path, row.secret, "admin", "project-admin")
		for _, who := range row.may {
			reply := p.call(t, who, http.MethodPost, row.path, row.request)
			if reply.Status != http.StatusCreated {
				t.Fatalf("%s adds at %s: %d %s", who, row.path, reply.Status, reply.Body)
			}
			var d teamDocument
			reply.Decode(t, &d)
			path := row.path + "/" + d.Data.ID
			p.refuses(t, who, http.MethodPost, row.path, row.request, http.StatusUnprocessableEntity, ": unprocessable entity: the team already has access to the "+row.path[len("/api/v2/team-"):len(row.path)-1])
			others := slices.DeleteFunc(slices.Clone(row.not), func(name string) bool { return name == "pupil" }) // who holds the level now
			p.hides(t, http.MethodPatch, path, row.update, others...)
			p.hides(t, http.MethodDelete, path, "", others...)
			if got := p.read(t, "owner", path).Data.Attributes["access"]; got != "admin" {
				t.Errorf("a refused call changed the access to %v", got)
			}
			if reply := p.call(t, who, http.MethodPatch, path, row.update); reply.Status != http.StatusOK {
				t.Errorf("%s changes %s: %d %s", who, path, reply.Status, reply.Body)
			}
			if reply := p.call(t, who, http.MethodDelete, path, ""); reply.Status != http.StatusNoContent {
				t.Errorf("%s removes %s: %d %s", who, path, reply.Status, reply.Body)
			}
			p.hides(t, http.MethodGet, path, "", "owner")
			p.hides(t, http.MethodDelete, path, "", "owner")
		}
	}
	p.hides(t, http.MethodGet, "/api/v2/workspaces/"+p.workspace.ID, "", "pupil")
}

// TestAccessFaults reports every fault at its place, and gives nothing.
func TestAccessFaults(t *testing.T) {
	t.Parallel()
	p := newLevelPlace(t)
	const invalid = http.StatusUnprocessableEntity
	readOnly := func(pointer, name string) string {
		return "/data/attributes/" + pointer + ": invalid attribute: " + name + " is read-only when access level is 'read'; use the 'custom' access level to set this attribute."
	}
	for request, want := range map[string][]string{
		p.onWorkspace(p.team.ID, `"access":"read","runs":"apply"`):                           {readOnly("runs", "Runs")},
		p.onWorkspace(p.team.ID, `"access":"read","sentinel-mocks":"none","run-tasks":true`): {readOnly("run-tasks", "Run tasks"), readOnly("sentinel-mocks", "Sentinel mocks")},
		p.onWorkspace(p.team.ID, `"access":"maintain"`):                                      {"/data/attributes/access: invalid attribute: Access is not included in the list"},
		p.onWorkspace(p.team.ID, `"runs":"read"`):                                            {"/data/attributes/access: invalid attribute: Access can't be blank"},
		p.onWorkspace(p.team.ID, `"access":1,"runs":true,"run-tasks":"true"`): {
			"/data/attributes/access: invalid attribute: Access must be a string",
			"/data/attributes/runs: invalid attribute: Runs must be a string",
			"/data/attributes/run-tasks: invalid attribute: Run tasks must be true or false",
		},
		p.onWorkspace(p.team.ID, `"access":"custom","runs":"all","variables":"write"`): {"/data/attributes/runs: invalid attribute: Runs is not included in the list"},
		attributes(`"access":"read"`): {
			"/data/relationships/team: invalid attribute: Team can't be blank",
			"/data/relationships/workspace: invalid attribute: Workspace can't be blank",
		},
	} {
		p.refuses(t, "owner", http.MethodPost, workspaceLevels, request, invalid, want...)
	}
	for request, want := range map[string][]string{
		p.onProject(p.team.ID, `"access":"read","project-access":{"settings":"read"},"workspace-access":{}`): {readOnly("project-access/settings", "Settings")},
		p.onProject(p.team.ID, `"access":"custom","project-access":{"teams":"! / nope"}`):                    {"/data/attributes/project-access/teams: invalid attribute: Teams is not included in the list"},
		p.onProject(p.team.ID, `"access":"custom","project-access":7,"workspace-access":{"create":"yes"}`): {
			"/data/attributes/project-access: invalid attribute: Project access must be an object",
			"/data/attributes/workspace-access/create: invalid attribute: Create must be true or false",
		},
	} {
		p.refuses(t, "owner", http.MethodPost, projectLevels, request, invalid, want...)
	}
	owners := p.list(t, "owner", teamOrg+"/teams?filter%5Bnames%5D=owners").Data[0].ID
	p.refuses(t, "owner", http.MethodPost, workspaceLevels, p.onWorkspace(owners, `"access":"read"`), invalid, ": unprocessable entity: the owners team holds every access already")
	p.hides(t, http.MethodPost, workspaceLevels, p.onWorkspace("team-xxxxxxxxxxxxxxxx", `"access":"read"`), "owner")
	p.hides(t, http.MethodGet, "/api/v2/workspaces/"+p.workspace.ID, "", "pupil")
	if reply := p.call(t, "owner", http.MethodPost, workspaceLevels, p.onWorkspace(p.team.ID, `"access":"read","runs":null`)); reply.Status != http.StatusCreated {
		t.Errorf("null says nothing: %d %s", reply.Status, reply.Body)
	}
	if reply := p.call(t, "pupil", http.MethodGet, "/api/v2/workspaces/"+p.workspace.ID, ""); reply.Status != http.StatusOK {
		t.Errorf("the pupil reads the workspace: %d", reply.Status)
	}
}
