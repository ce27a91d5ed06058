package catalog

import (
	"cmp"
	"context"
	"slices"
)

// nesting is which groups are in which, both ways. What it has handed out stays as it was when it changes.
type nesting struct{ up, down map[string][]string }

func newNesting(all []GroupChild) *nesting {
	n := &nesting{up: map[string][]string{}, down: map[string][]string{}}
	for _, c := range all {
		n.up[c.ChildID] = append(n.up[c.ChildID], c.ParentID)
		n.down[c.ParentID] = append(n.down[c.ParentID], c.ChildID)
	}
	return n
}

// around returns groups and all that they are nested in; inside returns groups and all that are nested in them.
func (n *nesting) around(ids ...string) []string { return follow(ids, n.up) }
func (n *nesting) inside(ids ...string) []string { return follow(ids, n.down) }

func (n *nesting) put(c GroupChild) {
	n.drop(c)
	n.up[c.ChildID] = append(slices.Clip(n.up[c.ChildID]), c.ParentID)
	n.down[c.ParentID] = append(slices.Clip(n.down[c.ParentID]), c.ChildID)
}

func (n *nesting) drop(c GroupChild) {
	n.up[c.ChildID] = without(n.up[c.ChildID], c.ParentID)
	n.down[c.ParentID] = without(n.down[c.ParentID], c.ChildID)
}

// dropGroup drops a group out of all others, and all others out of it.
func (n *nesting) dropGroup(id string) {
	for _, parent := range n.up[id] {
		n.down[parent] = without(n.down[parent], id)
	}
	for _, child := range n.down[id] {
		n.up[child] = without(n.up[child], id)
	}
	delete(n.up, id)
	delete(n.down, id)
}

// without returns a list without an element; the list itself stays as it is.
func without(list []string, element string) []string {
	if !slices.Contains(list, element) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(e string) bool { return e == element })
}

// nestings returns which groups are in which. They are read once in a change.
func (c *Change) nestings(ctx context.Context) (*nesting, error) {
	if c.known.nesting == nil {
		all, err := c.Queries.GroupChildren(ctx)
		if err != nil {
			return nil, err
		}
		c.known.nesting = newNesting(all)
	}
	return c.known.nesting, nil
}

// GroupChildren returns every nesting. It stands in front of the store's method, as do the writes of nestings below.
func (c *Change) GroupChildren(ctx context.Context) ([]GroupChild, error) {
	n, err := c.nestings(ctx)
	if err != nil {
		return nil, err
	}
	var out []GroupChild
	for parent, children := range n.down {
		for _, child := range children {
			out = append(out, GroupChild{ParentID: parent, ChildID: child})
		}
	}
	slices.SortFunc(out, func(a, b GroupChild) int {
		return cmp.Or(cmp.Compare(a.ParentID, b.ParentID), cmp.Compare(a.ChildID, b.ChildID))
	})
	return out, nil
}

// PutGroupChild nests one group in another.
func (c *Change) PutGroupChild(ctx context.Context, n GroupChild) error {
	err := c.Queries.PutGroupChild(ctx, n)
	c.renest(err, func(known *nesting) { known.put(n) })
	return err
}

// DeleteGroupChild ends a nesting.
func (c *Change) DeleteGroupChild(ctx context.Context, n GroupChild) error {
	err := c.Queries.DeleteGroupChild(ctx, n)
	c.renest(err, func(known *nesting) { known.drop(n) })
	return err
}

// DeleteGroup removes a group and with it its nestings.
func (c *Change) DeleteGroup(ctx context.Context, id string) error {
	err := c.Queries.DeleteGroup(ctx, id)
	c.renest(err, func(known *nesting) { known.dropGroup(id) })
	return err
}

// renest changes what is known of nestings as a write has changed them, or forgets it where the write did not succeed.
func (c *Change) renest(err error, as func(known *nesting)) {
	if err != nil {
		c.known.nesting = nil
	}
	if c.known.nesting != nil {
		as(c.known.nesting)
	}
}
