package rest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client asks one directory during one read. It may be used by several goroutines.
type Client struct {
	base   *url.URL
	header http.Header
	set    Settings
	wire   wire
	left   *patience
	auth   *holder
}

// Open returns a client for a read below base. The credential is fetched by the first request and not kept when the client
// is gone; header is sent with every request. The settings must be completed ones.
func Open(base *url.URL, s Settings, auth Auth, header http.Header) *Client {
	w := newWire(s)
	return &Client{
		base: base, header: header, set: s, wire: w, left: &patience{left: s.Budget},
		auth: &holder{fetch: auth, wire: w, now: s.Now},
	}
}

// Close lets go of the client's connections.
func (c *Client) Close() { c.wire.close() }

// Get asks for a page: a path below the base, with its query, or an address that the server gave, which must be of the
// base's origin. What fails for a while is tried again. The reply has status 200 and is JSON; anything else is an *Error.
func (c *Client) Get(ctx context.Context, target string) (Reply, error) {
	u, err := c.resolve(http.MethodGet, target)
	if err != nil {
		return Reply{}, err
	}
	for attempt := 0; ; attempt++ {
		begun := c.set.Now()
		reply, err := c.once(ctx, http.MethodGet, u, nil, nil)
		again := err == nil && passing(reply) || broken(err)
		if !again || attempt+1 >= maxAttempts || ctx.Err() != nil {
			return c.judge(reply, err)
		}
		d := pause(reply, attempt, c.set.Now(), c.set.Rand())
		if !c.left.spend(d + max(c.set.Now().Sub(begun), 0)) {
			c.auth.stop("the time for waiting is used up")
			return c.judge(reply, err)
		}
		if err := c.set.Wait(ctx, d); err != nil {
			return Reply{}, unanswered(http.MethodGet, u.Path, err)
		}
	}
}

// PostJSON sends a JSON document. It is never tried twice.
func (c *Client) PostJSON(ctx context.Context, target string, body []byte) (Reply, error) {
	u, err := c.resolve(http.MethodPost, target)
	if err != nil {
		return Reply{}, err
	}
	return c.judge(c.once(ctx, http.MethodPost, u, http.Header{"Content-Type": {"application/json"}}, body))
}

// once sends a request with the credential, and once more with a new one where that has worked before and no longer does.
func (c *Client) once(ctx context.Context, method string, u *url.URL, extra http.Header, body []byte) (Reply, error) {
	for {
		held, err := c.auth.credential(ctx, method, u.Path)
		if err != nil {
			return Reply{}, err
		}
		header := http.Header{}
		for _, h := range []http.Header{c.header, extra} {
			for name, values := range h {
				header[http.CanonicalHeaderKey(name)] = values
			}
		}
		header.Set("Authorization", held.value)
		reply, err := c.wire.do(ctx, method, u, header, body)
		switch {
		case err != nil:
			return Reply{}, err
		case reply.Status != http.StatusUnauthorized:
			if reply.Status == http.StatusOK {
				c.auth.works(held)
			}
			return reply, nil
		case !c.auth.renew(held):
			return reply, nil
		}
	}
}

// judge turns replies that bring nothing into errors.
func (c *Client) judge(r Reply, err error) (Reply, error) {
	switch {
	case err != nil:
		return Reply{}, err
	case r.Status != http.StatusOK:
		return Reply{}, r.fault(reasonFor(r.Status))
	case !r.isJSON():
		return Reply{}, r.fault("the answer is not JSON")
	}
	return r, nil
}

// resolve returns the address of a target.
func (c *Client) resolve(method, target string) (*url.URL, error) {
	fail := func(path, reason string) (*url.URL, error) {
		return nil, &Error{Method: method, Path: path, Reason: reason}
	}
	if strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "//") {
		target = c.base.String() + target
	}
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return fail("", "the address of the next page is none")
	case !sameOrigin(u, c.base) || u.User != nil:
		return fail(u.Path, "the next page is elsewhere, and is not asked for")
	}
	return u, nil
}

// broken reports whether an error is a connection that broke or never was.
func broken(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.broken
}

// Now returns the time of a reply on the server's clock, or else on ours.
func (c *Client) Now(r Reply) time.Time {
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		return date
	}
	return c.set.Now()
}
