package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// Consumers returns the remote-state consumers of some workspaces, ordered by both ids.
func (q *queries) Consumers(ctx context.Context, workspaceIDs ...string) ([]catalog.Consumer, error) {
	if len(workspaceIDs) == 0 {
		return nil, nil // no ids mean none here, not all
	}
	into := func(c *catalog.Consumer) []any { return []any{&c.WorkspaceID, &c.ConsumerID} }
	w := q.where()
	w.in(`workspace_id`, workspaceIDs)
	return selectAll(ctx, q, consumerRow, into,
		`SELECT workspace_id, consumer_id FROM consumers`+w.sql()+` ORDER BY workspace_id, consumer_id`, w.args...)
}

// PutConsumer adds a consumer, if not there.
func (q *queries) PutConsumer(ctx context.Context, c catalog.Consumer) error {
	return q.insert(ctx, consumerRow, `INSERT INTO consumers (workspace_id, consumer_id) VALUES (?, ?)
		ON CONFLICT (workspace_id, consumer_id) DO NOTHING`, c.WorkspaceID, c.ConsumerID)
}

// DeleteConsumer removes a consumer, if there.
func (q *queries) DeleteConsumer(ctx context.Context, c catalog.Consumer) error {
	return q.sweep(ctx, consumerRow, `DELETE FROM consumers WHERE workspace_id = ? AND consumer_id = ?`,
		c.WorkspaceID, c.ConsumerID)
}
