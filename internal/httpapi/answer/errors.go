package answer

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// Error writes an error as these documents show it and returns the status it wrote. Every fault is reported, each with what
// in the request it is about.
func Error(c echo.Context, err error) (int, error) {
	status, shown := describe(err)
	switch status {
	case http.StatusUnauthorized:
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="terrawarden"`)
	case http.StatusServiceUnavailable:
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	return status, c.Blob(status, jsonapi.MediaType, jsonapi.Errors(shown...))
}

// describe returns the status of an error and its error objects.
func describe(err error) (int, []jsonapi.Error) {
	if e, ok := errors.AsType[*echo.HTTPError](err); ok { // no endpoint took the request
		return e.Code, []jsonapi.Error{jsonapi.NewError(e.Code, title(e.Code), "", nil)}
	}
	status := statusOf(err)
	if masked(status) {
		return status, []jsonapi.Error{jsonapi.NewError(status, title(status), "", nil)}
	}
	var shown []jsonapi.Error
	for _, f := range fault.All(err) {
		shown = append(shown, object(status, f, titleOf(err, f)))
	}
	if len(shown) == 0 {
		message, _ := fault.Public(err)
		shown = []jsonapi.Error{jsonapi.NewError(status, title(status), message, nil)}
	}
	return status, shown
}

// masked reports whether a status says nothing about its cause: who may not know of a thing and who may not do
// something to it get the answer of a thing that is not there (research tfe-api 3).
func masked(status int) bool {
	return status == http.StatusNotFound || status == http.StatusUnauthorized
}

// statusOf is the one table of kinds and statuses below /api/v2. A handler that knows better says so by a StatusError.
func statusOf(err error) int {
	if e, ok := jsonapi.AsStatus(err); ok {
		return e.Status
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Denied, fault.NotFound:
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

// As gives an error of one kind a status of its own; other errors stay as they are.
func As(status int, kind fault.Kind, err error) error {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind == kind {
		return &jsonapi.StatusError{Status: status, Title: title(status), Fault: e}
	}
	return err
}

func titleOf(err error, f *fault.Error) string {
	if e, ok := jsonapi.AsStatus(err); ok {
		return e.Title
	}
	if f.Field != "" {
		return "invalid attribute"
	}
	return title(statusOf(err))
}

// title is what an answer of a status is headed with.
func title(status int) string {
	switch status {
	case http.StatusUnprocessableEntity:
		return "unprocessable entity"
	case http.StatusTooManyRequests:
		return "Too many requests"
	}
	return strings.ToLower(http.StatusText(status))
}

// object describes one fault. A field of the catalog is an attribute here, unless it already says where it stands.
func object(status int, f *fault.Error, title string) jsonapi.Error {
	message, field := fault.Public(f)
	switch {
	case field == "":
		return jsonapi.NewError(status, title, message, nil)
	case strings.HasPrefix(field, "?"):
		return jsonapi.NewError(status, title, after(field[1:], message), &jsonapi.Source{Parameter: field[1:]})
	}
	field = pointerTo(field)
	return jsonapi.NewError(status, title, Sentence(field, message), &jsonapi.Source{Pointer: field})
}

// pointerTo returns where in a document a field of the catalog stands.
func pointerTo(field string) string {
	if strings.HasPrefix(field, "/") {
		return field
	}
	return "/data/attributes/" + field
}

// Sentence puts the name of a field in front of what is wrong with it, unless the message is a sentence already.
func Sentence(pointer, message string) string {
	name := strings.ReplaceAll(pointer[strings.LastIndex(pointer, "/")+1:], "-", " ")
	if name == "" || unicode.IsDigit(rune(name[0])) {
		return message
	}
	return after(strings.ToUpper(name[:1])+name[1:], message)
}

// after puts a name in front of a message, unless that is a sentence already.
func after(name, message string) string {
	if first, _ := utf8.DecodeRuneInString(message); unicode.IsUpper(first) {
		return message
	}
	return name + " " + message
}
