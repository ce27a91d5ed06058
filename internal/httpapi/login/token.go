package login

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

const maxForm = 64 << 10

// description is how a token of this package is known in lists.
const description = "terraform login"

// token changes a code for a user token (RFC 6749, section 4.1.3). The token lasts as long as one that is made without an
// end through the administration API, unless it is revoked or its owner suspended before.
func (h *Handler) token(c echo.Context) error {
	noStore(c)
	ctx := c.Request().Context()
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, maxForm)
	if err := c.Request().ParseForm(); err != nil {
		return refusedRequest("invalid_request", "the form cannot be read")
	}
	approved, err := h.redeem(c.Request())
	if err != nil {
		return err
	}
	// By issuer and subject alone: who has lost his account since he approved gets none by this.
	p, err := h.Accounts.Login(ctx, catalog.Login{Issuer: approved.Issuer, Subject: approved.Subject})
	if fault.Is(err, fault.Unauthenticated) {
		return refusedRequest("invalid_grant", "the account is not active")
	}
	if err != nil {
		return err
	}
	issued, _, err := h.Accounts.IssueUserToken(ctx, p, p.Subject.ID, catalog.TokenTerms{Description: description})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]string{"access_token": issued.Secret, "token_type": "bearer"})
}

// redeem returns the approval that a request has a good code for, and uses the code up.
func (h *Handler) redeem(r *http.Request) (code, error) {
	form := r.PostForm
	if clientOf(r) != clientID {
		return code{}, refusedRequest("invalid_client", "the client is not known")
	}
	if form.Get("grant_type") != "authorization_code" {
		return code{}, refusedRequest("unsupported_grant_type", "the grant type must be authorization_code")
	}
	var approved code
	if h.sealer.open(forCode, form.Get("code"), h.Now(), &approved) != nil || form.Get("redirect_uri") != approved.RedirectURI ||
		!answers(approved.Challenge, form.Get("code_verifier")) || !h.used.first(approved.ID, h.Now()) {
		return code{}, refusedRequest("invalid_grant", "the code is not valid, or was used, or is not this client's")
	}
	return approved, nil
}

// clientOf returns the client's id: of the form or, as some libraries prefer, of the header with an empty password
// (RFC 6749, section 2.3.1).
func clientOf(r *http.Request) string {
	if id, _, ok := r.BasicAuth(); ok {
		if plain, err := url.QueryUnescape(id); err == nil {
			return plain
		}
	}
	return r.PostForm.Get("client_id")
}

// answers reports whether a verifier answers a challenge (RFC 7636, section 4.6).
func answers(challenge, verifier string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}
