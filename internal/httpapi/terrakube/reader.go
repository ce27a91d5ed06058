package terrakube

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// Limits of what one request makes the service do, however much there is.
const (
	// maxTouched bounds what a request's parameters may reach beyond the objects that its path names.
	maxTouched = 50_000
	// readCost and listCost are what reading an object or a collection costs beside what is found: most of the time goes
	// there.
	readCost = 10
	listCost = 20
	// maxCompared bounds how many values the comparisons of a filter look at.
	maxCompared = 10_000_000
	// maxWide bounds the objects of a page of which each shows a collection of its own, which is read for each.
	maxWide = 500
)

// located is an object with the place it is in.
type located struct {
	resource

	at place
}

// reached names something that was read for an object.
type reached struct{ typ, id, what string }

// reader reads objects and what they relate to for one request, each once. What the principal may not read is not there,
// so that no filter tells him of it.
type reader struct {
	*Handler

	principal catalog.Principal
	known     map[[2]string]*located
	listed    map[reached][]located // by what the collection is of, and the type of what is in it
	found     map[reached][]any     // by object and selector
	parameter string                // the one that the service works for now; "" for what the path itself names
	touched   int
	compared  int
}

func (h *Handler) reader(p catalog.Principal) *reader {
	return &reader{
		Handler: h, principal: p, known: map[[2]string]*located{}, listed: map[reached][]located{}, found: map[reached][]any{},
	}
}

// touch counts objects against what the request may reach.
func (r *reader) touch(objects int) error {
	if r.parameter == "" {
		return nil
	}
	if r.touched += objects; r.touched > maxTouched {
		return jsonapi.Parameter(r.parameter, "reaches too many objects; ask for less at a time")
	}
	return nil
}

// compare counts values that a comparison looks at.
func (r *reader) compare(values int) error {
	if r.compared += values; r.compared > maxCompared {
		return jsonapi.Parameter(r.parameter, "compares too many values; ask for less at a time")
	}
	return nil
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

// listOf returns the collection of an object, which is read once in a request.
func (r *reader) listOf(ctx context.Context, parent *noun, of located, n *noun) ([]located, error) {
	key := reached{parent.typ, of.id, n.typ}
	rows, ok := r.listed[key]
	if ok {
		return rows, r.touch(len(rows))
	}
	if err := r.touch(listCost); err != nil {
		return nil, err
	}
	rows, err := r.list(ctx, n, parent.inside(of.at, of.resource), sought{})
	if err != nil {
		return nil, err
	}
	r.listed[key] = rows
	return rows, r.touch(len(rows))
}

// one returns an object, nil where the principal may not read it.
func (r *reader) one(ctx context.Context, n *noun, at place, id string) (*located, error) {
	key := [2]string{n.typ, id}
	if found, ok := r.known[key]; ok {
		return found, nil
	}
	if err := r.touch(readCost); err != nil {
		return nil, err
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
	ids, listed := from.relations[k.name]
	if k.inside && !listed {
		return r.listOf(ctx, n, from, to)
	}
	inside := n.inside(from.at, from.resource)
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

// values returns what an object has for a selector. What it has through its relations is found out once, however many
// comparisons ask for it and however many objects lead to it.
func (r *reader) values(ctx context.Context, n *noun, of located, selector selector) ([]any, error) {
	if a, ok := n.attribute(selector.first()); ok && !selector.deeper() {
		return []any{a.value(of.resource)}, nil
	}
	k, isRelation := n.relation(selector.first())
	if !isRelation {
		return []any{of.id}, nil
	}
	key := reached{n.typ, of.id, string(selector)}
	if all, ok := r.found[key]; ok {
		return all, nil
	}
	all, err := r.valuesThrough(ctx, n, of, k, selector)
	if err != nil {
		return nil, err
	}
	r.found[key] = all
	return all, nil
}

// valuesThrough returns what an object has for a selector that begins with a relation.
func (r *reader) valuesThrough(ctx context.Context, n *noun, of located, k relationKind, selector selector) ([]any, error) {
	if !selector.deeper() {
		ids, err := r.linked(ctx, n, of, k)
		return anys(ids), err
	}
	next, err := r.follow(ctx, n, of, k)
	if err != nil {
		return nil, err
	}
	if len(next) == 1 { // whose values are kept already, and shared by all that relate to it
		return r.values(ctx, r.byType[k.typ], next[0], selector.rest())
	}
	var out []any
	for _, one := range next {
		v, err := r.values(ctx, r.byType[k.typ], one, selector.rest())
		if err != nil {
			return nil, err
		}
		if err := r.touch(len(v)); err != nil { // several may lead to the same
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
