package treestore

// depth bounds the height of a tree; with a few rows in each node it is never reached.
const maxHeight = 16

// cursor walks a tree in order. The tree it walks must not be edited meanwhile; a copy of its value may be.
type cursor struct {
	order  *order
	path   [maxHeight]step // from the root to a leaf
	height int             // 0 when at the end
}

type step struct {
	node *node
	at   int
}

// seek moves to the first row not before the bound.
func (c *cursor) seek(t *tree, b *bound) {
	c.order = t.order
	c.height = 0
	if t.root == nil {
		return
	}
	b.aim(t.order)
	c.path[0] = step{node: t.root}
	c.descend(0, b)
}

// forward does seek for a bound that is not before the current row.
func (c *cursor) forward(b *bound) {
	if c.height == 0 {
		return
	}
	b.aim(c.order)
	level := c.height - 1
	if leaf := c.path[level].node; b.place(c.order, &leaf.rows[len(leaf.rows)-1]) < 0 {
		for level > 0 && !c.within(level, b) {
			level--
		}
	}
	c.descend(level, b)
}

// within says whether the bound is known to lie before the next node on the level.
func (c *cursor) within(level int, b *bound) bool {
	above := &c.path[level-1]
	return above.at+1 < len(above.node.rows) && b.place(c.order, &above.node.rows[above.at+1]) > 0
}

// descend goes down from a node on the path, in which the bound lies at or after the current place.
func (c *cursor) descend(level int, b *bound) {
	s := &c.path[level]
	for s.node.kids != nil {
		s.at = childFor(c.order, s.node, b, s.at)
		level++
		c.path[level] = step{node: s.node.kids[s.at]}
		s = &c.path[level]
	}
	s.at = rowFor(c.order, s.node, b, s.at)
	c.height = level + 1
	if s.at == len(s.node.rows) {
		c.nextLeaf()
	}
}

// row returns the current row, nil at the end.
func (c *cursor) row() *row {
	if c.height == 0 {
		return nil
	}
	s := &c.path[c.height-1]
	return s.node.rows[s.at].row
}

// next moves to the next row.
func (c *cursor) next() {
	s := &c.path[c.height-1]
	if s.at++; s.at == len(s.node.rows) {
		c.nextLeaf()
	}
}

func (c *cursor) nextLeaf() {
	height := c.height
	level := height - 2
	for level >= 0 && c.path[level].at+1 == len(c.path[level].node.kids) {
		level--
	}
	if level < 0 {
		c.height = 0
		return
	}
	c.path[level].at++
	for ; level+1 < height; level++ {
		s := c.path[level]
		c.path[level+1] = step{node: s.node.kids[s.at]}
	}
}
