package terrakube_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const teams, personal = "/access-token/v1/teams", "/pat/v1"

// idOf returns the id in a token, as Terrakube's provider reads it.
func idOf(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JSON Web Token", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		ID string `json:"jti"`
	}
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil || claims.ID == "" {
		t.Fatalf("claims %s, %v", raw, err)
	}
	return claims.ID
}

type listed struct {
	ID, Group, Description, CreatedBy string
	Days, Hours, Minutes              int64
	Deleted                           bool
}

func (w *plainWorld) list(t *testing.T, who, path string) map[string]listed {
	t.Helper()
	var all []listed
	w.read(t, who, http.MethodGet, path, "", http.StatusAccepted, &all)
	out := map[string]listed{}
	for _, l := range all {
		out[l.ID] = l
	}
	return out
}

// TestATeamTokenAsTheProviderMakesIt: made, found in the list by the id in it, as it was asked for, used, and ended.
func TestATeamTokenAsTheProviderMakesIt(t *testing.T) {
	t.Parallel()
	w := newPlainWorld(t, false)
	token := w.mint(t, "ann", teams, `{"group":"devs","description":"ci","days":0,"hours":36,"minutes":90}`)
	id := idOf(t, token)
	want := listed{ID: id, Group: "devs", Description: "ci", CreatedBy: "ann", Hours: 36, Minutes: 90}
	if diff := cmp.Diff(want, w.list(t, "ann", teams)[id]); diff != "" {
		t.Errorf("-want +listed\n%s", diff)
	}
	for who, sees := range map[string]bool{"cid": true, "site": true, token: true, "bob": false, "olga": false, "robot": false} {
		if _, ok := w.list(t, who, teams)[id]; ok != sees {
			t.Errorf("%.10s sees it: %t, want %t", who, ok, sees)
		}
	}
	var groups map[string][]string
	w.read(t, token, http.MethodGet, teams+"/current-teams", "", http.StatusAccepted, &groups)
	if !slices.Equal(groups["groups"], []string{"devs"}) {
		t.Errorf("the token is in %v", groups)
	}
	for _, who := range []string{"bob", "olga", "robot", token} {
		status, body := w.call(t, who, http.MethodDelete, teams+"/"+id, "")
		other, unknown := w.call(t, who, http.MethodDelete, teams+"/at-1111111111111111", "")
		if status != http.StatusBadRequest || other != status || body != unknown {
			t.Errorf("%.10s ends it: %d %s, one that is not there: %d %s", who, status, body, other, unknown)
		}
	}
	if status, body := w.call(t, "ann", http.MethodDelete, teams+"/"+id, ""); status != http.StatusAccepted || body != "" {
		t.Errorf("who made it ends it: %d %s", status, body)
	}
	if status, _ := w.call(t, token, http.MethodGet, teams, ""); status != http.StatusUnauthorized {
		t.Errorf("it still works: %d", status)
	}
	if _, ok := w.list(t, "ann", teams)[id]; ok {
		t.Error("it is still listed")
	}
	if status, _ := w.call(t, "ann", http.MethodDelete, teams+"/"+id, ""); status != http.StatusBadRequest {
		t.Errorf("it ends twice: %d", status)
	}
}

// TestWhoIsNotInTheGroupGetsAnEmptyToken: 201 and nothing, the same for a group that is not there.
func TestWhoIsNotInTheGroupGetsAnEmptyToken(t *testing.T) {
	t.Parallel()
	w := newPlainWorld(t, false)
	bot := w.mint(t, "ann", teams, `{"group":"juniors"}`)
	for _, row := range []struct {
		who, group string
		gets       bool
	}{
		{"ann", "juniors", true},
		{"ann", "devs", true},
		{"ann", "admins", false},
		{"ann", "nowhere", false},
		{"ann", "DEVS", false},
		{"bob", "devs", false},
		{"olga", "devs", false},
		{"robot", "devs", false},
		{bot, "juniors", false},
		{"cid", "devs", false}, // who administers is not in it
		{"cid", "admins", true},
		{"cid", "nowhere", false},
		{"site", "devs", true},
	} {
		if token := w.mint(t, row.who, teams, `{"group":"`+row.group+`"}`); (token != "") != row.gets {
			t.Errorf("%.10s asks for a token of %s and gets %q", row.who, row.group, token)
		}
	}
	refusals, err := w.AuditEvents(t.Context(), w.Admin, catalog.AuditFilter{Outcome: catalog.OutcomeRefused})
	if err != nil || len(refusals) != 9 {
		t.Errorf("%d refusals are recorded, %v", len(refusals), err)
	}
}

// TestAPersonalToken: made by a person for himself, and nobody else's business.
func TestAPersonalToken(t *testing.T) {
	t.Parallel()
	w := newPlainWorld(t, false)
	token := w.mint(t, "ann", personal, `{"days":30,"description":"laptop"}`)
	id := idOf(t, token)
	if got, want := w.list(t, "ann", personal)[id], (listed{ID: id, Days: 30, Description: "laptop", CreatedBy: "ann"}); got != want {
		t.Errorf("listed %+v, want %+v", got, want)
	}
	if n := len(w.list(t, token, personal)); n != 2 { // and the one that ann came with
		t.Errorf("it lists %d tokens", n)
	}
	var groups map[string][]string
	w.read(t, token, http.MethodGet, teams+"/current-teams", "", http.StatusAccepted, &groups)
	if !slices.Equal(groups["groups"], []string{"devs", "juniors"}) {
		t.Errorf("its owner is in %v", groups)
	}
	for who, n := range map[string]int{"bob": 1, "cid": 1, "robot": 0} {
		if all := w.list(t, who, personal); len(all) != n || slices.Contains(keysOf(all), id) {
			t.Errorf("%s lists %v", who, all)
		}
	}
	for _, who := range []string{"bob", "cid", "robot"} {
		if status, _ := w.call(t, who, http.MethodDelete, personal+"/"+id, ""); status != http.StatusBadRequest {
			t.Errorf("%s ends it: %d", who, status)
		}
	}
	bot := w.mint(t, "ann", teams, `{"group":"devs"}`)
	for _, who := range []string{"robot", bot} {
		if status, body := w.call(t, who, http.MethodPost, personal, `{"days":1}`); status != http.StatusForbidden || strings.Contains(body, "token\":\"") {
			t.Errorf("%.10s makes itself one: %d %s", who, status, body)
		}
	}
	if status, _ := w.call(t, token, http.MethodDelete, personal+"/"+id, ""); status != http.StatusAccepted {
		t.Errorf("it ends itself: %d", status)
	}
	if status, _ := w.call(t, token, http.MethodGet, personal, ""); status != http.StatusUnauthorized {
		t.Errorf("it still works: %d", status)
	}
}

func keysOf(all map[string]listed) []string {
	out := []string{}
	for id := range all {
		out = append(out, id)
	}
	return out
}

// TestTokenRequestsThatAreWrong: each is refused by the name of the field, and nothing is made.
func TestTokenRequestsThatAreWrong(t *testing.T) {
	t.Parallel()
	w := newPlainWorld(t, false)
	short := w.mint(t, "ann", personal, `{"days":1}`)
	for _, row := range []struct {
		who, path, body, field string
		status                 int
	}{
		{"ann", teams, `{"group":"devs","days":-1}`, "days", 400},
		{"ann", teams, `{"group":"devs","hours":1.5}`, "hours", 400},
		{"ann", teams, `{"group":"devs","minutes":"5"}`, "minutes", 400},
		{"ann", teams, `{"group":"devs","days":36601}`, "days", 400},
		{"ann", teams, `{"group":"devs","days":36600,"hours":1}`, "days", 400},
		{"ann", teams, `{"group":"devs","days":1e999}`, "days", 400},
		{"ann", teams, `{"group":"devs","minutes":99999999999999999999}`, "minutes", 400},
		{"ann", teams, `{"group":7}`, "group", 400},
		{"ann", teams, `{"days":1}`, "group", 400},
		{"ann", teams, `{"group":"devs","description":["a"]}`, "description", 400},
		{"ann", teams, `{"group":"devs","description":"two\nlines"}`, "description", 400},
		{"ann", personal, `{"days":{}}`, "days", 400},
		{short, personal, `{"days":2}`, "days", 400},
		{short, teams, `{"group":"devs","days":2}`, "days", 400},
		{"ann", teams, ``, "", 400},
		{"ann", teams, `null`, "", 400},
		{"ann", teams, `[]`, "", 400},
		{"ann", personal, `{"days":1} {}`, "", 400},
		{"ann", personal, `{"description":"` + strings.Repeat("x", 70_000) + `"}`, "", 413},
	} {
		before := len(w.list(t, "ann", personal)) + len(w.list(t, "ann", teams))
		var got struct {
			Errors []struct{ Field, Detail string }
		}
		w.read(t, row.who, http.MethodPost, row.path, row.body, row.status, &got)
		if len(got.Errors) != 1 || got.Errors[0].Field != row.field || got.Errors[0].Detail == "" {
			t.Errorf("%s %.60s: %+v, want one error at %q", row.path, row.body, got, row.field)
		}
		if after := len(w.list(t, "ann", personal)) + len(w.list(t, "ann", teams)); after != before {
			t.Errorf("%s %.60s made %d tokens", row.path, row.body, after-before)
		}
	}
	var both struct{ Errors []struct{ Field string } }
	w.read(t, "ann", http.MethodPost, teams, `{"group":1,"days":-1,"hours":"x"}`, http.StatusBadRequest, &both)
	if len(both.Errors) != 3 {
		t.Errorf("of three faults it tells %+v", both)
	}
	for _, body := range []string{`{"group":"devs","days":null,"unknown":{"a":1}}`, `{"group":"devs"}`} {
		if w.mint(t, "ann", teams, body) == "" {
			t.Errorf("%s is not taken", body)
		}
	}
}

// TestWithoutACredentialThereIsNothing: on every one of these paths, and in Terrakube's shape below them.
func TestWithoutACredentialThereIsNothing(t *testing.T) {
	t.Parallel()
	w := newPlainWorld(t, false)
	for _, row := range []struct{ method, path string }{
		{"GET", teams},
		{"POST", teams},
		{"DELETE", teams + "/x"},
		{"GET", teams + "/current-teams"},
		{"GET", teams + "/permissions/organization/x"},
		{"GET", teams + "/permissions/organization/x/workspace/y"},
		{"GET", personal},
		{"POST", personal},
		{"DELETE", personal + "/x"},
	} {
		if status, body := w.call(t, "no token", row.method, row.path, ""); status != http.StatusUnauthorized || body != "" {
			t.Errorf("%s %s: %d %s", row.method, row.path, status, body)
		}
	}
	for path, want := range map[string]int{teams + "/x": http.StatusMethodNotAllowed, "/pat/v1/x": http.StatusMethodNotAllowed, "/access-token/v1/users": http.StatusNotFound} {
		if status, body := w.call(t, "ann", http.MethodGet, path, ""); status != want || !strings.Contains(body, `"errors"`) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// TestParityBringsBackTokensWithoutAnEnd and nothing else: children still end with their parents.
func TestParityBringsBackTokensWithoutAnEnd(t *testing.T) {
	t.Parallel()
	for _, parity := range []bool{false, true} {
		w := newPlainWorld(t, parity)
		endless := func(token string) bool {
			t.Helper()
			stored, err := w.Store.Token(t.Context(), idOf(t, token))
			if err != nil {
				t.Fatal(err)
			}
			return stored.ExpiresAt.IsZero()
		}
		if got := endless(w.mint(t, "ann", personal, `{"days":0}`)); got != parity {
			t.Errorf("parity %t: a personal token of no days is endless: %t", parity, got)
		}
		if got := endless(w.mint(t, "ann", teams, `{"group":"devs"}`)); got != parity {
			t.Errorf("parity %t: a team token of no time is endless: %t", parity, got)
		}
		short := w.mint(t, "ann", personal, `{"days":1}`)
		if endless(short) || endless(w.mint(t, short, personal, `{"days":0}`)) {
			t.Errorf("parity %t: a token that ends has made one that does not", parity)
		}
		token := w.mint(t, "ann", teams, `{"group":"devs"}`)
		if status, _ := w.call(t, "bob", http.MethodDelete, teams+"/"+idOf(t, token), ""); status != http.StatusBadRequest {
			t.Errorf("parity %t: anybody ends it: %d", parity, status)
		}
	}
}
