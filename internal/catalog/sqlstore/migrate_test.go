package sqlstore_test

import (
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// engines opens stores on one fresh database, once per call of the returned function.
func engines() map[string]func(t *testing.T) func() *sqlstore.Store {
	return map[string]func(t *testing.T) func() *sqlstore.Store{
		"sqlite": func(t *testing.T) func() *sqlstore.Store {
			t.Helper()
			path := nowhere(t)
			return func() *sqlstore.Store { return sqlite(t, path) }
		},
		"postgres": func(t *testing.T) func() *sqlstore.Store {
			t.Helper()
			url := testkit.Postgres(t)
			return func() *sqlstore.Store { return postgres(t, url) }
		},
	}
}

func TestMigrateMayBeRepeated(t *testing.T) {
	t.Parallel()
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := engine(t)
			s := open()
			if s.Dialect() != name {
				t.Errorf("the dialect is %q", s.Dialect())
			}
			wantPending(t, s, true)
			wantPending(t, s, true) // asking changes nothing
			migrated(t, s)
			wantPending(t, s, false)
			u := catalog.User{ID: "user-1", Username: "ann"}
			if err := s.InsertUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			migrated(t, s)
			again := migrated(t, open())
			wantPending(t, again, false)
			got, err := again.User(t.Context(), "user-1")
			if err != nil || got != u {
				t.Errorf("after migrating again the user is %v, %v", got, err)
			}
		})
	}
}

func TestMigrateFromManyProcessesAtOnce(t *testing.T) {
	t.Parallel()
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := engine(t)
			var wg sync.WaitGroup
			for range 4 {
				s := open()
				wg.Go(func() {
					if err := s.Migrate(t.Context()); err != nil {
						t.Errorf("migrate: %v", err)
					}
				})
			}
			wg.Wait()
			wantPending(t, open(), false)
		})
	}
}

func TestStoreWithoutMigrationsIsAnInternalFault(t *testing.T) {
	t.Parallel()
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := engine(t)().User(t.Context(), "user-1")
			if !fault.Is(err, fault.Internal) {
				t.Errorf("got %v, want an internal fault", err)
			}
		})
	}
}

func TestMigrationsOfBothEnginesGoTogether(t *testing.T) {
	t.Parallel()
	names := map[string][]string{}
	for _, engine := range []string{"sqlite", "postgres"} {
		entries, err := os.ReadDir("migrations/" + engine)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names[engine] = append(names[engine], e.Name())
		}
	}
	if diff := cmp.Diff(names["sqlite"], names["postgres"]); diff != "" || len(names["sqlite"]) == 0 {
		t.Errorf("the engines have different migrations (-sqlite +postgres):\n%s", diff)
	}
}

func wantPending(t *testing.T, s *sqlstore.Store, want bool) {
	t.Helper()
	got, err := s.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("pending is %t, want %t", got, want)
	}
}
