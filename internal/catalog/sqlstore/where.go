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

// longestPattern bounds what LIKE is asked for. SQLite refuses patterns of more than 50,000 bytes; no name is nearly as
// long.
const longestPattern = 10_000

// contains asks that one of some *_key columns has a text in it, in any case.
func (w *where) contains(text string, columns ...string) {
	if text != "" {
		w.like("%"+escaped(key(text))+"%", columns...)
	}
}

// wildcard asks that a *_key column is like a text in which * stands for anything, in any case.
func (w *where) wildcard(text, column string) {
	if text == "" {
		return
	}
	var b strings.Builder
	open := false // whether the pattern ends in % so far: one is enough for many * in a row
	for i, part := range strings.Split(key(text), "*") {
		if i > 0 && !open {
			b.WriteByte('%')
		}
		b.WriteString(escaped(part))
		open = i > 0 && part == ""
	}
	w.like(b.String(), column)
}

// escaped returns a text as LIKE takes it literally.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// like asks that one of some columns matches a pattern.
func (w *where) like(pattern string, columns ...string) {
	if len(pattern) > longestPattern {
		w.none()
		return
	}
	var conditions []string
	var args []any
	for _, column := range columns {
		conditions, args = append(conditions, column+` LIKE ? ESCAPE '\'`), append(args, pattern)
	}
	w.and(strings.Join(conditions, ` OR `), args...)
}

// none asks for what no row is.
func (w *where) none() { w.and(`1 = 0`) }

func (w *where) and(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// everything is a limit above any number of rows; a LIMIT must stand before an OFFSET in SQLite.
const everything = 1 << 62

// page returns " LIMIT ..." or nothing, and adds its arguments. It comes after sql. A limit of 0 is none.
func (w *where) page(limit, offset int) string {
	switch {
	case offset > 0 && limit == 0:
		limit = everything
	case limit == 0:
		return ""
	}
	w.args = append(w.args, limit)
	if offset <= 0 {
		return " LIMIT ?"
	}
	w.args = append(w.args, offset)
	return " LIMIT ? OFFSET ?"
}

// sql returns " WHERE ..." or nothing.
func (w *where) sql() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE (" + strings.Join(w.conditions, ") AND (") + ")"
}
