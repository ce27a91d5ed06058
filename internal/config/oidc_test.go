package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
)

func TestIssuers(t *testing.T) {
	t.Parallel()
	got, err := load(t, `
oidc:
- issuer: https://dex.example/
  audience: api
- issuer: https://login.example/tenant
  audience: [one, two]
  username-claim: preferred_username
  groups-claim: roles
  client-id: c
  client-secret: s
  trusted-usernames: true
  algorithms: [PS256]
  clock-skew: 0s
  groups-source: tenant
  groups-trust: administrators
  groups-lifetime: 1h
  groups-overage: graph
- issuer: http://127.0.0.1:5556/dex
  client-id: c
  client-secret-file: /s
  clock-skew: 1m
`, "--oidc-issuer=https://first.example", "--oidc-client-id=terrawarden")
	if err != nil {
		t.Fatal(err)
	}
	algorithms := []string{"RS256", "ES256"}
	want := []config.Issuer{
		{URL: "https://first.example", Audience: []string{"terrawarden"}, UsernameClaim: "email", GroupsClaim: "groups", ClientID: "terrawarden", Algorithms: algorithms, ClockSkew: 30 * time.Second, GroupsSource: "oidc", GroupsTrust: "teams", GroupsLifetime: 12 * time.Hour},
		{URL: "https://dex.example/", Audience: []string{"api"}, UsernameClaim: "email", GroupsClaim: "groups", Algorithms: algorithms, ClockSkew: 30 * time.Second, GroupsSource: "dex.example", GroupsTrust: "teams", GroupsLifetime: 12 * time.Hour},
		{
			URL: "https://login.example/tenant", Audience: []string{"one", "two"}, UsernameClaim: "preferred_username", GroupsClaim: "roles",
			ClientID: "c", ClientSecret: "s", TrustedUsernames: true, Algorithms: []string{"PS256"},
			GroupsSource: "tenant", GroupsTrust: "administrators", GroupsLifetime: time.Hour, GroupsOverage: "graph",
		},
		{
			URL: "http://127.0.0.1:5556/dex", Audience: []string{"c"}, UsernameClaim: "email", GroupsClaim: "groups",
			ClientID: "c", ClientSecretFile: "/s", Algorithms: algorithms, ClockSkew: time.Minute,
			GroupsSource: "127.0.0.1-5556-dex", GroupsTrust: "teams", GroupsLifetime: 12 * time.Hour,
		},
	}
	if diff := cmp.Diff(want, got.Issuers()); diff != "" {
		t.Errorf("issuers (-want +got):\n%s", diff)
	}
	none := defaults()
	if found := none.Issuers(); found != nil {
		t.Errorf("without any option there are issuers: %v", found)
	}
}

func TestIssuersAtFault(t *testing.T) {
	t.Parallel()
	good := config.Issuer{URL: "https://i.example", Audience: []string{"a"}}
	with := func(change func(*config.Issuer)) []config.Issuer {
		i := good
		change(&i)
		return []config.Issuer{good, i}
	}
	other := func(change func(*config.Issuer)) []config.Issuer {
		return with(func(i *config.Issuer) { i.URL = "https://other.example"; change(i) })
	}
	tests := map[string]struct {
		issuers []config.Issuer
		want    []string
	}{
		"two good ones":            {other(func(*config.Issuer) {}), nil},
		"on this machine":          {with(func(i *config.Issuer) { i.URL = "http://localhost:5556" }), nil},
		"one twice":                {with(func(*config.Issuer) {}), []string{"oidc[1].issuer"}},
		"without a name":           {with(func(i *config.Issuer) { i.URL = "" }), []string{"oidc[1].issuer"}},
		"without TLS":              {with(func(i *config.Issuer) { i.URL = "http://plain.example" }), []string{"oidc[1].issuer"}},
		"without TLS, named alike": {with(func(i *config.Issuer) { i.URL = "http://localhost.example" }), []string{"oidc[1].issuer"}},
		"with a query":             {with(func(i *config.Issuer) { i.URL = "https://i.example?x=1" }), []string{"oidc[1].issuer"}},
		"for everybody":            {other(func(i *config.Issuer) { i.Audience = nil }), []string{"oidc[1].audience"}},
		"for an empty audience":    {other(func(i *config.Issuer) { i.Audience = []string{"a", ""} }), []string{"oidc[1].audience"}},
		"a secret of nobody":       {other(func(i *config.Issuer) { i.ClientSecret = "s" }), []string{"oidc[1].client-id"}},
		"two secrets":              {other(func(i *config.Issuer) { i.ClientID, i.ClientSecret, i.ClientSecretFile = "c", "s", "/s" }), []string{"oidc[1].client-secret"}},
		"unsigned tokens":          {other(func(i *config.Issuer) { i.Algorithms = []string{"RS256", "none"} }), []string{"oidc[1].algorithms"}},
		"a shared secret":          {other(func(i *config.Issuer) { i.Algorithms = []string{"HS256"} }), []string{"oidc[1].algorithms"}},
		"a clock that runs back":   {other(func(i *config.Issuer) { i.ClockSkew = -1 }), []string{"oidc[1].clock-skew"}},
		"a clock of its own":       {other(func(i *config.Issuer) { i.ClockSkew = time.Hour }), []string{"oidc[1].clock-skew"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := defaults()
			c.OIDC = test.issuers
			var got []string
			for _, f := range fault.All(c.Validate()) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("options at fault (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("of the options", func(t *testing.T) {
		t.Parallel()
		_, err := load(t, "", "--oidc-issuer=http://i.example")
		var got []string
		for _, f := range fault.All(err) {
			got = append(got, f.Field)
		}
		if diff := cmp.Diff([]string{"oidc-issuer", "oidc-audience"}, got); diff != "" {
			t.Errorf("options at fault (-want +got):\n%s", diff)
		}
	})
}

func TestUnreadableIssuers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, want string }{
		"no list":                 {"oidc: https://i.example", "oidc"},
		"one that is no list":     {"oidc:\n  issuer: https://i.example", "oidc"},
		"an unknown member":       {"oidc:\n- issuer: https://i.example\n  audiance: a", "audiance"},
		"a second with a fault":   {"oidc:\n- issuer: https://i.example\n  audience: a\n- isuer: x", "oidc[1]"},
		"a duration that is none": {"oidc:\n- issuer: https://i.example\n  audience: a\n  clock-skew: soon", "clock-skew"},
		"neither true nor false":  {"oidc:\n- issuer: https://i.example\n  trusted-usernames: maybe", "trusted-usernames"},
	} {
		if _, err := load(t, test.file); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v does not name %s", name, err, test.want)
		}
	}
}
