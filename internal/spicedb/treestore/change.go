package treestore

import (
	"cmp"
	"slices"
)

// bytes a snapshot costs by itself, and each change in it; rough figures from what the types hold.
const (
	snapshotBytes = 512
	changeBytes   = 32
)

// net returns the writes of the transaction with those of one key made one, in the order of the resource tree.
func (t *transaction) net() []write {
	text := t.now.names.text
	key := func(w write) *row {
		if w.after != nil {
			return w.after
		}
		return w.before
	}
	compare := func(a, b write) int { return byResource.compare(text, key(a), key(b)) }
	if !slices.IsSortedFunc(t.writes, compare) {
		slices.SortFunc(t.writes, func(a, b write) int { return cmp.Or(compare(a, b), cmp.Compare(a.turn, b.turn)) })
	}
	out := t.writes[:0]
	for _, w := range t.writes {
		if n := len(out); n > 0 && compare(out[n-1], w) == 0 {
			out[n-1].after = w.after
			if w.after == nil && out[n-1].before == nil {
				out = out[:n-1]
			}
			continue
		}
		out = append(out, w)
	}
	return out
}

// log notes the net changes for those who watch, and what it costs to keep them.
func (s *snapshot) log(net []write) {
	s.bytes = snapshotBytes
	if s.redefined != nil {
		s.bytes += s.redefined.bytes
	}
	if s.seeded || len(net) == 0 {
		return
	}
	s.changes = make([]change, 0, len(net))
	for _, w := range net {
		switch {
		case w.after == nil:
			s.changes = append(s.changes, change{row: w.before, deleted: true})
		case w.before == nil || !w.before.same(w.after):
			s.changes = append(s.changes, change{row: w.after})
		}
		if w.before != nil {
			s.bytes += rowBytes + int64(len(w.before.ids[0])+len(w.before.ids[1]))
		}
	}
	s.bytes += changeBytes * int64(len(s.changes))
}

// public returns the changes in the words of this package's readers.
func (s *snapshot) public() []Change {
	if len(s.changes) == 0 {
		return nil
	}
	out := make([]Change, 0, len(s.changes))
	for _, c := range s.changes {
		out = append(out, Change{Row: c.row.public(s.names.text), Deleted: c.deleted})
	}
	return out
}
