package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const selectAuditEvents = `SELECT sequence, id, time, actor, actor_name, token_id, address, request_id, organization_id,
	action, object, related, before, after, outcome, reason, hash, zed_token FROM audit_events`

func auditInto(e *catalog.AuditEvent) []any {
	return []any{
		&e.Sequence, &e.ID,
		moment{&e.Time},
		object{&e.Actor},
		&e.ActorName, &e.TokenID, &e.Address, &e.RequestID, &e.OrganizationID,
		&e.Action,
		object{&e.Object},
		objects{&e.Related},
		&e.Before, &e.After, &e.Outcome, &e.Reason,
		digest{&e.Hash},
		&e.ZedToken,
	}
}

// InsertAuditEvent records an event at the end of the chain. The engines' own sequences leave gaps where transactions
// are rolled back, so the place is counted from the end of the chain.
func (q *queries) InsertAuditEvent(ctx context.Context, e catalog.AuditEvent) error {
	texts := make([]string, 0, len(e.Related))
	for _, o := range e.Related {
		texts = append(texts, objectText(o))
	}
	related, err := encode(texts)
	if err != nil {
		return err
	}
	return q.atomically(ctx, func(q *queries) error {
		if err := q.insert(ctx, auditRow, `UPDATE audit_chain SET head_sequence = head_sequence + 1, head_hash = ?`, bytesOf(e.Hash)); err != nil {
			return err
		}
		return q.insert(ctx, auditRow, `INSERT INTO audit_events (sequence, id, time, actor, actor_name, token_id, address,
			request_id, organization_id, action, object, related, before, after, outcome, reason, hash, zed_token)
			VALUES ((SELECT head_sequence FROM audit_chain), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, micros(e.Time), objectText(e.Actor), e.ActorName, e.TokenID, e.Address,
			e.RequestID, e.OrganizationID, e.Action, objectText(e.Object), related, e.Before, e.After, e.Outcome, e.Reason,
			bytesOf(e.Hash), e.ZedToken)
	})
}

// AuditEvents returns the events of a filter, newest first, or in the order of the chain.
func (q *queries) AuditEvents(ctx context.Context, f catalog.AuditFilter) ([]catalog.AuditEvent, error) {
	w := q.auditWhere(f)
	order := ` ORDER BY time DESC, sequence DESC`
	if f.OldestFirst {
		order = ` ORDER BY sequence`
	}
	query := selectAuditEvents + w.sql() + order + w.page(f.Limit, f.Offset)
	return selectAll(ctx, q, auditRow, auditInto, query, w.args...)
}

// CountAuditEvents returns how many events a filter has on all pages.
func (q *queries) CountAuditEvents(ctx context.Context, f catalog.AuditFilter) (int, error) {
	w := q.auditWhere(f)
	return selectOne(ctx, q, auditRow, countInto, `SELECT count(*) FROM audit_events`+w.sql(), w.args...)
}

// auditWhere returns the conditions of a filter. Since belongs to the span, Until does not, so that spans that follow
// each other share no event.
func (q *queries) auditWhere(f catalog.AuditFilter) *where {
	w := q.where()
	w.equal(`organization_id = ?`, f.OrganizationID)
	if !f.Since.IsZero() {
		w.and(`time >= ?`, micros(f.Since))
	}
	if !f.Until.IsZero() {
		w.and(`time < ?`, micros(f.Until))
	}
	w.equal(`actor = ?`, objectText(f.Actor))
	w.equal(`object = ?`, objectText(f.Object))
	w.in(`action`, f.Actions)
	w.equal(`outcome = ?`, f.Outcome)
	if f.AfterSequence != 0 {
		w.and(`sequence > ?`, f.AfterSequence)
	}
	return w
}

// SetAuditToken notes the consistency token of events; missing ones are no error.
func (q *queries) SetAuditToken(ctx context.Context, token string, ids ...string) error {
	if len(ids) == 0 {
		return nil // no ids mean none here, not all
	}
	w := q.where()
	w.in(`id`, ids)
	return q.insert(ctx, auditRow, `UPDATE audit_events SET zed_token = ?`+w.sql(), append([]any{token}, w.args...)...)
}
