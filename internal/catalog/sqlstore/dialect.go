package sqlstore

import (
	"context"
	"database/sql"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// dialect is everything in which the two engines truly differ.
type dialect interface {
	name() string
	// rebind turns the ? of a statement into the engine's own placeholders.
	rebind(query string) string
	// in returns the condition that a column is one of many values, and its one argument. One argument, however
	// many values there are, because both engines limit how many a statement may have.
	in(column string, values []string) (condition string, arg any)
	// classify tells by its code what a driver error means.
	classify(err error) violation
	txOptions() *sql.TxOptions
	// lock waits until no other process holds the writers' lock; the connection then holds it until unlock, or
	// until it is closed.
	lock(ctx context.Context, conn *sql.Conn) error
	unlock(ctx context.Context, conn *sql.Conn) error
	migrations() (goose.Dialect, fs.FS, error)
}

// violation sorts driver errors into what the catalog's words can express.
type violation int

const (
	unknown     violation = iota
	duplicateID           // the primary key is taken
	duplicate             // another unique constraint
	reference             // a foreign key: what is referred to is missing, or is still referred to
	stale                 // a concurrent transaction got there first
	unavailable           // the engine does not answer, or not in time
)

// numbered replaces each ? by $1, $2, ... No statement of this package has a ? inside a literal.
func numbered(query string) string {
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
