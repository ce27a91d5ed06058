package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectGroups = `SELECT id, source, external_id, display_name, created_at FROM identity_groups`

func groupInto(g *catalog.Group) []any {
	return []any{&g.ID, &g.Source, &g.ExternalID, &g.DisplayName, moment{&g.CreatedAt}}
}

// Group returns a group by id.
func (q *queries) Group(ctx context.Context, id string) (catalog.Group, error) {
	return selectOne(ctx, q, groupRow, groupInto, selectGroups+` WHERE id = ?`, id)
}

// Groups returns the groups of some ids, or all.
func (q *queries) Groups(ctx context.Context, ids ...string) ([]catalog.Group, error) {
	w := q.where()
	w.in(`id`, ids)
	return selectAll(ctx, q, groupRow, groupInto, selectGroups+w.sql()+` ORDER BY id`, w.args...)
}

// GroupsByName returns the groups of a display name, exactly as written.
func (q *queries) GroupsByName(ctx context.Context, displayName string) ([]catalog.Group, error) {
	return selectAll(ctx, q, groupRow, groupInto, selectGroups+` WHERE display_name = ? ORDER BY id`, displayName)
}

// InsertGroup adds a group.
func (q *queries) InsertGroup(ctx context.Context, g catalog.Group) error {
	return q.insert(ctx, groupRow, `INSERT INTO identity_groups (id, source, external_id, display_name, created_at)
		VALUES (?, ?, ?, ?, ?)`, g.ID, g.Source, g.ExternalID, g.DisplayName, micros(g.CreatedAt))
}

// UpdateGroup changes a group.
func (q *queries) UpdateGroup(ctx context.Context, g catalog.Group) error {
	return q.update(ctx, groupRow, `UPDATE identity_groups SET source = ?, external_id = ?, display_name = ?,
		created_at = ? WHERE id = ?`, g.Source, g.ExternalID, g.DisplayName, micros(g.CreatedAt), g.ID)
}

// DeleteGroup removes a group, its grants and its tokens; members, nestings and links go by foreign key.
func (q *queries) DeleteGroup(ctx context.Context, id string) error {
	return q.atomically(ctx, func(q *queries) error {
		if err := q.remove(ctx, groupRow, `DELETE FROM identity_groups WHERE id = ?`, id); err != nil {
			return err
		}
		return q.sweepHolder(ctx, schema.TypeGroup, catalog.TokenGroup, id)
	})
}
