package httpapi

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// How long the body of a request may take to arrive: half a minute, and as much longer as a slow line needs for what has
// come so far, so that a large import is only a matter of its size.
const (
	bodyGrace = 30 * time.Second
	bodyPace  = 64 << 10 // bytes a second
	bodyStep  = 1 << 20  // bytes after which more time is given
)

// hurry bounds how long a body may take. Whoever sends a request is let in before its body is there, so one held open
// would be finished by somebody who may since have been suspended, renamed or sent away; it holds a connection as well.
//
// http.Server.ReadTimeout would not do: it ends with the body what the answer takes, too, and the log of audit events is
// an answer without an end of its own.
func (s *Server) hurry(next echo.HandlerFunc) echo.HandlerFunc {
	grace := s.deps.BodyGrace
	if grace == 0 {
		grace = bodyGrace
	}
	return func(c echo.Context) error {
		r := c.Request()
		if r.Body == nil || r.Body == http.NoBody {
			return next(c)
		}
		b := &hurried{ReadCloser: r.Body, connection: http.NewResponseController(c.Response()), until: time.Now().Add(grace)}
		b.allow(b.until)
		r.Body = b
		return next(c)
	}
}

// hurried is a body that has to arrive in time. A late one cannot be read, which protocols answer as they answer any body
// that breaks off.
type hurried struct {
	io.ReadCloser

	connection *http.ResponseController
	until      time.Time // for a body of nothing
	read       int64
	allowed    int64 // bytes for which time was given
}

// Read implements io.Reader.
func (b *hurried) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	switch {
	case errors.Is(err, io.EOF):
		b.allow(time.Time{}) // the answer may take its time
	case err == nil && b.read-b.allowed >= bodyStep:
		b.allowed = b.read
		b.allow(b.until.Add(time.Duration(b.read/bodyPace) * time.Second))
	}
	return n, err
}

// allow sets when the connection is given up. One that cannot be, as in tests without a network, has no slow body either.
func (b *hurried) allow(until time.Time) { _ = b.connection.SetReadDeadline(until) }
