package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// bindingRows says where the tag bindings on resources of a type are kept: the table, and its column with the id of
// the resource; false for types that have none.
func bindingRows(objectType string) (table, column string, ok bool) {
	switch objectType {
	case schema.TypeProject:
		return `project_tag_bindings`, `project_id`, true
	case schema.TypeWorkspace:
		return `workspace_tag_bindings`, `workspace_id`, true
	}
	return "", "", false
}

// TagBindings returns the tag bindings on some resources of a type, ordered by resource and key.
func (q *queries) TagBindings(ctx context.Context, objectType string, ids ...string) ([]catalog.TagBinding, error) {
	table, column, ok := bindingRows(objectType)
	if !ok || len(ids) == 0 { // no ids mean none here, not all
		return nil, nil
	}
	into := func(b *catalog.TagBinding) []any {
		b.Resource.Type = objectType
		return []any{&b.Resource.ID, &b.Key, &b.Value}
	}
	w := q.where()
	w.in(column, ids)
	return selectAll(ctx, q, bindingRow, into,
		`SELECT `+column+`, key, value FROM `+table+w.sql()+` ORDER BY `+column+`, key`, w.args...)
}

// PutTagBinding adds a tag binding or changes its value.
func (q *queries) PutTagBinding(ctx context.Context, b catalog.TagBinding) error {
	table, column, ok := bindingRows(b.Resource.Type)
	if !ok {
		return bindingRow.reference(writes, nil)
	}
	return q.insert(ctx, bindingRow, `INSERT INTO `+table+` (`+column+`, key, value) VALUES (?, ?, ?)
		ON CONFLICT (`+column+`, key) DO UPDATE SET value = excluded.value`, b.Resource.ID, b.Key, b.Value)
}

// DeleteTagBindings removes every tag binding on a resource, none included.
func (q *queries) DeleteTagBindings(ctx context.Context, resource authz.Object) error {
	table, column, ok := bindingRows(resource.Type)
	if !ok {
		return nil
	}
	return q.sweep(ctx, bindingRow, `DELETE FROM `+table+` WHERE `+column+` = ?`, resource.ID)
}
