package ldap

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// maxDiagnostic bounds what is repeated of a directory's own words.
const maxDiagnostic = 200

// cutShort returns why a search has ended before its end though the directory answers, "" where it has failed.
func cutShort(err error) string {
	failure, ok := errors.AsType[*goldap.Error](err)
	if !ok {
		return ""
	}
	switch failure.ResultCode {
	case goldap.LDAPResultTimeLimitExceeded, goldap.LDAPResultSizeLimitExceeded, goldap.LDAPResultAdminLimitExceeded:
		return fmt.Sprintf("the directory cuts the list short: %s (%d)", codeName(failure.ResultCode), failure.ResultCode)
	case goldap.LDAPResultReferral:
		return "the directory refers to another server, which is not followed"
	}
	return ""
}

// answered returns the fault of a request that the directory has refused, or that has failed on the way. What is
// secret is in none of it.
func answered(err error, secret, what string) error {
	failure, ok := errors.AsType[*goldap.Error](err)
	if !ok || failure.ResultCode >= goldap.ErrorNetwork {
		return fault.Wrap(fault.Unavailable, reduced(err, secret), "the directory stopped answering: %s", what)
	}
	kind := fault.Unavailable
	switch failure.ResultCode {
	case goldap.LDAPResultInvalidCredentials, goldap.LDAPResultInappropriateAuthentication:
		kind = fault.Unauthenticated
	case goldap.LDAPResultInsufficientAccessRights, goldap.LDAPResultConfidentialityRequired, goldap.LDAPResultStrongAuthRequired:
		kind = fault.Denied
	case goldap.LDAPResultNoSuchObject:
		kind = fault.NotFound
	}
	return fault.Wrap(kind, reduced(err, secret), "the directory answers %q (%d): %s", codeName(failure.ResultCode), failure.ResultCode, what)
}

// codeName returns the name of a result code.
func codeName(code uint16) string {
	if name, ok := goldap.LDAPResultCodeMap[code]; ok {
		return name
	}
	return "an unknown result"
}

// reduced returns an error that holds the first words of another, in printable characters and without a secret. The
// library's own error holds the whole packet.
func reduced(err error, secret string) error {
	text := err.Error()
	if failure, ok := errors.AsType[*goldap.Error](err); ok && failure.Err != nil {
		text = failure.Err.Error()
	}
	if secret != "" {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > maxDiagnostic {
		text = string(runes[:maxDiagnostic])
	}
	return errors.New(text)
}
