package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// Store is a catalog.Store over one SQL database.
type Store struct {
	*queries
	dialect dialect
	read    *sql.DB // reads outside transactions
	write   *sql.DB // everything else; the same pool as read where the engine has many writers
	locks   *sql.DB // holds the lock of Exclusive, so that the lock never waits for a busy pool
	turn    chan struct{}
	observe Observer // nil: nobody is told
}

var _ catalog.Store = (*Store)(nil)

func newStore(d dialect, read, write, locks *sql.DB) *Store {
	s := &Store{dialect: d, read: read, write: write, locks: locks, turn: make(chan struct{}, 1)}
	s.queries = &queries{dialect: d, read: read, write: write, begin: s.inTx}
	return s
}

// Dialect returns the name of the engine: "sqlite" or "postgres".
func (s *Store) Dialect() string { return s.dialect.name() }

// InTx runs fn in one transaction. A statement that the database refuses dooms the transaction: later ones
// return the same error, and nothing is committed even when fn swallows it. PostgreSQL works that way by itself,
// and a use case must not behave differently on SQLite.
func (s *Store) InTx(ctx context.Context, fn func(catalog.Queries) error) error {
	return s.inTx(ctx, func(q *queries) error { return fn(q) })
}

func (s *Store) inTx(ctx context.Context, fn func(*queries) error) error {
	tx, err := s.write.BeginTx(ctx, s.dialect.txOptions())
	if err != nil {
		return s.fail(ctx, "begin a transaction", err)
	}
	// After a commit the rollback does nothing; it counts when fn fails or panics.
	defer func() { _ = tx.Rollback() }()
	q := &queries{dialect: s.dialect, read: s.watch(tx), write: s.watch(tx)}
	if err := fn(q); err != nil {
		return err
	}
	if q.doomed != nil {
		return q.doomed
	}
	if err := tx.Commit(); err != nil {
		return s.fail(ctx, "commit", err)
	}
	return nil
}

// Exclusive runs fn while no other writer is inside Exclusive, in this process (a turn that callers queue for)
// or in another one on the same database (a lock of the engine that dies with its holder).
func (s *Store) Exclusive(ctx context.Context, fn func(context.Context) error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return fault.Wrap(fault.Unavailable, ctx.Err(), "the catalog is busy")
	}
	defer func() { <-s.turn }()
	conn, err := s.locks.Conn(ctx)
	if err != nil {
		return s.fail(ctx, "connect for the writers' lock", err)
	}
	defer func() { _ = conn.Close() }()
	if err := s.dialect.lock(ctx, conn); err != nil {
		discard(conn) // a cancelled statement may have taken the lock all the same
		return s.fail(ctx, "take the writers' lock", err)
	}
	// Neither a cancelled caller nor a panic may leave the lock behind.
	defer s.unlock(context.WithoutCancel(ctx), conn)
	return fn(ctx)
}

// unlockPatience is how long a release may take before the connection is thrown away, and the lock with it.
const unlockPatience = 5 * time.Second

func (s *Store) unlock(ctx context.Context, conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(ctx, unlockPatience)
	defer cancel()
	if err := s.dialect.unlock(ctx, conn); err != nil {
		discard(conn)
	}
}

// discard makes database/sql close a connection for good, and the session with it.
func discard(conn *sql.Conn) { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }

// Ready returns nil when the database answers right now. It leaves the one writing connection of SQLite alone:
// a long transaction of ours is no reason to be taken out of service.
func (s *Store) Ready(ctx context.Context) error {
	for _, db := range []*sql.DB{s.read, s.locks} {
		if err := db.PingContext(ctx); err != nil {
			return fault.Wrap(fault.Unavailable, err, "the database does not answer")
		}
	}
	return nil
}

// Close frees the database.
func (s *Store) Close() error {
	err := errors.Join(s.read.Close(), s.write.Close(), s.locks.Close())
	if err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}
