// Package authn turns a bearer credential into a principal: the site token, and user, service, team and
// organization tokens of the catalog.
//
// It decides who somebody is and nothing about what he may do. It knows no HTTP: protocols read the credential
// from where they carry it and answer refusals in their own shape.
package authn

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// tokens is what authentication needs of the catalog.
type tokens interface {
	TokenBySecret(ctx context.Context, secret string) (catalog.Token, error)
	PrincipalOf(ctx context.Context, t catalog.Token) (catalog.Principal, error)
}

// MinSiteToken is the shortest site token that is accepted, in bytes.
const MinSiteToken = 32

// Authenticator knows the credentials that are valid.
type Authenticator struct {
	tokens   tokens
	siteHash [sha256.Size]byte
	site     catalog.Principal
}

// New returns an Authenticator. siteToken acts as the built-in site admin, whose user id is given.
func New(t tokens, siteToken, siteAdminID string) *Authenticator {
	return &Authenticator{
		tokens:   t,
		siteHash: sha256.Sum256([]byte(siteToken)),
		site: catalog.Principal{
			Subject: authz.Object{Type: schema.TypeUser, ID: siteAdminID},
			Name:    catalog.SiteAdminUsername,
			TokenID: "site-token",
		},
	}
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
	t, err := a.tokens.TokenBySecret(ctx, bearer)
	if err != nil {
		return catalog.Principal{}, err
	}
	return a.tokens.PrincipalOf(ctx, t)
}
