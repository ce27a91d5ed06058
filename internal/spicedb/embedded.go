package spicedb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	dsconfig "github.com/authzed/spicedb/pkg/cmd/datastore"
	"github.com/authzed/spicedb/pkg/datalayer"
	"github.com/authzed/spicedb/pkg/embedded"
	"github.com/authzed/spicedb/pkg/zedtoken"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
	"github.com/terrawarden/terrawarden/schema"
)

var (
	_ authz.Engine = (*Embedded)(nil)
	_ authz.Seeder = (*Embedded)(nil)
)

const (
	defaultDecisionCache = 64 << 20
	// parsedSchemas is the memory for schemas that checks have parsed; there is one at a time.
	parsedSchemas = 16 << 20
	// historyWindow is how long an older revision can be asked for: long enough for the pages and parts of one
	// operation.
	historyWindow = 15 * time.Minute
	unifiedSchema = "read-new-write-new"
)

// EmbeddedConfig says how the engine of the smallest size runs. The zero value works.
type EmbeddedConfig struct {
	DispatchCacheBytes uint64                // memory for decided sub-questions of bulk checks and searches; 0 means 64 MiB
	DecisionCacheBytes int                   // memory for decisions and lists; 0 means 64 MiB, less than 0 keeps none
	Store              treestore.Config      // of the datastore; its OnCommit is taken
	Registry           prometheus.Registerer // where metrics go; nil keeps them to itself
	Logger             *slog.Logger          // nil discards
	OnDecision         func(remembered bool) // told of every decision; nil: nobody is
}

// Embedded is the engine of the smallest size: SpiceDB in this process over an indexed datastore in memory. It
// answers every question at the newest state and keeps nothing across a restart.
//
// A check has three ways, each ten times as long as the one before it: an answer that is remembered and still right
// (memory.go), SpiceDB's own evaluation in process, and the server of the Engine inside, which also serves
// everything that is no check.
type Embedded struct {
	*Engine
	server  *localServer
	tree    *treestore.Store
	checker *embedded.Permissions
	model   typeModel
	realms  *realms
	memory  *memory
	tokens  atomic.Pointer[stamp]
	told    func(remembered bool)
	once    sync.Once
	closed  error
}

// NewEmbedded starts an empty engine and gives it the schema. The context bounds the start.
func NewEmbedded(ctx context.Context, cfg EmbeddedConfig) (*Embedded, error) {
	types, err := compileModel()
	if err != nil {
		return nil, err
	}
	e := &Embedded{model: types, realms: newRealms(), told: cfg.OnDecision}
	if e.told == nil {
		e.told = func(bool) {}
	}
	e.memory = newMemory(e.realms, cfg.DecisionCacheBytes)
	cfg.Store.OnCommit, cfg.Store.Window = e.committed, orDefault(cfg.Store.Window, historyWindow)
	e.tree = treestore.New(cfg.Store)
	if err := e.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, e.tree.Close())
	}
	if err := e.WriteSchema(ctx, schema.Text()); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Embedded) start(ctx context.Context, cfg EmbeddedConfig) error {
	var err error
	if e.checker, err = embedded.NewPermissions(embedded.Config{
		Datastore: e.tree, SchemaMode: datalayer.SchemaModeReadNewWriteNew, SchemaCacheMaxCostBytes: parsedSchemas,
	}); err != nil {
		return fmt.Errorf("start the checker: %w", err)
	}
	if err := e.register(cfg.Registry); err != nil {
		return errors.Join(err, e.checker.Close())
	}
	srv, conn, err := startServer(ctx, serverConfig{
		datastore: e.tree, settings: memorySettings(cfg.Store), schemaMode: unifiedSchema,
		dispatchCache: orDefault(cfg.DispatchCacheBytes, defaultDispatchCache), registry: cfg.Registry, logger: orDiscard(cfg.Logger),
	})
	if err != nil {
		return errors.Join(err, e.checker.Close())
	}
	e.server = srv
	e.Engine = newEngine(conn, &store{Datastore: e.tree, alwaysHead: true}, localWrites)
	return nil
}

// memorySettings are what the server derives lifetimes from.
func memorySettings(cfg treestore.Config) dsconfig.Config {
	return *dsconfig.NewConfigWithOptionsAndDefaults(
		dsconfig.WithEngine(dsconfig.MemoryEngine),
		dsconfig.WithRevisionQuantization(0),
		dsconfig.WithFollowerReadDelay(0),
		dsconfig.WithGCWindow(cfg.Window),
	)
}

// committed follows every commit of the datastore, before its revision can be read.
func (e *Embedded) committed(c treestore.Commit) {
	e.realms.commit(c)
	if c.Schema {
		e.memory.forgetShapes()
	}
}

// stamp is the token of a revision.
type stamp struct {
	revision uint64
	token    *v1.ZedToken
}

// token returns the token of a snapshot. Making one costs more than remembering a decision, so that of the last
// revision is kept.
func (e *Embedded) token(ctx context.Context, v treestore.View) (*v1.ZedToken, error) {
	if last := e.tokens.Load(); last != nil && last.revision == v.Revision() {
		return last.token, nil
	}
	token, err := zedtoken.NewFromRevision(ctx, v.At(), datalayer.SchemaHash(v.SchemaHash()), e.tree)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the authorization engine does not answer")
	}
	e.tokens.Store(&stamp{revision: v.Revision(), token: token})
	return token, nil
}

// Write implements authz.Writer. A caller may give up before it begins; once begun it runs to its end, so that what
// was written is always known.
func (e *Embedded) Write(ctx context.Context, w authz.Write) (authz.Token, error) {
	if err := ctx.Err(); err != nil {
		return "", translate("write", err)
	}
	return e.Engine.Write(context.WithoutCancel(ctx), w)
}

// Close stops the engine and everything it runs. It may be called more than once.
func (e *Embedded) Close() error {
	e.once.Do(func() { e.closed = errors.Join(closeAll(e.Engine, e.server), e.checker.Close()) })
	return e.closed
}

// closeAll ends the connection first, so that no call is left for the server to wait for.
func closeAll(e *Engine, s *localServer) error {
	return errors.Join(e.Close(), s.close())
}

func orDiscard(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return logger
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
