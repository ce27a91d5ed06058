package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

func intentInto(i *catalog.Intent) []any {
	return []any{&i.ID, moment{&i.CreatedAt}, document{&i.Slices}}
}

// InsertIntent records an intent.
func (q *queries) InsertIntent(ctx context.Context, i catalog.Intent) error {
	text, err := encode(i.Slices)
	if err != nil {
		return err
	}
	return q.insert(ctx, intentRow, `INSERT INTO intents (id, created_at, slices) VALUES (?, ?, ?)`,
		i.ID, micros(i.CreatedAt), text)
}

// Intents returns all intents, oldest first.
func (q *queries) Intents(ctx context.Context) ([]catalog.Intent, error) {
	return selectAll(ctx, q, intentRow, intentInto,
		`SELECT id, created_at, slices FROM intents ORDER BY created_at, sequence`)
}

// DeleteIntents removes intents, if there.
func (q *queries) DeleteIntents(ctx context.Context, ids ...string) error {
	if len(ids) == 0 {
		return nil // no ids mean none here, not all
	}
	w := q.where()
	w.in(`id`, ids)
	return q.sweep(ctx, intentRow, `DELETE FROM intents`+w.sql(), w.args...)
}
