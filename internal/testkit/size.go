package testkit

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/config"
)

// Environment variables that name the binaries the larger sizes need; `make test` builds them and sets these.
const (
	envSpiceDB = "TERRAWARDEN_TEST_SPICEDB" // the real SpiceDB server
	envMigrate = "TERRAWARDEN_TEST_MIGRATE" // terrawarden-migrate
)

// Sizes returns the names of the three sizes.
func Sizes() []string {
	return []string{config.EngineEmbedded, config.EnginePostgres, config.EngineSpiceDB}
}

// Sized returns a configuration of a size, ready to serve: for postgres over a fresh migrated database, for spicedb
// over a fresh database and a real SpiceDB server of the test's own. Without Postgres the larger sizes are skipped.
func Sized(tb testing.TB, size string) config.Config {
	tb.Helper()
	cfg := Config(tb)
	cfg.Engine = size
	if size == config.EngineEmbedded {
		return cfg
	}
	cfg.DatabaseURL = config.Secret(Postgres(tb))
	if size == config.EngineSpiceDB {
		cfg.SpiceDBEndpoint, cfg.SpiceDBToken = SpiceDB(tb)
		cfg.SpiceDBInsecure = true
	}
	datastore := func(ctx context.Context) error { return MigrateDatastore(ctx, cfg.DatabaseURL.Reveal()) }
	if err := app.Migrate(tb.Context(), cfg, datastore, false, func(string) {}); err != nil {
		tb.Fatalf("migrate: %v", err)
	}
	return cfg
}

// MigrateDatastore brings the relationship tables of a database up to date.
func MigrateDatastore(ctx context.Context, url string) error {
	path := os.Getenv(envMigrate)
	if path == "" {
		return fmt.Errorf("%s does not name terrawarden-migrate; make test sets it", envMigrate)
	}
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = append(os.Environ(), "TERRAWARDEN_DATABASE_URL="+url)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// SpiceDB starts a real SpiceDB server over its memory datastore and returns its endpoint and key. It stops with
// the test. Without the binary the test is skipped where Postgres would be, and fails where `make test` runs it.
func SpiceDB(tb testing.TB) (endpoint string, token config.Secret) {
	tb.Helper()
	path := os.Getenv(envSpiceDB)
	if path == "" {
		if os.Getenv(PostgresVariable) != "" {
			tb.Fatalf("%s does not name a SpiceDB server; make test sets it", envSpiceDB)
		}
		tb.Skipf("%s is not set; make test builds a SpiceDB server and sets it", envSpiceDB)
	}
	endpoint, token = freePort(tb), "a-key-of-the-test"
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), path, "serve",
		"--datastore-engine=memory", "--grpc-addr="+endpoint, "--grpc-preshared-key="+token.Reveal(),
		"--http-enabled=false", "--metrics-enabled=false", "--telemetry-endpoint=", "--skip-release-check", "--log-level=error")
	log := &syncBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start SpiceDB: %v", err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill() // it keeps nothing
		_ = cmd.Wait()
		if tb.Failed() {
			tb.Logf("log of SpiceDB:\n%s", log)
		}
	})
	waitFor(tb, endpoint)
	return endpoint, token
}

// freePort returns a loopback address nobody listens on right now.
func freePort(tb testing.TB) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the port is all we want
	return l.Addr().String()
}

func waitFor(tb testing.TB, address string) {
	tb.Helper()
	for range 300 {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(tb.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	tb.Fatalf("nobody listens on %s", address)
}
