package scim

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

const listSchema = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

// listResponse is a page (RFC 7644 section 3.4.2, RFC 9865 section 2).
type listResponse struct {
	Schemas   []string            `json:"schemas"`
	Total     *int                `json:"totalResults"`
	Start     *int                `json:"startIndex,omitempty"`
	Count     int                 `json:"itemsPerPage"`
	Next      string              `json:"nextCursor,omitempty"`
	Resources []resource.Resource `json:"Resources"`
}

func (h *Handler) list(kind resource.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		s, err := h.open(c)
		if err != nil {
			return err
		}
		q, err := readQuery(c.QueryParams())
		if err != nil {
			return err
		}
		return h.answer(c, s, q, kind)
	}
}

func (h *Handler) search(kinds ...resource.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		s, err := h.open(c)
		if err != nil {
			return err
		}
		q, err := readSearch(c, s.profile)
		if err != nil {
			return err
		}
		return h.answer(c, s, q, kinds...)
	}
}

// answer writes the page that a query asks for.
func (h *Handler) answer(c echo.Context, s session, q query, kinds ...resource.Kind) error {
	ctx := c.Request().Context()
	from, err := h.position(s, q, kinds)
	if err != nil {
		return err
	}
	hits, err := h.hits(ctx, s, q, kinds)
	if err != nil {
		return err
	}
	page := listResponse{Schemas: []string{listSchema}, Total: new(len(hits)), Resources: []resource.Resource{}}
	rest := hits
	if q.cursor == nil {
		rest = hits[min(q.start-1, len(hits)):]
		page.Start = &q.start
	} else if from != nil {
		at := slices.IndexFunc(hits, func(x hit) bool { return compareKeys(q, from.hit(), x) < 0 })
		if at < 0 {
			at = len(hits)
		}
		rest = hits[at:]
	}
	shown := rest[:min(q.count, len(rest))]
	page.Count = len(shown)
	if q.cursor != nil && len(shown) > 0 && len(shown) < len(rest) {
		page.Next = h.cursor(s, q, kinds, shown[len(shown)-1])
	}
	if page.Resources, err = h.shown(ctx, s, q.projection, shown); err != nil {
		return err
	}
	return send(c, http.StatusOK, page)
}

// hit is an item that a query finds, with what it is sorted by.
type hit struct {
	item
	key     string
	present bool // it has what it is sorted by
}

// hits returns what a query finds, in its order.
func (h *Handler) hits(ctx context.Context, s session, q query, kinds []resource.Kind) ([]hit, error) {
	var narrow *resource.Filter
	if q.filter != "" {
		f, err := resource.ParseFilter(q.filter, s.profile, kinds...)
		if err != nil {
			return nil, err
		}
		narrow = &f
	}
	var out []hit
	for _, kind := range kinds {
		found, err := h.hitsOf(ctx, s, q, kind, narrow)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b hit) int { return compareKeys(q, a, b) })
	return out, nil
}

func (h *Handler) hitsOf(ctx context.Context, s session, q query, kind resource.Kind, narrow *resource.Filter) ([]hit, error) {
	var lookup catalog.ProvisionedQuery
	if narrow != nil {
		lookup = narrowed(kind, *narrow)
	}
	items, err := h.find(ctx, s, kind, lookup)
	if err != nil {
		return nil, err
	}
	if narrow != nil {
		items = candidates(items, *narrow)
	}
	out := make([]hit, 0, len(items))
	if narrow == nil && q.sortBy == "" { // nothing of the resource itself counts
		for _, i := range items {
			out = append(out, hit{item: i})
		}
		return out, nil
	}
	asked := strings.ToLower(q.filter + " " + q.sortBy)
	all, err := h.resources(ctx, s, items, strings.Contains(asked, relatedName(kind)))
	if err != nil {
		return nil, err
	}
	for n, r := range all {
		if narrow != nil && !narrow.Match(kind, r) {
			continue
		}
		found := hit{item: items[n]}
		found.key, found.present = sortKey(r, q.sortBy)
		out = append(out, found)
	}
	return out, nil
}

// narrowed lets the catalog look up what a filter wants by one value. The filter is asked of what it finds all the same.
func narrowed(kind resource.Kind, f resource.Filter) catalog.ProvisionedQuery {
	attribute, value, ok := f.Equality()
	if !ok || value == "" {
		return catalog.ProvisionedQuery{}
	}
	switch {
	case attribute == "id":
		return catalog.ProvisionedQuery{IDs: []string{value}}
	case attribute == "externalid":
		return catalog.ProvisionedQuery{ExternalIDs: []string{value}}
	case attribute == "username" && kind == resource.User:
		return catalog.ProvisionedQuery{Usernames: []string{value}}
	}
	return catalog.ProvisionedQuery{}
}

// candidates leaves those out whom a filter for one value cannot be true of, since the value is nowhere in what is kept with
// them. Reading all of a large connection takes many times as long.
func candidates(items []item, f resource.Filter) []item {
	attribute, value, ok := f.Equality()
	value = filter.Fold(value)
	plain := !strings.ContainsFunc(value, func(r rune) bool { // what JSON writes in one way only
		return r >= unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("@._- ", r)
	})
	if !ok || value == "" || !plain || !strings.HasPrefix(attribute, "emails") {
		return items
	}
	return slices.DeleteFunc(items, func(i item) bool {
		return i.person.Attributes != "" && !strings.Contains(filter.Fold(string(i.person.Attributes)), value)
	})
}

// sortKey returns the value of an attribute that a resource is sorted by: of several values the primary one, or the first
// (RFC 7644 section 3.4.2.3).
func sortKey(r resource.Resource, path string) (string, bool) {
	if path == "" {
		return "", false
	}
	var v any = r
	for urn, extension := range r {
		if prefix := urn + ":"; strings.HasPrefix(urn, "urn:") && len(path) > len(prefix) && strings.EqualFold(path[:len(prefix)], prefix) {
			v, path = extension, path[len(prefix):]
			break
		}
	}
	if at := strings.LastIndex(path, ":"); at >= 0 { // the core schema
		path = path[at+1:]
	}
	for part := range strings.SplitSeq(path, ".") {
		v = member(first(v), part)
	}
	switch v := first(v).(type) {
	case string:
		return filter.Fold(v), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	case map[string]any:
		text, ok := member(v, "value").(string)
		return filter.Fold(text), ok
	}
	return "", false
}

func member(v any, name string) any {
	m, _ := v.(map[string]any)
	for have, value := range m {
		if strings.EqualFold(have, name) {
			return value
		}
	}
	return nil
}

func first(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	for _, element := range list {
		if member(element, "primary") == true {
			return element
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// compareKeys orders what a query finds: by what it is sorted by, what has none of it last, and then by age.
func compareKeys(q query, a, b hit) int {
	if q.sortBy == "" {
		return byAge(a.item, b.item)
	}
	var order int
	switch {
	case a.present != b.present && a.present:
		order = -1
	case a.present != b.present:
		order = 1
	default:
		order = cmp.Compare(a.key, b.key)
	}
	if q.descending {
		order = -order
	}
	return cmp.Or(order, byAge(a.item, b.item))
}

// shown returns items as a client wants to see them.
func (h *Handler) shown(ctx context.Context, s session, p projection, hits []hit) ([]resource.Resource, error) {
	items, used := make([]item, len(hits)), []resource.Kind{}
	for n, x := range hits {
		items[n] = x.item
		if !slices.Contains(used, x.kind) {
			used = append(used, x.kind)
		}
	}
	all, err := h.resources(ctx, s, items, p.related(used...))
	if err != nil {
		return nil, err
	}
	projections := map[resource.Kind]resource.Projection{}
	for _, kind := range used {
		projections[kind] = resource.NewProjection(kind, p.attributes, p.excluded)
	}
	for n := range all {
		all[n] = projections[items[n].kind].Apply(all[n])
	}
	return all, nil
}
