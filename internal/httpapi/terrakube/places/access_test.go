package places_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// estate is an organization with a project and a workspace in it.
type estate struct {
	*world
	path, id, name        string
	project, workspace    string
	projectAccess, access string // collections
	workspaces, teams     string
}

func (w *world) estate(t *testing.T) estate {
	t.Helper()
	path, id := w.organization(t)
	e := estate{world: w, path: path, id: id, name: w.site.get(t, path).object(t).text("name")}
	e.teams, e.workspaces = path+"/team", path+"/workspace"
	e.project = w.site.make(t, path+"/project", values{"name": w.fresh("project")}).ID
	e.workspace = w.site.make(t, e.workspaces, values{"name": w.fresh("ws"), "project": toOne{"project", e.project}}).ID
	e.access, e.projectAccess = e.workspaces+"/"+e.workspace+"/access", path+"/project/"+e.project+"/projectAccess"
	return e
}

// TestRowsGiveTheirGroupWhatTheySay on a workspace and on a project, and nobody else anything.
func TestRowsGiveTheirGroupWhatTheySay(t *testing.T) {
	t.Parallel()
	w := start(t)
	e := w.estate(t)
	beside := w.site.make(t, e.workspaces, values{"name": "beside", "project": toOne{"project", e.project}}).ID
	outside := w.site.make(t, e.workspaces, values{"name": "outside"}).ID
	actions := []string{"read", "queue_plan", "apply_run", "write_state", "update", "manage_access"}
	rows := []struct {
		sent values
		want []string
	}{
		{values{"role": "read"}, actions[:1]},
		{values{"role": "plan"}, actions[:2]},
		{values{"role": "Write"}, actions},
		{values{"role": "admin"}, actions},
		{values{}, actions[:1]},
		{values{"role": "unheard of", "manageState": true}, actions[:1]},
		{values{"role": "read", "manageState": true}, actions[:1]},
		{values{"planJob": true}, actions[:2]},
		{values{"approveJob": true}, actions[:3]},
		{values{"manageState": true}, []string{"read", "write_state"}},
		{values{"manageWorkspace": true}, []string{"read", "update", "manage_access"}},
	}
	held := func(p caller, id string) []string {
		var asked []question
		for _, a := range actions {
			asked = append(asked, question{a, "workspace", id})
		}
		var out []string
		for i, ok := range p.mayAll(t, asked...) {
			if ok {
				out = append(out, actions[i])
			}
		}
		return out
	}
	p, other := w.person(t, "DEV"), w.person(t, "OPS")
	for _, collection := range []string{e.access, e.projectAccess} {
		row := w.site.make(t, collection, values{"name": "DEV"})
		for _, r := range rows {
			all := values{"role": nil, "manageState": false, "manageWorkspace": false, "manageJob": false, "planJob": false, "approveJob": false}
			for name, v := range r.sent {
				all[name] = v
			}
			w.site.patch(t, collection, row.ID, all).want(t, http.StatusNoContent)
			shown := w.site.get(t, collection+"/"+row.ID).want(t, http.StatusOK).object(t)
			for name, v := range all {
				if shown.Attributes[name] != v {
					t.Errorf("%v: %s came back as %v", r.sent, name, shown.Attributes[name])
				}
			}
			want := map[string][]string{e.workspace: r.want, beside: nil, outside: nil}
			if collection == e.projectAccess {
				want[beside] = r.want
			}
			for id, wanted := range want {
				if got := held(p, id); !slices.Equal(got, wanted) {
					t.Errorf("%s %v gives %v on %s, want %v", typeAt(collection), r.sent, got, id, wanted)
				}
			}
			if got := held(other, e.workspace); got != nil {
				t.Errorf("somebody else got %v", got)
			}
		}
		w.site.post(t, collection, values{"name": "DEV", "role": "read"}).want(t, http.StatusConflict)
		w.site.remove(t, collection+"/"+row.ID).want(t, http.StatusNoContent)
		w.site.remove(t, collection+"/"+row.ID).want(t, http.StatusNotFound)
		if got := held(p, e.workspace); got != nil {
			t.Errorf("after the row was deleted there is %v", got)
		}
	}
	p.get(t, e.path).want(t, http.StatusForbidden)
	w.consistent(t)
}

// TestNobodyHandsOutMoreThanHeHolds, unless Terrakube itself is to be matched.
func TestNobodyHandsOutMoreThanHeHolds(t *testing.T) {
	t.Parallel()
	for _, exact := range []bool{false, true} {
		w := start(t)
		if exact {
			w = start(t, parity)
		}
		e := w.estate(t)
		forbidden := map[bool]int{false: http.StatusForbidden, true: http.StatusCreated}[exact]
		w.site.make(t, e.access, values{"name": "WRITERS", "role": "write"})
		w.site.make(t, e.access, values{"name": "ADMINS", "role": "admin"})
		w.site.make(t, e.access, values{"name": "PLANNERS", "role": "plan"})
		writer, lead, planner := w.person(t, "WRITERS"), w.person(t, "ADMINS"), w.person(t, "PLANNERS")
		admin, stranger := w.person(t, administrators), w.person(t)

		writer.post(t, e.access, values{"name": "A", "role": "admin"}).want(t, forbidden)
		row := writer.post(t, e.access, values{"name": "B", "role": "write"}).want(t, http.StatusCreated).object(t)
		writer.post(t, e.access, values{"name": "C", "planJob": true}).want(t, http.StatusCreated)
		if !exact {
			writer.patch(t, e.access, row.ID, values{"role": "admin"}).want(t, http.StatusForbidden)
			lead.patch(t, e.access, row.ID, values{"role": "admin"}).want(t, http.StatusNoContent)
			writer.patch(t, e.access, row.ID, values{"role": "admin", "manageJob": true}).want(t, http.StatusNoContent) // it has that
			writer.patch(t, e.access, row.ID, values{"name": "Z"}).want(t, http.StatusForbidden)                        // who has not
		}
		lead.post(t, e.access, values{"name": "D", "role": "admin"}).want(t, http.StatusCreated)
		admin.post(t, e.access, values{"name": "E", "role": "admin"}).want(t, http.StatusCreated)
		admin.post(t, e.projectAccess, values{"name": "E", "role": "admin"}).want(t, http.StatusCreated)
		planner.post(t, e.access, values{"name": "F", "role": "read"}).want(t, map[bool]int{false: http.StatusForbidden, true: http.StatusNotFound}[exact])
		lead.post(t, e.projectAccess, values{"name": "F", "role": "read"}).want(t, http.StatusForbidden)
		stranger.post(t, e.access, values{"name": "F", "role": "read"}).want(t, http.StatusForbidden)
		stranger.remove(t, e.access+"/"+row.ID).want(t, http.StatusForbidden)
		writer.post(t, e.access, values{"name": " "}).want(t, http.StatusBadRequest)
		writer.remove(t, e.access+"/"+row.ID).want(t, http.StatusNoContent)
	}
}

// TestRowsAreReadByWhoeverManagesThem: others see none, and a row of another place is none.
func TestRowsAreReadByWhoeverManagesThem(t *testing.T) {
	t.Parallel()
	w := start(t)
	e, other := w.estate(t), w.estate(t)
	row := w.site.make(t, e.access, values{"name": "DEV", "role": "plan"})
	prow := w.site.make(t, e.projectAccess, values{"name": "DEV", "role": "read"})
	foreign := w.site.make(t, other.access, values{"name": "DEV", "role": "admin"})
	dev, lead := w.person(t, "DEV"), w.person(t, "LEADS")
	w.site.make(t, e.projectAccess, values{"name": "LEADS", "role": "admin"})

	for collection, id := range map[string]string{e.access: row.ID, e.projectAccess: prow.ID} {
		if seen := dev.list(t, collection, ""); len(seen) != 0 {
			t.Errorf("who manages no access sees %v", namesIn(seen))
		}
		dev.get(t, collection+"/"+id).want(t, http.StatusNotFound)
		dev.patch(t, collection, id, values{"role": "admin"}).want(t, http.StatusNotFound)
		if seen := lead.list(t, collection, "name==DEV"); len(seen) != 1 || seen[0].ID != id {
			t.Errorf("the admin of the project sees %v", namesIn(seen))
		}
		lead.get(t, collection+"/"+foreign.ID).want(t, http.StatusNotFound)
		lead.patch(t, collection, foreign.ID, values{"role": "read"}).want(t, http.StatusNotFound)
	}
	lead.get(t, e.access+"/"+prow.ID).want(t, http.StatusNotFound)
	lead.get(t, other.access).want(t, http.StatusForbidden)
	admin := w.person(t, administrators)
	if seen := namesIn(admin.list(t, e.projectAccess, "")); !slices.Equal(seen, []string{"DEV", "LEADS"}) {
		t.Errorf("an administrator sees %v", seen)
	}
	w.site.tfe(t, http.MethodPatch, "organizations/"+e.name, `{"data":{"type":"organizations","attributes":{"name":"renamed"}}}`).want(t, http.StatusOK)
	lead.get(t, e.access+"/"+row.ID).want(t, http.StatusOK)
}

func grantDocument(kind, team, scopeKind, scope, access string) string {
	return fmt.Sprintf(`{"data":{"type":%q,"attributes":{"access":%q},"relationships":{"team":{"data":{"type":"teams","id":%q}},%q:{"data":{"type":"%ss","id":%q}}}}}`, kind, access, team, scopeKind, scopeKind, scope)
}

// TestAccessIsTheSameFromBothSides: what teams hold on workspaces and projects.
func TestAccessIsTheSameFromBothSides(t *testing.T) {
	t.Parallel()
	w := start(t)
	e := w.estate(t)
	p := w.person(t)
	sre := w.tfeTeam(t, e.name, "sre", p, `{}`)
	w.site.make(t, e.teams, values{"name": "DEV"})
	sides := []struct {
		collection, tfe, kind, scope, id, level string
	}{
		{e.access, "team-workspaces", "team-workspaces", "workspace", e.workspace, "workspace"},
		{e.projectAccess, "team-projects", "team-projects", "project", e.project, "project"},
	}
	for _, s := range sides {
		// TFE gives, Terrakube shows, changes and takes.
		made := w.site.tfe(t, http.MethodPost, s.tfe, grantDocument(s.kind, sre, s.scope, s.id, "write"))
		made.want(t, http.StatusCreated)
		id := made.object(t).ID
		row := w.site.get(t, s.collection+"/"+id).want(t, http.StatusOK).object(t)
		if row.text("name") != "sre" || row.text("role") != "write" {
			t.Errorf("TFE's write is shown as %v", row.Attributes)
		}
		w.site.patch(t, s.collection, id, values{"role": "write"}).want(t, http.StatusNoContent)
		level := func(id string) string {
			return w.site.tfe(t, http.MethodGet, s.tfe+"/"+id, "").want(t, http.StatusOK).object(t).text("access")
		}
		if got := level(id); got != "write" {
			t.Errorf("a change to what it is made it %s", got)
		}
		w.site.patch(t, s.collection, id, values{"role": nil, "approveJob": false}).want(t, http.StatusNoContent)
		if got := level(id); got != "custom" {
			t.Errorf("a custom row is %s to TFE", got)
		}
		if !p.may(t, "queue_plan", "workspace", e.workspace) || p.may(t, "apply_run", "workspace", e.workspace) {
			t.Error("the row does not give what it says, or more")
		}
		w.site.post(t, s.collection, values{"name": "sre"}).want(t, http.StatusConflict)
		w.site.remove(t, s.collection+"/"+id).want(t, http.StatusNoContent)
		w.site.tfe(t, http.MethodGet, s.tfe+"/"+id, "").want(t, http.StatusNotFound)

		// Terrakube gives, TFE shows, changes and takes.
		given := w.site.make(t, s.collection, values{"name": "DEV", "role": "Plan", "manageJob": true})
		if got := level(given.ID); got != "custom" {
			t.Errorf("Terrakube's plan is %s to TFE", got)
		}
		w.site.tfe(t, http.MethodPost, s.tfe, grantDocument(s.kind, w.team(t, e, "DEV"), s.scope, s.id, "read")).want(t, http.StatusUnprocessableEntity)
		change := func(access string) {
			w.site.tfe(t, http.MethodPatch, s.tfe+"/"+given.ID, fmt.Sprintf(`{"data":{"type":%q,"attributes":{"access":%q}}}`, s.kind, access)).want(t, http.StatusOK)
		}
		change("admin")
		row = w.site.get(t, s.collection+"/"+given.ID).want(t, http.StatusOK).object(t)
		if row.text("name") != "DEV" || row.text("role") != "admin" || !row.flag("manageState") {
			t.Errorf("after TFE changed it, the row is %v", row.Attributes)
		}
		w.site.tfe(t, http.MethodDelete, s.tfe+"/"+given.ID, "").want(t, http.StatusNoContent)
		w.site.get(t, s.collection+"/"+given.ID).want(t, http.StatusNotFound)
	}
	w.consistent(t)
}

// team returns the id of a team by its name.
func (w *world) team(t *testing.T, e estate, name string) string {
	t.Helper()
	found := w.site.list(t, e.teams, "name=='"+name+"'")
	if len(found) != 1 {
		t.Fatalf("%d teams are called %s", len(found), name)
	}
	return found[0].ID
}

// TestCustomLevelsKeepWhatTerrakubeDoesNotKnow: a field of TFE's custom access survives a change by Terrakube.
func TestCustomLevelsKeepWhatTerrakubeDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := start(t)
	e := w.estate(t)
	sre := w.tfeTeam(t, e.name, "sre", caller{}, `{}`)
	body := fmt.Sprintf(`{"data":{"type":"team-workspaces","attributes":{"access":"custom","runs":"plan","sentinel-mocks":"read","run-tasks":true},"relationships":{"team":{"data":{"type":"teams","id":%q}},"workspace":{"data":{"type":"workspaces","id":%q}}}}}`, sre, e.workspace)
	id := w.site.tfe(t, http.MethodPost, "team-workspaces", body).want(t, http.StatusCreated).object(t).ID
	w.site.patch(t, e.access, id, values{"manageState": true}).want(t, http.StatusNoContent)
	shown := w.site.tfe(t, http.MethodGet, "team-workspaces/"+id, "").want(t, http.StatusOK).object(t)
	for name, want := range map[string]any{"runs": "plan", "sentinel-mocks": "read", "run-tasks": true, "state-versions": "write", "variables": "read"} {
		if shown.Attributes[name] != want {
			t.Errorf("%s is %v, want %v", name, shown.Attributes[name], want)
		}
	}
}
