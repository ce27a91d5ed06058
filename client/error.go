package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The codes of errors: what a caller can do about a refusal.
const (
	CodeInvalid         = "invalid"         // the request is wrong; Field says where
	CodeUnauthenticated = "unauthenticated" // no valid credential
	CodeDenied          = "denied"          // the credential may not do this
	CodeNotFound        = "not_found"       // there is no such thing, or none the caller may know of
	CodeConflict        = "conflict"        // the state of things forbids it
	CodeLimited         = "limited"         // too large or too often
	CodeUnavailable     = "unavailable"     // the service cannot answer now; try again later
	CodeInternal        = "internal"        // a fault of the service
)

// Error is a refusal by the service.
type Error struct {
	Status    int    // of HTTP
	Code      string // one of the codes of this package
	Message   string // what the service says
	Field     string // what in the request is wrong; "" where it is nothing in particular
	RequestID string // by which the service's logs know the request
	// Further holds the other faults where a request has several.
	Further []Fault
	// RetryAfter is how long the service asks to wait, 0 where it does not.
	RetryAfter time.Duration
}

// Fault is one thing that is wrong with a request.
type Fault struct {
	Message string `json:"message"`
	Field   string `json:"field"`
}

// Error returns every fault, and the status.
func (e *Error) Error() string {
	lines := []string{said(e.Field, e.Message)}
	for _, f := range e.Further {
		lines = append(lines, said(f.Field, f.Message))
	}
	return fmt.Sprintf("%s (%d)", strings.Join(lines, "\n  "), e.Status)
}

// said puts the field in front of what is wrong with it, unless the message is a sentence of its own.
func said(field, message string) string {
	if first, _ := utf8.DecodeRuneInString(message); unicode.IsUpper(first) {
		return message
	}
	return strings.TrimSpace(field + " " + message)
}

// passes reports whether the same request may be answered a little later.
func (e *Error) passes() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable
}

// UnreachableError says that there was no answer, or not within the time allowed.
type UnreachableError struct{ cause error }

// Error returns what went wrong on the way.
func (e *UnreachableError) Error() string { return "cannot reach the service: " + e.cause.Error() }

// Unwrap returns what went wrong, context.DeadlineExceeded among others.
func (e *UnreachableError) Unwrap() error { return e.cause }

const maxErrorBody = 1 << 20

// refusal reads an answer that is no success. Each of the service's APIs has a form of its own.
func refusal(resp *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		return &UnreachableError{cause: err}
	}
	e := &Error{
		Status: resp.StatusCode, Code: codeOf(resp.StatusCode), RequestID: resp.Header.Get("X-Request-Id"),
		RetryAfter: retryAfter(resp.Header),
	}
	faults := faultsIn(raw)
	if len(faults) == 0 {
		e.Message = "the service answered " + resp.Status
		return e
	}
	e.Message, e.Field, e.Further = faults[0].Message, faults[0].Field, faults[1:]
	if len(e.Further) == 0 {
		e.Further = nil
	}
	return e
}

// wireErrors is the form of the administration's errors, and of JSON:API's.
type wireErrors struct {
	Errors []wireError `json:"errors"`
	Error  string      `json:"error"` // of the operational routes
}

type wireError struct {
	Message string `json:"message"`
	Field   string `json:"field"`

	Title  string `json:"title"`
	Detail string `json:"detail"`
	Source struct {
		Pointer   string `json:"pointer"`
		Parameter string `json:"parameter"`
	} `json:"source"`
}

// faultsIn returns the faults that an error document tells of, none where it is not one of ours.
func faultsIn(raw []byte) []Fault {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		return []Fault{{Message: text}}
	}
	var doc wireErrors
	if json.Unmarshal(raw, &doc) != nil {
		return nil
	}
	if doc.Error != "" {
		return []Fault{{Message: doc.Error}}
	}
	var out []Fault
	for _, e := range doc.Errors {
		out = append(out, e.fault())
	}
	return out
}

func (e wireError) fault() Fault {
	f := Fault{Message: first(e.Message, e.Detail, e.Title), Field: first(e.Field, e.Source.Parameter)}
	if f.Field == "" {
		f.Field = pointed(e.Source.Pointer)
	}
	return f
}

// pointed returns the name a JSON pointer ends in: the attribute or relationship.
func pointed(pointer string) string {
	for _, prefix := range []string{"/data/attributes/", "/data/relationships/"} {
		if name, ok := strings.CutPrefix(pointer, prefix); ok {
			name, _, _ = strings.Cut(name, "/")
			return name
		}
	}
	return strings.TrimPrefix(pointer, "/")
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// codeOf returns the code of a status.
func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return CodeUnauthenticated
	case http.StatusForbidden:
		return CodeDenied
	case http.StatusNotFound:
		return CodeNotFound
	case http.StatusConflict:
		return CodeConflict
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return CodeLimited
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return CodeUnavailable
	}
	if status >= http.StatusInternalServerError {
		return CodeInternal
	}
	return CodeInvalid
}
