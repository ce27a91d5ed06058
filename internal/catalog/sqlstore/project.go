package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectProjects = `SELECT id, organization_id, name, description, attributes, created_at FROM projects`

func projectInto(p *catalog.Project) []any {
	return []any{&p.ID, &p.OrganizationID, &p.Name, &p.Description, &p.Attributes, moment{&p.CreatedAt}}
}

// Project returns a project by id.
func (q *queries) Project(ctx context.Context, id string) (catalog.Project, error) {
	return selectOne(ctx, q, projectRow, projectInto, selectProjects+` WHERE id = ?`, id)
}

// ProjectByName returns a project of an organization by name in any case.
func (q *queries) ProjectByName(ctx context.Context, organizationID, name string) (catalog.Project, error) {
	return selectOne(ctx, q, projectRow, projectInto, selectProjects+` WHERE organization_id = ? AND name_key = ?`,
		organizationID, key(name))
}

// Projects returns the projects of an organization, or of all.
func (q *queries) Projects(ctx context.Context, organizationID string) ([]catalog.Project, error) {
	w := q.where()
	w.equal(`organization_id = ?`, organizationID)
	return selectAll(ctx, q, projectRow, projectInto, selectProjects+w.sql()+` ORDER BY id`, w.args...)
}

// ProjectsByID returns some projects.
func (q *queries) ProjectsByID(ctx context.Context, ids ...string) ([]catalog.Project, error) {
	if len(ids) == 0 {
		return nil, nil // no ids mean none here, not all
	}
	w := q.where()
	w.in(`id`, ids)
	return selectAll(ctx, q, projectRow, projectInto, selectProjects+w.sql()+` ORDER BY id`, w.args...)
}

// InsertProject adds a project.
func (q *queries) InsertProject(ctx context.Context, p catalog.Project) error {
	return q.insert(ctx, projectRow, `INSERT INTO projects
		(id, organization_id, name, name_key, description, attributes, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.OrganizationID, p.Name, key(p.Name), p.Description, string(p.Attributes), micros(p.CreatedAt))
}

// UpdateProject changes a project.
func (q *queries) UpdateProject(ctx context.Context, p catalog.Project) error {
	return q.update(ctx, projectRow, `UPDATE projects SET organization_id = ?, name = ?, name_key = ?,
		description = ?, attributes = ?, created_at = ? WHERE id = ?`,
		p.OrganizationID, p.Name, key(p.Name), p.Description, string(p.Attributes), micros(p.CreatedAt), p.ID)
}

// DeleteProject removes an empty project with its grants.
func (q *queries) DeleteProject(ctx context.Context, id string) error {
	return q.atomically(ctx, func(q *queries) error {
		if err := q.remove(ctx, projectRow, `DELETE FROM projects WHERE id = ?`, id); err != nil {
			return err
		}
		return q.sweepScope(ctx, schema.TypeProject, id)
	})
}
