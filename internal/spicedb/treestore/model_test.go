package treestore

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
	"github.com/authzed/spicedb/pkg/tuple"
)

// modelRow is a relationship and when the store is to delete it by itself (zero for never).
type modelRow struct {
	rel   tuple.Relationship
	purge time.Time
}

// model is the naive store: a slice, searched from end to end.
type model []modelRow

func (m model) index(ref tuple.RelationshipReference) int {
	return slices.IndexFunc(m, func(r modelRow) bool { return r.rel.RelationshipReference == ref })
}

// update applies an update to a copy and says whether it is allowed.
func (m model) update(u tuple.RelationshipUpdate, now time.Time) (model, bool) {
	i := m.index(u.Relationship.RelationshipReference)
	out := slices.Clone(m)
	if u.Operation == tuple.UpdateOperationCreate && i >= 0 {
		return m, false
	}
	if i >= 0 {
		if u.Operation == tuple.UpdateOperationTouch && tuple.MustString(out[i].rel) == tuple.MustString(u.Relationship) {
			return m, true
		}
		out = slices.Delete(out, i, i+1)
	}
	if u.Operation == tuple.UpdateOperationDelete {
		return out, true
	}
	r := modelRow{rel: u.Relationship}
	if at := u.Relationship.OptionalExpiration; at != nil {
		r.purge = *at
		if !at.After(now) {
			r.purge = now.Add(purgeDelay)
		}
	}
	return append(out, r), true
}

// expire drops what the store is to have deleted at a time.
func (m model) expire(now time.Time) model {
	return slices.DeleteFunc(slices.Clone(m), func(r modelRow) bool { return !r.purge.IsZero() && !r.purge.After(now) })
}

// asked is a query of either kind, as the model sees it.
type asked struct {
	filter         datastore.RelationshipsFilter
	sort           options.SortOrder
	limit          *uint64
	after, until   options.Cursor
	skipCaveats    bool
	skipExpiration bool
}

// find answers a query: all matches in the order asked for, the limit not applied.
func (m model) find(q asked, now time.Time) []tuple.Relationship {
	var out []tuple.Relationship
	for _, r := range m {
		if matches(q, r.rel, now) {
			out = append(out, r.rel)
		}
	}
	compare := func(a, b tuple.Relationship) int { return slices.Compare(keyOf(q.sort, a), keyOf(q.sort, b)) }
	slices.SortFunc(out, compare)
	return slices.DeleteFunc(out, func(r tuple.Relationship) bool {
		return (q.after != nil && compare(r, *q.after) <= 0) || (q.until != nil && compare(r, *q.until) > 0)
	})
}

// keyOf is the key of a relationship in the order asked for.
func keyOf(sort options.SortOrder, r tuple.Relationship) []string {
	resource := []string{r.Resource.ObjectType, r.Resource.ObjectID, r.Resource.Relation}
	subject := []string{r.Subject.ObjectType, r.Subject.ObjectID, r.Subject.Relation}
	if sort == options.BySubject {
		return append(subject, resource...)
	}
	return append(resource, subject...)
}

func matches(q asked, r tuple.Relationship, now time.Time) bool {
	f := q.filter
	switch {
	case f.OptionalResourceType != "" && r.Resource.ObjectType != f.OptionalResourceType,
		f.OptionalResourceRelation != "" && r.Resource.Relation != f.OptionalResourceRelation,
		len(f.OptionalResourceIds) > 0 && !slices.Contains(f.OptionalResourceIds, r.Resource.ObjectID),
		!strings.HasPrefix(r.Resource.ObjectID, f.OptionalResourceIDPrefix),
		!q.skipExpiration && r.OptionalExpiration != nil && !r.OptionalExpiration.After(now),
		q.skipCaveats && r.OptionalCaveat != nil,
		f.OptionalExpirationOption == datastore.ExpirationFilterOptionHasExpiration && r.OptionalExpiration == nil,
		f.OptionalExpirationOption == datastore.ExpirationFilterOptionNoExpiration && r.OptionalExpiration != nil,
		f.OptionalCaveatNameFilter.Option == datastore.CaveatFilterOptionNoCaveat && r.OptionalCaveat != nil:
		return false
	case f.OptionalCaveatNameFilter.Option == datastore.CaveatFilterOptionHasMatchingCaveat:
		if r.OptionalCaveat == nil || r.OptionalCaveat.CaveatName != f.OptionalCaveatNameFilter.CaveatName {
			return false
		}
	}
	return len(f.OptionalSubjectsSelectors) == 0 ||
		slices.ContainsFunc(f.OptionalSubjectsSelectors, func(s datastore.SubjectsSelector) bool { return takes(s, r.Subject) })
}

func takes(s datastore.SubjectsSelector, of tuple.ObjectAndRelation) bool {
	if s.OptionalSubjectType != "" && s.OptionalSubjectType != of.ObjectType {
		return false
	}
	if len(s.OptionalSubjectIds) > 0 && !slices.Contains(s.OptionalSubjectIds, of.ObjectID) {
		return false
	}
	if s.RelationFilter.OnlyNonEllipsisRelations {
		return of.Relation != "..."
	}
	var relations []string
	if s.RelationFilter.IncludeEllipsisRelation {
		relations = append(relations, "...")
	}
	if s.RelationFilter.NonEllipsisRelation != "" {
		relations = append(relations, s.RelationFilter.NonEllipsisRelation)
	}
	return len(relations) == 0 || slices.Contains(relations, of.Relation)
}

// words renders relationships for comparison, sorted unless their order counts.
func words(rels []tuple.Relationship, inOrder bool) []string {
	out := make([]string, 0, len(rels))
	for _, r := range rels {
		out = append(out, tuple.MustString(r))
	}
	if !inOrder {
		slices.SortFunc(out, cmp.Compare[string])
	}
	return out
}
