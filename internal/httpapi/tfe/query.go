package tfe

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// includes are the related resources that a client wants in the same document.
type includes []string

// readIncludes reads the include parameter. Clients recognise the words "include parameter" in the refusal.
func readIncludes(c echo.Context, known ...string) (includes, error) {
	var out includes
	for _, name := range words(parameter(c, "include")) {
		if !slices.Contains(known, strings.ReplaceAll(name, "-", "_")) {
			return nil, jsonapi.Parameter("include", "The include parameter %q is not valid: there are %s.", name, strings.Join(known, ", "))
		}
		out = append(out, strings.ReplaceAll(name, "-", "_"))
	}
	return out, nil
}

// parameter returns a query parameter that some endpoints understand and others do not, and notes that this one does.
func parameter(c echo.Context, name string) string {
	c.Set("understood."+name, true)
	return c.QueryParam(name)
}

// misunderstood refuses to read what was asked for with a parameter that the endpoint does not know: related resources,
// or another order. The client would take it for what it asked for.
func misunderstood(c echo.Context) error {
	var faults []error
	for _, name := range []string{"include", "sort"} {
		if value := c.QueryParam(name); c.Request().Method == http.MethodGet && value != "" && c.Get("understood."+name) == nil {
			faults = append(faults, jsonapi.Parameter(name, "The %s parameter %q is not valid: there are none.", name, value))
		}
	}
	return errors.Join(faults...)
}

func (i includes) has(name string) bool { return slices.Contains(i, name) }

// words splits a parameter that holds several values.
func words(text string) []string {
	var out []string
	for w := range strings.SplitSeq(text, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// boolParameter reads a parameter that is true, false, or not there.
func boolParameter(c echo.Context, name string) (*bool, error) {
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

// readPlaceOrder reads the sort parameter of a list by name; others are orders that make no difference here.
func readPlaceOrder(c echo.Context, query *catalog.PlaceQuery, others ...string) error {
	sort := parameter(c, "sort")
	query.Descending = sort == "-name"
	if sort == "" || sort == "name" || query.Descending {
		return nil
	}
	for _, other := range others {
		if sort == other || sort == "-"+other {
			return nil
		}
	}
	return jsonapi.Parameter("sort", "The sort parameter %q is not valid: there are name, -name.", sort)
}
