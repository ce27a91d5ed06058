// Package authn turns a bearer credential into a principal: the site token, user, service, team, group and organization
// tokens of the catalog, of which some read as JSON Web Tokens, and tokens that identity providers have signed (OpenID Connect). It also is the client with
// which people sign in at an identity provider in a browser.
//
// It decides who somebody is and nothing about what he may do. It serves no HTTP: protocols read the credential
// from where they carry it and answer refusals in their own shape.
package authn

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// tokens is what authentication needs of the catalog.
type tokens interface {
	TokenBySecret(ctx context.Context, secret string) (catalog.Token, error)
	PrincipalOf(ctx context.Context, t catalog.Token) (catalog.Principal, error)
	Login(ctx context.Context, l catalog.Login) (catalog.Principal, error)
}

// MinSiteToken is the shortest site token that is accepted, in bytes.
const MinSiteToken = 32

// Authenticator knows the credentials that are valid.
type Authenticator struct {
	tokens   tokens
	siteHash [sha256.Size]byte
	site     catalog.Principal
	issuers  map[string]*Issuer
}

// New returns an Authenticator. siteToken acts as the built-in site admin, whose user id is given; issuers are the
// identity providers whose tokens are accepted.
func New(t tokens, siteToken, siteAdminID string, issuers ...*Issuer) *Authenticator {
	a := &Authenticator{
		tokens:   t,
		siteHash: sha256.Sum256([]byte(siteToken)),
		site: catalog.Principal{
			Subject: authz.Object{Type: schema.TypeUser, ID: siteAdminID},
			Name:    catalog.SiteAdminUsername,
			TokenID: "site-token",
		},
		issuers: map[string]*Issuer{},
	}
	for _, i := range issuers {
		a.issuers[i.URL()] = i
	}
	return a
}

// Authenticate returns who a bearer credential acts as. Whatever is wrong with it, the answer is the same
// fault.Unauthenticated.
func (a *Authenticator) Authenticate(ctx context.Context, bearer string) (catalog.Principal, error) {
	if bearer == "" {
		return catalog.Principal{}, fault.New(fault.Unauthenticated, "a bearer token is required")
	}
	hash := sha256.Sum256([]byte(bearer))
	if subtle.ConstantTimeCompare(hash[:], a.siteHash[:]) == 1 {
		return a.site, nil
	}
	if i, ok := a.issuers[claimedIssuer(bearer)]; ok { // it alone may vouch for what bears its name
		l, err := i.Verify(ctx, bearer)
		if err != nil {
			return catalog.Principal{}, err
		}
		return a.tokens.Login(ctx, l)
	}
	t, err := a.tokens.TokenBySecret(ctx, bearer) // one that names another issuer is none of the catalog's
	if err != nil {
		return catalog.Principal{}, err
	}
	return a.tokens.PrincipalOf(ctx, t)
}

// claimedIssuer returns who has signed a token by its own words, which nobody has verified; "" for what is no signed JSON
// Web Token (RFC 7519).
func claimedIssuer(bearer string) string {
	if len(bearer) > maxToken || strings.Count(bearer, ".") != 2 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(bearer, ".")[1])
	if err != nil {
		return ""
	}
	var claimed struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(payload, &claimed) != nil {
		return ""
	}
	return claimed.Issuer
}
