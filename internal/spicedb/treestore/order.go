package treestore

import "strings"

// field is one of the six parts of a relationship's key. The first four are names, the other two ids.
type field uint8

const (
	resourceType field = iota
	relation
	subjectType
	subjectRelation
	resourceID
	subjectID
)

// order is a sequence in which the parts of keys are compared, each as a string.
type order [6]field

// The orders of the two trees, and the order by subject as SpiceDB means it. The tree has the relation before the
// resource id, so that the resources of one subject by one relation stand together.
var (
	byResource    = &order{resourceType, resourceID, relation, subjectType, subjectID, subjectRelation} //nolint:gochecknoglobals // constant
	bySubject     = &order{subjectType, subjectID, subjectRelation, resourceType, relation, resourceID} //nolint:gochecknoglobals // constant
	bySubjectSpec = &order{subjectType, subjectID, subjectRelation, resourceType, resourceID, relation} //nolint:gochecknoglobals // constant
)

// compare orders two rows.
func (o *order) compare(text []string, a, b *row) int {
	for _, f := range o {
		if f < resourceID {
			if x, y := a.names[f&3], b.names[f&3]; x != y {
				return strings.Compare(text[x], text[y])
			}
		} else if c := strings.Compare(a.ids[f&1], b.ids[f&1]); c != 0 {
			return c
		}
	}
	return 0
}

// bound is a place between rows, or at one: the first depth parts of a key in some order, and on which side of the
// rows with those parts the place is.
type bound struct {
	text   []string // the names of the rows it is compared with
	names  [4]name
	ids    [2]string
	depth  int
	digest uint64 // of the first two parts, as slots have it; set by aim
	sharp  bool   // rows of the type can be told apart by their digests
	edge   int    // what compare says of a row with the same parts: 1 places the bound before such rows, -1 after them
}

// boundOf returns the place of a row itself.
func boundOf(text []string, r *row) bound {
	b := bound{text: text, depth: len(order{})}
	for f := range r.names {
		b.names[f] = name{number: r.names[f], text: text[r.names[f]]}
	}
	b.ids = r.ids
	return b
}

// take copies the first n parts of a row.
func (b *bound) take(o *order, r *row, n int) {
	for _, f := range o[:n] {
		if f < resourceID {
			b.names[f&3] = name{number: r.names[f&3], text: b.text[r.names[f&3]]}
		} else {
			b.ids[f&1] = r.ids[f&1]
		}
	}
}

// coarse is the highest number of a first name that a digest can hold.
const coarse = 254

// digest is the number of a row's first name in an order, and the first seven bytes of its id. Where two of one name
// differ, the rows are in the order of the digests, which saves most looks at rows that are not in the processor's
// caches.
func digest(first uint32, id string) uint64 {
	d := uint64(min(first, coarse+1))
	for i := range 7 {
		d <<= 8
		if i < len(id) {
			d |= uint64(id[i])
		}
	}
	return d
}

// slotOf is a row's slot in a tree.
func slotOf(o *order, r *row) slot {
	return slot{digest: digest(r.names[o[0]&3], r.ids[o[1]&1]), row: r}
}

// aim makes the place ready for a tree.
func (b *bound) aim(o *order) {
	first := b.names[o[0]&3].number
	if b.sharp = b.depth >= 2 && first <= coarse; b.sharp {
		b.digest = digest(first, b.ids[o[1]&1])
	}
}

// place says where a slot stands: below zero before the place, above zero after it.
func (b *bound) place(o *order, s *slot) int {
	if b.sharp && s.digest != b.digest && s.digest>>56 == b.digest>>56 {
		if s.digest < b.digest {
			return -1
		}
		return 1
	}
	return b.compare(o, s.row)
}

// compare says the same of a row.
func (b *bound) compare(o *order, r *row) int {
	for _, f := range o[:b.depth] {
		if f < resourceID {
			if n := r.names[f&3]; n != b.names[f&3].number {
				return strings.Compare(b.text[n], b.names[f&3].text)
			}
		} else if c := strings.Compare(r.ids[f&1], b.ids[f&1]); c != 0 {
			return c
		}
	}
	return b.edge
}
