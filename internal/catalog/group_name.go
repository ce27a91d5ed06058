package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// SourceTerrakube is the source of placeholders: groups that somebody named and no directory has brought yet. The
// external id of one is its name. The first group of that name that a directory brings takes its place.
const SourceTerrakube = "terrakube"

// placeholder reports whether a group is one that no directory has brought yet.
func (g Group) placeholder() bool { return g.Source == SourceTerrakube }

// GroupsNamed returns the groups of a display name, exactly as written (DECISIONS P11): those that directories brought
// whose names may stand for teams or, if there is none, a placeholder.
func (c *Change) GroupsNamed(ctx context.Context, name string) ([]Group, error) {
	return c.groupsNamed(ctx, name, TrustTeams)
}

func (c *Change) groupsNamed(ctx context.Context, name string, needed NameTrust) ([]Group, error) {
	if err := checkName("name", name, true); err != nil {
		return nil, err
	}
	all, err := groupsTrusted(ctx, c.Queries, name, needed)
	if err != nil || len(all) > 0 {
		return all, err
	}
	g, err := c.CreateGroup(ctx, Group{Source: SourceTerrakube, ExternalID: name, DisplayName: name})
	return []Group{g}, err
}

// adopt gives the placeholder of a group's name to the group, which keeps its id and with it what the placeholder holds.
// taken is false where there is no placeholder that the group may take.
func (c *Change) adopt(ctx context.Context, g Group) (after Group, taken bool, err error) {
	if g.placeholder() {
		return Group{}, false, nil
	}
	named, err := c.GroupsByName(ctx, g.DisplayName)
	if err != nil {
		return Group{}, false, err
	}
	i := slices.IndexFunc(named, Group.placeholder)
	if i < 0 {
		return Group{}, false, nil
	}
	before := named[i]
	if may, err := c.mayTake(ctx, g, before); !may || err != nil {
		return Group{}, false, err
	}
	after = before
	after.Source, after.ExternalID, after.Attributes, after.UpdatedAt = g.Source, g.ExternalID, g.Attributes, c.now
	after.Version++
	if err := c.Queries.UpdateGroup(ctx, after); err != nil {
		return Group{}, false, err
	}
	c.record("group.adopt", "", groupRef(after.ID), before, after)
	return after, true, nil
}

// takeName gives a group what goes by its name: membership of the Terrakube teams that another group of the name is
// linked to, and administration if it is the administrators' name.
func (c *Change) takeName(ctx context.Context, g Group) error {
	if err := c.joinNamed(ctx, g); err != nil {
		return err
	}
	return c.settleAdministrators(ctx)
}

// teamsNamed returns the Terrakube teams of a name, of all organizations: teams of that name, linked to a group of that
// name which may stand for them, that hold what every Terrakube team holds. A team that merely has the name is no such team.
func (c *Change) teamsNamed(ctx context.Context, name string) ([]Team, error) {
	groups, err := groupsTrusted(ctx, c.Queries, name, TrustTeams)
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	links, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: ids})
	if err != nil {
		return nil, err
	}
	var out []Team
	for _, l := range links {
		t, err := c.Team(ctx, l.TeamID)
		if err != nil {
			return nil, err
		}
		if t.Name != name || slices.Contains(out, t) {
			continue
		}
		by, err := c.namedByTerrakube(ctx, t)
		if err != nil {
			return nil, err
		}
		if by {
			out = append(out, t)
		}
	}
	return out, nil
}

// namedByTerrakube reports whether a team holds what every team made by Terrakube holds (DECISIONS P3).
func (c *Change) namedByTerrakube(ctx context.Context, t Team) (bool, error) {
	grants, err := c.Grants(ctx, GrantFilter{OrganizationID: t.OrganizationID, Holder: teamRef(t.ID)})
	if err != nil {
		return false, err
	}
	o, err := c.Organization(ctx, t.OrganizationID)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(grants, func(g Grant) bool {
		return slices.ContainsFunc([]bool{false, true}, func(parity bool) bool {
			role, scope := membershipRole(o, parity)
			return g.RoleID == role && g.Scope == scope
		})
	}), nil
}

// RenameGroup gives a group another display name, and with it what goes by names: Terrakube teams of the old name lose
// the group, those of the new one get it, and so with administration. What else the group holds, it keeps, and so it does
// links that are paused, with the people whom they keep.
func (c *Change) RenameGroup(ctx context.Context, id, name string) error {
	before, err := c.Group(ctx, id)
	if err == nil {
		err = c.owns(before.Source)
	}
	if err != nil || before.DisplayName == name {
		return err
	}
	if err := checkName("name", name, true); err != nil {
		return err
	}
	left, err := c.teamsOf(ctx, before)
	if err != nil {
		return err
	}
	after := before
	after.DisplayName = name
	if err := c.putGroup(ctx, after); err != nil {
		return err
	}
	c.record("group.update", "", groupRef(id), before, after)
	left, kept, err := c.unpaused(ctx, id, left)
	if err != nil {
		return err
	}
	if err := inOrder(func() error { return c.leaveTeams(ctx, before, left) }, func() error { return c.keepPlaces(ctx, before, kept) }); err != nil {
		return err
	}
	if err := c.absorb(ctx, after); err != nil {
		return err
	}
	return c.takeName(ctx, after)
}

// UpdateGroup changes a group's display name, and where its directory knows it from. It stands in front of the store's
// method of that name, which knows no rules.
func (c *Change) UpdateGroup(ctx context.Context, g Group) error {
	before, err := c.Group(ctx, g.ID)
	if err != nil {
		return err
	}
	if g.Source != before.Source || g.ExternalID != before.ExternalID {
		if err := c.moveGroup(ctx, before, g.Source, g.ExternalID); err != nil {
			return err
		}
	}
	return c.RenameGroup(ctx, g.ID, g.DisplayName)
}

// moveGroup changes where a group is known from. What goes by its name is settled by the trust that is put there.
func (c *Change) moveGroup(ctx context.Context, before Group, source, externalID string) error {
	left, err := c.teamsOf(ctx, before)
	if err != nil {
		return err
	}
	after := before
	after.Source, after.ExternalID = source, externalID
	if err := c.putGroup(ctx, after); err != nil {
		return err
	}
	c.record("group.update", "", groupRef(after.ID), before, after)
	if source == before.Source {
		return nil
	}
	trusted, err := c.trusted(ctx, after)
	if err == nil && !trusted {
		err = c.leaveTeams(ctx, after, left)
	}
	if err != nil {
		return err
	}
	return inOrder(func() error { return c.absorb(ctx, after) }, func() error { return c.takeName(ctx, after) })
}

// leaveTeams takes a group out of Terrakube teams of the name it had. The name stays theirs: a placeholder keeps their
// place for the next group that is called so.
func (c *Change) leaveTeams(ctx context.Context, g Group, teams []Team) error {
	for _, t := range teams {
		links, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: []string{g.ID}, TeamIDs: []string{t.ID}})
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := c.UnlinkGroup(ctx, l); err != nil {
				return err
			}
		}
		if err := c.linkNamed(ctx, t, g.DisplayName); err != nil {
			return err
		}
	}
	return nil
}

// unpaused parts teams to which a group is linked from those whose link to it is paused.
func (c *Change) unpaused(ctx context.Context, groupID string, teams []Team) (linked, paused []Team, err error) {
	links, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: []string{groupID}})
	for _, t := range teams {
		if slices.ContainsFunc(links, func(l GroupLink) bool { return l.TeamID == t.ID && l.Paused }) {
			paused = append(paused, t)
		} else {
			linked = append(linked, t)
		}
	}
	return linked, paused, err
}

// keepPlaces keeps the place of a group that is gone in Terrakube teams of its name, for the next one that is called so.
func (c *Change) keepPlaces(ctx context.Context, gone Group, teams []Team) error {
	if gone.placeholder() {
		return nil
	}
	for _, t := range teams {
		if err := c.linkNamed(ctx, t, gone.DisplayName); err != nil {
			return err
		}
	}
	return nil
}

// linkNamed links a team to every group of a name.
func (c *Change) linkNamed(ctx context.Context, t Team, name string) error {
	groups, err := c.GroupsNamed(ctx, name)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := c.ensureLink(ctx, g.ID, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// ensureLink links a group to a team unless it is linked.
func (c *Change) ensureLink(ctx context.Context, groupID, teamID string) error {
	have, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: []string{groupID}, TeamIDs: []string{teamID}})
	if err != nil || len(have) > 0 {
		return err
	}
	_, err = c.LinkGroup(ctx, groupID, teamID)
	return err
}

// absorb gives a group what the placeholder of its name holds, and ends the placeholder. Tokens of the placeholder, which
// stood for nobody, end with it.
func (c *Change) absorb(ctx context.Context, g Group) error {
	named, err := c.GroupsByName(ctx, g.DisplayName)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(named, Group.placeholder)
	if i < 0 || named[i].ID == g.ID {
		return nil
	}
	if may, err := c.mayTake(ctx, g, named[i]); !may || err != nil {
		return err
	}
	links, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: []string{named[i].ID}})
	if err != nil {
		return err
	}
	for _, l := range links {
		if err := c.ensureLink(ctx, g.ID, l.TeamID); err != nil {
			return err
		}
	}
	grants, err := c.Grants(ctx, GrantFilter{Holder: groupRef(named[i].ID)})
	if err != nil {
		return err
	}
	for _, held := range grants {
		if err := c.mergeGrant(ctx, held, groupRef(g.ID)); err != nil {
			return err
		}
	}
	return c.RemoveGroup(ctx, named[i].ID)
}

// roleAdministrator is what the administrator group holds at the platform (DECISIONS P1).
const roleAdministrator = "terrakube-administrator"

// byAdminGroupSetting marks the grants that the setting made, so that it takes none that a person gave.
const byAdminGroupSetting = "setting:terrakube-admin-group"

// settleAdministrators makes the groups of the administrators' name hold their role, and no other group by this setting.
func (c *Change) settleAdministrators(ctx context.Context) error {
	settings, err := c.Settings(ctx)
	if err != nil {
		return err
	}
	have, err := c.Grants(ctx, GrantFilter{PlatformOnly: true, RoleID: roleAdministrator})
	if err != nil {
		return err
	}
	var want []Group
	if settings.TerrakubeAdminGroup != "" {
		if want, err = groupsTrusted(ctx, c.Queries, settings.TerrakubeAdminGroup, TrustAdministrators); err != nil {
			return err
		}
	}
	for _, g := range have {
		named := slices.ContainsFunc(want, func(w Group) bool { return groupRef(w.ID) == g.Holder })
		if named || g.CreatedBy != byAdminGroupSetting {
			continue
		}
		if err := c.RemoveGrant(ctx, g.ID); err != nil {
			return err
		}
	}
	for _, w := range want {
		if slices.ContainsFunc(have, func(g Grant) bool { return g.Holder == groupRef(w.ID) && g.ExpiresAt.IsZero() }) {
			continue
		}
		if err := c.nameAdministrators(ctx, w, have); err != nil {
			return err
		}
	}
	return nil
}

// nameAdministrators gives a group the administrators' role, in place of one that it holds for a time.
func (c *Change) nameAdministrators(ctx context.Context, w Group, have []Grant) error {
	for _, g := range have {
		if g.Holder == groupRef(w.ID) {
			if err := c.RemoveGrant(ctx, g.ID); err != nil {
				return err
			}
		}
	}
	_, err := c.CreateGrant(ctx, Grant{Holder: groupRef(w.ID), RoleID: roleAdministrator, Scope: authz.Object{Type: schema.TypePlatform, ID: PlatformID}, CreatedBy: byAdminGroupSetting})
	return err
}

// appointAdministrators makes sure that there is a group of the administrators' name, a placeholder until a directory
// brings one, and settles who administers.
func (c *Change) appointAdministrators(ctx context.Context) error {
	settings, err := c.Settings(ctx)
	if err != nil {
		return err
	}
	if settings.TerrakubeAdminGroup != "" {
		if _, err := c.groupsNamed(ctx, settings.TerrakubeAdminGroup, TrustAdministrators); err != nil {
			return err
		}
	}
	return c.settleAdministrators(ctx)
}
