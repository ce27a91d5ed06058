package admin_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const tokens = "/admin/v1/tokens"

func start(t *testing.T) *testkit.Running {
	t.Helper()
	return testkit.App(t, func(c *config.Config) { c.Example = true })
}

// token is a token as the API shows it.
type token struct {
	ID          string    `json:"id"`
	Secret      string    `json:"token"`
	Kind        string    `json:"kind"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Scopes      []string  `json:"scopes"`
	CreatedAt   time.Time `json:"created_at"`
	ExpiresAt   time.Time `json:"expires_at"`
}

func create(t *testing.T, r *testkit.Running, credential, body string) token {
	t.Helper()
	reply := r.Call(t, http.MethodPost, tokens, credential, body)
	if reply.Status != http.StatusCreated {
		t.Fatalf("create %s: %d %s", body, reply.Status, reply.Body)
	}
	var out token
	reply.Decode(t, &out)
	return out
}

func list(t *testing.T, r *testkit.Running, credential string) []token {
	t.Helper()
	reply := r.Call(t, http.MethodGet, tokens, credential, "")
	if reply.Status != http.StatusOK || strings.Contains(reply.Body, "twn_") {
		t.Fatalf("list: %d %s", reply.Status, reply.Body)
	}
	var out struct {
		Tokens []token `json:"tokens"`
	}
	reply.Decode(t, &out)
	return out.Tokens
}

// works reports whether a credential is accepted.
func works(t *testing.T, r *testkit.Running, credential string) bool {
	t.Helper()
	status := r.Call(t, http.MethodGet, tokens, credential, "").Status
	if status != http.StatusOK && status != http.StatusUnauthorized {
		t.Fatalf("list tokens: %d", status)
	}
	return status == http.StatusOK
}

// problem is an error as the API shows it.
type problem struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Field   string `json:"field"`
}

func problems(t *testing.T, r testkit.Reply) []problem {
	t.Helper()
	var out struct {
		Errors []problem `json:"errors"`
	}
	r.Decode(t, &out)
	return out.Errors
}

func fields(all []problem) []string {
	out := []string{}
	for _, p := range all {
		out = append(out, p.Field)
	}
	return out
}

func TestCreateToken(t *testing.T) {
	t.Parallel()
	r := start(t)
	bob := r.UserToken(t, "bob")
	expiry := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	t.Run("for a user", func(t *testing.T) {
		t.Parallel()
		got := create(t, r, r.SiteToken, `{"kind":"user","name":"alice","description":"laptop"}`)
		if got.Kind != "user" || got.Name != "alice" || got.Description != "laptop" || !strings.HasPrefix(got.ID, "at-") || !strings.HasPrefix(got.Secret, "twn_") || got.CreatedAt.IsZero() || !got.ExpiresAt.IsZero() {
			t.Errorf("token %+v", got)
		}
		if len(got.Secret) < 64 || !works(t, r, got.Secret) {
			t.Errorf("the secret %q is not accepted", got.Secret)
		}
	})
	t.Run("for a user who does not exist yet", func(t *testing.T) {
		t.Parallel()
		if got := create(t, r, r.SiteToken, `{"kind":"user","name":"newcomer","email":"new@example.com"}`); !works(t, r, got.Secret) {
			t.Error("the token of a new user is not accepted")
		}
	})
	t.Run("for oneself", func(t *testing.T) {
		t.Parallel()
		if got := create(t, r, bob, `{"kind":"user","name":"BOB"}`); !works(t, r, got.Secret) {
			t.Error("one's own new token is not accepted")
		}
	})
	t.Run("for a service with scopes and an end", func(t *testing.T) {
		t.Parallel()
		raw, err := json.Marshal(map[string]any{"kind": "service", "name": "gateway", "scopes": []string{"check", "search"}, "expires_at": expiry})
		if err != nil {
			t.Fatal(err)
		}
		got := create(t, r, r.SiteToken, string(raw))
		if diff := cmp.Diff([]string{"check", "search"}, got.Scopes); diff != "" || !got.ExpiresAt.Equal(expiry) || !works(t, r, got.Secret) {
			t.Errorf("token %+v", got)
		}
	})
	t.Run("for a service without scopes", func(t *testing.T) {
		t.Parallel()
		got := create(t, r, r.SiteToken, `{"kind":"service","name":"powerless"}`)
		if len(got.Scopes) != 0 || !works(t, r, got.Secret) {
			t.Errorf("token %+v", got)
		}
	})
	t.Run("two tokens of one owner both work", func(t *testing.T) {
		t.Parallel()
		a, b := create(t, r, r.SiteToken, `{"kind":"user","name":"carol"}`), create(t, r, r.SiteToken, `{"kind":"user","name":"carol"}`)
		if a.ID == b.ID || a.Secret == b.Secret || !works(t, r, a.Secret) || !works(t, r, b.Secret) {
			t.Errorf("tokens %s and %s", a.ID, b.ID)
		}
	})
}

func TestCreateTokenIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	credentials := map[string]string{"site": r.SiteToken, "bob": r.UserToken(t, "bob"), "alice": r.UserToken(t, "alice"), "service": r.ServiceToken(t, "gateway", "check", "sync", "scim", "audit")}
	tests := map[string]struct {
		as, body string
		status   int
		field    string
	}{
		"for another user":                {"bob", `{"kind":"user","name":"carol"}`, 403, ""},
		"for another, by an owner":        {"alice", `{"kind":"user","name":"bob"}`, 403, ""},
		"for a user there is none":        {"bob", `{"kind":"user","name":"mallory"}`, 403, ""},
		"for the site admin":              {"bob", `{"kind":"user","name":"site-admin"}`, 403, ""},
		"for a service":                   {"bob", `{"kind":"service","name":"gateway"}`, 403, ""},
		"for a service of one's own name": {"bob", `{"kind":"service","name":"bob"}`, 403, ""},
		"by a service for itself":         {"service", `{"kind":"service","name":"gateway","scopes":["explain"]}`, 403, ""},
		"by a service for a user":         {"service", `{"kind":"user","name":"gateway"}`, 403, ""},
		"an unknown scope":                {"site", `{"kind":"service","name":"gateway","scopes":["check","everything"]}`, 422, "scope"},
		"scopes for a user":               {"site", `{"kind":"user","name":"bob","scopes":["check"]}`, 422, "scope"},
		"scopes for oneself":              {"bob", `{"kind":"user","name":"bob","scopes":["check"]}`, 422, "scope"},
		"an end in the past":              {"site", `{"kind":"user","name":"bob","expires_at":"2020-01-01T00:00:00Z"}`, 422, "expires"},
		"no kind":                         {"site", `{"name":"bob"}`, 422, "for"},
		"an unknown kind":                 {"site", `{"kind":"robot","name":"bob"}`, 422, "for"},
		"a team's token":                  {"site", `{"kind":"team","name":"acme/sre"}`, 422, "for"},
		"a name of blanks":                {"site", `{"kind":"user","name":"  "}`, 422, "username"},
		"a name like an id":               {"site", `{"kind":"user","name":"user-1111111111111111"}`, 422, "username"},
		"an e-mail address that is none":  {"site", `{"kind":"user","name":"zoe","email":"nonsense"}`, 422, "email"},
		"an unknown member":               {"site", `{"kind":"user","name":"bob","admin":true}`, 422, ""},
		"a member of the wrong type":      {"site", `{"kind":"user","name":7}`, 422, ""},
		"an end that is no time":          {"site", `{"kind":"user","name":"bob","expires_at":"tomorrow"}`, 422, ""},
		"no body":                         {"site", ``, 422, ""},
		"an array":                        {"site", `[]`, 422, ""},
		"two bodies":                      {"site", `{"kind":"user","name":"bob"}{}`, 422, ""},
		"a body without an end":           {"site", `{"kind":"user","name":"` + strings.Repeat("x", 70<<10) + `"}`, 413, ""},
	}
	before := len(list(t, r, r.SiteToken))
	t.Run("one by one", func(t *testing.T) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got := r.Call(t, http.MethodPost, tokens, credentials[test.as], test.body)
				if got.Status != test.status || strings.Contains(got.Body, "twn_") {
					t.Fatalf("answer %d %s, want %d", got.Status, got.Body, test.status)
				}
				all := problems(t, got)
				if len(all) != 1 || all[0].Message == "" {
					t.Fatalf("errors %+v, want one", all)
				}
				if test.field != "" && all[0].Field != test.field {
					t.Errorf("field %q, want %q", all[0].Field, test.field)
				}
			})
		}
	})
	if after := len(list(t, r, r.SiteToken)); after != before {
		t.Errorf("%d tokens before and %d after: a refused one was issued", before, after)
	}
}

func TestListTokens(t *testing.T) {
	t.Parallel()
	r := start(t)
	bob := create(t, r, r.SiteToken, `{"kind":"user","name":"bob"}`)
	carol := create(t, r, r.SiteToken, `{"kind":"user","name":"carol"}`)
	gateway := create(t, r, r.SiteToken, `{"kind":"service","name":"gateway","scopes":["check"]}`)
	ids := func(all []token) []string {
		var out []string
		for _, x := range all {
			out = append(out, x.ID+" "+x.Kind+" "+x.Name)
		}
		slices.Sort(out)
		return out
	}
	sorted := func(s ...string) []string { slices.Sort(s); return s }
	for name, test := range map[string]struct {
		credential string
		want       []string
	}{
		"a user sees his own":         {bob.Secret, []string{bob.ID + " user bob"}},
		"another user sees his own":   {carol.Secret, []string{carol.ID + " user carol"}},
		"a service sees its own":      {gateway.Secret, []string{gateway.ID + " service gateway"}},
		"the site admin sees all":     {r.SiteToken, sorted(bob.ID+" user bob", carol.ID+" user carol", gateway.ID+" service gateway")},
		"whoever is nobody sees none": {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.want == nil {
				if got := r.Call(t, http.MethodGet, tokens, "", ""); got.Status != http.StatusUnauthorized {
					t.Errorf("answer %d %s", got.Status, got.Body)
				}
				return
			}
			if diff := cmp.Diff(test.want, ids(list(t, r, test.credential))); diff != "" {
				t.Errorf("tokens (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	r := start(t)
	revoke := func(t *testing.T, credential, id string, want int) {
		t.Helper()
		if got := r.Call(t, http.MethodDelete, tokens+"/"+id, credential, ""); got.Status != want {
			t.Errorf("revoke: %d %s, want %d", got.Status, got.Body, want)
		}
	}
	bob := create(t, r, r.SiteToken, `{"kind":"user","name":"bob"}`)
	second := create(t, r, r.SiteToken, `{"kind":"user","name":"bob"}`)
	carol := create(t, r, r.SiteToken, `{"kind":"user","name":"carol"}`)
	gateway := create(t, r, r.SiteToken, `{"kind":"service","name":"gateway","scopes":["check","sync","scim"]}`)

	unknown := r.Call(t, http.MethodDelete, tokens+"/at-1111111111111111", bob.Secret, "")
	foreign := r.Call(t, http.MethodDelete, tokens+"/"+carol.ID, bob.Secret, "")
	if unknown.Status != http.StatusNotFound || foreign.Status != http.StatusNotFound {
		t.Errorf("revoke one that is not there: %d, somebody else's: %d; want 404 for both", unknown.Status, foreign.Status)
	}
	if diff := cmp.Diff(unknown.Body, foreign.Body); diff != "" {
		t.Errorf("somebody else's token can be told from none (-none +other's):\n%s", diff)
	}
	revoke(t, gateway.Secret, carol.ID, http.StatusNotFound)
	revoke(t, "", carol.ID, http.StatusUnauthorized)
	if !works(t, r, carol.Secret) {
		t.Error("somebody else ended carol's token")
	}

	revoke(t, bob.Secret, second.ID, http.StatusNoContent)
	if works(t, r, second.Secret) || !works(t, r, bob.Secret) {
		t.Error("a revoked token is accepted, or its sibling is not")
	}
	revoke(t, bob.Secret, bob.ID, http.StatusNoContent) // the one in use
	if works(t, r, bob.Secret) {
		t.Error("a revoked token is accepted")
	}
	revoke(t, r.SiteToken, carol.ID, http.StatusNoContent)
	revoke(t, r.SiteToken, gateway.ID, http.StatusNoContent)
	revoke(t, r.SiteToken, carol.ID, http.StatusNotFound) // again
	if works(t, r, carol.Secret) || works(t, r, gateway.Secret) {
		t.Error("a token that the site admin revoked is accepted")
	}
	if left := list(t, r, r.SiteToken); len(left) != 0 {
		t.Errorf("tokens that are left: %+v", left)
	}
}

func TestExpiredToken(t *testing.T) {
	t.Parallel()
	r := start(t)
	expiry := time.Now().Add(700 * time.Millisecond)
	raw, err := json.Marshal(map[string]any{"kind": "user", "name": "bob", "expires_at": expiry})
	if err != nil {
		t.Fatal(err)
	}
	short := create(t, r, r.SiteToken, string(raw))
	for works(t, r, short.Secret) { // the deadline of the test ends a token that never expires
		if time.Now().After(expiry.Add(10 * time.Second)) {
			t.Fatal("an expired token is accepted")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if time.Now().Before(expiry) {
		t.Error("the token ended before its time")
	}
}
