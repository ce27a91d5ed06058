package google_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/google"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

func group(s directory.Snapshot, id string) directory.Group {
	i := slices.IndexFunc(s.Groups, func(g directory.Group) bool { return g.ID == id })
	return s.Groups[i]
}

// TestEverybodyInAGroup: a customer as a member is everybody in the account, unless it is open who that is.
func TestEverybodyInAGroup(t *testing.T) {
	t.Parallel()
	everybody := map[string][]object{"203": {{"kind": "admin#directory#member", "id": "C03az79cb", "type": "CUSTOMER"}}}
	s := &server{model: sourcetest.Town(), members: everybody}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if g := group(got, "203"); err != nil || g.Unknown != "" || len(g.Members) != len(s.model.People) {
		t.Errorf("%+v, %v", g, err)
	}
	undecided := 0
	for at := 1; at <= 15; at++ {
		s := &server{model: sourcetest.Town(), members: everybody}
		got, err := open(t, start(t, s, sourcetest.From(sourcetest.Broken, at))).Read(t.Context(), directory.Request{})
		if err != nil {
			continue
		}
		if g := group(got, "203"); !got.UsersComplete && (g.Unknown == "" || len(g.Members) > 0) {
			t.Errorf("from answer %d on: %+v", at, g)
		} else if !got.UsersComplete {
			undecided++
		}
	}
	if undecided == 0 {
		t.Error("it was never open who everybody is")
	}
}

// TestStrangers: people of other accounts are members of a group by ids of their own; members of unknown types leave it open.
func TestStrangers(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town(), members: map[string][]object{
		"201": {{"id": "555", "type": "EXTERNAL"}, {"id": "556", "type": "USER"}},
		"203": {{"id": "557", "type": "ROBOT"}},
	}}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil || !slices.Equal(group(got, "201").Members, []string{"101", "555", "556"}) || group(got, "203").Unknown == "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestArchivedIsDisabled(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town(), archived: "105"}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range got.Users {
		if u.Disabled != (u.ID == "104" || u.ID == "105") {
			t.Errorf("%+v", u)
		}
	}
}

// TestDelegation: the service account asks in the administrator's name, for reading alone, at the place of the settings and not at
// that of the key.
func TestDelegation(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town()}
	set := start(t, s, &sourcetest.Trouble{})
	if _, err := open(t, set).Read(t.Context(), directory.Request{}); err != nil {
		t.Fatal(err)
	}
	scope, _ := s.claims["scope"].(string)
	if s.claims["iss"] != "sync@town.iam.gserviceaccount.com" || s.claims["sub"] != "admin@example.com" || s.claims["aud"] != set.TokenURL ||
		strings.Count(scope, "readonly") != 3 || len(strings.Fields(scope)) != 3 {
		t.Errorf("%v", s.claims)
	}
	for name, ask := range map[string]func() (string, error){
		"no key":         func() (string, error) { return "", errors.New("no such file") },
		"no JSON":        func() (string, error) { return "-----BEGIN PRIVATE KEY-----", nil },
		"another format": func() (string, error) { return `{"type":"authorized_user","refresh_token":"1//secret"}`, nil },
		"a broken key":   func() (string, error) { return `{"client_email":"a","private_key":"1//secret"}`, nil },
	} {
		set.Credentials = ask
		_, err := open(t, set).Read(t.Context(), directory.Request{})
		if !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "1//secret") || strings.Contains(err.Error(), "BEGIN") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	good := google.Settings{Subject: "admin@example.com", Credentials: credentials}
	good.HTTP.Now = time.Now
	for field, change := range map[string]func(*google.Settings){
		"":            func(*google.Settings) {},
		"subject":     func(s *google.Settings) { s.Subject = "" },
		"credentials": func(s *google.Settings) { s.Credentials = nil },
		"url":         func(s *google.Settings) { s.URL = "http://admin.googleapis.com" },
		"token-url":   func(s *google.Settings) { s.TokenURL = "x" },
		"page-size":   func(s *google.Settings) { s.PageSize = 500 },
	} {
		s := good
		change(&s)
		_, err := google.New(s)
		if _, at := fault.Public(err); (err == nil) != (field == "") || at != field {
			t.Errorf("%q: %v", field, err)
		}
	}
}
