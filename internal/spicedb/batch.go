package spicedb

import (
	"strings"
	"time"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
)

// batch gathers the questions of one call that have to be asked, each once.
//
// What a subject may do with a resource follows from the relationships that the resource has, and from nothing else
// that is its own. Two workspaces of one project with the same bindings have the same answers, so one of them is
// asked about. Two resources are alike only when their relationships are, expiries included.
type batch struct {
	view   treestore.View
	kinds  map[authz.Object]string // resource -> all its relationships, or itself where that would be long
	known  map[likeness]int        // -> index in asked
	asked  []*v1.CheckBulkPermissionsRequestItem
	open   []int // positions of the caller's questions
	answer []int // for each of them, the index in asked
}

// likeness is what questions with one answer have in common.
type likeness struct {
	subject    authz.Object
	permission string
	kind       string
}

// longKind is how many relationships a resource may have to be compared. Scopes have a few; a team or organization
// may have thousands, and is like no other.
const longKind = 64

func newBatch(v treestore.View) *batch {
	return &batch{view: v, kinds: map[authz.Object]string{}, known: map[likeness]int{}}
}

// add takes the question at a position of the call.
func (b *batch) add(position int, q authz.Question) {
	key := likeness{q.Subject, q.Permission, b.kind(q)}
	at, known := b.known[key]
	if !known {
		at = len(b.asked)
		b.known[key] = at
		b.asked = append(b.asked, item(q))
	}
	b.open, b.answer = append(b.open, position), append(b.answer, at)
}

// kind returns what a resource has in common with those like it.
func (b *batch) kind(q authz.Question) string {
	if q.Subject.Type == q.Resource.Type { // an object may be its own subject
		return q.Resource.String()
	}
	kind, known := b.kinds[q.Resource]
	if !known {
		kind = kindOf(b.view, q.Resource)
		b.kinds[q.Resource] = kind
	}
	return kind
}

func kindOf(v treestore.View, resource authz.Object) string {
	var s strings.Builder
	s.WriteString(resource.Type)
	rows := 0
	for row := range v.Of(resource.Type, resource.ID) {
		if rows++; rows > longKind {
			return resource.String()
		}
		// No part of a relationship holds a space, and none is left out, so no two read the same.
		for _, part := range []string{row.Relation, row.SubjectType, row.SubjectID, row.SubjectRelation} {
			s.WriteByte(' ')
			s.WriteString(part)
		}
		if !row.ExpiresAt.IsZero() {
			s.WriteByte('@')
			s.WriteString(row.ExpiresAt.UTC().Format(time.RFC3339Nano))
		}
	}
	return s.String()
}
