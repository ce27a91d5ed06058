package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const selectDirectories = `SELECT name, kind, trust, issuer, profile, disabled, paused, cursor, full_at, attempted_at, succeeded_at,
	failure, created_at FROM directories`

func directoryInto(d *catalog.Directory) []any {
	return []any{
		&d.Name, &d.Kind, &d.Trust, &d.Issuer, &d.Profile, &d.Disabled, &d.Paused, &d.Cursor,
		moment{&d.FullAt},
		moment{&d.AttemptedAt},
		moment{&d.SucceededAt},
		&d.Failure,
		moment{&d.CreatedAt},
	}
}

// Directory returns a directory by name.
func (q *queries) Directory(ctx context.Context, name string) (catalog.Directory, error) {
	return selectOne(ctx, q, directoryRow, directoryInto, selectDirectories+` WHERE name = ?`, name)
}

// Directories returns all directories by name.
func (q *queries) Directories(ctx context.Context) ([]catalog.Directory, error) {
	return selectAll(ctx, q, directoryRow, directoryInto, selectDirectories+` ORDER BY name`)
}

// PutDirectory adds a directory or changes it.
func (q *queries) PutDirectory(ctx context.Context, d catalog.Directory) error {
	return q.insert(ctx, directoryRow, `INSERT INTO directories (name, kind, trust, issuer, profile, disabled, paused, cursor, full_at,
		attempted_at, succeeded_at, failure, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, trust = excluded.trust, issuer = excluded.issuer,
			profile = excluded.profile, disabled = excluded.disabled, paused = excluded.paused, cursor = excluded.cursor,
			full_at = excluded.full_at, attempted_at = excluded.attempted_at, succeeded_at = excluded.succeeded_at,
			failure = excluded.failure`,
		d.Name, d.Kind, string(d.Trust), d.Issuer, d.Profile, d.Disabled, d.Paused, d.Cursor, micros(d.FullAt),
		micros(d.AttemptedAt), micros(d.SucceededAt), d.Failure, micros(d.CreatedAt))
}
