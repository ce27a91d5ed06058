package authzen

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Error writes an error in the protocol's form: a status and a message as a JSON string (section 10.1.5). It
// returns the status it wrote.
func (h *Handler) Error(c echo.Context, err error) (int, error) {
	if e, ok := errors.AsType[*echo.HTTPError](err); ok { // no endpoint took the request
		return e.Code, c.JSON(e.Code, http.StatusText(e.Code))
	}
	status := status(fault.KindOf(err))
	switch status {
	case http.StatusUnauthorized:
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="terrawarden"`)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	return status, c.JSON(status, text(err))
}

// text returns what a caller may read of an error, the field at fault first.
func text(err error) string {
	message, field := fault.Public(err)
	if field == "" {
		return message
	}
	return field + " " + message
}

// status is the one table of kinds and statuses of this protocol.
func status(k fault.Kind) int {
	switch k {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Stale:
		return http.StatusBadRequest
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Denied:
		return http.StatusForbidden
	case fault.Limited:
		return http.StatusRequestEntityTooLarge
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}
