package treestore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/tuple"
)

const grant = "document:a#viewer@user:tom"

// until is the grant with an expiry.
func until(at time.Time) tuple.RelationshipUpdate {
	return touch(fmt.Sprintf("%s[expiration:%s]", grant, at.UTC().Format(time.RFC3339Nano)))
}

func rows(s *Store) int { return s.View().snap.resources.len }

// expiring runs a test with a clock that stands still until the test sleeps. The store's wall clock is off by what the
// test puts in the offset.
func expiring(t *testing.T, test func(t *testing.T, s *Store, offset *atomic.Int64, commits func() []Commit)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var offset atomic.Int64
		var mu sync.Mutex
		var commits []Commit
		s := New(Config{
			Now: func() time.Time { return time.Now().Add(time.Duration(offset.Load())) },
			OnCommit: func(c Commit) {
				mu.Lock()
				defer mu.Unlock()
				commits = append(commits, c)
			},
		})
		defer func() { _ = s.Close() }()
		test(t, s, &offset, func() []Commit {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(commits)
		})
	})
}

func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestExpiryDeletesAtTheDeadline(t *testing.T) {
	t.Parallel()
	expiring(t, func(t *testing.T, s *Store, _ *atomic.Int64, commits func() []Commit) {
		deadline := time.Now().Add(10 * time.Second)
		at := commit(t, s, until(deadline), touch("document:a#viewer@user:ann"))
		changes, _ := s.Watch(t.Context(), at, datastore.WatchJustRelationships())
		if got := s.NextDeadline(); got != deadline.UnixNano() {
			t.Errorf("next deadline %d", got)
		}
		sleep(10*time.Second - time.Nanosecond)
		if rows(s) != 2 || len(shown(t, s, head(t, s))) != 2 {
			t.Error("gone before the deadline")
		}
		sleep(time.Nanosecond)
		if rows(s) != 1 || s.NextDeadline() != math.MaxInt64 {
			t.Error("not deleted at the deadline")
		}
		last := commits()[len(commits())-1]
		if time.Unix(0, int64(last.After.Revision())).Sub(deadline) > time.Millisecond {
			t.Errorf("deleted at %d, due at %d", last.After.Revision(), deadline.UnixNano())
		}
		if len(last.Changes) != 1 || !last.Changes[0].Deleted || !last.Changes[0].Row.ExpiresAt.Equal(deadline) {
			t.Errorf("commit %+v", last.Changes)
		}
		event := <-changes
		if len(event.RelationshipChanges) != 1 || event.RelationshipChanges[0].Operation != tuple.UpdateOperationDelete {
			t.Errorf("event %+v", event)
		}
		if reason := event.Metadatas[0].AsMap()["reason"]; reason != "expired" {
			t.Errorf("reason %v", reason)
		}
	})
}

func TestRenewedGrantSurvivesItsFirstDeadline(t *testing.T) {
	t.Parallel()
	expiring(t, func(t *testing.T, s *Store, _ *atomic.Int64, commits func() []Commit) {
		start := time.Now()
		commit(t, s, until(start.Add(10*time.Second)))
		sleep(5 * time.Second)
		commit(t, s, until(start.Add(20*time.Second)))
		if got := s.NextDeadline(); got != start.Add(20*time.Second).UnixNano() {
			t.Errorf("next deadline %d", got)
		}
		sleep(10 * time.Second)
		if rows(s) != 1 || len(commits()) != 2 {
			t.Errorf("%d rows after %d commits", rows(s), len(commits()))
		}
		sleep(5 * time.Second)
		if rows(s) != 0 || len(commits()) != 3 {
			t.Errorf("%d rows after %d commits", rows(s), len(commits()))
		}
	})
}

func TestDeletedGrantMakesNoCommitAtItsDeadline(t *testing.T) {
	t.Parallel()
	expiring(t, func(t *testing.T, s *Store, _ *atomic.Int64, commits func() []Commit) {
		commit(t, s, until(time.Now().Add(10*time.Second)))
		commit(t, s, remove(grant))
		if got := s.NextDeadline(); got != math.MaxInt64 {
			t.Errorf("next deadline %d", got)
		}
		commit(t, s, touch(grant)) // again, for ever
		sleep(time.Minute)
		if rows(s) != 1 || len(commits()) != 3 {
			t.Errorf("%d rows after %d commits", rows(s), len(commits()))
		}
	})
}

func TestExpiryFollowsTheWallClock(t *testing.T) {
	t.Parallel()
	expiring(t, func(t *testing.T, s *Store, offset *atomic.Int64, commits func() []Commit) {
		commit(t, s, until(time.Now().Add(10*time.Second)))
		sleep(5 * time.Second)
		offset.Store(-int64(time.Minute)) // set back
		before := head(t, s)
		if at := commit(t, s, touch("document:a#viewer@user:ann")); !at.GreaterThan(before) {
			t.Errorf("revision %s after %s", at, before)
		}
		sleep(30 * time.Second)
		if rows(s) != 2 {
			t.Error("deleted before the wall clock says so")
		}
		sleep(35 * time.Second)
		if rows(s) != 1 {
			t.Error("not deleted when the wall clock says so")
		}
		commit(t, s, until(time.Now().Add(time.Duration(offset.Load())+time.Hour)))
		synctest.Wait()
		offset.Add(int64(2 * time.Hour)) // set forward, or the machine slept
		if len(shown(t, s, head(t, s))) != 1 {
			t.Error("an expired row shows")
		}
		sleep(glance)
		if rows(s) != 1 || len(commits()) != 5 {
			t.Errorf("%d rows after %d commits", rows(s), len(commits()))
		}
	})
}

func TestRowWrittenAfterItsExpiry(t *testing.T) {
	t.Parallel()
	expiring(t, func(t *testing.T, s *Store, _ *atomic.Int64, _ func() []Commit) {
		at := commit(t, s, until(time.Now().Add(-time.Second)))
		if len(shown(t, s, at)) != 0 || rows(s) != 1 {
			t.Error("it must be there, and not show")
		}
		if got := s.NextDeadline(); got != math.MaxInt64 {
			t.Errorf("next deadline %d: nothing changes any more", got)
		}
		create := func() error {
			_, err := s.ReadWriteTx(t.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
				return tx.WriteRelationships(ctx, []tuple.RelationshipUpdate{tuple.Create(tuple.MustParse(grant))})
			})
			return err
		}
		if create() == nil {
			t.Error("created although it exists")
		}
		sleep(purgeDelay)
		if rows(s) != 0 {
			t.Error("not purged")
		}
		if err := create(); err != nil {
			t.Error(err)
		}
	})
}

func TestLateDeletionShowsInNextDeadline(t *testing.T) {
	t.Parallel()
	expiring(t, func(t *testing.T, s *Store, _ *atomic.Int64, _ func() []Commit) {
		deadline := time.Now().Add(time.Second)
		at := commit(t, s, until(deadline))
		_, err := s.ReadWriteTx(t.Context(), func(context.Context, datastore.ReadWriteTransaction) error {
			time.Sleep(5 * time.Second) // nothing can be committed meanwhile
			if len(shown(t, s, at)) != 0 {
				t.Error("an expired row shows")
			}
			if got := s.NextDeadline(); got != deadline.UnixNano() {
				t.Errorf("next deadline %d while the deletion is late", got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if rows(s) != 0 || s.NextDeadline() != math.MaxInt64 {
			t.Error("not deleted in the end")
		}
	})
}

func TestNextDeadlineIsTheEarliest(t *testing.T) {
	t.Parallel()
	expiring(t, func(t *testing.T, s *Store, _ *atomic.Int64, _ func() []Commit) {
		start := time.Now()
		for i, seconds := range []int{30, 10, 20, 10, 5} {
			commit(t, s, touch(fmt.Sprintf("document:%d#viewer@user:tom[expiration:%s]", i,
				start.Add(time.Duration(seconds)*time.Second).UTC().Format(time.RFC3339Nano))))
		}
		for _, step := range []struct{ after, next time.Duration }{{0, 5}, {5, 10}, {5, 20}, {10, 30}} {
			sleep(step.after * time.Second)
			if got := s.NextDeadline(); got != start.Add(step.next*time.Second).UnixNano() {
				t.Errorf("at %v the next deadline is %v", time.Since(start), time.Unix(0, got).Sub(start))
			}
		}
		sleep(10 * time.Second)
		if got := s.NextDeadline(); got != math.MaxInt64 {
			t.Errorf("next deadline %d at the end", got)
		}
		commit(t, s, touch(grant+"[expiration:2900-01-01T00:00:00Z]"))
		if got := s.NextDeadline(); got != math.MaxInt64 {
			t.Errorf("next deadline %d with one beyond the numbers", got)
		}
	})
}

// TestNextDeadlineCoversBothHeads looks while the head is about to move: the deadline must be no later than the first
// of either.
func TestNextDeadlineCoversBothHeads(t *testing.T) {
	t.Parallel()
	early, late := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	var s *Store
	var seen []int64
	s = newStore(t, Config{OnCommit: func(Commit) { seen = append(seen, s.NextDeadline()) }})
	commit(t, s, until(late))
	commit(t, s, until(early))
	commit(t, s, until(late))
	commit(t, s, remove(grant))
	want := []int64{late.UnixNano(), early.UnixNano(), early.UnixNano(), late.UnixNano()}
	if !slices.Equal(seen, want) || s.NextDeadline() != math.MaxInt64 {
		t.Errorf("got %v, want %v", seen, want)
	}
}
