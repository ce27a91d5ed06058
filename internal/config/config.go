package config

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Engine sizes (DESIGN section 1).
const (
	EngineEmbedded = "embedded"
	EnginePostgres = "postgres"
	EngineSpiceDB  = "spicedb"
)

// Secret is a value that no log, error or dump ever shows.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[redacted]"
}

// Format hides the value from every verb of fmt, the wrong ones included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the value itself.
func (s Secret) Reveal() string { return string(s) }

// Config is every setting of the service. A tag gives the option's name (`key`; the flag is the same, the
// environment variable TERRAWARDEN_ and the name in capitals), its default and what it is for.
type Config struct {
	Listen    string `key:"listen" default:"127.0.0.1:8080" doc:"address to serve on; port 0 picks a free one"`
	PublicURL string `key:"public-url" doc:"URL that clients reach the service by, for discovery documents; empty: http and the address served on"`
	DataDir   string `key:"data-dir" default:"./data" doc:"directory of the SQLite catalog and the site token"`
	Engine    string `key:"engine" default:"embedded" doc:"where relationships live: embedded, postgres or spicedb"`

	DatabaseURL     Secret        `key:"database-url" doc:"Postgres URL of the catalog, and of the relationships at size postgres; empty: SQLite in data-dir"`
	SpiceDBEndpoint string        `key:"spicedb-endpoint" doc:"host:port of the SpiceDB cluster, at size spicedb"`
	SpiceDBToken    Secret        `key:"spicedb-token" doc:"pre-shared key of the SpiceDB cluster"`
	SpiceDBCAFile   string        `key:"spicedb-ca-file" doc:"certificate authorities to trust for SpiceDB, as a PEM file; empty: those of the system"`
	SpiceDBInsecure bool          `key:"spicedb-insecure" doc:"speak to SpiceDB without TLS; on this machine alone"`
	Staleness       time.Duration `key:"staleness" default:"1s" doc:"how old an answer of minimize_latency may be at size postgres, and a name at the larger sizes"`

	SiteToken           Secret   `key:"site-token" doc:"credential of the built-in site admin, at least 32 bytes; empty: from site-token-file"`
	SiteTokenFile       string   `key:"site-token-file" doc:"file with the site token; empty: site-token in data-dir, made at the first start"`
	SiteAdmins          []string `key:"site-admins" doc:"usernames who are site admins, and nobody else besides the built-in one; empty: leave them as they are"`
	RestrictOrgCreation bool     `key:"restrict-org-creation" doc:"only site admins create organizations"`

	CreateUnknownMembers bool `key:"create-unknown-members" default:"true" doc:"a username nobody has, added to a team, becomes a new user; false refuses it"`

	TFEMode      string `key:"tfe-mode" default:"tfe" doc:"what clients of /api/v2 take the service for: tfe (Terraform Enterprise) or hcp (HCP Terraform)"`
	TFERateLimit int    `key:"tfe-rate-limit" default:"0" doc:"requests a second that one credential may make to /api/v2 and /otfapi; 0: any number"`

	TerrakubeAdminGroup string `key:"terrakube-admin-group" default:"TERRAKUBE_ADMIN" doc:"display name of the group whose people create organizations and manage teams in Terrakube's way; empty: none"`
	TerrakubeParity     bool   `key:"terrakube-parity" doc:"answer Terrakube's clients exactly as Terrakube does, also where it is less safe; docs/terrakube.md lists the differences"`
	OTFLevels           bool   `key:"otf-levels" doc:"read, plan, write and admin give what OTF's matrix says, in place of Terraform Enterprise's fixed sets; docs/otf.md lists the differences"`

	AuditRetention time.Duration `key:"audit-retention" default:"0" doc:"how long audit events are kept, as in 8760h; 0: for good"`

	OIDCIssuer           string        `key:"oidc-issuer" doc:"URL of an identity provider (OpenID Connect) whose tokens are accepted, exactly as it names itself; several go under oidc: in the file"`
	OIDCAudience         []string      `key:"oidc-audience" doc:"audiences of which a token must carry one; empty: oidc-client-id"`
	OIDCUsernameClaim    string        `key:"oidc-username-claim" default:"email" doc:"claim that names a person at the first login; where people may edit it themselves (name, often email), they choose their username, and with it whatever is given to that name, site-admins included: a name alone therefore never matches an account that exists, unless oidc-trusted-usernames"`
	OIDCGroupsClaim      string        `key:"oidc-groups-claim" default:"groups" doc:"claim that lists a person's groups: he is in them until oidc-groups-lifetime after the login; a token without the claim says nothing of them"`
	OIDCGroupsSource     string        `key:"oidc-groups-source" default:"oidc" doc:"name of the directory whose groups the claim speaks of; that of a source under sync: where both know the same groups"`
	OIDCGroupsTrust      string        `key:"oidc-groups-trust" default:"teams" doc:"what names of these groups may stand for: none, teams (Terrakube teams of the name) or administrators (terrakube-admin-group as well)"`
	OIDCGroupsOverage    string        `key:"oidc-groups-overage" doc:"name of a source of kind entra to ask where a token points to a longer list of groups; empty: such a token says nothing of them"`
	OIDCClientID         string        `key:"oidc-client-id" doc:"client id to sign people in with, for terraform login; empty: bearer tokens alone"`
	OIDCClientSecret     Secret        `key:"oidc-client-secret" doc:"secret of that client; empty for a public client"`
	OIDCGroupsLifetime   time.Duration `key:"oidc-groups-lifetime" default:"12h" doc:"how long a membership lasts after the login that told of it"`
	OIDCTrustedUsernames bool          `key:"oidc-trusted-usernames" doc:"a username of this provider meets the account of that name if nobody has signed in to it yet; only where people cannot change the claim themselves"`
	// OIDC are the issuers of the file's list. See Issuers.
	OIDC []Issuer
	// Sync is the file's section of the same name.
	Sync Sync

	LogLevel     string        `key:"log-level" default:"info" doc:"debug, info, warn or error"`
	LogFormat    string        `key:"log-format" default:"text" doc:"text or json"`
	OTLPEndpoint string        `key:"otlp-endpoint" doc:"URL of an OpenTelemetry collector to send traces to; empty: no traces"`
	Shutdown     time.Duration `key:"shutdown-timeout" default:"15s" doc:"how long to wait for requests under way when stopping"`
	Example      bool          `key:"example" doc:"add a small example organization when there is none"`

	// TestKillAt ends the process at a step of a write, for the crash tests. Not an option for people.
	TestKillAt string `key:"test-kill-at" hidden:"true" doc:"end the process at this step of a write"`
}

// Validate returns every fault of the configuration at once, each naming its option.
func (c Config) Validate() error {
	var faults []error
	refuse := func(bad bool, option, format string, args ...any) {
		if bad {
			faults = append(faults, fault.At(option, format, args...))
		}
	}
	_, _, err := net.SplitHostPort(c.Listen)
	refuse(err != nil, "listen", "must be HOST:PORT")
	refuse(!slices.Contains([]string{EngineEmbedded, EnginePostgres, EngineSpiceDB}, c.Engine), "engine", "must be embedded, postgres or spicedb")
	refuse(c.Engine != EngineEmbedded && c.DatabaseURL == "", "database-url", "is required at size %s", c.Engine)
	refuse(c.Engine == EngineSpiceDB && c.SpiceDBEndpoint == "", "spicedb-endpoint", "is required at size spicedb")
	refuse(c.Engine == EngineSpiceDB && c.SpiceDBToken == "", "spicedb-token", "is required at size spicedb")
	refuse(c.DataDir == "" && c.DatabaseURL == "", "data-dir", "is required without a database-url")
	refuse(c.DataDir == "" && c.SiteToken == "" && c.SiteTokenFile == "", "site-token", "is required without a data-dir")
	refuse(c.SiteToken != "" && len(c.SiteToken) < 32, "site-token", "must be at least 32 bytes")
	refuse(!slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "log-level", "must be debug, info, warn or error")
	refuse(!slices.Contains([]string{"text", "json"}, c.LogFormat), "log-format", "must be text or json")
	refuse(c.TFERateLimit < 0, "tfe-rate-limit", "must not be negative")
	refuse(!slices.Contains([]string{"tfe", "hcp"}, c.TFEMode), "tfe-mode", "must be tfe or hcp")
	refuse(c.Staleness < 0, "staleness", "must not be negative")
	refuse(c.AuditRetention < 0, "audit-retention", "must not be negative")
	refuse(c.Shutdown <= 0, "shutdown-timeout", "must be above zero")
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		refuse(err != nil || !servable(u), "public-url", "must be an http or https URL without user, query or fragment")
	}
	faults = append(faults, c.validateIssuers()...)
	faults = append(faults, c.validateSync()...)
	return errors.Join(faults...)
}

// servable reports whether clients can reach a service by a URL, and paths can be put behind it.
func servable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}
