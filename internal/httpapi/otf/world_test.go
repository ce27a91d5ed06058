package otf_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// media is what OTF's command says its plain JSON is.
const media = "application/vnd.api+json"

// world is a service with two organizations, and the credentials of people who hold something different in them.
type world struct {
	*testkit.Running
	tokens map[string]string // by caller
	n      atomic.Int64
}

// newWorld makes the organizations acme and other, and everybody who calls. All of it goes through OTF's own calls, but
// for credentials and workspaces, which those have not.
func newWorld(t *testing.T, change ...func(*config.Config)) *world {
	t.Helper()
	w := &world{Running: testkit.App(t, change...), tokens: map[string]string{"nobody": ""}}
	w.tokens["site admin"] = w.SiteToken
	for _, name := range []string{"owner", "member", "other owner", "suspended owner", "outsider"} {
		w.tokens[name] = w.UserToken(t, strings.ReplaceAll(name, " ", "-"))
	}
	w.do(t, "owner", http.MethodPost, "organizations", `{"Name":"acme"}`, http.StatusCreated)
	w.do(t, "other owner", http.MethodPost, "organizations", `{"Name":"other"}`, http.StatusCreated)
	w.team(t, "devs", "member")
	w.do(t, "owner", http.MethodPost, "teams/"+w.teamID(t, "acme", "owners")+"/relationships/users", `{"Usernames":["suspended-owner"]}`, http.StatusCreated)
	w.tokens["organization token"] = w.token(t, "organizations/acme/authentication-token")
	w.tokens["owners token"] = w.token(t, "teams/"+w.teamID(t, "acme", "owners")+"/authentication-token")
	w.suspend(t, "suspended-owner")
	return w
}

// call sends a request as OTF's command does.
func (w *world) call(t *testing.T, who, method, path, body string) testkit.Reply {
	t.Helper()
	credential, known := w.tokens[who]
	if !known {
		t.Fatalf("there is no caller %q", who)
	}
	return w.Call(t, method, "/otfapi/"+path, credential, body, "Content-Type", media, "Accept", media)
}

// do is call for what must go as it should.
func (w *world) do(t *testing.T, who, method, path, body string, want int) testkit.Reply {
	t.Helper()
	got := w.call(t, who, method, path, body)
	if got.Status != want {
		t.Fatalf("%s %s %s by %s: %d %s, want %d", method, path, body, who, got.Status, got.Body, want)
	}
	return got
}

// team makes a visible team of acme with some members, and returns its id.
func (w *world) team(t *testing.T, name string, members ...string) string {
	t.Helper()
	w.do(t, "site admin", http.MethodPost, "organizations/acme/teams", `{"Name":"`+name+`","Visibility":"organization"}`, http.StatusCreated)
	id := w.teamID(t, "acme", name)
	if len(members) > 0 {
		w.do(t, "site admin", http.MethodPost, "teams/"+id+"/relationships/users", usernames(t, members...), http.StatusCreated)
	}
	return id
}

func (w *world) teamID(t *testing.T, organization, name string) string {
	t.Helper()
	return id(t, w.do(t, "site admin", http.MethodGet, "organizations/"+organization+"/teams/"+name, "", http.StatusOK))
}

// token makes a credential through the API that has them.
func (w *world) token(t *testing.T, path string) string {
	t.Helper()
	var made struct {
		Data struct {
			Attributes struct{ Token string }
		}
	}
	w.api(t, "site admin", http.MethodPost, path, `{"data":{"type":"authentication-tokens","attributes":{}}}`, http.StatusCreated).Decode(t, &made)
	return made.Data.Attributes.Token
}

// api calls the TFE API.
func (w *world) api(t *testing.T, who, method, path, body string, want int) testkit.Reply {
	t.Helper()
	got := w.Call(t, method, "/api/v2/"+path, w.tokens[who], body, "Content-Type", media)
	if got.Status != want {
		t.Fatalf("%s %s by %s: %d %s, want %d", method, path, who, got.Status, got.Body, want)
	}
	return got
}

func (w *world) suspend(t *testing.T, username string) {
	t.Helper()
	var found struct{ Data []struct{ ID string } }
	w.api(t, "site admin", http.MethodGet, "admin/users?q="+url.QueryEscape(username), "", http.StatusOK).Decode(t, &found)
	if len(found.Data) != 1 {
		t.Fatalf("there are %d people called %s", len(found.Data), username)
	}
	w.api(t, "site admin", http.MethodPost, "admin/users/"+found.Data[0].ID+"/actions/suspend", "", http.StatusOK)
}

// fresh returns a name that nothing has.
func (w *world) fresh(prefix string) string { return prefix + strconv.FormatInt(w.n.Add(1), 10) }

// in reports who is in a team and can act, by username.
func (w *world) in(t *testing.T, teamID string) []string {
	t.Helper()
	var doc struct {
		Included []struct {
			Type       string
			Attributes struct{ Username string }
		}
	}
	w.api(t, "site admin", http.MethodGet, "teams/"+teamID+"?include=users", "", http.StatusOK).Decode(t, &doc)
	var out []string
	for _, r := range doc.Included {
		if r.Type == "users" {
			out = append(out, r.Attributes.Username)
		}
	}
	slices.Sort(out)
	return out
}

// there reports whether the site admin finds something in the TFE API.
func (w *world) there(t *testing.T, path string) bool {
	t.Helper()
	return w.Call(t, http.MethodGet, "/api/v2/"+path, w.SiteToken, "").Status == http.StatusOK
}

// person reports whether somebody has a username.
func (w *world) person(t *testing.T, username string) bool {
	t.Helper()
	var found struct {
		Data []struct{ Attributes struct{ Username string } }
	}
	w.api(t, "site admin", http.MethodGet, "admin/users?q="+url.QueryEscape(username), "", http.StatusOK).Decode(t, &found)
	for _, u := range found.Data {
		if u.Attributes.Username == username {
			return true
		}
	}
	return false
}

func id(t *testing.T, r testkit.Reply) string {
	t.Helper()
	var doc struct{ Data struct{ ID string } }
	r.Decode(t, &doc)
	return doc.Data.ID
}

func usernames(t *testing.T, names ...string) string {
	t.Helper()
	raw, err := json.Marshal(map[string][]string{"Usernames": names})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
