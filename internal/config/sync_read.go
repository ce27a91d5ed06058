package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// syncKey is the section of the file.
const syncKey = "sync"

func itoa(i int) string { return strconv.Itoa(i) }

// span is a duration as people write it.
type span time.Duration

// UnmarshalJSON reads a duration like 15m.
func (s *span) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return fault.At("duration", "must be written like 15m or 24h")
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fault.At("duration", "%q is no duration like 15m or 24h", text)
	}
	*s = span(d)
	return nil
}

// or returns the duration, or another one where none was written.
func (s *span) or(d time.Duration) time.Duration {
	if s == nil {
		return d
	}
	return time.Duration(*s)
}

// syncSection is the section as it is written.
type syncSection struct {
	WebhookURL        string            `json:"webhook-url"`
	WebhookSecret     Secret            `json:"webhook-secret"`
	WebhookSecretFile string            `json:"webhook-secret-file"`
	Sources           []json.RawMessage `json:"sources"`
	Rules             []SyncRule        `json:"rules"`
}

// syncSource is a source as it is written.
type syncSource struct {
	Name       string     `json:"name"`
	Kind       string     `json:"kind"`
	Interval   *span      `json:"interval"`
	FullEvery  *span      `json:"full-every"`
	Nesting    string     `json:"nesting"`
	MaxDepth   *int       `json:"max-depth"`
	Keep       *span      `json:"keep"`
	Protected  wordList   `json:"protected"`
	Trust      string     `json:"trust"`
	Issuer     string     `json:"issuer"`
	Profile    string     `json:"profile"`
	ApplyFirst bool       `json:"apply-first"`
	Users      SyncFilter `json:"users"`
	Groups     SyncFilter `json:"groups"`
	Limits     SyncLimits `json:"limits"`

	LDAP      *LDAPSource     `json:"ldap"`
	File      *FileSource     `json:"file"`
	Peribolos *FileSource     `json:"peribolos"`
	Keycloak  *KeycloakSource `json:"keycloak"`
	Entra     *EntraSource    `json:"entra"`
	Okta      *OktaSource     `json:"okta"`
	Google    *GoogleSource   `json:"google"`
	GitHub    *GitHubSource   `json:"github"`
}

// readSync reads the section, as the file's reader understood it. Unknown members are refused: a misspelt guard would be
// none.
func readSync(value any) (Sync, error) {
	if value == nil {
		return Sync{}, nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return Sync{}, err
	}
	var section syncSection
	if err := strictly(raw, &section); err != nil {
		return Sync{}, fmt.Errorf("%s: %w", syncKey, err)
	}
	out := Sync{WebhookURL: section.WebhookURL, WebhookSecret: section.WebhookSecret, WebhookSecretFile: section.WebhookSecretFile, Rules: section.Rules}
	for i, entry := range section.Sources {
		s, err := readSource(entry)
		if err != nil {
			return Sync{}, fmt.Errorf("%s.sources[%d]: %w", syncKey, i, err)
		}
		out.Sources = append(out.Sources, s)
	}
	return out, nil
}

func strictly(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

func readSource(entry json.RawMessage) (SyncSource, error) {
	var w syncSource
	if err := strictly(entry, &w); err != nil {
		return SyncSource{}, err
	}
	depth := DefaultDepth
	if w.MaxDepth != nil {
		depth = *w.MaxDepth
	}
	s := SyncSource{
		Name: w.Name, Kind: w.Kind, Interval: w.Interval.or(0), FullEvery: w.FullEvery.or(defaultFullEvery),
		Nesting: w.Nesting, MaxDepth: depth, Keep: w.Keep.or(DefaultKeep), Protected: w.Protected, Trust: w.Trust, Issuer: w.Issuer,
		Profile: w.Profile, First: w.ApplyFirst, Users: w.Users, Groups: w.Groups, Limits: w.Limits,
		LDAP: w.LDAP, File: w.File, Keycloak: w.Keycloak, Entra: w.Entra, Okta: w.Okta, Google: w.Google, GitHub: w.GitHub,
	}
	return s, w.settle(&s)
}

// settle checks that the section named as the kind is there, and no other one.
func (w syncSource) settle(s *SyncSource) error {
	sections := map[string]bool{
		"ldap": w.LDAP != nil, "file": w.File != nil, "peribolos": w.Peribolos != nil, "keycloak": w.Keycloak != nil,
		"entra": w.Entra != nil, "okta": w.Okta != nil, "google": w.Google != nil, "github": w.GitHub != nil,
	}
	if !slices.Contains(SyncKinds(), w.Kind) {
		return fault.At("kind", "must be one of %s", strings.Join(SyncKinds(), ", "))
	}
	for kind, there := range sections {
		if there && kind != w.Kind {
			return fault.At(kind, "does not go with kind %s", w.Kind)
		}
	}
	if needs, known := sections[w.Kind]; known && !needs {
		return fault.At(w.Kind, "is required: what to read")
	}
	if w.Peribolos != nil {
		if w.Peribolos.SHA256 != "" {
			return fault.At("peribolos.sha256", "is for kind file")
		}
		s.File = w.Peribolos
	}
	return nil
}

// exampleSync is how the example file shows the section. It is no option: lists of sources do not fit into flags.
const exampleSync = `
# Where people and groups come from (docs/sync.md), for this file alone. Kinds of sources: ldap, file, peribolos, keycloak,
# entra, okta, google, github, scim and upload; docs/sources.md has the members of each. For example:
#
# sync:
#   webhook-url: https://chat.example.com/hooks/terrawarden # told when a plan waits for approval, and of failures
#   webhook-secret-file: /run/secrets/webhook
#   sources:
#     - name: corp
#       kind: ldap
#       interval: 15m
#       keep: 720h                   # memberships of people who are gone are kept for so long, without access
#       protected: [break-glass]     # never suspended, renamed or removed by this source
#       ldap:
#         url: ldaps://ldap.example.com
#         bind-dn: cn=terrawarden,ou=services,dc=example,dc=com
#         password-file: /run/secrets/ldap
#         user-base: ou=people,dc=example,dc=com
#         group-base: ou=groups,dc=example,dc=com
#   rules:
#     - {name: platform, group: platform-engineers, team: acme/platform}
#     - {name: app teams, pattern: "tf-(.+)", team: acme/$1, create: true}
`
