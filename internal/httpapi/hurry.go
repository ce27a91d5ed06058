package httpapi

import (
	"cmp"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// How long a request may take to arrive. Whoever sends one is let in before its body is there, so a body held open would
// be finished by somebody who may since have been suspended, renamed or sent away; it holds a connection as well. What is
// done with a body, and the answer, may take its time: the limit ends with the last byte that is read.
const (
	readTimeout = 30 * time.Second
	bodyPace    = 64 << 10 // bytes a second, which a larger body than fits into that time has to keep up with
	bodyStep    = 1 << 20  // bytes after which more time is given
)

// timeToRead returns how long a request of ordinary size may take.
func (s *Server) timeToRead() time.Duration { return cmp.Or(s.deps.ReadTimeout, readTimeout) }

// hurry gives large bodies the time that a slow line needs for what has come so far, so that the import of a whole estate
// is only a matter of its size. Others have to arrive within the server's own limit.
func (s *Server) hurry(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if r := c.Request(); r.ContentLength < 0 || r.ContentLength > bodyStep {
			r.Body = &largeBody{ReadCloser: r.Body, connection: http.NewResponseController(c.Response()), until: time.Now().Add(s.timeToRead())}
		}
		return next(c)
	}
}

// largeBody is a body that is given more time as it comes. A late one cannot be read, which protocols answer as they
// answer any body that breaks off.
type largeBody struct {
	io.ReadCloser

	connection *http.ResponseController
	until      time.Time // for a body of nothing
	read       int64
	allowed    int64 // bytes for which time was given
}

// Read implements io.Reader.
func (b *largeBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err == nil && b.read-b.allowed >= bodyStep {
		b.allowed = b.read
		// A connection that knows no deadline, as in tests without a network, has no slow body either.
		_ = b.connection.SetReadDeadline(b.until.Add(time.Duration(b.read/bodyPace) * time.Second))
	}
	return n, err
}
