package login

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
)

// sealer encrypts and signs what passes through other hands, so that it comes back as it went and is read by nobody.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

// Purposes of sealed values. What was sealed for one is nothing for another.
const (
	forSignIn   = "sign-in"
	forApproval = "approval"
	forCode     = "code"
)

// envelope is a value with the time it ends.
type envelope struct {
	Value   json.RawMessage `json:"v"`
	Expires time.Time       `json:"e"`
}

var errUnsealed = errors.New("not sealed here, for something else, or too long ago")

// seal returns a value as text that fits into URLs and cookies.
func (s sealer) seal(purpose string, value any, expires time.Time) (string, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	raw, err = json.Marshal(envelope{Value: raw, Expires: expires})
	if err != nil {
		return "", err
	}
	sealed := s.aead.Seal(nil, nil, raw, []byte(purpose)) //nolint:gosec // it makes a random nonce itself and takes none
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// open reads a sealed value.
func (s sealer) open(purpose, text string, now time.Time, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return errUnsealed
	}
	raw, err = s.aead.Open(nil, nil, raw, []byte(purpose))
	if err != nil {
		return errUnsealed
	}
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	if !now.Before(e.Expires) {
		return errUnsealed
	}
	return json.Unmarshal(e.Value, into)
}
