package directory

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// SettleRules brings links in step with the rules of a source, and does what is due after a time: people who have been gone
// for long leave their groups, and groups that have been are deleted. It is for directories that push, after they changed
// groups, and from time to time; guards hold it like any other plan. Who may and faults as Run; Conflict for a source that is read, be it configured no more.
func (e *Engine) SettleRules(ctx context.Context, p catalog.Principal, source string) (Report, error) {
	r := e.newRun(p, Options{Trigger: TriggerRules})
	if err := e.mayRun(ctx, r.p); err != nil {
		return r.report, err
	}
	var err error
	if r.feed, err = e.feedOf(ctx, source); err != nil {
		return r.report, err
	}
	if r.feed.Source != nil || !settles(r.feed.Kind) {
		return r.report, fault.New(fault.Conflict, "the source %s is read, and its rules are settled then", source)
	}
	err = e.exclusively(ctx, source, func(ctx context.Context, l *lease) error {
		r.lease = l
		return r.whole(ctx, func(context.Context) (Snapshot, error) { return Snapshot{Partial: true}, nil })
	})
	return r.report, err
}

// settles reports whether directories of a kind are settled from time to time, since they are not read.
func settles(kind string) bool { return kind == "scim" || kind == "oidc" || kind == "upload" }
