package otf_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// callers are everybody who tries each call, in the order of the columns below.
var callers = []string{"site admin", "owner", "owners token", "organization token", "member", "other owner", "outsider", "suspended owner", "nobody"}

// TestWhoMayWhat tries every call as everybody, each on something of its own, and looks afterwards whether it was done.
func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows := []struct {
		what string
		// try makes what the call is about and returns the call, and what is true once it was done.
		try  func(t *testing.T) (method, path, body string, done func() bool)
		want string // of each caller
	}{
		{"delete an organization", func(t *testing.T) (string, string, string, func() bool) {
			return http.MethodDelete, "organizations/acme", "", func() bool { return !w.there(t, "organizations/acme") }
		}, "- - - 403 403 404 404 401 401"},
		{"create a user", func(t *testing.T) (string, string, string, func() bool) {
			name := w.fresh("user")
			return http.MethodPost, "admin/users", `{"username":"` + name + `"}`, func() bool { return w.person(t, name) }
		}, "201 201 403 403 403 201 403 401 401"},
		{"delete a user", func(t *testing.T) (string, string, string, func() bool) {
			name := w.fresh("user")
			w.do(t, "site admin", http.MethodPost, "admin/users", `{"username":"`+name+`"}`, http.StatusCreated)
			return http.MethodDelete, "admin/users/" + name, "", func() bool { return !w.person(t, name) }
		}, "204 403 403 403 403 403 403 401 401"},
		{"delete a user who is not there", func(*testing.T) (string, string, string, func() bool) {
			return http.MethodDelete, "admin/users/ghost", "", nil
		}, "404 403 403 403 403 403 403 401 401"},
		{"create a team", func(t *testing.T) (string, string, string, func() bool) {
			name := w.fresh("team")
			return http.MethodPost, "organizations/acme/teams", `{"name":"` + name + `"}`, func() bool {
				return w.call(t, "site admin", http.MethodGet, "organizations/acme/teams/"+name, "").Status == http.StatusOK
			}
		}, "201 201 201 201 403 404 404 401 401"},
		{"create a team with a flag", func(t *testing.T) (string, string, string, func() bool) {
			name := w.fresh("team")
			return http.MethodPost, "organizations/acme/teams", `{"name":"` + name + `","ManageModules":true}`, func() bool {
				return w.call(t, "site admin", http.MethodGet, "organizations/acme/teams/"+name, "").Status == http.StatusOK
			}
		}, "201 201 201 201 403 404 404 401 401"},
		{"read a visible team", func(*testing.T) (string, string, string, func() bool) {
			return http.MethodGet, "organizations/acme/teams/devs", "", nil
		}, "200 200 200 200 200 404 404 401 401"},
		{"read a secret team", func(t *testing.T) (string, string, string, func() bool) {
			name := w.fresh("secret")
			w.do(t, "owner", http.MethodPost, "organizations/acme/teams", `{"name":"`+name+`","Visibility":"secret"}`, http.StatusCreated)
			return http.MethodGet, "organizations/acme/teams/" + name, "", nil
		}, "200 200 200 200 404 404 404 401 401"},
		{"delete a team", func(t *testing.T) (string, string, string, func() bool) {
			team := w.team(t, w.fresh("team"))
			return http.MethodDelete, "teams/" + team, "", func() bool { return !w.there(t, "teams/"+team) }
		}, "204 204 204 204 403 404 404 401 401"},
		{"delete the owners team", func(t *testing.T) (string, string, string, func() bool) {
			team := w.teamID(t, "acme", "owners")
			return http.MethodDelete, "teams/" + team, "", func() bool { return !w.there(t, "teams/"+team) }
		}, "422 422 422 422 422 404 404 401 401"},
		{"add somebody to a team", func(t *testing.T) (string, string, string, func() bool) {
			team := w.team(t, w.fresh("team"))
			return http.MethodPost, "teams/" + team + "/relationships/users", usernames(t, "member"), func() bool { return slices.Contains(w.in(t, team), "member") }
		}, "201 201 201 201 403 404 404 401 401"},
		{"add somebody new to a team", func(t *testing.T) (string, string, string, func() bool) {
			team, name := w.team(t, w.fresh("team")), w.fresh("new")
			return http.MethodPost, "teams/" + team + "/relationships/users", usernames(t, name), func() bool { return slices.Contains(w.in(t, team), name) && w.person(t, name) }
		}, "201 201 201 201 403 404 404 401 401"},
		{"add somebody to the owners team", func(t *testing.T) (string, string, string, func() bool) {
			team, name := w.teamID(t, "acme", "owners"), w.fresh("new")
			return http.MethodPost, "teams/" + team + "/relationships/users", usernames(t, name), func() bool { return slices.Contains(w.in(t, team), name) }
		}, "201 201 201 403 403 404 404 401 401"},
		{"take somebody out of a team", func(t *testing.T) (string, string, string, func() bool) {
			team := w.team(t, w.fresh("team"), "member", "owner")
			return http.MethodDelete, "teams/" + team + "/relationships/users", usernames(t, "owner"), func() bool { return !slices.Contains(w.in(t, team), "owner") }
		}, "204 204 204 204 403 404 404 401 401"},
		{"take an owner out of the owners team", func(t *testing.T) (string, string, string, func() bool) {
			team, name := w.teamID(t, "acme", "owners"), w.fresh("second")
			w.do(t, "site admin", http.MethodPost, "teams/"+team+"/relationships/users", usernames(t, name), http.StatusCreated)
			return http.MethodDelete, "teams/" + team + "/relationships/users", usernames(t, name), func() bool { return !slices.Contains(w.in(t, team), name) }
		}, "204 204 204 403 403 404 404 401 401"},
		{"create an organization", func(t *testing.T) (string, string, string, func() bool) {
			name := w.fresh("org")
			return http.MethodPost, "organizations", `{"Name":"` + name + `"}`, func() bool { return w.there(t, "organizations/"+name) }
		}, "201 201 403 403 201 201 201 401 401"},
	}
	for _, row := range rows {
		for i, want := range strings.Fields(row.want) {
			if want == "-" {
				continue // tried at the end
			}
			who := callers[i]
			method, path, body, done := row.try(t)
			got := w.call(t, who, method, path, body)
			if want != strconv.Itoa(got.Status) {
				t.Errorf("%s: %s is answered %d %s, want %s", row.what, who, got.Status, got.Body, want)
			}
			if done != nil && done() != (got.Status/100 == 2) {
				t.Errorf("%s: %s is answered %d, and it was done or not accordingly", row.what, who, got.Status)
			}
			if got.Status/100 == 4 && (!strings.HasPrefix(got.Body, `{"errors":[{"status":"`+want) || got.Header.Get("Content-Type") != media) {
				t.Errorf("%s: %s is answered %s of %s", row.what, who, got.Body, got.Header.Get("Content-Type"))
			}
		}
	}
	for _, who := range []string{"site admin", "owner", "owners token"} {
		name := w.fresh("org")
		w.do(t, "owner", http.MethodPost, "organizations", `{"Name":"`+name+`"}`, http.StatusCreated)
		if who == "owners token" {
			w.tokens[who] = w.token(t, "teams/"+w.teamID(t, name, "owners")+"/authentication-token")
		}
		w.do(t, who, http.MethodDelete, "organizations/"+name, "", http.StatusNoContent)
		w.do(t, "site admin", http.MethodDelete, "organizations/"+name, "", http.StatusNotFound)
	}
}

// TestRestrictedCreation: organizations are made by site admins alone where that is restricted, and people by them alone
// where a team makes none of an unknown name.
func TestRestrictedCreation(t *testing.T) {
	t.Parallel()
	cfg := testkit.Config(t)
	w := newWorld(t, func(c *config.Config) { *c = cfg })
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	w.Running = testkit.App(t, func(c *config.Config) {
		*c = cfg
		c.RestrictOrgCreation, c.CreateUnknownMembers = true, false
	})
	for who, want := range map[string]int{"site admin": http.StatusCreated, "owner": http.StatusForbidden, "outsider": http.StatusForbidden, "organization token": http.StatusForbidden} {
		w.do(t, who, http.MethodPost, "organizations", `{"Name":"`+w.fresh("org")+`"}`, want)
		w.do(t, who, http.MethodPost, "admin/users", `{"Username":"`+w.fresh("user")+`"}`, want)
	}
	team := w.team(t, "restricted")
	got := w.do(t, "owner", http.MethodPost, "teams/"+team+"/relationships/users", usernames(t, "member", "stranger", "outsider"), http.StatusUnprocessableEntity)
	if !strings.Contains(got.Body, "stranger does not exist") || !strings.Contains(got.Body, "outsider is not a member of the organization") {
		t.Errorf("the refusal does not say who cannot be added: %s", got.Body)
	}
	if in := w.in(t, team); len(in) > 0 || w.person(t, "stranger") {
		t.Errorf("a refused call put %v into the team, or made somebody", in)
	}
	w.do(t, "owner", http.MethodPost, "teams/"+team+"/relationships/users", usernames(t, "member"), http.StatusCreated)
}

// TestAllOrNothing: one name that cannot be taken out leaves the others in, and nobody takes out the last owner.
func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	team, owners := w.team(t, "pair", "member", "owner"), w.teamID(t, "acme", "owners")
	for _, row := range []struct {
		what, team string
		names      []string
		says       []string
		stay       []string
	}{
		{"somebody who is not in it", team, []string{"member", "outsider"}, []string{"outsider is not a member of the team"}, []string{"member", "owner"}},
		{"somebody who is not there", team, []string{"ghost", "member", "nobody-else"}, []string{"ghost does not exist", "nobody-else does not exist"}, []string{"member", "owner"}},
		{"the last owner who can act", owners, []string{"owner"}, []string{"must keep an owner"}, []string{"owner"}},
		{"every owner", owners, []string{"owner", "suspended-owner"}, []string{"must keep an owner"}, []string{"owner"}},
	} {
		got := w.do(t, "owner", http.MethodDelete, "teams/"+row.team+"/relationships/users", usernames(t, row.names...), http.StatusUnprocessableEntity)
		for _, text := range row.says {
			if !strings.Contains(got.Body, text) {
				t.Errorf("%s: %s does not say that %s", row.what, got.Body, text)
			}
		}
		if diff := cmp.Diff(row.stay, w.in(t, row.team)); diff != "" {
			t.Errorf("%s: -want +left\n%s", row.what, diff)
		}
	}
	w.do(t, "owner", http.MethodDelete, "teams/"+team+"/relationships/users", usernames(t, "Member", "owner", "member"), http.StatusNoContent)
	if in := w.in(t, team); len(in) > 0 {
		t.Errorf("%v are left", in)
	}
	// A name that may not be refuses the call as a whole.
	w.do(t, "owner", http.MethodPost, "teams/"+team+"/relationships/users", usernames(t, "newcomer", "a name with spaces"), http.StatusUnprocessableEntity)
	if in := w.in(t, team); len(in) > 0 || w.person(t, "newcomer") {
		t.Errorf("%v came in", in)
	}
	// And the sole owner is not deleted either, nor is the built-in site admin.
	for _, name := range []string{"owner", "site-admin"} {
		w.do(t, "site admin", http.MethodDelete, "admin/users/"+name, "", http.StatusUnprocessableEntity)
	}
}
