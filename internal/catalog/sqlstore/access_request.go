package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const selectRequests = `SELECT id, organization_id, user_id, role_id, scope_type, scope_id, reason, expires_at, status,
	decided_by, decided_at, answer, grant_id, created_at FROM access_requests`

func requestInto(r *catalog.AccessRequest) []any {
	return []any{
		&r.ID, &r.OrganizationID, &r.UserID, &r.RoleID, &r.Scope.Type, &r.Scope.ID, &r.Reason,
		moment{&r.ExpiresAt},
		&r.Status,
		object{&r.DecidedBy},
		moment{&r.DecidedAt},
		&r.Answer, &r.GrantID,
		moment{&r.CreatedAt},
	}
}

func (q *queries) requestsOf(f catalog.AccessRequestFilter) *where {
	w := q.where()
	w.equal(`organization_id = ?`, f.OrganizationID)
	w.equal(`user_id = ?`, f.UserID)
	w.equal(`status = ?`, string(f.Status))
	return w
}

// AccessRequest returns an access request by id.
func (q *queries) AccessRequest(ctx context.Context, id string) (catalog.AccessRequest, error) {
	return selectOne(ctx, q, requestRow, requestInto, selectRequests+` WHERE id = ?`, id)
}

// AccessRequests returns the access requests of a filter, the youngest first.
func (q *queries) AccessRequests(ctx context.Context, f catalog.AccessRequestFilter) ([]catalog.AccessRequest, error) {
	w := q.requestsOf(f)
	query := selectRequests + w.sql() + ` ORDER BY created_at DESC, id` + w.page(f.Limit, f.Offset)
	return selectAll(ctx, q, requestRow, requestInto, query, w.args...)
}

// CountAccessRequests returns how many access requests a filter has.
func (q *queries) CountAccessRequests(ctx context.Context, f catalog.AccessRequestFilter) (int, error) {
	w := q.requestsOf(f)
	return selectOne(ctx, q, requestRow, countInto, `SELECT count(*) FROM access_requests`+w.sql(), w.args...)
}

// InsertAccessRequest adds an access request.
func (q *queries) InsertAccessRequest(ctx context.Context, r catalog.AccessRequest) error {
	return q.insert(ctx, requestRow, `INSERT INTO access_requests (id, organization_id, user_id, role_id, scope_type, scope_id,
		reason, expires_at, status, decided_by, decided_at, answer, grant_id, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.OrganizationID, r.UserID, r.RoleID, r.Scope.Type, r.Scope.ID, r.Reason, micros(r.ExpiresAt),
		string(r.Status), objectText(r.DecidedBy), micros(r.DecidedAt), r.Answer, r.GrantID, micros(r.CreatedAt))
}

// UpdateAccessRequest changes an access request.
func (q *queries) UpdateAccessRequest(ctx context.Context, r catalog.AccessRequest) error {
	return q.update(ctx, requestRow, `UPDATE access_requests SET organization_id = ?, user_id = ?, role_id = ?, scope_type = ?,
		scope_id = ?, reason = ?, expires_at = ?, status = ?, decided_by = ?, decided_at = ?, answer = ?, grant_id = ?,
		created_at = ? WHERE id = ?`,
		r.OrganizationID, r.UserID, r.RoleID, r.Scope.Type, r.Scope.ID, r.Reason, micros(r.ExpiresAt),
		string(r.Status), objectText(r.DecidedBy), micros(r.DecidedAt), r.Answer, r.GrantID, micros(r.CreatedAt), r.ID)
}
