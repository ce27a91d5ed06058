package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const selectAuditEvents = `SELECT id, time, actor, actor_name, token_id, request_id, organization_id, action, object,
	related, before, after, outcome FROM audit_events`

func auditInto(e *catalog.AuditEvent) []any {
	return []any{
		&e.ID,
		moment{&e.Time},
		object{&e.Actor},
		&e.ActorName, &e.TokenID, &e.RequestID, &e.OrganizationID,
		&e.Action,
		object{&e.Object},
		objects{&e.Related},
		&e.Before, &e.After, &e.Outcome,
	}
}

// InsertAuditEvent records an event.
func (q *queries) InsertAuditEvent(ctx context.Context, e catalog.AuditEvent) error {
	texts := make([]string, 0, len(e.Related))
	for _, o := range e.Related {
		texts = append(texts, objectText(o))
	}
	related, err := encode(texts)
	if err != nil {
		return err
	}
	return q.insert(ctx, auditRow, `INSERT INTO audit_events (id, time, actor, actor_name, token_id, request_id,
		organization_id, action, object, related, before, after, outcome)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, micros(e.Time), objectText(e.Actor), e.ActorName, e.TokenID, e.RequestID, e.OrganizationID,
		e.Action, objectText(e.Object), related, e.Before, e.After, e.Outcome)
}

// AuditEvents returns the events of a filter, newest first. Since belongs to the span, Until does not, so that
// spans that follow each other share no event.
func (q *queries) AuditEvents(ctx context.Context, f catalog.AuditFilter) ([]catalog.AuditEvent, error) {
	w := q.where()
	w.equal(`organization_id = ?`, f.OrganizationID)
	if !f.Since.IsZero() {
		w.and(`time >= ?`, micros(f.Since))
	}
	if !f.Until.IsZero() {
		w.and(`time < ?`, micros(f.Until))
	}
	query, args := selectAuditEvents+w.sql()+` ORDER BY time DESC, sequence DESC`, w.args
	if f.Limit > 0 {
		query, args = query+` LIMIT ?`, append(args, f.Limit)
	}
	return selectAll(ctx, q, auditRow, auditInto, query, args...)
}
