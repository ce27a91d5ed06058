package recall

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// key is what a row is looked up by: its id, or its name, inside an organization where names belong to one.
type key struct {
	noun         noun
	named        bool
	organization string
	text         string
}

// entry is a row under one key. It never changes once it is in the table.
type entry struct {
	key
	stamp stamp
	since time.Time // when reading began; zero where age does not matter
	row   any
	bytes int64
	used  atomic.Bool // since it was last passed over
}

// ways is in how many places of the table a key may be.
const ways = 4

// table holds entries, at most as many as it has places and roughly as many bytes as it was given. Readers take no
// lock. A full set gives up an entry that was not used lately.
type table struct {
	seed   maphash.Seed
	places []atomic.Pointer[entry]
	limit  int64
	bytes  atomic.Int64
	hand   atomic.Uint64 // where the next entry is dropped when there are too many bytes
}

// newTable returns an empty table of 2^bits places.
func newTable(bits int, limit int64) *table {
	return &table{seed: maphash.MakeSeed(), places: make([]atomic.Pointer[entry], 1<<bits), limit: limit}
}

// set returns the places a key may be in.
func (t *table) set(k key) []atomic.Pointer[entry] {
	h := maphash.String(t.seed, k.text)
	if k.organization != "" {
		h = h*31 + maphash.String(t.seed, k.organization)
	}
	first := h % uint64(len(t.places)/ways) * ways
	return t.places[first : first+ways]
}

// get returns the entry of a key that still counts, nil when there is none.
func (t *table) get(k key) *entry {
	set := t.set(k)
	for i := range set {
		if e := set[i].Load(); e != nil && e.key == k && e.stamp.valid() {
			if !e.used.Load() {
				e.used.Store(true)
			}
			return e
		}
	}
	return nil
}

// put keeps an entry, over the one of the same key or one that has to go.
func (t *table) put(e *entry) {
	if e.bytes > t.limit {
		return
	}
	set := t.set(e.key)
	t.swap(&set[victim(set, e.key)], e)
	for dropped := 0; t.bytes.Load() > t.limit && dropped < len(t.places); dropped++ {
		t.swap(&t.places[t.hand.Add(1)%uint64(len(t.places))], nil)
	}
}

func (t *table) swap(place *atomic.Pointer[entry], e *entry) {
	var change int64
	if e != nil {
		change = e.bytes
	}
	if old := place.Swap(e); old != nil {
		change -= old.bytes
	}
	t.bytes.Add(change)
}

// victim returns the place for a key: where it is already, else one that is free or out of date, else the first that
// was not used since this last passed over it.
func victim(set []atomic.Pointer[entry], k key) int {
	free := -1
	for i := range set {
		e := set[i].Load()
		if e != nil && e.key == k {
			return i
		}
		if free < 0 && (e == nil || !e.stamp.valid()) {
			free = i
		}
	}
	if free >= 0 {
		return free
	}
	for i := range set {
		if e := set[i].Load(); e == nil || !e.used.Swap(false) {
			return i
		}
	}
	return 0
}
