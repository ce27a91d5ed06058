package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const selectPersons = `SELECT source, external_id, user_id, username, email, inactive_at, suspends, released, deleted, attributes,
	version, created_at, updated_at FROM directory_people`

func personInto(p *catalog.Person) []any {
	return []any{
		&p.Source, &p.ExternalID, &p.UserID, &p.Username, &p.Email,
		moment{&p.InactiveAt},
		&p.Suspends, &p.Released, &p.Deleted, &p.Attributes, &p.Version,
		moment{&p.CreatedAt},
		moment{&p.UpdatedAt},
	}
}

// Person returns how a directory knows somebody by an id.
func (q *queries) Person(ctx context.Context, source, externalID string) (catalog.Person, error) {
	return selectOne(ctx, q, personRow, personInto, selectPersons+` WHERE source = ? AND external_id = ?`, source, externalID)
}

// Persons returns the people of a filter.
func (q *queries) Persons(ctx context.Context, f catalog.PersonFilter) ([]catalog.Person, error) {
	w := q.personsWhere(f)
	query := selectPersons + w.sql() + ` ORDER BY source, external_id` + w.page(f.Limit, f.Offset)
	return selectAll(ctx, q, personRow, personInto, query, w.args...)
}

// CountPersons returns how many people a filter has on all pages.
func (q *queries) CountPersons(ctx context.Context, f catalog.PersonFilter) (int, error) {
	w := q.personsWhere(f)
	return selectOne(ctx, q, personRow, countInto, `SELECT count(*) FROM directory_people`+w.sql(), w.args...)
}

func (q *queries) personsWhere(f catalog.PersonFilter) *where {
	w := q.where()
	w.equal(`source = ?`, f.Source)
	w.in(`external_id`, f.ExternalIDs)
	w.in(`user_id`, f.UserIDs)
	w.in(`username_key`, keys(f.Usernames))
	if f.Deleted != nil {
		w.and(`deleted = ?`, *f.Deleted)
	}
	return w
}

// InsertPerson adds a person.
func (q *queries) InsertPerson(ctx context.Context, p catalog.Person) error {
	return q.insert(ctx, personRow, `INSERT INTO directory_people (source, external_id, user_id, username, username_key, email,
		inactive_at, suspends, released, deleted, attributes, version, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Source, p.ExternalID, p.UserID, p.Username, key(p.Username), p.Email, micros(p.InactiveAt), p.Suspends, p.Released, p.Deleted,
		string(p.Attributes), p.Version, micros(p.CreatedAt), micros(p.UpdatedAt))
}

// UpdatePerson changes the person of a source and user.
func (q *queries) UpdatePerson(ctx context.Context, p catalog.Person) error {
	return q.update(ctx, personRow, `UPDATE directory_people SET external_id = ?, username = ?, username_key = ?, email = ?,
		inactive_at = ?, suspends = ?, released = ?, deleted = ?, attributes = ?, version = ?, created_at = ?, updated_at = ?
		WHERE source = ? AND user_id = ?`,
		p.ExternalID, p.Username, key(p.Username), p.Email, micros(p.InactiveAt), p.Suspends, p.Released, p.Deleted,
		string(p.Attributes), p.Version, micros(p.CreatedAt), micros(p.UpdatedAt), p.Source, p.UserID)
}

// DeletePerson removes how a directory knows somebody.
func (q *queries) DeletePerson(ctx context.Context, source, externalID string) error {
	return q.remove(ctx, personRow, `DELETE FROM directory_people WHERE source = ? AND external_id = ?`, source, externalID)
}
