package directory

import (
	"context"
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// Start makes the directories of the configuration known, with the trust it gives them, before anybody pushes to one or
// signs in through one.
func (e *Engine) Start(ctx context.Context) error {
	if len(e.feeds) == 0 {
		return nil
	}
	_, err := e.svc.Directory(ctx, system(), func(ctx context.Context, c *catalog.Change) error {
		for _, name := range slices.Sorted(maps.Keys(e.feeds)) {
			if err := c.EnsureDirectory(ctx, e.feeds[name].directory()); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// GroupsMade makes teams follow groups that a login has made, by the rules, so that the person need not wait for the
// schedule.
func (e *Engine) GroupsMade(ctx context.Context, source string) {
	_, err := e.SettleRules(ctx, system(), source)
	e.logged(ctx, source, err)
}
