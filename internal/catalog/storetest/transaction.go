package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

func transactionChecks() []check {
	return []check{
		{"a transaction sees its own writes, others only when it is done", transactionIsIsolated},
		{"a transaction that fails leaves nothing", transactionRollsBack},
		{"a transaction that panics leaves nothing and frees the store", transactionSurvivesPanic},
		{"a refused statement dooms its transaction", transactionIsDoomed},
		{"something missing dooms no transaction", missingDoomsNothing},
		{"a delete in several steps fails as a whole", deleteIsAtomic},
		{"a cancelled context changes nothing and is unavailable", cancelledContext},
		{"a store that answers is ready", ready},
	}
}

func user(id string) catalog.User { return catalog.User{ID: id, Username: id, CreatedAt: at(0)} }

// transactionIsIsolated reads with a deadline: a store whose readers wait for the writer fails, and does not hang.
func transactionIsIsolated(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	must(t, s.InsertUser(ctx, user("user-1")))
	must(t, s.InTx(ctx, func(q catalog.Queries) error {
		must(t, q.InsertUser(ctx, user("user-2")))
		must(t, q.DeleteUser(ctx, "user-1"))
		wantIDs(t, "inside", userID, "user-2")(q.Users(ctx, catalog.UserFilter{}))
		reading, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		wantIDs(t, "outside, before the end", userID, "user-1")(s.Users(reading, catalog.UserFilter{}))
		must(t, s.Ready(reading))
		return nil
	}))
	wantIDs(t, "outside, after the end", userID, "user-2")(s.Users(ctx, catalog.UserFilter{}))
}

func transactionRollsBack(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	cause := errors.New("the use case changed its mind")
	err := s.InTx(ctx, func(q catalog.Queries) error {
		must(t, q.InsertUser(ctx, user("user-1")))
		must(t, q.PutSettings(ctx, catalog.Settings{}))
		return cause
	})
	if !errors.Is(err, cause) {
		t.Errorf("InTx returns %v, want the error of its function", err)
	}
	wantIDs(t, "users", userID)(s.Users(ctx, catalog.UserFilter{}))
	want(t, "settings", catalog.DefaultSettings())(s.Settings(ctx))
}

func transactionSurvivesPanic(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.InTx(ctx, func(q catalog.Queries) error {
			must(t, q.InsertUser(ctx, user("user-1")))
			panic("a fault of ours")
		})
	}()
	must(t, s.InsertUser(ctx, user("user-2"))) // hangs when the transaction is still open
	wantIDs(t, "users", userID, "user-2")(s.Users(ctx, catalog.UserFilter{}))
}

func transactionIsDoomed(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	must(t, s.InsertUser(ctx, user("user-1")))
	err := s.InTx(ctx, func(q catalog.Queries) error {
		must(t, q.InsertUser(ctx, user("user-2")))
		wantFault(t, "a duplicate", q.InsertUser(ctx, user("user-1")), fault.Conflict, "id")
		wantFault(t, "a write after it", q.InsertUser(ctx, user("user-3")), fault.Conflict, "id")
		_, err := q.User(ctx, "user-2")
		wantFault(t, "a read after it", err, fault.Conflict, "id")
		return nil // swallowed
	})
	wantFault(t, "the transaction", err, fault.Conflict, "id")
	wantIDs(t, "users", userID, "user-1")(s.Users(ctx, catalog.UserFilter{}))
}

func missingDoomsNothing(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	must(t, s.InTx(ctx, func(q catalog.Queries) error {
		_, err := q.User(ctx, "missing")
		wantFault(t, "read", err, fault.NotFound, "")
		wantFault(t, "update", q.UpdateUser(ctx, user("missing")), fault.NotFound, "")
		wantFault(t, "delete", q.DeleteTeam(ctx, "missing"), fault.NotFound, "")
		return q.InsertUser(ctx, user("user-1"))
	}))
	wantIDs(t, "users", userID, "user-1")(s.Users(ctx, catalog.UserFilter{}))
}

func deleteIsAtomic(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	// A workspace of another organization in this one's project, which no use case allows, stops the last step.
	must(t, s.InsertWorkspace(ctx, catalog.Workspace{ID: "ws-odd", OrganizationID: "org-b", ProjectID: "prj-a", Name: "odd"}))
	before := remaining(t, s)
	wantFault(t, "delete the organization", s.DeleteOrganization(ctx, "org-a"), fault.Conflict, "")
	if diff := cmp.Diff(before, remaining(t, s), cmp.AllowUnexported(rows{})); diff != "" {
		t.Errorf("the refused delete changed something (-before +after):\n%s", diff)
	}
	wantIDs(t, "workspaces", workspaceID, "ws-a", "ws-b", "ws-odd")(s.Workspaces(ctx, catalog.WorkspaceFilter{}))
}

func cancelledContext(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := s.User(ended, "user-1")
	wantFault(t, "read", err, fault.Unavailable, "")
	wantFault(t, "write", s.InsertUser(ended, user("user-1")), fault.Unavailable, "")
	wantFault(t, "delete in steps", s.DeleteTeam(ended, "team-1"), fault.Unavailable, "")
	unreached := errors.New("the function was called")
	wantFault(t, "transaction", s.InTx(ended, func(catalog.Queries) error { return unreached }), fault.Unavailable, "")
	wantFault(t, "exclusive", s.Exclusive(ended, func(context.Context) error { return unreached }), fault.Unavailable, "")
	wantFault(t, "ready", s.Ready(ended), fault.Unavailable, "")

	halfway, stop := context.WithCancel(ctx)
	defer stop()
	err = s.InTx(halfway, func(q catalog.Queries) error {
		must(t, q.InsertUser(halfway, user("user-2")))
		stop()
		return nil
	})
	wantFault(t, "transaction cancelled halfway", err, fault.Unavailable, "")
	wantIDs(t, "users", userID)(s.Users(ctx, catalog.UserFilter{}))
	must(t, s.InsertUser(ctx, user("user-3"))) // the store goes on
}

func ready(t *testing.T, s catalog.Store) { must(t, s.Ready(t.Context())) }
