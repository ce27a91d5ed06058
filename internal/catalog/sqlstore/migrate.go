package sqlstore

import (
	"context"
	"embed"
	"fmt"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrationFiles embed.FS

// migrationsTable keeps which migrations ran. The name leaves goose's own free for whoever shares the database.
const migrationsTable = "catalog_migrations"

// Migrate brings the tables up to date. It holds the writers' lock: two processes may migrate at once, and none
// writes meanwhile.
func (s *Store) Migrate(ctx context.Context) error {
	return s.Exclusive(ctx, func(ctx context.Context) error {
		p, err := s.migrator()
		if err != nil {
			return err
		}
		if _, err := p.Up(ctx); err != nil {
			return s.fail(ctx, "migrate", err)
		}
		return nil
	})
}

// Pending reports whether migrations are missing.
func (s *Store) Pending(ctx context.Context) (bool, error) {
	p, err := s.migrator()
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return false, s.fail(ctx, "look for migrations", err)
	}
	return pending, nil
}

// migrator returns goose's provider. It is not closed: that would close the store's own pool.
func (s *Store) migrator() (*goose.Provider, error) {
	dialect, files, err := s.dialect.migrations()
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, s.write, files,
		goose.WithTableName(migrationsTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}
