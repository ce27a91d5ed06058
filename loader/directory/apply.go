package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// The bounds of one change. A group is done wholly in one, however many members it has.
const (
	maxPeople      = 500
	maxMemberships = 5000
	maxLinks       = 50
)

// apply does what the plan says, in changes of bounded size, and notes what became of it. Each change can be done again
// and leaves something that a later plan goes on from, so a run may end at any point. What the catalog refuses is left out
// and reported, and the rest goes on.
//
// Those who leave lose their access before anybody gains any: people are suspended first, and groups that somebody leaves
// come before those that are only joined.
func (r *run) apply(ctx context.Context, progress func(done, total int)) error {
	started := r.e.now()
	if progress == nil {
		progress = func(int, int) {}
	}
	a := &application{run: r, progress: progress, total: r.plan.size()}
	progress(0, a.total)
	if err := r.markApplying(ctx); err != nil {
		return err
	}
	err := a.all(ctx)
	r.report.ApplySeconds = r.e.now().Sub(started).Seconds()
	r.e.observe.Applied(r.feed.Name, a.done-len(r.report.Skipped), len(r.report.Skipped))
	if err == nil {
		return r.finish(ctx)
	}
	if ctx.Err() == nil { // otherwise the next run finds it applying, and nobody at work
		err = errors.Join(err, r.broken(ctx, err))
	}
	return err
}

// markApplying notes that the plan is being applied, so that a run that dies is known.
func (r *run) markApplying(ctx context.Context) error {
	if r.kept.ID == "" {
		return nil
	}
	return r.change(ctx, func(ctx context.Context, c *catalog.Change) error {
		now, err := c.SyncPlan(ctx, r.kept.ID)
		if err != nil {
			return err
		}
		if now.Status != catalog.PlanPlanned && now.Status != catalog.PlanApplying {
			return waitsNot(now)
		}
		now.Status = catalog.PlanApplying
		r.kept = now
		return c.UpdateSyncPlan(ctx, now)
	})
}

// finish notes that the plan is applied. Only a plan of which nothing was left out moves the place from which the next
// read goes on: what was left out must be read again.
func (r *run) finish(ctx context.Context) error {
	r.report.Outcome = OutcomeApplied
	if r.plan.Empty() {
		r.report.Outcome = OutcomeUnchanged
	}
	wholly := len(r.report.Skipped) == 0
	raw, err := json.Marshal(r.report)
	if err != nil {
		return err
	}
	r.e.step("finish")
	err = r.change(ctx, func(ctx context.Context, c *catalog.Change) error {
		d, err := c.Directory(ctx, r.feed.Name)
		if err != nil {
			return err
		}
		now := r.e.now()
		d.Failure = ""
		if wholly && r.readAll() {
			d.SucceededAt, d.Cursor = now, r.kept.Cursor
			if r.kept.Full && (!r.first || !r.plan.Empty()) { // who says nothing has nobody look at what it says first
				d.FullAt = now
			}
		}
		if !r.plan.Empty() {
			r.e.audit(c, actApplied, r, "")
		}
		if err := c.PutDirectory(ctx, d); err != nil || r.kept.ID == "" {
			return err
		}
		kept := r.kept
		kept.Status, kept.Report, kept.FinishedAt = catalog.PlanApplied, string(raw), now
		return c.UpdateSyncPlan(ctx, kept)
	})
	if err != nil {
		return err
	}
	r.kept.Status = catalog.PlanApplied
	r.succeeded(ctx, wholly)
	return nil
}

// readAll reports whether the plan was made of all that the source had to say then.
func (r *run) readAll() bool {
	return r.kept.Trigger != TriggerGroup && r.kept.Trigger != TriggerRules && r.kept.Trigger != TriggerPush
}

func (r *run) succeeded(ctx context.Context, wholly bool) {
	r.e.recovered(r.feed.Name)
	r.e.observe.Held(r.feed.Name, false)
	r.e.observe.Drift(r.feed.Name, len(r.report.Skipped))
	if wholly && r.readAll() {
		r.e.observe.Fresh(r.feed.Name, r.e.now(), 0)
	}
	if r.plan.Empty() {
		return
	}
	r.e.log.InfoContext(ctx, "a directory is synchronized", "source", r.feed.Name, "plan", r.kept.ID, "changes", r.plan.size(), "skipped", len(r.report.Skipped))
	if !r.repeat {
		r.tell(EventApplied, "a plan is applied")
	}
}

// broken notes that a plan was applied in part.
func (r *run) broken(ctx context.Context, why error) error {
	if r.kept.ID == "" {
		return nil
	}
	r.report.Outcome, r.report.Error = OutcomeFailed, reasonOf(why)
	raw, err := json.Marshal(r.report)
	if err != nil {
		return err
	}
	kept := r.kept
	kept.Status, kept.Error, kept.Report, kept.FinishedAt = catalog.PlanFailed, r.report.Error, string(raw), r.e.now()
	return r.e.store.UpdateSyncPlan(ctx, kept)
}

// application is a plan in the making.
type application struct {
	*run
	progress    func(done, total int)
	done, total int
}

// all does the whole plan.
func (a *application) all(ctx context.Context) error {
	steps := []func(context.Context) error{
		func(ctx context.Context) error { return a.peopleOf(ctx, maxPeople, OpUpdate) },
		func(ctx context.Context) error { return a.peopleOf(ctx, 1, OpSuspend, OpDelete) },
		a.unlink,
		func(ctx context.Context) error { return a.peopleOf(ctx, maxPeople, OpCreate, OpRestore) },
		a.allGroups,
		a.link,
		func(ctx context.Context) error { return a.peopleOf(ctx, maxPeople, OpRelease) },
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// batches does items in changes of at most a weight, each item wholly in one. Where the catalog refuses a change, it is
// done in halves until it is known which item it refuses: that one is left out.
func batches[T any](ctx context.Context, a *application, items []T, most int, weight func(T) int, do func(ctx context.Context, h *hand, part []T) error, skip func(T, string) Skip) error {
	for len(items) > 0 {
		n, sum := 0, 0
		for n < len(items) && (n == 0 || sum+weight(items[n]) <= most) {
			sum += weight(items[n])
			n++
		}
		if err := batch(ctx, a, items[:n], do, skip); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

func batch[T any](ctx context.Context, a *application, part []T, do func(ctx context.Context, h *hand, part []T) error, skip func(T, string) Skip) error {
	if err := a.confirm(ctx); err != nil {
		return err
	}
	a.e.step("batch")
	var done *hand
	err := a.change(ctx, func(ctx context.Context, c *catalog.Change) error {
		done = newHand(a.run, c) // afresh, since a change may run twice
		if err := do(ctx, done, part); err != nil {
			return err
		}
		return done.noteRemovals(ctx)
	})
	switch {
	case err == nil:
		a.report.add(done)
	case !refusal(err):
		return err
	case len(part) == 1:
		a.report.Skipped = append(a.report.Skipped, skip(part[0], reasonOf(err)))
	default:
		half := len(part) / 2
		if err := batch(ctx, a, part[:half], do, skip); err != nil {
			return err
		}
		return batch(ctx, a, part[half:], do, skip)
	}
	a.done += len(part)
	a.progress(a.done, a.total)
	return nil
}

// refusal reports whether the catalog refuses what it was asked, rather than not being able to do anything now.
func refusal(err error) bool {
	if errors.Is(err, catalog.ErrPaused) || errors.Is(err, errLeaseLost) {
		return false
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict, fault.NotFound, fault.Stale:
		return true
	case fault.Internal, fault.Unauthenticated, fault.Denied, fault.Limited, fault.Unavailable:
	}
	return false
}

// hand does the parts of a plan inside of one change.
type hand struct {
	*run
	c      *catalog.Change
	counts map[string]int
	taken  Toll
	skips  []Skip
	strict bool // what cannot be done is an error, not left out
}

func newHand(r *run, c *catalog.Change) *hand {
	return &hand{run: r, c: c, counts: map[string]int{}}
}

// skip leaves something out.
func (h *hand) skip(s Skip) error {
	if h.strict {
		return fault.New(fault.Stale, "%s %s: %s", s.What, cmp.Or(s.Name, s.ID), s.Reason)
	}
	h.skips = append(h.skips, s)
	return nil
}

// noteRemovals keeps what the change takes away, for the limits of a day: in the change itself, so that neither goes
// without the other.
func (h *hand) noteRemovals(ctx context.Context) error {
	if h.taken.Memberships+h.taken.People+h.taken.Groups == 0 {
		return nil
	}
	return h.c.InsertRemoval(ctx, catalog.Removal{
		Source: h.feed.Name, At: h.e.now(), Memberships: h.taken.Memberships, People: h.taken.People, Groups: h.taken.Groups, PlanID: h.kept.ID,
	})
}

// confirm is that of no lease where a run has none.
func (a *application) confirm(ctx context.Context) error {
	if a.lease == nil {
		return nil
	}
	return a.lease.confirm(ctx)
}
