package treestore

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// walkAll returns the rows of a tree as a walk finds them.
func walkAll(t *tree, text []string) []string {
	out := []string{}
	var c cursor
	c.seek(t, &bound{text: text, edge: 1})
	for r := c.row(); r != nil; r = c.row() {
		out = append(out, r.ids[0])
		c.next()
	}
	return out
}

// sound checks the bounds, sizes and heights of all nodes.
func sound(t failer, o *order, text []string, n *node, from, to *row) (height int) {
	if len(n.rows) == 0 || len(n.rows) > fanout || (n.kids != nil && len(n.kids) != len(n.rows)) {
		t.Fatalf("a node has %d rows and %d children", len(n.rows), len(n.kids))
	}
	if n.kids == nil {
		for _, s := range n.rows {
			r := s.row
			if (from != nil && o.compare(text, r, from) < 0) || (to != nil && o.compare(text, r, to) >= 0) {
				t.Fatalf("row %v is outside the bounds of its leaf", r.ids)
			}
		}
		return 1
	}
	for i, kid := range n.kids {
		low, high := from, to
		if i > 0 {
			low = n.rows[i].row
		}
		if i+1 < len(n.rows) {
			high = n.rows[i+1].row
		}
		h := sound(t, o, text, kid, low, high)
		if i > 0 && h != height {
			t.Fatalf("children of heights %d and %d", height, h)
		}
		height = h
	}
	return height + 1
}

// TestTree compares a tree with a sorted set through many edits, and checks that copies from before do not change.
func TestTree(t *testing.T) {
	t.Parallel()
	text := []string{"..."}
	rapid.Check(t, func(rt *rapid.T) {
		model := map[string]bool{}
		space := rapid.SampledFrom([]int{50, 1000, 100_000}).Draw(rt, "space")
		start := rapid.IntRange(0, 3000).Draw(rt, "built with")
		var rows []*row
		for i := range start {
			id := fmt.Sprintf("%06d", i*3)
			model[id] = true
			rows = append(rows, &row{ids: [2]string{id, ""}})
		}
		tr := build(byResource, rows)
		e := edit{id: 1}
		var old tree
		var was []string
		for range rapid.IntRange(1, 30).Draw(rt, "edits") {
			if rapid.IntRange(0, 3).Draw(rt, "copy") == 0 {
				old, was = tr, walkAll(&tr, text)
				e.id++
			}
			from, n := rapid.IntRange(0, space-1).Draw(rt, "from"), rapid.IntRange(1, 400).Draw(rt, "rows")
			step := rapid.SampledFrom([]int{1, -1, 7, 613}).Draw(rt, "step")
			add := rapid.Bool().Draw(rt, "add")
			for i := range n {
				r := &row{ids: [2]string{fmt.Sprintf("%06d", ((from+i*step)%space+space)%space), ""}}
				b := boundOf(text, r)
				if add {
					e.set(&tr, &b, r)
					model[r.ids[0]] = true
				} else {
					if got := e.remove(&tr, &b) != nil; got != model[r.ids[0]] {
						rt.Fatalf("remove found %s: %v", r.ids[0], got)
					}
					delete(model, r.ids[0])
				}
			}
		}
		want := slices.AppendSeq([]string{}, maps.Keys(model))
		slices.Sort(want)
		if diff := cmp.Diff(want, walkAll(&tr, text)); diff != "" || tr.len != len(want) {
			rt.Fatalf("%d rows, said to be %d (-want +got):\n%s", len(want), tr.len, diff)
		}
		if old.order != nil && !slices.Equal(was, walkAll(&old, text)) {
			rt.Fatalf("an older copy changed")
		}
		if tr.root != nil {
			sound(rt, byResource, text, tr.root, nil, nil)
		}
		leapThrough(rt, &tr, text, want, space)
	})
}

// TestTreeOfGaps empties stretches of a tree and fills them again thinly, so that nodes are dropped and joined on all
// levels.
func TestTreeOfGaps(t *testing.T) {
	t.Parallel()
	const space = 40_000
	text := []string{"..."}
	random := rand.New(rand.NewPCG(10, 11))
	at := func(i int) *row { return &row{ids: [2]string{fmt.Sprintf("%06d", i), ""}} }
	var rows []*row
	present := make([]bool, space)
	for i := range space {
		rows = append(rows, at(i))
		present[i] = true
	}
	tr := build(byResource, rows)
	e := edit{id: 1}
	for round := range 300 {
		from, n := random.IntN(space), random.IntN(6000)
		for i := from; i < min(from+n, space); i++ {
			b := boundOf(text, at(i))
			e.remove(&tr, &b)
			present[i] = false
		}
		for range random.IntN(60) {
			i := random.IntN(space)
			if random.IntN(4) > 0 {
				i = min(from+random.IntN(n+1), space-1)
			}
			b := boundOf(text, at(i))
			e.set(&tr, &b, at(i))
			present[i] = true
		}
		if tr.root != nil {
			sound(t, byResource, text, tr.root, nil, nil)
		}
		want := []string{}
		for i, p := range present {
			if p {
				want = append(want, fmt.Sprintf("%06d", i))
			}
		}
		if got := walkAll(&tr, text); !slices.Equal(want, got) || tr.len != len(want) {
			t.Fatalf("round %d: %d rows, said to be %d, want %d", round, len(got), tr.len, len(want))
		}
		if len(want) < space/10 { // begin again
			tr = build(byResource, rows)
			for i := range present {
				present[i] = true
			}
		}
	}
}

// leapThrough moves a cursor forward to random places and compares with a search of the list.
func leapThrough(t *rapid.T, tr *tree, text, want []string, space int) {
	var c cursor
	at := 0
	c.seek(tr, &bound{text: text, edge: 1})
	for range 20 {
		at += rapid.IntRange(0, 1+space/10).Draw(t, "leap")
		id := fmt.Sprintf("%06d", at)
		b := bound{text: text, depth: 2, edge: rapid.SampledFrom([]int{-1, 1}).Draw(t, "edge"), ids: [2]string{id, ""}}
		if b.edge < 0 {
			at++ // beyond the rows of this id
		}
		b.names[resourceType] = name{text: text[0]}
		c.forward(&b)
		i, _ := slices.BinarySearchFunc(want, fmt.Sprintf("%06d", at), strings.Compare)
		switch r := c.row(); {
		case r == nil && i < len(want):
			t.Fatalf("leap to %d ended before %s", at, want[i])
		case r != nil && (i == len(want) || r.ids[0] != want[i]):
			t.Fatalf("leap to %d found %s", at, r.ids[0])
		}
	}
}
