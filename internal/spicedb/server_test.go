package spicedb_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/spicedb"
)

// serverVariable names the SpiceDB server for the tests of the remote engine: the path of a program, or "build" to
// compile it from the module this project is built with.
const serverVariable = "TERRAWARDEN_TEST_SPICEDB"

// programs is where the tests put the programs they build; TestMain removes it.
var programs = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "terrawarden-spicedb-") })

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue { // each of ours starts an engine
		_ = f.Value.Set("12")
	}
	code := m.Run()
	if dir, err := programs(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// build compiles a program without cgo, which leaves a SQL parser in C out of it.
func build(name, pkg string) (string, error) {
	dir, err := programs()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-o", path, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

var (
	buildServer  = sync.OnceValues(func() (string, error) { return build("spicedb", "github.com/authzed/spicedb/cmd/spicedb") })
	buildMigrate = sync.OnceValues(func() (string, error) {
		return build("terrawarden-migrate", "github.com/terrawarden/terrawarden/cmd/terrawarden-migrate")
	})
)

// serverProgram returns the SpiceDB server, or skips the test.
func serverProgram(t *testing.T) string {
	t.Helper()
	switch path := os.Getenv(serverVariable); path {
	case "":
		t.Skipf("%s is not set; set it to a SpiceDB server program, or to \"build\"", serverVariable)
		return ""
	case "build":
		built, err := buildServer()
		if err != nil {
			t.Fatal(err)
		}
		return built
	default:
		return path
	}
}

// runServer starts a SpiceDB server of its own and returns how to reach it. It runs over memory, or over a database
// that has been migrated. With TLS it makes a certificate that nobody but the configuration it returns trusts.
func runServer(t *testing.T, secure bool, database string) spicedb.RemoteConfig {
	t.Helper()
	program := serverProgram(t)
	datastore := "memory"
	if database != "" {
		datastore = "postgres"
	}
	cfg := spicedb.RemoteConfig{Endpoint: freeAddress(t), Token: rand.Text(), Insecure: !secure}
	args := []string{
		"serve", "--datastore-engine", datastore, "--datastore-conn-uri", database, "--grpc-preshared-key", cfg.Token, "--grpc-addr", cfg.Endpoint,
		"--http-enabled=false", "--metrics-enabled=false", "--telemetry-endpoint", "", "--skip-release-check",
		"--log-level", "warn",
	}
	if secure {
		certificate, key := selfSigned(t)
		cfg.CA = certificate
		args = append(args, "--grpc-tls-cert-path", file(t, "cert.pem", certificate), "--grpc-tls-key-path", file(t, "key.pem", key))
	}
	var output bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = &output, &output, t.TempDir()
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL) // it holds nothing worth a graceful end
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", output.String())
		}
	})
	eventually(t, 30*time.Second, "the server listens", func() bool { return listens(t.Context(), cfg.Endpoint) })
	return cfg
}

func listens(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// freeAddress returns an address of this machine that nobody listens on right now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// selfSigned returns a certificate for 127.0.0.1 that signs itself, and its key, in PEM.
func selfSigned(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "terrawarden test"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})
}
