package sqlstore

import (
	"context"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

func tokenLifeInto(l *catalog.TokenLife) []any {
	return []any{&l.OrganizationID, &l.Kind, span{&l.Max}}
}

// TokenLives returns the longest lives of tokens in an organization, ordered by kind.
func (q *queries) TokenLives(ctx context.Context, organizationID string) ([]catalog.TokenLife, error) {
	return selectAll(ctx, q, tokenLifeRow, tokenLifeInto,
		`SELECT organization_id, kind, longest FROM token_lives WHERE organization_id = ? ORDER BY kind`, organizationID)
}

// takesLife asks that an organization o takes user tokens of a life; 0 is one without an end.
func (w *where) takesLife(life time.Duration) {
	if life == 0 {
		w.and(`NOT o.limit_token_lives`)
		return
	}
	w.and(`(NOT o.limit_token_lives OR ? <= COALESCE((SELECT l.longest FROM token_lives l WHERE l.organization_id = o.id AND l.kind = ?), ?))`,
		life.Microseconds(), string(catalog.TokenUser), catalog.DefaultTokenLife.Microseconds())
}

// PutTokenLife sets the longest life of tokens of a kind, in place of another.
func (q *queries) PutTokenLife(ctx context.Context, l catalog.TokenLife) error {
	return q.insert(ctx, tokenLifeRow, `INSERT INTO token_lives (organization_id, kind, longest) VALUES (?, ?, ?)
		ON CONFLICT (organization_id, kind) DO UPDATE SET longest = excluded.longest`,
		l.OrganizationID, string(l.Kind), l.Max.Microseconds())
}

// DeleteTokenLife lets tokens of a kind live as long as they like.
func (q *queries) DeleteTokenLife(ctx context.Context, organizationID string, kind catalog.TokenKind) error {
	return q.remove(ctx, tokenLifeRow, `DELETE FROM token_lives WHERE organization_id = ? AND kind = ?`,
		organizationID, string(kind))
}
