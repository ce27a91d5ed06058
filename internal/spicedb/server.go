package spicedb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	dsconfig "github.com/authzed/spicedb/pkg/cmd/datastore"
	"github.com/authzed/spicedb/pkg/cmd/server"
	"github.com/authzed/spicedb/pkg/cmd/util"
	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
)

const (
	// defaultDispatchCache is the memory for decided sub-questions. It is absolute: SpiceDB's own default, a share
	// of the machine's memory, is meant for a machine of its own.
	defaultDispatchCache = 64 << 20
	// schemaCache is enough for a few versions of one schema.
	schemaCache = "16MiB"
	// localWrites is the largest number of changes the server can be told to take in one transaction.
	localWrites = math.MaxUint16
	// streamTimeout replaces SpiceDB's 30 seconds without an answer: a search that finds nobody for longer than
	// that is slow, not dead, and our callers bring deadlines of their own.
	streamTimeout = time.Hour
	// shutdownGrace is how long calls that run may take to end.
	shutdownGrace = 2 * time.Second
)

// serverConfig says what a server in this process runs on.
type serverConfig struct {
	datastore     datastore.Datastore // closed by us, not by the server
	settings      dsconfig.Config     // what the datastore was made with; the server derives lifetimes from it
	schemaMode    string
	dispatchCache uint64 // bytes
	registry      prometheus.Registerer
	logger        *slog.Logger
}

// localServer is a SpiceDB server in this process, reached through memory: it opens no port.
type localServer struct {
	datastore datastore.Datastore
	stop      context.CancelFunc
	stopped   chan struct{}
	err       error // of the run; valid once stopped is closed
}

// startServer starts a server and connects to it. The context ends the start, not the server. When it fails, the
// datastore is still the caller's to close.
func startServer(ctx context.Context, cfg serverConfig) (*localServer, *grpc.ClientConn, error) {
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	runnable, err := server.NewConfigWithOptionsAndDefaults(options(cfg)...).Complete(run)
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("start the authorization server: %w", err)
	}
	s := &localServer{datastore: cfg.datastore, stop: stop, stopped: make(chan struct{})}
	go func() {
		defer close(s.stopped)
		s.err = runnable.Run(run)
		if run.Err() == nil { // it ended although nobody stopped it
			cfg.logger.ErrorContext(run, "authorization server ended", "error", s.err)
		}
	}()
	conn, err := runnable.NewClient(callOptions())
	if err != nil {
		s.halt()
		return nil, nil, fmt.Errorf("connect to the authorization server: %w", err)
	}
	return s, conn, nil
}

// options returns SpiceDB's defaults with everything off that talks to the outside.
func options(cfg serverConfig) []server.ConfigOption {
	return []server.ConfigOption{
		server.WithGRPCServer(util.GRPCServerConfig{Network: util.BufferedNetwork, Enabled: true}),
		// Nobody but us can reach the listener, so there is nobody to tell apart.
		server.WithGRPCAuthFunc(func(ctx context.Context) (context.Context, error) { return ctx, nil }),
		server.WithDatastore(cfg.datastore),
		server.WithDatastoreConfig(cfg.settings),
		server.WithExperimentalSchemaMode(cfg.schemaMode),
		server.WithDispatchServer(util.GRPCServerConfig{Enabled: false}),
		server.WithHTTPGateway(util.HTTPServerConfig{HTTPEnabled: false}),
		server.WithMetricsAPI(util.HTTPServerConfig{HTTPEnabled: false}),
		server.WithSilentlyDisableTelemetry(true),
		server.WithDisableVersionResponse(true),
		server.WithEnableMemoryProtectionMiddleware(false),
		server.WithShutdownGracePeriod(shutdownGrace),
		server.WithStreamingAPITimeout(streamTimeout),
		server.WithMaximumUpdatesPerWrite(localWrites),
		server.WithDispatchCacheConfig(cacheConfig("dispatch", fmt.Sprintf("%dB", cfg.dispatchCache))),
		server.WithNamespaceCacheConfig(cacheConfig("namespace", schemaCache)),
		server.WithStoredSchemaCacheConfig(cacheConfig("stored_schema", schemaCache)),
		server.WithClusterDispatchCacheConfig(server.CacheConfig{Name: "cluster_dispatch"}),
		server.WithLR3ResourceChunkCacheConfig(server.CacheConfig{Name: "lr3_chunk"}),
		func(c *server.Config) {
			if cfg.registry != nil { // otherwise SpiceDB makes one of its own
				c.OTel.PrometheusRegistry = cfg.registry
			}
		},
	}
}

func cacheConfig(name, size string) server.CacheConfig {
	return server.CacheConfig{Name: name, Enabled: true, Metrics: true, MaxCost: size}
}

// close stops the server, waits until it has, and closes the datastore.
func (s *localServer) close() error {
	s.halt()
	err := s.err
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, s.datastore.Close())
}

// halt stops the server and waits until it has stopped.
func (s *localServer) halt() {
	s.stop()
	<-s.stopped
}
