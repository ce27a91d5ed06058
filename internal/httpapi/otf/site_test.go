package otf_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestSiteAdmins goes through both ways to be a site admin, start by start (research otf 1.3).
func TestSiteAdmins(t *testing.T) {
	t.Parallel()
	cfg := testkit.Config(t)
	cfg.SiteToken = config.Secret(strings.Repeat("s", 40))
	w := newWorld(t, func(c *config.Config) { *c = cfg })
	for _, name := range []string{"ann", "bob"} {
		w.tokens[name] = w.UserToken(t, name)
	}
	restart := func(list ...string) {
		t.Helper()
		if err := w.Stop(); err != nil {
			t.Fatal(err)
		}
		w.Running = testkit.App(t, func(c *config.Config) {
			*c = cfg
			c.SiteAdmins = list
		})
	}
	// A site admin deletes people; nobody else does. The credentials are those from before, so nobody signed in again.
	admins := func(what string, want map[string]bool) {
		t.Helper()
		for who, is := range want {
			name := w.fresh("victim")
			w.do(t, "site admin", http.MethodPost, "admin/users", `{"username":"`+name+`"}`, http.StatusCreated)
			status := map[bool]int{true: http.StatusNoContent, false: http.StatusForbidden}[is]
			if got := w.call(t, who, http.MethodDelete, "admin/users/"+name, ""); got.Status != status {
				t.Errorf("%s: %s deletes a user: %d, want %d", what, who, got.Status, status)
			}
		}
	}
	admins("nobody promoted", map[string]bool{"site admin": true, "ann": false, "bob": false, "owner": false})
	restart("ann", "bob", "carl")
	admins("three promoted", map[string]bool{"site admin": true, "ann": true, "bob": true, "owner": false})
	if !w.person(t, "carl") {
		t.Error("somebody on the list who was not there was not made")
	}
	restart("ANN")
	admins("one of them left, in other letters", map[string]bool{"site admin": true, "ann": true, "bob": false})
	restart()
	admins("a list that got lost", map[string]bool{"site admin": true, "ann": true, "bob": false})

	// What a site admin may: everything, in organizations that he is no member of, too.
	w.do(t, "ann", http.MethodDelete, "teams/"+w.teamID(t, "acme", "devs"), "", http.StatusNoContent)
	w.do(t, "ann", http.MethodDelete, "organizations/other", "", http.StatusNoContent)
	// And he owns what he creates, like anybody else, also when he is none any more.
	w.do(t, "ann", http.MethodPost, "organizations", `{"Name":"hers"}`, http.StatusCreated)
	restart("bob")
	admins("another one alone", map[string]bool{"ann": false, "bob": true})
	w.do(t, "ann", http.MethodPost, "organizations/hers/teams", `{"Name":"devs"}`, http.StatusCreated)
	w.do(t, "ann", http.MethodPost, "organizations/acme/teams", `{"Name":"devs"}`, http.StatusNotFound)

	// The site token is the built-in account, and nothing that merely looks like it is anybody.
	if got := w.api(t, "site admin", http.MethodGet, "account/details", "", http.StatusOK); !strings.Contains(got.Body, `"username":"site-admin"`) {
		t.Errorf("the site token is the account %s", got.Body)
	}
	for what, token := range map[string]string{"a part": w.SiteToken[:39], "more": w.SiteToken + "s", "other letters": strings.ToUpper(w.SiteToken), "nothing": ""} {
		w.tokens["stranger"] = token
		if got := w.call(t, "stranger", http.MethodPost, "organizations", `{"Name":"stolen"}`); got.Status != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s of the site token: %d %s", what, got.Status, got.Body)
		}
	}
	// Nobody ends it from within.
	w.do(t, "bob", http.MethodDelete, "admin/users/site-admin", "", http.StatusUnprocessableEntity)
}
