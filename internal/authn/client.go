package authn

import (
	"errors"
	"io"
	"net/http"
)

const (
	maxAnswer    = 1 << 20 // bytes of an identity provider's answer
	maxRedirects = 3
)

// newClient returns the client that speaks to identity providers. It follows no redirect away from https, and reads no
// endless answer.
func newClient() *http.Client {
	return &http.Client{
		Timeout:   fetchTimeout,
		Transport: bounded{http.DefaultTransport},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("too many redirects")
			}
			if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
				return errors.New("a redirect away from https")
			}
			return nil
		},
	}
}

// bounded cuts off answers that are too long.
type bounded struct{ next http.RoundTripper }

// RoundTrip does a request.
func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(req)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}
