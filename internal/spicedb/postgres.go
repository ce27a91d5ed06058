package spicedb

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	dsconfig "github.com/authzed/spicedb/pkg/cmd/datastore"
	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
)

var _ authz.Engine = (*Postgres)(nil)

const (
	// defaultStaleness is how old an answer may be that may be old.
	defaultStaleness = time.Second
	// postgresWindow is how long deleted relationships are kept for readers of older revisions. A short one keeps
	// the tables small; a day, SpiceDB's default, is for those who watch changes.
	postgresWindow = time.Hour
	// defaultConnections is split into two thirds for reads and one for writes.
	defaultConnections = 30
	// sharedWrites is how many changes one transaction carries where others wait for it.
	sharedWrites = 500
	// notMigrated tells the operator what to do.
	notMigrated = "the relationship tables of the database are not at the version this program needs; run `terrawarden migrate`"
)

// PostgresConfig says how the engine of the middle size runs. Only URL is required.
type PostgresConfig struct {
	URL                string                // of the database, as libpq writes it; it holds the password
	Staleness          time.Duration         // how old an answer to authz.MinimizeLatency may be; 0 means a second
	Connections        int                   // the most that are opened; 0 means 30
	WriteLimit         int                   // changes in one transaction; 0 means 500
	DispatchCacheBytes uint64                // as in EmbeddedConfig
	Registry           prometheus.Registerer // as in EmbeddedConfig
	Logger             *slog.Logger          // as in EmbeddedConfig
}

// Postgres is the engine of the middle size: a SpiceDB server in this process over SpiceDB's Postgres datastore.
// Several processes may share a database.
type Postgres struct {
	*Engine
	server *localServer
	once   sync.Once
	closed error
}

// NewPostgres starts an engine over a database that has been migrated. It writes no schema: the application
// compares it (SchemaIsCurrent) and decides. An unreachable or unmigrated database is fault.Unavailable.
func NewPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	settings := postgresSettings(cfg)
	ds, err := dsconfig.NewDatastore(context.WithoutCancel(ctx), settings.ToOption())
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the database cannot be reached")
	}
	if err := checkMigrated(ctx, ds); err != nil {
		return nil, errors.Join(err, ds.Close())
	}
	srv, conn, err := startServer(ctx, serverConfig{
		// Schemas are read from the unified table and written to both: a SpiceDB cluster put over this database
		// later reads the other one unless it is told otherwise.
		datastore: ds, settings: settings, schemaMode: "read-new-write-both",
		dispatchCache: orDefault(cfg.DispatchCacheBytes, defaultDispatchCache),
		registry:      cfg.Registry, logger: orDiscard(cfg.Logger),
	})
	if err != nil {
		return nil, errors.Join(err, ds.Close())
	}
	limit := min(orDefault(cfg.WriteLimit, sharedWrites), localWrites)
	return &Postgres{Engine: newEngine(conn, &store{Datastore: ds}, limit), server: srv}, nil
}

func postgresSettings(cfg PostgresConfig) dsconfig.Config {
	connections := max(orDefault(cfg.Connections, defaultConnections), 3)
	settings := *dsconfig.NewConfigWithOptionsAndDefaults(
		dsconfig.WithEngine(dsconfig.PostgresEngine),
		dsconfig.WithURI(cfg.URL),
		dsconfig.WithRevisionQuantization(orDefault(cfg.Staleness, defaultStaleness)),
		dsconfig.WithFollowerReadDelay(0),
		dsconfig.WithGCWindow(postgresWindow),
		// The pool metrics go to the process's global registry, where a second engine would collide with the first.
		dsconfig.WithEnableDatastoreMetrics(false),
		// An expiry changes no revision, so cached answers outlive it; the heartbeat bounds for how long.
		dsconfig.WithEnableRevisionHeartbeat(true),
	)
	settings.ReadConnPool.MaxOpenConns = connections - connections/3
	settings.ReadConnPool.MinOpenConns = 2
	settings.WriteConnPool.MaxOpenConns = connections / 3
	settings.WriteConnPool.MinOpenConns = 1
	return settings
}

func checkMigrated(ctx context.Context, ds datastore.Datastore) error {
	state, err := ds.ReadyState(ctx)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database cannot be reached")
	}
	if !state.IsReady {
		return fault.Wrap(fault.Unavailable, errors.New(state.Message), "%s", notMigrated)
	}
	return nil
}

// Close stops the engine and everything it runs. It may be called more than once.
func (p *Postgres) Close() error {
	p.once.Do(func() { p.closed = closeAll(p.Engine, p.server) })
	return p.closed
}
