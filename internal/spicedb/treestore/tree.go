package treestore

import "slices"

// fanout is how many rows a leaf holds, and how many children an inner node has, before it is split.
const fanout = 32

// sparse is the size below which a node is joined to a neighbour, if both fit in one.
const sparse = fanout / 4

// node is a leaf with rows in order, or an inner node. rows[i] of an inner node is not above any row below kids[i] and
// above all rows below kids[i-1]; rows[0] bounds nothing.
type node struct {
	edit uint64 // the edit that may change the node; to all others it is fixed
	rows []slot
	kids []*node // nil in a leaf
}

// slot is a row in a node.
type slot struct {
	digest uint64
	row    *row
}

// nodeBytes is the memory of a node without its slices.
const nodeBytes = 64

const slotBytes = 16

// tree is a copy-on-write B+ tree of rows in one order. Copying the value is copying the tree.
type tree struct {
	order *order
	root  *node // nil when empty
	len   int
}

// edit is a series of changes to trees by one writer. Nodes made in it are changed in place.
type edit struct {
	id       uint64
	replaced int64 // bytes of the nodes that older trees still have and newer ones have not
}

// get returns the row with the key of a bound of full depth, or nil.
func (t *tree) get(b *bound) *row {
	n := t.root
	if n == nil {
		return nil
	}
	b.aim(t.order)
	for n.kids != nil {
		n = n.kids[childFor(t.order, n, b, 0)]
	}
	if i := rowFor(t.order, n, b, 0); i < len(n.rows) && b.place(t.order, &n.rows[i]) == 0 {
		return n.rows[i].row
	}
	return nil
}

// childFor returns the child of an inner node in which the bound lies, known to be none before from.
func childFor(o *order, n *node, b *bound, from int) int {
	low, high := from+1, len(n.rows)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if b.place(o, &n.rows[mid]) > 0 {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low - 1
}

// rowFor returns the first row of a leaf that is not before the bound, known to be none before from.
func rowFor(o *order, n *node, b *bound, from int) int {
	low, high := from, len(n.rows)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if b.place(o, &n.rows[mid]) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// build makes a tree of rows in order. The nodes belong to no edit and are not quite full, so that the first changes
// do not split them all.
func build(o *order, rows []*row) tree {
	const full = fanout - fanout/8
	level := make([]*node, 0, len(rows)/full+1)
	for part := range parts(len(rows), full) {
		leaf := &node{rows: make([]slot, 0, part.to-part.from)}
		for _, r := range rows[part.from:part.to] {
			leaf.rows = append(leaf.rows, slotOf(o, r))
		}
		level = append(level, leaf)
	}
	for len(level) > 1 {
		above := make([]*node, 0, len(level)/full+1)
		for part := range parts(len(level), full) {
			n := &node{kids: slices.Clone(level[part.from:part.to]), rows: make([]slot, 0, part.to-part.from)}
			for _, kid := range n.kids {
				n.rows = append(n.rows, kid.rows[0])
			}
			above = append(above, n)
		}
		level = above
	}
	t := tree{order: o, len: len(rows)}
	if len(level) == 1 {
		t.root = level[0]
	}
	return t
}
