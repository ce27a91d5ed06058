package app

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/login"
)

// credentials are the authenticator and what is derived from the site token.
type credentials struct {
	*authn.Authenticator
	pageKey  []byte
	loginKey []byte
	issuers  []*authn.Issuer
}

// openCredentials knows who is who by the site token, the catalog's tokens and the identity providers. Keys are derived
// from the site token, so that every replica with the same one reads what another has sealed or signed.
func (a *App) openCredentials(siteToken, siteAdminID string) (credentials, error) {
	var c credentials
	var err error
	if c.issuers, err = a.openIssuers(); err != nil {
		return credentials{}, err
	}
	c.Authenticator = authn.New(a.service, siteToken, siteAdminID, c.issuers...)
	if c.pageKey, err = derive(siteToken, "page tokens"); err != nil {
		return credentials{}, err
	}
	c.loginKey, err = derive(siteToken, "login")
	return c, err
}

// openIssuers makes the identity providers of the configuration. None of them is asked anything yet.
func (a *App) openIssuers() ([]*authn.Issuer, error) {
	var out []*authn.Issuer
	for _, i := range a.cfg.Issuers() {
		secret, err := clientSecret(i)
		if err != nil {
			return nil, err
		}
		overage, err := a.overage(i.GroupsOverage)
		if err != nil {
			return nil, err
		}
		out = append(out, authn.NewIssuer(authn.IssuerConfig{
			URL: i.URL, Audience: i.Audience, UsernameClaim: i.UsernameClaim, TrustedUsernames: i.TrustedUsernames,
			Algorithms: i.Algorithms, ClockSkew: i.ClockSkew, ClientID: i.ClientID, ClientSecret: secret,
			Groups: authn.GroupConfig{
				Claim: i.GroupsClaim, Directory: i.GroupsSource, Trust: catalog.NameTrust(i.GroupsTrust), Lifetime: i.GroupsLifetime,
				Overage: overage,
			},
		}, authn.IssuerDeps{Now: time.Now, Log: a.log}))
	}
	return out, nil
}

func clientSecret(i config.Issuer) (string, error) {
	if i.ClientSecretFile == "" {
		return i.ClientSecret.Reveal(), nil
	}
	raw, err := os.ReadFile(i.ClientSecretFile)
	if err != nil {
		return "", fmt.Errorf("client secret of %s: %w", i.URL, err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// browserLogin returns the protocol of terraform login, and what the discovery document says of it; nothing where no
// issuer signs people in.
func (a *App) browserLogin(c credentials) ([]httpapi.Protocol, map[string]any, error) {
	var browsers []*authn.Issuer
	for _, i := range c.issuers {
		if i.SignsIn() {
			browsers = append(browsers, i)
		}
	}
	if len(browsers) == 0 {
		return nil, nil, nil
	}
	h, err := login.New(login.Deps{Accounts: a.service, Issuers: browsers, PublicURL: a.URL, Key: c.loginKey, Now: time.Now, NewID: newID})
	return []httpapi.Protocol{h}, map[string]any{"login.v1": login.Service()}, err
}

// derive returns a key for a purpose out of the site token.
func derive(siteToken, purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(siteToken), nil, "terrawarden "+purpose, sha256.Size)
}
