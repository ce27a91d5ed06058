package directory

import (
	"context"
	"errors"
	"hash/fnv"
	"sync"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// plansKept is how long plans are kept that have ended.
const plansKept = 90 * day

// settleEvery is how often the rules of directories that push are settled, and what is old is tidied away.
const settleEvery = time.Hour

// Work runs sources when they are due until ctx ends, each by itself: one that does not answer keeps no other waiting. Any
// number of processes may do so, since a source is run by one of them at a time.
func (e *Engine) Work(ctx context.Context) {
	ticker := time.NewTicker(e.pace.look)
	defer ticker.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	busy := &busySources{names: map[string]bool{}}
	for {
		e.look(ctx, busy, &running)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// busySources are those at which this process is at work.
type busySources struct {
	mu    sync.Mutex
	names map[string]bool
}

func (b *busySources) take(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.names[name] {
		return false
	}
	b.names[name] = true
	return true
}

func (b *busySources) drop(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.names, name)
}

// look begins what is due.
func (e *Engine) look(ctx context.Context, busy *busySources, running *sync.WaitGroup) {
	known, err := e.store.Directories(ctx)
	if err != nil {
		if ctx.Err() == nil {
			e.log.WarnContext(ctx, "the schedule of directories could not be read", "error", err)
		}
		return
	}
	directories := make(map[string]catalog.Directory, len(known))
	for _, d := range known {
		directories[d.Name] = d
	}
	e.observeAll(ctx, known)
	begin := func(name string, work func(context.Context) error) {
		if !busy.take(name) {
			return
		}
		running.Go(func() {
			defer busy.drop(name)
			e.logged(ctx, name, work(ctx))
		})
	}
	for name, f := range e.feeds {
		d := directories[name]
		if f.Source == nil || f.Interval <= 0 || d.Paused || d.Disabled || e.now().Before(due(f, d, e.now())) {
			continue
		}
		begin(name, func(ctx context.Context) error {
			_, _, err := e.Run(ctx, system(), name, Options{Trigger: TriggerSchedule})
			return err
		})
	}
	if e.tidyDue() {
		begin("", e.tidy)
		for name, d := range directories {
			if f := e.feeds[name]; f.Source == nil && settles(d.Kind) && !d.Paused && !d.Disabled {
				begin(name, func(ctx context.Context) error {
					_, err := e.SettleRules(ctx, system(), name)
					return err
				})
			}
		}
	}
}

// observeAll tells how directories stand, whichever process changed that.
func (e *Engine) observeAll(ctx context.Context, known []catalog.Directory) {
	waiting, err := e.store.SyncPlans(ctx, catalog.SyncPlanFilter{Statuses: []catalog.PlanStatus{catalog.PlanHeld}, Brief: true})
	held := map[string]bool{}
	for _, p := range waiting {
		held[p.Source] = true
	}
	for _, d := range known {
		if !d.SucceededAt.IsZero() {
			e.observe.Fresh(d.Name, d.SucceededAt, max(0, e.now().Sub(d.SucceededAt)))
		}
		if err == nil {
			e.observe.Held(d.Name, held[d.Name])
		}
	}
}

// logged says what went wrong, but for what is no fault: another process is at work, or somebody has paused the source. A
// run that failed has said so itself.
func (e *Engine) logged(ctx context.Context, source string, err error) {
	if err == nil || ctx.Err() != nil || errors.Is(err, catalog.ErrPaused) {
		return
	}
	e.log.DebugContext(ctx, "a scheduled run did not end well", "source", source, "kind", fault.KindOf(err).String(), "error", err)
}

// due is when a source is to be run next: an interval after the last attempt, and up to a tenth of it more, so that sources
// and processes that began together do not stay together. One that never ran is due at once, and so is one that ran at a
// time which is still to come, by more than clocks differ.
func due(f Feed, d catalog.Directory, now time.Time) time.Time {
	if d.AttemptedAt.IsZero() || d.AttemptedAt.After(now.Add(time.Minute)) {
		return time.Time{}
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(f.Name + d.AttemptedAt.UTC().Format(time.RFC3339Nano)))
	spread := f.Interval / 10
	if spread > 0 {
		spread = time.Duration(h.Sum64() % uint64(spread))
	}
	return d.AttemptedAt.Add(f.Interval + spread)
}

// tidyDue reports whether it is time to tidy, and that time begins anew.
func (e *Engine) tidyDue() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	if !e.lastTidy.IsZero() && now.Sub(e.lastTidy) < settleEvery && !now.Before(e.lastTidy) {
		return false
	}
	e.lastTidy = now
	return true
}

// tidy gives up pushes that nobody decides about, and forgets plans that ended long ago, and removals that no limit counts any more.
func (e *Engine) tidy(ctx context.Context) error {
	now := e.now()
	if err := e.expire(ctx); err != nil {
		return err
	}
	if _, err := e.store.PruneSyncPlans(ctx, now.Add(-plansKept)); err != nil {
		return err
	}
	return e.store.PruneRemovals(ctx, now.Add(-removalsKept))
}
