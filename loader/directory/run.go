package directory

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// Plan reads a source and keeps what would bring the catalog in step with it: a planned one, or one that a guard holds.
// Older plans of the source that wait are superseded. Scope sync, or platform.manage_users.
//
// Fault: Conflict while another runner works on the source and while it is paused, NotFound for a source that the
// configuration does not have, Unavailable when it cannot be read.
func (e *Engine) Plan(ctx context.Context, p catalog.Principal, source string, o Options) (catalog.SyncPlan, Plan, error) {
	o.PlanOnly = true
	r, err := e.pull(ctx, p, source, o)
	return r.kept, r.plan, err
}

// Run plans and, unless a guard holds the plan, applies it; who may and faults as Plan. A plan that is held is no error:
// the report says so.
func (e *Engine) Run(ctx context.Context, p catalog.Principal, source string, o Options) (catalog.SyncPlan, Report, error) {
	r, err := e.pull(ctx, p, source, o)
	return r.kept, r.report, err
}

// Resync forgets where the last read ended and runs a source wholly, or takes one group from that; as Run.
func (e *Engine) Resync(ctx context.Context, p catalog.Principal, source, group string) (catalog.SyncPlan, Report, error) {
	return e.Run(ctx, p, source, Options{Full: true, Group: group})
}

// pull runs a source that is read.
func (e *Engine) pull(ctx context.Context, p catalog.Principal, source string, o Options) (*run, error) {
	r := e.newRun(p, o)
	if err := e.mayRun(ctx, r.p); err != nil {
		return r, err
	}
	f, err := e.feed(source)
	if err == nil && f.Source == nil {
		err = fault.New(fault.Conflict, "the source %s is not read: it pushes, or its snapshots are uploaded", source)
	}
	if err != nil {
		return r, err
	}
	r.feed, r.pulled = f, true
	err = e.exclusively(ctx, source, func(ctx context.Context, l *lease) error {
		r.lease = l
		return r.whole(ctx, r.readSource)
	})
	return r, err
}

// run is one run of a source.
type run struct {
	e     *Engine
	p     catalog.Principal
	feed  Feed
	o     Options
	lease *lease // nil for a push

	directory catalog.Directory // as the run found it
	full      bool              // everything is read, to its end
	first     bool              // nothing of the source was applied before
	barred    bool              // somebody has rejected just this
	repeat    bool              // just this was applied the last time
	pulled    bool              // the source is read by the run itself
	kept      catalog.SyncPlan
	plan      Plan
	report    Report
}

func (e *Engine) newRun(p catalog.Principal, o Options) *run {
	if o.Trigger == "" {
		o.Trigger = TriggerRequest
	}
	return &run{e: e, p: forSync(p), o: o, report: newReport("")}
}

// reader returns what a directory says.
type reader func(ctx context.Context) (Snapshot, error)

// whole runs a source from its reading to its report. The caller has the lease.
func (r *run) whole(ctx context.Context, read reader) error {
	began := r.e.now()
	r.report.Source = r.feed.Name
	begin := r.begin
	if r.o.DryRun {
		begin = r.look
	}
	if err := begin(ctx); err != nil {
		return err
	}
	err := r.planned(ctx, read)
	if err == nil && r.report.Outcome == "" {
		err = r.apply(ctx, nil)
	}
	if err != nil {
		r.report.Outcome = OutcomeFailed
		r.failed(ctx, err)
	}
	r.e.observe.Ended(r.feed.Name, r.report.Outcome, r.e.now().Sub(began))
	return err
}

// begin asks whether the principal may run the source, and notes the attempt. A plan in the middle of which an earlier
// run has died is a failed one: what it did is done, and this run plans the rest.
func (r *run) begin(ctx context.Context) error {
	return r.change(ctx, func(ctx context.Context, c *catalog.Change) error {
		if err := c.EnsureDirectory(ctx, r.feed.directory()); err != nil {
			return err
		}
		d, err := c.Directory(ctx, r.feed.Name)
		if err != nil {
			return err
		}
		if d.Paused {
			return fault.Wrap(fault.Conflict, catalog.ErrPaused, "the source %s is paused", d.Name)
		}
		r.directory = d
		if r.attempts() {
			d.AttemptedAt = r.e.now()
			if err := c.PutDirectory(ctx, d); err != nil {
				return err
			}
		}
		interrupted, err := c.SyncPlans(ctx, catalog.SyncPlanFilter{Source: d.Name, Statuses: []catalog.PlanStatus{catalog.PlanApplying}, Brief: true})
		if err != nil {
			return err
		}
		for _, p := range interrupted {
			p.Status, p.Error, p.FinishedAt = catalog.PlanFailed, "interrupted", r.e.now()
			if err := c.UpdateSyncPlan(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// look is begin for who keeps nothing.
func (r *run) look(ctx context.Context) error {
	d, err := r.e.store.Directory(ctx, r.feed.Name)
	if fault.Is(err, fault.NotFound) {
		d, err = r.feed.directory(), nil
	}
	if err == nil && d.Paused {
		err = fault.Wrap(fault.Conflict, catalog.ErrPaused, "the source %s is paused", d.Name)
	}
	r.directory = d
	return err
}

// attempts reports whether the run is one that the schedule counts from: who only looks keeps no run from its time.
func (r *run) attempts() bool {
	return !r.o.PlanOnly && !r.o.DryRun && r.o.Group == "" && r.o.Trigger != TriggerRules
}

// change runs one change on behalf of the source.
func (r *run) change(ctx context.Context, fn func(ctx context.Context, c *catalog.Change) error) error {
	on := catalog.Behalf{Source: r.feed.Name, PlanID: r.kept.ID, Digest: r.kept.Digest}
	token, err := r.e.svc.Sync(ctx, r.p, on, fn)
	if err == nil {
		r.report.Token = token
	}
	return err
}

// planned reads, compares, measures and keeps the plan. It sets the report's outcome when there is nothing to apply.
func (r *run) planned(ctx context.Context, read reader) error {
	started := r.e.now()
	s, err := read(ctx)
	if err != nil {
		return err
	}
	r.e.step("read")
	r.report.ReadSeconds = r.e.now().Sub(started).Seconds()
	started = r.e.now()
	err = r.compare(ctx, s)
	if err == nil && s.Partial && !r.o.Full && r.pulled && (r.plan.Reread || r.plan.restores()) {
		err = r.compareWhole(ctx, read)
	}
	if err != nil {
		return err
	}
	r.report.PlanSeconds = r.e.now().Sub(started).Seconds()
	r.e.observe.Planned(r.feed.Name, r.plan.Counts())
	return r.keep(ctx)
}

// compareWhole reads everything where changes alone say too little: of somebody who is back they do not say what he joined
// and left while he was away, so that he would come back to what was his before.
func (r *run) compareWhole(ctx context.Context, read reader) error {
	r.o.Full = true
	s, err := read(ctx)
	if err != nil {
		return err
	}
	return r.compare(ctx, s)
}

// restores reports whether a plan lets somebody back in.
func (p Plan) restores() bool {
	return slices.ContainsFunc(p.People, func(c PersonChange) bool { return c.Op == OpRestore })
}

// readSource reads the source, wholly or from where the last read ended.
func (r *run) readSource(ctx context.Context) (Snapshot, error) {
	overdue := r.feed.FullEvery > 0 && !within(r.e.now().Sub(r.directory.FullAt), r.feed.FullEvery)
	cursor := r.directory.Cursor
	if r.o.Full || r.o.Group != "" || overdue {
		cursor = ""
	}
	reading, cancel := context.WithTimeout(ctx, r.e.pace.read)
	defer cancel()
	s, err := r.feed.Source.Read(reading, Request{Cursor: cursor})
	if err != nil && ctx.Err() == nil && reading.Err() != nil {
		err = fault.Wrap(fault.Unavailable, err, "the source %s was not read within %s", r.feed.Name, r.e.pace.read)
	}
	return s, err
}

// compare makes the plan of a snapshot.
func (r *run) compare(ctx context.Context, read Snapshot) error {
	s, _, _, err := Normalize(r.feed.Settings, read)
	if err != nil {
		return err
	}
	state, err := r.e.readState(ctx, r.feed, s)
	if err != nil {
		return err
	}
	r.full = !s.Partial && s.UsersComplete && s.GroupsComplete
	r.plan = Diff(r.feed.Settings, s, state, r.e.now())
	r.kept.Cursor = r.nextCursor(read)
	if r.o.Group != "" {
		if r.plan, err = only(r.plan, r.o.Group); err != nil {
			return err
		}
		r.full, r.kept.Cursor, r.o.Trigger = false, r.directory.Cursor, TriggerGroup
	}
	return r.measure(ctx)
}

// nextCursor is where the next read may begin once the plan is applied. What was not read wholly, or waits with a group
// that is paused, and changes of which one cannot be done, are read again from where this read began.
func (r *run) nextCursor(s Snapshot) string {
	unread := !s.Partial && (!s.UsersComplete || !s.GroupsComplete) ||
		slices.ContainsFunc(s.Groups, func(g Group) bool { return g.Unknown != "" }) ||
		slices.ContainsFunc(r.plan.Unknown, func(u Unknown) bool { return u.Reason == reasonPaused })
	switch {
	case r.plan.Reread, s.Partial && r.plan.restores():
		return ""
	case r.o.Trigger == TriggerUpload && !s.Partial:
		return "" // where a source goes on reading is for nobody else to say: it may be an address
	case unread, s.Partial && len(r.plan.Conflicts) > 0, r.o.Trigger == TriggerUpload, r.o.Trigger == TriggerRules:
		return r.directory.Cursor
	}
	return s.Cursor
}

// reasonPaused is why a group is unknown that somebody has paused.
const reasonPaused = "paused"

// measure asks the guards.
func (r *run) measure(ctx context.Context) error {
	day, err := r.e.store.RemovedSince(ctx, r.feed.Name, r.e.now().Add(-day))
	if err != nil {
		return err
	}
	if r.first, err = r.isFirst(ctx); err != nil {
		return err
	}
	exalting, err := r.exaltation(ctx, r.e.store)
	if err != nil {
		return err
	}
	r.plan.Trips = append(Measure(r.feed.Settings, r.plan, tollOf(day), r.first), exalting...)
	return nil
}

// isFirst reports whether nothing that the source said was ever applied: neither wholly nor, once somebody had looked at it,
// in part.
func (r *run) isFirst(ctx context.Context) (bool, error) {
	if !r.directory.FullAt.IsZero() || r.feed.Source == nil && r.o.Trigger != TriggerUpload && r.kept.Trigger != TriggerUpload {
		return false, nil
	}
	done, err := r.e.store.SyncPlans(ctx, catalog.SyncPlanFilter{
		Source: r.feed.Name, Statuses: []catalog.PlanStatus{catalog.PlanApplied, catalog.PlanFailed}, Brief: true,
	})
	return !slices.ContainsFunc(done, func(p catalog.SyncPlan) bool {
		return p.Status == catalog.PlanApplied || !p.DecidedAt.IsZero() || r.feed.ApplyFirst
	}), err
}

func tollOf(r catalog.Removal) Toll {
	return Toll{Memberships: r.Memberships, People: r.People, Groups: r.Groups}
}

// only takes one group from a plan, by its external id, its id or its name, and the people who are put into it.
func only(p Plan, group string) (Plan, error) {
	var found []GroupChange
	for _, match := range []func(GroupChange) string{
		func(g GroupChange) string { return g.ExternalID },
		func(g GroupChange) string { return g.GroupID },
		func(g GroupChange) string { return g.Name },
	} {
		for _, g := range p.Groups {
			if match(g) == group && len(found) == 0 {
				found = append(found, g)
			}
		}
	}
	wanted := map[string]bool{}
	for _, g := range found {
		for _, m := range g.Add {
			wanted[m.ExternalID] = true
		}
	}
	for _, u := range p.Unknown {
		if u.What == group || u.Name == group {
			return Plan{}, fault.New(fault.Conflict, "the group %s was not read wholly: %s", group, u.Reason)
		}
	}
	out := p
	out.Groups, out.Links, out.Partial = found, nil, true
	out.People = slices.DeleteFunc(slices.Clone(p.People), func(c PersonChange) bool {
		return !wanted[c.ExternalID] || c.Op == OpSuspend || c.Op == OpRelease
	})
	return out, nil
}

// encoded returns a plan as it is kept.
func encoded(p Plan) (string, error) {
	raw, err := json.Marshal(p)
	return string(raw), err
}

// decoded returns a plan that was kept. One that only repeats what was applied before it is kept without what it does, and
// one that is held since it passes the guards no more has them in its report.
func decoded(kept catalog.SyncPlan) (Plan, error) {
	if kept.Document == "" {
		return Plan{Source: kept.Source}, nil
	}
	var p Plan
	if err := json.Unmarshal([]byte(kept.Document), &p); err != nil {
		return Plan{}, fault.Wrap(fault.Internal, err, "the plan %s cannot be read", kept.ID)
	}
	if kept.Report != "" && len(p.Trips) == 0 {
		var late Report
		if err := json.Unmarshal([]byte(kept.Report), &late); err != nil {
			return Plan{}, fault.Wrap(fault.Internal, err, "the report of plan %s cannot be read", kept.ID)
		}
		p.Trips = late.Trips
	}
	return p, nil
}
