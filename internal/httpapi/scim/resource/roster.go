package resource

import (
	"slices"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// membersName is the attribute whose values are many, and change one by one.
const membersName = "members"

// roster is the members of a group while they change: in order, found by their value, each once.
type roster struct {
	before []any
	list   []map[string]any // nil: somebody who has left
	place  map[string]int
	// joined and left are who differs from before. replaced and bare are those of Effect.
	joined, left   map[string]bool
	replaced, bare bool
}

func newRoster(members []any) *roster {
	r := &roster{before: members, place: make(map[string]int, len(members))}
	r.add(members)
	r.joined, r.left = map[string]bool{}, map[string]bool{}
	return r
}

// add adds members; who is there stays as he is.
func (r *roster) add(members []any) {
	for _, element := range members {
		m, ok := element.(map[string]any)
		if !ok {
			continue
		}
		id := valueOf(m)
		if _, ok := r.place[id]; ok {
			continue
		}
		r.place[id] = len(r.list)
		r.list = append(r.list, m)
		note(id, r.joined, r.left)
	}
}

// remove takes a member out, and reports whether he was there.
func (r *roster) remove(id string) bool {
	at, ok := r.place[id]
	if ok {
		r.list[at] = nil
		delete(r.place, id)
		note(id, r.left, r.joined)
	}
	return ok
}

// note notes that somebody went one way, unless he has only come back.
func note(id string, way, back map[string]bool) {
	switch {
	case back[id]:
		delete(back, id)
	case way != nil: // nil: the first members
		way[id] = true
	}
}

// clear takes all members out without having their names.
func (r *roster) clear() {
	r.bare = r.bare || len(r.place) > 0
	r.arrange(nil)
}

// replace puts others in place of all. Who is there stays as he is.
func (r *roster) replace(members []any) {
	r.replaced = true
	r.bare = r.bare || len(members) == 0 && len(r.place) > 0
	next := make([]any, len(members))
	for i, element := range members {
		next[i] = element
		if at, ok := r.place[valueOf(element)]; ok {
			next[i] = r.list[at]
		}
	}
	r.arrange(next)
}

// arrange makes the members those of a list, in its order.
func (r *roster) arrange(members []any) {
	next := newRoster(members)
	for id := range r.place {
		if _, ok := next.place[id]; !ok {
			r.remove(id)
		}
	}
	for id := range next.place {
		if _, ok := r.place[id]; !ok {
			note(id, r.joined, r.left)
		}
	}
	r.list, r.place = next.list, next.place
}

// removeWhere takes out whom a filter is true of, and reports whether there was anybody.
func (r *roster) removeWhere(match filter.Match) bool {
	before := len(r.place)
	for _, m := range r.list {
		if m != nil && match(m) {
			r.remove(valueOf(m))
		}
	}
	r.bare = r.bare || before > 0 && len(r.place) == 0
	return len(r.place) < before
}

// members returns who is left.
func (r *roster) members() []any {
	out := make([]any, 0, len(r.place))
	for _, m := range r.list {
		if m != nil {
			out = append(out, m)
		}
	}
	return out
}

// difference returns who has joined, in the order of the members now, and who has left, in that of those before.
func (r *roster) difference() (added, removed []string) {
	among := func(members []any, ids map[string]bool) (out []string) {
		for _, element := range members {
			if id := valueOf(element); ids[id] {
				out = append(out, id)
			}
		}
		return out
	}
	if len(r.joined) > 0 {
		added = among(r.members(), r.joined)
	}
	if len(r.left) > 0 {
		removed = among(r.before, r.left)
	}
	return added, removed
}

// elementsOf returns the values of a multi-valued attribute of a resource.
func elementsOf(v any) []any {
	switch v := v.(type) {
	case []any:
		return slices.Clone(v)
	case []map[string]any:
		out := make([]any, len(v))
		for i, m := range v {
			out[i] = m
		}
		return out
	}
	return nil
}
