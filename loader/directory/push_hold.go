package directory

import (
	"context"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
)

// pushesKept is how long a push waits for somebody to decide about it.
const pushesKept = 7 * day

// holdPush keeps what a guard holds, once.
func (r *run) holdPush(ctx context.Context, held *HeldError) (Report, authz.Token, error) {
	document, err := encoded(r.plan)
	if err != nil {
		return r.report, "", err
	}
	kept := catalog.SyncPlan{
		Source: r.feed.Name, Digest: r.plan.Digest(), Status: catalog.PlanHeld, Trigger: TriggerPush, Document: document,
		CreatedBy: r.p.Subject, CreatedAt: r.e.now(),
	}
	fresh := false
	err = r.change(ctx, func(ctx context.Context, c *catalog.Change) error {
		waiting, err := c.SyncPlans(ctx, catalog.SyncPlanFilter{Source: kept.Source, Statuses: []catalog.PlanStatus{catalog.PlanHeld}, Brief: true})
		if err != nil {
			return err
		}
		fresh = true
		for _, old := range waiting {
			if old.Digest == kept.Digest {
				kept.ID, fresh = old.ID, false
				return nil
			}
		}
		if err := r.settleHeld(ctx, c, kept.Digest); err != nil {
			return err
		}
		kept.ID = r.e.newID()
		r.kept = kept
		r.e.audit(c, actHeld, r, guardsOf(held.Trips))
		return c.InsertSyncPlan(ctx, kept)
	})
	if err != nil {
		return r.report, "", err
	}
	r.kept = kept
	held.PlanID = kept.ID
	r.report.about(r.plan)
	r.report.Outcome, r.report.PlanID, r.report.Digest = OutcomeHeld, kept.ID, kept.Digest
	r.e.observe.Held(r.feed.Name, true)
	if fresh {
		r.e.log.WarnContext(ctx, "a push of a directory is held", "source", r.feed.Name, "plan", kept.ID, "guards", guardsOf(held.Trips))
		r.tell(EventHeld, "a push is held by "+guardsOf(held.Trips))
	}
	return r.report, "", held
}

// settleHeld ends pushes that wait and are about a person or group that this one is about: their directory has said
// something else since. One of the same digest stays.
func (r *run) settleHeld(ctx context.Context, c *catalog.Change, digest string) error {
	waiting, err := heldPushes(ctx, c, r.feed.Name)
	if err != nil {
		return err
	}
	names := r.plan.names()
	for _, brief := range waiting {
		if brief.Digest == digest {
			continue
		}
		old, err := c.SyncPlan(ctx, brief.ID)
		if err != nil {
			return err
		}
		plan, err := decoded(old)
		if err != nil {
			return err
		}
		for name := range plan.names() {
			if names[name] {
				old.Status, old.FinishedAt = catalog.PlanSuperseded, r.e.now()
				if err := c.UpdateSyncPlan(ctx, old); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// heldPushes returns the pushes of a source that wait, of all sources for "".
func heldPushes(ctx context.Context, q catalog.Queries, source string) ([]catalog.SyncPlan, error) {
	held, err := q.SyncPlans(ctx, catalog.SyncPlanFilter{Source: source, Statuses: []catalog.PlanStatus{catalog.PlanHeld}, Brief: true})
	var out []catalog.SyncPlan
	for _, p := range held {
		if p.Trigger == TriggerPush {
			out = append(out, p)
		}
	}
	return out, err
}

// names are the people and groups that a plan is about.
func (p Plan) names() map[string]bool {
	out := map[string]bool{}
	for _, c := range p.People {
		out["user "+c.ExternalID] = true
		if c.NewExternalID != "" {
			out["user "+c.NewExternalID] = true
		}
	}
	for _, c := range p.Groups {
		out["group "+c.ExternalID] = true
		if c.NewExternalID != "" {
			out["group "+c.NewExternalID] = true
		}
	}
	return out
}

// dropStale leaves out of a push that has waited what its directory, or somebody else, has said otherwise since.
func (r *run) dropStale(ctx context.Context) error {
	since := r.kept.CreatedAt
	ids := make([]string, len(r.plan.People))
	for i, c := range r.plan.People {
		ids[i] = c.ExternalID
	}
	changed := map[string]bool{}
	if len(ids) > 0 {
		people, err := r.e.store.Persons(ctx, catalog.PersonFilter{Source: r.feed.Name, ExternalIDs: ids})
		if err != nil {
			return err
		}
		for _, p := range people {
			changed["user "+p.ExternalID] = p.UpdatedAt.After(since)
		}
	}
	groups, err := r.e.store.GroupsOf(ctx, r.feed.Name)
	if err != nil {
		return err
	}
	for _, g := range groups {
		changed["group "+g.ExternalID] = g.UpdatedAt.After(since)
	}
	const reason = "it has changed since the push was held"
	var people []PersonChange
	for _, c := range r.plan.People {
		if changed["user "+c.ExternalID] {
			r.report.Skipped = append(r.report.Skipped, skippedPerson(c, reason))
		} else {
			people = append(people, c)
		}
	}
	var kept []GroupChange
	for _, c := range r.plan.Groups {
		if changed["group "+c.ExternalID] {
			r.report.Skipped = append(r.report.Skipped, skippedGroup(c, reason))
		} else {
			kept = append(kept, c)
		}
	}
	r.plan.People, r.plan.Groups = people, kept
	return nil
}

// expire gives up pushes that nobody has decided about for long.
func (e *Engine) expire(ctx context.Context) error {
	return e.store.InTx(ctx, func(q catalog.Queries) error {
		held, err := heldPushes(ctx, q, "")
		if err != nil {
			return err
		}
		now := e.now()
		for _, p := range held {
			if now.Sub(p.CreatedAt) < pushesKept {
				continue
			}
			p.Status, p.Comment, p.FinishedAt = catalog.PlanRejected, "expired", now
			if err := q.UpdateSyncPlan(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// within reports whether a time span is shorter than another. One that a clock has turned back over is not.
func within(span, limit time.Duration) bool { return span >= 0 && span < limit }
