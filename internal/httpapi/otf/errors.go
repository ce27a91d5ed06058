package otf

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// hiddenError is a failure to see what a path names. It reads as if nothing were there.
type hiddenError struct{ error }

func (e *hiddenError) Unwrap() error { return e.error }

// hidden returns the error of a look-up, which tells nobody that there is something he may not see.
func hidden(err error) error {
	if fault.Is(err, fault.Denied) {
		return &hiddenError{err}
	}
	return err
}

// Error writes an error as this API shows it and returns the status it wrote. Every fault is reported, each with the field
// it is about.
func (h *Handler) Error(c echo.Context, err error) (int, error) {
	status := statusOf(err)
	switch status {
	case http.StatusUnauthorized:
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="terrawarden"`)
	case http.StatusServiceUnavailable:
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	return status, c.Blob(status, jsonapi.MediaType, jsonapi.Errors(describe(status, err)...))
}

// describe returns the error objects of an error. What is hidden and who is unknown get no details.
func describe(status int, err error) []jsonapi.Error {
	title := http.StatusText(status)
	_, masked := errors.AsType[*hiddenError](err)
	_, unrouted := errors.AsType[*echo.HTTPError](err)
	if masked || unrouted || status == http.StatusUnauthorized || fault.Is(err, fault.NotFound) {
		return []jsonapi.Error{jsonapi.NewError(status, title, "", nil)}
	}
	var out []jsonapi.Error
	for _, f := range fault.All(err) {
		message, field := fault.Public(f)
		if field == "" {
			out = append(out, jsonapi.NewError(status, title, message, nil))
			continue
		}
		name := fieldName(field)
		out = append(out, jsonapi.NewError(status, title, name+" "+message, &jsonapi.Source{Pointer: "/" + name}))
	}
	if len(out) == 0 {
		message, _ := fault.Public(err)
		out = []jsonapi.Error{jsonapi.NewError(status, title, message, nil)}
	}
	return out
}

// statusOf is the one table of kinds and statuses of this API: those of OTF, but for the rules about owners and site
// admins, which OTF answers with 500. A name that is taken is the only conflict here.
func statusOf(err error) int {
	if e, ok := errors.AsType[*echo.HTTPError](err); ok { // no endpoint took the request
		return e.Code
	}
	if _, ok := errors.AsType[*hiddenError](err); ok {
		return http.StatusNotFound
	}
	if e, ok := jsonapi.AsStatus(err); ok && e.Status != http.StatusBadRequest {
		return e.Status
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Conflict:
		if _, field := fault.Public(err); field != "" {
			return http.StatusConflict
		}
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Stale:
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

// fieldName returns what a client calls a field of the catalog.
func fieldName(field string) string {
	switch field = strings.TrimPrefix(field, "/"); field {
	case "name":
		return "Name"
	case "username":
		return "Username"
	case "email":
		return "Email"
	case "visibility":
		return "Visibility"
	}
	for name, flag := range flagNames() {
		if field == "organization-access/"+flag {
			return name
		}
	}
	return field
}
