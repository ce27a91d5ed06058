package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// handle is what *sql.DB and *sql.Tx have in common.
type handle interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// queries are the statements of the catalog, in one transaction or in none.
type queries struct {
	dialect dialect
	read    handle
	write   handle
	begin   func(ctx context.Context, fn func(*queries) error) error // nil inside a transaction
	doomed  error                                                    // why the transaction cannot commit
}

var _ catalog.Queries = (*queries)(nil)

// atomically runs fn in the transaction at hand, or in one of its own.
func (q *queries) atomically(ctx context.Context, fn func(*queries) error) error {
	if q.begin == nil {
		return fn(q)
	}
	return q.begin(ctx, fn)
}

// insert adds rows, or puts them over others.
func (q *queries) insert(ctx context.Context, n noun, query string, args ...any) error {
	_, err := q.exec(ctx, n, writes, query, args...)
	return err
}

// manyRows is how many rows one statement writes. Both engines bound how many arguments a statement has.
const manyRows = 1000

// insertRows is insert for any number of rows of the same columns.
func (q *queries) insertRows(ctx context.Context, n noun, into, conflict string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	one := "(?" + strings.Repeat(", ?", len(rows[0])-1) + ")"
	return q.atomically(ctx, func(q *queries) error {
		for part := range slices.Chunk(rows, manyRows) {
			query := into + one + strings.Repeat(", "+one, len(part)-1) + conflict
			if err := q.insert(ctx, n, query, slices.Concat(part...)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// update changes one row; fault.NotFound when it is missing.
func (q *queries) update(ctx context.Context, n noun, query string, args ...any) error {
	rows, err := q.exec(ctx, n, writes, query, args...)
	if err == nil && rows == 0 {
		return n.notFound()
	}
	return err
}

// remove deletes one row; fault.NotFound when it is missing, fault.Conflict when something still needs it.
func (q *queries) remove(ctx context.Context, n noun, query string, args ...any) error {
	rows, err := q.exec(ctx, n, deletes, query, args...)
	if err == nil && rows == 0 {
		return n.notFound()
	}
	return err
}

// sweep deletes any number of rows, none included.
func (q *queries) sweep(ctx context.Context, n noun, query string, args ...any) error {
	_, err := q.exec(ctx, n, deletes, query, args...)
	return err
}

func (q *queries) exec(ctx context.Context, n noun, e effect, query string, args ...any) (rows int64, err error) {
	if err := q.usable(args); err != nil {
		return 0, err
	}
	result, err := q.write.ExecContext(ctx, q.dialect.rebind(query), args...)
	if err != nil {
		return 0, q.doom(q.failAt(ctx, n, e, err))
	}
	rows, err = result.RowsAffected()
	if err != nil {
		return 0, q.doom(fmt.Errorf("write %s: %w", n, err))
	}
	return rows, nil
}

// selectAll returns every row of a query. All rows are read before it returns: on PostgreSQL a transaction has
// one connection, which cannot answer another statement meanwhile.
func selectAll[T any](ctx context.Context, q *queries, n noun, into func(*T) []any, query string, args ...any) (_ []T, err error) {
	if err := q.usable(args); err != nil {
		return nil, err
	}
	rows, err := q.read.QueryContext(ctx, q.dialect.rebind(query), args...)
	if err != nil {
		return nil, q.doom(q.fail(ctx, "read "+string(n), err))
	}
	defer func() {
		if closing := rows.Close(); closing != nil && err == nil {
			err = q.doom(q.fail(ctx, "read "+string(n), closing))
		}
	}()
	var all []T
	for rows.Next() {
		var row T
		if err := rows.Scan(into(&row)...); err != nil {
			return nil, q.doom(q.fail(ctx, "read "+string(n), err))
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		return nil, q.doom(q.fail(ctx, "read "+string(n), err))
	}
	return all, nil
}

// selectOne returns the one row of a query; fault.NotFound when there is none.
func selectOne[T any](ctx context.Context, q *queries, n noun, into func(*T) []any, query string, args ...any) (T, error) {
	all, err := selectAll(ctx, q, n, into, query, args...)
	if err != nil || len(all) == 0 {
		var none T
		if err == nil {
			err = n.notFound()
		}
		return none, err
	}
	return all[0], nil
}

// countInto scans a number of rows.
func countInto(n *int) []any { return []any{n} }

// usable returns an error when the statement must not run: in a doomed transaction, or with text that only one
// of the engines would take.
func (q *queries) usable(args []any) error {
	if q.doomed != nil {
		return q.doomed
	}
	for _, arg := range args {
		var err error
		switch v := arg.(type) {
		case string:
			err = storable(v)
		case []string:
			err = storable(v...)
		case jsonList:
			err = storable(v...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func storable(texts ...string) error {
	for _, s := range texts {
		if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
			return fault.New(fault.Invalid, "text must be valid UTF-8 without null characters")
		}
	}
	return nil
}

// doom remembers why a transaction can no longer commit.
func (q *queries) doom(err error) error {
	if q.begin == nil {
		q.doomed = err
	}
	return err
}
