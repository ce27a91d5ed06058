package testkit

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/config"
)

// envBinary names the terrawarden binary to test; without it one is built.
const envBinary = "TERRAWARDEN_TEST_BINARY"

//nolint:gochecknoglobals // built once for all tests of a process
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "terrawarden-binary-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "terrawarden")
	cmd := exec.Command("go", "build", "-o", path, "github.com/terrawarden/terrawarden/cmd/terrawarden")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

// Binary returns the terrawarden binary.
func Binary(tb testing.TB) string {
	tb.Helper()
	if path := os.Getenv(envBinary); path != "" {
		return path
	}
	path, err := built()
	if err != nil {
		tb.Fatalf("build terrawarden: %v", err)
	}
	return path
}

// Process is the real binary, serving.
type Process struct {
	URL       string
	SiteToken string
	cmd       *exec.Cmd
	ended     chan struct{}
}

// siteToken is the credential of the processes that tests start.
const siteToken = "site-token-of-the-tests-0123456789abcdef"

// Serve starts the real binary with a configuration and waits until it listens. It is killed with the test.
func Serve(tb testing.TB, cfg config.Config, extra ...string) *Process {
	tb.Helper()
	cmd := exec.Command(Binary(tb), "serve")
	cmd.Dir = cfg.DataDir
	cmd.Env = append(os.Environ(),
		"TERRAWARDEN_LISTEN=127.0.0.1:0", "TERRAWARDEN_DATA_DIR="+cfg.DataDir, "TERRAWARDEN_ENGINE="+cfg.Engine,
		"TERRAWARDEN_DATABASE_URL="+cfg.DatabaseURL.Reveal(), "TERRAWARDEN_SPICEDB_ENDPOINT="+cfg.SpiceDBEndpoint,
		"TERRAWARDEN_SPICEDB_TOKEN="+cfg.SpiceDBToken.Reveal(), "TERRAWARDEN_SPICEDB_INSECURE=true", "TERRAWARDEN_SITE_TOKEN="+siteToken)
	cmd.Env = append(cmd.Env, extra...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start terrawarden: %v", err)
	}
	p := &Process{SiteToken: siteToken, cmd: cmd, ended: make(chan struct{})}
	address := make(chan string, 1)
	log := &syncBuffer{}
	go func() {
		defer close(p.ended)
		readLog(stderr, log, address)
		_ = cmd.Wait()
	}()
	tb.Cleanup(p.Kill)
	select {
	case p.URL = <-address:
	case <-p.ended:
		tb.Fatalf("terrawarden ended at start:\n%s", log)
	case <-time.After(time.Minute):
		tb.Fatalf("terrawarden does not listen:\n%s", log)
	}
	return p
}

// readLog copies the log and picks the address out of the line that says it is ready.
func readLog(r io.Reader, log *syncBuffer, address chan<- string) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			address <- url
		}
		_, _ = log.Write(append(lines.Bytes(), '\n'))
	}
}

// Kill ends the process as kill -9 does and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Ended reports whether the process ends by itself before a deadline.
func (p *Process) Ended(within time.Duration) bool {
	select {
	case <-p.ended:
		return true
	case <-time.After(within):
		return false
	}
}
