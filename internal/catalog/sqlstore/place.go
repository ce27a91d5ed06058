package sqlstore

import (
	"context"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// placeRows says where places of a type are kept. The organization is o, what is in one r.
type placeRows struct {
	noun    noun
	table   string            // of r, "" for organizations themselves
	columns map[string]string // by type of scope, the column that names it
}

// column returns a column of theirs.
func (r placeRows) column(name string) string {
	if r.table == "" {
		return `o.` + name
	}
	return `r.` + name
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
	rows, from, w, err := q.places(f)
	if w == nil {
		return nil, err
	}
	columns, order := `o.id, o.name, ''`, []string{`o.name_key`}
	if rows.table != "" {
		columns, order = `r.id, o.name, r.name`, []string{`o.name_key`, `r.name_key`}
	}
	direction := ``
	if f.Descending {
		direction = ` DESC`
	}
	if f.Newest {
		order, direction = []string{rows.column(`created_at`) + ` DESC`, rows.column(`id`)}, ``
	}
	w.behind(f.After, rows.table != "")
	query := `SELECT ` + columns + from + w.sql() + ` ORDER BY ` + strings.Join(order, direction+`, `) + direction + w.page(f.Limit, f.Offset)
	into := func(p *catalog.Place) []any { return []any{&p.ID, &p.Organization, &p.Name} }
	return selectAll(ctx, q, rows.noun, into, query, w.args...)
}

// CountPlaces returns how many places a filter has on all pages.
func (q *queries) CountPlaces(ctx context.Context, f catalog.PlaceFilter) (int, error) {
	rows, from, w, err := q.places(f)
	if w == nil {
		return 0, err
	}
	return selectOne(ctx, q, rows.noun, countInto, `SELECT count(*)`+from+w.sql(), w.args...)
}

// places returns the tables and conditions of a filter; no conditions when nothing can match.
func (q *queries) places(f catalog.PlaceFilter) (rows placeRows, from string, w *where, err error) {
	rows, known := placesOf(f.Type)
	w = q.where()
	narrow, possible := w.within(rows.columns, f.Within)
	if !known || !possible {
		return rows, "", nil, nil
	}
	if !f.Disabled {
		w.and(`NOT o.disabled`)
	}
	if f.UserTokens {
		w.and(`NOT o.refuse_user_tokens`)
		w.takesLife(f.TokenLife)
	}
	few, err := w.matching(rows, f.PlaceQuery)
	if err != nil {
		return rows, "", nil, err
	}
	from = ` FROM organizations o`
	if rows.table != "" {
		// To SQLite a CROSS JOIN says which table comes first. Organization by organization both indexes are in
		// the order of the result, and a page ends the statement; a few rows are better found by themselves.
		join := ` CROSS JOIN `
		if narrow || few {
			join = `, `
		}
		from += join + rows.table + ` r`
		w.and(`r.organization_id = o.id`)
	}
	return rows, from, w, nil
}
