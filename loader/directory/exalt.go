package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// roleAdministrators is what the group holds that administers by its name (DECISIONS P1).
const roleAdministrators = "terrakube-administrator"

// exalted are the groups whose people administer the site, those nested in them included.
type exalted struct {
	groups  map[string]bool            // ids
	members map[string]map[string]bool // ids of users, by group
}

// exaltedGroups reads them.
func exaltedGroups(ctx context.Context, q catalog.Queries) (*exalted, error) {
	out := &exalted{groups: map[string]bool{}, members: map[string]map[string]bool{}}
	grants, err := q.Grants(ctx, catalog.GrantFilter{PlatformOnly: true})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, g := range grants {
		if g.Holder.Type == schema.TypeGroup && (g.RoleID == schema.RoleSiteAdmin || g.RoleID == roleAdministrators) {
			ids = append(ids, g.Holder.ID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	edges, err := q.GroupChildren(ctx)
	if err != nil {
		return nil, err
	}
	for len(ids) > 0 {
		id := ids[0]
		ids = ids[1:]
		if out.groups[id] {
			continue
		}
		out.groups[id] = true
		for _, e := range edges {
			if e.ParentID == id {
				ids = append(ids, e.ChildID)
			}
		}
	}
	for id := range out.groups {
		ids = append(ids, id)
	}
	members, err := q.GroupMembers(ctx, catalog.GroupMemberFilter{GroupIDs: ids})
	for _, m := range members {
		if out.members[m.GroupID] == nil {
			out.members[m.GroupID] = map[string]bool{}
		}
		out.members[m.GroupID][m.UserID] = true
	}
	return out, err
}

// exaltation returns the trips of a plan that takes people out of a group whose people administer the site, and, where
// its word came with a token, of one that makes somebody such a person. Limits and trust do not matter.
func (r *run) exaltation(ctx context.Context, q catalog.Queries) ([]Trip, error) {
	x, err := exaltedGroups(ctx, q)
	if err != nil {
		return nil, err
	}
	var trips []Trip
	trip := func(group string, count int, format string, args ...any) {
		trips = append(trips, Trip{Guard: GuardOwner, Group: group, Count: count, Of: count, Message: fmt.Sprintf(format, args...)})
	}
	told := r.told()
	for _, c := range r.plan.Groups {
		id, err := r.groupID(ctx, q, x, c)
		if err != nil {
			return nil, err
		}
		if id == "" {
			continue
		}
		if n := len(c.Remove) + len(c.RemoveGroups); n > 0 {
			trip(c.Name, n, "%d people or groups would leave the group %q, whose people administer the site", n, c.Name)
		}
		if n := x.joining(id, c) + len(c.AddGroups); told && n > 0 {
			trip(c.Name, n, "%d people or groups would join the group %q, whose people administer the site", n, c.Name)
		}
	}
	if n := x.released(r.plan); n > 0 {
		trip("", n, "%d people would lose their memberships for good who are in groups whose people administer the site", n)
	}
	if !told {
		return trips, nil
	}
	for _, l := range r.plan.Links {
		if l.Op == OpCreate && l.SiteAdmins {
			trip(l.GroupName, 0, "the people of group %q would administer the site by rule %s", l.GroupName, l.Rule)
		}
	}
	name, err := r.administersByName(ctx, q)
	if err == nil && name != "" {
		trip(name, 0, "the people of group %q would administer the site by its name", name)
	}
	return trips, err
}

// told reports whether what a plan says was told by whoever has a token: nobody has read it where it comes from.
func (r *run) told() bool {
	trigger := r.o.Trigger
	if r.kept.ID != "" && trigger == "" {
		trigger = r.kept.Trigger
	}
	return trigger == TriggerUpload || trigger == TriggerPush || trigger == TriggerGroup && !r.pulled || trigger == TriggerRules && r.feed.Source == nil
}

// groupID returns the id of the group of a change where its people administer the site, "" otherwise.
func (r *run) groupID(ctx context.Context, q catalog.Queries, x *exalted, c GroupChange) (string, error) {
	if len(x.groups) == 0 {
		return "", nil
	}
	id := c.GroupID
	if id == "" {
		all, err := q.GroupsOf(ctx, r.feed.Name)
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(all, func(g catalog.Group) bool { return g.ExternalID == c.ExternalID }); i >= 0 {
			id = all[i].ID
		}
	}
	if !x.groups[id] {
		return "", nil
	}
	return id, nil
}

// joining counts who of those whom a change adds is not in the group yet.
func (x *exalted) joining(id string, c GroupChange) int {
	n := 0
	for _, m := range c.Add {
		if m.UserID == "" || !x.members[id][m.UserID] {
			n++
		}
	}
	return n
}

// released counts who loses for good what makes him administer the site.
func (x *exalted) released(p Plan) int {
	n := 0
	for _, c := range p.People {
		if c.Op != OpRelease {
			continue
		}
		for _, in := range x.members {
			if in[c.UserID] {
				n++
				break
			}
		}
	}
	return n
}

// administersByName returns the name of a group that a plan makes, or names, so that it administers by that.
func (r *run) administersByName(ctx context.Context, q catalog.Queries) (string, error) {
	if r.feed.Trust != catalog.TrustAdministrators {
		return "", nil
	}
	settings, err := q.Settings(ctx)
	if err != nil || settings.TerrakubeAdminGroup == "" {
		return "", err
	}
	for _, c := range r.plan.Groups {
		if (c.Op == OpCreate || c.Was != "") && strings.EqualFold(c.Name, settings.TerrakubeAdminGroup) {
			return c.Name, nil
		}
	}
	return "", nil
}
