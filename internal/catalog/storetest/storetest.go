// Package storetest is the conformance suite of catalog.Store: what every store must do, said once, so that the
// engines cannot drift apart. It is imported by tests only and knows no engine.
package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// check is one thing a store must do.
type check struct {
	name string
	run  func(t *testing.T, s catalog.Store)
}

// Run runs the suite, each check on a fresh, empty store. The store is the factory's to close.
func Run(t *testing.T, newStore func(t *testing.T) catalog.Store) {
	t.Helper()
	for _, c := range slices.Concat(
		nounChecks(), peopleChecks(), teamChecks(), groupChecks(), placeChecks(), listedChecks(), accessChecks(), journalChecks(),
		cascadeChecks(), transactionChecks(), exclusiveChecks(),
		identityChecks(), tagChecks(), policyChecks(), chainChecks(), queryChecks(), belongingsChecks(), platformChecks(), directoryChecks(),
	) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, newStore(t))
		})
	}
}

// RunPair runs the checks of two stores on one database, as two processes would open it. The first one returned
// has been migrated.
func RunPair(t *testing.T, newPair func(t *testing.T) (a, b catalog.Store)) {
	t.Helper()
	for _, c := range pairChecks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := newPair(t)
			c.run(t, a, b)
		})
	}
}

// must stops a test whose preparation failed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// wantFault checks the kind of an error, and the field it names.
func wantFault(t *testing.T, what string, err error, kind fault.Kind, field string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %s", what, kind)
		return
	}
	_, gotField := fault.Public(err)
	if fault.KindOf(err) != kind || gotField != field {
		t.Errorf("%s: got %s at %q (%v), want %s at %q", what, fault.KindOf(err), gotField, err, kind, field)
	}
}

// want checks what a read returned.
func want[T any](t *testing.T, what string, expected T) func(T, error) {
	t.Helper()
	return func(got T, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

// wantIDs checks which rows a list holds, and their order.
func wantIDs[T any](t *testing.T, what string, id func(T) string, expected ...string) func([]T, error) {
	t.Helper()
	return func(got []T, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		var ids []string
		for _, row := range got {
			ids = append(ids, id(row))
		}
		if diff := cmp.Diff(expected, ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

// at returns a moment with all the precision a store keeps, n seconds after a fixed one.
func at(n int) time.Time {
	return time.Date(2026, time.March, 4, 5, 6, 7, 891_234_000, time.UTC).Add(time.Duration(n) * time.Second)
}
