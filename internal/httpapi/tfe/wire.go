package tfe

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// Types of resources.
const (
	typeOrganizations = "organizations"
	typeProjects      = "projects"
	typeUsers         = "users"
	typeWorkspaces    = "workspaces"
	typeAgentPools    = "agent-pools"
	typeEntitlements  = "entitlement-sets"
)

// send writes a document. A reader who asked for more than an endpoint understands is told so.
func send(c echo.Context, status int, d jsonapi.Document) error {
	if err := misunderstood(c); err != nil {
		return err
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // links hold ampersands, and nobody puts a document into a page
	if err := encoder.Encode(d); err != nil {
		return err
	}
	return c.Blob(status, jsonapi.MediaType, body.Bytes())
}

// done answers a change that leaves nothing to show.
func done(c echo.Context, token authz.Token) error {
	written(c, token)
	return c.NoContent(http.StatusNoContent)
}

// written tells the client how new its own write is (DESIGN section 4).
func written(c echo.Context, token authz.Token) {
	if token != "" {
		c.Response().Header().Set(endpoint.ZedToken, string(token))
	}
}

// sendPage writes a page of a list.
func sendPage(c echo.Context, page jsonapi.Page, total int, data, included []jsonapi.Resource, meta map[string]any) error {
	pagination := page.Of(total)
	if meta == nil {
		meta = map[string]any{}
	}
	meta["pagination"] = pagination
	if data == nil {
		data = []jsonapi.Resource{}
	}
	base := &url.URL{Path: c.Request().URL.Path, RawQuery: c.Request().URL.RawQuery}
	return send(c, http.StatusOK, jsonapi.Document{Data: data, Included: included, Links: pagination.Links(base), Meta: meta})
}

// window returns the part of a list that a page is.
func window(p jsonapi.Page) catalog.Window {
	return catalog.Window{Offset: p.Offset(), Limit: p.Size}
}

// wholeUnlessPaged is window for lists that answer everything when no page was asked for.
func wholeUnlessPaged(p jsonapi.Page) (catalog.Window, func(total int) jsonapi.Page) {
	if p.Given {
		return window(p), func(int) jsonapi.Page { return p }
	}
	return catalog.Window{}, func(total int) jsonapi.Page { return jsonapi.Page{Number: 1, Size: max(total, 1)} }
}

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

// stamp returns a time as documents carry it, null for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// orNull returns a text, or null for an empty one.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// self is the link of a resource to itself.
func self(path string) map[string]any { return map[string]any{"self": "/api/v2/" + path} }

// principal returns who makes the request.
func principal(c echo.Context) catalog.Principal { return endpoint.Principal(c) }
