package recall

import (
	"hash/maphash"
	"sync/atomic"
)

// markCount is over how many marks the ids of a noun are spread. Rows that share one are forgotten together.
const markCount = 1024

// ledger tells which rows of one noun are still what they were when they were read. A change looks for nothing in
// memory: it moves the row's mark, and whatever carries an older stamp is no answer any more, under whichever key.
//
// Marks move before the commit, so that nobody finds the old row in memory after somebody saw the new one in the
// database. Until the commit has ended others may still read the old row; what they read is not kept, nor is what
// was being read when it ended.
type ledger struct {
	commits atomic.Int64  // under way
	epoch   atomic.Uint64 // moves when a commit begins and when it ends
	all     atomic.Uint64 // the mark of every row
	marks   [markCount]atomic.Uint64
}

// ledgers are those of all nouns.
type ledgers struct {
	seed maphash.Seed
	of   [nounCount]ledger
}

// begin announces a commit and returns what to call when it has ended, in whatever way.
func (l *ledgers) begin(touched []touch) (end func()) {
	for _, t := range touched {
		changed := &l.of[t.noun]
		changed.commits.Add(1)
		changed.epoch.Add(1)
		if t.id == "" {
			changed.all.Add(1)
		} else {
			l.mark(t.noun, t.id).Add(1)
		}
	}
	return func() {
		for _, t := range touched {
			l.of[t.noun].epoch.Add(1) // first: a reader who sees no commit under way must see that there was one
			l.of[t.noun].commits.Add(-1)
		}
	}
}

func (l *ledgers) mark(n noun, id string) *atomic.Uint64 {
	return &l.of[n].marks[maphash.String(l.seed, id)%markCount]
}

// stamp is the state of a row when it was read. Both marks only grow, so their sum is the same only while both are.
type stamp struct {
	mark, all *atomic.Uint64
	sum       uint64
}

func (s stamp) valid() bool { return s.mark.Load()+s.all.Load() == s.sum }

// epoch is taken before a row is read.
func (l *ledgers) epoch(n noun) uint64 { return l.of[n].epoch.Load() }

// stamp returns the stamp of a row that was read since an epoch; false when it may have changed meanwhile. The marks
// are read first: if they have moved already, so has the epoch.
func (l *ledgers) stamp(n noun, id string, since uint64) (stamp, bool) {
	changed := &l.of[n]
	s := stamp{mark: l.mark(n, id), all: &changed.all}
	s.sum = s.mark.Load() + s.all.Load()
	return s, changed.commits.Load() == 0 && changed.epoch.Load() == since
}
