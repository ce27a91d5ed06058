package jsonapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Error is one error object of a document.
type Error struct {
	Status string  `json:"status"` // a string, as the format has it
	Title  string  `json:"title"`
	Detail string  `json:"detail,omitempty"`
	Source *Source `json:"source,omitempty"`
}

// Source says what in the request is at fault.
type Source struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}

// StatusError is a fault that has its own status here, whatever its kind.
type StatusError struct {
	Status int
	Title  string
	Fault  *fault.Error
}

// Error returns the fault's message.
func (e *StatusError) Error() string { return e.Fault.Error() }

// Unwrap returns the fault.
func (e *StatusError) Unwrap() error { return e.Fault }

// Malformed is the answer to a body that is no document.
func Malformed(cause error, format string, args ...any) error {
	return &StatusError{Status: http.StatusBadRequest, Title: "bad request", Fault: fault.Wrap(fault.Invalid, cause, format, args...)}
}

// Unsupported is the answer to a body of another media type.
func Unsupported(format string, args ...any) error {
	return &StatusError{Status: http.StatusUnsupportedMediaType, Title: "unsupported media type", Fault: fault.New(fault.Invalid, format, args...)}
}

// Parameter is the answer to a query parameter that cannot be served.
func Parameter(name, format string, args ...any) error {
	e := fault.New(fault.Invalid, format, args...)
	e.Field = "?" + name
	return &StatusError{Status: http.StatusBadRequest, Title: "bad request", Fault: e}
}

// Errors returns the error objects of several faults.
func Errors(errs ...Error) []byte {
	raw, err := json.Marshal(map[string][]Error{"errors": errs})
	if err != nil { // plain strings always encode
		return []byte(`{"errors":[]}`)
	}
	return raw
}

// NewError returns an error object with a status.
func NewError(status int, title, detail string, source *Source) Error {
	return Error{Status: strconv.Itoa(status), Title: title, Detail: detail, Source: source}
}

// AsStatus returns the status error in an error.
func AsStatus(err error) (*StatusError, bool) { return errors.AsType[*StatusError](err) }
