package directory

import (
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// keep stores the plan of a run, planned or held, and ends older plans that wait for a decision: it was made of later
// facts. It sets the report's outcome when there is nothing to apply now.
func (r *run) keep(ctx context.Context) error {
	held := len(r.plan.Trips) > 0
	r.report.about(r.plan)
	r.kept.Source, r.kept.Digest, r.kept.Full, r.kept.Trigger = r.feed.Name, r.plan.Digest(), r.full, r.o.Trigger
	r.report.Digest = r.kept.Digest
	r.kept.CreatedBy, r.kept.CreatedAt = r.p.Subject, r.e.now()
	r.kept.Status = catalog.PlanPlanned
	if held {
		r.kept.Status = catalog.PlanHeld
	}
	if r.o.DryRun {
		r.report.Outcome = outcomeOf(held)
		return nil
	}
	if r.plan.Empty() && r.o.PlanOnly {
		r.report.Outcome = OutcomeUnchanged
	}
	document, err := encoded(r.plan)
	if err != nil {
		return err
	}
	r.kept.Document = document
	fresh, wanted := false, r.kept
	err = r.change(ctx, func(ctx context.Context, c *catalog.Change) (err error) {
		r.kept = wanted
		fresh, err = r.settleWaiting(ctx, c)
		return err
	})
	if err != nil {
		return err
	}
	r.report.PlanID = r.kept.ID
	r.e.observe.Held(r.feed.Name, held && r.kept.Status == catalog.PlanHeld)
	switch {
	case held, r.barred:
		r.report.Outcome = OutcomeHeld
		r.e.observe.Drift(r.feed.Name, r.plan.size())
		if fresh {
			r.e.log.WarnContext(ctx, "a plan of a directory is held", "source", r.feed.Name, "plan", r.kept.ID, "guards", guardsOf(r.plan.Trips))
			r.tell(EventHeld, "a plan is held by "+guardsOf(r.plan.Trips))
		}
	case r.o.PlanOnly && !r.plan.Empty():
		r.report.Outcome = OutcomePlanned
		r.e.observe.Drift(r.feed.Name, r.plan.size())
	}
	return nil
}

func outcomeOf(held bool) string {
	if held {
		return OutcomeHeld
	}
	return OutcomePlanned
}

// settleWaiting ends the plans of the source that wait, and stores the run's own, if it is another one. It reports
// whether a guard holds a plan that it did not hold before.
func (r *run) settleWaiting(ctx context.Context, c *catalog.Change) (fresh bool, err error) {
	r.kept.ID = ""
	known, err := r.endOlder(ctx, c)
	if err != nil || r.plan.Empty() {
		return false, err
	}
	last, err := r.lastDecided(ctx, c)
	if err != nil {
		return false, err
	}
	if r.barred = r.byItself() && last.Status == catalog.PlanRejected; r.barred {
		if r.kept.ID == "" {
			r.kept = last
		}
		return false, nil
	}
	held := r.kept.Status == catalog.PlanHeld
	r.repeat = last.Status == catalog.PlanApplied && !held && !r.o.PlanOnly
	if r.kept.ID != "" {
		return false, nil
	}
	if r.repeat {
		r.kept.Document = ""
	}
	r.kept.ID = r.e.newID()
	if err := c.InsertSyncPlan(ctx, r.kept); err != nil {
		return false, err
	}
	fresh = held && !known
	if fresh {
		r.e.audit(c, actHeld, r, guardsOf(r.plan.Trips))
	}
	return fresh, nil
}

// endOlder ends plans of the source that wait, but for one that is just like the run's own, whose place that takes. It
// reports whether somebody was told already that the same changes are held.
func (r *run) endOlder(ctx context.Context, c *catalog.Change) (known bool, err error) {
	waiting, err := c.SyncPlans(ctx, catalog.SyncPlanFilter{Source: r.feed.Name, Statuses: []catalog.PlanStatus{catalog.PlanPlanned, catalog.PlanHeld}, Brief: true})
	if err != nil {
		return false, err
	}
	for _, old := range waiting {
		if !r.supersedes(old) {
			continue
		}
		if r.kept.ID == "" && r.like(old) {
			r.kept.ID, r.kept.CreatedBy, r.kept.CreatedAt, r.kept.Trigger = old.ID, old.CreatedBy, old.CreatedAt, old.Trigger
			continue
		}
		known = known || old.Digest == r.kept.Digest && old.Status == catalog.PlanHeld
		old.Status, old.FinishedAt = catalog.PlanSuperseded, r.e.now()
		if err := c.UpdateSyncPlan(ctx, old); err != nil {
			return false, err
		}
	}
	return known, nil
}

// like reports whether a plan that waits is the run's own in all that counts.
func (r *run) like(old catalog.SyncPlan) bool {
	return old.Digest == r.kept.Digest && old.Status == r.kept.Status && old.Full == r.kept.Full && old.Cursor == r.kept.Cursor
}

// supersedes reports whether a plan that waits is settled by a later one: what was pushed is said once and stays to be
// decided, and rules or one group alone say nothing of all that was read.
func (r *run) supersedes(old catalog.SyncPlan) bool {
	if r.o.Trigger == TriggerRules || r.o.Trigger == TriggerGroup {
		return old.Trigger == r.o.Trigger
	}
	return old.Trigger != TriggerPush
}

// byItself reports whether the run comes again and again without anybody asking for it.
func (r *run) byItself() bool { return r.o.Trigger == TriggerSchedule || r.o.Trigger == TriggerRules }

// lastDecided returns the plan that was rejected or applied last, if that had just these changes: what somebody has
// rejected the schedule does not ask about again, nor does it by itself what has come to pass the guards since.
func (r *run) lastDecided(ctx context.Context, c *catalog.Change) (catalog.SyncPlan, error) {
	last, err := c.SyncPlans(ctx, catalog.SyncPlanFilter{
		Source: r.feed.Name, Statuses: []catalog.PlanStatus{catalog.PlanRejected, catalog.PlanApplied}, Brief: true, Limit: 1,
	})
	if err != nil || len(last) == 0 || last[0].Digest != r.kept.Digest {
		return catalog.SyncPlan{}, err
	}
	return last[0], nil
}

// guardsOf names the guards that hold a plan, each once.
func guardsOf(trips []Trip) string {
	var names []string
	for _, t := range trips {
		if !slices.Contains(names, string(t.Guard)) {
			names = append(names, string(t.Guard))
		}
	}
	return strings.Join(names, ", ")
}

// size is how many changes a plan has.
func (p Plan) size() int { return len(p.People) + len(p.Groups) + len(p.Links) }
