package testkit

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
)

// Catalog puts an empty SQLite catalog that is up to date into a file. It is migrated once for all tests of a process and
// copied, since with the race detector migrating takes longer than most tests.
func Catalog(tb testing.TB, path string) {
	tb.Helper()
	empty, err := emptyCatalog()
	if err != nil {
		tb.Fatalf("make an empty catalog: %v", err)
	}
	if err := os.WriteFile(path, empty, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// emptyCatalog returns the bytes of the file.
//
//nolint:gochecknoglobals // made once for all tests of a process
var emptyCatalog = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "catalog")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left is temporary
	path := filepath.Join(dir, "catalog.db")
	store, err := sqlstore.OpenSQLite(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := store.Migrate(context.Background()); err != nil {
		_ = store.Close()
		return nil, err
	}
	if err := store.Close(); err != nil { // which empties the write-ahead log into the file
		return nil, err
	}
	return os.ReadFile(path)
})
