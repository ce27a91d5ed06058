package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const selectMemberships = `SELECT id, organization_id, user_id, status, created_at FROM memberships`

func membershipInto(m *catalog.Membership) []any {
	return []any{&m.ID, &m.OrganizationID, &m.UserID, &m.Status, moment{&m.CreatedAt}}
}

// Membership returns a membership by id.
func (q *queries) Membership(ctx context.Context, id string) (catalog.Membership, error) {
	return selectOne(ctx, q, membershipRow, membershipInto, selectMemberships+` WHERE id = ?`, id)
}

// Memberships returns the memberships of a filter.
func (q *queries) Memberships(ctx context.Context, f catalog.MembershipFilter) ([]catalog.Membership, error) {
	w := q.where()
	w.equal(`organization_id = ?`, f.OrganizationID)
	w.equal(`user_id = ?`, f.UserID)
	w.in(`user_id`, f.UserIDs)
	return selectAll(ctx, q, membershipRow, membershipInto, selectMemberships+w.sql()+` ORDER BY id`, w.args...)
}

// InsertMembership adds a membership.
func (q *queries) InsertMembership(ctx context.Context, m catalog.Membership) error {
	return q.insert(ctx, membershipRow, `INSERT INTO memberships (id, organization_id, user_id, status, created_at)
		VALUES (?, ?, ?, ?, ?)`, m.ID, m.OrganizationID, m.UserID, string(m.Status), micros(m.CreatedAt))
}

// UpdateMembership changes a membership.
func (q *queries) UpdateMembership(ctx context.Context, m catalog.Membership) error {
	return q.update(ctx, membershipRow, `UPDATE memberships SET organization_id = ?, user_id = ?, status = ?,
		created_at = ? WHERE id = ?`, m.OrganizationID, m.UserID, string(m.Status), micros(m.CreatedAt), m.ID)
}

// DeleteMembership removes a membership alone.
func (q *queries) DeleteMembership(ctx context.Context, id string) error {
	return q.remove(ctx, membershipRow, `DELETE FROM memberships WHERE id = ?`, id)
}
