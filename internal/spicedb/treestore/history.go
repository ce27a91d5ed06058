package treestore

import (
	"sort"
	"sync"
	"time"
)

// history holds the snapshots that can still be read, oldest first; the last is the newest of all. Readers of the
// newest do not come here.
type history struct {
	limit int64 // bytes

	mu      sync.RWMutex
	kept    []*snapshot
	bytes   int64
	dropped revision      // the newest whose changes have been let go, or are unknown
	changed chan struct{} // closed at the next commit; nil while nobody waits
}

// begin starts history with a snapshot.
func (h *history) begin(s *snapshot) {
	h.kept = []*snapshot{s}
	h.dropped = s.revision
}

// add appends the newest snapshot and lets go of what is too old or too much. A snapshot is kept until its successor
// leaves the window, so that a request which took an old head can finish after the next commit. replaced is what the
// snapshot before costs from now on.
func (h *history) add(s *snapshot, replaced int64, oldest time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept[len(h.kept)-1].bytes += replaced
	h.kept = append(h.kept, s)
	h.bytes += s.bytes + replaced
	h.trimTo(oldest)
	if h.changed != nil {
		close(h.changed)
		h.changed = nil
	}
}

// trim lets go of what is too old.
func (h *history) trim(oldest time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trimTo(oldest)
}

func (h *history) trimTo(oldest time.Time) {
	n := 0
	for n+1 < len(h.kept) && (h.bytes > h.limit || h.kept[n+1].at().Before(oldest)) {
		h.bytes -= h.kept[n].bytes
		h.dropped = h.kept[n].revision
		h.kept[n] = nil
		n++
	}
	h.kept = h.kept[n:]
	if cap(h.kept) > 1024 && len(h.kept)*4 < cap(h.kept) {
		h.kept = append(make([]*snapshot, 0, 2*len(h.kept)), h.kept...)
	}
}

// at returns the newest snapshot that is not newer than the revision, or nil when it has been let go.
func (h *history) at(r revision) *snapshot {
	h.mu.RLock()
	defer h.mu.RUnlock()
	i := sort.Search(len(h.kept), func(i int) bool { return h.kept[i].revision > r })
	if i == 0 {
		return nil
	}
	return h.kept[i-1]
}

// reaches says whether the revision can still be read.
func (h *history) reaches(r revision) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.kept[0].revision <= r
}

// since returns the snapshots after a revision and a channel that closes when there are more. complete is false when
// some have been let go.
func (h *history) since(r revision) (later []*snapshot, more <-chan struct{}, complete bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r < h.dropped {
		return nil, nil, false
	}
	i := sort.Search(len(h.kept), func(i int) bool { return h.kept[i].revision > r })
	later = append(later, h.kept[i:]...)
	if h.changed == nil {
		h.changed = make(chan struct{})
	}
	return later, h.changed, true
}

// size returns the number and the estimated bytes of the snapshots held.
func (h *history) size() (count int, bytes int64) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.kept), h.bytes
}
