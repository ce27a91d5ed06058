package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrawarden/terrawarden/internal/config"
)

// The client that an IdentityProvider knows.
const (
	OIDCClient = "terrawarden"
	OIDCSecret = "secret-of-the-client"
)

// IdentityProvider is an OpenID Connect provider of a test's own: a real server with discovery, keys, and the endpoints
// of the code flow. Whoever its Person is signs in without being asked.
type IdentityProvider struct {
	URL string

	tb      testing.TB
	mu      sync.Mutex
	key     SigningKey
	known   []jose.JSONWebKey // published
	person  map[string]any
	codes   map[string]url.Values // what was asked for, by code
	fetches int
	down    bool
}

// SigningKey is a private key with the name that tokens carry.
type SigningKey struct {
	ID        string
	Algorithm jose.SignatureAlgorithm
	Private   any
}

// NewSigningKey makes a key for RS256 or ES256.
func NewSigningKey(tb testing.TB, algorithm jose.SignatureAlgorithm) SigningKey {
	tb.Helper()
	k := SigningKey{ID: rand.Text(), Algorithm: algorithm}
	var err error
	if algorithm == jose.RS256 {
		k.Private, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		k.Private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// Public returns what a provider publishes of the key.
func (k SigningKey) Public() jose.JSONWebKey {
	jwk := jose.JSONWebKey{Key: k.Private, KeyID: k.ID, Algorithm: string(k.Algorithm), Use: "sig"}
	return jwk.Public()
}

// Sign returns a token. The header may be changed or added to; what is changed to nil is left out.
func (k SigningKey) Sign(tb testing.TB, claims map[string]any, header map[jose.HeaderKey]any) string {
	tb.Helper()
	raw, err := json.Marshal(claims)
	if err != nil {
		tb.Fatal(err)
	}
	options := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{"kid": k.ID, jose.HeaderType: "JWT"}}
	maps.Copy(options.ExtraHeaders, header)
	maps.DeleteFunc(options.ExtraHeaders, func(_ jose.HeaderKey, v any) bool { return v == nil })
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.Algorithm, Key: k.Private}, options)
	if err != nil {
		tb.Fatal(err)
	}
	jws, err := signer.Sign(raw)
	if err != nil {
		tb.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// OIDC starts an identity provider and stops it with the test.
func OIDC(tb testing.TB) *IdentityProvider {
	tb.Helper()
	p := &IdentityProvider{tb: tb, codes: map[string]url.Values{}}
	p.Rotate(NewSigningKey(tb, jose.ES256))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down
		p.mu.Unlock()
		if down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	tb.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Issuer returns the provider as a configuration names it. Without a client id it serves bearer tokens alone.
func (p *IdentityProvider) Issuer() config.Issuer {
	return config.Issuer{URL: p.URL, Audience: []string{OIDCClient}, ClockSkew: 30 * time.Second}
}

// SignsIn returns the provider as a configuration names it, for signing in with a browser as well.
func (p *IdentityProvider) SignsIn() config.Issuer {
	i := p.Issuer()
	i.ClientID, i.ClientSecret = OIDCClient, OIDCSecret
	return i
}

// Claims returns what a good token of a person says, with changes. A change to nil takes a claim away.
func (p *IdentityProvider) Claims(subject string, change map[string]any) map[string]any {
	now := time.Now()
	claims := map[string]any{
		"iss": p.URL, "sub": subject, "aud": OIDCClient, "iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(),
		"email": subject + "@example.com", "email_verified": true,
	}
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}

// Token returns a token of a person, signed with the provider's key.
func (p *IdentityProvider) Token(tb testing.TB, subject string, change map[string]any) string {
	tb.Helper()
	return p.Key().Sign(tb, p.Claims(subject, change), nil)
}

// Key returns the key that signs.
func (p *IdentityProvider) Key() SigningKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.key
}

// Rotate signs with another key from now on and publishes that one, with others that sign nothing.
func (p *IdentityProvider) Rotate(key SigningKey, others ...jose.JSONWebKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.known = key, append([]jose.JSONWebKey{key.Public()}, others...)
}

// Person says who sits at every browser from now on: the claims of his ID token.
func (p *IdentityProvider) Person(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person = claims
}

// Down makes the provider answer nothing but errors, or work again.
func (p *IdentityProvider) Down(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// KeyFetches returns how often the keys were asked for.
func (p *IdentityProvider) KeyFetches() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

func (p *IdentityProvider) discovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256"}, "code_challenge_methods_supported": []string{"S256"},
	})
}

func (p *IdentityProvider) keys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	p.fetches++
	set := jose.JSONWebKeySet{Keys: p.known}
	p.mu.Unlock()
	answer(w, http.StatusOK, set)
}

func (p *IdentityProvider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != OIDCClient || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" {
		http.Error(w, "a request that no client of mine sends", http.StatusBadRequest)
		return
	}
	said := url.Values{"state": {q.Get("state")}}
	p.mu.Lock()
	if p.person == nil {
		said.Set("error", "access_denied")
	} else {
		code := rand.Text()
		p.codes[code] = q
		said.Set("code", code)
	}
	p.mu.Unlock()
	back.RawQuery = said.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (p *IdentityProvider) token(w http.ResponseWriter, r *http.Request) {
	code := r.PostFormValue("code")
	p.mu.Lock()
	asked, known := p.codes[code]
	delete(p.codes, code)
	claims := maps.Clone(p.person)
	p.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || id != OIDCClient || secret != OIDCSecret || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	if _, said := claims["nonce"]; !said {
		claims["nonce"] = asked.Get("nonce")
	}
	answer(w, http.StatusOK, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "id_token": p.Key().Sign(p.tb, claims, nil)})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
