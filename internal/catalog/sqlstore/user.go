package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectUsers = `SELECT id, username, email, unconfirmed_email, suspended, site_admin, site_auditor, created_at
	FROM users`

func userInto(u *catalog.User) []any {
	return []any{
		&u.ID, &u.Username, &u.Email, &u.UnconfirmedEmail, &u.Suspended, &u.SiteAdmin, &u.SiteAuditor,
		moment{&u.CreatedAt},
	}
}

// User returns a user by id.
func (q *queries) User(ctx context.Context, id string) (catalog.User, error) {
	return selectOne(ctx, q, userRow, userInto, selectUsers+` WHERE id = ?`, id)
}

// UserByUsername returns a user by username in any case.
func (q *queries) UserByUsername(ctx context.Context, username string) (catalog.User, error) {
	return selectOne(ctx, q, userRow, userInto, selectUsers+` WHERE username_key = ?`, key(username))
}

// Users returns the users of a filter.
func (q *queries) Users(ctx context.Context, f catalog.UserFilter) ([]catalog.User, error) {
	w := q.usersWhere(f)
	order := ` ORDER BY id`
	if f.OldestFirst {
		order = ` ORDER BY created_at, id`
	}
	query := selectUsers + w.sql() + order + w.page(f.Limit, f.Offset)
	return selectAll(ctx, q, userRow, userInto, query, w.args...)
}

// CountUsers returns how many users a filter has on all pages.
func (q *queries) CountUsers(ctx context.Context, f catalog.UserFilter) (int, error) {
	w := q.usersWhere(f)
	return selectOne(ctx, q, userRow, countInto, `SELECT count(*) FROM users`+w.sql(), w.args...)
}

func (q *queries) usersWhere(f catalog.UserFilter) *where {
	w := q.where()
	w.in(`id`, f.IDs)
	w.in(`username_key`, keys(f.Usernames))
	w.in(`email_key`, keys(f.Emails))
	w.equal(`id IN (SELECT user_id FROM memberships WHERE organization_id = ?)`, f.OrganizationID)
	w.equal(`id IN (SELECT user_id FROM team_members WHERE team_id = ?)`, f.TeamID)
	if f.SiteAdmins {
		w.and(`site_admin = ?`, true)
	}
	if f.Suspended != nil {
		w.and(`suspended = ?`, *f.Suspended)
	}
	if f.Admin != nil {
		w.and(`site_admin = ?`, *f.Admin)
	}
	w.contains(f.Contains, `username_key`, `email_key`)
	return w
}

// InsertUser adds a user.
func (q *queries) InsertUser(ctx context.Context, u catalog.User) error {
	return q.insert(ctx, userRow, `INSERT INTO users
		(id, username, username_key, email, email_key, unconfirmed_email, suspended, site_admin, site_auditor, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, u.Username, key(u.Username), u.Email, key(u.Email), u.UnconfirmedEmail, u.Suspended, u.SiteAdmin,
		u.SiteAuditor, micros(u.CreatedAt))
}

// UpdateUser changes a user.
func (q *queries) UpdateUser(ctx context.Context, u catalog.User) error {
	return q.update(ctx, userRow, `UPDATE users SET username = ?, username_key = ?, email = ?, email_key = ?,
		unconfirmed_email = ?, suspended = ?, site_admin = ?, site_auditor = ?, created_at = ? WHERE id = ?`,
		u.Username, key(u.Username), u.Email, key(u.Email), u.UnconfirmedEmail, u.Suspended, u.SiteAdmin,
		u.SiteAuditor, micros(u.CreatedAt), u.ID)
}

// DeleteUser removes a user and what is his. Memberships of all kinds and identities go by foreign key.
func (q *queries) DeleteUser(ctx context.Context, id string) error {
	return q.atomically(ctx, func(q *queries) error {
		if err := q.remove(ctx, userRow, `DELETE FROM users WHERE id = ?`, id); err != nil {
			return err
		}
		return q.sweepHolder(ctx, schema.TypeUser, catalog.TokenUser, id)
	})
}
