package places_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// flags are the booleans of a team.
func flags() []string { return catalog.TerrakubeFlagNames("organization") }

// held returns which booleans of a row are true.
func (o object) held() []string {
	var out []string
	for _, f := range flags() {
		if o.flag(f) {
			out = append(out, f)
		}
	}
	return out
}

func TestTeamsComeBackAsTheyWereSent(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, _ := w.organization(t)
	admin := w.person(t, administrators)
	rows := []struct {
		name string
		sent values
		role any
		held []string
	}{
		{"without anything", values{}, nil, nil},
		{"a role in its own spelling", values{"role": "Admin"}, "Admin", nil},
		{"a blank role", values{"role": "", "planJob": true}, "", []string{"planJob"}},
		{"booleans that do not count beside a role", values{"role": "read", "manageModule": true, "manageState": true}, "read", []string{"manageState", "manageModule"}},
		{"the boolean that no decision reads", values{"manageJob": true}, nil, []string{"manageJob"}},
		{"approving without planning", values{"role": "custom", "approveJob": true, "planJob": false}, "custom", []string{"approveJob"}},
		{"a role that there is not", values{"role": "king", "manageState": true}, "king", []string{"manageState"}},
		{"nulls", values{"role": nil, "manageVcs": nil, "manageTemplate": true}, nil, []string{"manageTemplate"}},
	}
	for i, row := range rows {
		row.sent["name"] = fmt.Sprintf("Team %d: %s", i, row.name)
		made := admin.make(t, path+"/team", row.sent)
		for _, o := range []object{made, admin.get(t, path+"/team/"+made.ID).want(t, http.StatusOK).object(t), admin.list(t, path+"/team", fmt.Sprintf("name=='%s'", row.sent["name"]))[0]} {
			if o.Attributes["role"] != row.role || !slices.Equal(o.held(), row.held) {
				t.Errorf("%s: role %v and %v, want %v and %v", row.name, o.Attributes["role"], o.held(), row.role, row.held)
			}
		}
	}
	admin.post(t, path+"/team", values{"name": "TEAM 0: WITHOUT ANYTHING"}).want(t, http.StatusConflict)
	admin.post(t, path+"/team", values{"name": "owners"}).want(t, http.StatusBadRequest)
	admin.post(t, path+"/team", values{}).want(t, http.StatusBadRequest)
	admin.post(t, path+"/team", values{"name": "a", "planJob": "yes"}).want(t, http.StatusBadRequest)
}

// TestWhatTheRolesAndBooleansOfATeamGive asks, of a person in the group, what follows from each, and from nothing else.
func TestWhatTheRolesAndBooleansOfATeamGive(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, id := w.organization(t)
	project := w.site.make(t, path+"/project", values{"name": "core"})
	ws := w.site.make(t, path+"/workspace", values{"name": "prod", "project": toOne{"project", project.ID}})
	asked := []question{{"create_workspace", "project", project.ID}}
	for _, action := range strings.Fields("read read_run read_state update delete queue_plan apply_run write_state manage_access") {
		asked = append(asked, question{action, "workspace", ws.ID})
	}
	for _, action := range strings.Fields("manage_modules manage_providers manage_vcs_settings manage_ssh_keys manage_templates manage_collections create_project manage_teams manage_workspaces") {
		asked = append(asked, question{action, "organization", id})
	}
	content := "manage_collections manage_modules manage_providers manage_ssh_keys manage_templates manage_vcs_settings"
	member := "read read_run"
	manage := "create_project create_workspace delete manage_access update"
	rows := []struct {
		sent values
		want string
	}{
		{values{}, member},
		{values{"role": "read"}, member},
		{values{"role": "unheard of", "manageModule": true}, member},
		{values{"role": "plan"}, member + " queue_plan"},
		{values{"role": " WRITE "}, member + " apply_run queue_plan read_state write_state " + manage},
		{values{"role": "admin"}, member + " apply_run queue_plan read_state write_state " + manage + " " + content},
		{values{"role": "plan", "manageModule": true, "approveJob": true}, member + " queue_plan"},
		{values{"manageJob": true}, member},
		{values{"planJob": true}, member + " queue_plan"},
		{values{"approveJob": true}, member + " apply_run queue_plan"},
		{values{"manageState": true}, member + " read_state write_state"},
		{values{"manageWorkspace": true}, member + " " + manage},
		{values{"manageModule": true}, member + " manage_modules"},
		{values{"manageProvider": true}, member + " manage_providers"},
		{values{"manageVcs": true}, member + " manage_ssh_keys manage_vcs_settings"},
		{values{"manageTemplate": true}, member + " manage_templates"},
		{values{"manageCollection": true, "planJob": true}, member + " manage_collections queue_plan"},
	}
	check := func(p caller, when, want string) {
		t.Helper()
		may := []string{}
		for i, ok := range p.mayAll(t, asked...) {
			if ok {
				may = append(may, asked[i].action)
			}
		}
		slices.Sort(may)
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		if diff := cmp.Diff(wanted, may); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	group := "GITHUB:acme/dev ops"
	p, other := w.person(t, group), w.person(t, strings.ToLower(group))
	team := w.site.make(t, path+"/team", values{"name": group})
	for _, row := range rows { // one team becomes each of them in turn, so that nothing of the one before may stay
		all := values{"role": nil}
		for _, f := range flags() {
			all[f] = false
		}
		for name, value := range row.sent {
			all[name] = value
		}
		w.site.patch(t, path+"/team", team.ID, all).want(t, http.StatusNoContent)
		check(p, fmt.Sprint(row.sent), row.want)
		check(other, "a group of another case of letters", "")
	}
	w.leave(t, p, group)
	check(p, "after leaving the group", "")
	w.join(t, p, group)
	w.site.remove(t, path+"/team/"+team.ID).want(t, http.StatusNoContent)
	check(p, "after the team was deleted", "")
}

func TestTeamsAreTheAdministratorsAndTheManagersOfAccess(t *testing.T) {
	t.Parallel()
	for _, exact := range []bool{false, true} {
		w := start(t)
		if exact {
			w = start(t, parity)
		}
		path, id := w.organization(t)
		name := w.site.get(t, path).object(t).text("name")
		w.site.make(t, path+"/team", values{"name": "LEADS", "role": "admin"})
		lead, stranger, admin := w.person(t, "LEADS"), w.person(t), w.person(t, administrators)
		other, _ := w.organization(t)
		foreign := w.site.make(t, other+"/team", values{"name": "ELSEWHERE"})
		manager := w.person(t)
		w.tfeTeam(t, name, "managers", manager, `{"manage-membership":true,"manage-teams":true,"manage-organization-access":true}`)
		team := admin.make(t, path+"/team", values{"name": "DEV"})
		at := path + "/team"

		lead.post(t, at, values{"name": "MINE", "role": "admin"}).want(t, http.StatusForbidden)
		lead.patch(t, at, team.ID, values{"role": "admin"}).want(t, http.StatusForbidden)
		lead.remove(t, at+"/"+team.ID).want(t, http.StatusForbidden)
		stranger.get(t, at).want(t, http.StatusForbidden)
		stranger.post(t, at, values{"name": "MINE"}).want(t, http.StatusForbidden)
		admin.get(t, at+"/"+foreign.ID).want(t, http.StatusNotFound)
		admin.patch(t, at, foreign.ID, values{"role": "admin"}).want(t, http.StatusNotFound)
		want := map[bool]int{false: http.StatusNoContent, true: http.StatusForbidden}[exact]
		manager.patch(t, at, team.ID, values{"role": "plan"}).want(t, want)
		owners := w.owners(t, id)
		for _, p := range []caller{admin, w.site, manager} {
			p.patch(t, at, owners, values{"role": "read"}).want(t, http.StatusForbidden)
		}
		admin.remove(t, at+"/"+owners).want(t, map[bool]int{false: http.StatusForbidden, true: http.StatusConflict}[exact])
		shown := lead.get(t, at+"/"+owners).want(t, http.StatusOK).object(t)
		if shown.text("role") != "admin" {
			t.Errorf("the owners team is shown as %v", shown.Attributes)
		}
		rights := lead.get(t, at+"/"+team.ID).want(t, http.StatusOK).object(t).Attributes["planJob"]
		if exact == (rights == nil) {
			t.Errorf("with parity %v, a member who manages no teams sees planJob as %v", exact, rights)
		}
		admin.remove(t, at+"/"+team.ID).want(t, http.StatusNoContent)
	}
}

// tfeTeam makes a team by the TFE API with somebody in it.
func (w *world) tfeTeam(t *testing.T, organization, name string, member caller, access string, more ...string) string {
	t.Helper()
	visibility := "organization"
	if len(more) > 0 {
		visibility = more[0]
	}
	body := fmt.Sprintf(`{"data":{"type":"teams","attributes":{"name":%q,"visibility":%q,"organization-access":%s}}}`, name, visibility, access)
	id := w.site.tfe(t, http.MethodPost, "organizations/"+organization+"/teams", body).want(t, http.StatusCreated).object(t).ID
	if member.name != "" {
		w.site.tfe(t, http.MethodPost, "teams/"+id+"/relationships/users", fmt.Sprintf(`{"data":[{"type":"users","id":%q}]}`, member.name)).want(t, http.StatusNoContent)
	}
	return id
}

// owners returns the id of the owners team of an organization.
func (w *world) owners(t *testing.T, organizationID string) string {
	t.Helper()
	var id string
	err := w.svc.Inspect(t.Context(), w.principal(), func(ctx context.Context, q catalog.Queries) error {
		o, err := q.Organization(ctx, organizationID)
		id = o.OwnersTeamID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// tfeAccess returns the organization access of a team as the TFE API shows it.
func (w *world) tfeAccess(t *testing.T, teamID string) map[string]bool {
	t.Helper()
	shown := w.site.tfe(t, http.MethodGet, "teams/"+teamID, "").want(t, http.StatusOK).object(t)
	out := map[string]bool{}
	all, _ := shown.Attributes["organization-access"].(map[string]any)
	for flag, v := range all {
		out[flag], _ = v.(bool)
	}
	return out
}

// TestTeamsAreTheSameFromBothSides: what one protocol gives a team, the other shows and takes.
func TestTeamsAreTheSameFromBothSides(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, id := w.organization(t)
	name := w.site.get(t, path).object(t).text("name")
	at := path + "/team"
	show := func(id string) object { return w.site.get(t, at+"/"+id).want(t, http.StatusOK).object(t) }
	setTFE := func(id, access string) {
		w.site.tfe(t, http.MethodPatch, "teams/"+id, `{"data":{"type":"teams","attributes":{"organization-access":`+access+`}}}`).want(t, http.StatusOK)
	}

	dev := w.site.make(t, at, values{"name": "DEV", "manageModule": true, "planJob": true})
	if access := w.tfeAccess(t, dev.ID); !access["manage-modules"] || access["manage-providers"] || access["manage-workspaces"] {
		t.Errorf("manageModule is %v to TFE", access)
	}
	setTFE(dev.ID, `{"manage-modules":false,"manage-providers":true}`)
	if got := show(dev.ID).held(); !slices.Equal(got, []string{"planJob", "manageProvider"}) {
		t.Errorf("after TFE changed it, the team holds %v", got)
	}
	w.site.patch(t, at, dev.ID, values{"manageProvider": false}).want(t, http.StatusNoContent)
	if access := w.tfeAccess(t, dev.ID); access["manage-providers"] {
		t.Error("what Terrakube took, TFE still shows")
	}
	setTFE(dev.ID, `{"manage-run-tasks":true}`)
	w.site.patch(t, at, dev.ID, values{"role": "admin", "manageModule": true}).want(t, http.StatusNoContent)
	w.site.patch(t, at, dev.ID, values{"role": nil, "manageModule": false, "planJob": false}).want(t, http.StatusNoContent)
	if access := w.tfeAccess(t, dev.ID); !access["manage-run-tasks"] || access["manage-modules"] {
		t.Errorf("what TFE gave did not stay, or what Terrakube took did: %v", access)
	}

	p := w.person(t)
	sre := w.tfeTeam(t, name, "sre", p, `{"manage-workspaces":true,"manage-vcs-settings":true}`)
	shown := show(sre)
	if shown.text("role") != "custom" || !slices.Equal(shown.held(), []string{"manageState", "manageWorkspace", "manageJob", "planJob", "approveJob", "manageVcs"}) {
		t.Errorf("TFE's team is shown as %v with %v", shown.text("role"), shown.held())
	}
	w.site.patch(t, at, sre, values{"manageTemplate": true}).want(t, http.StatusNoContent)
	setTFE(sre, `{"manage-workspaces":false}`)
	if got := show(sre).held(); !slices.Equal(got, []string{"manageVcs", "manageTemplate"}) {
		t.Errorf("a change of one boolean gave a second time what TFE took later: %v", got)
	}
	w.site.remove(t, at+"/"+sre).want(t, http.StatusNoContent)
	w.site.tfe(t, http.MethodGet, "teams/"+sre, "").want(t, http.StatusNotFound)
	w.site.tfe(t, http.MethodDelete, "teams/"+dev.ID, "").want(t, http.StatusNoContent)
	w.site.get(t, at+"/"+dev.ID).want(t, http.StatusNotFound)

	w.tfeTeam(t, name, "hidden", caller{}, `{}`, "secret")
	w.site.make(t, at, values{"name": "READERS"})
	if seen := namesIn(w.person(t, "READERS").list(t, at, "")); !slices.Equal(seen, []string{"READERS", "owners"}) {
		t.Errorf("a member sees the teams %v", seen)
	}
	if seen := namesIn(w.person(t, administrators).list(t, at, "")); !slices.Equal(seen, []string{"READERS", "hidden", "owners"}) {
		t.Errorf("an administrator sees the teams %v", seen)
	}
	w.consistent(t)
	_ = id
}

// consistent fails the test where the relationships are not what the catalog says.
func (w *world) consistent(t *testing.T) {
	t.Helper()
	drift, err := w.svc.Reconcile(t.Context(), w.principal(), true)
	if err != nil {
		t.Fatalf("reconcile: %v", err)
	}
	if len(drift.Missing)+len(drift.Unexpected) > 0 {
		t.Errorf("drift: %+v", drift)
	}
}

// TestGroupsOfATeamsNameAreItsPeople: whichever directory brings a group of the name, before or after the team.
func TestGroupsOfATeamsNameAreItsPeople(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, id := w.organization(t)
	team := w.site.make(t, path+"/team", values{"name": "DEV", "manageModule": true})
	may := func(p caller) bool { return p.may(t, "manage_modules", "organization", id) }
	first := w.person(t)
	if may(first) {
		t.Fatal("somebody in no group may already")
	}
	w.join(t, first, "DEV") // which takes the place of the placeholder
	second := w.person(t)
	w.directory(t, func(ctx context.Context, c *catalog.Change) error {
		id, err := brought(ctx, c, catalog.Group{Source: "okta", ExternalID: "7", DisplayName: "DEV"})
		if err != nil {
			return err
		}
		return c.AddGroupMember(ctx, id, second.id)
	})
	third := w.person(t, "dev")
	if !may(first) || !may(second) || may(third) {
		t.Errorf("members of the groups may: %v, %v; one of another name: %v", may(first), may(second), may(third))
	}
	w.site.patch(t, path+"/team", team.ID, values{"name": "dev"}).want(t, http.StatusNoContent)
	if may(first) || may(second) || !may(third) {
		t.Errorf("after the team was renamed, members may: %v, %v; of its new name: %v", may(first), may(second), may(third))
	}
	w.directory(t, func(ctx context.Context, c *catalog.Change) error {
		gone, err := w.ensure(ctx, c, "dev")
		if err != nil {
			return err
		}
		if err := c.RenameGroup(ctx, gone, "ex-dev"); err != nil {
			return err
		}
		heir, err := w.ensure(ctx, c, "DEV")
		if err != nil {
			return err
		}
		return c.RenameGroup(ctx, heir, "dev")
	})
	if !may(first) || may(second) || may(third) {
		t.Errorf("after the groups were renamed, members may: %v, %v, %v", may(first), may(second), may(third))
	}
	w.directory(t, func(ctx context.Context, c *catalog.Change) error {
		gone, err := w.ensure(ctx, c, "dev")
		if err != nil {
			return err
		}
		if err := c.RemoveGroup(ctx, gone); err != nil {
			return err
		}
		id, err := brought(ctx, c, catalog.Group{Source: "scim", ExternalID: "9", DisplayName: "dev"})
		if err != nil {
			return err
		}
		return c.AddGroupMember(ctx, id, second.id)
	})
	if may(first) || !may(second) {
		t.Errorf("after another group got the name, members may: %v, %v", may(first), may(second))
	}
	w.consistent(t)
}
