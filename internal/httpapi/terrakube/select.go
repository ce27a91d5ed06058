package terrakube

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/terrakube/rsql"
)

// inParameter says which parameter an error is about.
func inParameter(name string, err error) error {
	message, _ := fault.Public(err)
	return jsonapi.Parameter(name, "%s", message)
}

// selector names an attribute, the id or a relation of an object, or one of those of what it relates to.
type selector string

func (s selector) first() string {
	first, _, _ := strings.Cut(string(s), ".")
	return first
}

func (s selector) rest() selector {
	_, rest, _ := strings.Cut(string(s), ".")
	return selector(rest)
}

func (s selector) deeper() bool { return strings.Contains(string(s), ".") }

// way is a path from one noun to others. It never comes back to a type: what is there is what it came from, or what is
// beside it, and every round would multiply what there is to read.
type way struct {
	at   *noun
	past []string // types
	many bool
}

// step goes on by a relation to another noun. fault.Invalid where the path must not go there.
func (h *Handler) step(w way, name string) (way, error) {
	k, ok := w.at.relation(name)
	to, known := h.byType[k.typ]
	if !ok || !known {
		return way{}, fault.New(fault.Invalid, "names %s, which is no relation of %s that leads on", name, w.at.typ)
	}
	next := way{at: to, past: append(w.past, w.at.typ), many: w.many || k.many}
	return next, next.check(k)
}

// check refuses a path that comes back by a relation.
func (w way) check(k relationKind) error {
	if slices.Contains(w.past, k.typ) {
		return fault.New(fault.Invalid, "comes back to %s by %s; a path names each type once", k.typ, k.name)
	}
	return nil
}

// selected returns what a selector stands for on a noun: an attribute, the id, or a relation; or one of those of what it
// relates to.
func (h *Handler) selected(n *noun) func(string) (rsql.Selected, error) {
	return func(text string) (rsql.Selected, error) {
		steps := strings.Split(text, ".")
		if len(steps) > maxSteps+1 {
			return rsql.Selected{}, fault.New(fault.Invalid, "names %s, which goes through more than %d relations", text, maxSteps)
		}
		w := way{at: n}
		for _, step := range steps[:len(steps)-1] {
			var err error
			if w, err = h.step(w, step); err != nil {
				return rsql.Selected{}, err
			}
		}
		last := steps[len(steps)-1]
		s, err := w.at.selected(last)
		if k, ok := w.at.relation(last); err == nil && ok {
			err = w.check(k)
		}
		s.Many = s.Many || w.many
		if text == "name" { // the command line takes ids in one form alone and looks up every other by name
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

// matching returns the rows that a filter selects.
func (r *reader) matching(ctx context.Context, n *noun, rows []located, q query) ([]located, error) {
	r.parameter = q.filterName
	kept := make([]located, 0, len(rows))
	for _, row := range rows {
		ok, err := q.filter.Match(func(text string) ([]any, error) {
			all, err := r.values(ctx, n, row, selector(text))
			if err != nil {
				return nil, err
			}
			return all, r.compare(len(all))
		})
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
	r.parameter = "sort"
	type sortable struct {
		located
		by []any
	}
	all := make([]sortable, len(rows))
	for i, row := range rows {
		all[i] = sortable{located: row, by: make([]any, len(keys))}
		for k, key := range keys {
			v, err := r.values(ctx, n, row, selector(key.selector))
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
