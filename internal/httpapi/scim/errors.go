package scim

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// Error writes an error as this protocol shows it (RFC 7644 section 3.12) and returns the status it wrote.
func (h *Handler) Error(c echo.Context, err error) (int, error) {
	e := describe(err)
	switch e.Status {
	case http.StatusUnauthorized:
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="terrawarden"`)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	return e.Status, send(c, e.Status, e.Body())
}

// describe returns what a client is told of an error.
func describe(err error) *resource.Error {
	if e, ok := errors.AsType[*resource.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok { // no endpoint took the request
		return resource.NewError(e.Code, "", "%s", strings.ToLower(http.StatusText(e.Code)))
	}
	if held, ok := errors.AsType[*directory.HeldError](err); ok {
		return resource.NewError(http.StatusForbidden, "", "nothing was done: the change waits for approval as plan %s", held.PlanID)
	}
	message, field := fault.Public(err)
	if field != "" {
		message = strings.TrimPrefix(field, "/") + " " + message
	}
	if e, ok := jsonapi.AsStatus(err); ok { // of what all APIs share: the rate and the names in a path
		return resource.NewError(e.Status, scimType(e.Status, ""), "%s", message)
	}
	status := statusOf(fault.KindOf(err))
	return resource.NewError(status, scimType(status, field), "%s", message)
}

// scimType returns the keyword of a status (RFC 7644 table 9). A conflict at a field is about a value that is taken.
func scimType(status int, field string) string {
	switch {
	case status == http.StatusBadRequest:
		return resource.InvalidValue
	case status == http.StatusConflict && field != "":
		return resource.Uniqueness
	}
	return ""
}

// statusOf is the one table of kinds and statuses of this protocol.
func statusOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusBadRequest
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

// notThere is the answer about a resource that the connection has not.
func notThere(kind resource.Kind, id string) error {
	return resource.NewError(http.StatusNotFound, "", "%s %s was not found", kind, id)
}

// taken is the answer about a value that somebody else has.
func taken(attribute string) error {
	return resource.NewError(http.StatusConflict, resource.Uniqueness, "%s has already been taken", attribute)
}
