package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

func memberInto(m *catalog.TeamMember) []any { return []any{&m.TeamID, &m.UserID, &m.Maintainer} }

// TeamMembers returns the direct team members of a filter, ordered by team and user.
func (q *queries) TeamMembers(ctx context.Context, f catalog.TeamMemberFilter) ([]catalog.TeamMember, error) {
	w := q.where()
	w.in(`team_id`, f.TeamIDs)
	w.equal(`user_id = ?`, f.UserID)
	w.in(`user_id`, f.UserIDs)
	w.equal(`team_id IN (SELECT id FROM teams WHERE organization_id = ?)`, f.OrganizationID)
	return selectAll(ctx, q, memberRow, memberInto,
		`SELECT team_id, user_id, maintainer FROM team_members`+w.sql()+` ORDER BY team_id, user_id`, w.args...)
}

// PutTeamMember adds a member or changes one.
func (q *queries) PutTeamMember(ctx context.Context, m catalog.TeamMember) error {
	return q.insert(ctx, memberRow, `INSERT INTO team_members (team_id, user_id, maintainer) VALUES (?, ?, ?)
		ON CONFLICT (team_id, user_id) DO UPDATE SET maintainer = excluded.maintainer`,
		m.TeamID, m.UserID, m.Maintainer)
}

// DeleteTeamMember removes a member, if there.
func (q *queries) DeleteTeamMember(ctx context.Context, teamID, userID string) error {
	return q.sweep(ctx, memberRow, `DELETE FROM team_members WHERE team_id = ? AND user_id = ?`, teamID, userID)
}
