package sqlstore

import (
	"context"
	"math"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// chainEnds are where the chain of audit events begins and ends.
type chainEnds struct{ anchor, head catalog.AuditLink }

func chainEndsInto(e *chainEnds) []any {
	return append(auditLinkInto(&e.anchor), auditLinkInto(&e.head)...)
}

func auditLinkInto(l *catalog.AuditLink) []any { return []any{&l.Sequence, digest{&l.Hash}} }

// AuditEnds returns the anchor and the head of the chain, both as of one moment. Neither is read from the events.
func (q *queries) AuditEnds(ctx context.Context) (anchor, head catalog.AuditLink, err error) {
	ends, err := selectOne(ctx, q, auditRow, chainEndsInto,
		`SELECT anchor_sequence, anchor_hash, head_sequence, head_hash FROM audit_chain`)
	return ends.anchor, ends.head, err
}

// PruneAuditEvents removes the events of before a time from the beginning of the chain, up to the first that is of that
// time or later: where the clock went back, an older event behind it stays, since the chain must have no hole.
func (q *queries) PruneAuditEvents(ctx context.Context, before time.Time) (int, error) {
	var removed int64
	err := q.atomically(ctx, func(q *queries) error {
		anchor, err := selectOne(ctx, q, auditRow, auditLinkInto, `SELECT sequence, hash FROM audit_events
			WHERE sequence < COALESCE((SELECT sequence FROM audit_events WHERE time >= ? ORDER BY sequence LIMIT 1), ?)
			ORDER BY sequence DESC LIMIT 1`, micros(before), int64(math.MaxInt64))
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := q.insert(ctx, auditRow, `UPDATE audit_chain SET anchor_sequence = ?, anchor_hash = ?`,
			anchor.Sequence, bytesOf(anchor.Hash)); err != nil {
			return err
		}
		removed, err = q.exec(ctx, auditRow, deletes, `DELETE FROM audit_events WHERE sequence <= ?`, anchor.Sequence)
		return err
	})
	return int(removed), err
}
