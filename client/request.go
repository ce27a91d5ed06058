package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// call is one request. The zero values of what is not needed are fine.
type call struct {
	method string
	path   string // beginning with a slash, its parts escaped
	query  url.Values
	body   any    // sent as JSON; nil: none
	accept string // "": JSON of either kind
	media  string // of the body; "": application/json
	asks   bool   // a POST that changes nothing
	into   any    // where the JSON answer goes; nil: it is dropped
}

// Media types of the two kinds of document.
const (
	mediaJSON    = "application/json"
	mediaJSONAPI = "application/vnd.api+json"
)

// done is what the headers of an answer say.
type done struct {
	ZedToken   string
	DecisionID string
	RequestID  string
}

// do sends a call, as often as is allowed, and decodes the answer.
func (c *Client) do(ctx context.Context, r call) (done, error) {
	payload, err := r.payload()
	if err != nil {
		return done{}, err
	}
	for attempt := 0; ; attempt++ {
		d, err := c.once(ctx, r, payload)
		refused, ok := errors.AsType[*Error](err)
		if !ok || attempt >= c.options.Retries || !r.repeatable() || !refused.passes() {
			return d, err
		}
		if !c.pause(ctx, attempt, refused.RetryAfter) {
			return d, err
		}
	}
}

// once sends a call one time, within the timeout.
func (c *Client) once(ctx context.Context, r call, payload []byte) (done, error) {
	within, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	resp, err := c.send(within, r, payload)
	if err != nil {
		return done{}, err
	}
	defer resp.Body.Close()
	d := done{ZedToken: resp.Header.Get("ZedToken"), DecisionID: resp.Header.Get("Decision-Id"), RequestID: resp.Header.Get("X-Request-Id")}
	if r.into == nil || resp.StatusCode == http.StatusNoContent {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxErrorBody)) // so that the connection serves again
		return d, nil
	}
	if err := json.NewDecoder(resp.Body).Decode(r.into); err != nil {
		if within.Err() != nil {
			return d, &UnreachableError{cause: err}
		}
		return d, fmt.Errorf("the service sent no JSON: %w", err)
	}
	return d, nil
}

// send sends a call one time and returns its answer, which the caller closes. What is no success is an error.
func (c *Client) send(ctx context.Context, r call, payload []byte) (*http.Response, error) {
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if payload != nil {
		req.Header.Set("Content-Type", r.mediaType())
	}
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	req.Header.Set("User-Agent", c.options.UserAgent)
	resp, err := c.options.HTTPClient.Do(req)
	if err != nil {
		return nil, &UnreachableError{cause: err}
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, refusal(resp)
}

func (r call) payload() ([]byte, error) {
	if r.body == nil {
		return nil, nil
	}
	return json.Marshal(r.body)
}

func (r call) mediaType() string {
	if r.media == "" {
		return mediaJSON
	}
	return r.media
}

// repeatable reports whether a call may be sent twice: it changes nothing, or nothing more the second time.
func (r call) repeatable() bool {
	switch r.method {
	case http.MethodGet, http.MethodDelete:
		return true
	}
	return r.asks
}

// firstPause is waited before the second attempt where the service names no time; every later pause is twice as long.
const firstPause = 100 * time.Millisecond

// pause waits before another attempt and reports whether there may be one.
func (c *Client) pause(ctx context.Context, attempt int, asked time.Duration) bool {
	wait := asked
	if wait <= 0 {
		wait = firstPause << attempt
		wait += rand.N(wait) //nolint:gosec // so that those who were refused together do not come back together
		wait = min(wait, c.options.MaxWait)
	}
	if wait > c.options.MaxWait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// retryAfter reads the header of that name: seconds, or a date, which is compared with the answer's own.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(at.Sub(now), 0)
}

// part escapes an id or name as one part of a path. Names of objects may hold slashes.
func part(s string) string { return url.PathEscape(s) }
