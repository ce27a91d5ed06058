package treestore

import (
	"context"
	"testing"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
	"github.com/authzed/spicedb/pkg/tuple"
)

func newStore(t *testing.T, cfg Config) *Store {
	t.Helper()
	s := New(cfg)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// commit writes updates and returns the revision.
func commit(t *testing.T, s *Store, updates ...tuple.RelationshipUpdate) datastore.Revision {
	t.Helper()
	r, err := s.ReadWriteTx(t.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
		return tx.WriteRelationships(ctx, updates)
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func touch(rel string) tuple.RelationshipUpdate { return tuple.Touch(tuple.MustParse(rel)) }

func remove(rel string) tuple.RelationshipUpdate { return tuple.Delete(tuple.MustParse(rel)) }

// shown returns what a reader of a revision sees.
func shown(t *testing.T, s *Store, at datastore.Revision) []string {
	t.Helper()
	it, err := s.SnapshotReader(at).QueryRelationships(t.Context(), datastore.RelationshipsFilter{}, options.WithSort(options.ByResource))
	if err != nil {
		t.Fatal(err)
	}
	rels, err := datastore.IteratorToSlice(it)
	if err != nil {
		t.Fatal(err)
	}
	return words(rels, true)
}

// head returns the newest revision.
func head(t *testing.T, s *Store) datastore.Revision {
	t.Helper()
	h, err := s.HeadRevision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h.Revision
}
