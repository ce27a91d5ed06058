package rules

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"time"
)

// audience is what the tokens of an Issuer are for.
const audience = "terrawarden"

// Issuer is an identity provider: it publishes a key and signs what its people bring.
type Issuer struct {
	server *httptest.Server
	key    *rsa.PrivateKey
	other  *rsa.PrivateKey // published nowhere
}

// NewIssuer starts an identity provider. The caller closes it.
func NewIssuer() (*Issuer, error) {
	i := &Issuer{}
	var err error
	if i.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	if i.other, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	routes := http.NewServeMux()
	i.server = httptest.NewServer(routes)
	i.publish(routes, "/.well-known/openid-configuration", map[string]any{
		"issuer": i.server.URL, "jwks_uri": i.server.URL + "/keys", "authorization_endpoint": i.server.URL + "/authorize",
		"token_endpoint": i.server.URL + "/token", "id_token_signing_alg_values_supported": []string{"RS256"},
	})
	i.publish(routes, "/keys", map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one",
		"n": encode(i.key.N.Bytes()), "e": encode(big.NewInt(int64(i.key.E)).Bytes()),
	}}})
	return i, nil
}

func (i *Issuer) publish(routes *http.ServeMux, path string, document any) {
	routes.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaJSON)
		_ = json.NewEncoder(w).Encode(document) // a client that is gone misses nothing
	})
}

// Flags are those that make a server trust the issuer.
func (i *Issuer) Flags() []string {
	return []string{"--oidc-issuer", i.server.URL, "--oidc-audience", audience}
}

// Close stops the issuer.
func (i *Issuer) Close() { i.server.Close() }

// sign returns a token for somebody with groups; a forged one is signed by somebody else.
func (i *Issuer) sign(email string, groups []string, forged bool) (string, error) {
	now := time.Now()
	claims := map[string]any{
		"iss": i.server.URL, "aud": audience, "sub": email, "email": email, "email_verified": true,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	if len(groups) > 0 {
		claims["groups"] = groups
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := encode([]byte(`{"alg":"RS256","kid":"one","typ":"JWT"}`)) + "." + encode(payload)
	key := i.key
	if forged {
		key = i.other
	}
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed + "." + encode(signature), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
