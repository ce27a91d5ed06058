// Package login serves `terraform login`: an OAuth 2.0 authorization server (RFC 6749, with PKCE, RFC 7636) for one
// client, Terraform's command line, in front of the identity providers where people sign in with a browser.
//
// A sign-in passes four requests: authorize sends the browser to an identity provider, callback learns who came back and
// asks him to approve, approve sends the browser to the command line with a code, and token changes the code for a user
// token of the catalog. What one request must know of another is sealed and carried by the browser or the command line,
// so that any replica can go on where another began.
//
// It decides nothing: who somebody is authn says, which account is his the catalog.
package login

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// accounts is what the package needs of the catalog.
type accounts interface {
	Login(ctx context.Context, l catalog.Login) (catalog.Principal, error)
	IssueUserToken(ctx context.Context, p catalog.Principal, userID string, terms catalog.TokenTerms) (catalog.IssuedToken, authz.Token, error)
}

// Deps are what a Handler is made of. All are required.
type Deps struct {
	Accounts  accounts
	Issuers   []*authn.Issuer // where people sign in; each must have a client id
	PublicURL func() string   // as browsers and issuers reach the service
	Key       []byte          // seals what requests carry, 32 bytes; the same on every replica
	Now       func() time.Time
	NewID     func() string // makes secrets that nobody guesses
}

// Handler serves the routes.
type Handler struct {
	Deps
	sealer sealer
	used   usedCodes
	pages  pages
}

// New returns a Handler.
func New(d Deps) (*Handler, error) {
	s, err := newSealer(d.Key)
	if err != nil {
		return nil, err
	}
	p, err := newPages()
	if err != nil {
		return nil, err
	}
	return &Handler{Deps: d, sealer: s, pages: p}, nil
}

// Paths of the server. The first two are in the discovery document; the third is registered at the identity provider.
const (
	pathAuthorize = "/oauth/authorize"
	pathToken     = "/oauth/token"
	pathCallback  = "/oauth/callback"
	pathApprove   = "/oauth/approve"
)

// The one client, and the ports of the machine it runs on where it listens for the code. They are a convention between
// the client and this server, named in the discovery document.
const (
	clientID  = "terraform-cli"
	firstPort = 10000
	lastPort  = 10010
)

// Service returns what the discovery document /.well-known/terraform.json says of the service login.v1.
func Service() map[string]any {
	return map[string]any{
		"client": clientID, "grant_types": []string{"authz_code"}, "authz": pathAuthorize, "token": pathToken,
		"ports": []int{firstPort, lastPort},
	}
}

// Endpoints returns the routes.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		{Method: http.MethodGet, Path: pathAuthorize, Needs: endpoint.Public(), Handle: h.authorize},
		{Method: http.MethodGet, Path: pathCallback, Needs: endpoint.Public(), Handle: h.callback},
		{Method: http.MethodPost, Path: pathApprove, Needs: endpoint.Public(), Handle: h.approve},
		{Method: http.MethodPost, Path: pathToken, Needs: endpoint.Public(), Handle: h.token},
	}
}

// Owns returns the path below which errors have the package's form, whoever finds them.
func (h *Handler) Owns() []string { return []string{"/oauth"} }

// issuer returns the identity provider of a name.
func (h *Handler) issuer(url string) (*authn.Issuer, bool) {
	for _, i := range h.Issuers {
		if i.URL() == url {
			return i, true
		}
	}
	return nil, false
}

// callbackURL is where identity providers send browsers back to.
func (h *Handler) callbackURL() string { return h.PublicURL() + pathCallback }

// noStore keeps answers out of every cache.
func noStore(c echo.Context) { c.Response().Header().Set(echo.HeaderCacheControl, "no-store") }
