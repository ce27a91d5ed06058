package treestore

import (
	"iter"
	"slices"
)

// set puts a row in the tree and returns the one it replaces, or nil. b is the row's own place.
func (e *edit) set(t *tree, b *bound, r *row) *row {
	if t.root == nil {
		t.root = e.own(&node{})
	}
	b.aim(t.order)
	root, right, old := e.setIn(t.order, t.root, b, slotOf(t.order, r))
	if right != nil {
		root = &node{edit: e.id, rows: []slot{root.rows[0], right.rows[0]}, kids: []*node{root, right}}
	}
	t.root = root
	if old == nil {
		t.len++
	}
	return old
}

// setIn does set below a node and returns the node, which may be a copy, and its new right neighbour if it was split.
func (e *edit) setIn(o *order, n *node, b *bound, r slot) (same, right *node, old *row) {
	n = e.own(n)
	if n.kids == nil {
		i := rowFor(o, n, b, 0)
		if i < len(n.rows) && b.place(o, &n.rows[i]) == 0 {
			old, n.rows[i] = n.rows[i].row, r
			return n, nil, old
		}
		share(n, i, r.row)
		n.rows = slices.Insert(n.rows, i, r)
		return n, e.split(n, i), nil
	}
	i := childFor(o, n, b, 0)
	kid, split, old := e.setIn(o, n.kids[i], b, r)
	n.kids[i] = kid
	if split != nil {
		n.rows = slices.Insert(n.rows, i+1, split.rows[0])
		n.kids = slices.Insert(n.kids, i+1, split)
		return n, e.split(n, i+1), old
	}
	return n, nil, old
}

// share makes a row that is about to stand at i use the id strings of its neighbours.
func share(n *node, i int, r *row) {
	for _, j := range [2]int{i - 1, i} {
		if j < 0 || j >= len(n.rows) {
			continue
		}
		for f := range r.ids {
			if r.ids[f] == n.rows[j].row.ids[f] {
				r.ids[f] = n.rows[j].row.ids[f]
			}
		}
	}
}

// split halves a node that has grown too large by an insertion at i. Rows that come in order fill the nodes they leave.
func (e *edit) split(n *node, i int) *node {
	if len(n.rows) <= fanout {
		return nil
	}
	at := len(n.rows) / 2
	if i == len(n.rows)-1 {
		at = i
	}
	right := &node{edit: e.id, rows: slices.Clone(n.rows[at:])}
	clear(n.rows[at:])
	n.rows = n.rows[:at]
	if n.kids != nil {
		right.kids = slices.Clone(n.kids[at:])
		clear(n.kids[at:])
		n.kids = n.kids[:at]
	}
	return right
}

// remove takes the row at a bound of full depth out of the tree and returns it, or nil if there is none.
func (e *edit) remove(t *tree, b *bound) *row {
	if t.get(b) == nil {
		return nil
	}
	root, old := e.removeIn(t.order, t.root, b)
	for len(root.kids) == 1 {
		root = root.kids[0]
	}
	if len(root.rows) == 0 {
		root = nil
	}
	t.root = root
	t.len--
	return old
}

// removeIn removes a row that is there.
func (e *edit) removeIn(o *order, n *node, b *bound) (*node, *row) {
	n = e.own(n)
	if n.kids == nil {
		i := rowFor(o, n, b, 0)
		old := n.rows[i].row
		n.rows = slices.Delete(n.rows, i, i+1)
		return n, old
	}
	i := childFor(o, n, b, 0)
	kid, old := e.removeIn(o, n.kids[i], b)
	n.kids[i] = kid
	switch {
	case len(kid.rows) == 0:
		n.rows = slices.Delete(n.rows, i, i+1)
		n.kids = slices.Delete(n.kids, i, i+1)
	case len(kid.rows) < sparse && i+1 < len(n.kids):
		e.join(n, i)
	case len(kid.rows) < sparse && i > 0:
		e.join(n, i-1)
	}
	return n, old
}

// join moves the rows of child i+1 into child i if that leaves room for more.
func (e *edit) join(n *node, i int) {
	right := n.kids[i+1]
	if len(n.kids[i].rows)+len(right.rows) > fanout-sparse {
		return
	}
	left := e.own(n.kids[i])
	end := len(left.rows)
	left.rows = append(left.rows, right.rows...)
	if left.kids != nil {
		left.rows[end] = n.rows[i+1] // its own first bounds nothing
		left.kids = append(left.kids, right.kids...)
	}
	n.kids[i] = left
	n.rows = slices.Delete(n.rows, i+1, i+2)
	n.kids = slices.Delete(n.kids, i+1, i+2)
}

// own returns a node that this edit may change: n itself or a copy.
func (e *edit) own(n *node) *node {
	if n.edit == e.id {
		return n
	}
	e.replaced += nodeBytes + slotBytes*int64(cap(n.rows)) + 8*int64(cap(n.kids))
	room := min(len(n.rows)+2, fanout+1)
	own := &node{edit: e.id, rows: append(make([]slot, 0, room), n.rows...)}
	if n.kids != nil {
		own.kids = append(make([]*node, 0, room), n.kids...)
	}
	return own
}

// part is a run of a longer list.
type part struct{ from, to int }

// parts cuts n things into runs of about the same length, at most most long.
func parts(n, most int) iter.Seq[part] {
	return func(yield func(part) bool) {
		count := (n + most - 1) / most
		for i := range count {
			if !yield(part{from: i * n / count, to: (i + 1) * n / count}) {
				return
			}
		}
	}
}
