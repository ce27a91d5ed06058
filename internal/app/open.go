package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog/recall"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
)

// ErrNotMigrated says that a database or cluster is not up to date (DECISIONS N18).
var ErrNotMigrated = errors.New("not up to date: run `terrawarden migrate` first")

// openStore opens the catalog. SQLite belongs to this process alone and is migrated here; Postgres is shared, so
// migrating it is a decision of whoever runs it.
func (a *App) openStore(ctx context.Context) error {
	local := a.cfg.DatabaseURL == ""
	if local {
		if err := os.MkdirAll(a.cfg.DataDir, 0o700); err != nil {
			return fmt.Errorf("data directory: %w", err)
		}
		unlock, err := lockDir(a.cfg.DataDir)
		if err != nil {
			return err
		}
		a.closers = append(a.closers, unlock)
	}
	store, err := OpenStore(ctx, a.cfg)
	if err != nil {
		return err
	}
	a.closers = append(a.closers, store.Close)
	// The lock makes this process the only writer of a local catalog; a shared one has other replicas.
	a.store = recall.New(recall.Deps{
		Store: store.Observed(a.metrics.StoreCall), Alone: local, Staleness: a.cfg.Staleness, Now: time.Now, OnLookup: a.metrics.CatalogLookup,
	})
	if local {
		return store.Migrate(ctx)
	}
	pending, err := store.Pending(ctx)
	if err == nil && pending {
		err = fmt.Errorf("the catalog is %w", ErrNotMigrated)
	}
	return err
}

// OpenStore opens the catalog that a configuration names, without migrating it.
func OpenStore(ctx context.Context, cfg config.Config) (*sqlstore.Store, error) {
	if cfg.DatabaseURL != "" {
		return sqlstore.OpenPostgres(ctx, cfg.DatabaseURL.Reveal())
	}
	return sqlstore.OpenSQLite(ctx, filepath.Join(cfg.DataDir, "catalog.db"))
}

// openEngine opens the authorization engine of the configured size. The seeder is nil where the engine keeps its
// relationships by itself; then the schema must have been deployed.
func (a *App) openEngine(ctx context.Context, registry prometheus.Registerer) (authz.Seeder, error) {
	engine, seeder, err := OpenEngine(ctx, a.cfg, EngineDeps{Log: a.log, Registry: registry, OnDecision: a.metrics.DecisionCache, OnQuery: a.deps.OnQuery})
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, engine.Close)
	a.engine = metered{Engine: engine, metrics: a.metrics}
	if seeder != nil {
		return seeder, nil
	}
	current, err := engine.SchemaIsCurrent(ctx)
	if err == nil && !current {
		err = fmt.Errorf("the schema is %w", ErrNotMigrated)
	}
	return nil, err
}

// EngineDeps are what an engine in this process reports to. All but Log may be nil.
type EngineDeps struct {
	Log        *slog.Logger
	Registry   prometheus.Registerer
	OnDecision func(remembered bool)
	OnQuery    func()
}

// OpenEngine opens the engine that a configuration names.
func OpenEngine(ctx context.Context, cfg config.Config, d EngineDeps) (authz.Engine, authz.Seeder, error) {
	switch cfg.Engine {
	case config.EngineSpiceDB:
		remote := spicedb.RemoteConfig{Endpoint: cfg.SpiceDBEndpoint, Token: cfg.SpiceDBToken.Reveal(), Insecure: cfg.SpiceDBInsecure}
		if cfg.SpiceDBCAFile != "" {
			pem, err := os.ReadFile(cfg.SpiceDBCAFile)
			if err != nil {
				return nil, nil, fmt.Errorf("spicedb-ca-file: %w", err)
			}
			remote.CA = pem
		}
		e, err := spicedb.NewRemote(ctx, remote)
		return e, nil, err
	case config.EnginePostgres:
		e, err := spicedb.NewPostgres(ctx, spicedb.PostgresConfig{URL: cfg.DatabaseURL.Reveal(), Staleness: cfg.Staleness, Registry: d.Registry, Logger: d.Log})
		return e, nil, err
	}
	e, err := spicedb.NewEmbedded(ctx, spicedb.EmbeddedConfig{
		Registry: d.Registry, Logger: d.Log, OnDecision: d.OnDecision, Store: treestore.Config{OnQuery: d.OnQuery},
	})
	return e, e, err
}
