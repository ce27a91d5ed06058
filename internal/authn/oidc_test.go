package authn_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// trusting is a service that trusts an identity provider of the test's own.
type trusting struct {
	*testkit.Bench
	*authn.Authenticator
	idp    *testkit.IdentityProvider
	issuer *authn.Issuer
	ahead  atomic.Int64 // how far the issuer's clock is ahead of ours
	log    *bytes.Buffer
}

func newTrusting(t *testing.T, change ...func(*authn.IssuerConfig)) *trusting {
	t.Helper()
	w := &trusting{Bench: testkit.Service(t, config.EngineEmbedded), idp: testkit.OIDC(t), log: &bytes.Buffer{}}
	c := w.idp.Issuer()
	cfg := authn.IssuerConfig{URL: c.URL, Audience: c.Audience, UsernameClaim: "email", Algorithms: []string{"RS256", "ES256"}, ClockSkew: 30 * time.Second}
	for _, ch := range change {
		ch(&cfg)
	}
	w.issuer = authn.NewIssuer(cfg, authn.IssuerDeps{
		Now: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	w.Authenticator = authn.New(w.Bench, siteToken, w.Admin.Subject.ID, w.issuer)
	return w
}

// is reports who a token is, and fails when it is nobody.
func (w *trusting) is(t *testing.T, token string) catalog.Principal {
	t.Helper()
	p, err := w.Authenticate(t.Context(), token)
	if err != nil {
		t.Errorf("a good token is refused: %v", err)
	}
	return p
}

func TestTokensOfAnIssuer(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	ann := w.is(t, w.idp.Token(t, "ann", nil))
	if ann.Subject.Type != "user" || ann.Name != "ann@example.com" || ann.TokenID != "oidc:"+w.idp.URL || ann.Scopes != nil {
		t.Errorf("principal %+v", ann)
	}
	rsa := testkit.NewSigningKey(t, jose.RS256)
	ec := w.idp.Key()
	same := map[string]string{
		"again":                              w.idp.Token(t, "ann", nil),
		"with another name and address":      w.idp.Token(t, "ann", map[string]any{"email": "eve@example.com"}),
		"without a name":                     w.idp.Token(t, "ann", map[string]any{"email": nil, "email_verified": nil}),
		"for several audiences":              w.idp.Token(t, "ann", map[string]any{"aud": []string{"other", testkit.OIDCClient}}),
		"without a type":                     ec.Sign(t, w.idp.Claims("ann", nil), map[jose.HeaderKey]any{jose.HeaderType: nil}),
		"of an access token's type":          ec.Sign(t, w.idp.Claims("ann", nil), map[jose.HeaderKey]any{jose.HeaderType: "at+JWT"}),
		"that began a while ago":             w.idp.Token(t, "ann", map[string]any{"nbf": time.Now().Add(-time.Hour).Unix()}),
		"with times that are no integers":    w.idp.Token(t, "ann", map[string]any{"nbf": float64(time.Now().Unix()) - 0.5}),
		"that does not say when it was made": w.idp.Token(t, "ann", map[string]any{"iat": nil}),
	}
	for name, token := range same {
		if p := w.is(t, token); p.Subject != ann.Subject {
			t.Errorf("a token %s is %v, want %v", name, p, ann)
		}
	}
	w.idp.Rotate(rsa, ec.Public())
	if p := w.is(t, w.idp.Token(t, "ann", nil)); p.Subject != ann.Subject {
		t.Errorf("a token signed with RSA is %v", p)
	}
	if p := w.is(t, w.idp.Token(t, "bob", nil)); p.Subject == ann.Subject || p.Name != "bob@example.com" {
		t.Errorf("another person is %v", p)
	}
}

// unsigned returns a token with a header of its own and a signature that is none.
func unsigned(t *testing.T, header, claims map[string]any, signature string) string {
	t.Helper()
	part := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	return part(header) + "." + part(claims) + "." + signature
}

// withPublicKey signs with HMAC and the public key as the secret, in the form people publish it in.
func withPublicKey(t *testing.T, key testkit.SigningKey, claims map[string]any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public().Key)
	if err != nil {
		t.Fatal(err)
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return testkit.SigningKey{ID: key.ID, Algorithm: jose.HS256, Private: secret}.Sign(t, claims, nil)
}

func TestTokensThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	key := w.idp.Key()
	stranger := testkit.NewSigningKey(t, jose.ES256)
	swapped := stranger
	swapped.ID = key.ID
	good := w.idp.Token(t, "ann", nil)
	with := func(change map[string]any) string { return w.idp.Token(t, "ann", change) }
	parts := strings.Split(good, ".")
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	tests := map[string]string{
		"expired":                            with(map[string]any{"exp": in(-time.Minute)}),
		"without an end":                     with(map[string]any{"exp": nil}),
		"with an end that is no time":        with(map[string]any{"exp": "tomorrow"}),
		"not valid yet":                      with(map[string]any{"nbf": in(time.Minute)}),
		"valid from no time":                 with(map[string]any{"nbf": "now"}),
		"from the future":                    with(map[string]any{"iat": in(time.Minute)}),
		"for another audience":               with(map[string]any{"aud": "other"}),
		"for other audiences":                with(map[string]any{"aud": []string{"other", "third", testkit.OIDCClient + "x"}}),
		"for no audience":                    with(map[string]any{"aud": nil}),
		"without a subject":                  with(map[string]any{"sub": nil}),
		"with a subject that is too long":    with(map[string]any{"sub": strings.Repeat("x", 256)}),
		"with a subject that is no text":     with(map[string]any{"sub": 7}),
		"of another issuer":                  with(map[string]any{"iss": "https://other.example"}),
		"of an issuer with a slash":          with(map[string]any{"iss": w.idp.URL + "/"}),
		"of no issuer":                       with(map[string]any{"iss": nil}),
		"of another type":                    key.Sign(t, w.idp.Claims("ann", nil), map[jose.HeaderKey]any{jose.HeaderType: "logout+jwt"}),
		"with a header that must be known":   unsigned(t, map[string]any{"alg": "ES256", "kid": key.ID, "crit": []string{"x"}, "x": 1}, w.idp.Claims("ann", nil), parts[2]),
		"unsigned":                           unsigned(t, map[string]any{"alg": "none"}, w.idp.Claims("ann", nil), ""),
		"unsigned, in capitals":              unsigned(t, map[string]any{"alg": "NONE", "kid": key.ID}, w.idp.Claims("ann", nil), ""),
		"unsigned, with a signature":         unsigned(t, map[string]any{"alg": "none", "kid": key.ID}, w.idp.Claims("ann", nil), parts[2]),
		"with the signature cut off":         parts[0] + "." + parts[1] + ".",
		"with another's signature":           unsigned(t, map[string]any{"alg": "ES256", "kid": key.ID}, w.idp.Claims("eve", nil), parts[2]),
		"signed with the public key":         withPublicKey(t, key, w.idp.Claims("ann", nil)),
		"signed by another with the same id": swapped.Sign(t, w.idp.Claims("ann", nil), nil),
		"signed by another":                  stranger.Sign(t, w.idp.Claims("ann", nil), nil),
		"signed by the key it brings along":  stranger.Sign(t, w.idp.Claims("ann", nil), map[jose.HeaderKey]any{"jwk": stranger.Public()}),
		"of an algorithm that is not pinned": testkit.SigningKey{ID: key.ID, Algorithm: jose.PS256, Private: testkit.NewSigningKey(t, jose.RS256).Private}.Sign(t, w.idp.Claims("ann", nil), nil),
		"too long":                           with(map[string]any{"groups": strings.Repeat("x", 1<<15)}),
		"two parts":                          parts[0] + "." + parts[1],
		"four parts":                         good + "." + parts[2],
		"not base64":                         parts[0] + ".!" + parts[1] + "." + parts[2],
		"no name at the first login":         w.idp.Token(t, "anonymous", map[string]any{"email": nil}),
		"a name that is no text":             w.idp.Token(t, "numbered", map[string]any{"email": 7}),
		"a name that the issuer denies":      w.idp.Token(t, "denied", map[string]any{"email_verified": false}),
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, w.Authenticator, token)
		})
	}
	t.Run("the good one", func(t *testing.T) {
		t.Parallel()
		w.is(t, good)
	})
	t.Cleanup(func() {
		for name, token := range tests {
			for part := range strings.SplitSeq(token, ".") {
				if len(part) > 20 && strings.Contains(w.log.String(), part) {
					t.Errorf("the log quotes the token %q", name)
				}
			}
		}
		if !strings.Contains(w.log.String(), "for another audience") {
			t.Error("the log does not say why a token was refused")
		}
	})
}

func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	w := newTrusting(t, func(c *authn.IssuerConfig) { c.ClockSkew = time.Hour })
	const near, far = 59 * time.Minute, 61 * time.Minute
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	tests := map[string]struct {
		within, beyond map[string]any
	}{
		"expired":         {map[string]any{"exp": in(-near)}, map[string]any{"exp": in(-far)}},
		"not valid yet":   {map[string]any{"nbf": in(near)}, map[string]any{"nbf": in(far)}},
		"from the future": {map[string]any{"iat": in(near)}, map[string]any{"iat": in(far)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.is(t, w.idp.Token(t, "ann", test.within))
			refused(t, w.Authenticator, w.idp.Token(t, "ann", test.beyond))
		})
	}
}

// lasting is a token of ann that outlives the clocks of these tests.
func (w *trusting) lasting(t *testing.T) string {
	t.Helper()
	return w.idp.Token(t, "ann", map[string]any{"exp": time.Now().Add(1000 * time.Hour).Unix()})
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	old := w.lasting(t)
	ann := w.is(t, old)
	w.idp.Rotate(testkit.NewSigningKey(t, jose.ES256))
	if p := w.is(t, w.lasting(t)); p.Subject != ann.Subject {
		t.Errorf("after the rotation a token is %v, want %v", p, ann)
	}
	refused(t, w.Authenticator, old) // its key is not published any more
	if got := w.idp.KeyFetches(); got != 2 {
		t.Errorf("the keys were fetched %d times, want 2", got)
	}
}

// A key that is withdrawn while another stays ends within the hour, though no unknown key makes anybody look.
func TestWithdrawnKeysEnd(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	stolen := w.idp.Key()
	other := testkit.NewSigningKey(t, jose.ES256)
	w.idp.Rotate(other, stolen.Public())
	forged := stolen.Sign(t, w.idp.Claims("ann", map[string]any{"exp": time.Now().Add(1000 * time.Hour).Unix()}), nil)
	w.is(t, forged)
	w.idp.Rotate(other)
	w.is(t, w.lasting(t))
	w.ahead.Store(int64(61 * time.Minute))
	refused(t, w.Authenticator, forged)
	w.is(t, w.lasting(t))
}

func TestRefetchingHasACap(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	w.is(t, w.lasting(t))
	unknown := func() string {
		return testkit.NewSigningKey(t, jose.ES256).Sign(t, w.idp.Claims("ann", map[string]any{"exp": time.Now().Add(time.Hour).Unix()}), nil)
	}
	storm := func(want int) {
		t.Helper()
		var all sync.WaitGroup
		for range 30 {
			token := unknown()
			all.Go(func() { refused(t, w.Authenticator, token) })
		}
		all.Wait()
		if got := w.idp.KeyFetches(); got != want {
			t.Errorf("the keys were fetched %d times, want %d", got, want)
		}
	}
	storm(2) // the first, and one for all that are unknown
	w.ahead.Store(int64(59 * time.Second))
	storm(2)
	w.ahead.Store(int64(61 * time.Second))
	storm(3)
	w.is(t, w.lasting(t))
}

func TestIssuerThatIsDown(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	issued, err := w.CreateToken(t.Context(), w.Admin, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	w.idp.Down(true)
	_, err = w.Authenticate(t.Context(), w.lasting(t))
	if message, _ := fault.Public(err); !fault.Is(err, fault.Unavailable) || !strings.Contains(message, w.idp.URL) {
		t.Errorf("error %v of kind %s, want one that says to try again and whom it is about", err, fault.KindOf(err))
	}
	w.is(t, issued.Secret)
	w.is(t, siteToken)
	refused(t, w.Authenticator, w.idp.Token(t, "ann", map[string]any{"iss": "https://other.example"}))

	w.idp.Down(false)
	w.ahead.Store(int64(6 * time.Second))
	w.is(t, w.lasting(t))
	w.idp.Down(true)
	w.ahead.Store(int64(23 * time.Hour))
	w.is(t, w.lasting(t)) // by the keys that are known
	refused(t, w.Authenticator, testkit.NewSigningKey(t, jose.ES256).Sign(t, w.idp.Claims("ann", map[string]any{"exp": time.Now().Add(48 * time.Hour).Unix()}), nil))
	w.ahead.Store(int64(25 * time.Hour)) // too long to know whether they still hold
	if _, err := w.Authenticate(t.Context(), w.lasting(t)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("error %v of kind %s, want one that says to try again", err, fault.KindOf(err))
	}
}

// An issuer vouches for its own people alone.
func TestIssuersAreKeptApart(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	other := testkit.OIDC(t)
	both := authn.New(w.Bench, siteToken, w.Admin.Subject.ID, w.issuer, authn.NewIssuer(authn.IssuerConfig{
		URL: other.URL, Audience: []string{testkit.OIDCClient}, UsernameClaim: "email", Algorithms: []string{"ES256"},
	}, authn.IssuerDeps{Now: time.Now, Log: testkit.Quiet()}))
	one, err := both.Authenticate(t.Context(), w.idp.Token(t, "ann", nil))
	two, err2 := both.Authenticate(t.Context(), other.Token(t, "ann", nil))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if one.Subject == two.Subject || one.Name == two.Name {
		t.Errorf("the subject ann of one issuer is %v, of another %v", one, two)
	}
	refused(t, both, w.idp.Token(t, "ann", map[string]any{"iss": other.URL})) // signed by one, in the name of the other
	refused(t, both, other.Key().Sign(t, w.idp.Claims("ann", nil), nil))
}

func TestSuspendedUserOfAnIssuer(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	ann, bob := w.idp.Token(t, "ann", nil), w.idp.Token(t, "bob", nil)
	who := w.is(t, ann)
	w.is(t, bob)
	if _, err := w.SuspendUser(t.Context(), w.Admin, who.Subject.ID, true); err != nil {
		t.Fatal(err)
	}
	refused(t, w.Authenticator, ann)
	w.is(t, bob)
	if _, err := w.SuspendUser(t.Context(), w.Admin, who.Subject.ID, false); err != nil {
		t.Fatal(err)
	}
	if p := w.is(t, ann); p.Subject != who.Subject {
		t.Errorf("he came back as %v", p)
	}
	if _, err := w.UnlinkIdentity(t.Context(), w.Admin, w.idp.URL, "bob"); err != nil {
		t.Fatal(err)
	}
}
