package treestore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/tuple"
)

func TestCheckRevision(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Window: time.Minute})
		defer func() { _ = s.Close() }()
		first := commit(t, s, touch("document:a#viewer@user:tom"))
		time.Sleep(time.Hour)
		if err := s.CheckRevision(t.Context(), first); err != nil {
			t.Errorf("the head is always valid: %v", err)
		}
		took := s.SnapshotReader(first) // a request begins with an old head
		second := commit(t, s, touch("document:b#viewer@user:tom"))
		wantReason(t, s.CheckRevision(t.Context(), first), datastore.RevisionStale)
		if got := shown(t, s, first); len(got) != 1 {
			t.Errorf("a request that has the old head reads %v after the next commit", got)
		}
		time.Sleep(time.Minute)
		commit(t, s, touch("document:c#viewer@user:tom"))
		time.Sleep(time.Second)
		commit(t, s, touch("document:d#viewer@user:tom"))
		_, err := s.SnapshotReader(first).QueryRelationships(t.Context(), datastore.RelationshipsFilter{})
		wantReason(t, err, datastore.RevisionStale)
		if got := count(t.Context(), took); got != 1 {
			t.Errorf("the old reader sees %d rows", got)
		}
		if got := shown(t, s, second); len(got) != 2 {
			t.Errorf("the second revision shows %v: its successor is in the window", got)
		}
		for _, r := range []datastore.Revision{datastore.NoRevision, revision(1 << 63), other{}} {
			wantReason(t, s.CheckRevision(t.Context(), r), datastore.CouldNotDetermineRevision)
			_, err := s.SnapshotReader(r).ReadStoredSchema(t.Context())
			wantReason(t, err, datastore.CouldNotDetermineRevision)
		}
		// Between two commits is what the earlier left.
		if got := shown(t, s, second.(revision)+1); len(got) != 2 {
			t.Errorf("between commits: %v", got)
		}
	})
}

// other is a revision of another datastore.
type other struct{ datastore.Revision }

func wantReason(t *testing.T, err error, want datastore.InvalidRevisionReason) {
	t.Helper()
	var invalid datastore.InvalidRevisionError
	if !errors.As(err, &invalid) || invalid.Reason() != want {
		t.Errorf("got error %v", err)
	}
}

func TestHistoryIsLetGoWhenNobodyWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Window: time.Minute})
		defer func() { _ = s.Close() }()
		for i := range 100 {
			commit(t, s, touch(fmt.Sprintf("document:%d#viewer@user:tom", i)))
		}
		sleep(2 * time.Minute)
		if got, _ := s.history.size(); got != 1 {
			t.Errorf("%d snapshots are held", got)
		}
	})
}

// TestHistoryIsBounded makes 100,000 commits with a small cap. The store's own figure holds it, and the heap is not
// far off.
func TestHistoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 commits")
	}
	const most = 8 << 20
	s := newStore(t, Config{HistoryBytes: most})
	pinned := s.View()
	for i := range 100_000 {
		rel := tuple.MustParse("document:a#viewer@user:tom")
		rel.Resource.ObjectID, rel.Subject.ObjectID = fmt.Sprint("doc", i%5000), fmt.Sprint("user", i%777)
		_, err := s.ReadWriteTx(t.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
			return tx.WriteRelationships(ctx, []tuple.RelationshipUpdate{pick(func(int) int { return i % 3 }, tuple.Touch(rel), tuple.Touch(rel), tuple.Delete(rel))})
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, bytes := s.history.size(); bytes > most {
			t.Fatalf("%d bytes of history after %d commits", bytes, i)
		}
	}
	snapshots, bytes := s.history.size()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d snapshots of %d bytes, heap %d bytes", snapshots, bytes, m.HeapAlloc)
	if m.HeapAlloc > 4*most+(32<<20) {
		t.Errorf("heap of %d bytes", m.HeapAlloc)
	}
	if snapshots < 100 {
		t.Errorf("only %d snapshots fit", snapshots)
	}
	for range pinned.Of("document", "doc1") {
		t.Error("the first view sees a row")
	}
}
