package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const selectAccounts = `SELECT id, name, suspended, created_at FROM service_accounts`

func accountInto(a *catalog.ServiceAccount) []any {
	return []any{&a.ID, &a.Name, &a.Suspended, moment{&a.CreatedAt}}
}

// ServiceAccount returns a service account by id.
func (q *queries) ServiceAccount(ctx context.Context, id string) (catalog.ServiceAccount, error) {
	return selectOne(ctx, q, accountRow, accountInto, selectAccounts+` WHERE id = ?`, id)
}

// ServiceAccountByName returns a service account by name in any case.
func (q *queries) ServiceAccountByName(ctx context.Context, name string) (catalog.ServiceAccount, error) {
	return selectOne(ctx, q, accountRow, accountInto, selectAccounts+` WHERE name_key = ?`, key(name))
}

// ServiceAccounts returns all service accounts.
func (q *queries) ServiceAccounts(ctx context.Context) ([]catalog.ServiceAccount, error) {
	return selectAll(ctx, q, accountRow, accountInto, selectAccounts+` ORDER BY id`)
}

// InsertServiceAccount adds a service account.
func (q *queries) InsertServiceAccount(ctx context.Context, a catalog.ServiceAccount) error {
	return q.insert(ctx, accountRow, `INSERT INTO service_accounts (id, name, name_key, suspended, created_at)
		VALUES (?, ?, ?, ?, ?)`, a.ID, a.Name, key(a.Name), a.Suspended, micros(a.CreatedAt))
}

// UpdateServiceAccount changes a service account.
func (q *queries) UpdateServiceAccount(ctx context.Context, a catalog.ServiceAccount) error {
	return q.update(ctx, accountRow, `UPDATE service_accounts SET name = ?, name_key = ?, suspended = ?, created_at = ?
		WHERE id = ?`, a.Name, key(a.Name), a.Suspended, micros(a.CreatedAt), a.ID)
}

// DeleteServiceAccount removes a service account with its grants and tokens.
func (q *queries) DeleteServiceAccount(ctx context.Context, id string) error {
	return q.atomically(ctx, func(q *queries) error {
		if err := q.remove(ctx, accountRow, `DELETE FROM service_accounts WHERE id = ?`, id); err != nil {
			return err
		}
		return q.sweepHolder(ctx, schema.TypeServiceAccount, catalog.TokenService, id)
	})
}
