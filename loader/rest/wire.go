package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const maxBody = 32 << 20 // bytes of an answer; a page of a thousand people is far below

// Reply is the answer to a request.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte

	method, path string
}

// wire carries one request at a time: no redirects, no endless bodies, no endless waiting.
type wire struct {
	http      *http.Client
	userAgent string
}

func newWire(s Settings) wire {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     &tls.Config{RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: maxParallel,
		MaxConnsPerHost:     maxParallel,
		IdleConnTimeout:     s.Timeout,
	}
	return wire{userAgent: s.UserAgent, http: &http.Client{
		Transport:     transport,
		Timeout:       s.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// close lets go of the connections.
func (w wire) close() { w.http.CloseIdleConnections() }

// do sends a request. The error is an *Error.
func (w wire) do(ctx context.Context, method string, target *url.URL, header http.Header, body []byte) (Reply, error) {
	fail := func(err error) (Reply, error) {
		return Reply{}, unanswered(method, target.Path, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return fail(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Accept", firstOf(header.Get("Accept"), "application/json"))
	req.Header.Set("User-Agent", w.userAgent)
	res, err := w.http.Do(req)
	if err != nil {
		return fail(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return fail(err)
	}
	if len(content) > maxBody {
		return Reply{}, &Error{Method: method, Path: target.Path, Status: res.StatusCode, Reason: "the answer is too large"}
	}
	return Reply{Status: res.StatusCode, Header: res.Header, Body: content, method: method, path: target.Path}, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// fault returns the error that a reply is, about its status or another reason.
func (r Reply) fault(reason string) *Error {
	return &Error{Method: r.method, Path: r.path, Status: r.Status, Reason: reason}
}

// isJSON reports whether a reply says that it is JSON.
func (r Reply) isJSON() bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}
