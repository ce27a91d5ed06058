package terrakube

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// Error writes an error as this API shows it and returns the status it wrote.
func (h *Handler) Error(c echo.Context, err error) (int, error) {
	status := statusOf(err)
	switch status {
	case http.StatusUnauthorized: // the filter in front of the API answers, not the API
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="terrawarden"`)
		return status, c.NoContent(status)
	case http.StatusServiceUnavailable:
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	return status, c.Blob(status, jsonapi.MediaType, errorDocument(details(status, err)))
}

// statusOf is the one table of kinds and statuses of this API. What knows better says so by a StatusError.
func statusOf(err error) int {
	if e, ok := errors.AsType[*echo.HTTPError](err); ok { // no endpoint took the request
		return e.Code
	}
	if e, ok := jsonapi.AsStatus(err); ok {
		return e.Status
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Stale:
		return http.StatusLocked
	case fault.Limited:
		return http.StatusRequestEntityTooLarge
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// details returns what is said about an error, one text for each fault in it.
func details(status int, err error) []string {
	if _, ok := errors.AsType[*echo.HTTPError](err); ok {
		return []string{http.StatusText(status)}
	}
	var out []string
	for _, f := range fault.All(err) {
		message, field := fault.Public(f)
		out = append(out, after(field, message))
	}
	if len(out) == 0 {
		message, _ := fault.Public(err)
		out = []string{message}
	}
	return out
}

// hidden makes Elide's answer of an object that could not be read: at the root of a path it says that nobody may read it,
// and below a readable parent it is not there (the clients depend on both).
func hidden(err error, n *noun, id string, root bool) error {
	switch {
	case err == nil:
		return nil
	case root && fault.Is(err, fault.Denied):
		return denied(err, "Read")
	case fault.Is(err, fault.Denied), fault.Is(err, fault.NotFound):
		return fault.Wrap(fault.NotFound, err, "Unknown identifier %s for %s", id, n.typ)
	}
	return err
}

// denied makes Elide's answer of a refusal; what is the word for what was tried. Other errors stay as they are.
func denied(err error, what string) error {
	if !fault.Is(err, fault.Denied) {
		return err
	}
	return fault.Wrap(fault.Denied, err, "%sPermission Denied", what)
}

// nobody is the refusal of what no use case does.
func nobody() error { return fault.New(fault.Denied, "nobody may do this") }

// unknown is the answer to a name that a noun has nothing of.
func unknown(name string, n *noun) error {
	return fault.New(fault.NotFound, "Unknown attribute or relation %s of %s", name, n.typ)
}

// attempted leaves an audit event of a change that was refused while its target was looked at.
func (h *Handler) attempted(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil {
			return nil
		}
		return h.Service.Attempted(c.Request().Context(), endpoint.Principal(c), err)
	}
}

// legible refuses paths and queries with what no id, name or filter has and no database takes.
func legible(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		values := slices.Clone(c.ParamValues())
		if c.Request().URL.RawPath != "" { // the router took the path as it was sent
			for i, v := range values {
				plain, err := url.PathUnescape(v)
				if err != nil {
					return jsonapi.Malformed(err, "The path is not percent-encoded as it should be.")
				}
				values[i] = plain
			}
			c.SetParamValues(values...)
		}
		query, err := readQuery(c.Request().URL.RawQuery)
		if err != nil {
			return err
		}
		for name, all := range query {
			values = append(append(values, name), all...)
		}
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return jsonapi.Malformed(nil, "The path or the query holds characters that nothing here has.")
			}
		}
		return next(c)
	}
}

// errorDocument returns an error document. Its texts may be put into a page as they are: Terrakube's own escapes them.
func errorDocument(texts []string) []byte {
	type detail struct {
		Detail string `json:"detail"`
	}
	safe := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	all := make([]detail, len(texts))
	for i, text := range texts {
		all[i].Detail = safe.Replace(text)
	}
	raw, err := json.Marshal(map[string][]detail{"errors": all})
	if err != nil { // plain strings always encode
		return []byte(`{"errors":[]}`)
	}
	return raw
}

// after puts the name of a field or parameter in front of a message, unless that is a sentence already.
func after(field, message string) string {
	name := strings.TrimPrefix(field[strings.LastIndex(field, "/")+1:], "?")
	if first, _ := utf8.DecodeRuneInString(message); name == "" || unicode.IsUpper(first) {
		return message
	}
	return name + " " + message
}
