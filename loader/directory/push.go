package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
)

// Push does at once what a directory pushes: a small plan, all of it in one change or nothing of it. Guards measure it
// like any other, what was taken away within a day included, by the numbers of the catalog and not by those of the plan.
// What plan.Trips says holds it as well. Somebody whom the source may not suspend, rename or take out of groups is a
// Conflict. Scope scim or sync, or platform.manage_users.
//
// A *HeldError says that a guard holds it: nothing is done, and the plan waits for somebody to approve it. Pushing the same
// again holds no second plan, and a later push about the same person or group takes the place of one that waits. Fault: Conflict while the source is paused, Stale where the catalog has moved away from the
// plan, and what the catalog refuses.
func (e *Engine) Push(ctx context.Context, p catalog.Principal, source string, plan Plan) (Report, authz.Token, error) {
	plan.Source, plan.Partial = source, true
	r := &run{e: e, p: p, plan: plan, o: Options{Trigger: TriggerPush}, report: newReport(source)}
	if !p.Has(catalog.ScopeSCIM) {
		if err := e.mayRun(ctx, p); err != nil {
			return r.report, "", err
		}
	}
	var err error
	if r.feed, err = e.feedOf(ctx, source); err != nil {
		return r.report, "", err
	}
	began := e.now()
	r.kept.Digest = plan.Digest()
	var done *hand
	err = r.change(ctx, func(ctx context.Context, c *catalog.Change) error {
		r.plan = plan // afresh, since a change may run twice
		around, err := r.guard(ctx, c)
		if err != nil {
			return err
		}
		done = newHand(r, c)
		done.strict = true
		if err := done.whole(ctx, r.plan); err != nil {
			return err
		}
		if err := r.heard(ctx, c); err != nil {
			return err
		}
		if err := r.settleHeld(ctx, c, ""); err != nil {
			return err
		}
		return errors.Join(done.noteRemovals(ctx), r.noteGroups(ctx, c, around))
	})
	if held, ok := errors.AsType[*HeldError](err); ok {
		return r.holdPush(ctx, held)
	}
	r.report.ApplySeconds = e.now().Sub(began).Seconds()
	if err != nil {
		r.report.Outcome, r.report.Error = OutcomeFailed, reasonOf(err)
		return r.report, "", err
	}
	r.report.add(done)
	r.report.Outcome, r.report.Total, r.report.Digest = OutcomeApplied, plan.size(), r.kept.Digest
	e.observe.Applied(source, plan.size(), 0)
	return r.report, r.report.Token, nil
}

// heard notes, once a minute at most, that the directory was heard of.
func (r *run) heard(ctx context.Context, c *catalog.Change) error {
	d, err := c.Directory(ctx, r.feed.Name)
	if err != nil || within(r.e.now().Sub(d.SucceededAt), time.Minute) {
		return err
	}
	d.AttemptedAt, d.SucceededAt, d.Failure = r.e.now(), r.e.now(), ""
	return c.PutDirectory(ctx, d)
}

// guard measures a push inside of its change, so that two at the same time do not both find room. It returns what groups
// lose that the push does not name.
func (r *run) guard(ctx context.Context, c *catalog.Change) ([]GroupChange, error) {
	trips := slices.Clone(r.plan.Trips)
	g, err := r.ground(ctx, c)
	if err != nil {
		return nil, err
	}
	var around []GroupChange
	r.plan, around = g.count(r.plan)
	if err := r.honour(ctx, c, g); err != nil {
		return nil, err
	}
	exalting, err := r.exaltation(ctx, c)
	if err != nil {
		return nil, err
	}
	trips = append(trips, exalting...)
	if r.plan.takes() {
		r.plan.Before = g.before
		measured, err := r.measurePush(ctx, c, around)
		if err != nil {
			return nil, err
		}
		trips = append(trips, measured...)
	}
	if r.plan.Trips = trips; len(trips) == 0 {
		return around, nil
	}
	return nil, &HeldError{Trips: trips, cause: heldBy(trips)}
}

// measurePush measures what a push takes away, and what was taken from the same groups within the day.
func (r *run) measurePush(ctx context.Context, c *catalog.Change, around []GroupChange) ([]Trip, error) {
	since := r.e.now().Add(-day)
	removed, err := c.RemovedSince(ctx, r.feed.Name, since)
	if err != nil {
		return nil, err
	}
	whole := r.plan
	whole.Groups = slices.Concat(whole.Groups, around)
	trips := Measure(r.feed.Settings, whole, tollOf(removed), false)
	limits := r.feed.Limits.filled()
	for _, g := range whole.Groups {
		if g.GroupID == "" || g.toll() == 0 {
			continue
		}
		earlier, err := c.RemovedSince(ctx, ledgerOf(g.GroupID), since)
		if err != nil {
			return nil, err
		}
		if earlier.Memberships == 0 {
			continue
		}
		count, of := g.toll()+earlier.Memberships, g.Members+g.Nested+earlier.Memberships
		if limit, tripped := limits.Group.trips(count, of, limits.Floor); tripped {
			trips = append(trips, Trip{
				Guard: GuardGroup, Group: g.Name, Count: count, Of: of, Limit: limit,
				Message: fmt.Sprintf("group %q would have lost %d people of %d within 24 hours; %d may leave it without being approved", g.Name, count, of, limit),
			})
		}
	}
	return trips, nil
}

// ledgerOf is by what name the ledger of removals knows one group. No directory has it: theirs are names of people's.
func ledgerOf(groupID string) string { return "group:" + groupID }

// noteGroups keeps what a push takes from each group, for the limits of a day.
func (r *run) noteGroups(ctx context.Context, c *catalog.Change, around []GroupChange) error {
	for _, g := range slices.Concat(r.plan.Groups, around) {
		if g.GroupID == "" || g.toll() == 0 {
			continue
		}
		if err := c.InsertRemoval(ctx, catalog.Removal{Source: ledgerOf(g.GroupID), At: r.e.now(), Memberships: g.toll(), PlanID: g.GroupID}); err != nil {
			return err
		}
	}
	return nil
}

// dismisses reports whether a plan ends somebody's administration of the site.
func (p Plan) dismisses() bool {
	for _, l := range p.Links {
		if l.Op == OpDelete && l.SiteAdmins {
			return true
		}
	}
	return false
}

// whole does a plan in one change, in the order in which application.all does it.
func (h *hand) whole(ctx context.Context, p Plan) error {
	people := func(ops ...Op) []PersonChange {
		var out []PersonChange
		for _, c := range p.People {
			for _, op := range ops {
				if c.Op == op {
					out = append(out, c)
				}
			}
		}
		return out
	}
	links := func(op Op) []LinkChange {
		var out []LinkChange
		for _, l := range p.Links {
			if l.Op == op {
				out = append(out, l)
			}
		}
		return out
	}
	steps := []func() error{
		func() error { return h.people(ctx, people(OpUpdate)) },
		func() error { return h.people(ctx, people(OpSuspend, OpDelete)) },
		func() error { return h.links(ctx, links(OpDelete)) },
		func() error { return h.people(ctx, people(OpCreate, OpRestore)) },
	}
	for _, stage := range stages(p.Groups) {
		steps = append(steps, func() error { return h.groups(ctx, stage) })
	}
	steps = append(steps,
		func() error { return h.links(ctx, links(OpCreate)) },
		func() error { return h.people(ctx, people(OpRelease)) },
	)
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
