package protocol_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfe "github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// people returns the usernames of a team's active members.
func (w *teamWorld) people(t *testing.T, teamID string) []string {
	t.Helper()
	users, err := w.api(t).TeamMembers.List(t.Context(), teamID)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, u := range users {
		out = append(out, u.Username)
	}
	slices.Sort(out)
	return out
}

// TestTeamMembersByName adds and removes people by username and by id, known and unknown ones.
func TestTeamMembersByName(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	team := w.team(t, "sre", "organization")
	path := "/api/v2/teams/" + team.ID + "/relationships/users"
	edit := func(who, method, body string, status int) {
		t.Helper()
		if reply := w.call(t, who, method, path, body); reply.Status != status {
			t.Fatalf("%s: %s %s: %d %s, want %d", who, method, body, reply.Status, reply.Body, status)
		}
	}
	edit("owner", http.MethodPost, identifiers("users", "member", "nobody-yet"), http.StatusNoContent)
	if diff := cmp.Diff([]string{"member", "nobody-yet"}, w.people(t, team.ID)); diff != "" {
		t.Errorf("after adding: -want +got\n%s", diff)
	}
	w.tokens["nobody-yet"] = w.UserToken(t, "nobody-yet")
	if got := w.call(t, "nobody-yet", http.MethodGet, teamOrg, "").Status; got != http.StatusOK {
		t.Errorf("whoever was created by joining sees the organization: %d", got)
	}
	edit("owner", http.MethodPost, identifiers("users", "MEMBER"), http.StatusNoContent)
	account := w.read(t, "outsider", "/api/v2/account/details").Data.ID
	edit("owner", http.MethodPost, identifiers("users", account), http.StatusNoContent)
	if diff := cmp.Diff([]string{"member", "nobody-yet", "outsider"}, w.people(t, team.ID)); diff != "" {
		t.Errorf("after adding by id: -want +got\n%s", diff)
	}
	w.refuses(t, "owner", http.MethodPost, path, identifiers("users", "another-one", "user-xxxxxxxxxxxxxxxx", "user-yyyyyyyyyyyyyyyy"), http.StatusBadRequest,
		": bad request: user-xxxxxxxxxxxxxxxx does not exist", ": bad request: user-yyyyyyyyyyyyyyyy does not exist")
	edit("owner", http.MethodDelete, identifiers("users", account, "nobody-yet"), http.StatusNoContent)
	w.refuses(t, "owner", http.MethodDelete, path, identifiers("users", "member", "outsider", "nobody-at-all"), http.StatusBadRequest,
		": bad request: outsider is not a member of the team", ": bad request: nobody-at-all does not exist")
	w.hides(t, http.MethodPost, path, identifiers("users", "member"), "member", "outsider", "nobody-yet")
	w.hides(t, http.MethodDelete, path, identifiers("users", "member"), "member", "outsider")
	w.refuses(t, "owner", http.MethodPost, path, `{"data":[{"type":"users","id":""}]}`, http.StatusUnprocessableEntity, "/data/0/id: invalid attribute: Id can't be blank")
	w.refuses(t, "owner", http.MethodPost, path, identifiers("teams", "x"), http.StatusUnprocessableEntity, "/data/0/type: invalid attribute: Type must be users")
	if diff := cmp.Diff([]string{"member"}, w.people(t, team.ID)); diff != "" {
		t.Errorf("what was refused changed something: -want +got\n%s", diff)
	}
}

// TestTeamMembersWhereNobodyIsMadeUp switches the creation of unknown members off.
func TestTeamMembersWhereNobodyIsMadeUp(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	strict := newStrictTeamWorld(t)
	team := strict.team(t, "sre", "organization")
	path := "/api/v2/teams/" + team.ID + "/relationships/users"
	strict.refuses(t, "owner", http.MethodPost, path, identifiers("users", "owner", "nobody", "outsider"), http.StatusBadRequest,
		": bad request: nobody does not exist", ": bad request: outsider is not a member of the organization")
	if got := strict.people(t, team.ID); len(got) != 0 {
		t.Errorf("a refused call added %v", got)
	}
	if reply := strict.call(t, "owner", http.MethodPost, path, identifiers("users", "owner")); reply.Status != http.StatusNoContent {
		t.Errorf("a member is refused: %d %s", reply.Status, reply.Body)
	}
	if reply := w.call(t, "owner", http.MethodPost, "/api/v2/teams/"+w.team(t, "sre", "secret").ID+"/relationships/users", identifiers("users", "nobody", "outsider")); reply.Status != http.StatusNoContent {
		t.Errorf("by default: %d %s", reply.Status, reply.Body)
	}
}

// newStrictTeamWorld is newTeamWorld without its member, whom nobody could add.
func newStrictTeamWorld(t *testing.T) *teamWorld {
	t.Helper()
	w := &teamWorld{Running: testkit.App(t, strictMembers), tokens: map[string]string{}}
	for _, name := range []string{"owner", "outsider"} {
		w.tokens[name] = w.UserToken(t, name)
	}
	if reply := w.call(t, "owner", http.MethodPost, "/api/v2/organizations", attributes(`"name":"acme","email":"owner@example.test"`)); reply.Status != http.StatusCreated {
		t.Fatalf("create the organization: %d %s", reply.Status, reply.Body)
	}
	return w
}

// TestTeamMembersByMembership adds and removes members by their memberships, an invited one too.
func TestTeamMembersByMembership(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	api, team := w.api(t), w.team(t, "sre", "organization")
	invited, err := api.OrganizationMemberships.Create(t.Context(), "acme", tfe.OrganizationMembershipCreateOptions{Email: tfe.String("late@example.test")})
	if err != nil {
		t.Fatal(err)
	}
	all, err := api.OrganizationMemberships.List(t.Context(), "acme", &tfe.OrganizationMembershipListOptions{Query: "member"})
	if err != nil || len(all.Items) != 1 {
		t.Fatalf("find the member: %v %v", all, err)
	}
	member := all.Items[0].ID
	if err := api.TeamMembers.Add(t.Context(), team.ID, tfe.TeamMemberAddOptions{OrganizationMembershipIDs: []string{invited.ID, member}}); err != nil {
		t.Fatal(err)
	}
	path := "/api/v2/teams/" + team.ID + "/relationships/organization-memberships"
	for query, want := range map[string][]string{
		"":                                {invited.ID, member},
		"?filter%5Bstatus%5D=invited":     {invited.ID},
		"?filter%5Bstatus%5D=active":      {member},
		"?filter%5Bstatus%5D=inactive":    {},
		"?sort=status&page%5Bsize%5D=1":   {member},
		"?sort=-status&page%5Bsize%5D=1":  {invited.ID},
		"?sort=status&page%5Bnumber%5D=9": {},
	} {
		got := resourceIDs(w.list(t, "member", path+query).Data)
		if query == "" {
			slices.Sort(got)
			slices.Sort(want)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", query, diff)
		}
	}
	w.refuses(t, "owner", http.MethodGet, path+"?sort=name", "", http.StatusBadRequest, "sort: bad request: sort must be status or -status")
	w.hides(t, http.MethodGet, path, "", "outsider")
	if diff := cmp.Diff([]string{"member"}, w.people(t, team.ID)); diff != "" {
		t.Errorf("somebody invited counts as a user: -want +got\n%s", diff)
	}
	w.hides(t, http.MethodPost, path, identifiers("organization-memberships", member), "member", "outsider")
	w.refuses(t, "owner", http.MethodDelete, path, identifiers("organization-memberships", invited.ID, "ou-xxxxxxxxxxxxxxxx"), http.StatusBadRequest, ": bad request: ou-xxxxxxxxxxxxxxxx does not exist")
	if err := api.TeamMembers.Remove(t.Context(), team.ID, tfe.TeamMemberRemoveOptions{OrganizationMembershipIDs: []string{invited.ID}}); err != nil {
		t.Fatal(err)
	}
	w.refuses(t, "owner", http.MethodDelete, path, identifiers("organization-memberships", invited.ID), http.StatusBadRequest, ": bad request: "+invited.ID+" is not a member of the team")
	if diff := cmp.Diff([]string{member}, resourceIDs(w.list(t, "owner", path).Data)); diff != "" {
		t.Errorf("after removing: -want +got\n%s", diff)
	}
}

// TestTheLastOwnerStays removes owners until one is left; somebody invited is none.
func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	api := w.api(t)
	owners := w.list(t, "owner", teamOrg+"/teams?filter%5Bnames%5D=owners").Data[0].ID
	path := "/api/v2/teams/" + owners + "/relationships/users"
	invited, err := api.OrganizationMemberships.Create(t.Context(), "acme", tfe.OrganizationMembershipCreateOptions{Email: tfe.String("late@example.test")})
	if err != nil {
		t.Fatal(err)
	}
	if err := api.TeamMembers.Add(t.Context(), owners, tfe.TeamMemberAddOptions{OrganizationMembershipIDs: []string{invited.ID}}); err != nil {
		t.Fatal(err)
	}
	last := ": forbidden: organization acme must keep an owner"
	w.refuses(t, "owner", http.MethodDelete, path, identifiers("users", "owner"), http.StatusForbidden, last)
	w.join(t, owners, "second")
	w.refuses(t, "owner", http.MethodDelete, path, identifiers("users", "owner", "second"), http.StatusForbidden, last)
	w.hides(t, http.MethodPost, path, identifiers("users", "member"), "member", "outsider")
	if reply := w.call(t, "second", http.MethodDelete, path, identifiers("users", "owner")); reply.Status != http.StatusNoContent {
		t.Errorf("one of two owners is removed: %d %s", reply.Status, reply.Body)
	}
	w.hides(t, http.MethodPost, path, identifiers("users", "owner"), "owner")
}

// TestWhoChangesMembers has the ladder's first rung: a visible team, the own secret one, another's secret one.
func TestWhoChangesMembers(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	clerks, shadows, others := w.team(t, "clerks", "organization"), w.team(t, "shadows", "secret"), w.team(t, "others", "secret")
	yes := tfe.Bool(true)
	if _, err := w.api(t).Teams.Update(t.Context(), clerks.ID, tfe.TeamUpdateOptions{OrganizationAccess: &tfe.OrganizationAccessOptions{ManageMembership: yes}}); err != nil {
		t.Fatal(err)
	}
	w.join(t, clerks.ID, "clerk")
	w.join(t, shadows.ID, "clerk", "member")
	users := func(id string) string { return "/api/v2/teams/" + id + "/relationships/users" }
	for _, id := range []string{clerks.ID, shadows.ID} {
		if reply := w.call(t, "clerk", http.MethodPost, users(id), identifiers("users", "outsider")); reply.Status != http.StatusNoContent {
			t.Errorf("a clerk adds to a team he may change: %d %s", reply.Status, reply.Body)
		}
	}
	w.hides(t, http.MethodPost, users(others.ID), identifiers("users", "clerk"), "clerk")
	w.hides(t, http.MethodPost, users(shadows.ID), identifiers("users", "owner"), "member")
	if got := w.people(t, others.ID); len(got) != 0 {
		t.Errorf("the other secret team has %v", got)
	}
}

func strictMembers(c *config.Config) { c.CreateUnknownMembers = false }
