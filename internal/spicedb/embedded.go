package spicedb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	dsconfig "github.com/authzed/spicedb/pkg/cmd/datastore"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

var (
	_ authz.Engine = (*Embedded)(nil)
	_ authz.Seeder = (*Embedded)(nil)
)

const (
	// seedStream is how many relationships one import carries, each a transaction of its own; seedMessage how many
	// one of its messages does.
	seedStream  = 10_000
	seedMessage = 1000
	// memoryWindow is how long an older revision can be asked for: long enough for the pages and parts of one
	// operation.
	memoryWindow = time.Hour
)

// EmbeddedConfig says how the engine of the smallest size runs. The zero value works.
type EmbeddedConfig struct {
	DispatchCacheBytes uint64                // memory for decided sub-questions; 0 means 64 MiB
	Registry           prometheus.Registerer // where the server's metrics go; nil keeps them to itself
	Logger             *slog.Logger          // nil discards
}

// Embedded is the engine of the smallest size: a SpiceDB server in this process over a datastore in memory. It
// answers every question at the newest state and keeps nothing across a restart.
type Embedded struct {
	*Engine
	server *localServer
	writer chan struct{} // holds one element while nobody writes
	expiry *expiry
	once   sync.Once
	closed error
}

// NewEmbedded starts an empty engine and gives it the schema. The context bounds the start.
func NewEmbedded(ctx context.Context, cfg EmbeddedConfig) (*Embedded, error) {
	settings := *dsconfig.NewConfigWithOptionsAndDefaults(
		dsconfig.WithEngine(dsconfig.MemoryEngine),
		dsconfig.WithRevisionQuantization(0),
		dsconfig.WithFollowerReadDelay(0),
		dsconfig.WithGCWindow(memoryWindow),
	)
	memory, err := dsconfig.NewDatastore(ctx, settings.ToOption())
	if err != nil {
		return nil, fmt.Errorf("make the memory datastore: %w", err)
	}
	logger := orDiscard(cfg.Logger)
	srv, conn, err := startServer(ctx, serverConfig{
		datastore: memory, settings: settings, schemaMode: "read-new-write-new",
		dispatchCache: orDefault(cfg.DispatchCacheBytes, defaultDispatchCache), registry: cfg.Registry, logger: logger,
	})
	if err != nil {
		return nil, errors.Join(err, memory.Close())
	}
	e := &Embedded{
		Engine: newEngine(conn, &store{Datastore: memory, alwaysHead: true}, localWrites),
		server: srv,
		writer: make(chan struct{}, 1),
	}
	e.writer <- struct{}{}
	e.expiry = startExpiry(e.deleteExpired, logger)
	if err := e.WriteSchema(ctx, schema.Text()); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// exclusively runs f while nobody else writes: of two overlapping writes the memory datastore can hide one that it
// has acknowledged (SpiceDB issue 3212). A caller may give up waiting; once it is its turn the write runs to its
// end, so that what was written is always known.
func (e *Embedded) exclusively(ctx context.Context, f func(context.Context) error) error {
	select {
	case <-e.writer:
	case <-ctx.Done():
		return translate("wait for the writer", ctx.Err())
	}
	defer func() { e.writer <- struct{}{} }()
	if err := ctx.Err(); err != nil {
		return translate("write", err)
	}
	return f(context.WithoutCancel(ctx))
}

// Write implements authz.Writer.
func (e *Embedded) Write(ctx context.Context, w authz.Write) (authz.Token, error) {
	var token authz.Token
	err := e.exclusively(ctx, func(ctx context.Context) error {
		var err error
		token, err = e.Engine.Write(ctx, w)
		if err == nil {
			e.expiry.note(w)
		}
		return err
	})
	return token, err
}

// WriteSchema implements authz.Schemas.
func (e *Embedded) WriteSchema(ctx context.Context, text string) error {
	return e.exclusively(ctx, func(ctx context.Context) error { return e.Engine.WriteSchema(ctx, text) })
}

// Seed implements authz.Seeder. It imports instead of writing, which is faster and refuses what exists already.
func (e *Embedded) Seed(ctx context.Context, relationships []authz.Relationship) error {
	for part := range slices.Chunk(relationships, seedStream) {
		err := e.exclusively(ctx, func(ctx context.Context) error {
			if err := e.importAll(ctx, part); err != nil {
				return err
			}
			e.expiry.note(authz.Write{Touches: part})
			return nil
		})
		if err != nil {
			return e.translate(ctx, fmt.Sprintf("seed %d relationships", len(relationships)), err)
		}
	}
	return nil
}

func (e *Embedded) importAll(ctx context.Context, relationships []authz.Relationship) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := e.permissions.ImportBulkRelationships(ctx)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(relationships, seedMessage) {
		message := &v1.ImportBulkRelationshipsRequest{Relationships: make([]*v1.Relationship, len(part))}
		for i, r := range part {
			message.Relationships[i] = relationship(r)
		}
		if stream.Send(message) != nil {
			break // the receiver says why
		}
	}
	_, err = stream.CloseAndRecv()
	return err
}

// deleteExpired deletes what expire selects at the moment it runs. The write gives the newest state a revision of
// its own, and with it answers that no cache can have.
func (e *Embedded) deleteExpired(ctx context.Context, expire func() []authz.Relationship) error {
	return e.exclusively(ctx, func(ctx context.Context) error {
		due := expire()
		if len(due) == 0 {
			return nil
		}
		_, err := e.Engine.Write(ctx, authz.Write{Deletes: due, Metadata: map[string]string{"reason": "expired"}})
		return err
	})
}

// Close stops the engine and everything it runs. It may be called more than once.
func (e *Embedded) Close() error {
	e.once.Do(func() {
		e.expiry.close()
		e.closed = closeAll(e.Engine, e.server)
	})
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
