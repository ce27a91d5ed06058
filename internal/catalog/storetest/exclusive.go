package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

const (
	writers = 16
	turns   = 5
)

func exclusiveChecks() []check {
	return []check{
		{"exclusive excludes many writers", func(t *testing.T, s catalog.Store) { excludes(t, s) }},
		{"exclusive loses no update", func(t *testing.T, s catalog.Store) { losesNothing(t, s) }},
		{"exclusive passes on errors and is free again", exclusiveIsFreed},
		{"exclusive is left by a waiter who gives up", exclusiveWaiterLeaves},
		{"exclusive is held to the end by a cancelled holder", exclusiveOutlivesCancel},
		{"readers and single writes go on under exclusive", exclusiveLetsOthersWork},
		{"concurrent single writes all succeed", concurrentWrites},
	}
}

// pairCheck is one thing that two stores on one database must do.
type pairCheck struct {
	name string
	run  func(t *testing.T, a, b catalog.Store)
}

func pairChecks() []pairCheck {
	return []pairCheck{
		{"two stores exclude each other", func(t *testing.T, a, b catalog.Store) { excludes(t, a, b) }},
		{"two stores lose no update", func(t *testing.T, a, b catalog.Store) { losesNothing(t, a, b) }},
		{"one store sees what the other wrote", func(t *testing.T, a, b catalog.Store) {
			ctx := t.Context()
			must(t, a.InsertUser(ctx, user("user-1")))
			want(t, "in the other store", user("user-1"))(b.User(ctx, "user-1"))
			wantFault(t, "the same in the other store", b.InsertUser(ctx, user("user-1")), fault.Conflict, "id")
		}},
		{"a closed store leaves the lock to the other", func(t *testing.T, a, b catalog.Store) {
			ctx := t.Context()
			must(t, a.Exclusive(ctx, func(context.Context) error { return nil }))
			must(t, a.Close())
			must(t, b.Exclusive(ctx, func(context.Context) error { return nil }))
		}},
		{"readers of one store do not wait for a transaction of the other", func(t *testing.T, a, b catalog.Store) {
			ctx := t.Context()
			must(t, a.InTx(ctx, func(q catalog.Queries) error {
				must(t, q.InsertUser(ctx, user("user-1")))
				reading, cancel := context.WithTimeout(ctx, 30*time.Second)
				defer cancel()
				wantIDs(t, "before the end", userID)(b.Users(reading, catalog.UserFilter{}))
				return nil
			}))
			wantIDs(t, "after the end", userID, "user-1")(b.Users(ctx, catalog.UserFilter{}))
		}},
		{"a waiter who gives up on the other store leaves nothing behind", func(t *testing.T, a, b catalog.Store) {
			ctx := t.Context()
			must(t, a.Exclusive(ctx, func(context.Context) error {
				waiting, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
				wantFault(t, "wait", b.Exclusive(waiting, func(context.Context) error {
					t.Error("both stores are inside Exclusive")
					return nil
				}), fault.Unavailable, "")
				return nil
			}))
			must(t, a.Exclusive(ctx, func(context.Context) error { return nil }))
			must(t, b.Exclusive(ctx, func(context.Context) error { return nil }))
		}},
	}
}

// crowd runs fn from many goroutines, spread over the stores.
func crowd(stores []catalog.Store, fn func(catalog.Store)) {
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range turns {
				fn(stores[i%len(stores)])
			}
		})
	}
	wg.Wait()
}

func excludes(t *testing.T, stores ...catalog.Store) {
	ctx := t.Context()
	var inside, entered atomic.Int64
	crowd(stores, func(s catalog.Store) {
		err := s.Exclusive(ctx, func(context.Context) error {
			if n := inside.Add(1); n != 1 {
				t.Errorf("%d writers are inside Exclusive", n)
			}
			entered.Add(1)
			_, err := s.Settings(ctx) // gives others every chance to come in
			inside.Add(-1)
			return err
		})
		if err != nil {
			t.Errorf("Exclusive: %v", err)
		}
	})
	if entered.Load() != writers*turns {
		t.Errorf("%d turns were taken, want %d", entered.Load(), writers*turns)
	}
}

// losesNothing counts in a row: a read and a write, which lose counts unless writers follow each other and each
// transaction begins after the one before has ended.
func losesNothing(t *testing.T, stores ...catalog.Store) {
	ctx := t.Context()
	must(t, stores[0].InsertUser(ctx, catalog.User{ID: "user-1", Username: "counter", Email: "0"}))
	crowd(stores, func(s catalog.Store) {
		err := s.Exclusive(ctx, func(ctx context.Context) error {
			return s.InTx(ctx, func(q catalog.Queries) error {
				u, err := q.User(ctx, "user-1")
				if err != nil {
					return err
				}
				n, err := strconv.Atoi(u.Email)
				if err != nil {
					return err
				}
				u.Email = strconv.Itoa(n + 1)
				return q.UpdateUser(ctx, u)
			})
		})
		if err != nil {
			t.Errorf("count: %v", err)
		}
	})
	for _, s := range stores {
		u, err := s.User(ctx, "user-1")
		must(t, err)
		if u.Email != strconv.Itoa(writers*turns) {
			t.Errorf("counted to %s, want %d", u.Email, writers*turns)
		}
	}
}

func exclusiveIsFreed(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	cause := errors.New("the use case failed")
	if err := s.Exclusive(ctx, func(context.Context) error { return cause }); !errors.Is(err, cause) {
		t.Errorf("Exclusive returns %v, want the error of its function", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Exclusive(ctx, func(context.Context) error { panic("a fault of ours") })
	}()
	must(t, s.Exclusive(ctx, func(context.Context) error { return nil })) // hangs when it is not free
}

func exclusiveWaiterLeaves(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	must(t, s.Exclusive(ctx, func(context.Context) error {
		waiting, cancel := context.WithCancel(ctx)
		done := make(chan error)
		go func() {
			done <- s.Exclusive(waiting, func(context.Context) error {
				t.Error("two writers are inside Exclusive")
				return nil
			})
		}()
		cancel()
		wantFault(t, "wait", <-done, fault.Unavailable, "")
		return nil
	}))
	must(t, s.Exclusive(ctx, func(context.Context) error { return nil }))
}

// exclusiveOutlivesCancel: a cancelled writer still holds the lock until it returns, and then gives it back.
func exclusiveOutlivesCancel(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	holding, cancel := context.WithCancel(ctx)
	defer cancel()
	must(t, s.Exclusive(holding, func(context.Context) error {
		cancel()
		waiting, stop := context.WithTimeout(ctx, 50*time.Millisecond)
		defer stop()
		wantFault(t, "wait", s.Exclusive(waiting, func(context.Context) error {
			t.Error("a cancelled holder lost the lock before it returned")
			return nil
		}), fault.Unavailable, "")
		return nil
	}))
	must(t, s.Exclusive(ctx, func(context.Context) error { return nil }))
}

func exclusiveLetsOthersWork(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	must(t, s.InsertToken(ctx, catalog.Token{ID: "at-1", Kind: catalog.TokenUser, OwnerID: "user-1"}))
	must(t, s.Exclusive(ctx, func(ctx context.Context) error {
		working, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		must(t, s.TouchToken(working, "at-1", at(1)))
		_, err := s.Token(working, "at-1")
		return err
	}))
}

func concurrentWrites(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	var n atomic.Int64
	crowd([]catalog.Store{s}, func(s catalog.Store) {
		id := "user-" + strconv.FormatInt(n.Add(1), 10)
		if err := s.InsertUser(ctx, user(id)); err != nil {
			t.Errorf("insert %s: %v", id, err)
		}
		if _, err := s.User(ctx, id); err != nil {
			t.Errorf("read %s back: %v", id, err)
		}
	})
	all, err := s.Users(ctx, catalog.UserFilter{})
	must(t, err)
	if len(all) != writers*turns {
		t.Errorf("%d users were stored, want %d", len(all), writers*turns)
	}
}
