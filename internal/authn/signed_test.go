package authn_test

import (
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestSignedTokensOfTheCatalog: by its issuer a signed token is either the catalog's or a provider's business, never both.
func TestSignedTokensOfTheCatalog(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	ann := w.is(t, w.idp.Token(t, "ann", nil))
	made, _, err := w.IssuePersonalToken(t.Context(), ann, catalog.SignedTerms{Description: "laptop"})
	if err != nil {
		t.Fatal(err)
	}
	if p := w.is(t, made.Secret); p.Subject != ann.Subject || p.TokenID != made.ID || p.Credential != catalog.TokenUser {
		t.Errorf("the catalog's token is %+v, want %s", p, ann.Subject)
	}
	ours := map[string]any{"iss": catalog.SignedIssuer, "aud": catalog.SignedIssuer, "jti": made.ID}
	foreign := testkit.NewSigningKey(t, jose.RS256)
	for name, token := range map[string]string{
		"the catalog's issuer, signed by the provider":          w.idp.Token(t, "ann", ours),
		"the catalog's issuer, signed by somebody":              foreign.Sign(t, w.idp.Claims("ann", ours), nil),
		"the provider's issuer, with the id of a catalog token": foreign.Sign(t, w.idp.Claims("ann", map[string]any{"jti": made.ID}), nil),
		"an issuer that nobody trusts":                          foreign.Sign(t, w.idp.Claims("ann", map[string]any{"iss": "TerrakubeInternal", "jti": made.ID}), nil),
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.Authenticator, token) })
	}
	if _, err := w.EndPersonalToken(t.Context(), ann, made.ID); err != nil {
		t.Fatal(err)
	}
	refused(t, w.Authenticator, made.Secret)
	w.is(t, w.idp.Token(t, "ann", nil))
}
