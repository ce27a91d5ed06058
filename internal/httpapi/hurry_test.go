package httpapi_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// send opens a connection to a server and sends the beginning of a request. It returns whatever is answered then, and
// whether the connection ends with it.
func send(t *testing.T, grace time.Duration, handle echo.HandlerFunc, request string, then ...func(io.Writer) error) (status int, body string, ends bool) {
	t.Helper()
	s, err := serveWithin(t, grace, &bytes.Buffer{}, endpoint.Endpoint{Method: http.MethodPost, Path: "/body", Needs: endpoint.Public(), Handle: handle})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = listener.Close() })
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil { // rather than to wait for good
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	for _, do := range then {
		if err := do(connection); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(answer.Body)
	if closed := answer.Body.Close(); err != nil || closed != nil {
		t.Fatal(err, closed)
	}
	return answer.StatusCode, string(raw), answer.Close
}

const begun = "POST /body HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n"

func TestABodyCannotBeHeldOpen(t *testing.T) {
	t.Parallel()
	status, body, ends := send(t, 50*time.Millisecond, func(c echo.Context) error {
		if _, err := io.ReadAll(c.Request().Body); err != nil {
			return fault.Wrap(fault.Invalid, err, "broken off")
		}
		return c.NoContent(http.StatusNoContent)
	}, begun+"half")
	if status != http.StatusBadRequest || !strings.Contains(body, "broken off") {
		t.Errorf("half a body is answered %d %s", status, body)
	}
	if !ends {
		t.Error("its connection is kept for the other half")
	}
}

// TestAnAnswerMayTakeItsTime: the limit is one of the body, not of what is done with it.
func TestAnAnswerMayTakeItsTime(t *testing.T) {
	t.Parallel()
	const grace = 500 * time.Millisecond
	status, body, _ := send(t, grace, func(c echo.Context) error {
		raw, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		select { // there is no event to wait for: that nothing happens is what is asked
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * grace):
		}
		return c.String(http.StatusOK, string(raw))
	}, begun+"a whole on")
	if status != http.StatusOK || body != "a whole on" {
		t.Errorf("%d %s", status, body)
	}
}

// TestALargeBodyIsGivenTime: as much as has come is worth some seconds, and no more than that.
func TestALargeBodyIsGivenTime(t *testing.T) {
	t.Parallel()
	const grace, size = 500 * time.Millisecond, 2 << 20
	for name, test := range map[string]struct {
		size, status int
	}{"of a megabyte": {size, http.StatusOK}, "of little": {10, http.StatusBadRequest}} {
		first := make(chan struct{})
		status, body, _ := send(t, grace, func(c echo.Context) error {
			part := make([]byte, test.size)
			if _, err := io.ReadFull(c.Request().Body, part); err != nil {
				return err
			}
			close(first)
			select { // the time that the server gives a request of ordinary size
			case <-c.Request().Context().Done():
			case <-time.After(2 * grace):
			}
			if _, err := c.Request().Body.Read(part[:1]); err != nil {
				return fault.Wrap(fault.Invalid, err, "broken off")
			}
			return c.String(http.StatusOK, "the rest")
		}, "POST /body HTTP/1.1\r\nHost: test\r\nContent-Length: 9000000\r\n\r\n"+strings.Repeat("x", test.size), func(w io.Writer) error {
			<-first
			_, err := io.WriteString(w, "y")
			return err
		})
		if status != test.status {
			t.Errorf("a body %s that goes on later is answered %d %s", name, status, body)
		}
	}
}
