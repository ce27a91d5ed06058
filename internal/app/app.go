package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/access"
	"github.com/terrawarden/terrawarden/internal/httpapi/admin"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/authzen"
	syncapi "github.com/terrawarden/terrawarden/internal/httpapi/directory"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/openapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/otf"
	"github.com/terrawarden/terrawarden/internal/httpapi/review"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim"
	"github.com/terrawarden/terrawarden/internal/httpapi/terrakube"
	"github.com/terrawarden/terrawarden/internal/httpapi/tfe"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// Deps are what an App takes from outside besides its configuration.
type Deps struct {
	Stderr  io.Writer
	Version string
	// OnQuery is told of every query of the datastore in this process; nil: nobody is. The benchmark counts them.
	OnQuery func()
	// Extend returns protocols to serve beside the product's own; nil: none. The benchmark has routes that no product has.
	Extend func(Parts) []httpapi.Protocol
}

// Parts are what further protocols may be made of.
type Parts struct {
	Service *catalog.Service
	Engine  authz.Engine
}

// App is the service, put together and ready to run.
type App struct {
	cfg      config.Config
	deps     Deps
	log      *slog.Logger
	metrics  *telemetry.Metrics
	store    catalog.Store
	engine   authz.Engine
	service  *catalog.Service
	syncing  *directory.Engine
	webhook  *directory.Webhook // nil: nobody is told
	server   *httpapi.Server
	listener net.Listener
	stopping chan struct{} // closed when the service is told to stop; answers without an end of their own end then
	closers  []func() error
}

// New opens the catalog and the engine, brings them in step, and listens. A failure closes what was opened.
func New(ctx context.Context, cfg config.Config, d Deps) (*App, error) {
	a := &App{cfg: cfg, deps: d, stopping: make(chan struct{})}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) build(ctx context.Context) error {
	level, err := logLevel(a.cfg.LogLevel)
	if err != nil {
		return err
	}
	if a.log, err = telemetry.NewLogger(a.deps.Stderr, telemetry.Format(a.cfg.LogFormat), level); err != nil {
		return err
	}
	registry := telemetry.NewRegistry()
	a.metrics = telemetry.NewMetrics(registry)
	tracer, err := a.tracing(ctx)
	if err != nil {
		return err
	}
	if err := a.openStore(ctx); err != nil {
		return err
	}
	seeder, err := a.openEngine(ctx, registry)
	if err != nil {
		return err
	}
	a.service = catalog.New(catalog.Deps{
		Store: a.store, Engine: a.engine, Seeder: seeder, Log: a.log, Now: time.Now, Random: rand.Reader,
		FaultPoint: a.faultPoint(), RequestID: telemetry.RequestID, Address: telemetry.Address, AuditRetention: a.cfg.AuditRetention,
		TerrakubeParity: a.cfg.TerrakubeParity,
		GroupsMade:      func(ctx context.Context, source string) { a.syncing.GroupsMade(ctx, source) },
	})
	if err := a.service.Start(ctx); err != nil {
		return err
	}
	settle()
	auth, err := a.bootstrap(ctx)
	if err != nil {
		return err
	}
	if err := a.openSync(ctx, registry); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	a.closers = append(a.closers, func() error { return ignoreClosed(a.listener.Close()) })
	protocols, err := a.protocols(auth)
	if err != nil {
		return err
	}
	a.server, err = httpapi.New(httpapi.Deps{
		Protocols:    protocols,
		Authenticate: auth.Authenticate, Ready: a.service.Ready, Log: a.log, Metrics: a.metrics,
		Registry: registry, Tracer: tracer, NewID: newID,
	})
	return err
}

func (a *App) protocols(auth credentials) ([]httpapi.Protocol, error) {
	browser, discovery, err := a.browserLogin(auth)
	if err != nil {
		return nil, err
	}
	limit := answer.NewLimiter(a.cfg.TFERateLimit, time.Now)
	protocols := []httpapi.Protocol{
		authzen.New(authzen.Deps{
			Decider: a.service, PublicURL: a.URL, PageKey: auth.pageKey, NewID: newID,
			Observe: func(allowed bool) { a.metrics.Decision(allowed, "engine") },
		}),
		admin.New(admin.Deps{Service: a.service, Engine: a.cfg.Engine, Version: a.deps.Version, Stopping: a.stopping}),
		terrakube.New(terrakube.Deps{Service: a.service, Parity: a.cfg.TerrakubeParity}),
		tfe.New(tfe.Deps{Service: a.service, Mode: a.cfg.TFEMode, Limit: limit, Discovery: discovery}),
		otf.New(otf.Deps{Service: a.service, Limit: limit}),
		access.New(access.Deps{Service: a.service, Limit: limit, Stopping: a.stopping}),
		review.New(review.Deps{Service: a.service}),
		syncapi.New(syncapi.Deps{Service: a.service, Engine: a.syncing, Limit: limit, Stopping: a.stopping}),
		scim.New(scim.Deps{Service: a.service, Engine: a.syncing, PublicURL: a.URL, Now: time.Now}),
	}
	protocols = append(protocols, browser...)
	protocols = append(protocols, openapi.New(openapi.Deps{Version: a.deps.Version, Endpoints: a.Endpoints}))
	if a.deps.Extend != nil {
		protocols = append(protocols, a.deps.Extend(Parts{Service: a.service, Engine: a.engine})...)
	}
	return protocols, nil
}

func (a *App) tracing(ctx context.Context) (trace.TracerProvider, error) {
	if a.cfg.OTLPEndpoint == "" {
		return nil, nil //nolint:nilnil // no tracing was asked for
	}
	shutdown, provider, err := telemetry.Tracing(ctx, a.cfg.OTLPEndpoint)
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.Shutdown)
		defer cancel()
		return shutdown(ctx)
	})
	return provider, nil
}

// bootstrap makes sure that the site admin exists and knows his credential.
func (a *App) bootstrap(ctx context.Context) (credentials, error) {
	token, path, err := siteToken(a.cfg)
	if err != nil {
		return credentials{}, err
	}
	if path != "" {
		a.log.InfoContext(ctx, "site token ready", "file", path)
	}
	site, err := a.service.Bootstrap(ctx, a.cfg.SiteAdmins, &catalog.Settings{
		RestrictOrganizationCreation: a.cfg.RestrictOrgCreation, CreateUnknownMembers: a.cfg.CreateUnknownMembers,
		TerrakubeAdminGroup: a.cfg.TerrakubeAdminGroup, OTFLevels: a.cfg.OTFLevels,
	})
	if err != nil {
		return credentials{}, fmt.Errorf("site admins: %w", err)
	}
	if a.cfg.Example {
		if err := a.service.Example(ctx); err != nil {
			return credentials{}, fmt.Errorf("example: %w", err)
		}
	}
	return a.openCredentials(token, site.ID)
}

// URL returns what clients reach the service by: the configured one, or the address served on.
func (a *App) URL() string {
	if a.cfg.PublicURL != "" {
		return strings.TrimSuffix(a.cfg.PublicURL, "/")
	}
	return "http://" + a.listener.Addr().String()
}

// Endpoints returns every route that is served, with what it needs.
func (a *App) Endpoints() []endpoint.Endpoint { return a.server.Endpoints() }

// Handler returns what answers the requests, without a listener.
func (a *App) Handler() http.Handler { return a.server.Handler() }

// Run serves until ctx ends, then waits for requests under way and closes everything.
func (a *App) Run(ctx context.Context) error {
	working, stopWork := context.WithCancel(ctx)
	workers := a.work(working)
	failed := make(chan error, 1)
	go func() { failed <- a.server.Serve(a.listener) }()
	_, err := fmt.Fprintf(a.deps.Stderr, "listening on http://%s\n%s", a.listener.Addr(), a.invitation())
	select {
	case <-ctx.Done():
		close(a.stopping)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.Shutdown)
		defer cancel()
		err = errors.Join(err, a.server.Shutdown(grace))
	case serveErr := <-failed:
		if !errors.Is(serveErr, http.ErrServerClosed) {
			err = errors.Join(err, serveErr)
		}
	}
	stopWork()
	workers.Wait()
	return errors.Join(err, a.Close())
}

// invitation is what somebody who looks at the example may paste next.
func (a *App) invitation() string {
	if !a.cfg.Example {
		return ""
	}
	return `
The site admin's credential is in ` + SiteTokenFile(a.cfg) + `. In another terminal, try:
  bin/terrawarden check user:bob apply_run workspace:acme/prod
  bin/terrawarden explain user:carol apply_run workspace:acme/prod
  bin/terrawarden who apply_run workspace:acme/prod
`
}

const workInterval = 5 * time.Second

// work starts what goes on beside requests, until ctx ends.
func (a *App) work(ctx context.Context) *sync.WaitGroup {
	var workers sync.WaitGroup
	workers.Go(func() {
		a.service.Work(ctx, workInterval, func(pending int) { a.metrics.PendingIntents(pending) })
	})
	workers.Go(func() { a.syncing.Work(ctx) })
	if a.webhook != nil {
		workers.Go(func() { a.webhook.Work(ctx) })
	}
	return &workers
}

// Close frees everything, last opened first. It is safe to call twice.
func (a *App) Close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}

// faultPoint returns what ends the process at the configured step, as kill -9 would; nil when none is configured.
func (a *App) faultPoint() func(string) {
	if a.cfg.TestKillAt == "" {
		return nil
	}
	armed := false
	return func(step string) {
		// Start-up writes too; the test arms the switch by its first request, which follows the listening line.
		armed = armed || a.server != nil
		if armed && step == a.cfg.TestKillAt {
			_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}

func newID() string { return rand.Text() }

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func logLevel(name string) (slog.Level, error) {
	var l slog.Level
	return l, l.UnmarshalText([]byte(name))
}
