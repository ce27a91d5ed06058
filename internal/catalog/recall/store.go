package recall

import (
	"context"
	"hash/maphash"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const (
	defaultBytes = 64 << 20
	// entryBits bounds the number of rows in memory, to 131,072.
	entryBits = 17
)

// Deps are what a Store is made of. Store is required; with nothing else, memory is never used.
type Deps struct {
	Store catalog.Store
	// Alone says that nobody but this Store writes to the database: then memory answers every lookup.
	Alone bool
	// Staleness is how old an answer from memory may be where others write too; 0 keeps nothing. Needs Now.
	Staleness time.Duration
	Now       func() time.Time
	Bytes     int64                 // memory for rows, roughly; 0 means 64 MiB
	OnLookup  func(remembered bool) // told of every lookup that memory may answer; nil: nobody is
}

// Store is a catalog.Store that remembers rows.
type Store struct {
	writes
	next      catalog.Store
	alone     bool
	staleness time.Duration
	now       func() time.Time
	told      func(remembered bool)
	rows      *table
	changes   *ledgers
}

var _ catalog.Store = (*Store)(nil)

// New returns a Store over another one. Closing it closes the other.
func New(d Deps) *Store {
	s := &Store{next: d.Store, alone: d.Alone, staleness: d.Staleness, now: d.Now, told: d.OnLookup, changes: &ledgers{seed: maphash.MakeSeed()}}
	s.writes = writes{Queries: d.Store, around: s.write}
	if s.now == nil {
		s.staleness = 0
	}
	if s.told == nil {
		s.told = func(bool) {}
	}
	if d.Bytes == 0 {
		d.Bytes = defaultBytes
	}
	s.rows = newTable(entryBits, d.Bytes)
	return s
}

// write does one write outside transactions, which commits by itself.
func (s *Store) write(do func() error, touched ...touch) error {
	defer s.changes.begin(touched)()
	return do()
}

// InTx runs fn in one transaction. Its lookups go to the database.
func (s *Store) InTx(ctx context.Context, fn func(catalog.Queries) error) error {
	ended := func() {}
	defer func() { ended() }() // whatever became of the commit
	return s.next.InTx(ctx, func(q catalog.Queries) error {
		var touched []touch
		w := writes{Queries: q, around: func(do func() error, t ...touch) error {
			touched = append(touched, t...)
			return do()
		}}
		if err := fn(w); err != nil {
			return err // nothing will be committed
		}
		ended = s.changes.begin(touched)
		return nil
	})
}

// Exclusive runs fn while no other writer is inside Exclusive.
func (s *Store) Exclusive(ctx context.Context, fn func(context.Context) error) error {
	return s.next.Exclusive(ctx, fn)
}

// Ready returns nil when the database answers right now, whatever is in memory.
func (s *Store) Ready(ctx context.Context) error { return s.next.Ready(ctx) }

// Close frees the database.
func (s *Store) Close() error { return s.next.Close() }
