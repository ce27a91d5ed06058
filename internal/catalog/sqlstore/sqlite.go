package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const sqliteDriver = "sqlite" // as modernc.org/sqlite registers itself

// OpenSQLite opens the catalog in a file, which is created when missing. Beside it SQLite keeps its write-ahead
// log, and the store an empty file that writers lock. Other processes may open the same file.
func OpenSQLite(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	// One connection writes and others read: SQLite has one writer anyway, and readers of a write-ahead log never
	// wait for it. Transactions take the write lock at once (immediate); upgrading later could deadlock.
	write, err := sql.Open(sqliteDriver, sqliteURL(path, "busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"))
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open(sqliteDriver, sqliteURL(path, "busy_timeout(10000)", "query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open catalog: %w", err), write.Close())
	}
	read.SetMaxOpenConns(max(4, runtime.GOMAXPROCS(0)))
	read.SetMaxIdleConns(max(4, runtime.GOMAXPROCS(0)))
	locks, err := sql.Open(sqliteDriver, sqliteURL(path+".lock"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open catalog: %w", err), write.Close(), read.Close())
	}
	locks.SetMaxOpenConns(2) // the holder, and a sign of life
	s := newStore(sqliteDialect{}, read, write, locks)
	// The writer first: it creates the file and turns the write-ahead log on, which readers may not.
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(s.fail(ctx, "open catalog", err), s.Close())
	}
	if err := s.Ready(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func sqliteURL(path string, pragmas ...string) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	u.RawQuery = url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}.Encode()
	return u.String()
}

type sqliteDialect struct{}

func (sqliteDialect) name() string               { return "sqlite" }
func (sqliteDialect) rebind(query string) string { return query }
func (sqliteDialect) txOptions() *sql.TxOptions  { return nil }

func (sqliteDialect) in(column string, values []string) (condition string, arg any) {
	return column + ` IN (SELECT value FROM json_each(?))`, jsonList(values)
}

// jsonList is a list that goes to SQLite as one JSON array.
type jsonList []string

// Value implements driver.Valuer.
func (l jsonList) Value() (driver.Value, error) {
	return encode([]string(l))
}

func (sqliteDialect) classify(err error) violation {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return unknown
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return duplicateID
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return duplicate
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, sqlite3.SQLITE_CONSTRAINT_TRIGGER: // RESTRICT is a trigger inside
		return reference
	case sqlite3.SQLITE_BUSY_SNAPSHOT:
		return stale
	}
	switch e.Code() & 0xff { // the primary code, whatever the detail
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return unavailable
	}
	return unknown
}

// lockPoll is how often a process asks again for a lock that another process holds: SQLite cannot wake it.
const lockPoll = 5 * time.Millisecond

// lock takes SQLite's own write lock on an empty database beside the catalog. That needs no call that only some
// systems have, and the operating system frees it when the process dies. It is no *sql.Tx, because that one would
// let go when its context ends, while the writer may still be at work.
func (sqliteDialect) lock(ctx context.Context, conn *sql.Conn) error {
	for {
		_, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`)
		if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code()&0xff != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

func (sqliteDialect) unlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `ROLLBACK`)
	return err
}

func (sqliteDialect) migrations() (goose.Dialect, fs.FS, error) {
	files, err := fs.Sub(migrationFiles, "migrations/sqlite")
	return goose.DialectSQLite3, files, err
}
