package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectGroups = `SELECT id, source, external_id, display_name, paused, gone_at, attributes, version, created_at, updated_at
	FROM identity_groups`

func groupInto(g *catalog.Group) []any {
	return []any{
		&g.ID, &g.Source, &g.ExternalID, &g.DisplayName, &g.Paused,
		moment{&g.GoneAt},
		&g.Attributes, &g.Version,
		moment{&g.CreatedAt},
		moment{&g.UpdatedAt},
	}
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

// GroupsOf returns the groups of a source.
func (q *queries) GroupsOf(ctx context.Context, source string) ([]catalog.Group, error) {
	return selectAll(ctx, q, groupRow, groupInto, selectGroups+` WHERE source = ? ORDER BY id`, source)
}

// GroupByExternalID returns the group that a source knows by an id.
func (q *queries) GroupByExternalID(ctx context.Context, source, externalID string) (catalog.Group, error) {
	return selectOne(ctx, q, groupRow, groupInto, selectGroups+` WHERE source = ? AND external_id = ?`, source, externalID)
}

// InsertGroup adds a group.
func (q *queries) InsertGroup(ctx context.Context, g catalog.Group) error {
	return q.insert(ctx, groupRow, `INSERT INTO identity_groups (id, source, external_id, display_name, paused, gone_at, attributes,
		version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		g.ID, g.Source, g.ExternalID, g.DisplayName, g.Paused, micros(g.GoneAt), string(g.Attributes), g.Version, micros(g.CreatedAt), micros(g.UpdatedAt))
}

// UpdateGroup changes a group.
func (q *queries) UpdateGroup(ctx context.Context, g catalog.Group) error {
	return q.update(ctx, groupRow, `UPDATE identity_groups SET source = ?, external_id = ?, display_name = ?, paused = ?, gone_at = ?,
		attributes = ?, version = ?, created_at = ?, updated_at = ? WHERE id = ?`,
		g.Source, g.ExternalID, g.DisplayName, g.Paused, micros(g.GoneAt), string(g.Attributes), g.Version, micros(g.CreatedAt), micros(g.UpdatedAt), g.ID)
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
