package treestore

import (
	"context"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
)

// reader reads the content of a snapshot, or of a transaction as it is at each call.
type reader struct {
	store *Store
	snap  *snapshot
	tx    *transaction
	err   error
}

func (r *reader) content() (content, error) {
	switch {
	case r.err != nil:
		return content{}, r.err
	case r.tx != nil:
		return r.tx.freeze(), nil
	default:
		return r.snap.content, nil
	}
}

// SnapshotReader returns a reader of a revision. If it cannot be read, each call of the reader says so. A revision
// between two commits shows what the earlier one left.
func (s *Store) SnapshotReader(asked datastore.Revision) datastore.Reader {
	snap, err := s.find(asked)
	return &reader{store: s, snap: snap, err: err}
}

func (s *Store) find(asked datastore.Revision) (*snapshot, error) {
	if s.isClosed() {
		return nil, ErrClosed
	}
	r, ok := asked.(revision)
	head := s.head.Load()
	switch {
	case ok && r == head.revision:
		return head, nil
	case !ok || r > head.revision:
		return nil, datastore.NewInvalidRevisionErr(asked, datastore.CouldNotDetermineRevision)
	}
	if snap := s.history.at(r); snap != nil {
		return snap, nil
	}
	return nil, datastore.NewInvalidRevisionErr(asked, datastore.RevisionStale)
}

// QueryRelationships returns the relationships a filter takes. Rows come in the order of their strings, by resource or
// by subject, when that is asked for, and else in the order of the tree that finds them fastest.
func (r *reader) QueryRelationships(
	_ context.Context, filter datastore.RelationshipsFilter, opts ...options.QueryOptionsOption,
) (datastore.RelationshipIterator, error) {
	r.store.countQuery()
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	o := options.NewQueryOptionsWithOptions(opts...)
	q := forward(&c, r.store.cfg.Now, &filter)
	if q == nil {
		return nothing, nil
	}
	q.rest.skipCaveats, q.rest.skipExpiration = o.SkipCaveats, o.SkipExpiration
	if o.Limit != nil {
		q.limit = *o.Limit
	}
	if err := q.place(c.names, o.Sort, o.After, o.BeforeOrEqual); err != nil {
		return nil, err
	}
	return q.iterator(), nil
}

// ReverseQueryRelationships returns the relationships of the subjects a filter takes, ordered as QueryRelationships
// has it.
func (r *reader) ReverseQueryRelationships(
	_ context.Context, filter datastore.SubjectsFilter, opts ...options.ReverseQueryOptionsOption,
) (datastore.RelationshipIterator, error) {
	r.store.countQuery()
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	o := options.NewReverseQueryOptionsWithOptions(opts...)
	q := reverse(&c, r.store.cfg.Now, &filter, o.ResRelation)
	if q == nil {
		return nothing, nil
	}
	q.rest.skipCaveats, q.rest.skipExpiration = o.SkipCaveatsForReverse, o.SkipExpirationForReverse
	if o.LimitForReverse != nil {
		q.limit = *o.LimitForReverse
	}
	if err := q.place(c.names, o.SortForReverse, o.AfterForReverse, nil); err != nil {
		return nil, err
	}
	return q.iterator(), nil
}
