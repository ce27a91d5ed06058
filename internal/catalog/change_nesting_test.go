package catalog_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// counted counts how often nestings are read.
type counted struct {
	catalog.Queries
	reads *int
}

func (q counted) GroupChildren(ctx context.Context) ([]catalog.GroupChild, error) {
	*q.reads++
	return q.Queries.GroupChildren(ctx)
}

// TestNestingsAreReadOnceInAChange, and what is known of them is what the store has, whatever the change does to them.
func TestNestingsAreReadOnceInAChange(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	reads := 0
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		store := c.Queries
		c.Queries, reads = counted{c.Queries, &reads}, 0
		var ids []string
		for i := range 12 {
			g, err := c.CreateGroup(ctx, catalog.Group{Source: "corp", ExternalID: fmt.Sprint(i), DisplayName: fmt.Sprint(i)})
			if err != nil {
				return err
			}
			ids = append(ids, g.ID)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		loops := 0
		for step := range 200 {
			var add, remove []string
			for _, id := range ids[1:] {
				switch rng.IntN(8) {
				case 0:
					add = append(add, id)
				case 1, 2:
					remove = append(remove, id)
				}
			}
			err := c.NestGroups(ctx, ids[rng.IntN(len(ids))], add, remove)
			if fault.Is(err, fault.Invalid) {
				loops++
			} else if err != nil {
				return err
			}
			if step%50 == 49 {
				if err := c.RemoveGroup(ctx, ids[len(ids)-1]); err != nil {
					return err
				}
				ids = ids[:len(ids)-1]
			}
			known, err := c.GroupChildren(ctx)
			if err != nil {
				return err
			}
			have, err := store.GroupChildren(ctx)
			if err != nil {
				return err
			}
			slices.SortFunc(have, func(a, b catalog.GroupChild) int {
				return cmp.Or(cmp.Compare(a.ParentID, b.ParentID), cmp.Compare(a.ChildID, b.ChildID))
			})
			if !slices.Equal(known, have) {
				t.Fatalf("after step %d the change knows %v, and the store has %v", step, known, have)
			}
		}
		if loops == 0 || loops == 200 {
			t.Errorf("%d of 200 nestings would have made a group contain itself", loops)
		}
		return nil
	})
	if reads != 1 {
		t.Errorf("nestings were read %d times", reads)
	}
	noDrift(t, b)
}
