package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/github"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

// TestSomebodyLeavesMeanwhile: pages are numbered, so that who leaves the first moves the first of the second to where nobody looks.
func TestSomebodyLeavesMeanwhile(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town()}
	s.leave = func() { s.model, s.leave = s.model.WithoutPerson("108").WithoutPerson("101"), nil }
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil || got.UsersComplete {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestASlugOfAnother: a team that was renamed, and whose slug another has by now, is not given the other's members.
func TestASlugOfAnother(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town(), swapped: map[string]string{"admins": "builders"}}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range got.Groups {
		if (g.Unknown != "") != (g.Name == "admins") {
			t.Errorf("%+v", g)
		}
	}
}

// TestSomebodyWhoIsLeftOut: who is in a team and not among the members shows that they are not all.
func TestSomebodyWhoIsLeftOut(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town(), lost: "erin"}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil || got.UsersComplete || !got.GroupsComplete {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestATokenOfNoOwner: secret teams are hidden from it, so that no team counts as gone.
func TestATokenOfNoOwner(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town(), role: "member"}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil || got.GroupsComplete || !got.UsersComplete || len(got.Warnings) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// install gives a token to the application, for reading members alone.
func (s *server) install(w http.ResponseWriter, r *http.Request) {
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	signed, err := jose.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256})
	body, _ := io.ReadAll(r.Body)
	if err != nil || s.key == nil || r.PathValue("id") != "42" || string(body) != `{"permissions":{"members":"read"}}` {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	content, err := signed.Verify(&s.key.PublicKey)
	var claims object
	if err != nil || json.Unmarshal(content, &claims) != nil || claims["iss"] != "Iv1.8a61f9b3a7aba766" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(object{"token": "ghs_installed", "expires_at": "2036-07-11T22:14:10Z", "permissions": object{"members": "read"}})
}

// TestApplications: an application that is installed reads the same as a token.
func TestApplications(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := start(t, &server{model: sourcetest.Town(), key: key}, &sourcetest.Trouble{})
	byToken, err := open(t, set).Read(t.Context(), directory.Request{})
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	set.Token, set.AppID, set.InstallationID = nil, "Iv1.8a61f9b3a7aba766", 42
	set.PrivateKey = func() (string, error) { return text, nil }
	byApp, err := open(t, set).Read(t.Context(), directory.Request{})
	if diff := cmp.Diff(byToken, byApp); err != nil || diff != "" {
		t.Errorf("%v (-token +application):\n%s", err, diff)
	}
	set.InstallationID = 43
	if _, err := open(t, set).Read(t.Context(), directory.Request{}); !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "PRIVATE") {
		t.Errorf("another installation: %v", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	word := func() (string, error) { return secret, nil }
	good := github.Settings{Organization: "town", Token: word}
	good.HTTP.Now = time.Now
	tests := map[string]struct {
		field  string
		change func(*github.Settings)
	}{
		"a token":         {"", func(*github.Settings) {}},
		"an application":  {"", func(s *github.Settings) { s.Token, s.AppID, s.InstallationID, s.PrivateKey = nil, "1", 2, word }},
		"both":            {"token", func(s *github.Settings) { s.AppID = "1" }},
		"neither":         {"token", func(s *github.Settings) { s.Token = nil }},
		"no app id":       {"app-id", func(s *github.Settings) { s.Token, s.InstallationID = nil, 2 }},
		"no installation": {"installation-id", func(s *github.Settings) { s.Token, s.AppID, s.PrivateKey = nil, "1", word }},
		"no key":          {"private-key", func(s *github.Settings) { s.Token, s.AppID, s.InstallationID = nil, "1", 2 }},
		"no organization": {"organization", func(s *github.Settings) { s.Organization = "" }},
		"another path":    {"organization", func(s *github.Settings) { s.Organization = "town/../user" }},
		"no address":      {"url", func(s *github.Settings) { s.URL = "ghe.example.com" }},
		"pages too large": {"page-size", func(s *github.Settings) { s.PageSize = 101 }},
	}
	for name, test := range tests {
		s := good
		test.change(&s)
		_, err := github.New(s)
		if _, at := fault.Public(err); (err == nil) != (test.field == "") || at != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
