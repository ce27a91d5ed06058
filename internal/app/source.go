package app

import (
	"context"
	"crypto/x509"
	"os"
	"time"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
	"github.com/terrawarden/terrawarden/loader/source/entra"
	"github.com/terrawarden/terrawarden/loader/source/file"
	"github.com/terrawarden/terrawarden/loader/source/github"
	"github.com/terrawarden/terrawarden/loader/source/google"
	"github.com/terrawarden/terrawarden/loader/source/keycloak"
	"github.com/terrawarden/terrawarden/loader/source/ldap"
	"github.com/terrawarden/terrawarden/loader/source/okta"
	"github.com/terrawarden/terrawarden/loader/source/peribolos"
)

// origin returns what reads a source; nil for one that pushes or is uploaded.
func origin(s config.SyncSource) (directory.Source, error) {
	switch {
	case s.LDAP != nil:
		return ldap.New(ldapSettings(*s.LDAP))
	case s.Kind == "peribolos":
		return peribolos.NewDirectory(s.File.Path), nil
	case s.File != nil:
		return file.New(file.Settings{Path: s.File.Path, SHA256: s.File.SHA256})
	case s.Keycloak != nil:
		return keycloakSource(*s.Keycloak)
	case s.Entra != nil:
		return entraSource(*s.Entra)
	case s.Okta != nil:
		return oktaSource(*s.Okta)
	case s.Google != nil:
		return googleSource(*s.Google)
	case s.GitHub != nil:
		return githubSource(*s.GitHub)
	}
	return nil, nil //nolint:nilnil // there is nothing to read
}

// secret returns how a source reads a credential, nil where there is none.
func secret(c config.Credential) func() (string, error) {
	if !c.Given() {
		return nil
	}
	return c.Read
}

func ldapSettings(l config.LDAPSource) ldap.Settings {
	if !l.Increments {
		l.Attributes.Changed = ldap.NoIncrements
	}
	return ldap.Settings{
		URL: l.URL, StartTLS: l.StartTLS, CAFile: l.CAFile, BindDN: l.BindDN, Password: secret(l.Secret()), Kind: ldap.Kind(l.Layout),
		UserBase: l.UserBase, UserFilter: l.UserFilter, GroupBase: l.GroupBase, GroupFilter: l.GroupFilter,
		Attributes:   ldap.Attributes(l.Attributes),
		MatchingRule: l.MatchingRule, PageSize: l.PageSize, Timeout: l.Timeout(), MaxEntries: l.MaxEntries, Now: time.Now,
	}
}

// over returns how a source is spoken to over HTTP.
func over(h config.HTTPSource) (rest.Settings, error) {
	s := rest.Settings{Timeout: h.Timeout(), Budget: h.Budget(), Parallel: h.Parallel, Now: time.Now}
	if h.CAFile == "" {
		return s, nil
	}
	pem, err := os.ReadFile(h.CAFile)
	if err != nil {
		return s, fault.Wrap(fault.Invalid, err, "ca-file cannot be read")
	}
	s.RootCAs = x509.NewCertPool()
	if !s.RootCAs.AppendCertsFromPEM(pem) {
		return s, fault.At("ca-file", "holds no certificate in PEM form")
	}
	return s, nil
}

func keycloakSource(k config.KeycloakSource) (directory.Source, error) {
	http, err := over(k.HTTPSource)
	if err != nil {
		return nil, err
	}
	return keycloak.New(keycloak.Settings{
		HTTP: http, URL: k.URL, Realm: k.Realm, ClientRealm: k.ClientRealm, ClientID: k.ClientID, ClientSecret: secret(k.Secret()), PageSize: k.PageSize,
	})
}

func entraSource(e config.EntraSource) (*entra.Source, error) {
	http, err := over(e.HTTPSource)
	if err != nil {
		return nil, err
	}
	return entra.New(entra.Settings{
		HTTP: http, Tenant: e.Tenant, ClientID: e.ClientID, ClientSecret: secret(e.Secret()), GraphURL: e.GraphURL, LoginURL: e.LoginURL,
		Increments: e.Increments, PageSize: e.PageSize,
	})
}

func oktaSource(o config.OktaSource) (directory.Source, error) {
	http, err := over(o.HTTPSource)
	if err != nil {
		return nil, err
	}
	return okta.New(okta.Settings{
		HTTP: http, URL: o.URL, Token: secret(o.APIToken()), ClientID: o.ClientID, PrivateKey: secret(o.Key()), KeyID: o.KeyID,
		Increments: o.Increments, PageSize: o.PageSize,
	})
}

func googleSource(g config.GoogleSource) (directory.Source, error) {
	http, err := over(g.HTTPSource)
	if err != nil {
		return nil, err
	}
	return google.New(google.Settings{
		HTTP: http, Customer: g.Customer, Subject: g.Subject, Credentials: secret(g.Key()), URL: g.URL, TokenURL: g.TokenURL, PageSize: g.PageSize,
	})
}

func githubSource(g config.GitHubSource) (directory.Source, error) {
	http, err := over(g.HTTPSource)
	if err != nil {
		return nil, err
	}
	return github.New(github.Settings{
		HTTP: http, Organization: g.Organization, Token: secret(g.APIToken()), AppID: g.AppID, InstallationID: g.InstallationID,
		PrivateKey: secret(g.Key()), URL: g.URL, PageSize: g.PageSize,
	})
}

// overage returns what asks a source of kind entra for the groups of somebody whose token only points to them; nil for "".
func (a *App) overage(name string) (func(ctx context.Context, objectID string) ([]string, error), error) {
	if name == "" {
		return nil, nil //nolint:nilnil // such a token says nothing then
	}
	for _, s := range a.cfg.Sync.Sources {
		if s.Name == name && s.Entra != nil {
			source, err := entraSource(*s.Entra)
			if err != nil {
				return nil, err
			}
			return source.GroupsOf, nil
		}
	}
	return nil, fault.At("oidc-groups-overage", "no source of kind entra is called %s", name)
}
