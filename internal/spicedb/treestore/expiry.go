package treestore

import (
	"context"
	"math"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
)

// glance is the longest time between two looks at the clock while a deadline is pending. Waits are monotonic, and a
// wall clock may be set forward meanwhile, or the machine sleep.
const glance = time.Second

// NextDeadline returns the earliest expiry still to come of the newest rows, in Unix nanoseconds, and MaxInt64 when
// none is. It stays in the past from a deadline until the commit that deletes the row can be read; whoever remembers
// answers must not trust them meanwhile.
func (s *Store) NextDeadline() int64 { return s.deadline.Load() }

// upkeep deletes rows when they expire and lets go of old snapshots, until the store is closed.
func (s *Store) upkeep() {
	defer close(s.stopped)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.closed:
			return
		case <-s.wake:
		case <-timer.C:
		}
		now := s.cfg.Now()
		s.history.trim(now.Add(-s.cfg.Window))
		if s.work.Load() <= now.UnixNano() {
			s.expire()
		}
		timer.Reset(s.pause())
	}
}

// pause returns how long there is nothing to do.
func (s *Store) pause() time.Duration {
	idle := max(s.cfg.Window/2, 10*time.Millisecond)
	work := s.work.Load()
	if work == math.MaxInt64 {
		return idle
	}
	return max(0, min(idle, glance, time.Duration(work-s.cfg.Now().UnixNano())))
}

// schedule notes when there is something to delete, and wakes upkeep if that is sooner than it knows; the writer lock
// must be held.
func (s *Store) schedule() {
	next := s.deadlines.next()
	if before := s.work.Swap(next); next < before {
		select {
		case s.wake <- struct{}{}:
		default: // it is being woken already
		}
	}
}

// expire deletes what has expired, in a commit of its own. Renewed and deleted rows are not in the schedule any more.
func (s *Store) expire() {
	if s.lock(context.Background()) != nil {
		return // closed
	}
	defer s.unlock()
	rows := s.deadlines.due(s.cfg.Now().UnixNano())
	if len(rows) == 0 {
		s.deadline.Store(s.deadlines.earliest())
		s.schedule()
		return
	}
	t := s.begin()
	for _, r := range rows {
		t.remove(r)
	}
	t.done = true
	s.commit(t, &structpb.Struct{Fields: map[string]*structpb.Value{"reason": structpb.NewStringValue("expired")}}, false)
}

// Settle commits what has expired by now, for a caller who must not read it and cannot wait for upkeep to notice.
func (s *Store) Settle() {
	if s.deadline.Load() <= s.cfg.Now().UnixNano() {
		s.expire()
	}
}
