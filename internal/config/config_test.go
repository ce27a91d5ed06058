package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
)

var update = flag.Bool("update", false, "rewrite the example configuration")

// load reads the configuration from a file with the given text ("" for no options), and flags.
func load(t *testing.T, text string, args ...string) (config.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return config.Load(file, flags)
}

func defaults() config.Config {
	return config.Config{
		Listen: "127.0.0.1:8080", DataDir: "./data", Engine: config.EngineEmbedded, Staleness: time.Second,
		CreateUnknownMembers: true, TFEMode: "tfe", TerrakubeAdminGroup: "TERRAKUBE_ADMIN", OIDCUsernameClaim: "email", OIDCGroupsClaim: "groups",
		OIDCGroupsSource: "oidc", OIDCGroupsTrust: "teams", OIDCGroupsLifetime: 12 * time.Hour,
		LogLevel: "info", LogFormat: "text", Shutdown: 15 * time.Second,
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := load(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(defaults(), got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestPrecedence(t *testing.T) { //nolint:paralleltest // sets the environment
	tests := map[string]struct {
		file, env string
		flags     []string
		want      string
	}{
		"the default":                       {"", "", nil, "127.0.0.1:8080"},
		"the file over the default":         {"listen: 127.0.0.1:1", "", nil, "127.0.0.1:1"},
		"the environment over the default":  {"", "127.0.0.1:2", nil, "127.0.0.1:2"},
		"the environment over the file":     {"listen: 127.0.0.1:1", "127.0.0.1:2", nil, "127.0.0.1:2"},
		"a flag over the default":           {"", "", []string{"--listen", "127.0.0.1:3"}, "127.0.0.1:3"},
		"a flag over the file":              {"listen: 127.0.0.1:1", "", []string{"--listen", "127.0.0.1:3"}, "127.0.0.1:3"},
		"a flag over the environment":       {"", "127.0.0.1:2", []string{"--listen", "127.0.0.1:3"}, "127.0.0.1:3"},
		"a flag over everything":            {"listen: 127.0.0.1:1", "127.0.0.1:2", []string{"--listen", "127.0.0.1:3"}, "127.0.0.1:3"},
		"a flag that repeats the default":   {"listen: 127.0.0.1:1", "127.0.0.1:2", []string{"--listen", "127.0.0.1:8080"}, "127.0.0.1:8080"},
		"another flag changes nothing here": {"listen: 127.0.0.1:1", "", []string{"--log-level", "debug"}, "127.0.0.1:1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.env != "" {
				t.Setenv("TERRAWARDEN_LISTEN", test.env)
			}
			got, err := load(t, test.file, test.flags...)
			if err != nil || got.Listen != test.want {
				t.Errorf("listen %q, %v; want %q", got.Listen, err, test.want)
			}
		})
	}
}

// full is every option with a value that is no default, as the three sources write it.
func full() (want config.Config, written map[string]string) {
	want = config.Config{
		Listen: "127.0.0.1:9", PublicURL: "https://a.example/x", DataDir: "/d", Engine: "spicedb",
		DatabaseURL: "postgres://u:p@h/d", SpiceDBEndpoint: "s:1", SpiceDBToken: "key", SpiceDBCAFile: "/ca", SpiceDBInsecure: true, Staleness: 3 * time.Second,
		SiteToken: config.Secret(strings.Repeat("s", 32)), SiteTokenFile: "/t", SiteAdmins: []string{"ann", "bob"}, RestrictOrgCreation: true,
		CreateUnknownMembers: false, TFEMode: "hcp", TFERateLimit: 30, TerrakubeAdminGroup: "admins", TerrakubeParity: true, OTFLevels: true, AuditRetention: 8760 * time.Hour,
		OIDCIssuer: "https://i.example", OIDCAudience: []string{"a", "b"}, OIDCUsernameClaim: "upn", OIDCGroupsClaim: "roles",
		OIDCGroupsSource: "sso", OIDCGroupsTrust: "administrators", OIDCGroupsLifetime: time.Hour, OIDCGroupsOverage: "entra",
		OIDCClientID: "c", OIDCClientSecret: "cs", OIDCTrustedUsernames: true,
		LogLevel: "debug", LogFormat: "json", OTLPEndpoint: "http://o:1", Shutdown: time.Minute, Example: true, TestKillAt: "x",
	}
	return want, map[string]string{
		"listen": "127.0.0.1:9", "public-url": "https://a.example/x", "data-dir": "/d", "engine": "spicedb",
		"database-url": "postgres://u:p@h/d", "spicedb-endpoint": "s:1", "spicedb-token": "key", "spicedb-ca-file": "/ca", "spicedb-insecure": "true", "staleness": "3s",
		"site-token": strings.Repeat("s", 32), "site-token-file": "/t", "site-admins": "ann,bob", "restrict-org-creation": "true",
		"create-unknown-members": "false", "tfe-mode": "hcp", "tfe-rate-limit": "30", "terrakube-admin-group": "admins", "terrakube-parity": "true", "otf-levels": "true", "audit-retention": "8760h",
		"oidc-issuer": "https://i.example", "oidc-audience": "a,b", "oidc-username-claim": "upn", "oidc-groups-claim": "roles",
		"oidc-groups-source": "sso", "oidc-groups-trust": "administrators", "oidc-groups-lifetime": "1h", "oidc-groups-overage": "entra",
		"oidc-client-id": "c", "oidc-client-secret": "cs", "oidc-trusted-usernames": "true",
		"log-level": "debug", "log-format": "json", "otlp-endpoint": "http://o:1", "shutdown-timeout": "1m", "example": "true", "test-kill-at": "x",
	}
}

func TestEveryOptionFromEverySource(t *testing.T) { //nolint:paralleltest // sets the environment
	want, written := full()
	var file strings.Builder
	var args []string
	for _, o := range config.Options() {
		value, known := written[o.Key]
		if !known {
			t.Errorf("option %s is not in this test", o.Key)
		}
		if o.Kind == reflect.TypeFor[[]string]() {
			fmt.Fprintf(&file, "%s: [%s]\n", o.Key, value)
		} else {
			fmt.Fprintf(&file, "%s: %s\n", o.Key, value)
		}
		args = append(args, "--"+o.Key+"="+value)
	}
	check := func(name string, got config.Config, err error) {
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("from the %s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	got, err := load(t, file.String())
	check("file", got, err)
	got, err = load(t, "", args...)
	check("flags", got, err)
	for _, o := range config.Options() {
		t.Setenv(o.Env, written[o.Key])
	}
	got, err = load(t, "")
	check("environment", got, err)
}

func TestOptionsAreDescribed(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.AddFlags(flags)
	for _, o := range config.Options() {
		if o.Key == "" || keys[o.Key] || len(o.Doc) < 10 {
			t.Errorf("option %+v has no name or no description of its own", o)
		}
		keys[o.Key] = true
		if want := "TERRAWARDEN_" + strings.ToUpper(strings.ReplaceAll(o.Key, "-", "_")); o.Env != want {
			t.Errorf("option %s has the variable %s, want %s", o.Key, o.Env, want)
		}
		f := flags.Lookup(o.Key)
		if f == nil || !strings.Contains(f.Usage, o.Doc) || !strings.Contains(f.Usage, o.Env) || f.Hidden != o.Hidden {
			t.Errorf("option %s has the flag %+v", o.Key, f)
		}
	}
}

func TestUnreadableSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file string
		want []string // what the error names
	}{
		"an unknown option":               {"lissten: 127.0.0.1:1", []string{"lissten"}},
		"an unknown option beside one":    {"listen: 127.0.0.1:1\nlog:\n  level: debug", []string{"log"}},
		"an unknown option of nothing":    {"lissten:", []string{"lissten"}},
		"the flag's spelling in capitals": {"LOG_LEVEL: debug", []string{"log_level"}},
		"no YAML":                         {"listen: [", nil},
		"a list at the top":               {"- listen", nil},
		"a duration that is none":         {"staleness: soon", []string{"staleness"}},
		"a number for a duration":         {"shutdown-timeout: 15", []string{"shutdown-timeout"}},
		"neither true nor false":          {"example: maybe", []string{"example"}},
		"two of them":                     {"example: maybe\nstaleness: soon", []string{"example", "staleness"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, test.file)
			if err == nil {
				t.Fatal("the settings are accepted")
			}
			for _, name := range test.want {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("error %v does not name %s", err, name)
				}
			}
		})
	}
}

func TestFiles(t *testing.T) { //nolint:paralleltest // changes the working directory
	t.Chdir(t.TempDir())
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	if got, err := config.Load("", flags); err != nil || got.Listen != "127.0.0.1:8080" {
		t.Errorf("without a file: %q, %v", got.Listen, err)
	}
	if _, err := config.Load("missing.yaml", flags); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a named file that is missing: %v", err)
	}
	if err := os.WriteFile("terrawarden.yaml", []byte("listen: 127.0.0.1:7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := config.Load("", flags); err != nil || got.Listen != "127.0.0.1:7" {
		t.Errorf("the file of the working directory: %q, %v", got.Listen, err)
	}
	if err := os.WriteFile("terrawarden.yaml", []byte("lissten: 127.0.0.1:7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load("", flags); err == nil || !strings.Contains(err.Error(), "lissten") {
		t.Errorf("an unknown option in it: %v", err)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*config.Config)
		want   []string // the options at fault
	}{
		"the defaults":                     {func(*config.Config) {}, nil},
		"port 0":                           {func(c *config.Config) { c.Listen = "127.0.0.1:0" }, nil},
		"no port":                          {func(c *config.Config) { c.Listen = "127.0.0.1" }, []string{"listen"}},
		"no address":                       {func(c *config.Config) { c.Listen = "" }, []string{"listen"}},
		"an unknown size":                  {func(c *config.Config) { c.Engine = "memory"; c.DatabaseURL = "postgres://x" }, []string{"engine"}},
		"postgres without a database":      {func(c *config.Config) { c.Engine = "postgres" }, []string{"database-url"}},
		"postgres with a database":         {func(c *config.Config) { c.Engine = "postgres"; c.DatabaseURL = "postgres://x" }, nil},
		"embedded with a database":         {func(c *config.Config) { c.DatabaseURL = "postgres://x" }, nil},
		"spicedb without anything":         {func(c *config.Config) { c.Engine = "spicedb" }, []string{"database-url", "spicedb-endpoint", "spicedb-token"}},
		"no data directory":                {func(c *config.Config) { c.DataDir = "" }, []string{"data-dir", "site-token"}},
		"no data directory, none needed":   {func(c *config.Config) { c.DataDir = ""; c.DatabaseURL = "postgres://x"; c.SiteTokenFile = "/t" }, nil},
		"a site token too short":           {func(c *config.Config) { c.SiteToken = config.Secret(strings.Repeat("x", 31)) }, []string{"site-token"}},
		"a site token just long enough":    {func(c *config.Config) { c.SiteToken = config.Secret(strings.Repeat("x", 32)) }, nil},
		"an unknown log level":             {func(c *config.Config) { c.LogLevel = "trace" }, []string{"log-level"}},
		"an unknown log format":            {func(c *config.Config) { c.LogFormat = "xml" }, []string{"log-format"}},
		"answers from the future":          {func(c *config.Config) { c.Staleness = -1 }, []string{"staleness"}},
		"no time to stop":                  {func(c *config.Config) { c.Shutdown = 0 }, []string{"shutdown-timeout"}},
		"a public URL":                     {func(c *config.Config) { c.PublicURL = "https://a.example" }, nil},
		"a public URL with a path":         {func(c *config.Config) { c.PublicURL = "http://a.example:1/x/" }, nil},
		"a public URL with a query":        {func(c *config.Config) { c.PublicURL = "https://a.example?x=1" }, []string{"public-url"}},
		"a public URL with an empty query": {func(c *config.Config) { c.PublicURL = "https://a.example?" }, []string{"public-url"}},
		"a public URL with a fragment":     {func(c *config.Config) { c.PublicURL = "https://a.example#x" }, []string{"public-url"}},
		"a public URL with a password":     {func(c *config.Config) { c.PublicURL = "https://u:p@a.example" }, []string{"public-url"}},
		"a public URL of another scheme":   {func(c *config.Config) { c.PublicURL = "ftp://a.example" }, []string{"public-url"}},
		"a public URL without scheme":      {func(c *config.Config) { c.PublicURL = "a.example" }, []string{"public-url"}},
		"a public URL that is none":        {func(c *config.Config) { c.PublicURL = "https://[" }, []string{"public-url"}},
		"everything wrong at once": {func(c *config.Config) {
			*c = config.Config{
				Listen: "x", Engine: "y", SiteToken: "short", LogLevel: "z", LogFormat: "z", PublicURL: "z", Staleness: -1,
				TFEMode: "x", TFERateLimit: -1, AuditRetention: -1, OIDCClientID: "c", OIDC: []config.Issuer{{}},
			}
		}, []string{"listen", "engine", "database-url", "data-dir", "site-token", "log-level", "log-format", "tfe-rate-limit", "tfe-mode", "staleness", "audit-retention", "shutdown-timeout", "public-url", "oidc-issuer", "oidc[0].issuer", "oidc[0].audience"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := defaults()
			test.change(&c)
			var got []string
			for _, f := range fault.All(c.Validate()) {
				got = append(got, f.Field)
				if f.Kind != fault.Invalid {
					t.Errorf("%v is %s", f, f.Kind)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("options at fault (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("what is loaded is validated", func(t *testing.T) {
		t.Parallel()
		_, err := load(t, "engine: memory\nlog-level: trace\ndatabase-url: x")
		if len(fault.All(err)) != 2 {
			t.Errorf("error %v, want both faults", err)
		}
	})
}

// hidden is the value of every secret of the test.
const hidden = "hunter2-hunter2-hunter2-hunter2-hunter2"

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	secret := config.Secret(hidden)
	all, _ := full()
	all.SiteToken, all.SpiceDBToken, all.DatabaseURL, all.OIDCClientSecret = secret, secret, secret, secret
	all.OIDC = []config.Issuer{{ClientSecret: secret}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "% x", "%10.3s", "%U"} {
		for _, value := range []any{secret, &secret, all, &all, []config.Secret{secret}, map[string]config.Secret{"a": secret}, map[config.Secret]int{secret: 1}, struct{ S any }{secret}} {
			leaks(t, "fmt "+verb, fmt.Sprintf(verb, value))
		}
	}
	leaks(t, "an error", fmt.Errorf("open %s: %w", secret, errors.New("refused")).Error())
	raw, err := json.Marshal(map[string]any{"all": all, "one": secret})
	if err != nil {
		t.Fatal(err)
	}
	leaks(t, "json", string(raw))
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).With("with", secret).Info("x", "one", secret, "pointer", &secret, "all", all, "group", slog.GroupValue(slog.Any("a", secret)))
	}
	leaks(t, "slog", log.String())
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.AddFlags(flags)
	leaks(t, "the help", flags.FlagUsages())
	_, err = load(t, "site-token: "+hidden+"\ndatabase-url: "+hidden+"\nengine: x\nlog-level: y\npublic-url: z")
	if err == nil {
		t.Fatal("a wrong configuration is accepted")
	}
	leaks(t, "a fault", err.Error())
	if _, err := load(t, "oidc:\n- client-secret: "+hidden+"\n  x: 1"); err == nil {
		t.Fatal("a wrong issuer is accepted")
	} else {
		leaks(t, "a fault of an issuer", err.Error())
	}
	if secret.Reveal() != hidden || config.Secret("").String() != "" || secret.String() != "[redacted]" {
		t.Errorf("a secret reveals %q, an empty one prints %q", secret.Reveal(), config.Secret(""))
	}
}

func leaks(t *testing.T, how, text string) {
	t.Helper()
	for _, form := range []string{hidden[:7], fmt.Sprintf("%x", hidden[:7]), fmt.Sprintf("%X", hidden[:7]), fmt.Sprintf("% x", hidden[:7])} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the secret: %s", how, text)
		}
	}
}

func TestExampleFile(t *testing.T) {
	t.Parallel()
	got, err := load(t, config.ExampleFile())
	if diff := cmp.Diff(defaults(), got); err != nil || diff != "" {
		t.Errorf("the example is no file of defaults: %v (-want +got):\n%s", err, diff)
	}
	for _, o := range config.Options() {
		if shown := strings.Contains(config.ExampleFile(), "\n"+o.Key+":"); shown == o.Hidden {
			t.Errorf("option %s is shown: %v, hidden: %v", o.Key, shown, o.Hidden)
		}
	}
	const file = "../../deploy/terrawarden.example.yaml"
	if *update {
		if err := os.WriteFile(file, []byte(config.ExampleFile()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.ExampleFile(), string(raw)); diff != "" {
		t.Errorf("%s differs from the options; `go test ./internal/config -update` writes it (-options +file):\n%s", file, diff)
	}
}

func TestClient(t *testing.T) { //nolint:paralleltest // sets the environment
	if server, token, dir := config.Client(); server != "http://127.0.0.1:8080" || token != "" || dir != "./data" {
		t.Errorf("defaults: %q %q %q", server, token, dir)
	}
	t.Setenv("TERRAWARDEN_SITE_TOKEN", "site")
	t.Setenv("TERRAWARDEN_DATA_DIR", "/d")
	t.Setenv("TERRAWARDEN_SERVER", "http://s:1")
	if server, token, dir := config.Client(); server != "http://s:1" || token != "site" || dir != "/d" {
		t.Errorf("from the environment: %q %q %q", server, token, dir)
	}
	t.Setenv("TERRAWARDEN_TOKEN", "own")
	if _, token, _ := config.Client(); token != "own" {
		t.Errorf("the token is %q, want one's own before the site's", token)
	}
}
