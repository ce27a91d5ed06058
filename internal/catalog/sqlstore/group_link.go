package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

func groupMemberInto(m *catalog.GroupMember) []any { return []any{&m.GroupID, &m.UserID} }

func nestingInto(c *catalog.GroupChild) []any { return []any{&c.ParentID, &c.ChildID} }

func linkInto(l *catalog.GroupLink) []any { return []any{&l.ID, &l.GroupID, &l.TeamID} }

// GroupMembers returns the direct group members of a filter, ordered by group and user.
func (q *queries) GroupMembers(ctx context.Context, f catalog.GroupMemberFilter) ([]catalog.GroupMember, error) {
	w := q.where()
	w.in(`group_id`, f.GroupIDs)
	w.equal(`user_id = ?`, f.UserID)
	return selectAll(ctx, q, groupMemberRow, groupMemberInto,
		`SELECT group_id, user_id FROM group_members`+w.sql()+` ORDER BY group_id, user_id`, w.args...)
}

// PutGroupMember adds a member, if not there.
func (q *queries) PutGroupMember(ctx context.Context, m catalog.GroupMember) error {
	return q.insert(ctx, groupMemberRow, `INSERT INTO group_members (group_id, user_id) VALUES (?, ?)
		ON CONFLICT (group_id, user_id) DO NOTHING`, m.GroupID, m.UserID)
}

// DeleteGroupMember removes a member, if there.
func (q *queries) DeleteGroupMember(ctx context.Context, m catalog.GroupMember) error {
	return q.sweep(ctx, groupMemberRow, `DELETE FROM group_members WHERE group_id = ? AND user_id = ?`, m.GroupID, m.UserID)
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
		`SELECT id, group_id, team_id FROM group_links`+w.sql()+` ORDER BY id`, w.args...)
}

// InsertGroupLink links a group to a team.
func (q *queries) InsertGroupLink(ctx context.Context, l catalog.GroupLink) error {
	return q.insert(ctx, linkRow, `INSERT INTO group_links (id, group_id, team_id) VALUES (?, ?, ?)`,
		l.ID, l.GroupID, l.TeamID)
}

// DeleteGroupLink removes a link.
func (q *queries) DeleteGroupLink(ctx context.Context, id string) error {
	return q.remove(ctx, linkRow, `DELETE FROM group_links WHERE id = ?`, id)
}
