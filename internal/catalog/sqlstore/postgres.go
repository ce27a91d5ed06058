package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// postgresConnections bounds the connections of one process, apart from those that hold the writers' lock.
const postgresConnections = 20

// OpenPostgres opens the catalog in a PostgreSQL database. The writers' lock belongs to a session, so a pooler
// between the two must not hand out connections per transaction.
func OpenPostgres(ctx context.Context, url string) (*Store, error) {
	config, err := pgx.ParseConfig(url) // its error shows no password
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the database URL is not a PostgreSQL URL")
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	locks := stdlib.OpenDB(*config)
	locks.SetMaxOpenConns(2) // the holder, and a sign of life
	locks.SetConnMaxIdleTime(5 * time.Minute)
	s := newStore(postgresDialect{}, db, db, locks)
	if err := s.Ready(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

type postgresDialect struct{}

func (postgresDialect) name() string { return "postgres" }

func (postgresDialect) rebind(query string) string { return numbered(query) }

// txOptions asks for one consistent view. Writers hold Exclusive, so serializable would only add retries.
func (postgresDialect) txOptions() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
}

func (postgresDialect) in(column string, values []string) (condition string, arg any) {
	return column + ` = ANY(?)`, values
}

func (postgresDialect) classify(err error) violation {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return classifyConnection(err)
	}
	switch e.Code {
	case "23505": // unique_violation
		if strings.HasSuffix(e.ConstraintName, "_pkey") {
			return duplicateID
		}
		return duplicate
	case "23503", "23001": // foreign_key_violation, restrict_violation
		return reference
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return stale
	case "57014", "57P01", "57P02", "57P03", "57P04", "57P05", // cancelled, shut down, starting up, dropped, idle
		"55P03", "25006": // lock_not_available, read_only_sql_transaction
		return unavailable
	}
	switch e.Code[:min(2, len(e.Code))] { // the class, whatever the detail
	case "08", "53", "58": // connection_exception, insufficient_resources, system_error
		return unavailable
	}
	return unknown
}

// classifyConnection sorts errors that come from this side of the connection and so have no SQLSTATE.
func classifyConnection(err error) violation {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	if connecting || network || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return unavailable
	}
	return unknown
}

// writersKey names the writers' lock among the advisory locks of a database. The number means nothing; SpiceDB
// takes small ones in the same database.
const writersKey int64 = 0x7465_7277_6172_6431

func (postgresDialect) lock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, writersKey)
	return err
}

func (postgresDialect) unlock(ctx context.Context, conn *sql.Conn) error {
	var released bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_advisory_unlock($1)`, writersKey).Scan(&released); err != nil {
		return err
	}
	if !released {
		return errors.New("the writers' lock was not held")
	}
	return nil
}

func (postgresDialect) migrations() (goose.Dialect, fs.FS, error) {
	files, err := fs.Sub(migrationFiles, "migrations/postgres")
	return goose.DialectPostgres, files, err
}
