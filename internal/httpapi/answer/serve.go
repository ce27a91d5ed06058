package answer

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// Recorder leaves an audit event of an attempt to change something that was refused, and returns the error that ended it.
type Recorder interface {
	Attempted(ctx context.Context, p catalog.Principal, err error) error
}

// Route is shorthand for an endpoint below /api/v2.
func Route(method, path string, needs endpoint.Needs, handle echo.HandlerFunc) endpoint.Endpoint {
	return endpoint.Endpoint{Method: method, Path: "/api/v2/" + path, Needs: needs, Handle: handle}
}

// Serve returns endpoints as they are served: a request within its caller's rate, of legible names, whose refusal is
// recorded where it would have changed something.
func Serve(all []endpoint.Endpoint, r Recorder, l *Limiter) []endpoint.Endpoint {
	out := make([]endpoint.Endpoint, len(all))
	for i, e := range all {
		e.Handle = recorded(r, legible(e.Handle))
		if !e.Needs.IsPublic() {
			e.Handle = l.guard(e.Handle)
		}
		out[i] = e
	}
	return out
}

// recorded has a refused attempt to change something recorded, also where the handler did not get beyond a look at it.
func recorded(r Recorder, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil || c.Request().Method == http.MethodGet {
			return err
		}
		return r.Attempted(c.Request().Context(), endpoint.Principal(c), err)
	}
}
