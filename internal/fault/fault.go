// Package fault is the one error type of the product: what kind of failure it is, what a caller may read, the
// field at fault, and a private cause for the operator.
//
// It knows nothing of HTTP or gRPC: each protocol package maps kinds to its own answers, each adapter maps its
// driver's errors to kinds. An error that is no *Error counts as Internal.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Kind sorts failures by what the caller can do about them.
type Kind int

// The kinds. Internal is the zero value, so an error nobody annotated shows nothing of itself.
const (
	Internal        Kind = iota // a fault of ours; the message is never shown
	Invalid                     // the input is wrong; Field says where
	Unauthenticated             // no valid credential
	Denied                      // a valid credential that may not do this
	NotFound                    // there is no such thing, or none the caller may know of
	Conflict                    // the state of things forbids it: a duplicate, a lock, an invariant
	Stale                       // somebody else changed it in the meantime; read again and retry
	Limited                     // too large or too often
	Unavailable                 // a part we depend on does not answer; try again later
)

// String returns the kind as it appears in logs and metrics.
func (k Kind) String() string {
	names := [...]string{"internal", "invalid", "unauthenticated", "denied", "not_found", "conflict", "stale", "limited", "unavailable"}
	if k < 0 || int(k) >= len(names) {
		return "internal"
	}
	return names[k]
}

// Error is a failure with a public message and a private cause.
type Error struct {
	Kind    Kind
	Message string // what the caller may read
	Field   string // the input field at fault, in the catalog's words; "" when none
	cause   error
}

// Error returns the field, the public message and the cause, for logs and the command line.
func (e *Error) Error() string {
	text := e.Message
	if e.Field != "" {
		text = e.Field + " " + text
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.cause }

// New returns an error of a kind with a public message.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// At returns an Invalid error that names the field at fault.
func At(field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns an error of a kind with a public message and a private cause.
func Wrap(kind Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), cause: cause}
}

// KindOf returns the kind of an error: that of the first *Error in its chain, Unavailable for a cancelled or
// timed-out context, else Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// Is reports whether an error is of a kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Public returns what a caller may read of an error: its message and field, or a fixed sentence.
func Public(err error) (message, field string) {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind != Internal {
		return e.Message, e.Field
	}
	if KindOf(err) == Unavailable {
		return "the service is not available right now", ""
	}
	return "an internal error occurred", ""
}

// All returns every *Error joined in an error, in order, so that a protocol can report all faults at once.
func All(err error) []*Error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok { //nolint:errorlint // walks the tree itself
		return []*Error{e}
	}
	var out []*Error
	switch x := err.(type) { //nolint:errorlint // walks the tree itself
	case interface{ Unwrap() []error }:
		for _, sub := range x.Unwrap() {
			out = append(out, All(sub)...)
		}
	case interface{ Unwrap() error }:
		out = All(x.Unwrap())
	}
	return out
}
