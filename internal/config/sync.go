package config

import (
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Sync is the section of the file that says where people and groups come from. It has no options beside the file: lists
// of sources do not fit into flags.
type Sync struct {
	WebhookURL        string
	WebhookSecret     Secret
	WebhookSecretFile string
	Sources           []SyncSource
	Rules             []SyncRule
}

// SyncSource is a directory that is read, or one that pushes by SCIM (kind scim, named as its service account).
type SyncSource struct {
	Name      string
	Kind      string
	Interval  time.Duration
	FullEvery time.Duration
	Nesting   string
	MaxDepth  int
	Keep      time.Duration
	Protected []string
	Trust     string
	Issuer    string
	Profile   string // of kind scim
	First     bool   // the first plan is applied like any other

	Users, Groups SyncFilter
	Limits        SyncLimits

	// One of these is set, as the kind says; none for scim and for upload, which somebody else reads.
	LDAP     *LDAPSource
	File     *FileSource
	Keycloak *KeycloakSource
	Entra    *EntraSource
	Okta     *OktaSource
	Google   *GoogleSource
	GitHub   *GitHubSource
}

// SyncFilter chooses by name or id.
type SyncFilter struct {
	Include wordList `json:"include"`
	Exclude wordList `json:"exclude"`
}

// SyncLimit is how much may go without approval. Nil members: the default; negative: any.
type SyncLimit struct {
	Max     *int `json:"max"`
	Percent *int `json:"percent"`
}

// SyncLimits are the limits of a source.
type SyncLimits struct {
	Floor       *int      `json:"floor"`
	Memberships SyncLimit `json:"memberships"`
	Group       SyncLimit `json:"group"`
	People      SyncLimit `json:"people"`
	Groups      SyncLimit `json:"groups"`
	Links       SyncLimit `json:"links"`
	Day         SyncLimit `json:"day"`
	DayPeople   SyncLimit `json:"day-people"`
}

// SyncRule makes teams follow groups.
type SyncRule struct {
	Name         string `json:"name"`
	Source       string `json:"source"` // "" for all that are trusted with teams
	ID           string `json:"id"`
	Group        string `json:"group"`
	Pattern      string `json:"pattern"`
	Team         string `json:"team"`
	SiteAdmins   bool   `json:"site-admins"`
	Match        string `json:"match"`
	Organization string `json:"organization"`
	Create       bool   `json:"create"`
}

const (
	// DefaultKeep is how long memberships of people who are gone are kept.
	DefaultKeep = 30 * 24 * time.Hour
	// DefaultDepth is how deep groups may nest.
	DefaultDepth = 10
	// defaultFullEvery is when a source with increments is read wholly.
	defaultFullEvery = 24 * time.Hour
	// leastInterval keeps a source from being read without a pause.
	leastInterval = time.Minute
)

// SyncKinds returns every kind of source. What the last two bring is sent to the service.
func SyncKinds() []string {
	return []string{"ldap", "file", "peribolos", "keycloak", "entra", "okta", "google", "github", "scim", "upload"}
}

// validateSync returns the faults of the sync section that can be told without knowing a source.
func (c Config) validateSync() []error {
	var faults []error
	refuse := func(bad bool, option, format string, args ...any) {
		if bad {
			faults = append(faults, fault.At(option, format, args...))
		}
	}
	refuse(c.Sync.WebhookSecret != "" && c.Sync.WebhookSecretFile != "", "sync.webhook-secret", "must not be given twice, here and in a file")
	signs := c.Sync.WebhookSecret != "" || c.Sync.WebhookSecretFile != ""
	refuse(signs != (c.Sync.WebhookURL != ""), "sync.webhook-secret", "goes with sync.webhook-url: what is sent is signed")
	names := map[string]bool{"manual": true, "terrakube": true}
	for i, s := range c.Sync.Sources {
		at := func(name string) string { return syncKey + ".sources[" + itoa(i) + "]." + name }
		refuse(s.Name == "", at("name"), "is required")
		refuse(names[s.Name], at("name"), "%s is taken", s.Name)
		refuse(s.Name != strings.TrimSpace(s.Name) || strings.ContainsAny(s.Name, "/:\n"), at("name"), "must not hold /, : or outer spaces")
		names[s.Name] = true
		refuse(!slices.Contains([]string{"", "keep", "flatten", "ignore"}, s.Nesting), at("nesting"), "must be keep, flatten or ignore")
		refuse(!slices.Contains([]string{"", "none", "teams", "administrators"}, s.Trust), at("trust"), "must be none, teams or administrators")
		refuse(!slices.Contains([]string{"", "okta", "entra", "strict"}, s.Profile), at("profile"), "must be okta, entra or strict")
		refuse(s.Profile != "" && s.Kind != "scim", at("profile"), "is for kind scim")
		refuse(s.Interval != 0 && s.Interval < leastInterval, at("interval"), "must be at least %s, or 0 for runs on demand alone", leastInterval)
		refuse(s.Interval != 0 && (s.Kind == "scim" || s.Kind == "upload"), at("interval"), "is for sources that the service reads")
		refuse(s.Keep < 0, at("keep"), "must not be negative")
		refuse(s.FullEvery < 0, at("full-every"), "must not be negative")
		for _, secret := range s.credentials() {
			refuse(secret.Value != "" && secret.File != "", at(s.Kind), "a secret must not be given twice, here and in a file")
		}
		refuse(s.MaxDepth < 1 || s.MaxDepth > 100, at("max-depth"), "must be between 1 and 100")
	}
	for _, i := range c.Issuers() {
		names[i.GroupsSource] = true
	}
	rules := map[string]bool{}
	for i, r := range c.Sync.Rules {
		at := func(name string) string { return syncKey + ".rules[" + itoa(i) + "]." + name }
		refuse(r.Name == "", at("name"), "is required: what a rule makes is known by its name")
		refuse(rules[r.Name], at("name"), "is configured twice")
		rules[r.Name] = true
		refuse(r.Source != "" && !names[r.Source], at("source"), "no source is called %s", r.Source)
	}
	return faults
}
