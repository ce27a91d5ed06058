package treestore

import (
	"container/heap"
	"math"
	"time"
)

// purgeDelay is how long a row is kept that had expired before it was written. It is never shown; it is kept for a
// while because creating it again in the next moment is an error by SpiceDB's rules.
const purgeDelay = time.Minute

// deadlines knows the newest content's rows that expire. The writer lock guards it.
type deadlines struct {
	pending schedule // by expiry
	late    schedule // rows written after their expiry, by the time to purge them
}

// apply follows the net writes of a commit.
func (d *deadlines) apply(net []write, now time.Time) {
	for _, w := range net {
		if w.before != nil && w.before.expiry != 0 {
			d.pending.drop(w.before)
			d.late.drop(w.before)
		}
		if w.after == nil || w.after.expiry == 0 || w.after.expiry == math.MaxInt64 {
			continue
		}
		if w.after.expired(now.UnixNano()) {
			d.late.add(w.after, now.Add(purgeDelay).UnixNano())
		} else {
			d.pending.add(w.after, w.after.expiry)
		}
	}
}

// due takes out the rows to delete at a time. A late row whose expiry has come to lie ahead, because the clock was set
// back, becomes a pending one.
func (d *deadlines) due(now int64) []*row {
	var out []*row
	for d.pending.first() <= now {
		out = append(out, d.pending.pop())
	}
	for d.late.first() <= now {
		r := d.late.pop()
		if r.expired(now) {
			out = append(out, r)
		} else {
			d.pending.add(r, r.expiry)
		}
	}
	return out
}

// earliest returns the first expiry still to come, in Unix nanoseconds.
func (d *deadlines) earliest() int64 { return d.pending.first() }

// next returns the time of the first row to delete, in Unix nanoseconds.
func (d *deadlines) next() int64 { return min(d.pending.first(), d.late.first()) }

// schedule is a heap of rows by time from which any row can be taken.
type schedule struct {
	entries []entry
	index   map[*row]int
}

type entry struct {
	at  int64
	row *row
}

// first returns the earliest time, MaxInt64 when empty.
func (s *schedule) first() int64 {
	if len(s.entries) == 0 {
		return math.MaxInt64
	}
	return s.entries[0].at
}

func (s *schedule) add(r *row, at int64) { heap.Push(s, entry{at: at, row: r}) }

func (s *schedule) drop(r *row) {
	if i, ok := s.index[r]; ok {
		heap.Remove(s, i)
	}
}

func (s *schedule) pop() *row {
	e, _ := heap.Pop(s).(entry)
	return e.row
}

// Len is for package heap, as are the next four.
func (s *schedule) Len() int { return len(s.entries) }

// Less orders by time.
func (s *schedule) Less(i, j int) bool { return s.entries[i].at < s.entries[j].at }

// Swap keeps the index.
func (s *schedule) Swap(i, j int) {
	s.entries[i], s.entries[j] = s.entries[j], s.entries[i]
	s.index[s.entries[i].row], s.index[s.entries[j].row] = i, j
}

// Push appends.
func (s *schedule) Push(x any) {
	e, _ := x.(entry)
	if s.index == nil {
		s.index = map[*row]int{}
	}
	s.index[e.row] = len(s.entries)
	s.entries = append(s.entries, e)
}

// Pop takes the last.
func (s *schedule) Pop() any {
	last := len(s.entries) - 1
	e := s.entries[last]
	s.entries[last] = entry{}
	s.entries = s.entries[:last]
	delete(s.index, e.row)
	return e
}
