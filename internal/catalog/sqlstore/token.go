package sqlstore

import (
	"context"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const selectTokens = `SELECT id, kind, owner_id, description, legacy, scopes, hash, attributes, created_by,
	created_at, expires_at, last_used_at FROM tokens`

func tokenInto(t *catalog.Token) []any {
	return []any{
		&t.ID, &t.Kind, &t.OwnerID, &t.Description, &t.Legacy,
		document{&t.Scopes},
		digest{&t.Hash},
		&t.Attributes,
		&t.CreatedBy,
		moment{&t.CreatedAt},
		moment{&t.ExpiresAt},
		moment{&t.LastUsedAt},
	}
}

// Token returns a token by id.
func (q *queries) Token(ctx context.Context, id string) (catalog.Token, error) {
	return selectOne(ctx, q, tokenRow, tokenInto, selectTokens+` WHERE id = ?`, id)
}

// Tokens returns the tokens of a filter.
func (q *queries) Tokens(ctx context.Context, f catalog.TokenFilter) ([]catalog.Token, error) {
	w := q.where()
	w.equal(`kind = ?`, string(f.Kind))
	w.equal(`owner_id = ?`, f.OwnerID)
	w.in(`owner_id`, f.OwnerIDs)
	w.expiredBy(f.ExpiredBy)
	return selectAll(ctx, q, tokenRow, tokenInto, selectTokens+w.sql()+` ORDER BY id`, w.args...)
}

// InsertToken adds a token.
func (q *queries) InsertToken(ctx context.Context, t catalog.Token) error {
	scopes, err := encode(t.Scopes)
	if err != nil {
		return err
	}
	return q.insert(ctx, tokenRow, `INSERT INTO tokens (id, kind, owner_id, description, legacy, scopes, hash,
		attributes, created_by, created_at, expires_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, string(t.Kind), t.OwnerID, t.Description, t.Legacy, scopes, bytesOf(t.Hash), string(t.Attributes), t.CreatedBy,
		micros(t.CreatedAt), micros(t.ExpiresAt), micros(t.LastUsedAt))
}

// TouchToken records a use.
func (q *queries) TouchToken(ctx context.Context, id string, usedAt time.Time) error {
	return q.update(ctx, tokenRow, `UPDATE tokens SET last_used_at = ? WHERE id = ?`, micros(usedAt), id)
}

// DeleteToken removes a token.
func (q *queries) DeleteToken(ctx context.Context, id string) error {
	return q.remove(ctx, tokenRow, `DELETE FROM tokens WHERE id = ?`, id)
}
