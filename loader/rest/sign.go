package rest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// statement is what is signed to get a token for.
type statement struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub,omitzero"`
	Audience string `json:"aud,omitzero"`
	Scope    string `json:"scope,omitzero"`
	ID       string `json:"jti,omitzero"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

const (
	signedFor = 5 * time.Minute
	clockSlip = 30 * time.Second // a server's clock may be behind ours
)

// AppToken returns a statement of an application about itself, as a credential to fetch others with (GitHub).
func AppToken(issuer string, key Secret, now time.Time) (string, error) {
	return sign(key, "", statement{Issuer: issuer}, now)
}

// sign signs a statement with a private key in PEM: RS256 for RSA, ES256 for the curve P-256.
func sign(key Secret, keyID string, s statement, now time.Time) (string, error) {
	text, err := key.Read("private key")
	if err != nil {
		return "", err
	}
	private, algorithm, err := parseKey(text)
	if err != nil {
		return "", err
	}
	s.ID, s.IssuedAt, s.Expires = rand.Text(), now.Add(-clockSlip).Unix(), now.Add(signedFor).Unix()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if keyID != "" {
		options = options.WithHeader("kid", keyID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: private}, options)
	if err != nil {
		return "", unusable()
	}
	content, err := json.Marshal(s)
	if err != nil {
		return "", unusable()
	}
	signed, err := signer.Sign(content)
	if err != nil {
		return "", unusable()
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		return "", unusable()
	}
	return compact, nil
}

// unusable is the error about a private key. It has no cause: parsers quote what they read.
func unusable() error {
	return fault.New(fault.Unavailable, "the private key must be PEM of an RSA key of 2048 bits at least, or of a key on P-256")
}

// parseKey reads a private key (PKCS#8, PKCS#1 or SEC 1).
func parseKey(text string) (crypto.Signer, jose.SignatureAlgorithm, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, "", unusable()
	}
	var private any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		private, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		private, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		private, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, "", unusable()
	}
	switch k := private.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() >= 2048 {
			return k, jose.RS256, nil
		}
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P256() {
			return k, jose.ES256, nil
		}
	}
	return nil, "", unusable()
}
