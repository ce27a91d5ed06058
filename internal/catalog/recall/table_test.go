package recall

import (
	"strconv"
	"testing"
)

// kept returns an entry that nothing outdates.
func kept(l *ledgers, id string) *entry {
	s, _ := l.stamp(users, id, l.epoch(users))
	return &entry{key: key{noun: users, text: id}, stamp: s, bytes: 10}
}

func TestTableIsBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ limit, most int64 }{
		"by places": {1 << 20, 64}, "by bytes": {200, 20}, "by bytes, of one entry": {10, 1}, "by less than an entry": {9, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, table := &ledgers{}, newTable(6, test.limit)
			l.seed = table.seed
			for i := range 1000 {
				table.put(kept(l, strconv.Itoa(i)))
				table.put(kept(l, strconv.Itoa(i/2))) // some are there already
			}
			var there, bytes int64
			for i := range table.places {
				if e := table.places[i].Load(); e != nil {
					there++
					bytes += e.bytes
				}
			}
			if there > test.most || there < test.most/2 {
				t.Errorf("%d entries, want about %d", there, test.most)
			}
			if bytes != table.bytes.Load() || bytes > test.limit {
				t.Errorf("%d bytes, counted as %d, at most %d", bytes, table.bytes.Load(), test.limit)
			}
		})
	}
}

func TestWhatIsUsedStays(t *testing.T) {
	t.Parallel()
	table := newTable(2, 1<<20) // one set
	l := &ledgers{seed: table.seed}
	for i := range 1000 {
		table.put(kept(l, "often"))
		if table.get(key{noun: users, text: "often"}) == nil {
			t.Fatal("what was put is not there")
		}
		table.put(kept(l, strconv.Itoa(i)))
		if table.get(key{noun: users, text: "often"}) == nil {
			t.Fatal("what is used gave way to what is not")
		}
	}
}

func TestWhatIsOutdatedGoesFirst(t *testing.T) {
	t.Parallel()
	table := newTable(2, 1<<20)
	l := &ledgers{seed: table.seed}
	for _, id := range []string{"a", "b", "c", "d"} {
		table.put(kept(l, id))
	}
	l.begin([]touch{{users, "c"}})()
	table.put(kept(l, "e"))
	for id, there := range map[string]bool{"a": true, "b": true, "c": false, "d": true, "e": true} {
		if e := table.get(key{noun: users, text: id}); (e != nil) != there {
			t.Errorf("%s is there: %v, want %v", id, e != nil, there)
		}
	}
}
