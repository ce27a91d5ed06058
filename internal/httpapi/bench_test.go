package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/authzen"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/schema"
)

// yes is a catalog that allows everything at once, so that a benchmark of the protocol measures nothing else. The
// whole service is measured by the module in bench/.
type yes struct{}

func (yes) Evaluate(_ context.Context, _ catalog.Principal, asks []catalog.Ask, _ catalog.AskOptions) ([]catalog.Answer, authz.Token, error) {
	answers := make([]catalog.Answer, len(asks))
	for i := range answers {
		answers[i].Allowed = true
	}
	return answers, "GhUKEzE3NTY3MjY4MDAwMDAwMDAwMDA=", nil
}

func (yes) SearchSubjects(context.Context, catalog.Principal, catalog.Ask, authz.Consistency, catalog.Page) ([]catalog.Found, catalog.Totals, error) {
	return nil, catalog.Totals{}, nil
}

func (yes) SearchResources(context.Context, catalog.Principal, catalog.Ask, authz.Consistency, catalog.Page) ([]catalog.Found, catalog.Totals, error) {
	return nil, catalog.Totals{}, nil
}

func (yes) SearchActions(context.Context, catalog.Principal, catalog.Ask, authz.Consistency) ([]schema.Permission, authz.Token, error) {
	return nil, "", nil
}

// constant is the yardstick: the same stack, and an answer that is always the same.
type constant struct{}

func (constant) Endpoints() []endpoint.Endpoint {
	answer := []byte(`{"decision":true}` + "\n")
	return []endpoint.Endpoint{{
		Method: http.MethodPost, Path: "/constant", Needs: endpoint.Public(),
		Handle: func(c echo.Context) error { return c.JSONBlob(http.StatusOK, answer) },
	}}
}

func (constant) Error(_ echo.Context, err error) (int, error) {
	return http.StatusInternalServerError, err
}

const (
	benchPath     = "/access/v1/evaluation"
	benchToken    = "the-site-token-of-the-benchmark-0123456789"
	benchQuestion = `{"subject":{"type":"user","id":"bob"},"action":{"name":"apply_run"},"resource":{"type":"workspace","id":"acme/prod"}}`
)

func benchServer(b *testing.B) *httpapi.Server {
	b.Helper()
	registry := telemetry.NewRegistry()
	metrics := telemetry.NewMetrics(registry)
	log, err := telemetry.NewLogger(io.Discard, telemetry.JSON, slog.LevelInfo)
	if err != nil {
		b.Fatal(err)
	}
	s, err := httpapi.New(httpapi.Deps{
		Protocols: []httpapi.Protocol{constant{}, authzen.New(authzen.Deps{
			Decider: yes{}, NewID: rand.Text, Observe: func(allowed bool) { metrics.Decision(allowed, "engine") },
		})},
		Authenticate: authn.New(nil, benchToken, "user-1").Authenticate,
		Ready:        func(context.Context) error { return nil },
		Log:          log, Metrics: metrics, Registry: registry, NewID: rand.Text,
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// discard is a response that nobody reads.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header           { return d.header }
func (d *discard) Write(raw []byte) (int, error) { return len(raw), nil }
func (d *discard) WriteHeader(status int)        { d.status = status }

// BenchmarkHandler measures what the handlers cost without a network.
func BenchmarkHandler(b *testing.B) {
	for _, path := range []string{"/constant", benchPath} {
		b.Run(path[strings.LastIndexByte(path, '/')+1:], func(b *testing.B) {
			handler := benchServer(b).Handler()
			body := strings.NewReader(benchQuestion)
			r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, body)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+benchToken)
			w := &discard{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(benchQuestion)
				clear(w.header)
				handler.ServeHTTP(w, r)
			}
			if w.status != http.StatusOK {
				b.Fatalf("status %d", w.status)
			}
		})
	}
}

// BenchmarkLoopback measures requests over one connection that stays open, with a client that does next to nothing.
func BenchmarkLoopback(b *testing.B) {
	for _, path := range []string{"/constant", benchPath} {
		b.Run(path[strings.LastIndexByte(path, '/')+1:], func(b *testing.B) {
			s := benchServer(b)
			l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			go func() { _ = s.Serve(l) }()
			b.Cleanup(func() { _ = s.Shutdown(context.WithoutCancel(b.Context())) })
			conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = conn.Close() })
			request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
				path, l.Addr(), benchToken, len(benchQuestion), benchQuestion)
			in := bufio.NewReader(conn)
			b.ReportAllocs()
			for b.Loop() {
				exchange(b, conn, in, request)
			}
		})
	}
}

// exchange sends a request and reads the answer to it, which has a body of one line.
func exchange(b *testing.B, conn net.Conn, in *bufio.Reader, request []byte) {
	b.Helper()
	if _, err := conn.Write(request); err != nil {
		b.Fatal(err)
	}
	status, err := in.ReadSlice('\n')
	if err != nil || !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) {
		b.Fatalf("status %q, %v", status, err)
	}
	for line := status; len(line) > len("\r\n"); {
		if line, err = in.ReadSlice('\n'); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := in.ReadSlice('\n'); err != nil {
		b.Fatal(err)
	}
}
