package sqlstore_test

import (
	"context"
	"database/sql"
	"net"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	t.Parallel()
	_, err := sqlstore.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "missing", "catalog.db"))
	wantKind(t, "a missing folder", err, fault.Unavailable)
	_, err = sqlstore.OpenPostgres(t.Context(), "postgres://me:hunter2@[::1/x")
	wantKind(t, "a broken URL", err, fault.Invalid)
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows the password: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil { // nobody listens there now
		t.Fatal(err)
	}
	_, err = sqlstore.OpenPostgres(t.Context(), "postgres://me:hunter2@"+address+"/x?sslmode=disable")
	wantKind(t, "a server that is not there", err, fault.Unavailable)
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestPostgresConcurrentChangeIsStale(t *testing.T) {
	t.Parallel()
	s := migrated(t, postgres(t, testkit.Postgres(t)))
	ctx := t.Context()
	u := catalog.User{ID: "user-1", Username: "ann"}
	if err := s.InsertUser(ctx, u); err != nil {
		t.Fatal(err)
	}
	err := s.InTx(ctx, func(q catalog.Queries) error {
		if _, err := q.User(ctx, u.ID); err != nil { // the transaction's view begins here
			return err
		}
		if err := s.UpdateUser(ctx, catalog.User{ID: u.ID, Username: "bob"}); err != nil {
			t.Fatal(err)
		}
		return q.UpdateUser(ctx, catalog.User{ID: u.ID, Username: "cid"})
	})
	wantKind(t, "a change of what another transaction changed", err, fault.Stale)
}

// TestPostgresLostSession: whoever loses his session loses the writers' lock, says so where he notices, and works
// again afterwards.
func TestPostgresLostSession(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	a, b := migrated(t, postgres(t, url)), postgres(t, url)
	ctx := t.Context()
	err := a.Exclusive(ctx, func(ctx context.Context) error {
		err := a.InTx(ctx, func(q catalog.Queries) error {
			terminateOthers(t, url)
			return q.InsertUser(ctx, catalog.User{ID: "user-1", Username: "ann"})
		})
		wantKind(t, "a statement on a lost connection", err, fault.Unavailable)
		// The lock went with its session: nobody waits for ever for a dead process.
		return b.Exclusive(ctx, func(context.Context) error { return nil })
	})
	if err != nil {
		t.Errorf("exclusive: %v", err)
	}
	for _, s := range []*sqlstore.Store{a, b} {
		if err := s.Exclusive(ctx, func(context.Context) error { return s.Ready(ctx) }); err != nil {
			t.Errorf("the store does not recover: %v", err)
		}
	}
	if _, err := a.User(ctx, "user-1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a lost transaction left its row, or: %v", err)
	}
}

func terminateOthers(t *testing.T, url string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("%s: got %v, want %s", what, err, kind)
	}
}
