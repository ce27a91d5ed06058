package config

import (
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Credential is a secret of a source: itself, or the file that holds it, which is read anew for every run.
type Credential struct {
	Value Secret
	File  string
}

// Given reports whether there is one.
func (c Credential) Given() bool { return c.Value != "" || c.File != "" }

// Read returns the secret. An error names the file and nothing of what is in it.
func (c Credential) Read() (string, error) {
	if c.File == "" {
		return c.Value.Reveal(), nil
	}
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "the secret's file cannot be read")
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}

// fromEnvironment is how a secret of the file names an environment variable instead: ${NAME}, and nothing beside it.
var fromEnvironment = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// UnmarshalText reads a secret of the file, or of the environment variable that it names.
func (s *Secret) UnmarshalText(text []byte) error {
	name := fromEnvironment.FindSubmatch(text)
	if name == nil {
		*s = Secret(text)
		return nil
	}
	value, ok := os.LookupEnv(string(name[1]))
	if !ok || value == "" {
		return fault.At("secret", "the environment has no %s", name[1])
	}
	*s = Secret(value)
	return nil
}

// HTTPSource is what sources over HTTP have in common.
type HTTPSource struct {
	RequestTimeout *span  `json:"request-timeout"`
	RetryBudget    *span  `json:"retry-budget"`
	CAFile         string `json:"ca-file"`
	Parallel       int    `json:"parallel"`
	PageSize       int    `json:"page-size"`
}

// Timeout returns how long one request may take, 0 for the default.
func (h HTTPSource) Timeout() time.Duration { return h.RequestTimeout.or(0) }

// Budget returns how long a run may wait in all, 0 for the default.
func (h HTTPSource) Budget() time.Duration { return h.RetryBudget.or(0) }

// KeycloakSource reads a realm.
type KeycloakSource struct {
	HTTPSource
	URL              string `json:"url"`
	Realm            string `json:"realm"`
	ClientRealm      string `json:"client-realm"`
	ClientID         string `json:"client-id"`
	ClientSecret     Secret `json:"client-secret"`
	ClientSecretFile string `json:"client-secret-file"`
}

// Secret returns the client's secret.
func (k KeycloakSource) Secret() Credential { return Credential{k.ClientSecret, k.ClientSecretFile} }

// EntraSource reads a tenant.
type EntraSource struct {
	HTTPSource
	Tenant           string `json:"tenant"`
	ClientID         string `json:"client-id"`
	ClientSecret     Secret `json:"client-secret"`
	ClientSecretFile string `json:"client-secret-file"`
	GraphURL         string `json:"graph-url"`
	LoginURL         string `json:"login-url"`
	Increments       bool   `json:"increments"`
}

// Secret returns the client's secret.
func (e EntraSource) Secret() Credential { return Credential{e.ClientSecret, e.ClientSecretFile} }

// OktaSource reads an organization of Okta.
type OktaSource struct {
	HTTPSource
	URL            string `json:"url"`
	Token          Secret `json:"token"`
	TokenFile      string `json:"token-file"`
	ClientID       string `json:"client-id"`
	PrivateKey     Secret `json:"private-key"`
	PrivateKeyFile string `json:"private-key-file"`
	KeyID          string `json:"key-id"`
	Increments     bool   `json:"increments"`
}

// APIToken returns the token, and Key the private key.
func (o OktaSource) APIToken() Credential { return Credential{o.Token, o.TokenFile} }

// Key returns the private key of a service app.
func (o OktaSource) Key() Credential { return Credential{o.PrivateKey, o.PrivateKeyFile} }

// GoogleSource reads a Google Workspace.
type GoogleSource struct {
	HTTPSource
	Customer        string `json:"customer"`
	Subject         string `json:"subject"`
	Credentials     Secret `json:"credentials"`
	CredentialsFile string `json:"credentials-file"`
	URL             string `json:"url"`
	TokenURL        string `json:"token-url"`
}

// Key returns the service account's key.
func (g GoogleSource) Key() Credential { return Credential{g.Credentials, g.CredentialsFile} }

// GitHubSource reads the teams of an organization.
type GitHubSource struct {
	HTTPSource
	Organization   string `json:"organization"`
	Token          Secret `json:"token"`
	TokenFile      string `json:"token-file"`
	AppID          string `json:"app-id"`
	InstallationID int64  `json:"installation-id"`
	PrivateKey     Secret `json:"private-key"`
	PrivateKeyFile string `json:"private-key-file"`
	URL            string `json:"url"`
}

// APIToken returns the token.
func (g GitHubSource) APIToken() Credential { return Credential{g.Token, g.TokenFile} }

// Key returns the private key of an app.
func (g GitHubSource) Key() Credential { return Credential{g.PrivateKey, g.PrivateKeyFile} }

// credentials returns the secrets of a source.
func (s SyncSource) credentials() []Credential {
	switch {
	case s.LDAP != nil:
		return []Credential{s.LDAP.Secret()}
	case s.Keycloak != nil:
		return []Credential{s.Keycloak.Secret()}
	case s.Entra != nil:
		return []Credential{s.Entra.Secret()}
	case s.Okta != nil:
		return []Credential{s.Okta.APIToken(), s.Okta.Key()}
	case s.Google != nil:
		return []Credential{s.Google.Key()}
	case s.GitHub != nil:
		return []Credential{s.GitHub.APIToken(), s.GitHub.Key()}
	}
	return nil
}
