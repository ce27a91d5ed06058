package sqlstore

import (
	"context"
	"fmt"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectOrganizations = `SELECT id, name, email, disabled, owners_team_id, default_project_id,
	allow_force_delete, refuse_user_tokens, limit_token_lives, workspace_limit, attributes, created_at FROM organizations`

func organizationInto(o *catalog.Organization) []any {
	return []any{
		&o.ID, &o.Name, &o.Email, &o.Disabled, &o.OwnersTeamID, &o.DefaultProjectID,
		&o.AllowForceDelete, &o.RefuseUserTokens, &o.LimitTokenLives,
		limit{&o.WorkspaceLimit},
		&o.Attributes,
		moment{&o.CreatedAt},
	}
}

// noLimit is how no limit is stored.
const noLimit = -1

// limited returns the stored form of a limit.
func limited(l catalog.Limit) int64 {
	if !l.Given {
		return noLimit
	}
	return int64(l.Max)
}

// limit scans the stored form of a limit.
type limit struct{ to *catalog.Limit }

// Scan implements sql.Scanner.
func (l limit) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a limit is stored as %T", v)
	}
	*l.to = catalog.Limit{}
	if n != noLimit {
		*l.to = catalog.Limit{Given: true, Max: int(n)}
	}
	return nil
}

// Organization returns an organization by id.
func (q *queries) Organization(ctx context.Context, id string) (catalog.Organization, error) {
	return selectOne(ctx, q, organizationRow, organizationInto, selectOrganizations+` WHERE id = ?`, id)
}

// OrganizationByName returns an organization by name in any case.
func (q *queries) OrganizationByName(ctx context.Context, name string) (catalog.Organization, error) {
	return selectOne(ctx, q, organizationRow, organizationInto, selectOrganizations+` WHERE name_key = ?`, key(name))
}

// Organizations returns the organizations of some ids, or all.
func (q *queries) Organizations(ctx context.Context, ids ...string) ([]catalog.Organization, error) {
	w := q.where()
	w.in(`id`, ids)
	return selectAll(ctx, q, organizationRow, organizationInto, selectOrganizations+w.sql()+` ORDER BY id`, w.args...)
}

// InsertOrganization adds an organization.
func (q *queries) InsertOrganization(ctx context.Context, o catalog.Organization) error {
	return q.insert(ctx, organizationRow, `INSERT INTO organizations
		(id, name, name_key, email, email_key, disabled, owners_team_id, default_project_id, allow_force_delete,
		refuse_user_tokens, limit_token_lives, workspace_limit, attributes, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.ID, o.Name, key(o.Name), o.Email, key(o.Email), o.Disabled, o.OwnersTeamID, o.DefaultProjectID,
		o.AllowForceDelete, o.RefuseUserTokens, o.LimitTokenLives, limited(o.WorkspaceLimit), string(o.Attributes), micros(o.CreatedAt))
}

// UpdateOrganization changes an organization.
func (q *queries) UpdateOrganization(ctx context.Context, o catalog.Organization) error {
	return q.update(ctx, organizationRow, `UPDATE organizations SET name = ?, name_key = ?, email = ?, email_key = ?,
		disabled = ?, owners_team_id = ?, default_project_id = ?, allow_force_delete = ?, refuse_user_tokens = ?,
		limit_token_lives = ?, workspace_limit = ?, attributes = ?, created_at = ? WHERE id = ?`,
		o.Name, key(o.Name), o.Email, key(o.Email), o.Disabled, o.OwnersTeamID, o.DefaultProjectID,
		o.AllowForceDelete, o.RefuseUserTokens, o.LimitTokenLives, limited(o.WorkspaceLimit), string(o.Attributes), micros(o.CreatedAt), o.ID)
}

// DeleteOrganization removes an organization and everything in it. Audit events stay.
func (q *queries) DeleteOrganization(ctx context.Context, id string) error {
	return q.atomically(ctx, func(q *queries) error {
		sweeps := []struct {
			noun  noun
			query string
			args  []any
		}{
			// What is bound by no foreign key goes first, while the teams still tell what is theirs. A grant held
			// by a team of the organization may be a platform-wide one.
			{
				grantRow, `DELETE FROM grants WHERE organization_id = ? OR (scope_type = ? AND scope_id = ?)`,
				[]any{id, schema.TypeOrganization, id},
			},
			{grantRow, `DELETE FROM grants WHERE holder_type = ? AND holder_id IN
				(SELECT id FROM teams WHERE organization_id = ?)`, []any{schema.TypeTeam, id}},
			{tokenRow, `DELETE FROM tokens WHERE kind = ? AND owner_id IN
				(SELECT id FROM teams WHERE organization_id = ?)`, []any{string(catalog.TokenTeam), id}},
			{
				tokenRow, `DELETE FROM tokens WHERE kind IN (?, ?) AND owner_id = ?`,
				[]any{string(catalog.TokenOrganization), string(catalog.TokenAuditTrails), id},
			},
			{roleRow, `DELETE FROM roles WHERE organization_id = ?`, []any{id}},
			// Projects may not go before what they hold.
			{workspaceRow, `DELETE FROM workspaces WHERE organization_id = ?`, []any{id}},
			{stackRow, `DELETE FROM stacks WHERE organization_id = ?`, []any{id}},
		}
		for _, s := range sweeps {
			if err := q.sweep(ctx, s.noun, s.query, s.args...); err != nil {
				return err
			}
		}
		return q.remove(ctx, organizationRow, `DELETE FROM organizations WHERE id = ?`, id)
	})
}
