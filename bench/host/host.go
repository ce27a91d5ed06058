// Package host runs the parts of the service as the service wires them, in a process of the benchmark's own, with a few
// routes beside the product's that no product has: one grant, one revocation, questions put to the engine in process,
// memory. What is measured through the product's own routes runs on the very same HTTP stack as in the real binary.
//
// It repeats the wiring of package app for an embedded engine over SQLite and decides nothing itself.
package host

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/recall"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/admin"
	"github.com/terrawarden/terrawarden/internal/httpapi/authzen"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
	"github.com/terrawarden/terrawarden/internal/telemetry"
)

// Config says what to serve.
type Config struct {
	DataDir   string
	SiteToken string
	// NoMemory turns the memory for decisions off, so that a question that is asked twice is decided twice.
	NoMemory bool
}

// host is the service in parts.
type host struct {
	store   catalog.Store
	engine  *spicedb.Embedded
	service *catalog.Service
	site    catalog.Principal
	auth    *authn.Authenticator
	queries atomic.Uint64 // of the datastore
	metrics *telemetry.Metrics
	closers []func() error
}

// Serve runs until ctx ends. It says on stderr where it listens, as the real binary does.
func Serve(ctx context.Context, cfg Config, stderr io.Writer) error {
	h := &host{}
	err := h.run(ctx, cfg, stderr)
	for i := len(h.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, h.closers[i]())
	}
	return err
}

func (h *host) run(ctx context.Context, cfg Config, stderr io.Writer) error {
	registry := telemetry.NewRegistry()
	h.metrics = telemetry.NewMetrics(registry)
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := h.open(ctx, cfg, log); err != nil {
		return err
	}
	if err := h.service.Start(ctx); err != nil {
		return err
	}
	if err := h.bootstrap(ctx, cfg); err != nil {
		return err
	}
	var address string
	server, err := httpapi.New(httpapi.Deps{
		Protocols: []httpapi.Protocol{
			authzen.New(authzen.Deps{Decider: h.service, PublicURL: func() string { return "http://" + address }, PageKey: make([]byte, 32), NewID: rand.Text}),
			admin.New(admin.Deps{Service: h.service, Engine: "embedded", Version: "bench"}),
			control{h},
		},
		Authenticate: h.auth.Authenticate, Ready: h.service.Ready, Log: log, Metrics: h.metrics, Registry: registry, NewID: rand.Text,
	})
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	go h.service.Work(working, 5*time.Second, func(int) {})
	return listen(ctx, server, stderr, &address)
}

// open opens the store and the engine.
func (h *host) open(ctx context.Context, cfg Config, log *slog.Logger) error {
	sqlite, err := sqlstore.OpenSQLite(ctx, filepath.Join(cfg.DataDir, "catalog.db"))
	if err != nil {
		return err
	}
	h.closers = append(h.closers, sqlite.Close)
	if err := sqlite.Migrate(ctx); err != nil {
		return err
	}
	h.store = recall.New(recall.Deps{Store: sqlite, Alone: true, Staleness: time.Second, Now: time.Now, OnLookup: h.metrics.CatalogLookup})
	settings := spicedb.EmbeddedConfig{Store: treestore.Config{OnQuery: func() { h.queries.Add(1) }}, Logger: log}
	if cfg.NoMemory {
		settings.DecisionCacheBytes = -1
	}
	if h.engine, err = spicedb.NewEmbedded(ctx, settings); err != nil {
		return err
	}
	h.closers = append(h.closers, h.engine.Close)
	h.service = catalog.New(catalog.Deps{
		Store: h.store, Engine: h.engine, Seeder: h.engine, Log: log, Now: time.Now, Random: rand.Reader, RequestID: telemetry.RequestID,
	})
	return nil
}

func (h *host) bootstrap(ctx context.Context, cfg Config) error {
	user, err := h.service.Bootstrap(ctx, nil, nil)
	if err != nil {
		return err
	}
	h.auth = authn.New(h.service, cfg.SiteToken, user.ID)
	h.site = catalog.Principal{Subject: authz.Object{Type: "user", ID: user.ID}, Name: user.Username}
	return nil
}

// listen serves on a free port until ctx ends.
func listen(ctx context.Context, server *httpapi.Server, stderr io.Writer, address *string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	*address = l.Addr().String()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	if _, err := fmt.Fprintf(stderr, "listening on http://%s\n", *address); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return server.Shutdown(grace)
	case err := <-failed:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	}
}
