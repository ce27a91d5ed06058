package httpapi

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/telemetry"
)

const maxRequestID = 200

// identify gives the request an id: the caller's own, unchanged, or a new one.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		id := r.Header.Get(echo.HeaderXRequestID)
		if id == "" || len(id) > maxRequestID || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
			id = s.deps.NewID()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		c.SetRequest(r.WithContext(telemetry.WithRequestID(r.Context(), id)))
		telemetry.SetAddress(c.Request().Context(), peer(r))
		return next(c)
	}
}

// peer returns the host that a request's connection comes from. What the request itself says of its origin, as in
// X-Forwarded-For, anybody may have written.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// measure counts and times the request, and logs it at debug.
func (s *Server) measure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		route := c.Path()
		if route == "" {
			route = "none"
		}
		took, r, status := time.Since(start), c.Request(), c.Response().Status
		s.deps.Metrics.Request(route, r.Method, status, took)
		if s.deps.Log.Enabled(r.Context(), slog.LevelDebug) { // asked first: the arguments alone cost more
			s.deps.Log.DebugContext(r.Context(), "request served", "method", r.Method, "route", route, "status", status, "duration_ms", took.Milliseconds())
		}
		return nil
	}
}

// recoverPanics turns a panic into an internal error of the request, so that it harms no other.
func (s *Server) recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		return next(c)
	}
}

// serve authenticates, runs the endpoint, and writes its error in its protocol's shape.
func (s *Server) serve(p Protocol, e endpoint.Endpoint) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := s.handle(c, e)
		if err == nil {
			return nil
		}
		if c.Response().Committed {
			s.deps.Log.WarnContext(c.Request().Context(), "an answer broke off", "route", e.Path, "error", err)
			return nil
		}
		status, writeErr := p.Error(c, err)
		if status >= http.StatusInternalServerError {
			s.deps.Log.ErrorContext(c.Request().Context(), "request failed", "route", e.Path, "status", status, "kind", fault.KindOf(err).String(), "error", err)
		}
		return writeErr
	}
}

func (s *Server) handle(c echo.Context, e endpoint.Endpoint) error {
	if e.Needs.IsPublic() {
		return e.Handle(c)
	}
	ctx := c.Request().Context()
	p, err := s.deps.Authenticate(ctx, bearer(c.Request()))
	if err != nil {
		return err
	}
	endpoint.SetPrincipal(c, p)
	telemetry.SetPrincipal(ctx, p.Subject.String())
	return e.Handle(c)
}

// bearer returns the credential of a request, "" when it carries none (RFC 6750; the scheme in any case).
func bearer(r *http.Request) string {
	scheme, credential, ok := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(credential)
}

// unrouted answers what no endpoint did: unknown paths, wrong methods and panics. It does so in the shape of the
// protocol that owns the path, if there is one.
func (s *Server) unrouted(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	ctx := c.Request().Context()
	status, writeErr := s.ownerOf(c.Request().URL.Path).Error(c, err)
	if status >= http.StatusInternalServerError {
		s.deps.Log.ErrorContext(ctx, "request failed", "status", status, "error", err)
	}
	if writeErr != nil {
		s.deps.Log.DebugContext(ctx, "an answer broke off", "error", writeErr)
	}
}

// ownerOf returns the protocol that a path belongs to, the operational one when nobody claims it.
func (s *Server) ownerOf(path string) Protocol {
	for _, p := range s.deps.Protocols {
		o, ok := p.(Owner)
		if ok && slices.ContainsFunc(o.Owns(), func(own string) bool { return path == own || strings.HasPrefix(path, own+"/") }) {
			return p
		}
	}
	return operations{s}
}
