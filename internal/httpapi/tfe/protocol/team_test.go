package protocol_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfe "github.com/hashicorp/go-tfe"
)

// TestATeamIsTheSameWhereverItIsShown compares what create, read, update and list answer.
func TestATeamIsTheSameWhereverItIsShown(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	api := w.api(t)
	made, err := api.Teams.Create(t.Context(), "acme", tfe.TeamCreateOptions{
		Name: tfe.String("sre / on call"), SSOTeamID: tfe.String("sso-1"),
		OrganizationAccess: &tfe.OrganizationAccessOptions{ManageModules: tfe.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if made.Visibility != "secret" || !made.AllowMemberTokenManagement || made.SSOTeamID != "sso-1" || !made.Permissions.CanDestroy || !made.Permissions.CanUpdateMembership {
		t.Errorf("the defaults of a team are %+v", made)
	}
	if diff := cmp.Diff(&tfe.OrganizationAccess{ManageModules: true}, made.OrganizationAccess); diff != "" {
		t.Errorf("organization access -want +got\n%s", diff)
	}
	same := func(what string, want *tfe.Team) {
		t.Helper()
		read, err := api.Teams.Read(t.Context(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		listed, err := api.Teams.List(t.Context(), "acme", &tfe.TeamListOptions{Names: []string{want.Name}})
		if err != nil {
			t.Fatal(err)
		}
		for where, got := range map[string]any{"read": read, "list": listed.Items[0]} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s and %s differ\n%s", what, where, diff)
			}
		}
	}
	same("create", made)
	w.join(t, made.ID, "member", "outsider")
	changed, err := api.Teams.Update(t.Context(), made.ID, tfe.TeamUpdateOptions{
		Name: tfe.String("renamed"), Visibility: tfe.String("organization"), SSOTeamID: tfe.String(""), AllowMemberTokenManagement: tfe.Bool(false),
		OrganizationAccess: &tfe.OrganizationAccessOptions{ManageProviders: tfe.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if changed.UserCount != 2 || len(changed.Users) != 2 || len(changed.OrganizationMemberships) != 2 || changed.AllowMemberTokenManagement || changed.SSOTeamID != "" {
		t.Errorf("after the update the team is %+v", changed)
	}
	if diff := cmp.Diff(&tfe.OrganizationAccess{ManageModules: true, ManageProviders: true}, changed.OrganizationAccess); diff != "" {
		t.Errorf("a flag that was not sent did not stay: -want +got\n%s", diff)
	}
	same("update", changed)
	if err := api.Teams.Delete(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	w.hides(t, http.MethodGet, "/api/v2/teams/"+made.ID, "", "owner")
}

// TestTeamDocuments looks at what the vendor's client does not: nulls, the nullable flags, linkage, the owners team.
func TestTeamDocuments(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	d := w.read(t, "owner", "/api/v2/teams/"+w.team(t, "sre", "organization").ID)
	if v, ok := d.Data.Attributes["sso-team-id"]; !ok || v != nil {
		t.Errorf("sso-team-id is %v", v)
	}
	if _, ok := d.Data.Attributes["scim-linked"]; ok {
		t.Error("there are SCIM attributes")
	}
	if string(d.Data.Relationships["organization"].Data) != `{"id":"acme","type":"organizations"}` {
		t.Errorf("the organization is %s", d.Data.Relationships["organization"].Data)
	}
	access, ok := d.Data.Attributes["organization-access"].(map[string]any)
	if !ok || len(access) != 21 {
		t.Fatalf("organization access is %v", access)
	}
	for name, value := range access {
		nullable := slices.Contains([]string{"manage-registry-components", "manage-registry-artifact-tags", "manage-registry-artifact-version-tags"}, name)
		if nullable && value != nil || !nullable && value != false {
			t.Errorf("%s is %v", name, value)
		}
	}
	owners := w.list(t, "member", teamOrg+"/teams?filter%5Bnames%5D=owners").Data
	if len(owners) != 1 {
		t.Fatalf("a plain member sees %d owners teams", len(owners))
	}
	for name, value := range owners[0].Attributes["organization-access"].(map[string]any) {
		if value == false {
			t.Errorf("%s of the owners team is false", name)
		}
	}
	for name, value := range owners[0].Attributes["permissions"].(map[string]any) {
		if value != false {
			t.Errorf("a plain member has %s on the owners team", name)
		}
	}
	theirs := w.read(t, "owner", "/api/v2/teams/"+owners[0].ID).Data.Attributes["permissions"].(map[string]any)
	if theirs["can-destroy"] != false || theirs["can-update-organization-access"] != false || theirs["can-update-membership"] != true {
		t.Errorf("an owner has %v on the owners team", theirs)
	}
	plain := w.read(t, "member", "/api/v2/teams/"+d.Data.ID)
	if shown, ok := plain.Data.Attributes["organization-access"]; ok {
		t.Errorf("a member who is not in the team is shown its organization access %v", shown)
	}
}

// TestListsOfTeams filters, pages and hides.
func TestListsOfTeams(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	alpha, beta, shadow := w.team(t, "alpha", "organization"), w.team(t, "Beta", "organization"), w.team(t, "shadow", "secret")
	w.join(t, shadow.ID, "insider")
	for _, row := range []struct {
		who, query string
		want       []string
		total      int
	}{
		{"owner", "?page%5Bsize%5D=2", []string{"alpha", "Beta"}, 5},
		{"owner", "?page%5Bsize%5D=2&page%5Bnumber%5D=3", []string{"shadow"}, 5},
		{"owner", "?page%5Bnumber%5D=999", nil, 5},
		{"owner", "?filter%5Bnames%5D=alpha,beta,nobody", []string{"alpha", "Beta"}, 2},
		{"owner", "?q=HA", []string{"alpha", "shadow"}, 2},
		{"insider", "?q=HA", []string{"alpha", "shadow"}, 2},
		{"member", "?q=HA", []string{"alpha"}, 1},
		{"member", "?filter%5Bnames%5D=shadow", nil, 0},
		{"member", "", []string{"alpha", "Beta", "everybody", "owners"}, 4},
	} {
		page := w.list(t, row.who, teamOrg+"/teams"+row.query)
		var got []string
		for _, r := range page.Data {
			got = append(got, r.Attributes["name"].(string))
		}
		if diff := cmp.Diff(row.want, got); diff != "" || page.Meta.Pagination.TotalCount != row.total {
			t.Errorf("%s lists %s: %d in all, -want +got\n%s", row.who, row.query, page.Meta.Pagination.TotalCount, diff)
		}
	}
	if got := w.list(t, "owner", teamOrg+"/teams?page%5Bnumber%5D=999").Meta.Pagination.CurrentPage; got != 999 {
		t.Errorf("the page that was asked for is called %d", got)
	}
	w.hides(t, http.MethodGet, teamOrg+"/teams", "", "outsider")
	w.hides(t, http.MethodGet, "/api/v2/teams/"+alpha.ID, "", "outsider")
	w.hides(t, http.MethodGet, "/api/v2/teams/"+shadow.ID, "", "outsider", "member")
	w.hides(t, http.MethodGet, "/api/v2/teams/nonexisting", "", "owner", "outsider")
	w.refuses(t, "owner", http.MethodGet, "/api/v2/teams/"+beta.ID+"?include=members", "", http.StatusBadRequest,
		`include: bad request: The include parameter "members" is not valid: there are users, organization_memberships.`)
}

// TestTeamsInclude looks at included people: active ones as users, invited ones as memberships too, addresses to whoever
// may know them.
func TestTeamsInclude(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	team := w.team(t, "sre", "organization")
	w.join(t, team.ID, "member", "owner")
	m, err := w.api(t).OrganizationMemberships.Create(t.Context(), "acme", tfe.OrganizationMembershipCreateOptions{Email: tfe.String("late@example.test"), Teams: []*tfe.Team{team}})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v2/teams/" + team.ID + "?include=users,organization-memberships", teamOrg + "/teams?filter%5Bnames%5D=sre&include=users,organization-memberships"} {
		for who, others := range map[string]bool{"owner": true, "member": false} {
			var included []teamResource
			if path[:len(teamOrg)] == teamOrg {
				included = w.list(t, who, path).Included
			} else {
				included = w.read(t, who, path).Included
			}
			users, memberships := map[string]any{}, map[string]any{}
			for _, r := range included {
				switch r.Type {
				case "users":
					users[r.Attributes["username"].(string)] = r.Attributes["email"]
				case "organization-memberships":
					memberships[r.ID] = r.Attributes["status"]
				}
			}
			if len(users) != 2 || len(memberships) != 3 || memberships[m.ID] != "invited" {
				t.Errorf("%s: %s includes users %v and memberships %v", who, path, users, memberships)
			}
			if users[who] == nil || (users["owner"] == "owner@users.invalid") != others {
				t.Errorf("%s: %s shows the addresses %v", who, path, users)
			}
		}
	}
	read, err := w.api(t).Teams.Read(t.Context(), team.ID)
	if err != nil || read.UserCount != 2 || len(read.OrganizationMemberships) != 3 {
		t.Errorf("the team counts %d users and %d memberships, %v", read.UserCount, len(read.OrganizationMemberships), err)
	}
}

// TestTeamFaults reports every fault of a request at its place, and changes nothing.
func TestTeamFaults(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	team := w.team(t, "sre", "organization")
	path := "/api/v2/teams/" + team.ID
	const invalid = http.StatusUnprocessableEntity
	w.refuses(t, "owner", http.MethodPost, teamOrg+"/teams", attributes(`"name":""`), invalid, "/data/attributes/name: invalid attribute: Name can't be blank")
	w.refuses(t, "owner", http.MethodPost, teamOrg+"/teams", attributes(`"name":"SRE"`), invalid, "/data/attributes/name: invalid attribute: Name has already been taken")
	w.refuses(t, "owner", http.MethodPost, teamOrg+"/teams", attributes(`"name":"x","visibility":"hidden"`), invalid, "/data/attributes/visibility: invalid attribute: Visibility must be secret or organization")
	w.refuses(t, "owner", http.MethodPatch, path, attributes(`"name":7,"allow-member-token-management":"no","organization-access":{"manage-teams":1,"manage-modules":"x"}`), invalid,
		"/data/attributes/name: invalid attribute: Name must be a string",
		"/data/attributes/allow-member-token-management: invalid attribute: Allow member token management must be true or false",
		"/data/attributes/organization-access/manage-teams: invalid attribute: Manage teams must be true or false",
		"/data/attributes/organization-access/manage-modules: invalid attribute: Manage modules must be true or false")
	w.refuses(t, "owner", http.MethodPatch, path, attributes(`"name":"y","organization-access":{"manage-projects":true,"manage-teams":true}`), invalid,
		"/data/attributes/organization-access/manage-projects: invalid attribute: Manage projects requires manage-workspaces",
		"/data/attributes/organization-access/manage-teams: invalid attribute: Manage teams requires manage-membership")
	w.hides(t, http.MethodPost, teamOrg+"/teams", attributes(`"name":"x"`), "member", "outsider")
	w.hides(t, http.MethodPatch, path, attributes(`"name":"x"`), "member", "outsider")
	w.hides(t, http.MethodDelete, path, "", "member", "outsider")
	read, err := w.api(t).Teams.Read(t.Context(), team.ID)
	if diff := cmp.Diff(team, read); diff != "" || err != nil {
		t.Errorf("what was refused changed the team: %v\n%s", err, diff)
	}
	if n := len(w.list(t, "owner", teamOrg+"/teams").Data); n != 3 {
		t.Errorf("there are %d teams, want the owners, everybody and sre", n)
	}
	if reply := w.call(t, "owner", http.MethodPatch, path, attributes(`"organization-access":{"manage-registry-components":true,"manage-something":true},"unknown":1,"sso-team-id":null`)); reply.Status != http.StatusOK {
		t.Errorf("attributes that mean nothing here: %d %s", reply.Status, reply.Body)
	}
}

// TestTheLadderOfTeams has the ways to make and change teams that the ladder decides.
func TestTheLadderOfTeams(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	yes := tfe.Bool(true)
	for who, access := range map[string]*tfe.OrganizationAccessOptions{
		"clerk":  {ManageMembership: yes},
		"lead":   {ManageMembership: yes, ManageTeams: yes},
		"keeper": {ManageMembership: yes, ManageTeams: yes, ManageOrganizationAccess: yes},
	} {
		team := w.team(t, who+"s", "organization")
		if _, err := w.api(t).Teams.Update(t.Context(), team.ID, tfe.TeamUpdateOptions{OrganizationAccess: access}); err != nil {
			t.Fatal(err)
		}
		w.join(t, team.ID, who)
	}
	sre := w.team(t, "sre", "organization")
	visible := func(name string) string { return attributes(`"name":"` + name + `","visibility":"organization"`) }
	w.hides(t, http.MethodPost, teamOrg+"/teams", visible("one"), "clerk", "member")
	if reply := w.call(t, "lead", http.MethodPost, teamOrg+"/teams", visible("one")); reply.Status != http.StatusCreated {
		t.Errorf("a lead creates a team: %d %s", reply.Status, reply.Body)
	}
	w.refuses(t, "lead", http.MethodPost, teamOrg+"/teams", attributes(`"name":"two"`), http.StatusUnprocessableEntity,
		"/data/attributes/visibility: invalid attribute: Visibility must be organization: secret teams need access to secret teams")
	w.hides(t, http.MethodPost, teamOrg+"/teams", attributes(`"name":"two","visibility":"secret"`), "lead", "keeper")

	withAccess := attributes(`"name":"three","visibility":"organization","organization-access":{"manage-modules":true}`)
	w.hides(t, http.MethodPost, teamOrg+"/teams", withAccess, "lead")
	if n := len(w.list(t, "owner", teamOrg+"/teams?filter%5Bnames%5D=two,three").Data); n != 0 {
		t.Errorf("%d teams were created by refused calls", n)
	}
	if reply := w.call(t, "keeper", http.MethodPost, teamOrg+"/teams", withAccess); reply.Status != http.StatusCreated {
		t.Errorf("a keeper creates a team with access: %d %s", reply.Status, reply.Body)
	}
	flag := attributes(`"name":"stolen","organization-access":{"manage-policies":true}`)
	w.hides(t, http.MethodPatch, "/api/v2/teams/"+sre.ID, flag, "clerk", "lead")
	if got := w.read(t, "owner", "/api/v2/teams/"+sre.ID).Data.Attributes["name"]; got != "sre" {
		t.Errorf("a call that was refused for one field changed another: %v", got)
	}
	if reply := w.call(t, "keeper", http.MethodPatch, "/api/v2/teams/"+sre.ID, flag); reply.Status != http.StatusOK {
		t.Errorf("a keeper sets a flag: %d %s", reply.Status, reply.Body)
	}
	if reply := w.call(t, "lead", http.MethodPatch, "/api/v2/teams/"+sre.ID, attributes(`"name":"sre","organization-access":{"manage-policies":true,"manage-modules":false}`)); reply.Status != http.StatusOK {
		t.Errorf("a lead renames and sends flags as they are: %d %s", reply.Status, reply.Body)
	}
	owners := w.list(t, "owner", teamOrg+"/teams?filter%5Bnames%5D=owners").Data[0].ID
	if reply := w.call(t, "owner", http.MethodPatch, "/api/v2/teams/"+owners, attributes(`"organization-access":{"manage-policies":false}`)); reply.Status != http.StatusOK {
		t.Errorf("an attempt to unassign a flag of the owners: %d %s", reply.Status, reply.Body)
	}
	w.hides(t, http.MethodPatch, "/api/v2/teams/"+owners, attributes(`"organization-access":{"manage-policies":false}`), "keeper")
	w.hides(t, http.MethodDelete, "/api/v2/teams/"+owners, "", "owner", "keeper")
}
