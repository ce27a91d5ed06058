// Package testkit gives tests what they run against: databases, applications, clocks and golden files. It is
// imported by tests only and knows nothing of the rules it helps to test.
package testkit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
)

// PostgresVariable names the environment variable that holds the administrator's URL of a test server.
const PostgresVariable = "TERRAWARDEN_TEST_POSTGRES"

// Postgres returns the URL of a fresh, empty database that is dropped when the test ends. Without a test server
// it skips the test; with one that does not answer it fails, so that a broken server never looks like a pass.
func Postgres(t testing.TB) string {
	t.Helper()
	admin := os.Getenv(PostgresVariable)
	if admin == "" {
		t.Skipf("%s is not set; `make test` starts a PostgreSQL server and sets it", PostgresVariable)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := administer(t.Context(), admin, `CREATE DATABASE `+name+` TEMPLATE template0`); err != nil {
		t.Fatalf("create a test database on the server of %s: %v", PostgresVariable, err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now; FORCE because a test may leave connections behind.
		if err := administer(context.WithoutCancel(t.Context()), admin, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("drop test database %s: %v", name, err)
		}
	})
	fresh, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("%s is no URL: %v", PostgresVariable, err)
	}
	fresh.Path = "/" + name
	return fresh.String()
}

// administer runs one statement on a connection of its own: the server refuses these inside a transaction.
func administer(ctx context.Context, admin, statement string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", admin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}
