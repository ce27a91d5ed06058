package sqlstore

import (
	"cmp"
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// What a record is in is a foreign key, and names are unique where there are any: an empty text is NULL in the table.
const selectRecords = `SELECT id, kind, COALESCE(organization_id, ''), COALESCE(workspace_id, ''), COALESCE(parent_id, ''),
	COALESCE(name, ''), attributes, created_by, created_at, updated_by, updated_at FROM records`

func recordInto(r *catalog.Record) []any {
	return []any{
		&r.ID, &r.Kind, &r.OrganizationID, &r.WorkspaceID, &r.ParentID, &r.Name, &r.Attributes, &r.CreatedBy,
		moment{&r.CreatedAt},
		&r.UpdatedBy,
		moment{&r.UpdatedAt},
	}
}

// place is what a record's name is unique in.
func place(r catalog.Record) string { return cmp.Or(r.ParentID, r.WorkspaceID, r.OrganizationID) }

// Record returns a record by id.
func (q *queries) Record(ctx context.Context, id string) (catalog.Record, error) {
	return selectOne(ctx, q, recordRow, recordInto, selectRecords+` WHERE id = ?`, id)
}

// Records returns the records of a filter.
func (q *queries) Records(ctx context.Context, f catalog.RecordFilter) ([]catalog.Record, error) {
	w := q.where()
	w.in(`id`, f.IDs)
	w.in(`organization_id`, f.OrganizationIDs)
	w.in(`workspace_id`, f.WorkspaceIDs)
	w.equal(`kind = ?`, string(f.Kind))
	w.equal(`organization_id = ?`, f.OrganizationID)
	w.equal(`workspace_id = ?`, f.WorkspaceID)
	w.equal(`parent_id = ?`, f.ParentID)
	w.equal(`name = ?`, f.Name)
	if f.TopLevel {
		w.and(`workspace_id IS NULL AND parent_id IS NULL`)
	}
	if f.PlatformOnly {
		w.and(`organization_id IS NULL`)
	}
	return selectAll(ctx, q, recordRow, recordInto, selectRecords+w.sql()+` ORDER BY id`, w.args...)
}

// InsertRecord adds a record.
func (q *queries) InsertRecord(ctx context.Context, r catalog.Record) error {
	return q.insert(ctx, recordRow, `INSERT INTO records (id, kind, organization_id, workspace_id, parent_id, place, name,
		attributes, created_by, created_at, updated_by, updated_at)
		VALUES (?, ?, NULLIF(?, ''), NULLIF(?, ''), NULLIF(?, ''), ?, NULLIF(?, ''), ?, ?, ?, ?, ?)`,
		r.ID, string(r.Kind), r.OrganizationID, r.WorkspaceID, r.ParentID, place(r), r.Name,
		string(r.Attributes), r.CreatedBy, micros(r.CreatedAt), r.UpdatedBy, micros(r.UpdatedAt))
}

// UpdateRecord changes a record.
func (q *queries) UpdateRecord(ctx context.Context, r catalog.Record) error {
	return q.update(ctx, recordRow, `UPDATE records SET kind = ?, organization_id = NULLIF(?, ''), workspace_id = NULLIF(?, ''),
		parent_id = NULLIF(?, ''), place = ?, name = NULLIF(?, ''), attributes = ?, created_by = ?, created_at = ?, updated_by = ?,
		updated_at = ? WHERE id = ?`,
		string(r.Kind), r.OrganizationID, r.WorkspaceID, r.ParentID, place(r), r.Name,
		string(r.Attributes), r.CreatedBy, micros(r.CreatedAt), r.UpdatedBy, micros(r.UpdatedAt), r.ID)
}

// DeleteRecord removes a record; what is inside of it goes by foreign key.
func (q *queries) DeleteRecord(ctx context.Context, id string) error {
	return q.remove(ctx, recordRow, `DELETE FROM records WHERE id = ?`, id)
}
