package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectStacks = `SELECT id, organization_id, project_id, name, description, created_at FROM stacks`

func stackInto(s *catalog.Stack) []any {
	return []any{&s.ID, &s.OrganizationID, &s.ProjectID, &s.Name, &s.Description, moment{&s.CreatedAt}}
}

// Stack returns a stack by id.
func (q *queries) Stack(ctx context.Context, id string) (catalog.Stack, error) {
	return selectOne(ctx, q, stackRow, stackInto, selectStacks+` WHERE id = ?`, id)
}

// StackByName returns a stack of an organization by name in any case.
func (q *queries) StackByName(ctx context.Context, organizationID, name string) (catalog.Stack, error) {
	return selectOne(ctx, q, stackRow, stackInto, selectStacks+` WHERE organization_id = ? AND name_key = ?`,
		organizationID, key(name))
}

// Stacks returns the stacks of a filter.
func (q *queries) Stacks(ctx context.Context, f catalog.WorkspaceFilter) ([]catalog.Stack, error) {
	w := q.where()
	w.in(`id`, f.IDs)
	w.equal(`organization_id = ?`, f.OrganizationID)
	w.equal(`project_id = ?`, f.ProjectID)
	return selectAll(ctx, q, stackRow, stackInto, selectStacks+w.sql()+` ORDER BY id`, w.args...)
}

// InsertStack adds a stack.
func (q *queries) InsertStack(ctx context.Context, s catalog.Stack) error {
	return q.insert(ctx, stackRow, `INSERT INTO stacks
		(id, organization_id, project_id, name, name_key, description, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.OrganizationID, s.ProjectID, s.Name, key(s.Name), s.Description, micros(s.CreatedAt))
}

// UpdateStack changes a stack.
func (q *queries) UpdateStack(ctx context.Context, s catalog.Stack) error {
	return q.update(ctx, stackRow, `UPDATE stacks SET organization_id = ?, project_id = ?, name = ?,
		name_key = ?, description = ?, created_at = ? WHERE id = ?`,
		s.OrganizationID, s.ProjectID, s.Name, key(s.Name), s.Description, micros(s.CreatedAt), s.ID)
}

// DeleteStack removes a stack with its grants.
func (q *queries) DeleteStack(ctx context.Context, id string) error {
	return q.atomically(ctx, func(q *queries) error {
		if err := q.remove(ctx, stackRow, `DELETE FROM stacks WHERE id = ?`, id); err != nil {
			return err
		}
		return q.sweepScope(ctx, schema.TypeStack, id)
	})
}
