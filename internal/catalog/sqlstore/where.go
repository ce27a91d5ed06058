package sqlstore

import (
	"strings"
	"time"
)

// where collects the conditions of a filter. Empty fields of a filter match all, so its methods add nothing for
// an empty value.
type where struct {
	dialect    dialect
	conditions []string
	args       []any
}

func (q *queries) where() *where { return &where{dialect: q.dialect} }

// equal asks for a value, in a condition that holds one ?.
func (w *where) equal(condition, value string) {
	if value != "" {
		w.and(condition, value)
	}
}

// in asks that a column is one of the values.
func (w *where) in(column string, values []string) {
	if len(values) == 0 {
		return
	}
	condition, arg := w.dialect.in(column, values)
	w.and(condition, arg)
}

// expiredBy asks that a row has a deadline and that it is no later than an instant.
func (w *where) expiredBy(at time.Time) {
	if !at.IsZero() {
		w.and(`expires_at > 0 AND expires_at <= ?`, micros(at))
	}
}

func (w *where) and(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// sql returns " WHERE ..." or nothing.
func (w *where) sql() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE (" + strings.Join(w.conditions, ") AND (") + ")"
}
