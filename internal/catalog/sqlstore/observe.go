package sqlstore

import (
	"context"
	"database/sql"
	"time"
)

// Observer is told how long a statement took and how it ended. The operation is "read" or "write".
type Observer func(operation string, took time.Duration, err error)

// Observed returns the same store, whose statements an observer is told of. The first store stays what it is; both
// share their connections, and closing either closes both.
func (s *Store) Observed(o Observer) *Store {
	seen := *s
	seen.observe = o
	seen.queries = &queries{dialect: s.dialect, read: seen.watch(s.read), write: seen.watch(s.write), begin: seen.inTx}
	return &seen
}

// watch wraps a handle for the observer, if there is one.
func (s *Store) watch(h handle) handle {
	if s.observe == nil {
		return h
	}
	return watched{handle: h, observe: s.observe}
}

// watched is a handle whose statements are timed. A query is timed to its first row.
type watched struct {
	handle
	observe Observer
}

func (w watched) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	start := time.Now() //nolint:forbidigo // times a statement; no rule depends on it
	result, err := w.handle.ExecContext(ctx, query, args...)
	w.observe("write", time.Since(start), err) //nolint:forbidigo // as above
	return result, err
}

func (w watched) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	start := time.Now() //nolint:forbidigo // as above
	rows, err := w.handle.QueryContext(ctx, query, args...)
	w.observe("read", time.Since(start), err) //nolint:forbidigo // as above
	return rows, err
}
