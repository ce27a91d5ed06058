package places_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

func TestWorkspacesComeBackAsTheyWereSent(t *testing.T) {
	t.Parallel()
	w := start(t)
	e := w.estate(t)
	w.site.make(t, e.teams, values{"name": "LEADS", "role": "admin"})
	lead := w.person(t, "LEADS")
	sent := values{
		"name": "prod", "description": "of theirs", "source": "https://git.users.invalid/x.git", "branch": "main", "folder": "/", "terraformVersion": "1.9.0",
		"iacType": "tofu", "executionMode": "local", "defaultTemplate": "t-1", "locked": true, "lockDescription": "broken", "allowRemoteApply": true,
		"globalRemoteState": true, "moduleSshKey": "k", "deleted": false, "project": toOne{"project", e.project}, "sharedIds": e.workspace,
	}
	made := lead.make(t, e.workspaces, sent)
	shown := lead.get(t, e.workspaces+"/"+made.ID).want(t, http.StatusOK).object(t)
	for name, want := range sent {
		if _, relation := want.(toOne); !relation && shown.Attributes[name] != want {
			t.Errorf("%s came back as %v", name, shown.Attributes[name])
		}
	}
	if shown.related("project") != e.project || shown.related("organization") != e.id || shown.text("createdBy") != lead.name || shown.text("createdDate") == "" {
		t.Errorf("it came back as %+v", shown)
	}
	lead.patch(t, e.workspaces, made.ID, values{
		"branch": nil, "locked": false, "sharedIds": "", "project": toOne{"project", ""}, "name": "prod2",
	}).want(t, http.StatusNoContent)
	shown = lead.get(t, "workspace/"+made.ID).want(t, http.StatusOK).object(t)
	if shown.Attributes["branch"] != nil || shown.flag("locked") || shown.Attributes["sharedIds"] != nil || shown.related("project") != "" || shown.text("folder") != "/" {
		t.Errorf("after the change it is %+v", shown)
	}
	if shown.text("updatedBy") != lead.name {
		t.Errorf("it was changed by %v", shown.Attributes["updatedBy"])
	}
	bare := lead.make(t, e.workspaces, values{"name": "bare"})
	if bare.text("executionMode") != "remote" || bare.flag("locked") || bare.related("project") != "" || bare.Attributes["source"] != nil {
		t.Errorf("a workspace without anything is %+v", bare)
	}
	lead.post(t, e.workspaces, values{"name": "BARE"}).want(t, http.StatusConflict)
	lead.post(t, e.workspaces, values{"name": "a b"}).want(t, http.StatusBadRequest)
	lead.post(t, e.workspaces, values{"name": "c", "project": toOne{"project", w.estate(t).project}}).want(t, http.StatusNotFound)
	lead.post(t, e.workspaces, values{"name": "d", "sharedIds": w.estate(t).workspace}).want(t, http.StatusBadRequest)
	lead.post(t, e.workspaces, values{"name": "d", "sharedIds": "no id at all"}).want(t, http.StatusBadRequest)
	if seen := namesIn(lead.list(t, e.workspaces, "name=in=(c,d)")); len(seen) != 0 {
		t.Errorf("refused workspaces are there: %v", seen)
	}
}

// TestWorkspacesAreTheSameFromBothSides: name, description, project, lock and consumers.
func TestWorkspacesAreTheSameFromBothSides(t *testing.T) {
	t.Parallel()
	w := start(t)
	e := w.estate(t)
	made := w.site.make(t, e.workspaces, values{"name": "prod", "description": "a", "project": toOne{"project", e.project}, "locked": true, "lockDescription": "b"})
	there := w.site.tfe(t, http.MethodGet, "workspaces/"+made.ID, "").want(t, http.StatusOK).object(t)
	if there.text("name") != "prod" || there.text("description") != "a" || !there.flag("locked") || there.related("project") != e.project {
		t.Errorf("to TFE the workspace is %+v", there)
	}
	w.site.tfe(t, http.MethodPost, "workspaces/"+made.ID+"/actions/force-unlock", "").want(t, http.StatusOK)
	w.site.tfe(t, http.MethodPatch, "workspaces/"+made.ID, `{"data":{"type":"workspaces","attributes":{"name":"live","description":"c"}}}`).want(t, http.StatusOK)
	w.site.tfe(t, http.MethodPost, "workspaces/"+made.ID+"/relationships/remote-state-consumers", fmt.Sprintf(`{"data":[{"type":"workspaces","id":%q}]}`, e.workspace)).want(t, http.StatusNoContent)
	here := w.site.get(t, e.workspaces+"/"+made.ID).want(t, http.StatusOK).object(t)
	if here.text("name") != "live" || here.text("description") != "c" || here.flag("locked") || here.text("sharedIds") != e.workspace {
		t.Errorf("to Terrakube the workspace is %+v", here)
	}
	w.site.patch(t, e.workspaces, made.ID, values{"branch": "main"}).want(t, http.StatusNoContent)
	w.site.tfe(t, http.MethodPatch, "workspaces/"+made.ID, `{"data":{"type":"workspaces","attributes":{"auto-apply":true}}}`).want(t, http.StatusOK)
	if here = w.site.get(t, "workspace/"+made.ID).object(t); here.text("branch") != "main" {
		t.Error("what Terrakube kept went with a change by TFE")
	}
	// Clients delete by a change of name and a mark.
	w.site.patch(t, e.workspaces, made.ID, values{"name": "live_DEL_a1B2", "deleted": true}).want(t, http.StatusNoContent)
	w.site.get(t, e.workspaces+"/"+made.ID).want(t, http.StatusNotFound)
	w.site.tfe(t, http.MethodGet, "workspaces/"+made.ID, "").want(t, http.StatusNotFound)
	w.site.make(t, e.workspaces, values{"name": "live"})
	w.consistent(t)
}

// TestWhoSeesAndChangesWorkspaces by each way to hold something, with and without parity.
func TestWhoSeesAndChangesWorkspaces(t *testing.T) {
	t.Parallel()
	for _, exact := range []bool{false, true} {
		w := start(t)
		if exact {
			w = start(t, parity)
		}
		e := w.estate(t)
		open := w.site.make(t, e.workspaces, values{"name": "open"}).ID // in no project
		w.site.make(t, e.teams, values{"name": "MEMBERS"})
		w.site.make(t, e.teams, values{"name": "MANAGERS", "manageWorkspace": true})
		w.site.make(t, e.access, values{"name": "READS", "role": "read"})
		w.site.make(t, e.access, values{"name": "MANAGES", "manageWorkspace": true})
		w.site.make(t, e.projectAccess, values{"name": "IN_PROJECT"})
		w.site.make(t, e.projectAccess, values{"name": "WRITES_PROJECT", "role": "write"})
		sees := map[bool]int{false: http.StatusOK, true: http.StatusNotFound}[exact]
		all, none := http.StatusOK, http.StatusNotFound
		rows := []struct {
			group                                string
			inside, open                         int // GET
			change, remove, makeOpen, makeInside int
		}{
			{administrators, all, all, 403, 403, 403, 403},
			{"MEMBERS", sees, all, denied(sees), denied(sees), 403, denied(sees)},
			{"MANAGERS", all, all, 204, 204, 201, 201},
			{"READS", sees, none, denied(sees), denied(sees), 403, 403},
			{"MANAGES", all, none, 204, 204, 403, 403},
			{"IN_PROJECT", all, none, 403, 403, 403, 403},
			{"WRITES_PROJECT", all, none, 204, 204, 403, 201},
		}
		for i, row := range rows {
			p := w.person(t, row.group)
			at := e.workspaces + "/" + e.workspace
			name := fmt.Sprintf("%s with parity %v", row.group, exact)
			p.get(t, at).want(t, row.inside)
			p.get(t, e.workspaces+"/"+open).want(t, row.open)
			seen := len(p.list(t, e.workspaces, "name==open,id=="+e.workspace))
			if want := count(row.inside) + count(row.open); seen != want {
				t.Errorf("%s: the list shows %d workspaces, want %d", name, seen, want)
			}
			if got := p.patch(t, e.workspaces, e.workspace, values{"description": name}).status; got != row.change {
				t.Errorf("%s: a change answers %d, want %d", name, got, row.change)
			}
			if got := p.post(t, e.workspaces, values{"name": fmt.Sprintf("new-%d", i)}).status; got != row.makeOpen {
				t.Errorf("%s: making one answers %d, want %d", name, got, row.makeOpen)
			}
			inProject := p.post(t, e.workspaces, values{"name": fmt.Sprintf("in-%d", i), "project": toOne{"project", e.project}}).status
			if inProject != row.makeInside {
				t.Errorf("%s: making one in the project answers %d, want %d", name, inProject, row.makeInside)
			}
			victim := e.workspace
			if row.remove == 204 {
				continue // what may be changed may be deleted, see below
			}
			if got := p.remove(t, e.workspaces+"/"+victim).status; got != row.remove {
				t.Errorf("%s: deleting answers %d, want %d", name, got, row.remove)
			}
		}
		w.person(t).get(t, "workspace/"+e.workspace).want(t, http.StatusForbidden)
		w.person(t, "WRITES_PROJECT").patch(t, e.workspaces, e.workspace, values{"deleted": true}).want(t, http.StatusNoContent)
		w.consistent(t)
	}
}

func denied(read int) int {
	if read == http.StatusOK {
		return http.StatusForbidden
	}
	return read
}

func count(status int) int {
	if status == http.StatusOK {
		return 1
	}
	return 0
}

func TestALockIsItsHolders(t *testing.T) {
	t.Parallel()
	w := start(t)
	e := w.estate(t)
	w.site.make(t, e.access, values{"name": "WRITERS", "role": "write"})
	w.site.make(t, e.access, values{"name": "ADMINS", "role": "admin"})
	writer, other, lead := w.person(t, "WRITERS"), w.person(t, "WRITERS"), w.person(t, "ADMINS")
	lock := func(p caller, locked bool, want int) {
		t.Helper()
		p.patch(t, e.workspaces, e.workspace, values{"locked": locked}).want(t, want)
	}
	lock(writer, true, 204)
	lock(writer, true, 204)
	lock(other, false, 403)
	other.patch(t, e.workspaces, e.workspace, values{"description": "still"}).want(t, 204)
	lead.remove(t, e.workspaces+"/"+e.workspace).want(t, http.StatusConflict)
	lock(writer, false, 204)
	lock(other, true, 204)
	lock(lead, false, 204)
}

func TestProjects(t *testing.T) {
	t.Parallel()
	w := start(t)
	e := w.estate(t)
	at := e.path + "/project"
	w.site.make(t, e.teams, values{"name": "MANAGERS", "role": "write"})
	w.site.make(t, e.teams, values{"name": "CUSTOM", "manageWorkspace": true})
	w.site.make(t, e.teams, values{"name": "PLANNERS", "role": "plan"})
	w.site.make(t, e.projectAccess, values{"name": "LEADS", "role": "admin"})
	w.site.make(t, e.projectAccess, values{"name": "WRITERS", "role": "write"})
	for _, group := range []string{"MANAGERS", "CUSTOM"} {
		p := w.person(t, group)
		made := p.make(t, at, values{"name": "of " + group, "description": "a"})
		if made.text("createdBy") != p.name || made.text("description") != "a" {
			t.Errorf("the project came back as %v", made.Attributes)
		}
		p.patch(t, at, made.ID, values{"description": nil}).want(t, http.StatusNoContent)
		p.make(t, at+"/"+made.ID+"/projectAccess", values{"name": "X"})
		w.site.tfe(t, http.MethodGet, "projects/"+made.ID, "").want(t, http.StatusOK)
		p.remove(t, at+"/"+made.ID).want(t, http.StatusNoContent)
	}
	planner, lead, writer, admin := w.person(t, "PLANNERS"), w.person(t, "LEADS"), w.person(t, "WRITERS"), w.person(t, administrators)
	for _, p := range []caller{planner, lead, writer, admin} {
		p.post(t, at, values{"name": "mine"}).want(t, http.StatusForbidden)
		p.get(t, at+"/"+e.project).want(t, http.StatusOK)
	}
	lead.patch(t, at, e.project, values{"description": "theirs"}).want(t, http.StatusNoContent)
	for _, p := range []caller{planner, writer, admin} {
		p.patch(t, at, e.project, values{"description": "mine"}).want(t, http.StatusForbidden)
		p.remove(t, at+"/"+e.project).want(t, http.StatusForbidden)
	}
	w.site.remove(t, at+"/"+e.project).want(t, http.StatusConflict) // there is a workspace in it

	var defaultProject string
	err := w.svc.Inspect(t.Context(), w.principal(), func(ctx context.Context, q catalog.Queries) error {
		o, err := q.Organization(ctx, e.id)
		defaultProject = o.DefaultProjectID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.site.get(t, at+"/"+defaultProject).want(t, http.StatusNotFound)
	w.site.patch(t, at, defaultProject, values{"name": "x"}).want(t, http.StatusNotFound)
	if seen := w.site.list(t, at, ""); len(seen) != 1 || seen[0].ID != e.project {
		t.Errorf("the projects are %v", namesIn(seen))
	}
	made := w.site.tfe(t, http.MethodPost, "organizations/"+e.name+"/projects", `{"data":{"type":"projects","attributes":{"name":"from the other side"}}}`).want(t, http.StatusCreated).object(t)
	if seen := namesIn(planner.list(t, at, "name=='from the other side'")); !slices.Equal(seen, []string{"from the other side"}) {
		t.Errorf("a member finds %v", seen)
	}
	w.person(t).get(t, "project/"+made.ID).want(t, http.StatusForbidden)
	if !strings.HasPrefix(made.ID, "prj-") {
		t.Errorf("its id is %s", made.ID)
	}
}
