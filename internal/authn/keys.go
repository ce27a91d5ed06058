package authn

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// How often an issuer is asked for its keys, whatever tokens people send.
const (
	refetchEvery = time.Minute      // at most, for a key that is not known
	retryEvery   = 5 * time.Second  // at most, while no keys are known
	keysFresh    = time.Hour        // after which they are fetched again, so that a withdrawn key ends
	keysUsable   = 24 * time.Hour   // after which keys that could not be fetched again are no longer believed
	fetchTimeout = 10 * time.Second // for all requests of a fetch together
)

// snapshot is what an issuer publishes: where it is reached, and its public keys.
type snapshot struct {
	provider *oidc.Provider
	keys     []jose.JSONWebKey
	at       time.Time
}

// keySource fetches an issuer's keys when they are first needed and when a token names one that is not known. It is an
// oidc.KeySet.
type keySource struct {
	issuer     string
	algorithms []jose.SignatureAlgorithm
	client     *http.Client
	now        func() time.Time
	log        *slog.Logger
	flight     singleflight.Group

	mu   sync.Mutex
	have *snapshot
	next time.Time // no fetch begins before
}

// current returns the keys, fetched when there are none or they are old; fault.Unavailable when there are none to be had.
func (k *keySource) current(ctx context.Context) (*snapshot, error) {
	s := k.known()
	if s == nil || k.now().Sub(s.at) > keysFresh {
		s = k.refresh(ctx)
	}
	if s == nil || k.now().Sub(s.at) > keysUsable {
		return nil, fault.New(fault.Unavailable, "the identity provider %s does not answer", k.issuer)
	}
	return s, nil
}

func (k *keySource) known() *snapshot {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.have
}

// refresh fetches the keys, unless that was done a moment ago, and returns those that are known then; nil for none.
// Requests that come meanwhile wait for the same answer.
func (k *keySource) refresh(ctx context.Context) *snapshot {
	done := k.flight.DoChan("", func() (any, error) {
		if k.claim() {
			k.fetch(context.WithoutCancel(ctx)) // others wait for it too
		}
		return nil, nil //nolint:nilnil // the answer is in the keySource
	})
	select {
	case <-done:
	case <-ctx.Done():
	}
	return k.known()
}

// claim reports whether a fetch may begin now. The first fetch that succeeds does not count: keys may change a moment
// later.
func (k *keySource) claim() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if now.Before(k.next) {
		return false
	}
	k.next = now.Add(refetchEvery)
	if k.have == nil {
		k.next = now.Add(retryEvery)
	}
	return true
}

func (k *keySource) fetch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, k.client), fetchTimeout)
	defer cancel()
	s, err := k.download(ctx)
	if err != nil {
		k.log.WarnContext(ctx, "an identity provider does not give its keys", "issuer", k.issuer, "error", err)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.have == nil {
		k.next = time.Time{}
	}
	k.have = s
}

// download reads the discovery document (OpenID Connect Discovery 1.0) and the key set it names (RFC 7517).
func (k *keySource) download(ctx context.Context) (*snapshot, error) {
	s := &snapshot{at: k.now()}
	var err error
	if s.provider, err = oidc.NewProvider(ctx, k.issuer); err != nil {
		return nil, err
	}
	var document struct {
		KeysURL string `json:"jwks_uri"`
	}
	if err := s.provider.Claims(&document); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, document.KeysURL, nil)
	if err != nil {
		return nil, err
	}
	res, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the key set: %s", res.Status)
	}
	s.keys, err = readKeys(raw)
	return s, err
}

// readKeys returns the public signature keys of a set. Others are left out: a set may hold keys for encryption, or of
// kinds that are not known here.
func readKeys(raw []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, errors.New("the key set is no JSON")
	}
	var keys []jose.JSONWebKey
	for _, entry := range set.Keys {
		var key jose.JSONWebKey
		if err := json.Unmarshal(entry, &key); err != nil || !signs(key) {
			continue
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no key for signatures")
	}
	return keys, nil
}

// signs reports whether a key is a public one for signatures.
func signs(key jose.JSONWebKey) bool {
	switch key.Key.(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		return key.Use == "" || key.Use == "sig"
	}
	return false
}

// VerifySignature returns the payload of a token that one of the issuer's keys has signed. A key that is not known is
// looked for once more; one that is known and did not sign is the end.
func (k *keySource) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, k.algorithms)
	if err != nil {
		return nil, err
	}
	header := jws.Signatures[0].Header
	if !isAccessOrIDToken(header) {
		return nil, refusal("the token is of another type")
	}
	s, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	payload, named := s.verify(jws, header)
	if payload == nil && !named {
		payload, _ = k.refresh(ctx).verify(jws, header)
	}
	if payload == nil {
		return nil, refusal("no key of the issuer has signed the token")
	}
	return payload, nil
}

// verify returns the payload when one of the keys has signed it, and whether any of them has the name that the token gives.
func (s *snapshot) verify(jws *jose.JSONWebSignature, header jose.Header) (payload []byte, named bool) {
	for _, key := range s.keys {
		if header.KeyID != "" && key.KeyID != header.KeyID {
			continue
		}
		named = named || header.KeyID != ""
		if key.Algorithm != "" && key.Algorithm != header.Algorithm {
			continue
		}
		if payload, err := jws.Verify(key.Key); err == nil {
			return payload, true
		}
	}
	return nil, named
}

// isAccessOrIDToken tells tokens that say who somebody is from others that an issuer signs, such as logout tokens, which
// anybody may hold (RFC 8725, section 3.11).
func isAccessOrIDToken(header jose.Header) bool {
	typ, said := header.ExtraHeaders[jose.HeaderType]
	if !said {
		return true
	}
	name, _ := typ.(string)
	return slices.Contains([]string{"jwt", "at+jwt", "application/jwt", "application/at+jwt"}, strings.ToLower(name))
}
