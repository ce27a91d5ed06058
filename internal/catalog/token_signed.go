package catalog

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// SignedIssuer is what the tokens that Terrakube's clients use name as their issuer and audience.
const SignedIssuer = "Terrakube"

// maxSigned is the longest signed token, in bytes. What is longer is not looked at.
const maxSigned = 8 << 10

// signedClaims are what a signed token says: for clients, which read it without a key. Nothing of it is believed when the
// token comes back, its id apart. It names no groups: they are looked up at every request, so that whoever leaves a group
// has left it, and a token that lists none is in none.
type signedClaims struct {
	Issuer      string `json:"iss"`
	Audience    string `json:"aud"`
	ID          string `json:"jti"`
	Email       string `json:"email"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	IssuedAt    int64  `json:"iat"`
	ExpiresAt   int64  `json:"exp,omitempty"`
}

// signed returns the form that Terrakube's clients expect of a token: a JSON Web Token with an id (RFC 7519). The key that
// signs it is made for this one token and thrown away. What is kept is the digest of the whole token, as of every other
// credential, so that neither the store nor a server key is worth stealing; clients never had the key to check with.
func signed(email, name string) wording {
	return func(t Token, key []byte) (string, error) {
		c := signedClaims{
			Issuer: SignedIssuer, Audience: SignedIssuer, ID: t.ID, Email: email, Name: name + " (Token)",
			Description: t.Description, IssuedAt: t.CreatedAt.Unix(),
		}
		if !t.ExpiresAt.IsZero() {
			c.ExpiresAt = t.ExpiresAt.Unix()
		}
		payload, err := json.Marshal(c)
		if err != nil {
			return "", err
		}
		body := encodeSegment([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encodeSegment(payload)
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(body))
		token := body + "." + encodeSegment(mac.Sum(nil))
		if len(token) > maxSigned {
			return "", fault.New(fault.Invalid, "the names are too long to stand in a token")
		}
		return token, nil
	}
}

func encodeSegment(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signedID returns the id inside a signed token of ours, false for anything else. Whether it is that very token only the
// digest tells.
func signedID(secret string) (id string, ok bool) {
	if len(secret) > maxSigned || strings.Count(secret, ".") != 2 {
		return "", false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(secret, ".")[1])
	if err != nil {
		return "", false
	}
	var c signedClaims
	if json.Unmarshal(payload, &c) != nil || c.Issuer != SignedIssuer || !looksLikeID(c.ID, PrefixToken) {
		return "", false
	}
	return c.ID, true
}
