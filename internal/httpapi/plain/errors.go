// Package plain is how errors look where an API of our own speaks plain JSON: one form and one table of statuses, so that one
// client reads them all.
//
// It knows faults; it knows no endpoint.
package plain

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// errorBody is an error as it is shown.
type errorBody struct {
	Errors []errorItem `json:"errors"`
}

type errorItem struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
}

// Error writes an error and returns the status it wrote.
func Error(c echo.Context, err error) (int, error) {
	body := errorBody{}
	for _, e := range fault.All(err) {
		message, field := fault.Public(e)
		body.Errors = append(body.Errors, errorItem{Kind: e.Kind.String(), Message: message, Field: field})
	}
	if len(body.Errors) == 0 {
		message, _ := fault.Public(err)
		body.Errors = []errorItem{{Kind: fault.KindOf(err).String(), Message: message}}
	}
	status := status(fault.KindOf(err))
	switch status {
	case http.StatusUnauthorized:
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="terrawarden"`)
	case http.StatusServiceUnavailable:
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	return status, c.JSON(status, body)
}

// status is the one table of kinds and statuses.
func status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict, fault.Stale:
		return http.StatusConflict
	case fault.Limited:
		return http.StatusRequestEntityTooLarge
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}
