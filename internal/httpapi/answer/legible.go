package answer

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// legible refuses paths and parameters that are no text, before anything is looked up by them. Nothing has such a name,
// so a path with one leads nowhere; bodies are read by jsonapi, which refuses the same.
func legible(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		for _, value := range c.ParamValues() {
			if value == "" || !isText(value) {
				return fault.New(fault.NotFound, "nothing has such a name")
			}
		}
		if c.Request().URL.RawQuery == "" {
			return next(c)
		}
		query, err := url.ParseQuery(c.Request().URL.RawQuery)
		if err != nil { // what cannot be read would be left out, and the answer be that to another question
			return jsonapi.Malformed(err, "the query is not valid")
		}
		var faults []error
		for _, name := range slices.Sorted(maps.Keys(query)) {
			switch {
			case !isText(name):
				faults = append(faults, &jsonapi.StatusError{Status: http.StatusBadRequest, Title: title(http.StatusBadRequest), Fault: fault.New(fault.Invalid, "the name of a parameter must be UTF-8 without null characters")})
			case !isText(strings.Join(query[name], "")):
				faults = append(faults, jsonapi.Parameter(name, "must be UTF-8 without null characters"))
			}
		}
		if err := errors.Join(faults...); err != nil {
			return err
		}
		return next(c)
	}
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
