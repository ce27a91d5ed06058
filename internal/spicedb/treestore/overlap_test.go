package treestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/tuple"
	"github.com/google/go-cmp/cmp"
)

// TestSecondWriterWaitsForFirst opens one transaction, starts a second, and ends the first only after that. The second
// must see what the first wrote, get the later revision, and hide nothing.
func TestSecondWriterWaitsForFirst(t *testing.T) {
	t.Parallel()
	s := newStore(t, Config{})
	open, finish := make(chan struct{}), make(chan struct{})
	var first, second datastore.Revision
	var writers sync.WaitGroup
	writers.Go(func() {
		first, _ = s.ReadWriteTx(t.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
			close(open)
			<-finish
			return tx.WriteRelationships(ctx, []tuple.RelationshipUpdate{touch("document:a#viewer@user:first")})
		})
	})
	<-open
	before := head(t, s)
	started := make(chan struct{})
	writers.Go(func() {
		close(started)
		second, _ = s.ReadWriteTx(t.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
			if got := count(ctx, tx); got != 1 {
				t.Errorf("the second transaction sees %d rows", got)
			}
			return tx.WriteRelationships(ctx, []tuple.RelationshipUpdate{touch("document:a#viewer@user:second")})
		})
	})
	<-started
	if got := head(t, s); !got.Equal(before) {
		t.Errorf("the head moved while the first transaction was open")
	}
	close(finish)
	writers.Wait()
	if !second.GreaterThan(first) || !first.GreaterThan(before) || !head(t, s).Equal(second) {
		t.Errorf("revisions: before %s, first %s, second %s, head %s", before, first, second, head(t, s))
	}
	want := []string{"document:a#viewer@user:first", "document:a#viewer@user:second"}
	if diff := cmp.Diff(want, shown(t, s, head(t, s))); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[:1], shown(t, s, first)); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
}

func count(ctx context.Context, r datastore.Reader) int {
	it, err := r.QueryRelationships(ctx, datastore.RelationshipsFilter{})
	if err != nil {
		return -1
	}
	rels, _ := datastore.IteratorToSlice(it)
	return len(rels)
}

// TestWaitingWriterGivesUpWithItsContext bounds the wait for the lock by the caller's context.
func TestWaitingWriterGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	s := newStore(t, Config{})
	_, err := s.ReadWriteTx(t.Context(), func(ctx context.Context, _ datastore.ReadWriteTransaction) error {
		short, cancel := context.WithCancel(ctx)
		cancel()
		_, err := s.ReadWriteTx(short, func(context.Context, datastore.ReadWriteTransaction) error { return nil })
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestLockIsFreeAfterPanic keeps a caller's panic from stopping all writers.
func TestLockIsFreeAfterPanic(t *testing.T) {
	t.Parallel()
	s := newStore(t, Config{})
	func() {
		defer func() { _ = recover() }()
		_, _ = s.ReadWriteTx(t.Context(), func(context.Context, datastore.ReadWriteTransaction) error { panic("on purpose") })
	}()
	commit(t, s, touch("document:a#viewer@user:tom"))
}

// TestAcknowledgedWritesAreSeen lets writers and readers run at once: a write that was acknowledged shows at any head
// asked for later, heads never move back, and revisions are in the order of commits, whatever the clock does.
func TestAcknowledgedWritesAreSeen(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 150
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	var order []uint64
	s := newStore(t, Config{
		Now:      func() time.Time { return time.Unix(0, clock.Add(-1000)) }, // always stepping back
		OnCommit: func(c Commit) { order = append(order, c.After.Revision()) },
	})
	done := make(chan struct{})
	var readers, all sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			last := datastore.NoRevision
			for {
				select {
				case <-done:
					return
				default:
				}
				h, err := s.OptimizedRevision(t.Context())
				if err != nil || h.Revision.LessThan(last) {
					t.Errorf("head %s after %s: %v", h.Revision, last, err)
					return
				}
				last = h.Revision
			}
		})
	}
	for w := range writers {
		all.Go(func() {
			for i := range each {
				rel := tuple.MustParse(fmt.Sprintf("document:%d_%d#viewer@user:tom", w, i))
				at, err := s.ReadWriteTx(t.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
					return tx.WriteRelationships(ctx, []tuple.RelationshipUpdate{tuple.Create(rel)})
				})
				if err != nil {
					t.Errorf("write: %v", err)
					return
				}
				h, err := s.HeadRevision(t.Context())
				if err != nil || h.Revision.LessThan(at) {
					t.Errorf("head %s is before the write's %s: %v", h.Revision, at, err)
				}
				it, err := s.SnapshotReader(h.Revision).QueryRelationships(t.Context(), datastore.RelationshipsFilter{
					OptionalResourceType: "document", OptionalResourceIds: []string{rel.Resource.ObjectID},
				})
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				if rels, _ := datastore.IteratorToSlice(it); len(rels) != 1 {
					t.Errorf("an acknowledged write is not seen")
				}
			}
		})
	}
	all.Wait()
	close(done)
	readers.Wait()
	if len(order) != writers*each || !slices.IsSorted(order) || len(slices.Compact(order)) != writers*each {
		t.Errorf("%d commits, not all in order", len(order))
	}
	if got := len(shown(t, s, head(t, s))); got != writers*each {
		t.Errorf("%d rows at the end", got)
	}
}
