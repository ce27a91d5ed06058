package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/config"
)

func TestSyncSection(t *testing.T) {
	t.Parallel()
	got, err := load(t, `
sync:
  webhook-url: https://hooks.example/x
  webhook-secret-file: /hook
  sources:
    - name: corp
      kind: ldap
      interval: 15m
      full-every: 6h
      nesting: flatten
      max-depth: 4
      keep: 48h
      protected: [Break-Glass, root]
      trust: administrators
      issuer: https://id.example
      apply-first: true
      users: {include: "a*", exclude: [svc-*]}
      limits: {floor: 3, group: {max: -1, percent: 20}, people: {max: 0}}
      ldap: {url: "ldaps://l.example", bind-dn: "cn=x", password-file: /p, user-base: "dc=x", timeout: 9s, attributes: {username: mail}}
    - name: okta
      kind: scim
      profile: okta
    - name: keycloak
      kind: keycloak
      keycloak: {url: "https://k.example", realm: r, client-id: c, client-secret: s, request-timeout: 3s}
  rules:
    - {name: a, source: corp, pattern: "tf-(.+)", team: acme/$1, create: true}
    - {name: b, group: admins, site-admins: true}
`)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Sync.Sources); n != 3 {
		t.Fatalf("%d sources, want 3", n)
	}
	corp := got.Sync.Sources[0]
	if corp.LDAP == nil || corp.LDAP.Timeout() != 9*time.Second || corp.LDAP.Attributes.Username != "mail" || corp.LDAP.PasswordFile != "/p" {
		t.Errorf("ldap: %+v", corp.LDAP)
	}
	floor, off, percent, nobody := 3, -1, 20, 0
	corp.LDAP = nil
	want := config.SyncSource{
		Name: "corp", Kind: "ldap", Interval: 15 * time.Minute, FullEvery: 6 * time.Hour, Nesting: "flatten", MaxDepth: 4, Keep: 48 * time.Hour,
		Protected: []string{"Break-Glass", "root"}, Trust: "administrators", Issuer: "https://id.example", First: true,
		Limits: config.SyncLimits{Floor: &floor, Group: config.SyncLimit{Max: &off, Percent: &percent}, People: config.SyncLimit{Max: &nobody}},
	}
	want.Users.Include, want.Users.Exclude = []string{"a*"}, []string{"svc-*"}
	if diff := cmp.Diff(want, corp); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	okta := config.SyncSource{Name: "okta", Kind: "scim", Profile: "okta", FullEvery: 24 * time.Hour, MaxDepth: 10, Keep: 720 * time.Hour}
	if diff := cmp.Diff(okta, got.Sync.Sources[1]); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if k := got.Sync.Sources[2].Keycloak; k.Timeout() != 3*time.Second || k.Secret().Value.Reveal() != "s" || strings.Contains(k.ClientSecret.String(), "s ") {
		t.Errorf("keycloak: %+v", k)
	}
	rules := []config.SyncRule{
		{Name: "a", Source: "corp", Pattern: "tf-(.+)", Team: "acme/$1", Create: true}, {Name: "b", Group: "admins", SiteAdmins: true},
	}
	if diff := cmp.Diff(rules, got.Sync.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestSyncSectionAtFault(t *testing.T) {
	t.Parallel()
	source := func(rest string) string { return "sync:\n  sources:\n    - {name: a, kind: upload" + rest + "}\n" }
	for name, c := range map[string]struct{ file, want string }{
		"a good one":                   {source(""), ""},
		"no map":                       {"sync: [1]\n", "sync"},
		"an unknown member":            {"sync: {soruces: []}\n", "soruces"},
		"an unknown member of a guard": {source(", limits: {day: {maximum: 1}}"), "maximum"},
		"no kind":                      {"sync: {sources: [{name: a}]}\n", "kind"},
		"an unknown kind":              {"sync: {sources: [{name: a, kind: nis}]}\n", "kind"},
		"a kind without its section":   {"sync: {sources: [{name: a, kind: ldap}]}\n", "ldap"},
		"a section of another kind":    {source(", file: {path: x}"), "file"},
		"no name":                      {"sync: {sources: [{kind: upload}]}\n", "sync.sources[0].name"},
		"a name twice":                 {"sync: {sources: [{name: a, kind: upload}, {name: a, kind: upload}]}\n", "sync.sources[1].name"},
		"a reserved name":              {"sync: {sources: [{name: manual, kind: upload}]}\n", "sync.sources[0].name"},
		"a duration without a unit":    {source(", keep: 5"), "duration"},
		"a negative duration":          {source(", keep: -5m"), "sync.sources[0].keep"},
		"too often":                    {"sync: {sources: [{name: a, kind: file, interval: 1s, file: {path: x}}]}\n", "sync.sources[0].interval"},
		"a schedule for a push":        {source(", interval: 5m"), "sync.sources[0].interval"},
		"an unknown nesting":           {source(", nesting: deep"), "sync.sources[0].nesting"},
		"no depth":                     {source(", max-depth: 0"), "sync.sources[0].max-depth"},
		"an unknown trust":             {source(", trust: full"), "sync.sources[0].trust"},
		"a profile of no push":         {source(", profile: okta"), "sync.sources[0].profile"},
		"a rule without a name":        {"sync: {rules: [{group: g, team: a/b}]}\n", "sync.rules[0].name"},
		"a rule of no source":          {"sync: {rules: [{name: r, source: x, group: g, team: a/b}]}\n", "sync.rules[0].source"},
		"a webhook without a secret":   {"sync: {webhook-url: https://h.example}\n", "sync.webhook-secret"},
		"a checksum of many files":     {"sync: {sources: [{name: a, kind: peribolos, peribolos: {path: x, sha256: y}}]}\n", "peribolos.sha256"},
		"a source's secret twice":      {"sync: {sources: [{name: a, kind: okta, okta: {url: x, token: a, token-file: b}}]}\n", "sync.sources[0].okta"},
		"a secret twice":               {"sync: {webhook-secret: a, webhook-secret-file: b}\n", "sync.webhook-secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, c.file)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want one that names %s", err, c.want)
			}
		})
	}
}

func TestCredentialsOfSources(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Credential{File: file}
	if got, err := c.Read(); got != "first" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if err := os.WriteFile(file, []byte("second"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Read(); got != "second" || err != nil {
		t.Errorf("after a rotation: %q, %v", got, err)
	}
	if _, err := (config.Credential{File: file + "-none"}).Read(); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), "second") {
		t.Errorf("a missing file: %v", err)
	}
	if got, err := (config.Credential{Value: "v"}).Read(); got != "v" || err != nil {
		t.Errorf("a value: %q, %v", got, err)
	}
}

func TestSecretsOfTheEnvironment(t *testing.T) {
	t.Setenv("SYNC_TEST_SECRET", "from-outside")
	okta := func(token string) string {
		return "sync: {sources: [{name: o, kind: okta, okta: {url: \"https://o.example\", token: \"" + token + "\"}}]}\n"
	}
	for written, want := range map[string]string{
		"${SYNC_TEST_SECRET}": "from-outside", "plain": "plain", "$SYNC_TEST_SECRET": "$SYNC_TEST_SECRET", "a${SYNC_TEST_SECRET}": "a${SYNC_TEST_SECRET}",
	} {
		c, err := load(t, okta(written))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Sync.Sources[0].Okta.APIToken().Read(); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", written, got, err, want)
		}
	}
	if _, err := load(t, okta("${SYNC_TEST_NONE}")); err == nil || !strings.Contains(err.Error(), "SYNC_TEST_NONE") {
		t.Errorf("a variable that is not there: %v", err)
	}
}
