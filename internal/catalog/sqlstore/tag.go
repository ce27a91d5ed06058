package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

func tagInto(t *catalog.Tag) []any {
	return []any{&t.ID, &t.OrganizationID, &t.Name, moment{&t.CreatedAt}}
}

// Tags returns the tags of a filter, ordered by name in any case.
func (q *queries) Tags(ctx context.Context, f catalog.TagFilter) ([]catalog.Tag, error) {
	w := q.where()
	w.in(`id`, f.IDs)
	w.equal(`organization_id = ?`, f.OrganizationID)
	w.in(`name_key`, keys(f.Names))
	w.contains(f.Contains, `name_key`)
	w.equal(`id IN (SELECT tag_id FROM workspace_tags WHERE workspace_id = ?)`, f.WorkspaceID)
	w.equal(`id NOT IN (SELECT tag_id FROM workspace_tags WHERE workspace_id = ?)`, f.WithoutID)
	return selectAll(ctx, q, tagRow, tagInto,
		`SELECT id, organization_id, name, created_at FROM tags`+w.sql()+` ORDER BY name_key, id`, w.args...)
}

// WorkspaceTags returns the tags that some workspaces carry, ordered by name in any case.
func (q *queries) WorkspaceTags(ctx context.Context, workspaceIDs ...string) (map[string][]catalog.Tag, error) {
	tags := map[string][]catalog.Tag{}
	if len(workspaceIDs) == 0 {
		return tags, nil // no ids mean none here, not all
	}
	type row struct {
		workspaceID string
		tag         catalog.Tag
	}
	into := func(r *row) []any { return append([]any{&r.workspaceID}, tagInto(&r.tag)...) }
	w := q.where()
	w.in(`x.workspace_id`, workspaceIDs)
	rows, err := selectAll(ctx, q, workspaceTagRow, into,
		`SELECT x.workspace_id, t.id, t.organization_id, t.name, t.created_at
		FROM workspace_tags x JOIN tags t ON t.id = x.tag_id`+w.sql()+` ORDER BY t.name_key, t.id`, w.args...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		tags[r.workspaceID] = append(tags[r.workspaceID], r.tag)
	}
	return tags, nil
}

// CountTagged returns how many workspaces carry each of some tags.
func (q *queries) CountTagged(ctx context.Context, tagIDs ...string) (map[string]int, error) {
	counts := map[string]int{}
	if len(tagIDs) == 0 {
		return counts, nil // no ids mean none here, not all
	}
	type row struct {
		id    string
		count int
	}
	into := func(r *row) []any { return []any{&r.id, &r.count} }
	w := q.where()
	w.in(`tag_id`, tagIDs)
	rows, err := selectAll(ctx, q, workspaceTagRow, into,
		`SELECT tag_id, count(*) FROM workspace_tags`+w.sql()+` GROUP BY tag_id`, w.args...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		counts[r.id] = r.count
	}
	return counts, nil
}

// InsertTag adds a tag.
func (q *queries) InsertTag(ctx context.Context, t catalog.Tag) error {
	return q.insert(ctx, tagRow, `INSERT INTO tags (id, organization_id, name, name_key, created_at)
		VALUES (?, ?, ?, ?, ?)`, t.ID, t.OrganizationID, t.Name, key(t.Name), micros(t.CreatedAt))
}

// UpdateTag changes a tag.
func (q *queries) UpdateTag(ctx context.Context, t catalog.Tag) error {
	return q.update(ctx, tagRow, `UPDATE tags SET name = ?, name_key = ? WHERE id = ?`, t.Name, key(t.Name), t.ID)
}

// DeleteTag removes a tag; what carries it forgets it by foreign key.
func (q *queries) DeleteTag(ctx context.Context, id string) error {
	return q.remove(ctx, tagRow, `DELETE FROM tags WHERE id = ?`, id)
}

// PutWorkspaceTag makes a workspace carry a tag, if it does not.
func (q *queries) PutWorkspaceTag(ctx context.Context, workspaceID, tagID string) error {
	return q.insert(ctx, workspaceTagRow, `INSERT INTO workspace_tags (workspace_id, tag_id) VALUES (?, ?)
		ON CONFLICT (workspace_id, tag_id) DO NOTHING`, workspaceID, tagID)
}

// DeleteWorkspaceTag takes a tag from a workspace, if it carries it.
func (q *queries) DeleteWorkspaceTag(ctx context.Context, workspaceID, tagID string) error {
	return q.sweep(ctx, workspaceTagRow, `DELETE FROM workspace_tags WHERE workspace_id = ? AND tag_id = ?`,
		workspaceID, tagID)
}
