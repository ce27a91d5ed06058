package resource

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// The detail error keywords of RFC 7644 table 9 and RFC 9865 section 2.1.
const (
	InvalidFilter = "invalidFilter"
	TooMany       = "tooMany"
	Uniqueness    = "uniqueness"
	Mutability    = "mutability"
	InvalidSyntax = "invalidSyntax"
	InvalidPath   = "invalidPath"
	NoTarget      = "noTarget"
	InvalidValue  = "invalidValue"
	InvalidVers   = "invalidVers"
	Sensitive     = "sensitive"
	InvalidCursor = "invalidCursor"
	ExpiredCursor = "expiredCursor"
	InvalidCount  = "invalidCount"
)

// ErrorSchema is the schema of error answers.
const ErrorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"

// Error is a refusal as SCIM writes it (RFC 7644 section 3.12). The detail is for the client to read.
type Error struct {
	Status   int
	ScimType string // "" where the status says enough
	Detail   string
}

// NewError returns an error of a status and a detail error keyword, which may be "".
func NewError(status int, scimType, format string, args ...any) *Error {
	return &Error{Status: status, ScimType: scimType, Detail: fmt.Sprintf(format, args...)}
}

// bad returns an error of status 400.
func bad(scimType, format string, args ...any) *Error {
	return NewError(http.StatusBadRequest, scimType, format, args...)
}

// Error returns the detail.
func (e *Error) Error() string { return e.Detail }

// Body returns the document of the error; its status is a string.
func (e *Error) Body() map[string]any {
	body := map[string]any{"schemas": []string{ErrorSchema}, "status": strconv.Itoa(e.Status), "detail": e.Detail}
	if e.ScimType != "" {
		body["scimType"] = e.ScimType
	}
	return body
}

// parseError turns what is wrong with a filter or path into an answer.
func parseError(err error) *Error {
	scimType := InvalidPath
	if e, ok := errors.AsType[*filter.Error](err); ok && e.Filter {
		scimType = InvalidFilter
	}
	return bad(scimType, "%s", err)
}
