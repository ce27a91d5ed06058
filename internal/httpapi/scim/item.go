package scim

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// item is a row of the catalog that is a resource: a person or a group.
type item struct {
	kind    resource.Kind
	id      string
	created time.Time
	person  catalog.Person // of a User
	group   catalog.Group  // of a Group
}

func (i item) version() int {
	if i.kind == resource.User {
		return i.person.Version
	}
	return i.group.Version
}

// byAge orders items by their age. Two are never equal.
func byAge(a, b item) int {
	return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
}

// find returns the items of a kind that a query is about, by age.
func (h *Handler) find(ctx context.Context, s session, kind resource.Kind, q catalog.ProvisionedQuery) ([]item, error) {
	var out []item
	if kind == resource.User {
		people, err := h.Service.ProvisionedPeople(ctx, s.principal, q)
		for _, p := range people {
			out = append(out, item{kind: kind, id: p.UserID, created: p.CreatedAt, person: p})
		}
		return out, err
	}
	groups, err := h.Service.ProvisionedGroups(ctx, s.principal, q)
	for _, g := range groups {
		out = append(out, item{kind: kind, id: g.ID, created: g.CreatedAt, group: g})
	}
	return out, err
}

// item returns one by its id; 404 for what is not there, and for what is another connection's.
func (h *Handler) item(ctx context.Context, s session, kind resource.Kind, id string) (item, error) {
	found, err := h.find(ctx, s, kind, catalog.ProvisionedQuery{IDs: []string{id}})
	if err != nil {
		return item{}, err
	}
	if len(found) != 1 {
		return item{}, notThere(kind, id)
	}
	return found[0], nil
}

// resources returns items as clients see them. With related, users have their groups and groups their members, which are
// looked up.
func (h *Handler) resources(ctx context.Context, s session, items []item, related bool) ([]resource.Resource, error) {
	lookup := &relations{}
	if related {
		var err error
		if lookup, err = h.relations(ctx, s, items); err != nil {
			return nil, err
		}
	}
	out := make([]resource.Resource, len(items))
	for n, i := range items {
		r, err := i.stored()
		if err != nil {
			return nil, err
		}
		lookup.add(s, i, r)
		out[n] = resource.Complete(i.kind, r, i.meta(s))
	}
	return out, nil
}

// resource is resources of one.
func (h *Handler) resource(ctx context.Context, s session, i item, related bool) (resource.Resource, error) {
	all, err := h.resources(ctx, s, []item{i}, related)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func (i item) meta(s session) resource.Meta {
	changed := cmp.Or(i.person.UpdatedAt, i.group.UpdatedAt)
	return resource.Meta{ID: i.id, Location: s.location(i.kind, i.id), Created: i.created, Modified: changed, Version: i.version()}
}

// ownExternalID begins the external ids of those whom a client gave none.
const ownExternalID = "urn:uuid:"

// stored returns the resource of an item as far as the catalog keeps it: what the client sent last, with what the directory
// is known to say now.
func (i item) stored() (resource.Resource, error) {
	attributes, externalID := i.person.Attributes, i.person.ExternalID
	if i.kind == resource.Group {
		attributes, externalID = i.group.Attributes, i.group.ExternalID
	}
	r := resource.Resource{}
	if attributes != "" {
		d := json.NewDecoder(bytes.NewReader([]byte(attributes)))
		d.UseNumber()
		if err := d.Decode(&r); err != nil {
			return nil, err
		}
	}
	if _, sent := r["externalId"]; sent || attributes == "" && !strings.HasPrefix(externalID, ownExternalID) {
		r["externalId"] = externalID
	}
	if i.kind == resource.Group {
		r["displayName"] = i.group.DisplayName
		return r, nil
	}
	r["userName"], r["active"] = i.person.Username, i.person.InactiveAt.IsZero()
	if attributes == "" && i.person.Email != "" { // another feed of the directory has brought him
		r["emails"] = []any{map[string]any{"value": i.person.Email, "primary": true}}
	}
	return r, nil
}

// attributes returns what the catalog keeps of a resource: all but what it knows by itself.
func attributes(r resource.Resource) (*json.RawMessage, error) {
	kept := resource.Resource{}
	for name, v := range r {
		switch name {
		case "id", "meta", "schemas", "groups", "members", "password", "active":
		default:
			kept[name] = v
		}
	}
	raw, err := json.Marshal(kept)
	if len(raw) > maxAttributes {
		return nil, tooLarge("the attributes of one resource must not take more than %d bytes", maxAttributes)
	}
	return (*json.RawMessage)(&raw), err
}

// maxAttributes is what is kept of one resource beside its members, in bytes: every search reads it.
const maxAttributes = 64 << 10

// relations are the members of groups and the groups of members.
type relations struct {
	groups  map[string]catalog.Group   // by id
	of      map[string][]string        // ids of groups, by user
	people  map[string]string          // usernames, by user id
	members map[string][]string        // ids of users, by group
	nested  map[string][]catalog.Group // by group
}

// few is of how many items relations are looked up one by one.
const few = 20

func (h *Handler) relations(ctx context.Context, s session, items []item) (*relations, error) {
	out := &relations{groups: map[string]catalog.Group{}, of: map[string][]string{}, people: map[string]string{}, members: map[string][]string{}, nested: map[string][]catalog.Group{}}
	var groupIDs, userIDs []string
	for _, i := range items {
		if i.kind == resource.Group {
			groupIDs = append(groupIDs, i.id)
		} else {
			userIDs = append(userIDs, i.id)
		}
	}
	if len(items) == 0 {
		return out, nil
	}
	groups, err := h.Service.ProvisionedGroups(ctx, s.principal, catalog.ProvisionedQuery{})
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		out.groups[g.ID] = g
	}
	if err := h.groupsOf(ctx, s, out, userIDs); err != nil {
		return nil, err
	}
	return out, h.membersOf(ctx, s, out, groupIDs)
}

// groupsOf fills in the groups of users.
func (h *Handler) groupsOf(ctx context.Context, s session, out *relations, userIDs []string) error {
	if len(userIDs) > few {
		userIDs = []string{""} // everybody at once
	}
	for _, id := range userIDs {
		members, _, err := h.Service.ProvisionedMembers(ctx, s.principal, id)
		if err != nil {
			return err
		}
		for _, m := range members {
			out.of[m.UserID] = append(out.of[m.UserID], m.GroupID)
		}
	}
	return nil
}

// membersOf fills in the members of groups.
func (h *Handler) membersOf(ctx context.Context, s session, out *relations, groupIDs []string) error {
	if len(groupIDs) == 0 {
		return nil
	}
	if len(groupIDs) > few {
		groupIDs = nil // all at once
	}
	members, children, err := h.Service.ProvisionedMembers(ctx, s.principal, "", groupIDs...)
	if err != nil {
		return err
	}
	ids := make([]string, len(members))
	for n, m := range members {
		ids[n] = m.UserID
	}
	for _, c := range children {
		if g, ok := out.groups[c.ChildID]; ok {
			out.nested[c.ParentID] = append(out.nested[c.ParentID], g)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	query := catalog.ProvisionedQuery{IDs: slices.Compact(slices.Sorted(slices.Values(ids)))}
	if len(query.IDs) > 10*few {
		query.IDs = nil
	}
	people, err := h.Service.ProvisionedPeople(ctx, s.principal, query)
	for _, p := range people {
		out.people[p.UserID] = p.Username
	}
	slices.SortFunc(members, func(a, b catalog.GroupMember) int {
		return cmp.Or(cmp.Compare(out.people[a.UserID], out.people[b.UserID]), cmp.Compare(a.UserID, b.UserID))
	})
	for _, m := range members {
		out.members[m.GroupID] = append(out.members[m.GroupID], m.UserID)
	}
	return err
}

// add writes relations into the resource of an item.
func (l *relations) add(s session, i item, r resource.Resource) {
	var list []any
	for _, id := range l.of[i.id] {
		if g, ok := l.groups[id]; ok && i.kind == resource.User {
			list = append(list, map[string]any{"value": id, "$ref": s.location(resource.Group, id), "display": g.DisplayName, "type": "direct"})
		}
	}
	for _, id := range l.members[i.id] {
		m := map[string]any{"value": id, "$ref": s.location(resource.User, id), "type": string(resource.User)}
		if name := l.people[id]; name != "" {
			m["display"] = name
		}
		list = append(list, m)
	}
	for _, g := range l.nested[i.id] {
		list = append(list, map[string]any{"value": g.ID, "$ref": s.location(resource.Group, g.ID), "display": g.DisplayName, "type": string(resource.Group)})
	}
	switch {
	case len(list) == 0:
	case i.kind == resource.User:
		r["groups"] = list
	default:
		r["members"] = list
	}
}
