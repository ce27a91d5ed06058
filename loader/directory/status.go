package directory

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// Status returns how every directory stands, those of the configuration that have never run included, by name. Scopes sync
// and audit, platform.manage_users or platform.audit.
func (e *Engine) Status(ctx context.Context, p catalog.Principal) ([]SourceStatus, error) {
	known, err := e.directories(ctx, p)
	if err != nil {
		return nil, err
	}
	held, err := e.store.SyncPlans(ctx, catalog.SyncPlanFilter{Statuses: []catalog.PlanStatus{catalog.PlanHeld}, Brief: true})
	if err != nil {
		return nil, err
	}
	for name, f := range e.feeds {
		if !slices.ContainsFunc(known, func(d catalog.Directory) bool { return d.Name == name }) {
			known = append(known, catalog.Directory{Name: name, Kind: f.Kind, Trust: f.Trust})
		}
	}
	slices.SortFunc(known, func(a, b catalog.Directory) int { return strings.Compare(a.Name, b.Name) })
	out := make([]SourceStatus, len(known))
	for i, d := range known {
		if out[i], err = e.status(ctx, d, held); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// directories returns the directories of the catalog to whoever may see them.
func (e *Engine) directories(ctx context.Context, p catalog.Principal) ([]catalog.Directory, error) {
	if p.Has(catalog.ScopeSync) || p.Has(catalog.ScopeAudit) {
		return e.store.Directories(ctx)
	}
	return e.svc.ListDirectories(ctx, p)
}

func (e *Engine) status(ctx context.Context, d catalog.Directory, held []catalog.SyncPlan) (SourceStatus, error) {
	f, configured := e.feeds[d.Name]
	s := SourceStatus{
		Name: d.Name, Kind: d.Kind, Trust: string(d.Trust), Configured: configured, Pushed: Feed{Settings: Settings{Kind: d.Kind}}.pushed(),
		Paused: d.Paused, Disabled: d.Disabled, Succeeded: d.SucceededAt, Attempted: d.AttemptedAt, ReadWholly: d.FullAt, Failure: d.Failure,
		HeldPlanIDs: []string{},
	}
	if !d.SucceededAt.IsZero() {
		s.LagSeconds = max(0, e.now().Sub(d.SucceededAt).Seconds())
	}
	if f.Source != nil && f.Interval > 0 && !d.Paused {
		s.NextRun = due(f, d, e.now())
	}
	for _, plan := range held {
		if plan.Source == d.Name {
			s.HeldPlanIDs = append(s.HeldPlanIDs, plan.ID)
		}
	}
	people, err := e.store.Persons(ctx, catalog.PersonFilter{Source: d.Name})
	if err != nil {
		return s, err
	}
	groups, err := e.store.GroupsOf(ctx, d.Name)
	if err != nil {
		return s, err
	}
	members, err := e.store.GroupMembers(ctx, catalog.GroupMemberFilter{Source: d.Name})
	s.Totals = totals(people, groups, len(members))
	return s, err
}

// longestPage bounds how many plans are listed at once.
const longestPage = 200

// Plans returns plans that are kept, the youngest first and without their documents, and how many there are; who may as
// Status.
func (e *Engine) Plans(ctx context.Context, p catalog.Principal, f catalog.SyncPlanFilter, w catalog.Window) ([]catalog.SyncPlan, int, error) {
	if _, err := e.directories(ctx, p); err != nil {
		return nil, 0, err
	}
	f.Brief, f.Offset, f.Limit = true, w.Offset, w.Limit
	if f.Limit <= 0 || f.Limit > longestPage {
		f.Limit = longestPage
	}
	total, err := e.store.CountSyncPlans(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	plans, err := e.store.SyncPlans(ctx, f)
	return plans, total, err
}

// FindPlan returns a plan that is kept, what it does, and the report once it was applied, nil before; who may as Status.
func (e *Engine) FindPlan(ctx context.Context, p catalog.Principal, id string) (catalog.SyncPlan, Plan, *Report, error) {
	if _, err := e.directories(ctx, p); err != nil {
		return catalog.SyncPlan{}, Plan{}, nil, err
	}
	kept, err := e.store.SyncPlan(ctx, id)
	if err != nil {
		return catalog.SyncPlan{}, Plan{}, nil, err
	}
	plan, err := decoded(kept)
	if err != nil || kept.Report == "" {
		return kept, plan, nil, err
	}
	report := &Report{}
	if err := json.Unmarshal([]byte(kept.Report), report); err != nil {
		return kept, plan, nil, fault.Wrap(fault.Internal, err, "the report of plan %s cannot be read", id)
	}
	return kept, plan, report, nil
}

// Pause lets nothing be taken from a source until it is resumed; a run under way ends at its next change.
// platform.manage_users of the principal himself, whatever scopes his token has.
func (e *Engine) Pause(ctx context.Context, p catalog.Principal, source string) error {
	return e.setPaused(ctx, p, source, e.svc.PauseDirectory)
}

// Resume ends that; as Pause.
func (e *Engine) Resume(ctx context.Context, p catalog.Principal, source string) error {
	return e.setPaused(ctx, p, source, e.svc.ResumeDirectory)
}

type pauser func(ctx context.Context, p catalog.Principal, name string) (catalog.Directory, authz.Token, error)

// setPaused makes a source known to the catalog that has never run, so that it can be paused before it does.
func (e *Engine) setPaused(ctx context.Context, p catalog.Principal, source string, set pauser) error {
	_, _, err := set(ctx, forDeciding(p), source)
	f, named := e.feeds[source]
	if !named || !fault.Is(err, fault.NotFound) {
		return err
	}
	r := &run{e: e, p: forDeciding(p), feed: f}
	err = r.change(ctx, func(ctx context.Context, c *catalog.Change) error { return c.EnsureDirectory(ctx, f.directory()) })
	if err == nil {
		_, _, err = set(ctx, forDeciding(p), source)
	}
	return err
}

// directory is how the catalog knows a feed.
func (f Feed) directory() catalog.Directory {
	return catalog.Directory{Name: f.Name, Kind: f.Kind, Trust: f.Trust, Issuer: f.Issuer, Profile: f.Profile}
}
