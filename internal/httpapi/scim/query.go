package scim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// How many resources a page has.
const (
	defaultPage = 100
	maxPage     = 1000
)

// query is what a client looks for, and what of it it wants to see (RFC 7644 section 3.4.2).
type query struct {
	filter     string
	sortBy     string
	descending bool
	start      int // from 1
	count      int
	cursor     *string // "" is the first page; nil: pages by index
	projection
}

// projection is what of a resource is shown.
type projection struct{ attributes, excluded []string }

// readProjection returns what a request says about it.
func readProjection(v url.Values) (projection, error) {
	p := projection{attributes: words(v["attributes"]), excluded: words(v["excludedAttributes"])}
	return p, p.check()
}

func (p projection) check() error {
	if len(p.attributes) > 0 && len(p.excluded) > 0 {
		return wrongValue("attributes and excludedAttributes exclude each other")
	}
	return nil
}

// shows reports whether an attribute is shown that is looked up only then.
func (p projection) shows(attribute string) bool {
	named := func(name string) bool {
		if at := strings.LastIndex(name, ":"); at >= 0 {
			name = name[at+1:]
		}
		first, _, _ := strings.Cut(name, ".")
		return strings.EqualFold(first, attribute)
	}
	if len(p.attributes) > 0 {
		return slices.ContainsFunc(p.attributes, named)
	}
	return !slices.ContainsFunc(p.excluded, func(name string) bool { return named(name) && !strings.Contains(name, attribute+".") })
}

// related reports whether what is looked up is shown of any of some kinds.
func (p projection) related(kinds ...resource.Kind) bool {
	return slices.ContainsFunc(kinds, func(k resource.Kind) bool { return p.shows(relatedName(k)) })
}

// relatedName is the attribute of a kind that is looked up.
func relatedName(k resource.Kind) string {
	if k == resource.Group {
		return "members"
	}
	return "groups"
}

// words splits what may stand in one parameter or in several.
func words(values []string) []string {
	var out []string
	for _, v := range values {
		for w := range strings.SplitSeq(v, ",") {
			if w = strings.TrimSpace(w); w != "" {
				out = append(out, w)
			}
		}
	}
	return out
}

func wrongValue(format string, args ...any) error {
	return resource.NewError(http.StatusBadRequest, resource.InvalidValue, format, args...)
}

// readQuery returns the query of a URL.
func readQuery(v url.Values) (query, error) {
	q := query{filter: v.Get("filter"), sortBy: v.Get("sortBy"), start: 1, count: defaultPage}
	if v.Has("cursor") {
		q.cursor = new(v.Get("cursor"))
	}
	var err error
	if q.projection, err = readProjection(v); err != nil {
		return query{}, err
	}
	var start, count *int
	for name, into := range map[string]**int{"startIndex": &start, "count": &count} {
		if !v.Has(name) {
			continue
		}
		n, err := strconv.Atoi(v.Get(name))
		if err != nil {
			return query{}, notANumber(name, q.cursor != nil)
		}
		*into = &n
	}
	return q.window(start, count, v.Get("sortOrder"))
}

func notANumber(name string, cursor bool) error {
	if cursor && name == "count" {
		return resource.NewError(http.StatusBadRequest, resource.InvalidCount, "count must be a whole number") // RFC 9865 section 2.1
	}
	return wrongValue("%s must be a whole number", name)
}

// window completes a query with what is in bounds.
func (q query) window(start, count *int, order string) (query, error) {
	if start != nil {
		if q.cursor != nil {
			return query{}, wrongValue("startIndex and cursor exclude each other")
		}
		q.start = max(1, *start)
	}
	if count != nil {
		q.count = min(max(0, *count), maxPage)
	}
	switch strings.ToLower(order) {
	case "", "ascending":
	case "descending":
		q.descending = true
	default:
		return query{}, wrongValue("sortOrder must be ascending or descending")
	}
	return q, nil
}

// searchRequest is a query as a body (RFC 7644 section 3.4.3).
type searchRequest struct {
	Schemas            []string `json:"schemas"`
	Attributes         []string `json:"attributes"`
	ExcludedAttributes []string `json:"excludedAttributes"`
	Filter             string   `json:"filter"`
	SortBy             string   `json:"sortBy"`
	SortOrder          string   `json:"sortOrder"`
	StartIndex         *int     `json:"startIndex"`
	Count              *int     `json:"count"`
	Cursor             *string  `json:"cursor"`
}

const searchSchema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// readSearch returns the query of a body.
func readSearch(c echo.Context, profile resource.Profile) (query, error) {
	raw, err := readBody(c)
	if err != nil {
		return query{}, err
	}
	var in searchRequest
	if err := json.Unmarshal(raw, &in); err != nil {
		return query{}, resource.NewError(http.StatusBadRequest, resource.InvalidSyntax, "the body must be a search request")
	}
	if profile == resource.Strict && !slices.Contains(in.Schemas, searchSchema) {
		return query{}, resource.NewError(http.StatusBadRequest, resource.InvalidSyntax, "schemas must name %s", searchSchema)
	}
	q := query{
		filter: in.Filter, sortBy: in.SortBy, start: 1, count: defaultPage, cursor: in.Cursor,
		projection: projection{attributes: words(in.Attributes), excluded: words(in.ExcludedAttributes)},
	}
	if err := q.check(); err != nil {
		return query{}, err
	}
	return q.window(in.StartIndex, in.Count, in.SortOrder)
}
