package directory

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// Upload is Run, or with Options.PlanOnly Plan, of what a runner elsewhere has read: a source of the configuration. For one
// that this process reads itself it takes platform.manage_users, since scope sync speaks for no directory but those it
// alone can read. What is uploaded says who is in which group, so for a source that may make site
// admins or end them it takes scope sync or platform.administer; otherwise who may and faults as Run.
func (e *Engine) Upload(ctx context.Context, p catalog.Principal, source string, s Snapshot, o Options) (catalog.SyncPlan, Plan, Report, error) {
	o.Trigger = TriggerUpload
	r := e.newRun(p, o)
	err := e.upload(ctx, r, source, s)
	return r.kept, r.plan, r.report, err
}

func (e *Engine) upload(ctx context.Context, r *run, source string, s Snapshot) error {
	if err := e.mayRun(ctx, r.p); err != nil {
		return err
	}
	f, err := e.feed(source)
	if err == nil && f.pushed() {
		err = fault.New(fault.Conflict, "the source %s pushes what it has to say", source)
	}
	if err != nil {
		return err
	}
	if f.Source != nil { // whoever may run it is not, by that alone, whom it is read from
		if err := e.mayRun(ctx, forDeciding(r.p)); err != nil {
			return err
		}
	}
	if f.exalted() && !r.p.Has(catalog.ScopeSync) {
		if err := e.svc.MayImport(ctx, r.p); err != nil {
			return err
		}
	}
	if s.Partial && r.o.Group != "" {
		return fault.At("group", "is taken from a whole snapshot alone")
	}
	r.feed = f
	return e.exclusively(ctx, source, func(ctx context.Context, l *lease) error {
		r.lease = l
		return r.whole(ctx, func(context.Context) (Snapshot, error) { return s, nil })
	})
}
