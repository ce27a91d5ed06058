package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

const selectRoles = `SELECT id, organization_id, name, description, permissions, fields, created_at FROM roles`

func roleInto(r *catalog.Role) []any {
	return []any{&r.ID, &r.OrganizationID, &r.Name, &r.Description, document{&r.Permissions}, document{&r.Fields}, moment{&r.CreatedAt}}
}

// Role returns a role by id.
func (q *queries) Role(ctx context.Context, id string) (catalog.Role, error) {
	return selectOne(ctx, q, roleRow, roleInto, selectRoles+` WHERE id = ?`, id)
}

// RoleByName returns a role of an organization, or a platform-wide one, by name in any case. An unnamed access
// set is found by its id alone.
func (q *queries) RoleByName(ctx context.Context, organizationID, name string) (catalog.Role, error) {
	return selectOne(ctx, q, roleRow, roleInto,
		selectRoles+` WHERE organization_id = ? AND name_key = ? AND name_key <> ''`, organizationID, key(name))
}

// Roles returns the roles of some ids, or of an organization, or the platform-wide ones.
func (q *queries) Roles(ctx context.Context, organizationID string, ids ...string) ([]catalog.Role, error) {
	w := q.where()
	if len(ids) == 0 {
		w.and(`organization_id = ?`, organizationID)
	}
	w.in(`id`, ids)
	return selectAll(ctx, q, roleRow, roleInto, selectRoles+w.sql()+` ORDER BY id`, w.args...)
}

// encodeRole returns the documents of a role.
func encodeRole(r catalog.Role) (permissions, fields string, err error) {
	if permissions, err = encode(r.Permissions); err != nil {
		return "", "", err
	}
	fields, err = encode(r.Fields)
	return permissions, fields, err
}

// InsertRole adds a role.
func (q *queries) InsertRole(ctx context.Context, r catalog.Role) error {
	permissions, fields, err := encodeRole(r)
	if err != nil {
		return err
	}
	// A row that is there already has both its id and its name taken. SQLite would say so of the name, since it looks at
	// indexes on a condition first.
	switch _, err := q.Role(ctx, r.ID); {
	case err == nil:
		return q.doom(conflict(nil, "id", "has already been taken"))
	case !fault.Is(err, fault.NotFound):
		return err
	}
	return q.insert(ctx, roleRow, `INSERT INTO roles
		(id, organization_id, name, name_key, description, permissions, fields, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.OrganizationID, r.Name, key(r.Name), r.Description, permissions, fields, micros(r.CreatedAt))
}

// UpdateRole changes a role.
func (q *queries) UpdateRole(ctx context.Context, r catalog.Role) error {
	permissions, fields, err := encodeRole(r)
	if err != nil {
		return err
	}
	return q.update(ctx, roleRow, `UPDATE roles SET organization_id = ?, name = ?, name_key = ?, description = ?,
		permissions = ?, fields = ?, created_at = ? WHERE id = ?`,
		r.OrganizationID, r.Name, key(r.Name), r.Description, permissions, fields, micros(r.CreatedAt), r.ID)
}

// DeleteRole removes a role that no grant names. Grants name built-in roles too, which are no rows, so this is
// no foreign key.
func (q *queries) DeleteRole(ctx context.Context, id string) error {
	return q.atomically(ctx, func(q *queries) error {
		grants, err := q.Grants(ctx, catalog.GrantFilter{RoleID: id})
		if err != nil {
			return err
		}
		if _, err := q.Role(ctx, id); err != nil {
			return err
		}
		if len(grants) > 0 {
			return fault.New(fault.Conflict, "the role is still granted")
		}
		return q.remove(ctx, roleRow, `DELETE FROM roles WHERE id = ?`, id)
	})
}
