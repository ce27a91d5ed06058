package entra_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/entra"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	good := entra.Settings{Tenant: "contoso.onmicrosoft.com", ClientID: "app", ClientSecret: func() (string, error) { return secret, nil }}
	good.HTTP.Now = time.Now
	for field, change := range map[string]func(*entra.Settings){
		"":              func(*entra.Settings) {},
		"tenant":        func(s *entra.Settings) { s.Tenant = "../common" },
		"client-id":     func(s *entra.Settings) { s.ClientID = "" },
		"client-secret": func(s *entra.Settings) { s.ClientSecret = nil },
		"graph-url":     func(s *entra.Settings) { s.GraphURL = "http://graph.microsoft.com" },
		"login-url":     func(s *entra.Settings) { s.LoginURL = "login.microsoftonline.com" },
		"page-size":     func(s *entra.Settings) { s.PageSize = 1000 },
		"parallel":      func(s *entra.Settings) { s.HTTP.Parallel = 99 },
	} {
		s := good
		change(&s)
		_, err := entra.New(s)
		if _, at := fault.Public(err); (err == nil) != (field == "") || at != field {
			t.Errorf("%q: %v", field, err)
		}
	}
}

func TestAWrongSecretSaysNothingOfItself(t *testing.T) {
	t.Parallel()
	s := start(t, &server{model: sourcetest.Town()}, &sourcetest.Trouble{})
	s.ClientSecret = func() (string, error) { return "old-" + secret, nil }
	got, err := open(t, s).Read(t.Context(), directory.Request{})
	if !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), secret) || len(got.Users) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
