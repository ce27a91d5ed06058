package spicedb_test

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// migrate runs terrawarden-migrate as an operator would, and returns what it said.
func migrate(t *testing.T, environment []string, args ...string) (string, error) {
	t.Helper()
	program, err := buildMigrate()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), environment...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// migrated returns the URL of a database that is ready for SpiceDB.
func migrated(t *testing.T) string {
	t.Helper()
	database := testkit.Postgres(t)
	if out, err := migrate(t, []string{"TERRAWARDEN_DATABASE_URL=" + database}); err != nil || out != "" {
		t.Fatalf("terrawarden-migrate: %v, said %q", err, out)
	}
	return database
}

func startPostgres(t *testing.T, cfg spicedb.PostgresConfig) *spicedb.Postgres {
	t.Helper()
	e, err := spicedb.NewPostgres(t.Context(), cfg)
	if err != nil {
		t.Fatalf("NewPostgres: %v", err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return e
}

func TestPostgres(t *testing.T) {
	runConformance(t, engine{
		start:     func(t *testing.T) authz.Engine { return startPostgres(t, spicedb.PostgresConfig{URL: migrated(t)}) },
		expiresAt: authz.Latest,
		expires:   20 * time.Second, // a heartbeat moves the newest revision every second
	})
}

func TestPostgresIsNoSeeder(t *testing.T) {
	if _, is := any((*spicedb.Postgres)(nil)).(authz.Seeder); is {
		t.Error("an engine that keeps its relationships would be filled again at every start")
	}
}

func TestPostgresNeedsMigrations(t *testing.T) {
	_, err := spicedb.NewPostgres(t.Context(), spicedb.PostgresConfig{URL: testkit.Postgres(t)})
	wantKind(t, "NewPostgres on an empty database", err, fault.Unavailable)
	if message, _ := fault.Public(err); !strings.Contains(message, "terrawarden migrate") {
		t.Errorf("%q does not say what to do", message)
	}
}

func TestPostgresThatIsDownIsUnavailable(t *testing.T) {
	unreachable := "postgres://nobody:very-secret@" + freeAddress(t) + "/none?sslmode=disable&connect_timeout=2"
	_, err := spicedb.NewPostgres(t.Context(), spicedb.PostgresConfig{URL: unreachable})
	wantKind(t, "NewPostgres", err, fault.Unavailable)
	if strings.Contains(fmt.Sprint(err), "very-secret") {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestPostgresWithoutASchemaIsNotReady(t *testing.T) {
	e := startPostgres(t, spicedb.PostgresConfig{URL: migrated(t)})
	wantKind(t, "Ready", e.Ready(t.Context()), fault.Unavailable)
	if text, err := e.ReadSchema(t.Context()); err != nil || text != "" {
		t.Errorf("ReadSchema = %q, %v; want nothing", text, err)
	}
	if current, err := e.SchemaIsCurrent(t.Context()); err != nil || current {
		t.Errorf("SchemaIsCurrent = %t, %v", current, err)
	}
	deploy(t.Context(), t, e)
	if err := e.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}
}

func TestPostgresIsSharedByReplicas(t *testing.T) {
	database := migrated(t)
	first := startPostgres(t, spicedb.PostgresConfig{URL: database, Staleness: 5 * time.Second})
	second := startPostgres(t, spicedb.PostgresConfig{URL: database, Staleness: 5 * time.Second})
	deploy(t.Context(), t, first)
	wantAllowed(t, second, true, "user:u1 read workspace:w1")
	for i := range 10 {
		user := fmt.Sprintf("n%d", i)
		token := touch(t, first, rels(t, "team:s1#membership@user:"+user)...)
		question := "user:" + user + " read workspace:w1"
		wantAllowed(t, second, true, question)
		if !allowed(t, second, question, authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: token}) {
			t.Errorf("%s: the other replica does not honour the token", question)
		}
		if !allowed(t, first, question, authz.Consistency{Freshness: authz.MinimizeLatency}) {
			t.Errorf("%s: a replica does not see its own write", question)
		}
	}
}

func TestPostgresSurvivesARestart(t *testing.T) {
	database := migrated(t)
	first := startPostgres(t, spicedb.PostgresConfig{URL: database})
	deploy(t.Context(), t, first)
	token := touch(t, first, rels(t, "team:s1#membership@user:new")...)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := startPostgres(t, spicedb.PostgresConfig{URL: database})
	if !allowed(t, second, "user:new read workspace:w1", authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: token}) {
		t.Error("a relationship is gone after a restart")
	}
}

func TestPostgresThatGoesAwayIsUnavailable(t *testing.T) {
	database, cut := throughWire(t, migrated(t))
	e := startPostgres(t, spicedb.PostgresConfig{URL: database})
	deploy(t.Context(), t, e)
	cut()
	q := ask(t, "user:u1 read workspace:w2")
	wantKind(t, "Ready", e.Ready(t.Context()), fault.Unavailable)
	decision, err := e.Check(t.Context(), q, authz.Consistency{})
	wantKind(t, "Check", err, fault.Unavailable)
	if decision.Allowed {
		t.Error("a lost database allows")
	}
	_, err = e.Check(t.Context(), q, authz.Consistency{Freshness: authz.MinimizeLatency})
	wantKind(t, "Check at minimized latency", err, fault.Unavailable)
	_, err = e.Write(t.Context(), authz.Write{Touches: rels(t, "team:s1#membership@user:new")})
	wantKind(t, "Write", err, fault.Unavailable)
	_, err = e.ReadSchema(t.Context())
	wantKind(t, "ReadSchema", err, fault.Unavailable)
}

// throughWire puts a wire between a test and its database, and returns the URL at this end and how to cut it.
func throughWire(t *testing.T, database string) (string, func()) {
	t.Helper()
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	ends := []io.Closer{l}
	cut := sync.OnceFunc(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, end := range ends {
			_ = end.Close()
		}
	})
	t.Cleanup(cut)
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", parsed.Host)
			if err != nil {
				_ = near.Close()
				return
			}
			mu.Lock()
			ends = append(ends, near, far)
			mu.Unlock()
			go func() { _, _ = io.Copy(near, far) }()
			go func() { _, _ = io.Copy(far, near) }()
		}
	}()
	near := *parsed
	near.Host = l.Addr().String()
	return near.String(), cut
}

func TestMigrate(t *testing.T) {
	database := testkit.Postgres(t)
	if out, err := migrate(t, nil, "--database-url", database, "head"); err != nil || out != "" {
		t.Errorf("migrate: %v, said %q", err, out)
	}
	if out, err := migrate(t, []string{"TERRAWARDEN_DATABASE_URL=" + database}); err != nil || out != "" {
		t.Errorf("migrate again: %v, said %q", err, out)
	}
	for name, args := range map[string][]string{
		"no database":         nil,
		"an unknown flag":     {"--fast"},
		"an unknown version":  {"--database-url", database, "yesterday"},
		"two versions":        {"--database-url", database, "head", "head"},
		"an unknown database": {"--database-url", "postgres://nobody:very-$HOME-secret@" + freeAddress(t) + "/none?sslmode=disable"},
	} {
		out, err := migrate(t, []string{"TERRAWARDEN_DATABASE_URL="}, args...)
		if err == nil || out == "" {
			t.Errorf("%s: exit %v, said %q; want a failure and a reason", name, err, out)
		}
		if strings.Contains(out, "-secret") {
			t.Errorf("%s: the password is shown: %s", name, out)
		}
	}
}
