package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

func groupMemberInto(m *catalog.GroupMember) []any {
	return []any{&m.GroupID, &m.UserID, moment{&m.ExpiresAt}}
}

func nestingInto(c *catalog.GroupChild) []any { return []any{&c.ParentID, &c.ChildID} }

func linkInto(l *catalog.GroupLink) []any {
	return []any{&l.ID, &l.GroupID, &l.TeamID, &l.Rule, &l.Paused}
}

func linkMemberInto(m *catalog.LinkMember) []any {
	return []any{&m.LinkID, &m.UserID, moment{&m.ExpiresAt}}
}

// GroupMembers returns the direct group members of a filter, ordered by group and user.
func (q *queries) GroupMembers(ctx context.Context, f catalog.GroupMemberFilter) ([]catalog.GroupMember, error) {
	w := q.where()
	w.in(`group_id`, f.GroupIDs)
	w.equal(`user_id = ?`, f.UserID)
	w.in(`user_id`, f.UserIDs)
	w.equal(`group_id IN (SELECT id FROM identity_groups WHERE source = ?)`, f.Source)
	w.expiredBy(f.ExpiredBy)
	return selectAll(ctx, q, groupMemberRow, groupMemberInto,
		`SELECT group_id, user_id, expires_at FROM group_members`+w.sql()+` ORDER BY group_id, user_id`, w.args...)
}

// PutGroupMembers adds members, or changes when they end.
func (q *queries) PutGroupMembers(ctx context.Context, members ...catalog.GroupMember) error {
	rows := make([][]any, len(members))
	for i, m := range members {
		rows[i] = []any{m.GroupID, m.UserID, micros(m.ExpiresAt)}
	}
	return q.insertRows(ctx, groupMemberRow, `INSERT INTO group_members (group_id, user_id, expires_at) VALUES `,
		` ON CONFLICT (group_id, user_id) DO UPDATE SET expires_at = excluded.expires_at`, rows)
}

// DeleteGroupMembers removes members of a group, if there.
func (q *queries) DeleteGroupMembers(ctx context.Context, groupID string, userIDs ...string) error {
	if len(userIDs) == 0 { // no ids mean nobody here, not all
		return nil
	}
	w := q.where()
	w.equal(`group_id = ?`, groupID)
	w.in(`user_id`, userIDs)
	return q.sweep(ctx, groupMemberRow, `DELETE FROM group_members`+w.sql(), w.args...)
}

// GroupChildren returns every nesting, ordered by parent and child.
func (q *queries) GroupChildren(ctx context.Context) ([]catalog.GroupChild, error) {
	return selectAll(ctx, q, nestingRow, nestingInto,
		`SELECT parent_id, child_id FROM group_children ORDER BY parent_id, child_id`)
}

// PutGroupChild nests one group in another, if not there.
func (q *queries) PutGroupChild(ctx context.Context, c catalog.GroupChild) error {
	return q.insert(ctx, nestingRow, `INSERT INTO group_children (parent_id, child_id) VALUES (?, ?)
		ON CONFLICT (parent_id, child_id) DO NOTHING`, c.ParentID, c.ChildID)
}

// DeleteGroupChild ends a nesting, if there.
func (q *queries) DeleteGroupChild(ctx context.Context, c catalog.GroupChild) error {
	return q.sweep(ctx, nestingRow, `DELETE FROM group_children WHERE parent_id = ? AND child_id = ?`, c.ParentID, c.ChildID)
}

// GroupLinks returns the group links of a filter.
func (q *queries) GroupLinks(ctx context.Context, f catalog.GroupLinkFilter) ([]catalog.GroupLink, error) {
	w := q.where()
	w.in(`id`, f.IDs)
	w.in(`group_id`, f.GroupIDs)
	w.in(`team_id`, f.TeamIDs)
	w.equal(`team_id IN (SELECT id FROM teams WHERE organization_id = ?)`, f.OrganizationID)
	return selectAll(ctx, q, linkRow, linkInto,
		`SELECT id, group_id, team_id, rule, paused FROM group_links`+w.sql()+` ORDER BY id`, w.args...)
}

// InsertGroupLink links a group to a team.
func (q *queries) InsertGroupLink(ctx context.Context, l catalog.GroupLink) error {
	return q.insert(ctx, linkRow, `INSERT INTO group_links (id, group_id, team_id, rule, paused) VALUES (?, ?, ?, ?, ?)`,
		l.ID, l.GroupID, l.TeamID, l.Rule, l.Paused)
}

// UpdateGroupLink changes a link's rule and whether it is paused.
func (q *queries) UpdateGroupLink(ctx context.Context, l catalog.GroupLink) error {
	return q.update(ctx, linkRow, `UPDATE group_links SET rule = ?, paused = ? WHERE id = ?`, l.Rule, l.Paused, l.ID)
}

// DeleteGroupLink removes a link; whom it kept while it was paused goes by foreign key.
func (q *queries) DeleteGroupLink(ctx context.Context, id string) error {
	return q.remove(ctx, linkRow, `DELETE FROM group_links WHERE id = ?`, id)
}

// LinkMembers returns whom paused links keep.
func (q *queries) LinkMembers(ctx context.Context, linkIDs ...string) ([]catalog.LinkMember, error) {
	w := q.where()
	w.in(`link_id`, linkIDs)
	return selectAll(ctx, q, linkMemberRow, linkMemberInto,
		`SELECT link_id, user_id, expires_at FROM link_members`+w.sql()+` ORDER BY link_id, user_id`, w.args...)
}

// PutLinkMembers notes whom paused links keep.
func (q *queries) PutLinkMembers(ctx context.Context, members ...catalog.LinkMember) error {
	rows := make([][]any, len(members))
	for i, m := range members {
		rows[i] = []any{m.LinkID, m.UserID, micros(m.ExpiresAt)}
	}
	return q.insertRows(ctx, linkMemberRow, `INSERT INTO link_members (link_id, user_id, expires_at) VALUES `,
		` ON CONFLICT (link_id, user_id) DO UPDATE SET expires_at = excluded.expires_at`, rows)
}

// DeleteLinkMembers forgets whom a link keeps.
func (q *queries) DeleteLinkMembers(ctx context.Context, linkID string) error {
	return q.sweep(ctx, linkMemberRow, `DELETE FROM link_members WHERE link_id = ?`, linkID)
}
