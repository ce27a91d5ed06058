package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Issuer is an identity provider whose tokens are accepted (DECISIONS N12).
type Issuer struct {
	URL              string
	Audience         []string // one of these must be in a token
	UsernameClaim    string
	GroupsClaim      string
	ClientID         string // for signing in with a browser; "" leaves that off
	ClientSecret     Secret
	ClientSecretFile string
	TrustedUsernames bool
	Algorithms       []string
	ClockSkew        time.Duration
	// GroupsSource is the name of the directory whose groups the claim speaks of, GroupsTrust what their names may stand
	// for, and GroupsLifetime how long a membership lasts after the login that told of it.
	GroupsSource   string
	GroupsTrust    string
	GroupsLifetime time.Duration
	// GroupsOverage names a source of kind entra to ask where a token points to a longer list.
	GroupsOverage string
}

// oidcKey is the one setting that only the file has: a list of issuers.
const oidcKey = "oidc"

const (
	defaultClockSkew = 30 * time.Second
	maxClockSkew     = 5 * time.Minute
	// leastGroupsLifetime keeps every login from writing.
	leastGroupsLifetime = 5 * time.Minute
)

// Algorithms returns every signature algorithm that an issuer may be configured with. None of them uses a shared secret.
func Algorithms() []string {
	return []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"}
}

// Issuers returns every configured identity provider with its defaults filled in: that of the options, then those of the
// file's list.
func (c Config) Issuers() []Issuer {
	var out []Issuer
	if c.OIDCIssuer != "" {
		out = append(out, Issuer{
			URL: c.OIDCIssuer, Audience: c.OIDCAudience, UsernameClaim: c.OIDCUsernameClaim, GroupsClaim: c.OIDCGroupsClaim,
			ClientID: c.OIDCClientID, ClientSecret: c.OIDCClientSecret, TrustedUsernames: c.OIDCTrustedUsernames, ClockSkew: defaultClockSkew,
			GroupsSource: c.OIDCGroupsSource, GroupsTrust: c.OIDCGroupsTrust, GroupsLifetime: c.OIDCGroupsLifetime, GroupsOverage: c.OIDCGroupsOverage,
		})
	}
	out = append(out, c.OIDC...)
	for i := range out {
		out[i].UsernameClaim = cmp.Or(out[i].UsernameClaim, "email")
		out[i].GroupsClaim = cmp.Or(out[i].GroupsClaim, "groups")
		out[i].GroupsSource = cmp.Or(out[i].GroupsSource, feedName(out[i].URL), "oidc")
		out[i].GroupsTrust = cmp.Or(out[i].GroupsTrust, "teams")
		out[i].GroupsLifetime = cmp.Or(out[i].GroupsLifetime, 12*time.Hour)
		if len(out[i].Audience) == 0 && out[i].ClientID != "" {
			out[i].Audience = []string{out[i].ClientID}
		}
		if len(out[i].Algorithms) == 0 {
			out[i].Algorithms = []string{"RS256", "ES256"}
		}
	}
	return out
}

// validateIssuers returns the faults of the identity providers, each naming its option.
func (c Config) validateIssuers() []error {
	var faults []error
	if c.OIDCIssuer == "" && (len(c.OIDCAudience) > 0 || c.OIDCClientID != "" || c.OIDCClientSecret != "" || c.OIDCTrustedUsernames) {
		faults = append(faults, fault.At("oidc-issuer", "is required with the other oidc options"))
	}
	seen, feeds := map[string]bool{}, map[string]bool{}
	for i, issuer := range c.Issuers() {
		option := func(name string) string { return "oidc-" + name }
		if listed := i - (len(c.Issuers()) - len(c.OIDC)); listed >= 0 {
			option = func(name string) string { return fmt.Sprintf("oidc[%d].%s", listed, name) }
		}
		if seen[issuer.URL] {
			faults = append(faults, fault.At(option("issuer"), "is configured twice"))
		}
		if feeds[issuer.GroupsSource] && !seen[issuer.URL] { // its people are known by their subjects, which two issuers may both give
			faults = append(faults, fault.At(option("groups-source"), "is that of another issuer"))
		}
		seen[issuer.URL], feeds[issuer.GroupsSource] = true, true
		faults = append(faults, issuer.faults(option)...)
	}
	return faults
}

func (i Issuer) faults(option func(string) string) []error {
	var faults []error
	refuse := func(bad bool, name, format string, args ...any) {
		if bad {
			faults = append(faults, fault.At(option(name), format, args...))
		}
	}
	u, err := url.Parse(i.URL)
	refuse(err != nil || !servable(u) || u.Scheme == "http" && !loopback(u.Hostname()), "issuer", "must be an https URL without user, query or fragment; http is for this machine alone")
	refuse(len(i.Audience) == 0, "audience", "is required: tokens for others must not work here")
	refuse(slices.Contains(i.Audience, ""), "audience", "must not be empty")
	refuse(i.ClientID == "" && (i.ClientSecret != "" || i.ClientSecretFile != ""), "client-id", "is required with a client secret")
	refuse(i.ClientSecret != "" && i.ClientSecretFile != "", "client-secret", "must not be given twice, here and in a file")
	for _, a := range i.Algorithms {
		refuse(!slices.Contains(Algorithms(), a), "algorithms", "must be some of %s", strings.Join(Algorithms(), ", "))
	}
	refuse(!slices.Contains([]string{"none", "teams", "administrators"}, i.GroupsTrust), "groups-trust", "must be none, teams or administrators")
	refuse(i.GroupsLifetime < leastGroupsLifetime, "groups-lifetime", "must be at least %s", leastGroupsLifetime)
	refuse(i.GroupsSource == "manual" || i.GroupsSource == "terrakube", "groups-source", "%s is taken", i.GroupsSource)
	refuse(i.ClockSkew < 0 || i.ClockSkew > maxClockSkew, "clock-skew", "must be between 0 and %s", maxClockSkew)
	return faults
}

// feedName returns the name of the directory whose groups an issuer speaks of, where nobody gave one: its URL as a name.
func feedName(issuer string) string {
	_, rest, _ := strings.Cut(strings.TrimRight(issuer, "/"), "://")
	return strings.NewReplacer("/", "-", ":", "-").Replace(rest)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// listed is an entry of the file's list, as it is written there.
type listed struct {
	Issuer           string   `json:"issuer"`
	Audience         wordList `json:"audience"`
	UsernameClaim    string   `json:"username-claim"`
	GroupsClaim      string   `json:"groups-claim"`
	ClientID         string   `json:"client-id"`
	ClientSecret     string   `json:"client-secret"`
	ClientSecretFile string   `json:"client-secret-file"`
	TrustedUsernames bool     `json:"trusted-usernames"`
	Algorithms       wordList `json:"algorithms"`
	ClockSkew        *string  `json:"clock-skew"`
	GroupsSource     string   `json:"groups-source"`
	GroupsTrust      string   `json:"groups-trust"`
	GroupsLifetime   *span    `json:"groups-lifetime"`
	GroupsOverage    string   `json:"groups-overage"`
}

// wordList is one string or a list of them.
type wordList []string

// UnmarshalJSON reads either form.
func (w *wordList) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte(`"`)) {
		*w = make(wordList, 1)
		return json.Unmarshal(raw, &(*w)[0])
	}
	return json.Unmarshal(raw, (*[]string)(w))
}

// readIssuers reads the file's list, as the file's reader understood it. Unknown members are refused: a misspelt one
// would leave a check at its default.
func readIssuers(value any) ([]Issuer, error) {
	if value == nil {
		return nil, nil
	}
	entries, ok := value.([]any)
	if !ok {
		return nil, fault.At(oidcKey, "must be a list of issuers")
	}
	var out []Issuer
	for i, entry := range entries {
		issuer, err := readIssuer(entry)
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", oidcKey, i, err)
		}
		out = append(out, issuer)
	}
	return out, nil
}

func readIssuer(entry any) (Issuer, error) {
	raw, err := json.Marshal(entry)
	if err != nil {
		return Issuer{}, err
	}
	var l listed
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return Issuer{}, err
	}
	skew := defaultClockSkew
	if l.ClockSkew != nil {
		if skew, err = time.ParseDuration(*l.ClockSkew); err != nil {
			return Issuer{}, fault.At("clock-skew", "must be a duration like 30s")
		}
	}
	return Issuer{
		URL: l.Issuer, Audience: l.Audience, UsernameClaim: l.UsernameClaim, GroupsClaim: l.GroupsClaim,
		ClientID: l.ClientID, ClientSecret: Secret(l.ClientSecret), ClientSecretFile: l.ClientSecretFile,
		TrustedUsernames: l.TrustedUsernames, Algorithms: l.Algorithms, ClockSkew: skew,
		GroupsSource: l.GroupsSource, GroupsTrust: l.GroupsTrust, GroupsLifetime: l.GroupsLifetime.or(0), GroupsOverage: l.GroupsOverage,
	}, nil
}

// exampleIssuers is how the example file shows the list.
const exampleIssuers = `
# Further identity providers, for this file alone, in addition to that of the oidc options. Each entry has issuer and
# audience (one or several), and may have username-claim, groups-claim, client-id, client-secret or client-secret-file,
# trusted-usernames, algorithms ([RS256, ES256]), clock-skew (30s), groups-source, groups-trust, groups-lifetime and
# groups-overage.
# The warning at oidc-username-claim holds for each of them.
oidc: []
`
