package terrakube

import (
	"context"
	"encoding/json"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// recordNoun connects a described noun to the use cases of records.
func (h *Handler) recordNoun(d described) noun {
	rules, _ := d.kind.Rules()
	n := d.noun
	n.reads, n.writes = needs(d.kind)
	n.relations = append(n.relations, above(rules)...)
	n.list = func(ctx context.Context, p catalog.Principal, at place, want sought) ([]resource, error) {
		rows, err := h.recordsIn(ctx, p, d, rules, at, want)
		out := make([]resource, len(rows))
		for i, r := range rows {
			out[i] = d.shown(r, rules)
		}
		return out, err
	}
	n.get = func(ctx context.Context, p catalog.Principal, at place, id string) (resource, error) {
		r, err := h.Service.FindRecord(ctx, p, d.kind, id)
		if err == nil && !isIn(r, rules, at) {
			err = fault.New(fault.NotFound, "%s %s is elsewhere", d.kind, id)
		}
		return d.shown(r, rules), err
	}
	n.create = func(ctx context.Context, p catalog.Principal, at place, in input) (resource, authz.Token, error) {
		r, token, err := h.Service.CreateRecord(ctx, p, d.kind, recordPlace(rules, at), d.edit(in))
		return d.shown(r, rules), token, err
	}
	n.update = func(ctx context.Context, p catalog.Principal, _ place, id string, in input) (authz.Token, error) {
		return h.Service.UpdateRecord(ctx, p, d.kind, id, d.edit(in))
	}
	n.remove = func(ctx context.Context, p catalog.Principal, _ place, id string) (authz.Token, error) {
		return h.Service.DeleteRecord(ctx, p, d.kind, id)
	}
	return n
}

// above returns the relations of records to what they are in.
func above(rules catalog.RecordRules) []relationKind {
	switch {
	case rules.Inside != "":
		return []relationKind{{name: string(rules.Inside), typ: string(rules.Inside), fixed: true}}
	case rules.In == schema.TypeWorkspace:
		return []relationKind{{name: typeWorkspace, typ: typeWorkspace, fixed: true}}
	case rules.In == schema.TypeOrganization:
		return []relationKind{{name: typeOrganization, typ: typeOrganization, fixed: true}}
	}
	return nil
}

// recordPlace returns where records of a kind are in a place of a path.
func recordPlace(rules catalog.RecordRules, at place) catalog.RecordPlace {
	out := catalog.RecordPlace{OrganizationID: at[typeOrganization]}
	if rules.In == schema.TypePlatform {
		out.OrganizationID = ""
	}
	switch {
	case rules.Inside != "":
		out.ParentID = at[string(rules.Inside)]
	case rules.In == schema.TypeWorkspace:
		out.WorkspaceID = at[typeWorkspace]
	}
	return out
}

// isIn reports whether a record is in a place.
func isIn(r catalog.Record, rules catalog.RecordRules, at place) bool {
	within := func(id, typ string) bool { return at[typ] == "" || at[typ] == id }
	switch {
	case rules.In != schema.TypePlatform && !within(r.OrganizationID, typeOrganization):
		return false
	case rules.Inside != "":
		return within(r.ParentID, string(rules.Inside))
	}
	return rules.In != schema.TypeWorkspace || within(r.WorkspaceID, typeWorkspace)
}

// recordsIn returns the records of a place, or at the root those of all.
func (h *Handler) recordsIn(ctx context.Context, p catalog.Principal, d described, rules catalog.RecordRules, at place, want sought) ([]catalog.Record, error) {
	name := ""
	if n := d.name; n != nil && n(map[string]any{"name": want.name}) == want.name && d.kind != catalog.KindModule {
		name = want.name
	}
	where := recordPlace(rules, at)
	if (where == catalog.RecordPlace{} && rules.In != schema.TypePlatform) {
		return h.Service.AllRecords(ctx, p, d.kind, name)
	}
	return h.Service.ListRecords(ctx, p, d.kind, where, name)
}

// edit returns what was sent as an edit of a record. A value that is sensitive is not kept, nor is one that was not when
// it becomes so.
func (d described) edit(in input) catalog.Edit[catalog.Record] {
	return func(r catalog.Record, _ catalog.Home) (catalog.Record, error) {
		all := kept(r.Attributes)
		for name, value := range in.attributes {
			all[name] = value
		}
		for name, ids := range in.relations {
			delete(all, name)
			if len(ids) > 0 {
				all[name] = ids[0]
			}
		}
		if all["sensitive"] == true {
			delete(all, "value")
		}
		if d.name != nil {
			r.Name = d.name(all)
		}
		raw, err := json.Marshal(all)
		r.Attributes = catalog.Attributes(raw)
		return r, err
	}
}

// shown returns a record as clients see it.
func (d described) shown(r catalog.Record, rules catalog.RecordRules) resource {
	all := kept(r.Attributes)
	out := resource{id: r.ID, organization: r.OrganizationID, attributes: map[string]any{}, relations: map[string][]string{}}
	for _, a := range d.attributes {
		out.attributes[a.name] = a.keptAs(all[a.name])
	}
	out.attributes["createdBy"], out.attributes["createdDate"] = orNull(r.CreatedBy), date(r.CreatedAt)
	out.attributes["updatedBy"], out.attributes["updatedDate"] = orNull(r.UpdatedBy), date(r.UpdatedAt)
	for _, k := range d.relations {
		if id, ok := all[k.name].(string); ok {
			out.relations[k.name] = []string{id}
		}
	}
	for _, k := range above(rules) {
		id := r.OrganizationID
		switch {
		case rules.Inside != "":
			id = r.ParentID
		case rules.In == schema.TypeWorkspace:
			id = r.WorkspaceID
		}
		out.relations[k.name] = []string{id}
	}
	return out
}

// keptAs returns a value of the attribute's kind from what JSON made of it.
func (a attribute) keptAs(v any) any {
	if n, ok := v.(float64); ok && a.kind == number {
		return int64(n)
	}
	return v
}

// date returns a time as this API writes it, null for none.
func date(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
