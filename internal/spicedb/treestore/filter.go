package treestore

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
	"github.com/authzed/spicedb/pkg/tuple"
)

// forward plans a query by a filter of relationships. It returns nil when no row can satisfy the filter.
func forward(c *content, now func() time.Time, f *datastore.RelationshipsFilter) *query {
	q := &query{text: c.names.text, now: now, limit: math.MaxUint64}
	if f.OptionalResourceType != "" && !q.allow(c.names, resourceType, f.OptionalResourceType) {
		return nil
	}
	if f.OptionalResourceRelation != "" && !q.allow(c.names, relation, f.OptionalResourceRelation) {
		return nil
	}
	if len(f.OptionalResourceIds) > 0 {
		q.ids[0] = ordered(f.OptionalResourceIds)
	}
	q.prefix = f.OptionalResourceIDPrefix
	if q.ids[0] != nil && q.prefix != "" {
		q.ids[0] = slices.DeleteFunc(slices.Clone(q.ids[0]), func(id string) bool { return !strings.HasPrefix(id, q.prefix) })
		if len(q.ids[0]) == 0 {
			return nil
		}
	}
	if len(f.OptionalSubjectsSelectors) > 0 && !q.selectSubjects(c.names, f.OptionalSubjectsSelectors) {
		return nil
	}
	q.rest.caveat = f.OptionalCaveatNameFilter
	q.rest.expiration = f.OptionalExpirationOption
	q.tree = c.resources
	narrow := q.ids[0] != nil || q.prefix != ""
	if !narrow && (q.ids[1] != nil || (q.names[resourceType] == nil && q.names[subjectType] != nil)) {
		q.tree = c.subjects
	}
	return q
}

// reverse plans a query by a filter of subjects. It returns nil when no row can satisfy it.
func reverse(c *content, now func() time.Time, f *datastore.SubjectsFilter, of *options.ResourceRelation) *query {
	q := &query{text: c.names.text, now: now, limit: math.MaxUint64, tree: c.subjects}
	selector := [1]datastore.SubjectsSelector{f.AsSelector()}
	if !q.selectSubjects(c.names, selector[:]) {
		return nil
	}
	if of == nil {
		return q
	}
	if of.Namespace != "" && !q.allow(c.names, resourceType, of.Namespace) {
		return nil
	}
	if of.Relation != "" && !q.allow(c.names, relation, of.Relation) {
		return nil
	}
	return q
}

// selectSubjects restricts the subjects to those any of the selectors takes, and says whether any row can have one.
// With several selectors the sets are the union of theirs in each field, and the selectors are tried on each row too.
func (q *query) selectSubjects(n *names, selectors []datastore.SubjectsSelector) bool {
	if len(selectors) == 1 {
		return q.selectOne(n, &selectors[0])
	}
	var types, relations []name
	var ids []string
	anyType, anyRelation, anyID := false, false, false
	for i := range selectors {
		s := &selectors[i]
		if s.OptionalSubjectType == "" {
			anyType = true
		} else {
			types = append(types, n.find(s.OptionalSubjectType))
		}
		if len(s.OptionalSubjectIds) == 0 {
			anyID = true
		}
		ids = append(ids, s.OptionalSubjectIds...)
		of := relationsOf(n, s.RelationFilter)
		anyRelation = anyRelation || of == nil
		relations = append(relations, of...)
	}
	if !anyType {
		q.names[subjectType] = known(types)
	}
	if !anyRelation {
		q.names[subjectRelation] = known(relations)
	}
	if !anyID {
		q.ids[1] = ordered(ids)
	}
	q.rest.selectors = selectors
	return (anyType || len(q.names[subjectType]) > 0) && (anyRelation || len(q.names[subjectRelation]) > 0)
}

func (q *query) selectOne(n *names, s *datastore.SubjectsSelector) bool {
	if s.OptionalSubjectType != "" && !q.allow(n, subjectType, s.OptionalSubjectType) {
		return false
	}
	if len(s.OptionalSubjectIds) > 0 {
		q.ids[1] = ordered(s.OptionalSubjectIds)
	}
	f := s.RelationFilter
	switch {
	case f.OnlyNonEllipsisRelations:
		q.rest.userset = true
	case f.IsEmpty():
	case f.IncludeEllipsisRelation && f.NonEllipsisRelation != "":
		q.names[subjectRelation] = known(relationsOf(n, f))
	case f.IncludeEllipsisRelation:
		q.single[subjectRelation][0] = name{number: ellipsis, text: datastore.Ellipsis}
		q.names[subjectRelation] = q.single[subjectRelation][:]
	default:
		return q.allow(n, subjectRelation, f.NonEllipsisRelation)
	}
	return true
}

// relationsOf lists the subject relations a filter takes, nil when they cannot be listed.
func relationsOf(n *names, f datastore.SubjectRelationFilter) []name {
	if f.OnlyNonEllipsisRelations || f.IsEmpty() {
		return nil
	}
	var out []name
	if f.IncludeEllipsisRelation {
		out = append(out, n.find(datastore.Ellipsis))
	}
	if f.NonEllipsisRelation != "" {
		out = append(out, n.find(f.NonEllipsisRelation))
	}
	return out
}

// known makes a set of names: those a row can have, in order, once each. It is never nil.
func known(list []name) []name {
	out := make([]name, 0, len(list))
	for _, n := range list {
		if n.number != unknown {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b name) int { return cmp.Compare(a.text, b.text) })
	return slices.CompactFunc(out, func(a, b name) bool { return a.number == b.number })
}

// ordered makes a set of ids: in order, once each. The list itself is used when it is one already.
func ordered(ids []string) []string {
	for i := 1; i < len(ids); i++ {
		if ids[i-1] >= ids[i] {
			out := slices.Sorted(slices.Values(ids))
			return slices.Compact(out)
		}
	}
	return ids
}

// place sets the order asked for and where to begin and end in it.
func (q *query) place(n *names, sort options.SortOrder, after, until options.Cursor) error {
	switch sort {
	case options.ByResource:
		q.sorted = byResource
	case options.BySubject:
		q.sorted = bySubjectSpec
		if q.tree.order == bySubject && q.related(after) && q.related(until) {
			q.sorted = bySubject // with one relation the two are the same
		}
	case options.Unsorted:
		if after != nil || until != nil {
			return datastore.ErrCursorsWithoutSorting
		}
	case options.ChooseEfficient:
		q.sorted = q.tree.order
	}
	if after == nil && until == nil {
		return nil
	}
	wide := n
	q.after, wide = mark(wide, after)
	q.until, wide = mark(wide, until)
	q.extern = wide.text
	return nil
}

// related says whether all rows of the query are of one relation, and a cursor is too.
func (q *query) related(c options.Cursor) bool {
	return q.names[relation] != nil && (c == nil || c.Resource.Relation == q.names[relation][0].text)
}

// mark makes a row of a cursor, with a table that has its names. The table stays with the query: what a caller sends
// must not grow the store's.
func mark(n *names, c options.Cursor) (*row, *names) {
	if c == nil {
		return nil, n
	}
	rel := (*tuple.Relationship)(c)
	n = n.with(rel.Resource.ObjectType, rel.Resource.Relation, rel.Subject.ObjectType, rel.Subject.Relation)
	return newRow(n, &tuple.Relationship{RelationshipReference: rel.RelationshipReference}), n
}
