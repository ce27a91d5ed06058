package treestore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/authzed/spicedb/pkg/datastore"
)

// revision is the time of a commit in Unix nanoseconds, or one more than the revision before when the clock has not
// moved on. As text it is twenty digits, so that texts sort as revisions do.
type revision uint64

var _ datastore.Revision = revision(0)

// String returns the digits.
func (r revision) String() string { return fmt.Sprintf("%020d", uint64(r)) }

// ByteSortable says that texts sort as revisions do.
func (revision) ByteSortable() bool { return true }

// Equal says whether the other is the same revision of this kind of store.
func (r revision) Equal(other datastore.Revision) bool {
	o, ok := other.(revision)
	return ok && r == o
}

// GreaterThan says whether r is the later one; any revision is later than none.
func (r revision) GreaterThan(other datastore.Revision) bool {
	o, ok := other.(revision)
	return (ok && r > o) || other == datastore.NoRevision
}

// LessThan says whether r is the earlier one.
func (r revision) LessThan(other datastore.Revision) bool {
	o, ok := other.(revision)
	return ok && r < o
}

// RevisionFromString reads the text of a revision.
func (s *Store) RevisionFromString(text string) (datastore.Revision, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return datastore.NoRevision, fmt.Errorf("read revision: %w", err)
	}
	return revision(n), nil
}

// head pairs the newest revision with its schema hash.
func (s *Store) headRevision() (datastore.RevisionWithSchemaHash, error) {
	if s.isClosed() {
		return datastore.RevisionWithSchemaHash{Revision: datastore.NoRevision}, ErrClosed
	}
	head := s.head.Load()
	return datastore.RevisionWithSchemaHash{Revision: head.revision, SchemaHash: head.schema.hash}, nil
}

// HeadRevision returns the newest revision.
func (s *Store) HeadRevision(context.Context) (datastore.RevisionWithSchemaHash, error) {
	return s.headRevision()
}

// OptimizedRevision returns the newest revision too: an older one would not be read any faster.
func (s *Store) OptimizedRevision(context.Context) (datastore.RevisionWithSchemaHash, error) {
	return s.headRevision()
}

// CheckRevision says whether a new request may ask for a revision. The newest always may; another becomes stale when
// the window has passed since its commit, or earlier when history grows too large. Requests that began with it may
// still be able to read it.
func (s *Store) CheckRevision(_ context.Context, asked datastore.Revision) error {
	if s.isClosed() {
		return ErrClosed
	}
	r, ok := asked.(revision)
	head := s.head.Load()
	switch {
	case ok && r == head.revision:
		return nil
	case !ok || r > head.revision:
		return datastore.NewInvalidRevisionErr(asked, datastore.CouldNotDetermineRevision)
	case int64(r) < s.cfg.Now().Add(-s.cfg.Window).UnixNano() || !s.history.reaches(r):
		return datastore.NewInvalidRevisionErr(asked, datastore.RevisionStale)
	default:
		return nil
	}
}
