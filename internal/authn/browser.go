package authn

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// SignIn is one sign-in of a browser at an issuer. Its secrets are random and of this sign-in alone.
type SignIn struct {
	RedirectURL string // where the issuer sends the browser back to
	State       string
	Nonce       string
	Verifier    string // of PKCE (RFC 7636)
}

// scopeGroups asks for groups, at providers that know such a scope.
const scopeGroups = "groups"

// SignsIn reports whether people may sign in here with a browser.
func (i *Issuer) SignsIn() bool { return i.cfg.ClientID != "" }

// AuthURL returns where a browser goes to sign in; fault.Unavailable when the issuer does not answer.
func (i *Issuer) AuthURL(ctx context.Context, s SignIn) (string, error) {
	client, err := i.oauth(ctx, s)
	if err != nil {
		return "", err
	}
	return client.AuthCodeURL(s.State, oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier)), nil
}

// Exchange returns who has signed in, for the code that the issuer sent back (OpenID Connect Core 1.0, section 3.1.3).
// Errors: fault.Unauthenticated for a code or token that is not valid, fault.Unavailable when the issuer does not answer.
func (i *Issuer) Exchange(ctx context.Context, s SignIn, code string) (catalog.Login, error) {
	client, err := i.oauth(ctx, s)
	if err != nil {
		return catalog.Login{}, err
	}
	answer, err := client.Exchange(oidc.ClientContext(ctx, i.client), code, oauth2.VerifierOption(s.Verifier))
	if err != nil {
		return catalog.Login{}, i.unexchanged(ctx, err)
	}
	token, _ := answer.Extra("id_token").(string)
	c, err := i.verify(ctx, token, []string{i.cfg.ClientID})
	if err != nil {
		return catalog.Login{}, err
	}
	if party := c.text("azp"); party != "" && party != i.cfg.ClientID {
		return catalog.Login{}, fault.Wrap(fault.Unauthenticated, refusal("the token was issued to another client"), "the credential is not valid")
	}
	if subtle.ConstantTimeCompare([]byte(c.token.Nonce), []byte(s.Nonce)) != 1 {
		return catalog.Login{}, fault.Wrap(fault.Unauthenticated, refusal("the token is of another sign-in"), "the credential is not valid")
	}
	return i.login(c), nil
}

// unexchanged says why a code gave no token. An issuer that refuses it is told from one that does not answer; its words
// stay out of the log, since they may quote the request.
func (i *Issuer) unexchanged(ctx context.Context, err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || refused.Response == nil || refused.Response.StatusCode >= 500 {
		return fault.Wrap(fault.Unavailable, err, "the identity provider %s does not answer", i.cfg.URL)
	}
	i.log.WarnContext(ctx, "an identity provider refuses a sign-in", "issuer", i.cfg.URL, "status", refused.Response.StatusCode, "code", refused.ErrorCode)
	return fault.New(fault.Unauthenticated, "the identity provider did not confirm the sign-in")
}

func (i *Issuer) oauth(ctx context.Context, s SignIn) (*oauth2.Config, error) {
	known, err := i.keys.current(ctx)
	if err != nil {
		return nil, err
	}
	at := known.provider.Endpoint()
	var document struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
		Scopes  []string `json:"scopes_supported"`
	}
	if err := known.provider.Claims(&document); err != nil {
		return nil, err
	}
	// Chosen rather than tried out, since a code is good for one request.
	at.AuthStyle = oauth2.AuthStyleInHeader
	if i.cfg.ClientSecret == "" || len(document.Methods) > 0 && !slices.Contains(document.Methods, "client_secret_basic") {
		at.AuthStyle = oauth2.AuthStyleInParams
	}
	scopes := []string{oidc.ScopeOpenID, "profile", "email"}
	if i.cfg.Groups.Claim != "" && slices.Contains(document.Scopes, scopeGroups) {
		scopes = append(scopes, scopeGroups) // where there is such a scope, Dex's way, there is no claim without it
	}
	return &oauth2.Config{
		ClientID: i.cfg.ClientID, ClientSecret: i.cfg.ClientSecret, Endpoint: at, RedirectURL: s.RedirectURL, Scopes: scopes,
	}, nil
}
