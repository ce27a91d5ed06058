package sqlstore_test

import (
	"path/filepath"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/catalog/storetest"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) catalog.Store { return migrated(t, sqlite(t, database(t))) })
}

func TestSQLitePair(t *testing.T) {
	t.Parallel()
	storetest.RunPair(t, func(t *testing.T) (a, b catalog.Store) {
		path := database(t)
		return migrated(t, sqlite(t, path)), sqlite(t, path)
	})
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	testkit.Postgres(t) // skips once, not once a check
	storetest.Run(t, func(t *testing.T) catalog.Store { return migrated(t, postgres(t, testkit.Postgres(t))) })
}

func TestPostgresPair(t *testing.T) {
	t.Parallel()
	testkit.Postgres(t)
	storetest.RunPair(t, func(t *testing.T) (a, b catalog.Store) {
		url := testkit.Postgres(t)
		return migrated(t, postgres(t, url)), postgres(t, url)
	})
}

// nowhere returns a path that would break a store that does not quote it, and where no database is yet.
func nowhere(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "a 100% odd?name#1.db")
}

// database returns such a path of an empty database that is up to date.
func database(t *testing.T) string {
	t.Helper()
	path := nowhere(t)
	testkit.Catalog(t, path)
	return path
}

func sqlite(t *testing.T, path string) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return closed(t, s)
}

func postgres(t *testing.T, url string) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.OpenPostgres(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return closed(t, s)
}

func closed(t *testing.T, s *sqlstore.Store) *sqlstore.Store {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func migrated(t *testing.T, s *sqlstore.Store) *sqlstore.Store {
	t.Helper()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
