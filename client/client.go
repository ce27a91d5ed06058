// Package client asks a Terrawarden service what somebody may do, and administers who may.
//
// It speaks the service's own API, which its OpenAPI document describes (/openapi.json): one method for each operation,
// of the operation's name. It keeps no state, caches nothing and decides nothing; every answer is the service's.
//
// A call ends with its context, and at the latest after the timeout of Options. What the service refuses is an *Error;
// no answer at all is an *UnreachableError. In neither case may a caller take anything for allowed.
package client

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options are what a Client may be given besides an address and a credential. The zero value is good for most.
type Options struct {
	// HTTPClient sends the requests; nil: a client of its own, which follows no redirects. Its Timeout, if any, also ends
	// streams.
	HTTPClient *http.Client
	// Timeout ends an attempt that has not been answered; 0: half a minute. Streams and imports have none.
	Timeout time.Duration
	// Retries is how often a call that changes nothing, or nothing twice, is sent again when the service is busy or
	// restarting (429 and 503); 0: twice, below 0: never.
	Retries int
	// MaxWait is the longest pause before another attempt; 0: five seconds. When the service asks for a longer one, its
	// refusal is returned.
	MaxWait time.Duration
	// UserAgent names the caller in the service's logs; "": the package's own.
	UserAgent string
	// Consistency is how fresh answers must be where a question does not say; the zero value: as the service is set.
	Consistency Consistency
}

// Defaults of Options.
const (
	defaultTimeout   = 30 * time.Second
	defaultRetries   = 2
	defaultMaxWait   = 5 * time.Second
	defaultUserAgent = "terrawarden-client"
)

// Client speaks to one service with one credential. It is safe for concurrent use.
type Client struct {
	base    string // without a slash at the end
	token   string
	options Options
}

// New returns a Client of the service at an address, as in https://terrawarden.example.com. It sends nothing yet.
func New(baseURL, token string, o Options) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("the address of the service must be a URL as in https://terrawarden.example.com")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" { // not shown: it may be a secret
		return nil, fmt.Errorf("the address of the service, %s://%s, must hold no credential, query or fragment", u.Scheme, u.Host)
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{CheckRedirect: stay}
	}
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.Retries = max(cmp.Or(o.Retries, defaultRetries), 0)
	o.MaxWait = cmp.Or(o.MaxWait, defaultMaxWait)
	o.UserAgent = cmp.Or(o.UserAgent, defaultUserAgent)
	return &Client{base: strings.TrimSuffix(baseURL, "/"), token: token, options: o}, nil
}

// stay follows no redirect: an answer from elsewhere is not the service's.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// BaseURL returns the address of the service.
func (c *Client) BaseURL() string { return c.base }
