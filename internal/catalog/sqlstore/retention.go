package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// retentionRows says where the data retention policies of resources of a type are kept: the table, and its column
// with the id of the resource; false for types that have none.
func retentionRows(objectType string) (table, column string, ok bool) {
	switch objectType {
	case schema.TypeOrganization:
		return `organization_retentions`, `organization_id`, true
	case schema.TypeWorkspace:
		return `workspace_retentions`, `workspace_id`, true
	}
	return "", "", false
}

// Retention returns the data retention policy of a resource.
func (q *queries) Retention(ctx context.Context, resource authz.Object) (catalog.Retention, error) {
	table, column, ok := retentionRows(resource.Type)
	if !ok {
		return catalog.Retention{}, retentionRow.notFound()
	}
	into := func(r *catalog.Retention) []any {
		r.Resource = resource
		return []any{&r.ID, &r.Days, moment{&r.CreatedAt}}
	}
	return selectOne(ctx, q, retentionRow, into,
		`SELECT id, days, created_at FROM `+table+` WHERE `+column+` = ?`, resource.ID)
}

// Retentions returns the data retention policies of some resources of a type.
func (q *queries) Retentions(ctx context.Context, objectType string, ids ...string) ([]catalog.Retention, error) {
	table, column, ok := retentionRows(objectType)
	if !ok || len(ids) == 0 { // no ids mean none here, not all
		return nil, nil
	}
	into := func(r *catalog.Retention) []any {
		r.Resource.Type = objectType
		return []any{&r.Resource.ID, &r.ID, &r.Days, moment{&r.CreatedAt}}
	}
	w := q.where()
	w.in(column, ids)
	return selectAll(ctx, q, retentionRow, into,
		`SELECT `+column+`, id, days, created_at FROM `+table+w.sql()+` ORDER BY `+column, w.args...)
}

// PutRetention sets the data retention policy of a resource, in place of another.
func (q *queries) PutRetention(ctx context.Context, r catalog.Retention) error {
	table, column, ok := retentionRows(r.Resource.Type)
	if !ok {
		return retentionRow.reference(writes, nil)
	}
	return q.insert(ctx, retentionRow, `INSERT INTO `+table+` (`+column+`, id, days, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (`+column+`) DO UPDATE SET id = excluded.id, days = excluded.days, created_at = excluded.created_at`,
		r.Resource.ID, r.ID, r.Days, micros(r.CreatedAt))
}

// DeleteRetention removes the data retention policy of a resource.
func (q *queries) DeleteRetention(ctx context.Context, resource authz.Object) error {
	table, column, ok := retentionRows(resource.Type)
	if !ok {
		return retentionRow.notFound()
	}
	return q.remove(ctx, retentionRow, `DELETE FROM `+table+` WHERE `+column+` = ?`, resource.ID)
}
