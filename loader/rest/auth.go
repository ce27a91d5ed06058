package rest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Secret returns a secret, read anew for each read of a directory.
type Secret func() (string, error)

// Read returns the secret without the white space around it; what names it in errors.
func (s Secret) Read(what string) (string, error) {
	value, err := s()
	if err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "the %s can't be read", what)
	}
	value = strings.TrimSpace(value)
	if value == "" {
		return "", fault.New(fault.Unavailable, "the %s is empty", what)
	}
	return value, nil
}

// Credential is what requests are sent with.
type Credential struct {
	Value   string    // of the Authorization header
	Expires time.Time // zero: it stays
}

// Auth fetches a credential. What it asks for goes through a courier, so that the same bounds hold.
type Auth func(context.Context, Courier) (Credential, error)

// Courier carries the requests by which credentials are fetched.
type Courier struct {
	wire wire
	Now  func() time.Time
}

// Post sends a body to a place that hands out credentials. Any answer but a success is an error.
func (c Courier) Post(ctx context.Context, target *url.URL, header http.Header, body []byte) (Reply, error) {
	reply, err := c.wire.do(ctx, http.MethodPost, target, header, body)
	switch {
	case err != nil:
		return Reply{}, err
	case reply.Status != http.StatusOK && reply.Status != http.StatusCreated:
		return Reply{}, reply.fault("no credential is given")
	case !reply.isJSON():
		return Reply{}, reply.fault("the answer is not JSON")
	}
	return reply, nil
}

// holder keeps the credential of a client, renews it, and remembers when asking is of no use any more.
type holder struct {
	fetch Auth
	wire  wire
	now   func() time.Time

	mu      sync.Mutex
	current *held
	ended   string // why nothing is asked any more
}

// held is a credential, and whether it was ever accepted.
type held struct {
	value   string
	expires time.Time
	worked  bool
}

// early is how long before its end a credential is renewed. Those of Keycloak last a minute.
const early = 10 * time.Second

// credential returns the one to send a request with.
func (h *holder) credential(ctx context.Context, method, path string) (*held, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended != "" {
		return nil, &Error{Method: method, Path: path, Reason: "not asked any more: " + h.ended}
	}
	if h.current != nil && (h.current.expires.IsZero() || h.now().Before(h.current.expires.Add(-early))) {
		return h.current, nil
	}
	fresh, err := h.fetch(ctx, Courier{wire: h.wire, Now: h.now})
	if err != nil {
		if ctx.Err() == nil {
			h.ended = "there is no credential"
		}
		return nil, err
	}
	h.current = &held{value: fresh.Value, expires: fresh.Expires}
	return h.current, nil
}

// works notes that a credential was accepted.
func (h *holder) works(c *held) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.worked = true
}

// renew reports whether a request whose credential was refused may be sent again, with another. One that was never accepted,
// or cannot be fetched anew, ends the client: asking on would only lock the account.
func (h *holder) renew(c *held) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.current != c:
		return h.ended == ""
	case c.worked && !c.expires.IsZero():
		h.current = nil
		return true
	}
	h.ended = "the credential is not accepted"
	return false
}

// stop ends the client.
func (h *holder) stop(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended == "" {
		h.ended = reason
	}
}
