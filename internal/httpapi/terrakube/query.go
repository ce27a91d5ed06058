package terrakube

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/terrakube/rsql"
)

// Limits of a query, so that one request costs a bearable amount.
const (
	defaultLimit = 500
	maxLimit     = 10000
	maxOffset    = 1 << 40
	maxPaths     = 20 // sort keys, or includes
	maxSteps     = 5  // relations in one path
)

// query is what a client wants of a list, or of one object.
type query struct {
	filter rsql.Filter
	// filterName is the parameter that the filter was given by, the first of several.
	filterName string
	want       sought
	order      []orderKey
	page       page
	fields     map[string][]string // by type; a type that is not here shows everything
	include    [][]string
}

type orderKey struct {
	selector   string
	kind       rsql.Kind
	descending bool
}

type page struct {
	offset, limit int
	given, totals bool
}

// readQuery splits a query string. Filters hold semicolons, which net/url takes for a mistake and drops with the whole
// parameter: the list would come back unfiltered.
func readQuery(raw string) (url.Values, error) {
	out := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		plainName, err := url.QueryUnescape(name)
		if err != nil {
			return nil, jsonapi.Malformed(err, "The query holds a name that is not percent-encoded as it should be.")
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			return nil, jsonapi.Parameter(plainName, "is not percent-encoded as it should be")
		}
		out[plainName] = append(out[plainName], plain)
	}
	return out, nil
}

// listQuery reads what a client wants of a collection of a noun.
func (h *Handler) listQuery(raw string, n *noun) (query, error) {
	values, err := readQuery(raw)
	if err != nil {
		return query{}, err
	}
	q, err := h.shownQuery(values, n)
	if err != nil {
		return query{}, err
	}
	if err := h.readFilters(values, n, &q); err != nil {
		return query{}, err
	}
	if q.order, err = h.readOrder(values, n); err != nil {
		return query{}, err
	}
	q.page, err = readPage(values)
	return q, err
}

// readFilters reads filter= and filter[<type>]=. Several must all hold.
func (h *Handler) readFilters(values url.Values, n *noun, q *query) error {
	var all []rsql.Expression
	for _, name := range sortedNames(values) {
		typ, ok := bracketed(name, "filter")
		if !ok && name != "filter" {
			continue
		}
		if ok && typ != n.typ {
			return jsonapi.Parameter(name, "filters no %s", n.typ)
		}
		for _, text := range values[name] {
			e, err := rsql.Parse(text)
			if err != nil {
				return inParameter(name, err)
			}
			if _, err := e.Compile(h.selected(n)); err != nil {
				return inParameter(name, err)
			}
			all = append(all, e)
			q.filterName = cmp.Or(q.filterName, name)
		}
	}
	if len(all) == 0 {
		return nil
	}
	whole := rsql.All(all...)
	if name, ok := whole.Required("name"); ok && !strings.HasPrefix(name, "*") && !strings.HasSuffix(name, "*") {
		q.want.name = name
	}
	var err error
	q.filter, err = whole.Compile(h.selected(n))
	return err
}

// readOrder reads sort=.
func (h *Handler) readOrder(values url.Values, n *noun) ([]orderKey, error) {
	var out []orderKey
	for _, word := range words(values["sort"]) {
		selector, descending := strings.CutPrefix(word, "-")
		selector = strings.TrimPrefix(selector, "+")
		s, err := h.selected(n)(selector)
		if err != nil {
			return nil, inParameter("sort", err)
		}
		if s.Many {
			return nil, jsonapi.Parameter("sort", "names %s, of which there may be several", selector)
		}
		out = append(out, orderKey{selector: selector, kind: s.Kind, descending: descending})
	}
	if len(out) > maxPaths {
		return nil, jsonapi.Parameter("sort", "must not name more than %d attributes", maxPaths)
	}
	return out, nil
}

// shownQuery reads include= and fields[<type>]=, which apply to one object as well.
func (h *Handler) shownQuery(values url.Values, n *noun) (query, error) {
	q := query{fields: map[string][]string{}}
	for _, word := range words(values["include"]) {
		path := strings.Split(word, ".")
		if err := h.checkInclude(path, n); err != nil {
			return query{}, err
		}
		q.include = append(q.include, path)
	}
	if len(q.include) > maxPaths {
		return query{}, jsonapi.Parameter("include", "must not name more than %d relations", maxPaths)
	}
	for name, texts := range values {
		typ, ok := bracketed(name, "fields")
		if !ok {
			continue
		}
		shown, known := h.byType[typ]
		if !known {
			return query{}, jsonapi.Parameter(name, "names no type of this API")
		}
		q.fields[typ] = words(texts)
		for _, field := range q.fields[typ] {
			_, isAttribute := shown.attribute(field)
			if _, isRelation := shown.relation(field); !isAttribute && !isRelation && field != "id" {
				return query{}, jsonapi.Parameter(name, "names %s, which %s has not", field, typ)
			}
		}
	}
	return q, nil
}

func (h *Handler) checkInclude(path []string, n *noun) error {
	if len(path) > maxSteps {
		return jsonapi.Parameter("include", "must not go through more than %d relations", maxSteps)
	}
	w := way{at: n}
	for _, step := range path {
		var err error
		if w, err = h.step(w, step); err != nil {
			return inParameter("include", err)
		}
	}
	return nil
}

// readPage reads page[number] and page[size], or page[offset] and page[limit], and page[totals].
func readPage(values url.Values) (page, error) {
	out := page{limit: defaultLimit}
	numbers := map[string]int{}
	for _, name := range sortedNames(values) {
		what, ok := bracketed(name, "page")
		if !ok {
			continue
		}
		out.given = true
		switch what {
		case "totals":
			out.totals = values.Get(name) != "false"
			continue
		case "number", "size", "limit", "offset":
		default:
			return page{}, jsonapi.Parameter(name, "is no part of a page: there are number, size, offset, limit and totals")
		}
		least, most := 1, maxLimit
		if what == "offset" {
			least = 0
		}
		if what == "offset" || what == "number" {
			most = maxOffset
		}
		v, err := strconv.Atoi(values.Get(name))
		if err != nil || v < least || v > most {
			return page{}, jsonapi.Parameter(name, "must be a whole number from %d to %d", least, most)
		}
		numbers[what] = v
	}
	_, byNumber := numbers["number"]
	_, bySize := numbers["size"]
	_, byOffset := numbers["offset"]
	_, byLimit := numbers["limit"]
	if (byNumber || bySize) && (byOffset || byLimit) {
		return page{}, jsonapi.Parameter("page", "must be given by number and size or by offset and limit, not by both")
	}
	if bySize || byLimit {
		out.limit = max(numbers["size"], numbers["limit"])
	}
	if out.offset = numbers["offset"]; byNumber {
		out.offset = (numbers["number"] - 1) * out.limit
	}
	return out, nil
}

// bracketed returns what stands in the brackets of family[what].
func bracketed(name, family string) (string, bool) {
	rest, ok := strings.CutPrefix(name, family+"[")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "]")
}

// words splits parameters that hold several names each.
func words(texts []string) []string {
	var out []string
	for _, text := range texts {
		for w := range strings.SplitSeq(text, ",") {
			if w = strings.TrimSpace(w); w != "" {
				out = append(out, w)
			}
		}
	}
	return out
}

func sortedNames(values url.Values) []string {
	out := make([]string, 0, len(values))
	for name := range values {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
