package scim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// addGroup creates a group, or brings back one that the client has deleted, with what was linked and granted to it.
func (h *Handler) addGroup(ctx context.Context, s session, r resource.Resource) (outcome, error) {
	externalID, name := text(r, "externalId"), text(r, "displayName")
	all, err := h.Service.ProvisionedGroups(ctx, s.principal, catalog.ProvisionedQuery{Gone: true})
	if err != nil {
		return outcome{}, err
	}
	back, err := returningGroup(all, externalID, name)
	if err != nil {
		return outcome{}, err
	}
	change := directory.GroupChange{Op: directory.OpCreate, ExternalID: externalID, Name: name}
	if back != nil {
		change = directory.GroupChange{Op: directory.OpRestore, ExternalID: back.ExternalID, GroupID: back.ID, Name: name, Before: directory.MembersDigest(nil, nil)}
		if back.DisplayName != name {
			change.Was = back.DisplayName
		}
	} else if externalID == "" {
		change.ExternalID = unnamed()
	}
	if change.Attributes, err = attributes(r); err != nil {
		return outcome{}, err
	}
	if err := h.fill(ctx, s, &change, memberValues(r), nil); err != nil {
		return outcome{}, err
	}
	token, err := h.push(ctx, s, directory.Plan{Groups: []directory.GroupChange{change}})
	if err != nil {
		return outcome{}, err
	}
	found, err := h.find(ctx, s, resource.Group, catalog.ProvisionedQuery{ExternalIDs: []string{change.ExternalID}})
	if err != nil || len(found) != 1 {
		return outcome{}, cmpError(err, notThere(resource.Group, change.ExternalID))
	}
	return outcome{status: http.StatusCreated, item: found[0], token: token}, nil
}

// returningGroup returns which group of those there were a new one is, nil for none, as returning does for people. A name
// is taken among groups that are known by nothing else: two groups of a directory may have one name.
func returningGroup(all []catalog.Group, externalID, name string) (*catalog.Group, error) {
	var found *catalog.Group
	for n, g := range all {
		sameID, there := externalID != "" && g.ExternalID == externalID, g.GoneAt.IsZero()
		sameName := filter.Fold(g.DisplayName) == filter.Fold(name)
		unnamedThen := strings.HasPrefix(g.ExternalID, ownExternalID)
		switch {
		case sameID && there:
			return nil, taken("externalId")
		case sameID, sameName && !there && unnamedThen && externalID == "":
			found = &all[n]
		case sameName && there && (unnamedThen || externalID == ""):
			return nil, taken("displayName")
		}
	}
	return found, nil
}

// memberValues returns the ids of a group's members.
func memberValues(r resource.Resource) []string {
	list, _ := r["members"].([]any)
	var out []string
	seen := make(map[string]bool, len(list))
	for _, m := range list {
		if id, ok := member(m, "value").(string); ok && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// fill writes who joins and who leaves into a change.
func (h *Handler) fill(ctx context.Context, s session, change *directory.GroupChange, add, remove []string) error {
	joining, err := h.named(ctx, s, add)
	if err != nil {
		return err
	}
	leaving, err := h.named(ctx, s, remove)
	if err != nil {
		return err
	}
	if len(joining.unknown) > 0 {
		status, keyword := http.StatusNotFound, ""
		if s.profile == resource.Strict {
			status, keyword = http.StatusBadRequest, resource.InvalidValue
		}
		return resource.NewError(status, keyword, "there is no member %s", joining.unknown[0])
	}
	change.Add, change.AddGroups = joining.people, joining.groups
	change.Remove, change.RemoveGroups = leaving.people, leaving.groups
	for _, id := range leaving.unknown { // somebody whom another feed of the directory has put there
		change.Remove = append(change.Remove, directory.Member{UserID: id})
	}
	return nil
}

// party is who some ids of members are.
type party struct {
	people  []directory.Member
	groups  []string // external ids
	unknown []string
}

// named returns who ids of members are. Nobody is who is another connection's.
func (h *Handler) named(ctx context.Context, s session, ids []string) (party, error) {
	var out party
	if len(ids) == 0 {
		return out, nil
	}
	query := catalog.ProvisionedQuery{IDs: ids}
	if len(ids) > 10*few {
		query.IDs = nil
	}
	people, err := h.Service.ProvisionedPeople(ctx, s.principal, query)
	if err != nil {
		return out, err
	}
	groups, err := h.Service.ProvisionedGroups(ctx, s.principal, query)
	if err != nil {
		return out, err
	}
	person, group := make(map[string]catalog.Person, len(people)), make(map[string]catalog.Group, len(groups))
	for _, p := range people {
		person[p.UserID] = p
	}
	for _, g := range groups {
		group[g.ID] = g
	}
	for _, id := range ids {
		if p, ok := person[id]; ok {
			out.people = append(out.people, directory.Member{ExternalID: p.ExternalID, UserID: id, Username: p.Username})
		} else if g, ok := group[id]; ok {
			out.groups = append(out.groups, g.ExternalID)
		} else {
			out.unknown = append(out.unknown, id)
		}
	}
	return out, nil
}

// changeGroup returns the plan of a change of a group.
func (h *Handler) changeGroup(ctx context.Context, s session, g catalog.Group, current, next resource.Resource, effect resource.Effect) (directory.Plan, error) {
	change, err := h.standing(ctx, s, directory.OpUpdate, g)
	if err != nil {
		return directory.Plan{}, err
	}
	if name := text(next, "displayName"); name != g.DisplayName {
		change.Name, change.Was = name, g.DisplayName
	}
	if externalID := text(next, "externalId"); externalID != "" && externalID != g.ExternalID {
		change.NewExternalID = externalID
	}
	if err := h.freeGroup(ctx, s, g, change); err != nil {
		return directory.Plan{}, err
	}
	if slices.ContainsFunc(effect.Attributes, func(name string) bool { return name != "members" && name != "displayName" }) {
		if change.Attributes, err = attributes(next); err != nil {
			return directory.Plan{}, err
		}
	}
	if err := h.fill(ctx, s, &change, effect.Added, effect.Removed); err != nil {
		return directory.Plan{}, err
	}
	plan := directory.Plan{Groups: []directory.GroupChange{change}}
	if !effect.BareRemoveAll {
		return plan, nil
	}
	if all := len(memberValues(current)); all > 0 && len(effect.Removed) == all {
		plan.Trips = []directory.Trip{{
			Guard: directory.GuardGroup, Group: g.DisplayName, Count: all, Of: all,
			Message: fmt.Sprintf("the client empties the group %s without naming any of its %d members", g.DisplayName, all),
		}}
	}
	return plan, nil
}

// freeGroup refuses an external id that another group has, and a name among groups that are known by nothing else.
func (h *Handler) freeGroup(ctx context.Context, s session, g catalog.Group, change directory.GroupChange) error {
	if change.NewExternalID == "" && change.Was == "" {
		return nil
	}
	all, err := h.Service.ProvisionedGroups(ctx, s.principal, catalog.ProvisionedQuery{Gone: true})
	if err != nil {
		return err
	}
	unnamedNow := change.NewExternalID == "" && strings.HasPrefix(g.ExternalID, ownExternalID)
	for _, o := range all {
		sameName := filter.Fold(o.DisplayName) == filter.Fold(change.Name) && o.GoneAt.IsZero()
		switch {
		case o.ID == g.ID:
		case change.NewExternalID != "" && o.ExternalID == change.NewExternalID:
			return taken("externalId")
		case change.Was != "" && sameName && (unnamedNow || strings.HasPrefix(o.ExternalID, ownExternalID)):
			return taken("displayName")
		}
	}
	return nil
}

// standing returns a change of a group with who is in it now.
func (h *Handler) standing(ctx context.Context, s session, op directory.Op, g catalog.Group) (directory.GroupChange, error) {
	members, children, err := h.Service.ProvisionedMembers(ctx, s.principal, "", g.ID)
	if err != nil {
		return directory.GroupChange{}, err
	}
	users, groups := make([]string, len(members)), make([]string, len(children))
	for n, m := range members {
		users[n] = m.UserID
	}
	for n, c := range children {
		groups[n] = c.ChildID
	}
	return directory.GroupChange{
		Op: op, ExternalID: g.ExternalID, GroupID: g.ID, Name: g.DisplayName, Members: len(users), Before: directory.MembersDigest(users, groups),
	}, nil
}

// dropGroup returns the plan of a deletion: everybody leaves the group. What is linked and granted to it waits, so that a
// group that was deleted by mistake comes back as it was.
func (h *Handler) dropGroup(ctx context.Context, s session, g catalog.Group) (directory.Plan, error) {
	change, err := h.standing(ctx, s, directory.OpRetire, g)
	if err != nil {
		return directory.Plan{}, err
	}
	current, err := h.resource(ctx, s, item{kind: resource.Group, id: g.ID, group: g}, true)
	if err != nil {
		return directory.Plan{}, err
	}
	if err := h.fill(ctx, s, &change, nil, memberValues(current)); err != nil {
		return directory.Plan{}, err
	}
	return directory.Plan{Groups: []directory.GroupChange{change}}, nil
}
