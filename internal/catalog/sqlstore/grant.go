package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectGrants = `SELECT id, organization_id, holder_type, holder_id, role_id, scope_type, scope_id,
	expires_at, attributes, created_by, created_at FROM grants`

func grantInto(g *catalog.Grant) []any {
	return []any{
		&g.ID, &g.OrganizationID, &g.Holder.Type, &g.Holder.ID, &g.RoleID, &g.Scope.Type, &g.Scope.ID,
		moment{&g.ExpiresAt},
		&g.Attributes, &g.CreatedBy,
		moment{&g.CreatedAt},
	}
}

// Grant returns a grant by id.
func (q *queries) Grant(ctx context.Context, id string) (catalog.Grant, error) {
	return selectOne(ctx, q, grantRow, grantInto, selectGrants+` WHERE id = ?`, id)
}

// Grants returns the grants of a filter.
func (q *queries) Grants(ctx context.Context, f catalog.GrantFilter) ([]catalog.Grant, error) {
	w := q.where()
	w.equal(`organization_id = ?`, f.OrganizationID)
	if f.PlatformOnly {
		w.and(`organization_id = ''`)
	}
	w.scopes(f.Scopes)
	if !f.Holder.IsZero() {
		w.and(`holder_type = ? AND holder_id = ?`, f.Holder.Type, f.Holder.ID)
	}
	w.equal(`role_id = ?`, f.RoleID)
	if f.ProjectID != "" {
		w.and(`scope_type = ? AND scope_id = ?
			OR scope_type = ? AND scope_id IN (SELECT id FROM workspaces WHERE project_id = ?)
			OR scope_type = ? AND scope_id IN (SELECT id FROM stacks WHERE project_id = ?)`,
			schema.TypeProject, f.ProjectID, schema.TypeWorkspace, f.ProjectID, schema.TypeStack, f.ProjectID)
	}
	w.expiredBy(f.ExpiredBy)
	query, args := selectGrants+w.sql()+` ORDER BY id`, w.args
	if f.Limit > 0 {
		query, args = query+` LIMIT ?`, append(args, f.Limit)
	}
	return selectAll(ctx, q, grantRow, grantInto, query, args...)
}

// scopes asks that a grant is at one of the scopes: one list of ids for each type among them.
func (w *where) scopes(scopes []authz.Object) {
	if len(scopes) == 0 {
		return
	}
	scopes = slices.SortedFunc(slices.Values(scopes), func(a, b authz.Object) int { return cmp.Compare(a.Type, b.Type) })
	var conditions []string
	var args []any
	for len(scopes) > 0 {
		typeName := scopes[0].Type
		var ids []string
		for len(scopes) > 0 && scopes[0].Type == typeName {
			ids = append(ids, scopes[0].ID)
			scopes = scopes[1:]
		}
		condition, list := w.dialect.in(`scope_id`, ids)
		conditions = append(conditions, `scope_type = ? AND `+condition)
		args = append(args, typeName, list)
	}
	w.and(strings.Join(conditions, ` OR `), args...)
}

// InsertGrant adds a grant.
func (q *queries) InsertGrant(ctx context.Context, g catalog.Grant) error {
	return q.insert(ctx, grantRow, `INSERT INTO grants (id, organization_id, holder_type, holder_id, role_id,
		scope_type, scope_id, expires_at, attributes, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		g.ID, g.OrganizationID, g.Holder.Type, g.Holder.ID, g.RoleID, g.Scope.Type, g.Scope.ID,
		micros(g.ExpiresAt), string(g.Attributes), g.CreatedBy, micros(g.CreatedAt))
}

// UpdateGrant changes a grant.
func (q *queries) UpdateGrant(ctx context.Context, g catalog.Grant) error {
	return q.update(ctx, grantRow, `UPDATE grants SET organization_id = ?, holder_type = ?, holder_id = ?,
		role_id = ?, scope_type = ?, scope_id = ?, expires_at = ?, attributes = ?, created_by = ?,
		created_at = ? WHERE id = ?`,
		g.OrganizationID, g.Holder.Type, g.Holder.ID, g.RoleID, g.Scope.Type, g.Scope.ID,
		micros(g.ExpiresAt), string(g.Attributes), g.CreatedBy, micros(g.CreatedAt), g.ID)
}

// DeleteGrant removes a grant.
func (q *queries) DeleteGrant(ctx context.Context, id string) error {
	return q.remove(ctx, grantRow, `DELETE FROM grants WHERE id = ?`, id)
}

// sweepHolder removes what a deleted holder held: his grants, and his tokens where his type has any. Grants
// refer to holders of several types, so no foreign key does this.
func (q *queries) sweepHolder(ctx context.Context, holderType string, tokens catalog.TokenKind, id string) error {
	if err := q.sweep(ctx, grantRow, `DELETE FROM grants WHERE holder_type = ? AND holder_id = ?`, holderType, id); err != nil {
		return err
	}
	if tokens == "" {
		return nil
	}
	return q.sweep(ctx, tokenRow, `DELETE FROM tokens WHERE kind = ? AND owner_id = ?`, string(tokens), id)
}

// sweepScope removes the grants at a deleted scope, and who asked for one.
func (q *queries) sweepScope(ctx context.Context, scopeType, id string) error {
	for row, table := range map[noun]string{grantRow: "grants", requestRow: "access_requests"} {
		if err := q.sweep(ctx, row, `DELETE FROM `+table+` WHERE scope_type = ? AND scope_id = ?`, scopeType, id); err != nil {
			return err
		}
	}
	return nil
}
