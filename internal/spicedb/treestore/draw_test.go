package treestore

import (
	"context"
	"fmt"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
	"github.com/authzed/spicedb/pkg/tuple"
)

// dice draws a number below n, from rapid or from a seeded source.
type dice func(n int) int

func pick[T any](d dice, of ...T) T { return of[d(len(of))] }

// Ids that are prefixes of each other and names in an order other than that of their first use.
func (d dice) id() string           { return pick(d, "", "a", "b", "ab", "z") + fmt.Sprint(d(12)) }
func (d dice) resourceType() string { return pick(d, "workspace", "binding", "team") }
func (d dice) relation() string     { return pick(d, "viewer", "admin", "member") }
func (d dice) subjectType() string  { return pick(d, "user", "team", "binding") }
func (d dice) subjectRelation() string {
	return pick(d, "...", "...", "member", "admin")
}

func (d dice) relationship(now time.Time) tuple.Relationship {
	rel := tuple.Relationship{RelationshipReference: tuple.RelationshipReference{
		Resource: tuple.ObjectAndRelation{ObjectType: d.resourceType(), ObjectID: d.id(), Relation: d.relation()},
		Subject:  tuple.ObjectAndRelation{ObjectType: d.subjectType(), ObjectID: pick(d, d.id(), "*"), Relation: d.subjectRelation()},
	}}
	switch d(6) {
	case 0:
		at := now.Add(time.Duration(d(120)-20) * time.Second)
		rel.OptionalExpiration = &at
	case 1:
		rel = tuple.MustWithCaveat(rel, pick(d, "office", "hours"), map[string]any{"n": float64(d(2))})
	}
	return rel
}

func (d dice) ids() []string {
	switch d(4) {
	case 0:
		return nil
	case 1:
		return []string{d.id()}
	default:
		out := make([]string, 0, 8)
		for range d(8) {
			out = append(out, d.id())
		}
		return out
	}
}

func (d dice) selector() datastore.SubjectsSelector {
	f := datastore.SubjectRelationFilter{}
	switch d(5) {
	case 0:
		f = f.WithEllipsisRelation()
	case 1:
		f = f.WithNonEllipsisRelation(pick(d, "member", "admin", "never"))
	case 2:
		f = f.WithEllipsisRelation().WithNonEllipsisRelation(pick(d, "member", "never"))
	case 3:
		f = f.WithOnlyNonEllipsisRelations()
	}
	return datastore.SubjectsSelector{
		OptionalSubjectType: pick(d, "", d.subjectType(), d.subjectType(), "never"), OptionalSubjectIds: d.ids(), RelationFilter: f,
	}
}

// query draws a query; forward says which kind.
func (d dice) query(forward bool, now time.Time) asked {
	q := asked{sort: pick(d, options.Unsorted, options.ByResource, options.BySubject), skipCaveats: d(4) == 0, skipExpiration: d(4) == 0}
	q.filter.OptionalResourceType = pick(d, "", d.resourceType(), d.resourceType(), d.resourceType(), "never")
	q.filter.OptionalResourceRelation = pick(d, "", d.relation(), d.relation())
	if forward {
		q.filter.OptionalResourceIds = d.ids()
		if d(4) == 0 {
			q.filter.OptionalResourceIDPrefix = pick(d, "a", "ab", "z", "1", "never")
		}
		for range d(3) {
			q.filter.OptionalSubjectsSelectors = append(q.filter.OptionalSubjectsSelectors, d.selector())
		}
		switch d(6) {
		case 0:
			q.filter.OptionalCaveatNameFilter = datastore.WithCaveatName("office")
		case 1:
			q.filter.OptionalCaveatNameFilter = datastore.WithNoCaveat()
		case 2:
			q.filter.OptionalExpirationOption = datastore.ExpirationFilterOptionHasExpiration
		case 3:
			q.filter.OptionalExpirationOption = datastore.ExpirationFilterOptionNoExpiration
		}
	} else {
		q.filter.OptionalSubjectsSelectors = []datastore.SubjectsSelector{d.selector()}
	}
	if q.sort != options.Unsorted {
		if d(2) == 0 {
			q.after = options.ToCursor(d.relationship(now))
		}
		if forward && d(4) == 0 {
			q.until = options.ToCursor(d.relationship(now))
		}
	}
	if d(3) == 0 {
		limit := uint64(d(6))
		q.limit = &limit
	}
	return q
}

// ask puts a query to a reader.
func ask(ctx context.Context, r datastore.Reader, forward bool, q asked) (datastore.RelationshipIterator, error) {
	if forward {
		return r.QueryRelationships(ctx, q.filter, options.WithSort(q.sort), options.WithLimit(q.limit), options.WithAfter(q.after),
			options.WithBeforeOrEqual(q.until), options.WithSkipCaveats(q.skipCaveats), options.WithSkipExpiration(q.skipExpiration))
	}
	s := q.filter.OptionalSubjectsSelectors[0]
	subjects := datastore.SubjectsFilter{SubjectType: s.OptionalSubjectType, OptionalSubjectIds: s.OptionalSubjectIds, RelationFilter: s.RelationFilter}
	return r.ReverseQueryRelationships(ctx, subjects,
		options.WithResRelation(&options.ResourceRelation{Namespace: q.filter.OptionalResourceType, Relation: q.filter.OptionalResourceRelation}),
		options.WithSortForReverse(q.sort), options.WithLimitForReverse(q.limit), options.WithAfterForReverse(q.after),
		options.WithSkipCaveatsForReverse(q.skipCaveats), options.WithSkipExpirationForReverse(q.skipExpiration))
}
