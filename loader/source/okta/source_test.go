package okta_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/okta"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

// TestStatuses: who may use his account, by every status that Okta documents; one of another is left open, and so is who is gone.
func TestStatuses(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town(), status: map[string]string{
		"101": "ACTIVE", "102": "PROVISIONED", "103": "LOCKED_OUT", "104": "PASSWORD_EXPIRED", "105": "RECOVERY",
		"106": "STAGED", "107": "SUSPENDED", "108": "DEPROVISIONED",
	}}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil || !got.UsersComplete {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, u := range got.Users {
		if want := u.ID >= "106"; u.Disabled != want {
			t.Errorf("%s: disabled %t", s.status[u.ID], u.Disabled)
		}
	}
	s.status["107"] = "HIBERNATING"
	got, err = open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil || got.UsersComplete || slices.ContainsFunc(got.Users, func(u directory.User) bool { return u.ID == "107" }) {
		t.Errorf("an unknown status: %+v, %v", got, err)
	}
}

// TestACredentialThatSeesAPart: who may administer some groups is not shown the group of everybody, and then nothing counts as gone.
func TestACredentialThatSeesAPart(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town(), narrow: true}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil || got.UsersComplete || got.GroupsComplete || len(got.Warnings) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestSomebodyWhoIsLeftOut: who is in a group and not among the users shows that they are not all.
func TestSomebodyWhoIsLeftOut(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town(), touched: func(_, id string) bool { return id != "105" }}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil || got.UsersComplete || !got.GroupsComplete {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestIncrements: what was touched since the read before, with some of the time before that; a full read asks for all times.
func TestIncrements(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town()}
	set := start(t, s, &sourcetest.Trouble{})
	set.Increments = true
	source := open(t, set)
	all, err := source.Read(t.Context(), directory.Request{})
	if err != nil || all.Partial || !strings.Contains(s.filters[0], `"1970-01-01T00:00:00.000Z"`) {
		t.Fatalf("%+v, %v, %v", all, err, s.filters)
	}
	begun, err := time.Parse(time.RFC3339, all.Cursor)
	if late := time.Since(begun); err != nil || late < 5*time.Minute || late > 6*time.Minute {
		t.Errorf("the cursor is %s ago", late)
	}
	s.filters, s.touched = nil, func(_, id string) bool { return id == "104" || id == "202" }
	s.model = s.model.WithoutMember("202", "103")
	got, err := source.Read(t.Context(), directory.Request{Cursor: all.Cursor})
	want := directory.Snapshot{
		Partial: true,
		Users:   []directory.User{{ID: "104", Username: "dave", Email: "dave@example.com", Disabled: true}},
		Groups:  []directory.Group{{ID: "202", Name: "builders", Members: []string{"101", "102", "104", "105", "106"}}},
	}
	if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Cursor" }, cmp.Ignore())); err != nil || diff != "" {
		t.Errorf("changes (-want +got), %v:\n%s", err, diff)
	}
	stamp := begun.UTC().Format("2006-01-02T15:04:05.000Z")
	if f := s.filters[0]; f != `lastUpdated gt "`+stamp+`" or lastMembershipUpdated gt "`+stamp+`"` || !slices.Contains(s.filters, `lastUpdated gt "`+stamp+`"`) {
		t.Errorf("filters %v", s.filters)
	}
	s.touched = func(string, string) bool { return false }
	if got, err := source.Read(t.Context(), directory.Request{Cursor: all.Cursor}); err != nil || !got.Partial || len(got.Users)+len(got.Groups) > 0 {
		t.Errorf("nothing was touched: %+v, %v", got, err)
	}
	s.touched = nil
	if got, err := source.Read(t.Context(), directory.Request{Cursor: "yesterday"}); err != nil || got.Partial {
		t.Errorf("a cursor that is none asks for everything: %+v, %v", got, err)
	}
}

// TestFaultsOfIncrements: what was touched is taken wholly or not at all, and nothing is taken from anybody.
func TestFaultsOfIncrements(t *testing.T) {
	t.Parallel()
	truth := map[string][]string{}
	for _, g := range form(sourcetest.Town()).Groups {
		truth[g.ID] = g.Members
	}
	sourcetest.EachFault(t, 10, 3, func(t *testing.T, trouble *sourcetest.Trouble) {
		t.Helper()
		set := start(t, &server{model: sourcetest.Town()}, trouble)
		set.Increments = true
		got, err := open(t, set).Read(t.Context(), directory.Request{Cursor: "2026-01-01T00:00:00Z"})
		if err != nil {
			return
		}
		for _, u := range got.Users {
			if u.Deleted || u.Disabled != (u.ID == "104") {
				t.Errorf("%s: %+v", trouble.Fault, u)
			}
		}
		for _, g := range got.Groups {
			if g.Deleted || g.Unknown == "" && !slices.Equal(g.Members, truth[g.ID]) {
				t.Errorf("%s: %+v", trouble.Fault, g)
			}
		}
	})
}

// token gives a token to whoever signs with the key of the application.
func (s *server) token(t *testing.T) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		signed, err := jose.ParseSigned(r.FormValue("client_assertion"), []jose.SignatureAlgorithm{jose.RS256})
		if err != nil || s.key == nil || r.FormValue("scope") != "okta.users.read okta.groups.read" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		content, err := signed.Verify(&s.key.PublicKey)
		var claims object
		if err != nil || json.Unmarshal(content, &claims) != nil || claims["sub"] != "0oa1" || claims["aud"] != s.url+"/oauth2/v1/token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		write(w, object{"access_token": "access", "expires_in": 3600, "token_type": "Bearer"})
	}
}

// TestApplications: an application that signs reads the same as a token.
func TestApplications(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{model: sourcetest.Town(), key: key}
	set := start(t, s, &sourcetest.Trouble{})
	byToken, err := open(t, set).Read(t.Context(), directory.Request{})
	if err != nil {
		t.Fatal(err)
	}
	set.Token, set.ClientID, set.KeyID = nil, "0oa1", "key-1"
	set.PrivateKey = func() (string, error) {
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
	}
	byKey, err := open(t, set).Read(t.Context(), directory.Request{})
	if diff := cmp.Diff(byToken, byKey); err != nil || diff != "" {
		t.Errorf("%v (-token +key):\n%s", err, diff)
	}
	set.ClientID = "0oa2"
	if _, err := open(t, set).Read(t.Context(), directory.Request{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("another application: %v", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	word := func() (string, error) { return secret, nil }
	good := okta.Settings{URL: "https://example.okta.com", Token: word}
	good.HTTP.Now = time.Now
	tests := map[string]struct {
		field  string
		change func(*okta.Settings)
	}{
		"a token":              {"", func(*okta.Settings) {}},
		"an application":       {"", func(s *okta.Settings) { s.Token, s.ClientID, s.PrivateKey = nil, "a", word }},
		"both":                 {"token", func(s *okta.Settings) { s.ClientID, s.PrivateKey = "a", word }},
		"neither":              {"token", func(s *okta.Settings) { s.Token = nil }},
		"half an application":  {"private-key", func(s *okta.Settings) { s.Token, s.ClientID = nil, "a" }},
		"the other half":       {"client-id", func(s *okta.Settings) { s.Token, s.PrivateKey = nil, word }},
		"another organization": {"url", func(s *okta.Settings) { s.URL = "https://example.okta.com?x" }},
		"pages too large":      {"page-size", func(s *okta.Settings) { s.PageSize = 201 }},
		"pages too small":      {"page-size", func(s *okta.Settings) { s.PageSize = 1 }},
	}
	for name, test := range tests {
		s := good
		test.change(&s)
		_, err := okta.New(s)
		if _, at := fault.Public(err); (err == nil) != (test.field == "") || at != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
