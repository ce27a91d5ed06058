package sqlstore

import (
	"context"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const planColumns = `id, source, digest, status, started_by, document, report, cursor, full_read, error, created_by, created_at,
	decided_by, decided_at, comment, finished_at`

// briefColumns are planColumns without what may be long.
const briefColumns = `id, source, digest, status, started_by, '', '', cursor, full_read, error, created_by, created_at,
	decided_by, decided_at, comment, finished_at`

func planInto(p *catalog.SyncPlan) []any {
	return []any{
		&p.ID, &p.Source, &p.Digest, &p.Status, &p.Trigger, &p.Document, &p.Report, &p.Cursor, &p.Full, &p.Error,
		object{&p.CreatedBy},
		moment{&p.CreatedAt},
		object{&p.DecidedBy},
		moment{&p.DecidedAt},
		&p.Comment,
		moment{&p.FinishedAt},
	}
}

func (q *queries) plansOf(f catalog.SyncPlanFilter) *where {
	w := q.where()
	w.equal(`source = ?`, f.Source)
	statuses := make([]string, len(f.Statuses))
	for i, s := range f.Statuses {
		statuses[i] = string(s)
	}
	w.in(`status`, statuses)
	return w
}

// SyncPlan returns a plan by id.
func (q *queries) SyncPlan(ctx context.Context, id string) (catalog.SyncPlan, error) {
	return selectOne(ctx, q, planRow, planInto, `SELECT `+planColumns+` FROM sync_plans WHERE id = ?`, id)
}

// SyncPlans returns the plans of a filter, the youngest first.
func (q *queries) SyncPlans(ctx context.Context, f catalog.SyncPlanFilter) ([]catalog.SyncPlan, error) {
	columns := planColumns
	if f.Brief {
		columns = briefColumns
	}
	w := q.plansOf(f)
	query := `SELECT ` + columns + ` FROM sync_plans` + w.sql() + ` ORDER BY created_at DESC, id` + w.page(f.Limit, f.Offset)
	return selectAll(ctx, q, planRow, planInto, query, w.args...)
}

// CountSyncPlans returns how many plans a filter has on all pages.
func (q *queries) CountSyncPlans(ctx context.Context, f catalog.SyncPlanFilter) (int, error) {
	w := q.plansOf(f)
	return selectOne(ctx, q, planRow, countInto, `SELECT count(*) FROM sync_plans`+w.sql(), w.args...)
}

// InsertSyncPlan adds a plan.
func (q *queries) InsertSyncPlan(ctx context.Context, p catalog.SyncPlan) error {
	return q.insert(ctx, planRow, `INSERT INTO sync_plans (`+planColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Source, p.Digest, string(p.Status), p.Trigger, p.Document, p.Report, p.Cursor, p.Full, p.Error, objectText(p.CreatedBy),
		micros(p.CreatedAt), objectText(p.DecidedBy), micros(p.DecidedAt), p.Comment, micros(p.FinishedAt))
}

// UpdateSyncPlan changes what became of a plan. What it plans never changes.
func (q *queries) UpdateSyncPlan(ctx context.Context, p catalog.SyncPlan) error {
	return q.update(ctx, planRow, `UPDATE sync_plans SET status = ?, report = ?, error = ?, decided_by = ?, decided_at = ?, comment = ?,
		finished_at = ? WHERE id = ?`,
		string(p.Status), p.Report, p.Error, objectText(p.DecidedBy), micros(p.DecidedAt), p.Comment, micros(p.FinishedAt), p.ID)
}

// PruneSyncPlans removes plans that ended before a time.
func (q *queries) PruneSyncPlans(ctx context.Context, before time.Time) (int, error) {
	rows, err := q.exec(ctx, planRow, deletes, `DELETE FROM sync_plans WHERE finished_at > 0 AND finished_at < ?`, micros(before))
	return int(rows), err
}

// InsertRemoval notes what was taken away.
func (q *queries) InsertRemoval(ctx context.Context, r catalog.Removal) error {
	return q.insert(ctx, removalRow, `INSERT INTO removals (source, at, memberships, people, groups, plan_id) VALUES (?, ?, ?, ?, ?, ?)`,
		r.Source, micros(r.At), r.Memberships, r.People, r.Groups, r.PlanID)
}

// RemovedSince sums what a source took away from a time on.
func (q *queries) RemovedSince(ctx context.Context, source string, since time.Time) (catalog.Removal, error) {
	into := func(r *catalog.Removal) []any { return []any{&r.Memberships, &r.People, &r.Groups} }
	return selectOne(ctx, q, removalRow, into, `SELECT CAST(coalesce(sum(memberships), 0) AS BIGINT), CAST(coalesce(sum(people), 0) AS BIGINT),
		CAST(coalesce(sum(groups), 0) AS BIGINT) FROM removals WHERE source = ? AND at >= ?`, source, micros(since))
}

// PruneRemovals forgets what was taken away before a time.
func (q *queries) PruneRemovals(ctx context.Context, before time.Time) error {
	return q.sweep(ctx, removalRow, `DELETE FROM removals WHERE at < ?`, micros(before))
}

// TakeLease gives a lease to its holder unless somebody else has it. One statement decides, so that two runners never
// both get it.
func (q *queries) TakeLease(ctx context.Context, l catalog.Lease, now time.Time) (bool, error) {
	rows, err := q.exec(ctx, leaseRow, writes, `INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE leases.holder = excluded.holder OR leases.until <= ?`, l.Name, l.Holder, micros(l.Until), micros(now))
	return rows > 0, err
}

// DropLease ends a lease of its holder.
func (q *queries) DropLease(ctx context.Context, name, holder string) error {
	return q.sweep(ctx, leaseRow, `DELETE FROM leases WHERE name = ? AND holder = ?`, name, holder)
}
