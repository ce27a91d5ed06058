package directory

import (
	"context"
	"encoding/json"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// Apply applies a plan that is kept and that nothing holds, if that is its digest. Scope sync, or platform.manage_users.
//
// Fault: Conflict for a plan that a guard holds, naming it, that is superseded or decided about, or whose source is paused
// or at work; Stale for another digest.
func (e *Engine) Apply(ctx context.Context, p catalog.Principal, planID, digest string, progress func(done, total int)) (Report, error) {
	if err := e.mayRun(ctx, forSync(p)); err != nil {
		return Report{}, err
	}
	return e.carryOut(ctx, forSync(p), planID, digest, nil, progress)
}

// Approve applies a plan that a guard holds, just as it is kept. It takes platform.manage_users of the principal himself,
// whatever scopes his token has, and platform.administer where the source may make site admins or end them.
//
// Faults as Apply; Conflict for a plan that nothing holds.
func (e *Engine) Approve(ctx context.Context, p catalog.Principal, planID, digest, comment string) (Report, error) {
	kept, err := e.mayDecide(ctx, p, planID)
	if err != nil {
		return Report{}, err
	}
	return e.carryOut(ctx, forDeciding(p), kept.ID, digest, &decision{comment: comment}, nil)
}

// Reject gives up a plan that waits; who may as Approve. The schedule does not ask about the same changes again.
func (e *Engine) Reject(ctx context.Context, p catalog.Principal, planID, comment string) error {
	kept, err := e.mayDecide(ctx, p, planID)
	if err != nil {
		return err
	}
	f, err := e.feedOf(ctx, kept.Source)
	if err != nil {
		return err
	}
	r := &run{e: e, p: forDeciding(p), feed: f, kept: kept}
	// Not on behalf of the source, which may be paused.
	_, err = e.svc.Directory(ctx, r.p, func(ctx context.Context, c *catalog.Change) error {
		now, err := c.SyncPlan(ctx, planID)
		if err != nil {
			return err
		}
		if now.Status != catalog.PlanHeld && now.Status != catalog.PlanPlanned {
			return waitsNot(now)
		}
		r.decide(&now, comment)
		now.Status, now.FinishedAt = catalog.PlanRejected, e.now()
		r.kept = now
		r.e.audit(c, actRejected, r, comment)
		return c.UpdateSyncPlan(ctx, now)
	})
	if err != nil {
		return err
	}
	if r.plan, err = decoded(r.kept); err != nil {
		return err
	}
	e.log.InfoContext(ctx, "a plan of a directory is rejected", "source", kept.Source, "plan", kept.ID, "by", p.Name)
	e.observe.Held(kept.Source, false)
	r.tell(EventRejected, comment)
	return nil
}

// decision is that of somebody who approves.
type decision struct{ comment string }

// longestComment bounds what somebody writes about a decision, in bytes.
const longestComment = 2000

func (r *run) decide(kept *catalog.SyncPlan, comment string) {
	kept.DecidedBy, kept.DecidedAt, kept.Comment = r.p.Subject, r.e.now(), comment[:min(len(comment), longestComment)]
}

func waitsNot(kept catalog.SyncPlan) error {
	return fault.New(fault.Conflict, "the plan %s does not wait for anybody: it is %s", kept.ID, kept.Status)
}

// carryOut applies a plan that is kept, which a decision lets pass the guards.
func (e *Engine) carryOut(ctx context.Context, p catalog.Principal, planID, digest string, d *decision, progress func(done, total int)) (Report, error) {
	kept, err := e.store.SyncPlan(ctx, planID)
	if err != nil {
		return Report{}, err
	}
	f, err := e.feedOf(ctx, kept.Source)
	if err != nil {
		return Report{}, err
	}
	r := &run{e: e, p: p, feed: f, full: kept.Full, report: newReport(kept.Source)}
	err = e.exclusively(ctx, kept.Source, func(ctx context.Context, l *lease) error {
		r.lease = l
		began := e.now()
		if err := r.takeUp(ctx, planID, digest, d); err != nil {
			return err
		}
		err := r.apply(ctx, progress)
		if err != nil {
			r.report.Outcome = OutcomeFailed
			r.failed(ctx, err)
		}
		e.observe.Ended(f.Name, r.report.Outcome, e.now().Sub(began))
		return err
	})
	return r.report, err
}

// takeUp reads a plan again, now that nobody else works on its source, and lets it pass or not.
func (r *run) takeUp(ctx context.Context, planID, digest string, d *decision) error {
	kept, err := r.e.store.SyncPlan(ctx, planID)
	if err != nil {
		return err
	}
	if r.plan, err = decoded(kept); err != nil {
		return err
	}
	if r.directory, err = r.e.store.Directory(ctx, kept.Source); err != nil {
		return err
	}
	if r.directory.Paused {
		return fault.Wrap(fault.Conflict, catalog.ErrPaused, "the source %s is paused", kept.Source)
	}
	if digest != kept.Digest || r.plan.Digest() != kept.Digest {
		return fault.New(fault.Stale, "the plan %s has another digest; look at it again", planID)
	}
	r.kept = kept
	r.report.PlanID, r.report.Digest = kept.ID, kept.Digest
	r.report.about(r.plan)
	switch {
	case d != nil && kept.Status == catalog.PlanHeld:
		if kept.Trigger == TriggerPush {
			if err := r.dropStale(ctx); err != nil {
				return err
			}
		}
		return r.approved(ctx, *d)
	case d != nil:
		return waitsNot(kept)
	case kept.Status == catalog.PlanHeld:
		return heldBy(r.plan.Trips)
	case kept.Status != catalog.PlanPlanned:
		return waitsNot(kept)
	}
	// What else was taken away since counts as well.
	if err := r.measure(ctx); err != nil || len(r.plan.Trips) == 0 {
		return err
	}
	return r.heldLate(ctx)
}

// heldLate holds a plan that passed the guards when it was made, and passes them no more.
func (r *run) heldLate(ctx context.Context) error {
	held := heldBy(r.plan.Trips)
	r.report.about(r.plan)
	r.report.Outcome = OutcomeHeld
	raw, err := json.Marshal(r.report)
	if err != nil {
		return err
	}
	err = r.change(ctx, func(ctx context.Context, c *catalog.Change) error {
		now := r.kept
		now.Status, now.Error, now.Report = catalog.PlanHeld, reasonOf(held), string(raw)
		r.e.audit(c, actHeld, r, guardsOf(r.plan.Trips))
		return c.UpdateSyncPlan(ctx, now)
	})
	if err != nil {
		return err
	}
	r.e.observe.Held(r.feed.Name, true)
	r.tell(EventHeld, "a plan is held by "+guardsOf(r.plan.Trips))
	return held
}

func heldBy(trips []Trip) error {
	return fault.New(fault.Conflict, "the plan is held by %s; somebody must approve it", guardsOf(trips))
}

// approved notes who lets a plan pass the guards.
func (r *run) approved(ctx context.Context, d decision) error {
	err := r.change(ctx, func(ctx context.Context, c *catalog.Change) error {
		now, err := c.SyncPlan(ctx, r.kept.ID)
		if err != nil {
			return err
		}
		if now.Status != catalog.PlanHeld {
			return waitsNot(now)
		}
		r.decide(&now, d.comment)
		now.Status = catalog.PlanApplying
		r.kept = now
		r.e.audit(c, actApproved, r, d.comment)
		return c.UpdateSyncPlan(ctx, now)
	})
	if err != nil {
		return err
	}
	r.e.log.InfoContext(ctx, "a plan of a directory is approved", "source", r.feed.Name, "plan", r.kept.ID, "by", r.p.Name)
	r.e.observe.Held(r.feed.Name, false)
	r.tell(EventApproved, d.comment)
	return nil
}

// mayRun returns nil when a principal may run sources, and his refusal otherwise, which leaves an audit event.
func (e *Engine) mayRun(ctx context.Context, p catalog.Principal) error {
	if p.Has(catalog.ScopeSync) {
		return nil
	}
	_, err := e.svc.Directory(ctx, forDeciding(p), func(context.Context, *catalog.Change) error { return nil })
	return err
}

// mayDecide returns a plan to whoever may decide about it.
func (e *Engine) mayDecide(ctx context.Context, p catalog.Principal, planID string) (catalog.SyncPlan, error) {
	if err := e.mayRun(ctx, forDeciding(p)); err != nil {
		return catalog.SyncPlan{}, err
	}
	kept, err := e.store.SyncPlan(ctx, planID)
	if err != nil {
		return catalog.SyncPlan{}, err
	}
	f, err := e.feedOf(ctx, kept.Source)
	if err == nil && f.exalted() {
		err = e.svc.MayImport(ctx, p)
	}
	return kept, err
}

// day is over which removals are limited, with room for clocks that differ.
const (
	day          = 24 * time.Hour
	removalsKept = 2 * day
)
