package sqlstore_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
)

// TestObservedStatements counts statements outside and inside a transaction, and none of the store it was made from.
func TestObservedStatements(t *testing.T) {
	t.Parallel()
	plain, err := sqlstore.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plain.Close() })
	if err := plain.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[string]int{}
	s := plain.Observed(func(operation string, _ time.Duration, _ error) {
		mu.Lock()
		defer mu.Unlock()
		seen[operation]++
	})
	err = s.InTx(t.Context(), func(q catalog.Queries) error {
		return q.InsertUser(t.Context(), catalog.User{ID: "user-1", Username: "ann"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.UserByUsername(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	if _, err := plain.UserByUsername(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	if seen["write"] != 1 || seen["read"] != 1 {
		t.Errorf("observed %v, want one write and one read", seen)
	}
}
