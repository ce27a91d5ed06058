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

// fewHolders is how many holders of a role are looked for one after another. Few of them may have many grants each, which an
// index steps over; many have few each, and are read in one go.
const fewHolders = 200

func objectInto(o *authz.Object) []any { return []any{&o.Type, &o.ID} }

// RoleHolders returns who holds a role, each once.
func (q *queries) RoleHolders(ctx context.Context, roleID string) ([]authz.Object, error) {
	var out []authz.Object
	var last authz.Object
	for len(out) < fewHolders {
		found, err := q.nextHolder(ctx, roleID, last)
		if err != nil || len(found) == 0 {
			return out, err
		}
		last = found[0]
		out = append(out, last)
	}
	rest, err := selectAll(ctx, q, grantRow, objectInto, `SELECT DISTINCT holder_type, holder_id FROM grants
		WHERE role_id = ? AND (holder_type, holder_id) > (?, ?) ORDER BY holder_type, holder_id`, roleID, last.Type, last.ID)
	return append(out, rest...), err
}

// nextHolder returns the first holder of a role behind another one. A comparison of one column at a time steps over the
// grants of that one; a comparison of both would look at each.
func (q *queries) nextHolder(ctx context.Context, roleID string, last authz.Object) ([]authz.Object, error) {
	const holders = `SELECT holder_type, holder_id FROM grants WHERE role_id = ? AND `
	found, err := selectAll(ctx, q, grantRow, objectInto, holders+`holder_type = ? AND holder_id > ? ORDER BY holder_id LIMIT 1`, roleID, last.Type, last.ID)
	if err != nil || len(found) > 0 {
		return found, err
	}
	return selectAll(ctx, q, grantRow, objectInto, holders+`holder_type > ? ORDER BY holder_type, holder_id LIMIT 1`, roleID, last.Type)
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
