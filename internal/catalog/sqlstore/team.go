package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectTeams = `SELECT id, organization_id, name, description, visibility, sso_team_id,
	allow_member_token_management, attributes, created_at FROM teams`

func teamInto(t *catalog.Team) []any {
	return []any{
		&t.ID, &t.OrganizationID, &t.Name, &t.Description, &t.Visibility, &t.SSOTeamID,
		&t.AllowMemberTokenManagement, &t.Attributes,
		moment{&t.CreatedAt},
	}
}

// Team returns a team by id.
func (q *queries) Team(ctx context.Context, id string) (catalog.Team, error) {
	return selectOne(ctx, q, teamRow, teamInto, selectTeams+` WHERE id = ?`, id)
}

// TeamByName returns a team of an organization by name in any case.
func (q *queries) TeamByName(ctx context.Context, organizationID, name string) (catalog.Team, error) {
	return selectOne(ctx, q, teamRow, teamInto, selectTeams+` WHERE organization_id = ? AND name_key = ?`,
		organizationID, key(name))
}

// Teams returns the teams of a filter.
func (q *queries) Teams(ctx context.Context, f catalog.TeamFilter) ([]catalog.Team, error) {
	w := q.where()
	w.in(`id`, f.IDs)
	w.equal(`organization_id = ?`, f.OrganizationID)
	w.equal(`id IN (SELECT team_id FROM team_members WHERE user_id = ?)`, f.UserID)
	return selectAll(ctx, q, teamRow, teamInto, selectTeams+w.sql()+` ORDER BY id`, w.args...)
}

// InsertTeam adds a team.
func (q *queries) InsertTeam(ctx context.Context, t catalog.Team) error {
	return q.insert(ctx, teamRow, `INSERT INTO teams (id, organization_id, name, name_key, description, visibility,
		sso_team_id, allow_member_token_management, attributes, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.OrganizationID, t.Name, key(t.Name), t.Description, string(t.Visibility), t.SSOTeamID,
		t.AllowMemberTokenManagement, string(t.Attributes), micros(t.CreatedAt))
}

// UpdateTeam changes a team.
func (q *queries) UpdateTeam(ctx context.Context, t catalog.Team) error {
	return q.update(ctx, teamRow, `UPDATE teams SET organization_id = ?, name = ?, name_key = ?, description = ?,
		visibility = ?, sso_team_id = ?, allow_member_token_management = ?, attributes = ?, created_at = ? WHERE id = ?`,
		t.OrganizationID, t.Name, key(t.Name), t.Description, string(t.Visibility), t.SSOTeamID,
		t.AllowMemberTokenManagement, string(t.Attributes), micros(t.CreatedAt), t.ID)
}

// DeleteTeam removes a team with its members, links, grants and tokens. Members and links go by foreign key.
func (q *queries) DeleteTeam(ctx context.Context, id string) error {
	return q.atomically(ctx, func(q *queries) error {
		if err := q.remove(ctx, teamRow, `DELETE FROM teams WHERE id = ?`, id); err != nil {
			return err
		}
		return q.sweepHolder(ctx, schema.TypeTeam, catalog.TokenTeam, id)
	})
}
