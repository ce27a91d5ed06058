package authn

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// IssuerConfig says what is accepted of an identity provider.
type IssuerConfig struct {
	URL              string // as it names itself in tokens
	Audience         []string
	UsernameClaim    string
	TrustedUsernames bool
	Algorithms       []string
	ClockSkew        time.Duration
	ClientID         string // of the browser login; "" for none
	ClientSecret     string // "" for a public client
	Groups           GroupConfig
}

// IssuerDeps are what an Issuer needs besides its configuration. Now and Log are required.
type IssuerDeps struct {
	Now func() time.Time
	Log *slog.Logger
}

// Issuer is an identity provider whose tokens are accepted (OpenID Connect Core 1.0). Nothing is asked of it before the
// first token, so one that does not answer keeps nobody else from working.
type Issuer struct {
	cfg    IssuerConfig
	now    func() time.Time
	log    *slog.Logger
	client *http.Client
	keys   *keySource
	tokens *oidc.IDTokenVerifier
}

// NewIssuer returns an Issuer.
func NewIssuer(cfg IssuerConfig, d IssuerDeps) *Issuer {
	client := newClient()
	i := &Issuer{cfg: cfg, now: d.Now, log: d.Log, client: client}
	algorithms := make([]jose.SignatureAlgorithm, len(cfg.Algorithms))
	for n, a := range cfg.Algorithms {
		algorithms[n] = jose.SignatureAlgorithm(a)
	}
	i.keys = &keySource{issuer: cfg.URL, algorithms: algorithms, client: client, now: d.Now, log: d.Log}
	// Audience and times are checked here: there may be several audiences, and the clock skew is configured.
	i.tokens = oidc.NewVerifier(cfg.URL, i.keys, &oidc.Config{SupportedSigningAlgs: cfg.Algorithms, SkipClientIDCheck: true, SkipExpiryCheck: true})
	return i
}

// URL returns the issuer's name.
func (i *Issuer) URL() string { return i.cfg.URL }

// maxToken is the longest token that is looked at, in bytes. Providers that list hundreds of groups stay below it.
const maxToken = 16 << 10

// refusal is why a token is refused: one of a few fixed phrases for the log, never a part of the token.
type refusal string

// Error returns the phrase.
func (r refusal) Error() string { return string(r) }

// Verify returns what a token says of a person, as an argument to catalog.Service.Login. Whatever is wrong with the
// token, the answer is the same fault.Unauthenticated; while no keys of the issuer are known it is fault.Unavailable.
func (i *Issuer) Verify(ctx context.Context, token string) (catalog.Login, error) {
	c, err := i.verify(ctx, token, i.cfg.Audience)
	if err != nil {
		return catalog.Login{}, err
	}
	return i.login(c), nil
}

func (i *Issuer) verify(ctx context.Context, token string, audience []string) (claims, error) {
	if _, err := i.keys.current(ctx); err != nil {
		return claims{}, err
	}
	c, err := i.check(ctx, token, audience)
	if err == nil {
		return c, nil
	}
	reason := "the token or its signature is not valid" // what libraries say may quote the token
	if r, ok := errors.AsType[refusal](err); ok {
		reason = string(r)
	}
	i.log.DebugContext(ctx, "a token of an identity provider is refused", "issuer", i.cfg.URL, "reason", reason)
	return claims{}, fault.Wrap(fault.Unauthenticated, refusal(reason), "the credential is not valid")
}

func (i *Issuer) check(ctx context.Context, token string, audience []string) (claims, error) {
	if len(token) > maxToken {
		return claims{}, refusal("the token is too long")
	}
	t, err := i.tokens.Verify(ctx, token)
	if err != nil {
		return claims{}, err
	}
	c := claims{token: t}
	if err := t.Claims(&c.all); err != nil {
		return claims{}, err
	}
	if !slices.ContainsFunc(t.Audience, func(a string) bool { return slices.Contains(audience, a) }) {
		return claims{}, refusal("the token is for another audience")
	}
	const maxSubject = 255 // OpenID Connect Core 1.0, section 2
	if t.Subject == "" || len(t.Subject) > maxSubject {
		return claims{}, refusal("the token has no subject that can be used")
	}
	return c, i.checkTimes(c)
}

// checkTimes refuses tokens before and after their time, with some tolerance for clocks that differ.
func (i *Issuer) checkTimes(c claims) error {
	notBefore, err := c.time("nbf")
	if err != nil {
		return err
	}
	early, late := i.now().Add(-i.cfg.ClockSkew), i.now().Add(i.cfg.ClockSkew)
	switch {
	case c.token.Expiry.IsZero():
		return refusal("the token does not expire")
	case !early.Before(c.token.Expiry):
		return refusal("the token has expired")
	case late.Before(notBefore):
		return refusal("the token is not valid yet")
	case late.Before(c.token.IssuedAt):
		return refusal("the token is from the future")
	}
	return nil
}

// login picks the claims that say who somebody is.
func (i *Issuer) login(c claims) catalog.Login {
	l := catalog.Login{
		Issuer: i.cfg.URL, Subject: c.token.Subject, TrustedUsername: i.cfg.TrustedUsernames,
		Username: c.text(i.cfg.UsernameClaim), Email: c.text(claimEmail), EmailVerified: c.yes(claimEmailVerified),
	}
	// A provider that says of an address that it did not verify it has not said that it is this person's name. One that
	// says nothing either way does not verify addresses in its own sight, and the operator chose the claim.
	if _, said := c.all[claimEmailVerified]; said && i.cfg.UsernameClaim == claimEmail && !l.EmailVerified {
		l.Username = ""
	}
	l.Groups = i.groups(c)
	return l
}
