package treestore

import (
	"iter"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
)

// Row is a relationship in plain words, without its caveat.
type Row struct {
	ResourceType, ResourceID, Relation string
	SubjectType, SubjectID             string
	SubjectRelation                    string    // "..." for none
	ExpiresAt                          time.Time // zero for never
}

// Commit tells of one commit. Its values may be kept.
type Commit struct {
	Before, After View
	Changes       []Change // net, in the order of the rows; an update is one change
	Schema        bool     // the definitions changed
	Seeded        bool     // rows came by Seed and are not in Changes
}

// Change is the net change of one row.
type Change struct {
	Row     Row // as it is now, or was last
	Deleted bool
}

// View is the content at a revision. It is cheap to copy, never changes, and stays readable however old.
type View struct{ snap *snapshot }

// View returns the newest content.
func (s *Store) View() View { return View{s.head.Load()} }

// Revision returns the number of the revision, for comparing with that of other views.
func (v View) Revision() uint64 { return uint64(v.snap.revision) }

// At returns the revision as the datastore takes it.
func (v View) At() datastore.Revision { return v.snap.revision }

// Of yields the rows of a resource, expired ones included, in the order of their strings.
func (v View) Of(resourceType, resourceID string) iter.Seq[Row] {
	return v.rows(&v.snap.resources, byResource, resourceType, resourceID)
}

// Referring yields the rows with a subject, whatever its relation, expired ones included, in the order of their
// strings: subject relation, resource type, relation, resource.
func (v View) Referring(subjectType, subjectID string) iter.Seq[Row] {
	return v.rows(&v.snap.subjects, bySubject, subjectType, subjectID)
}

// Subject returns the subject of the first row of a resource's relation.
func (v View) Subject(resourceType, resourceID, relation string) (subjectType, subjectID string, ok bool) {
	b := v.bound(byResource, resourceType, resourceID)
	b.names[byResource[2]] = v.snap.names.find(relation)
	b.depth++
	for r := range v.under(&v.snap.resources, &b) {
		return v.snap.names.text[r.names[2]], r.ids[1], true
	}
	return "", "", false
}

// rows yields the rows that begin with a type and an id in the order of a tree.
func (v View) rows(t *tree, o *order, kind, id string) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		b := v.bound(o, kind, id)
		for r := range v.under(t, &b) {
			if !yield(r.public(v.snap.names.text)) {
				return
			}
		}
	}
}

// bound returns the place before the rows that begin with a type and an id.
func (v View) bound(o *order, kind, id string) bound {
	b := bound{text: v.snap.names.text, depth: 2, edge: 1}
	b.names[o[0]] = v.snap.names.find(kind)
	b.ids[o[1]&1] = id
	return b
}

// under yields the rows that begin with the parts of a bound.
func (v View) under(t *tree, b *bound) iter.Seq[*row] {
	return func(yield func(*row) bool) {
		var c cursor
		c.seek(t, b)
		end := *b
		end.edge = -1
		for r := c.row(); r != nil && end.compare(t.order, r) < 0; r = c.row() {
			if !yield(r) {
				return
			}
			c.next()
		}
	}
}

// SchemaHash returns the hash of the stored schema, as HeadRevision gives it; "" when there is none.
func (v View) SchemaHash() string { return v.snap.schema.hash }
