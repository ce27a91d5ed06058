package answer

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// Includes are the related resources that a client wants in the same document.
type Includes []string

// Has reports whether a client wants some related resources.
func (i Includes) Has(name string) bool { return slices.Contains(i, name) }

// ReadIncludes reads the include parameter. Clients recognise the words "include parameter" in the refusal.
func ReadIncludes(c echo.Context, known ...string) (Includes, error) {
	var out Includes
	for _, name := range Words(Parameter(c, "include")) {
		if !slices.Contains(known, strings.ReplaceAll(name, "-", "_")) {
			return nil, jsonapi.Parameter("include", "The include parameter %q is not valid: there are %s.", name, strings.Join(known, ", "))
		}
		out = append(out, strings.ReplaceAll(name, "-", "_"))
	}
	return out, nil
}

// Parameter returns a query parameter that some endpoints understand and others do not, and notes that this one does.
func Parameter(c echo.Context, name string) string {
	c.Set("understood."+name, true)
	return c.QueryParam(name)
}

// Misunderstood refuses to read what was asked for with a parameter that the endpoint does not know: related resources,
// or another order. The client would take it for what it asked for. Send asks it; who writes otherwise asks himself.
func Misunderstood(c echo.Context) error {
	var faults []error
	for _, name := range []string{"include", "sort"} {
		if value := c.QueryParam(name); c.Request().Method == http.MethodGet && value != "" && c.Get("understood."+name) == nil {
			faults = append(faults, jsonapi.Parameter(name, "The %s parameter %q is not valid: there are none.", name, value))
		}
	}
	return errors.Join(faults...)
}

// Words splits a parameter that holds several values.
func Words(text string) []string {
	var out []string
	for w := range strings.SplitSeq(text, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// BoolParameter reads a parameter that is true, false, or not there.
func BoolParameter(c echo.Context, name string) (*bool, error) {
	var value bool
	switch c.QueryParam(name) {
	case "":
		return nil, nil //nolint:nilnil // nothing was asked for
	case "true":
		value = true
	case "false":
	default:
		return nil, jsonapi.Parameter(name, "must be true or false")
	}
	return &value, nil
}
