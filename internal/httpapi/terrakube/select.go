package terrakube

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/terrakube/rsql"
)

// located is an object with the place it is in.
type located struct {
	resource
	at place
}

// inParameter says which parameter an error is about.
func inParameter(name string, err error) error {
	message, _ := fault.Public(err)
	return jsonapi.Parameter(name, "%s", message)
}

// selected returns what a selector stands for on a noun: an attribute, the id, or a relation; or one of those of what it
// relates to.
func (h *Handler) selected(n *noun) func(string) (rsql.Selected, error) {
	return func(selector string) (rsql.Selected, error) {
		steps := strings.Split(selector, ".")
		if len(steps) > maxSteps+1 {
			return rsql.Selected{}, fault.New(fault.Invalid, "names %s, which goes through more than %d relations", selector, maxSteps)
		}
		at, many := n, false
		for _, step := range steps[:len(steps)-1] {
			r, ok := at.relation(step)
			next, known := h.byType[r.typ]
			if !ok || !known {
				return rsql.Selected{}, fault.New(fault.Invalid, "names %s, which is no relation of %s", step, at.typ)
			}
			at, many = next, many || r.many
		}
		s, err := at.selected(steps[len(steps)-1])
		s.Many = s.Many || many
		if selector == "name" { // the command line takes ids in one form alone and looks up every other by name
			s.Or = "id"
		}
		return s, err
	}
}

// selected returns what a name stands for on a noun itself.
func (n *noun) selected(name string) (rsql.Selected, error) {
	if a, ok := n.attribute(name); ok && !a.secret {
		return rsql.Selected{Kind: a.comparison()}, nil
	}
	if r, ok := n.relation(name); ok {
		return rsql.Selected{Kind: rsql.Relation, Many: r.many}, nil
	}
	if name != "id" {
		return rsql.Selected{}, fault.New(fault.Invalid, "names %s, which %s has not", name, n.typ)
	}
	return rsql.Selected{}, nil
}

func (a attribute) comparison() rsql.Kind {
	switch a.kind {
	case flag:
		return rsql.Flag
	case number:
		return rsql.Number
	case stamp:
		return rsql.Time
	case text:
	}
	return rsql.Text
}

// value returns what an attribute of a resource is shown as.
func (a attribute) value(r resource) any {
	if v := r.attributes[a.name]; v != nil {
		return v
	}
	return a.otherwise
}

// reader reads objects and what they relate to for one request, each once. What the principal may not read is not there,
// so that no filter tells him of it.
type reader struct {
	*Handler
	principal catalog.Principal
	known     map[[2]string]*located
}

func (h *Handler) reader(p catalog.Principal) *reader {
	return &reader{Handler: h, principal: p, known: map[[2]string]*located{}}
}

// list returns a collection as far as the principal may read it.
func (r *reader) list(ctx context.Context, n *noun, at place, want sought) ([]located, error) {
	if n.list == nil {
		return nil, nil
	}
	rows, err := n.list(ctx, r.principal, at, want)
	if fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	out := make([]located, len(rows))
	for i, row := range rows {
		out[i] = located{row, at}
	}
	return out, err
}

// one returns an object, nil where the principal may not read it.
func (r *reader) one(ctx context.Context, n *noun, at place, id string) (*located, error) {
	key := [2]string{n.typ, id}
	if found, ok := r.known[key]; ok {
		return found, nil
	}
	found, err := r.read(ctx, r.principal, n, at, id)
	switch {
	case fault.Is(err, fault.Denied), fault.Is(err, fault.NotFound):
		r.known[key] = nil
		return nil, nil //nolint:nilnil // what may not be read is not there
	case err != nil:
		return nil, err
	}
	r.known[key] = &located{found, at}
	return r.known[key], nil
}

// follow returns what an object relates to, as far as the principal may read it.
func (r *reader) follow(ctx context.Context, n *noun, from located, k relationKind) ([]located, error) {
	to, ok := r.byType[k.typ]
	if !ok {
		return nil, nil
	}
	inside := n.inside(from.at, from.resource)
	ids, listed := from.relations[k.name]
	if k.inside && !listed {
		return r.list(ctx, to, inside, sought{})
	}
	var out []located
	for _, id := range ids {
		found, err := r.one(ctx, to, inside, id)
		if err != nil {
			return nil, err
		}
		if found != nil {
			out = append(out, *found)
		}
	}
	return out, nil
}

// linked returns the ids that a relation is shown with.
func (r *reader) linked(ctx context.Context, n *noun, from located, k relationKind) ([]string, error) {
	if ids, ok := from.relations[k.name]; ok || !k.inside {
		return ids, nil
	}
	all, err := r.follow(ctx, n, from, k)
	ids := make([]string, len(all))
	for i, one := range all {
		ids[i] = one.id
	}
	slices.Sort(ids)
	return ids, err
}

// values returns what an object has for a selector.
func (r *reader) values(ctx context.Context, n *noun, of located, selector string) ([]any, error) {
	first, rest, deeper := strings.Cut(selector, ".")
	k, isRelation := n.relation(first)
	switch a, isAttribute := n.attribute(first); {
	case !deeper && isAttribute:
		return []any{a.value(of.resource)}, nil
	case !deeper && isRelation:
		ids, err := r.linked(ctx, n, of, k)
		return anys(ids), err
	case !deeper:
		return []any{of.id}, nil
	}
	next, err := r.follow(ctx, n, of, k)
	if err != nil {
		return nil, err
	}
	var out []any
	for _, one := range next {
		v, err := r.values(ctx, r.byType[k.typ], one, rest)
		if err != nil {
			return nil, err
		}
		out = append(out, v...)
	}
	return out, nil
}

func anys(ids []string) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

// matching returns the rows that a filter selects.
func (r *reader) matching(ctx context.Context, n *noun, rows []located, filter rsql.Filter) ([]located, error) {
	kept := make([]located, 0, len(rows))
	for _, row := range rows {
		ok, err := filter.Match(func(selector string) ([]any, error) { return r.values(ctx, n, row, selector) })
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// inOrder sorts rows by keys, and by id where they are alike, so that pages never overlap. Null comes last.
func (r *reader) inOrder(ctx context.Context, n *noun, rows []located, keys []orderKey) error {
	type sortable struct {
		located
		by []any
	}
	all := make([]sortable, len(rows))
	for i, row := range rows {
		all[i] = sortable{located: row, by: make([]any, len(keys))}
		for k, key := range keys {
			v, err := r.values(ctx, n, row, key.selector)
			if err != nil {
				return err
			}
			if len(v) > 0 {
				all[i].by[k] = v[0]
			}
		}
	}
	slices.SortStableFunc(all, func(a, b sortable) int {
		for k, key := range keys {
			if c := compareValues(a.by[k], b.by[k], key); c != 0 {
				return c
			}
		}
		return strings.Compare(a.id, b.id)
	})
	for i, s := range all {
		rows[i] = s.located
	}
	return nil
}

// compareValues orders two values of one kind.
func compareValues(a, b any, key orderKey) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	c := 0
	switch x := a.(type) {
	case string:
		y, _ := b.(string)
		if c = strings.Compare(x, y); key.kind == rsql.Time {
			c = rsql.CompareTimes(x, y)
		}
	case bool:
		y, _ := b.(bool)
		if x != y {
			c = 1
			if y {
				c = -1
			}
		}
	case int64:
		y, _ := b.(int64)
		c = cmp.Compare(x, y)
	}
	if key.descending {
		return -c
	}
	return c
}
