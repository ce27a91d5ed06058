package login

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// oauthError is an error of the token endpoint (RFC 6749, section 5.2).
type oauthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Error returns the code.
func (e *oauthError) Error() string { return e.Code }

func refusedRequest(code, text string) error { return &oauthError{Code: code, Description: text} }

// Error writes an error: JSON for the command line, a page for people. It returns the status it wrote.
func (h *Handler) Error(c echo.Context, err error) (int, error) {
	noStore(c)
	status := status(err)
	message, _ := fault.Public(err)
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		status, message = e.Code, http.StatusText(e.Code)
	}
	if c.Request().URL.Path == pathToken {
		body, ok := errors.AsType[*oauthError](err)
		if !ok {
			body = &oauthError{Code: oauthCode(status), Description: message}
		}
		return status, c.JSON(status, body)
	}
	if fault.Is(err, fault.Unauthenticated) && !strings.HasSuffix(message, ".") {
		message = "You could not be signed in: your account is not active, or the sign-in was not valid."
	}
	return status, h.pages.show(c, status, page{Title: "No sign-in", Message: message})
}

func oauthCode(status int) string {
	if status == http.StatusServiceUnavailable {
		return "temporarily_unavailable"
	}
	if status >= http.StatusInternalServerError {
		return "server_error"
	}
	return "invalid_request"
}

// status is the one table of kinds and statuses of this package.
func status(err error) int {
	if e, ok := errors.AsType[*oauthError](err); ok {
		if e.Code == "invalid_client" {
			return http.StatusUnauthorized
		}
		return http.StatusBadRequest
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Limited:
		return http.StatusBadRequest
	case fault.Unauthenticated, fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict, fault.Stale:
		return http.StatusConflict
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}
