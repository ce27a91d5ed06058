package treestore

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/tuple"
)

// query is a walk through a tree for the rows of a filter. Each field has a set of allowed values, which the walk
// leaps between; what sets cannot say is in the rest and is tried on each row.
type query struct {
	text []string
	tree tree
	rest rest
	now  func() time.Time

	names  [4][]name   // allowed values in the order of their texts; nil allows all
	ids    [2][]string // the same of ids
	prefix string      // of resource ids, "" for none
	single [4][1]name  // room for the usual sets of one

	sorted *order // the order asked for, nil when that of the tree will do
	after  *row   // exclusive start, nil for none
	until  *row   // inclusive end, nil for none
	limit  uint64
	extern []string // text, with the names of after and until
}

// rest is what a row must satisfy beyond the sets.
type rest struct {
	selectors      []datastore.SubjectsSelector // any of them
	userset        bool                         // the subject relation must not be the ellipsis
	caveat         datastore.CaveatNameFilter
	expiration     datastore.ExpirationFilterOption
	skipCaveats    bool
	skipExpiration bool // do not hide expired rows
}

// allow restricts a field to one name and says whether any row can have it.
func (q *query) allow(n *names, f field, text string) bool {
	q.single[f][0] = n.find(text)
	q.names[f] = q.single[f][:]
	return q.single[f][0].number != unknown
}

// each calls yield with the rows of the query in the order of the tree or, when another is asked for, in that.
func (q *query) each(yield func(*row) bool) {
	if q.sorted == nil || q.sorted == q.tree.order {
		q.walk(yield)
		return
	}
	q.collect(yield)
}

// walk goes through the tree.
func (q *query) walk(yield func(*row) bool) {
	var (
		c    cursor
		b    bound
		hint [2]int
		now  int64
	)
	q.start(&b)
	c.seek(&q.tree, &b)
	for left := q.limit; left > 0; {
		r := c.row()
		if r == nil || (q.until != nil && q.sorted == q.tree.order && q.tree.order.compare(q.extern, r, q.until) > 0) {
			return
		}
		wanted, more := q.match(r, &hint, &b)
		if !wanted {
			if !more {
				return
			}
			c.forward(&b)
			continue
		}
		if q.passes(r, &now) {
			if !yield(r) {
				return
			}
			left--
		}
		c.next()
	}
}

// collect walks, sorts and then yields.
func (q *query) collect(yield func(*row) bool) {
	all := *q
	all.limit, all.after, all.until, all.sorted = math.MaxUint64, nil, nil, nil
	var found []*row
	for r := range all.walk {
		if q.after != nil && q.sorted.compare(q.extern, r, q.after) <= 0 {
			continue
		}
		if q.until != nil && q.sorted.compare(q.extern, r, q.until) > 0 {
			continue
		}
		found = append(found, r)
	}
	slices.SortFunc(found, func(a, b *row) int { return q.sorted.compare(q.text, a, b) })
	for i, r := range found {
		if uint64(i) >= q.limit || !yield(r) {
			return
		}
	}
}

// start sets the place before the first row that may be wanted.
func (q *query) start(b *bound) {
	b.text = q.text
	if q.after != nil {
		*b = boundOf(q.extern, q.after)
		b.text, b.edge = q.text, -1
		return
	}
	b.depth = 0
	q.least(b, 0)
}

// least extends the place by the least allowed values of the fields from k on, as far as they have some.
func (q *query) least(b *bound, k int) {
	b.edge = 1
	for _, f := range q.tree.order[k:] {
		switch {
		case f < resourceID && q.names[f&3] != nil:
			b.names[f&3] = q.names[f&3][0]
		case f >= resourceID && q.ids[f&1] != nil:
			b.ids[f&1] = q.ids[f&1][0]
		case f == resourceID && q.prefix != "":
			b.ids[0] = q.prefix
			b.depth++
			return
		default:
			return
		}
		b.depth++
	}
	b.edge = 0
}

// match says whether the sets allow a row. If not, it sets the place before the next row they may allow, and says
// whether there can be more.
func (q *query) match(r *row, hint *[2]int, b *bound) (wanted, more bool) {
	for k, f := range q.tree.order {
		if ok := q.member(f, r, hint); ok {
			continue
		}
		if q.beyond(f, r, hint, b) {
			q.leap(r, k, b)
			return false, true
		}
		for j := k - 1; j >= 0; j-- {
			f := q.tree.order[j]
			if !q.listed(f) {
				b.take(q.tree.order, r, j+1)
				b.depth, b.edge = j+1, -1
				return false, true
			}
			if q.beyond(f, r, hint, b) {
				q.leap(r, j, b)
				return false, true
			}
		}
		return false, false
	}
	return true, true
}

// leap completes a place whose field at k has been set to the next value to look for.
func (q *query) leap(r *row, k int, b *bound) {
	b.take(q.tree.order, r, k)
	b.depth = k + 1
	if f := q.tree.order[k]; f == resourceID && q.ids[0] == nil {
		b.edge = 1 // a prefix: the value itself is not known
		return
	}
	q.least(b, k+1)
}

// listed says whether a field has a list of allowed values.
func (q *query) listed(f field) bool {
	if f < resourceID {
		return q.names[f&3] != nil
	}
	return q.ids[f&1] != nil
}

// member says whether a field of a row has an allowed value.
func (q *query) member(f field, r *row, hint *[2]int) bool {
	if f < resourceID {
		set := q.names[f&3]
		for i := range set {
			if set[i].number == r.names[f&3] {
				return true
			}
		}
		return set == nil
	}
	id, set := r.ids[f&1], q.ids[f&1]
	if set == nil {
		return f == subjectID || q.prefix == "" || strings.HasPrefix(id, q.prefix)
	}
	if h := hint[f&1]; h < len(set) && set[h] == id {
		return true
	}
	i, found := slices.BinarySearch(set, id)
	hint[f&1] = i
	return found
}

// beyond sets the field of the place to the first allowed value above that of the row, and says whether there is one.
func (q *query) beyond(f field, r *row, hint *[2]int, b *bound) bool {
	if f < resourceID {
		own := q.text[r.names[f&3]]
		for _, n := range q.names[f&3] {
			if n.text > own {
				b.names[f&3] = n
				return true
			}
		}
		return false
	}
	id, set := r.ids[f&1], q.ids[f&1]
	if set == nil {
		if f == resourceID && id < q.prefix {
			b.ids[0] = q.prefix
			return true
		}
		return false
	}
	h := hint[f&1]
	if h >= len(set) || set[h] != id {
		var found bool
		if h, found = slices.BinarySearch(set, id); !found {
			h--
		}
	}
	if h++; h < len(set) {
		b.ids[f&1] = set[h]
		return true
	}
	return false
}

// passes tries the rest. now is read when the first row asks for it.
func (q *query) passes(r *row, now *int64) bool {
	if q.rest.userset && r.names[subjectRelation] == ellipsis {
		return false
	}
	if q.rest.selectors != nil && !q.selected(r) {
		return false
	}
	return q.lasts(r, now) && q.caveated(r)
}

// lasts tries what the rest says of expiry.
func (q *query) lasts(r *row, now *int64) bool {
	if r.expiry == 0 {
		return q.rest.expiration != datastore.ExpirationFilterOptionHasExpiration
	}
	if q.rest.expiration == datastore.ExpirationFilterOptionNoExpiration {
		return false
	}
	if q.rest.skipExpiration {
		return true
	}
	if *now == 0 {
		*now = q.now().UnixNano()
	}
	return !r.expired(*now)
}

func (q *query) caveated(r *row) bool {
	caveat := r.caveat()
	switch q.rest.caveat.Option {
	case datastore.CaveatFilterOptionHasMatchingCaveat:
		if caveat == nil || caveat.CaveatName != q.rest.caveat.CaveatName {
			return false
		}
	case datastore.CaveatFilterOptionNoCaveat:
		if caveat != nil && caveat.CaveatName != "" {
			return false
		}
	case datastore.CaveatFilterOptionNone:
	}
	return caveat == nil || !q.rest.skipCaveats
}

// selected says whether any of the selectors takes the subject of a row.
func (q *query) selected(r *row) bool {
	for i := range q.rest.selectors {
		s := &q.rest.selectors[i]
		if s.OptionalSubjectType != "" && s.OptionalSubjectType != q.text[r.names[subjectType]] {
			continue
		}
		if len(s.OptionalSubjectIds) > 0 && !slices.Contains(s.OptionalSubjectIds, r.ids[1]) {
			continue
		}
		if selectsRelation(s.RelationFilter, q.text[r.names[subjectRelation]]) {
			return true
		}
	}
	return false
}

func selectsRelation(f datastore.SubjectRelationFilter, relation string) bool {
	switch {
	case f.OnlyNonEllipsisRelations:
		return relation != datastore.Ellipsis
	case f.IsEmpty():
		return true
	default:
		return (f.IncludeEllipsisRelation && relation == datastore.Ellipsis) ||
			(f.NonEllipsisRelation != "" && relation == f.NonEllipsisRelation)
	}
}

// iterator yields the relationships of a query, lazily.
func (q *query) iterator() datastore.RelationshipIterator {
	return func(yield func(tuple.Relationship, error) bool) {
		q.each(func(r *row) bool { return yield(r.relationship(q.text), nil) })
	}
}

// nothing is the iterator of a query that no row can satisfy.
func nothing(func(tuple.Relationship, error) bool) {}
