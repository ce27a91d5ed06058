package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const selectIdentities = `SELECT issuer, subject, user_id, created_at FROM identities`

func identityInto(i *catalog.Identity) []any {
	return []any{&i.Issuer, &i.Subject, &i.UserID, moment{&i.CreatedAt}}
}

// Identity returns an identity by what the provider calls it. Both parts have case.
func (q *queries) Identity(ctx context.Context, issuer, subject string) (catalog.Identity, error) {
	return selectOne(ctx, q, identityRow, identityInto, selectIdentities+` WHERE issuer = ? AND subject = ?`, issuer, subject)
}

// Identities returns the identities of a filter, ordered by issuer and subject.
func (q *queries) Identities(ctx context.Context, f catalog.IdentityFilter) ([]catalog.Identity, error) {
	w := q.where()
	w.equal(`user_id = ?`, f.UserID)
	return selectAll(ctx, q, identityRow, identityInto, selectIdentities+w.sql()+` ORDER BY issuer, subject`, w.args...)
}

// InsertIdentity adds an identity.
func (q *queries) InsertIdentity(ctx context.Context, i catalog.Identity) error {
	return q.insert(ctx, identityRow, `INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?)`,
		i.Issuer, i.Subject, i.UserID, micros(i.CreatedAt))
}

// DeleteIdentity removes an identity.
func (q *queries) DeleteIdentity(ctx context.Context, issuer, subject string) error {
	return q.remove(ctx, identityRow, `DELETE FROM identities WHERE issuer = ? AND subject = ?`, issuer, subject)
}
