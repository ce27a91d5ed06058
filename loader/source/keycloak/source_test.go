package keycloak_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/keycloak"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

func open(t *testing.T, s keycloak.Settings) *keycloak.Source {
	t.Helper()
	source, err := keycloak.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func read(t *testing.T, s keycloak.Settings) directory.Snapshot {
	t.Helper()
	out, err := open(t, s).Read(t.Context(), directory.Request{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNoFaultTakesAnything(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Name: "keycloak", HTTP: true, Form: form,
		New: func(t *testing.T, m sourcetest.Model, trouble *sourcetest.Trouble) directory.Source {
			t.Helper()
			return open(t, start(t, &server{model: m}, trouble))
		},
		Not: map[sourcetest.Fault]string{
			sourcetest.LinkElsewhere: "pages have no links",
			sourcetest.LinkLost:      "pages have no links",
		},
	})
}

// TestOldVersions: before version 23 groups came with those inside of them, which were not counted.
func TestOldVersions(t *testing.T) {
	t.Parallel()
	now := read(t, start(t, &server{model: sourcetest.Town()}, &sourcetest.Trouble{}))
	before := read(t, start(t, &server{model: sourcetest.Town(), old: true}, &sourcetest.Trouble{}))
	if diff := cmp.Diff(now, before); diff != "" || !now.GroupsComplete || len(now.Groups) != len(sourcetest.Town().Groups) {
		t.Errorf("the realm is another (-now +before):\n%s", diff)
	}
}

// TestGroupsInsideThatAreNotCounted: where more groups are counted than found, the rest may be inside of any, and all are left as
// they are.
func TestGroupsInsideThatAreNotCounted(t *testing.T) {
	t.Parallel()
	got := read(t, start(t, &server{model: sourcetest.Town(), childless: true}, &sourcetest.Trouble{}))
	if got.GroupsComplete || len(got.Groups) != 4 {
		t.Errorf("%+v", got)
	}
	for _, g := range got.Groups {
		if g.Unknown == "" || len(g.Members) > 0 {
			t.Errorf("%+v", g)
		}
	}
}

// TestServiceAccounts: they are nobody, whether a version lists them among the users or not.
func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	for _, listed := range []bool{false, true} {
		s := &server{model: sourcetest.Town(), service: listed}
		got := read(t, start(t, s, &sourcetest.Trouble{}))
		if len(got.Users) != len(s.model.People) || !got.UsersComplete {
			t.Errorf("listed %t: %d users, complete %t, %v", listed, len(got.Users), got.UsersComplete, got.Warnings)
		}
		for _, g := range got.Groups {
			if strings.Contains(strings.Join(g.Members, " "), "900") {
				t.Errorf("listed %t: one is in %s", listed, g.Name)
			}
		}
	}
}

// TestSomebodyLeavesMeanwhile: what moves while it is read is not taken for the whole, neither the list nor what follows from it.
func TestSomebodyLeavesMeanwhile(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(*server){
		"a user of the first page": func(s *server) { s.model = s.model.WithoutPerson("101") },
		"a user nobody has seen":   func(s *server) { s.model = s.model.WithoutPerson("108") },
		"one leaves, another joins": func(s *server) {
			s.model = s.model.WithoutPerson("101")
			s.model.People = append(s.model.People, directory.User{ID: "109", Username: "ivan"})
		},
	} {
		s := &server{model: sourcetest.Town()}
		s.meanwhile = func() { s.meanwhile = nil; meanwhile(s) }
		got := read(t, start(t, s, &sourcetest.Trouble{}))
		if got.UsersComplete || len(got.Warnings) == 0 {
			t.Errorf("%s: complete %t, %v", name, got.UsersComplete, got.Warnings)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	good := keycloak.Settings{URL: "https://kc.example.com/auth/", Realm: "a realm", ClientID: "sync", ClientSecret: func() (string, error) { return secret, nil }}
	good.HTTP.Now = time.Now
	for field, change := range map[string]func(*keycloak.Settings){
		"":                func(*keycloak.Settings) {},
		"url":             func(s *keycloak.Settings) { s.URL = "http://kc.example.com" },
		"realm":           func(s *keycloak.Settings) { s.Realm = "" },
		"client-id":       func(s *keycloak.Settings) { s.ClientID = "" },
		"client-secret":   func(s *keycloak.Settings) { s.ClientSecret = nil },
		"page-size":       func(s *keycloak.Settings) { s.PageSize = 1 },
		"request-timeout": func(s *keycloak.Settings) { s.HTTP.Timeout = -1 },
	} {
		s := good
		change(&s)
		_, err := keycloak.New(s)
		if _, at := fault.Public(err); (err == nil) != (field == "") || at != field {
			t.Errorf("%q: %v", field, err)
		}
	}
}

// TestSecretsStayInside: whatever fails, no error and no snapshot has the secret.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	s := start(t, &server{model: sourcetest.Town()}, &sourcetest.Trouble{})
	for name, ask := range map[string]func() (string, error){
		"a wrong one": func() (string, error) { return "wrong-" + secret, nil },
		"none":        func() (string, error) { return "", nil },
		"no file":     func() (string, error) { return "", errors.New("open /run/secrets/kc: no such file") },
	} {
		s.ClientSecret = ask
		_, err := open(t, s).Read(t.Context(), directory.Request{})
		if err == nil || strings.Contains(err.Error(), secret) || !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSecretsAreReadAnew: a secret that was rotated is used by the next read of the same source.
func TestSecretsAreReadAnew(t *testing.T) {
	t.Parallel()
	s := start(t, &server{model: sourcetest.Town()}, &sourcetest.Trouble{})
	current := "old"
	s.ClientSecret = func() (string, error) { return current, nil }
	source := open(t, s)
	if _, err := source.Read(t.Context(), directory.Request{}); err == nil {
		t.Error("the old secret works")
	}
	current = secret
	if _, err := source.Read(t.Context(), directory.Request{}); err != nil {
		t.Error(err)
	}
}

// TestSeveralAtOnce: several requests at once read the same.
func TestSeveralAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, &server{model: sourcetest.Town()}, &sourcetest.Trouble{})
	one := read(t, s)
	s.HTTP.Parallel = 8
	if diff := cmp.Diff(one, read(t, s)); diff != "" {
		t.Errorf("another realm (-one +eight):\n%s", diff)
	}
}
