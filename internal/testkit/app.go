package testkit

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// Running is a service that runs in the test's own process.
type Running struct {
	URL       string
	SiteToken string
	app       *app.App
	stop      context.CancelFunc
	done      chan error
	log       *syncBuffer
}

// App starts the service on a free port and stops it with the test. The configuration begins as the default of the
// smallest size with a directory of its own; change may alter it.
func App(tb testing.TB, change ...func(*config.Config)) *Running {
	tb.Helper()
	cfg := Config(tb)
	for _, c := range change {
		c(&cfg)
	}
	r, err := Start(tb.Context(), cfg)
	if err != nil {
		tb.Fatalf("start the service: %v", err)
	}
	tb.Cleanup(func() {
		if err := r.Stop(); err != nil {
			tb.Errorf("stop the service: %v", err)
		}
		if tb.Failed() {
			tb.Logf("log of the service:\n%s", r.Log())
		}
	})
	return r
}

// Config returns the default configuration with a directory of the test's own, an empty catalog in it, and a free port.
func Config(tb testing.TB) config.Config {
	tb.Helper()
	dir := tb.TempDir()
	Catalog(tb, filepath.Join(dir, "catalog.db"))
	return config.Config{
		Listen: "127.0.0.1:0", DataDir: dir, Engine: config.EngineEmbedded, TFEMode: "tfe", CreateUnknownMembers: true, Staleness: time.Second,
		LogLevel: "info", LogFormat: "text", Shutdown: 10 * time.Second,
	}
}

// Start runs a service until Stop; most tests want App.
func Start(ctx context.Context, cfg config.Config) (*Running, error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	log := &syncBuffer{}
	a, err := app.New(ctx, cfg, app.Deps{Stderr: log, Version: "test"})
	if err != nil {
		stop()
		return nil, err
	}
	token := cfg.SiteToken.Reveal()
	if token == "" {
		raw, err := os.ReadFile(filepath.Join(cfg.DataDir, "site-token"))
		if err != nil {
			stop()
			return nil, err
		}
		token = strings.TrimSpace(string(raw))
	}
	r := &Running{URL: a.URL(), SiteToken: token, app: a, stop: stop, done: make(chan error, 1), log: log}
	go func() { r.done <- a.Run(ctx) }()
	return r, nil
}

// Stop ends the service and waits for it. A second call does nothing.
func (r *Running) Stop() error {
	if r.stop == nil {
		return nil
	}
	r.stop()
	r.stop = nil
	http.DefaultClient.CloseIdleConnections()
	return <-r.done
}

// Endpoints returns every route of the service, with what it needs.
func (r *Running) Endpoints() []endpoint.Endpoint { return r.app.Endpoints() }

// Handler returns what answers the service's requests, without a listener.
func (r *Running) Handler() http.Handler { return r.app.Handler() }

// Log returns what the service has logged so far.
func (r *Running) Log() string { return r.log.String() }

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// Quiet returns a logger that says nothing.
func Quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
