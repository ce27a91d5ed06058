package sqlstore

import (
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

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

// maxBound is how many tag bindings a query may ask for; each is a condition of its own, and SQLite nests conditions no
// deeper than 1000.
const maxBound = 100

// matching asks for what a query describes. Places of a type that can have no project, address, tag or binding have none
// of those that are asked for. It reports whether the conditions lead to a few rows by another index than that of names.
func (w *where) matching(rows placeRows, p catalog.PlaceQuery) (few bool, err error) {
	if len(p.Bound) > maxBound {
		return false, fault.New(fault.Invalid, "at most %d tag bindings can be asked for at once", maxBound)
	}
	w.equal(`o.id = ?`, p.OrganizationID)
	w.equal(rows.column(`id`)+` <> ?`, p.Except)
	w.inProject(rows, p.ProjectID)
	w.named(rows, p)
	w.tagged(rows, p.Tags, p.WithoutTags)
	for _, b := range p.Bound {
		w.bound(rows, b)
	}
	return p.ProjectID != "" || len(p.Tags) > 0 || len(p.Bound) > 0, nil
}

// inProject asks for what lies in a project.
func (w *where) inProject(rows placeRows, id string) {
	column := rows.columns[schema.TypeProject]
	switch {
	case id == "":
	case column == "":
		w.none()
	default:
		w.and(column+` = ?`, id)
	}
}

// named asks for names, and for e-mail addresses, which organizations alone have.
func (w *where) named(rows placeRows, p catalog.PlaceQuery) {
	name := rows.column(`name_key`)
	texts := []string{name}
	if rows.table == "" {
		texts = append(texts, `o.email_key`)
	}
	w.in(name, keys(p.Names))
	w.contains(p.Contains, texts...)
	w.wildcard(p.Wildcard, name)
	switch {
	case rows.table == "":
		w.contains(p.EmailContains, `o.email_key`)
	case p.EmailContains != "":
		w.none()
	}
}

// tagged asks for workspaces that carry all of some tags and none of others.
func (w *where) tagged(rows placeRows, with, without []string) {
	const carrying = ` (SELECT x.workspace_id FROM workspace_tags x JOIN tags t ON t.id = x.tag_id WHERE `
	names := distinct(keys(with))
	if rows.noun != workspaceRow {
		if len(names) > 0 {
			w.none()
		}
		return
	}
	if len(names) > 0 {
		condition, arg := w.dialect.in(`t.name_key`, names)
		w.and(`r.id IN`+carrying+condition+` GROUP BY x.workspace_id HAVING count(DISTINCT t.name_key) = ?)`, arg, len(names))
	}
	if len(without) > 0 {
		condition, arg := w.dialect.in(`t.name_key`, keys(without))
		w.and(`r.id NOT IN`+carrying+condition+`)`, arg)
	}
}

// distinct returns each text once.
func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// bound asks for projects that have a tag binding, and for workspaces that have it or take it from their project, since
// they do not bind the key themselves.
func (w *where) bound(rows placeRows, b catalog.TagBinding) {
	condition, args := `b.key = ?`, []any{b.Key}
	if b.Value != "" {
		condition, args = `b.key = ? AND b.value = ?`, []any{b.Key, b.Value}
	}
	inProject := ` IN (SELECT b.project_id FROM project_tag_bindings b WHERE ` + condition + `)`
	switch rows.noun {
	case projectRow:
		w.and(`r.id`+inProject, args...)
	case workspaceRow:
		const own = ` (SELECT b.workspace_id FROM workspace_tag_bindings b WHERE `
		w.and(`r.id IN`+own+condition+`) OR r.project_id`+inProject+` AND r.id NOT IN`+own+`b.key = ?)`,
			slices.Concat(args, args, []any{b.Key})...)
	default:
		w.none()
	}
}
