package protocol_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-tfe"
)

func TestAWorkspaceIsTheSameWhereverItIsShown(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	created := e.workspace(t, tfe.WorkspaceCreateOptions{
		Name: tfe.String("full"), Description: tfe.String("of it"), Project: e.infra, AllowDestroyPlan: tfe.Bool(false),
		AutoApply: tfe.Bool(true), AutoDestroyAt: tfe.NullableTime(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)),
		SourceName: tfe.String("my-app"), TerraformVersion: tfe.String("~> 1.5"), WorkingDirectory: tfe.String("bar/"),
		TriggerPrefixes: []string{"/modules"}, Tags: []*tfe.Tag{{Name: "tag1"}, {Name: "Tag2"}}, TagBindings: []*tfe.TagBinding{{Key: "env", Value: "prod"}},
	})
	read, err := owner.Workspaces.Read(t.Context(), "acme", "FULL")
	must(t, err)
	wantSame(t, "read by name in another case", created, read)
	read, err = owner.Workspaces.ReadByID(t.Context(), created.ID)
	must(t, err)
	wantSame(t, "read by id", created, read)
	list, err := owner.Workspaces.List(t.Context(), "acme", &tfe.WorkspaceListOptions{Search: "ful"})
	must(t, err)
	if len(list.Items) != 1 {
		t.Fatalf("%d workspaces", len(list.Items))
	}
	wantSame(t, "listed", created, list.Items[0])
	wantSame(t, "tags", []string{"tag1", "Tag2"}, created.TagNames)
	if created.Permissions.CanForceDelete == nil || !*created.Permissions.CanForceDelete || !created.Permissions.CanDestroy || created.Locked || created.Source != "tfe-api" || created.Project.ID != e.infra.ID {
		t.Errorf("created as %+v", created)
	}
	wantSame(t, "links", map[string]any{"self": "/api/v2/organizations/acme/workspaces/full", "self-html": "/app/acme/workspaces/full"}, created.Links)
	updated, err := owner.Workspaces.UpdateByID(t.Context(), created.ID, tfe.WorkspaceUpdateOptions{TriggerPatterns: []string{"/**/*"}})
	must(t, err)
	if len(updated.TriggerPrefixes) != 0 || updated.TerraformVersion != "~> 1.5" || updated.Description != "of it" || !updated.UpdatedAt.After(created.UpdatedAt) {
		t.Errorf("updated to %+v", updated)
	}
	read, err = owner.Workspaces.ReadByID(t.Context(), created.ID)
	must(t, err)
	wantSame(t, "read as it was updated", updated, read)
	renamed, err := owner.Workspaces.Update(t.Context(), "acme", "full", tfe.WorkspaceUpdateOptions{Name: tfe.String("fuller")})
	must(t, err)
	if renamed.ID != created.ID || renamed.Name != "fuller" {
		t.Errorf("renamed to %+v", renamed)
	}
	hidden(t, "read by the old name", errOf(owner.Workspaces.Read(t.Context(), "acme", "full")))
}

func TestListsOfWorkspaces(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.workspace(t, tfe.WorkspaceCreateOptions{Name: tfe.String("app-prod"), Tags: []*tfe.Tag{{Name: "red"}, {Name: "round"}}})
	e.workspace(t, tfe.WorkspaceCreateOptions{Name: tfe.String("net-prod"), Tags: []*tfe.Tag{{Name: "red"}}, TagBindings: []*tfe.TagBinding{{Key: "env", Value: "prod"}}})
	for _, row := range []struct {
		who  string
		o    tfe.WorkspaceListOptions
		want []string
	}{
		{"owner", tfe.WorkspaceListOptions{}, []string{"app", "app-prod", "net-prod", "web"}},
		{"owner", tfe.WorkspaceListOptions{Sort: "-name"}, []string{"web", "net-prod", "app-prod", "app"}},
		{"owner", tfe.WorkspaceListOptions{Search: "PRO"}, []string{"app-prod", "net-prod"}},
		{"owner", tfe.WorkspaceListOptions{WildcardName: "*-prod"}, []string{"app-prod", "net-prod"}},
		{"owner", tfe.WorkspaceListOptions{WildcardName: "a*"}, []string{"app", "app-prod"}},
		{"owner", tfe.WorkspaceListOptions{Tags: "red,round"}, []string{"app-prod"}},
		{"owner", tfe.WorkspaceListOptions{ExcludeTags: "round"}, []string{"app", "net-prod", "web"}},
		{"owner", tfe.WorkspaceListOptions{ProjectID: e.infra.ID}, []string{"app"}},
		{"owner", tfe.WorkspaceListOptions{TagBindings: []*tfe.TagBinding{{Key: "env"}}}, []string{"net-prod"}},
		{"owner", tfe.WorkspaceListOptions{TagBindings: []*tfe.TagBinding{{Key: "env", Value: "dev"}}}, []string{}},
		{"owner", tfe.WorkspaceListOptions{CurrentRunStatus: "applied"}, []string{}},
		{"reader", tfe.WorkspaceListOptions{ListOptions: tfe.ListOptions{PageNumber: 2, PageSize: 3}}, []string{"web"}},
		{"app-read", tfe.WorkspaceListOptions{}, []string{"app"}},
		{"infra-read", tfe.WorkspaceListOptions{}, []string{"app"}},
		{"infra-read", tfe.WorkspaceListOptions{Tags: "red"}, []string{}},
		{"member", tfe.WorkspaceListOptions{}, []string{}},
	} {
		list, err := e.as(t, row.who).Workspaces.List(t.Context(), "acme", &row.o)
		must(t, err)
		wantSame(t, row.who+" lists", row.want, namesOf(list))
	}
	hidden(t, "an outsider lists", errOf(e.as(t, "outsider").Workspaces.List(t.Context(), "acme", nil)))
	hidden(t, "a stranger lists", errOf(e.as(t, "stranger").Workspaces.List(t.Context(), "acme", nil)))
	e.do(t, "owner", http.MethodGet, "organizations/acme/workspaces?sort=age", "", http.StatusBadRequest)
}

func TestWorkspacesInclude(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	_, err := owner.Projects.AddTagBindings(t.Context(), e.infra.ID, tfe.ProjectAddTagBindingsOptions{TagBindings: []*tfe.TagBinding{{Key: "env", Value: "prod"}, {Key: "owner", Value: "us"}}})
	must(t, err)
	_, err = owner.Workspaces.AddTagBindings(t.Context(), e.app.ID, tfe.WorkspaceAddTagBindingsOptions{TagBindings: []*tfe.TagBinding{{Key: "env", Value: "dev"}}})
	must(t, err)
	all := &tfe.WorkspaceListOptions{Include: []tfe.WSIncludeOpt{tfe.WSOrganization, tfe.WSProject, tfe.WSEffectiveTagBindings}}
	list, err := e.as(t, "app-read").Workspaces.List(t.Context(), "acme", all)
	must(t, err)
	app := list.Items[0]
	if app.Organization.Email != "owner@example.com" || app.Project.Name != "infra" || app.Project.Organization.Email == "" {
		t.Errorf("included %+v and %+v", app.Organization, app.Project)
	}
	got := map[string]string{}
	for _, b := range app.EffectiveTagBindings {
		from, _ := b.Links["inherited-from"].(string)
		got[b.Key] = b.Value + from
	}
	wantSame(t, "tag bindings", map[string]string{"env": "dev", "owner": "us/api/v2/projects/" + e.infra.ID}, got)
	readme, err := owner.Workspaces.Readme(t.Context(), e.app.ID)
	if err != nil || readme != nil {
		t.Errorf("a readme: %v, %v", readme, err)
	}
	e.do(t, "owner", http.MethodGet, "workspaces/"+e.app.ID+"?include=team", "", http.StatusBadRequest)
}

// The booleans of a document are what the engine says of each workspace and each caller (research tfe-api 2.4).
func TestWorkspacePermissionsInDocuments(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for who, want := range map[string]tfe.WorkspacePermissions{
		"app-read":  {CanReadSettings: true, CanReadVariable: true, CanReadStateVersions: true},
		"app-plan":  {CanReadSettings: true, CanReadVariable: true, CanReadStateVersions: true, CanQueueRun: true},
		"app-write": {CanReadSettings: true, CanReadVariable: true, CanReadStateVersions: true, CanQueueRun: true, CanQueueApply: true, CanQueueDestroy: true, CanLock: true, CanUnlock: true, CanUpdateVariable: true},
		"app-admin": {
			CanReadSettings: true, CanReadVariable: true, CanReadStateVersions: true, CanQueueRun: true, CanQueueApply: true, CanQueueDestroy: true, CanLock: true, CanUnlock: true, CanUpdateVariable: true,
			CanUpdate: true, CanDestroy: true, CanForceUnlock: true, CanManageRunTasks: true,
		},
	} {
		w, err := e.as(t, who).Workspaces.ReadByID(t.Context(), e.app.ID)
		must(t, err)
		want.CanForceDelete = tfe.Bool(false)
		wantSame(t, who, &want, w.Permissions)
	}
}

func TestWhoChangesWorkspaces(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	path := "workspaces/" + e.app.ID
	n := 0
	fresh := func() string { n++; return "w" + strings.Repeat("x", n) }
	createIn := func(p *tfe.Project) func(*tfe.Client) error {
		return func(client *tfe.Client) error {
			return errOf(client.Workspaces.Create(t.Context(), "acme", tfe.WorkspaceCreateOptions{Name: tfe.String(fresh()), Project: p, Tags: []*tfe.Tag{{Name: "new"}}}))
		}
	}
	update := func(client *tfe.Client) error {
		return errOf(client.Workspaces.UpdateByID(t.Context(), e.app.ID, tfe.WorkspaceUpdateOptions{Description: tfe.String(fresh())}))
	}
	byName := func(client *tfe.Client) error {
		return errOf(client.Workspaces.Update(t.Context(), "acme", "app", tfe.WorkspaceUpdateOptions{Description: tfe.String(fresh())}))
	}
	admins := []string{"owner", "site", "workspacer", "projecter", "app-admin", "infra-admin", "infra-maintain"}
	inInfra := []string{"owner", "projecter", "infra-admin", "infra-maintain"}
	e.wantDeeds(t, []deed{
		{what: "create a workspace by default", do: createIn(nil), may: []string{"owner", "site", "workspacer", "projecter"}, not: everybody("owner", "site", "workspacer", "projecter"), kept: "organizations/acme/workspaces"},
		{what: "create a workspace in infra", do: createIn(e.infra), may: inInfra, not: everybody(append(inInfra, "site")...), kept: "organizations/acme/workspaces"},
		{
			what: "read the workspace", do: func(client *tfe.Client) error { return errOf(client.Workspaces.ReadByID(t.Context(), e.app.ID)) },
			may: everybody("member", "outsider", "stranger"), not: []string{"member", "outsider", "stranger"},
		},
		{what: "change the workspace", do: update, may: admins, not: everybody(admins...), kept: path},
		{what: "change the workspace by name", do: byName, may: []string{"app-admin"}, not: []string{"app-write", "member", "outsider", "stranger"}, kept: path},
	})
	theirs, err := e.as(t, "stranger").Projects.Create(t.Context(), "other", tfe.ProjectCreateOptions{Name: "theirs"})
	must(t, err)
	hidden(t, "create in another organization's project", createIn(theirs)(e.as(t, "owner")))
}

// A workspace goes for good by whoever may force it: owners, and its admins while the organization lets them (DECISIONS
// M3). The others of its admins delete it while that is safe.
func TestWhoDeletesWorkspaces(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	var doomed *tfe.Workspace
	again := func() {
		doomed = e.workspace(t, tfe.WorkspaceCreateOptions{Name: tfe.String("doomed"), Project: e.infra})
	}
	again()
	force := func(client *tfe.Client) error { return client.Workspaces.DeleteByID(t.Context(), doomed.ID) }
	forceByName := func(client *tfe.Client) error { return client.Workspaces.Delete(t.Context(), "acme", "doomed") }
	safe := func(client *tfe.Client) error { return client.Workspaces.SafeDeleteByID(t.Context(), doomed.ID) }
	safeByName := func(client *tfe.Client) error { return client.Workspaces.SafeDelete(t.Context(), "acme", "doomed") }
	const kept = "organizations/acme/workspaces/doomed"
	e.wantDeeds(t, []deed{
		{what: "force-delete", do: force, may: []string{"owner", "site"}, not: []string{"infra-admin", "infra-maintain", "projecter", "workspacer", "member", "outsider"}, undo: again},
		{what: "force-delete by name", do: forceByName, may: []string{"owner"}, not: []string{"infra-admin", "outsider"}, undo: again},
		{what: "delete", do: safe, may: []string{"owner", "infra-admin", "infra-maintain", "projecter", "workspacer"}, not: []string{"infra-write", "app-admin", "reader", "member", "outsider", "stranger"}, undo: again},
		{what: "delete by name", do: safeByName, may: []string{"infra-admin"}, not: []string{"infra-write", "outsider"}, undo: again},
	})
	e.do(t, "site", http.MethodGet, kept, "", http.StatusOK)
	must(t, errOf(owner.Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{AllowForceDeleteWorkspaces: tfe.Bool(true)})))
	e.wantDeeds(t, []deed{
		{what: "force-delete where admins may", do: force, may: []string{"infra-admin", "infra-maintain", "workspacer"}, not: []string{"infra-write", "app-admin", "member", "outsider"}, undo: again},
	})
	must(t, errOf(owner.Workspaces.Lock(t.Context(), doomed.ID, tfe.WorkspaceLockOptions{})))
	for _, err := range []error{safe(owner), safeByName(owner)} {
		if err == nil || err.Error() != tfe.ErrWorkspaceLockedCannotDelete.Error() {
			t.Errorf("delete what is locked: %v", err)
		}
	}
	must(t, force(owner))
	hidden(t, "force-delete it again", force(owner))
	hidden(t, "delete it again", safe(owner))
}

func TestWorkspaceFaults(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for attributes, words := range map[string]string{
		`"name":"a b"`: "Name may only contain",
		`"name":"` + strings.Repeat("x", 91) + `"`: "is too long (maximum is 90 characters)",
		`"name":"WEB"`:                                           "Name has already been taken",
		`"name":null`:                                            "",
		`"terraform-version":"nonexisting"`:                      "Terraform version is not a valid version",
		`"terraform-version":"1.2.3; rm"`:                        "is not a valid version",
		`"vcs-repo":{"identifier":"a/b"}`:                        "VCS connections are not managed here",
		`"auto-apply":"yes"`:                                     "must be true or false",
		`"auto-destroy-at":"tomorrow"`:                           "is invalid",
		`"trigger-patterns":["a"],"trigger-prefixes":["b"]`:      "must not be set together",
		`"trigger-prefixes":"a"`:                                 "must be a list",
		`"auto-destroy-activity-duration":"20m"`:                 "has an incorrect format",
		`"project-remote-state":true,"global-remote-state":1`:    "must be true or false",
		`"global-remote-state":true,"project-remote-state":true`: "Project remote state cannot be enabled when global remote state sharing is enabled",
	} {
		before := e.do(t, "owner", http.MethodGet, "workspaces/"+e.app.ID, "", http.StatusOK).Body
		status := http.StatusUnprocessableEntity
		if words == "" {
			status = http.StatusOK
		}
		reply := e.do(t, "owner", http.MethodPatch, "workspaces/"+e.app.ID, `{"data":{"type":"workspaces","attributes":{`+attributes+`}}}`, status)
		if !strings.Contains(reply.Body, words) {
			t.Errorf("%s is answered %s, want %q", attributes, reply.Body, words)
		}
		wantSame(t, "after "+attributes, before, e.do(t, "owner", http.MethodGet, "workspaces/"+e.app.ID, "", http.StatusOK).Body)
	}
	for _, version := range []string{"latest", "1.0.0", "1.9", "~> 1.2.0", ">= 1.0, < 2.0", "1.2.0-beta1"} {
		must(t, errOf(e.as(t, "owner").Workspaces.UpdateByID(t.Context(), e.app.ID, tfe.WorkspaceUpdateOptions{TerraformVersion: tfe.String(version)})))
	}
	e.do(t, "owner", http.MethodPost, "organizations/acme/workspaces", `{"data":{"type":"workspaces","attributes":{}}}`, http.StatusUnprocessableEntity)
	e.do(t, "owner", http.MethodPost, "organizations/acme/workspaces", `{"data":{"type":"projects","attributes":{"name":"x"}}}`, http.StatusUnprocessableEntity)
}

func TestLocks(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	lock := func(client *tfe.Client) error {
		return errOf(client.Workspaces.Lock(t.Context(), e.app.ID, tfe.WorkspaceLockOptions{Reason: tfe.String("for repair")}))
	}
	unlock := func(client *tfe.Client) error { return errOf(client.Workspaces.Unlock(t.Context(), e.app.ID)) }
	force := func(client *tfe.Client) error { return errOf(client.Workspaces.ForceUnlock(t.Context(), e.app.ID)) }
	relock := func() { must(t, lock(owner)) }
	free := func() { must(t, force(owner)) }
	path := "workspaces/" + e.app.ID
	e.wantDeeds(t, []deed{
		{what: "lock", do: lock, may: []string{"owner", "app-write", "infra-write", "workspacer"}, not: []string{"app-read", "app-plan", "infra-read", "reader", "member", "outsider", "stranger"}, undo: free, kept: path},
	})
	relock()
	e.wantDeeds(t, []deed{
		{what: "force the lock", do: force, may: []string{"app-admin", "infra-maintain", "site"}, not: []string{"app-write", "infra-write", "reader", "member", "outsider"}, undo: relock, kept: path},
		{what: "unlock", do: unlock, may: []string{"owner"}, not: []string{"app-plan", "reader", "member", "outsider"}, kept: path},
	})
	is := func(what string, err, want error) {
		t.Helper()
		if err == nil || err.Error() != want.Error() {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	is("unlock what is not locked", unlock(owner), tfe.ErrWorkspaceNotLocked)
	is("force what is not locked", force(owner), tfe.ErrWorkspaceNotLocked)
	must(t, lock(e.as(t, "app-write")))
	is("lock what is locked", lock(owner), tfe.ErrWorkspaceLocked)
	is("unlock another's lock", unlock(owner), tfe.ErrWorkspaceLockedByUser)
	w, err := owner.Workspaces.UpdateByID(t.Context(), e.app.ID, tfe.WorkspaceUpdateOptions{Description: tfe.String("changed")})
	must(t, err)
	if !w.Locked || w.LockedBy == nil || w.LockedBy.User == nil || w.LockedBy.User.ID != e.id(t, "app-write") {
		t.Errorf("after a change it is locked by %+v", w.LockedBy)
	}
	must(t, unlock(e.as(t, "app-write")))
	// A team's lock is its team's: another token of the team ends it, a person of the team does not.
	team := e.team(t, "owner", "acme", visible("lockers"), "app-write")
	_, err = owner.TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{Access: tfe.Access(tfe.AccessWrite), Team: team, Workspace: e.app})
	must(t, err)
	first, err := owner.TeamTokens.CreateWithOptions(t.Context(), team.ID, tfe.TeamTokenCreateOptions{Description: tfe.String("first")})
	must(t, err)
	second, err := owner.TeamTokens.CreateWithOptions(t.Context(), team.ID, tfe.TeamTokenCreateOptions{Description: tfe.String("second")})
	must(t, err)
	must(t, lock(e.as(t, first.Token)))
	is("unlock a team's lock", unlock(e.as(t, "app-write")), tfe.ErrWorkspaceLockedByTeam)
	w, err = owner.Workspaces.ReadByID(t.Context(), e.app.ID)
	must(t, err)
	if w.LockedBy == nil || w.LockedBy.Team == nil || w.LockedBy.Team.ID != team.ID {
		t.Errorf("it is locked by %+v", w.LockedBy)
	}
	must(t, unlock(e.as(t, second.Token)))
	e.do(t, "owner", http.MethodPost, path+"/actions/lock", "", http.StatusOK)
	reply := e.do(t, "owner", http.MethodPost, path+"/actions/lock", `{"data":{"type":""}}`, http.StatusConflict)
	if !strings.Contains(reply.Body, `"status":"409"`) {
		t.Errorf("the answer is %s", reply.Body)
	}
}

func TestSSHKeysAreNotManagedHere(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	unassign := func(client *tfe.Client) error { return errOf(client.Workspaces.UnassignSSHKey(t.Context(), e.app.ID)) }
	e.wantDeeds(t, []deed{{what: "take the key", do: unassign, may: []string{"app-admin"}, not: []string{"app-write", "member", "outsider"}}})
	hidden(t, "give one", errOf(e.as(t, "owner").Workspaces.AssignSSHKey(t.Context(), e.app.ID, tfe.WorkspaceAssignSSHKeyOptions{SSHKeyID: tfe.String("sshkey-1")})))
	w, err := e.as(t, "owner").Workspaces.RemoveVCSConnectionByID(t.Context(), e.app.ID)
	if err != nil || w.VCSRepo != nil {
		t.Errorf("no connection is taken: %v", err)
	}
}
