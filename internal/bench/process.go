package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// token is the site token of the processes that are measured.
const token = "site-token-of-the-benchmark-0123456789"

// process is the binary under measurement.
type process struct {
	url    string
	took   time.Duration // from start to listening
	token  string
	cmd    *exec.Cmd
	client *http.Client
	ended  chan error
}

func serve(ctx context.Context, env []string) (*process, error) {
	cmd := exec.CommandContext(ctx, os.Getenv("TERRAWARDEN_TEST_BINARY"), "serve") //nolint:gosec // named by the caller
	cmd.Env = append(os.Environ(), env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start TERRAWARDEN_TEST_BINARY: %w", err)
	}
	p := &process{cmd: cmd, token: token, ended: make(chan error, 1), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
	lines := bufio.NewScanner(stderr)
	var log strings.Builder
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			p.url, p.took = address, time.Since(begin)
			break
		}
		log.WriteString(lines.Text() + "\n")
	}
	go func() {
		for lines.Scan() {
		}
		p.ended <- cmd.Wait()
	}()
	if p.url == "" {
		return nil, fmt.Errorf("it ended: %w\n%s", <-p.ended, log.String())
	}
	return p, nil
}

func (p *process) stop() error {
	p.client.CloseIdleConnections()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return <-p.ended
}

// memory returns what the process holds resident.
func (p *process) memory() (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		var kb int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			return kb << 10, nil
		}
	}
	return 0, errors.New("no VmRSS")
}

// prepare makes what a size needs and returns its environment.
func prepare(ctx context.Context, size string) (env []string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "terrawarden-bench-")
	if err != nil {
		return nil, nil, err
	}
	stop = func() { _ = os.RemoveAll(dir) }
	env = []string{"TERRAWARDEN_LISTEN=127.0.0.1:0", "TERRAWARDEN_DATA_DIR=" + dir, "TERRAWARDEN_ENGINE=" + size, "TERRAWARDEN_SITE_TOKEN=" + token}
	if size == "embedded" {
		return env, stop, nil
	}
	database, err := freshDatabase(ctx)
	if err != nil {
		stop()
		return nil, nil, err
	}
	env = append(env, "TERRAWARDEN_DATABASE_URL="+database)
	if size == "spicedb" {
		endpoint, kill, err := spicedb(ctx)
		if err != nil {
			stop()
			return nil, nil, err
		}
		remove := stop
		stop = func() { kill(); remove() }
		env = append(env, "TERRAWARDEN_SPICEDB_ENDPOINT="+endpoint, "TERRAWARDEN_SPICEDB_TOKEN="+token, "TERRAWARDEN_SPICEDB_INSECURE=true")
	}
	migrate := exec.CommandContext(ctx, os.Getenv("TERRAWARDEN_TEST_BINARY"), "migrate") //nolint:gosec // named by the caller
	migrate.Env = append(os.Environ(), env...)
	if out, err := migrate.CombinedOutput(); err != nil {
		stop()
		return nil, nil, fmt.Errorf("migrate: %w: %s", err, out)
	}
	return env, stop, nil
}

// freshDatabase makes a database on the server of TERRAWARDEN_TEST_POSTGRES.
func freshDatabase(ctx context.Context) (string, error) {
	admin := os.Getenv("TERRAWARDEN_TEST_POSTGRES")
	if admin == "" {
		return "", errors.New("TERRAWARDEN_TEST_POSTGRES is not set; make bench sets it")
	}
	db, err := sql.Open("pgx", admin)
	if err != nil {
		return "", err
	}
	defer db.Close() //nolint:errcheck // done with it
	name := fmt.Sprintf("bench_%d", time.Now().UnixNano())
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	u, err := url.Parse(admin)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// spicedb starts a SpiceDB server over its memory datastore.
func spicedb(ctx context.Context) (endpoint string, kill func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	endpoint = l.Addr().String()
	if err := l.Close(); err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, os.Getenv("TERRAWARDEN_TEST_SPICEDB"), "serve", "--datastore-engine=memory", //nolint:gosec // named by the caller
		"--grpc-addr="+endpoint, "--grpc-preshared-key="+token, "--http-enabled=false", "--metrics-enabled=false", "--telemetry-endpoint=", "--skip-release-check", "--log-level=error")
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	for range 200 {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", endpoint)
		if err == nil {
			return endpoint, kill, c.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	kill()
	return "", nil, errors.New("SpiceDB does not listen")
}
