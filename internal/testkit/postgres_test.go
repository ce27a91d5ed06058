package testkit_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

func TestPostgresGivesEachTestItsOwnDatabase(t *testing.T) {
	first, second := testkit.Postgres(t), testkit.Postgres(t)
	if first == second {
		t.Fatalf("two calls gave the same database %s", first)
	}
	connect(t, first, `CREATE TABLE mark (id INT)`)
	connect(t, second, `CREATE TABLE mark (id INT)`) // fails when the first table is visible here
}

func TestPostgresDropsTheDatabaseThatIsStillInUse(t *testing.T) {
	var left string
	var held *sql.DB
	t.Run("a test that leaves a connection behind", func(t *testing.T) {
		left = testkit.Postgres(t)
		held = open(t, left)
		if err := held.PingContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if left == "" {
		t.Skip("no server")
	}
	t.Cleanup(func() { _ = held.Close() })
	if err := open(t, left).PingContext(t.Context()); err == nil {
		t.Errorf("database %s is still there after its test", left)
	}
}

func TestPostgresSkipsWithoutAServer(t *testing.T) {
	if os.Getenv(testkit.PostgresVariable) != "" {
		t.Setenv(testkit.PostgresVariable, "")
	}
	var skipped bool
	t.Run("a test that needs a server", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		testkit.Postgres(t)
	})
	if !skipped {
		t.Error("a test without a server was not skipped")
	}
}

func connect(t *testing.T, url, statement string) {
	t.Helper()
	db := open(t, url)
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	return db
}
