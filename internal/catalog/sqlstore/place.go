package sqlstore

import (
	"context"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// placeRows says where places of a type are kept. The organization is o, what is in one r.
type placeRows struct {
	noun    noun
	table   string            // of r, "" for organizations themselves
	columns map[string]string // by type of scope, the column that names it
}

func placesOf(objectType string) (placeRows, bool) {
	inside := func(n noun, table string) placeRows {
		columns := map[string]string{schema.TypeOrganization: `o.id`, schema.TypeProject: `r.project_id`}
		columns[objectType] = `r.id`
		return placeRows{noun: n, table: table, columns: columns}
	}
	switch objectType {
	case schema.TypeOrganization:
		return placeRows{noun: organizationRow, columns: map[string]string{schema.TypeOrganization: `o.id`}}, true
	case schema.TypeProject:
		return inside(projectRow, `projects`), true
	case schema.TypeWorkspace:
		return inside(workspaceRow, `workspaces`), true
	case schema.TypeStack:
		return inside(stackRow, `stacks`), true
	}
	return placeRows{}, false
}

// Places returns the places of a filter, ordered by path. No two have the same one, so a path alone says where a page
// begins.
func (q *queries) Places(ctx context.Context, f catalog.PlaceFilter) ([]catalog.Place, error) {
	rows, from, w := q.places(f)
	if w == nil {
		return nil, nil
	}
	columns, order := `o.id, o.name, ''`, `o.name_key`
	if rows.table != "" {
		columns, order = `r.id, o.name, r.name`, `o.name_key, r.name_key`
	}
	w.behind(f.After, rows.table != "")
	query := `SELECT ` + columns + from + w.sql() + ` ORDER BY ` + order
	if f.Limit > 0 {
		query += ` LIMIT ?`
		w.args = append(w.args, f.Limit)
	}
	into := func(p *catalog.Place) []any { return []any{&p.ID, &p.Organization, &p.Name} }
	return selectAll(ctx, q, rows.noun, into, query, w.args...)
}

// CountPlaces returns how many places a filter has on all pages.
func (q *queries) CountPlaces(ctx context.Context, f catalog.PlaceFilter) (int, error) {
	rows, from, w := q.places(f)
	if w == nil {
		return 0, nil
	}
	into := func(n *int) []any { return []any{n} }
	return selectOne(ctx, q, rows.noun, into, `SELECT count(*)`+from+w.sql(), w.args...)
}

// places returns the tables and conditions of a filter; no conditions when nothing can match.
func (q *queries) places(f catalog.PlaceFilter) (rows placeRows, from string, w *where) {
	rows, known := placesOf(f.Type)
	w = q.where()
	narrow, possible := w.within(rows.columns, f.Within)
	if !known || !possible {
		return rows, "", nil
	}
	w.and(`NOT o.disabled`)
	from = ` FROM organizations o`
	if rows.table != "" {
		// To SQLite a CROSS JOIN says which table comes first. Organization by organization both indexes are in
		// the order of the result, and a page ends the statement; a few rows are better found by themselves.
		join := ` CROSS JOIN `
		if narrow {
			join = `, `
		}
		from += join + rows.table + ` r`
		w.and(`r.organization_id = o.id`)
	}
	return rows, from, w
}

// within asks that a row is, or lies in, one of the scopes; columns name them by type. It reports whether the condition
// is about more than organizations, and whether any scope can hold a row.
func (w *where) within(columns map[string]string, scopes []authz.Object) (narrow, possible bool) {
	ids := map[string][]string{}
	for _, scope := range scopes {
		if scope.Type == schema.TypePlatform { // everything
			return false, true
		}
		ids[scope.Type] = append(ids[scope.Type], scope.ID)
	}
	var conditions []string
	var args []any
	for _, scopeType := range []string{schema.TypeOrganization, schema.TypeProject, schema.TypeWorkspace, schema.TypeStack} {
		column, values := columns[scopeType], ids[scopeType]
		if column == "" || len(values) == 0 {
			continue
		}
		condition, arg := w.dialect.in(column, values)
		if len(values) == 1 { // which keeps the order of an index behind it
			condition, arg = column+` = ?`, values[0]
		}
		conditions, args = append(conditions, condition), append(args, arg)
		narrow = narrow || scopeType != schema.TypeOrganization
	}
	if len(conditions) == 0 {
		return false, false
	}
	w.and(strings.Join(conditions, ` OR `), args...)
	return narrow, true
}

// behind asks for what comes after a place in the order of paths.
func (w *where) behind(p catalog.Place, inside bool) {
	switch {
	case p.Organization == "": // the beginning
	case inside:
		w.and(`o.name_key >= ?`, key(p.Organization))
		w.and(`o.name_key > ? OR r.name_key > ?`, key(p.Organization), key(p.Name))
	default:
		w.and(`o.name_key > ?`, key(p.Organization))
	}
}
