package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Error is a request that brought nothing. It says what is safe to be read by anybody.
type Error struct {
	Method, Path string // the path without its query
	Status       int    // 0 where there was no answer
	Reason       string // for people, "" where the status says it

	broken bool // the connection broke or never was: another may hold
}

// Error returns the method, the path, and what came of it.
func (e *Error) Error() string {
	switch {
	case e.Status == 0:
		return fmt.Sprintf("%s %s: %s", e.Method, e.Path, e.Reason)
	case e.Reason == "":
		return fmt.Sprintf("%s %s: status %d", e.Method, e.Path, e.Status)
	}
	return fmt.Sprintf("%s %s: status %d, %s", e.Method, e.Path, e.Status, e.Reason)
}

// Unwrap says the same as a fault: the directory is out of reach, whoever asked for the read.
func (e *Error) Unwrap() error { return fault.New(fault.Unavailable, "%s", e.Error()) }

// Status returns the status of the answer that an error is about, 0 without one.
func Status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// unanswered returns the error of a request without an answer. Its cause is left out: it may hold an address with its query.
func unanswered(method, path string, cause error) *Error {
	reason, broken := reasonOf(cause)
	return &Error{Method: method, Path: path, Reason: reason, broken: broken}
}

// reasonOf returns what people may read of why there was no answer, and whether another attempt may get one.
func reasonOf(err error) (reason string, again bool) {
	var (
		unknown *net.DNSError
		netErr  net.Error
	)
	_, untrusted := errors.AsType[x509.UnknownAuthorityError](err)
	_, misnamed := errors.AsType[x509.HostnameError](err)
	_, unproven := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "the read was stopped", false
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return "no answer in time", true
	case untrusted, misnamed, unproven:
		return "the server's certificate is not trusted", false
	case errors.As(err, &unknown):
		return "the server's name is not known", false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the answer broke off", true
	}
	return "the connection failed", true
}

// reasonFor returns what people may read about a status beyond its number.
func reasonFor(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "the credential is not accepted"
	case status == http.StatusForbidden:
		return "the credential may not read this"
	case status == http.StatusTooManyRequests:
		return "too many requests"
	case status >= 300 && status < 400:
		return "redirects are not followed"
	}
	return ""
}
