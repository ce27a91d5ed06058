package httpapi

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/github.com/labstack/echo/otelecho"
	"go.opentelemetry.io/otel/trace"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/telemetry"
)

// Protocol is a set of routes that share a wire form.
type Protocol interface {
	// Endpoints returns the routes.
	Endpoints() []endpoint.Endpoint
	// Error writes an error in the protocol's own shape and returns the status it wrote.
	Error(c echo.Context, err error) (status int, writeErr error)
}

// Owner is a Protocol that owns whole paths: it also answers below them what none of its endpoints does, in its own
// shape. Its Error then gets an *echo.HTTPError for an unknown path and a wrong method.
type Owner interface {
	// Owns returns the paths, without a slash at the end.
	Owns() []string
}

// Deps are what a Server is made of. Tracer may be nil.
type Deps struct {
	Protocols    []Protocol
	Authenticate func(ctx context.Context, bearer string) (catalog.Principal, error)
	Ready        func(context.Context) error
	Log          *slog.Logger
	Metrics      *telemetry.Metrics
	Registry     prometheus.Gatherer
	Tracer       trace.TracerProvider
	NewID        func() string // makes request ids
	ReadTimeout  time.Duration // how long a request of ordinary size may take to arrive; 0: half a minute
}

// Server serves the URL map.
type Server struct {
	deps      Deps
	echo      *echo.Echo
	http      *http.Server
	endpoints []endpoint.Endpoint
}

// Limits of one connection, so that a slow or silent client holds nothing for long; for bodies see readTimeout.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
)

// New returns a Server with every route mounted.
func New(d Deps) (*Server, error) {
	s := &Server{deps: d, echo: echo.New()}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = s.unrouted
	s.echo.Use(s.identify, s.measure, s.recoverPanics, s.hurry)
	if d.Tracer != nil {
		s.echo.Use(otelecho.Middleware("terrawarden", otelecho.WithTracerProvider(d.Tracer)))
	}
	if err := s.mount(); err != nil {
		return nil, err
	}
	s.http = &http.Server{Handler: s.echo, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: s.timeToRead(), IdleTimeout: idleTimeout, ErrorLog: slog.NewLogLogger(d.Log.Handler(), slog.LevelDebug)}
	return s, nil
}

// Handler returns the server as a handler, for tests.
func (s *Server) Handler() http.Handler { return s.echo }

// Endpoints returns every route with what it needs.
func (s *Server) Endpoints() []endpoint.Endpoint { return slices.Clone(s.endpoints) }

// Serve answers requests on a listener until Shutdown.
func (s *Server) Serve(l net.Listener) error { return s.http.Serve(l) }

// Shutdown stops taking requests and waits for those under way.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }
