package spicedb

import (
	"context"
	"errors"
	"time"

	dsconfig "github.com/authzed/spicedb/pkg/cmd/datastore"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// Stock is SpiceDB over its own memory datastore, remembering nothing of ours: an oracle. It must not be written to by
// two at a time.
type Stock struct {
	*Engine
	server *localServer
}

// NewStock starts one with the schema.
func NewStock(ctx context.Context) (*Stock, error) {
	settings := *dsconfig.NewConfigWithOptionsAndDefaults(
		dsconfig.WithEngine(dsconfig.MemoryEngine), dsconfig.WithRevisionQuantization(0), dsconfig.WithFollowerReadDelay(0), dsconfig.WithGCWindow(time.Hour),
	)
	ds, err := dsconfig.NewDatastore(ctx, settings.ToOption())
	if err != nil {
		return nil, err
	}
	srv, conn, err := startServer(ctx, serverConfig{datastore: ds, settings: settings, schemaMode: unifiedSchema, dispatchCache: 1 << 20, logger: orDiscard(nil)})
	if err != nil {
		return nil, errors.Join(err, ds.Close())
	}
	s := &Stock{Engine: newEngine(conn, &store{Datastore: ds, alwaysHead: true}, localWrites), server: srv}
	return s, s.WriteSchema(ctx, schema.Text())
}

// Close stops it.
func (s *Stock) Close() error { return closeAll(s.Engine, s.server) }

// Remembers reports whether the answer to a question would be given from memory.
func (e *Embedded) Remembers(q authz.Question) bool {
	_, ok := recall(e.memory, e.memory.decisions, q, e.tree, e.tree.View())
	return ok
}
