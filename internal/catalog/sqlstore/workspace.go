package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectWorkspaces = `SELECT id, organization_id, project_id, name, description, locked_by, lock_reason,
	attributes, created_at, updated_at FROM workspaces`

func workspaceInto(w *catalog.Workspace) []any {
	return []any{
		&w.ID, &w.OrganizationID, &w.ProjectID, &w.Name, &w.Description,
		object{&w.LockedBy},
		&w.LockReason, &w.Attributes,
		moment{&w.CreatedAt},
		moment{&w.UpdatedAt},
	}
}

// Workspace returns a workspace by id.
func (q *queries) Workspace(ctx context.Context, id string) (catalog.Workspace, error) {
	return selectOne(ctx, q, workspaceRow, workspaceInto, selectWorkspaces+` WHERE id = ?`, id)
}

// WorkspaceByName returns a workspace of an organization by name in any case.
func (q *queries) WorkspaceByName(ctx context.Context, organizationID, name string) (catalog.Workspace, error) {
	return selectOne(ctx, q, workspaceRow, workspaceInto, selectWorkspaces+` WHERE organization_id = ? AND name_key = ?`,
		organizationID, key(name))
}

// Workspaces returns the workspaces of a filter.
func (q *queries) Workspaces(ctx context.Context, f catalog.WorkspaceFilter) ([]catalog.Workspace, error) {
	w := q.where()
	w.in(`id`, f.IDs)
	w.equal(`organization_id = ?`, f.OrganizationID)
	w.equal(`project_id = ?`, f.ProjectID)
	return selectAll(ctx, q, workspaceRow, workspaceInto, selectWorkspaces+w.sql()+` ORDER BY id`, w.args...)
}

// InsertWorkspace adds a workspace.
func (q *queries) InsertWorkspace(ctx context.Context, w catalog.Workspace) error {
	return q.insert(ctx, workspaceRow, `INSERT INTO workspaces
		(id, organization_id, project_id, name, name_key, description, locked_by, lock_reason, attributes, created_at,
		updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w.ID, w.OrganizationID, w.ProjectID, w.Name, key(w.Name), w.Description, objectText(w.LockedBy), w.LockReason,
		string(w.Attributes), micros(w.CreatedAt), micros(w.UpdatedAt))
}

// UpdateWorkspace changes a workspace.
func (q *queries) UpdateWorkspace(ctx context.Context, w catalog.Workspace) error {
	return q.update(ctx, workspaceRow, `UPDATE workspaces SET organization_id = ?, project_id = ?, name = ?,
		name_key = ?, description = ?, locked_by = ?, lock_reason = ?, attributes = ?, created_at = ?, updated_at = ? WHERE id = ?`,
		w.OrganizationID, w.ProjectID, w.Name, key(w.Name), w.Description, objectText(w.LockedBy), w.LockReason,
		string(w.Attributes), micros(w.CreatedAt), micros(w.UpdatedAt), w.ID)
}

// DeleteWorkspace removes a workspace with its grants.
func (q *queries) DeleteWorkspace(ctx context.Context, id string) error {
	return q.atomically(ctx, func(q *queries) error {
		if err := q.remove(ctx, workspaceRow, `DELETE FROM workspaces WHERE id = ?`, id); err != nil {
			return err
		}
		return q.sweepScope(ctx, schema.TypeWorkspace, id)
	})
}
