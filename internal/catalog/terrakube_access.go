package catalog

import (
	"context"
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TerrakubeAccess is what a group holds at a workspace or project by a row of its own. Behind it is a grant, held by the
// organization's team of that group if there is one, else by the group itself.
type TerrakubeAccess struct {
	ID     string // of the grant
	Name   string // of the group
	Scope  authz.Object
	Rights TerrakubeRights

	roleID string
	atoms  []schema.Permission
	holder authz.Object
}

// terrakubeWord returns the role of Terrakube that a role is at a type of scope, custom for any other. TFE's fixed levels
// of the same name are the same to whoever reads them.
func terrakubeWord(roleID, scopeType string) string {
	words := terrakubeRoles()
	for _, word := range words {
		if roleID == terrakubePrefix+word {
			return word
		}
	}
	kind, ok := KindOfAccess(scopeType)
	if level := kind.level(roleID); ok && slices.Contains(words, level) {
		return level
	}
	return terrakubeCustom
}

// terrakubeRows returns the rows that grants at one scope are, in order. Grants that are held by neither a team nor a
// group, or have ended, are none.
func (s *Service) terrakubeRows(ctx context.Context, q Queries, grants []Grant) ([]TerrakubeAccess, error) {
	now := s.now()
	grants = slices.DeleteFunc(slices.Clone(grants), func(g Grant) bool {
		return g.Holder.Type != schema.TypeTeam && g.Holder.Type != schema.TypeGroup || !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(now)
	})
	if len(grants) == 0 {
		return nil, nil
	}
	stored, err := rolesOf(ctx, q, grants)
	if err != nil {
		return nil, err
	}
	names, err := namesOfHolders(ctx, q, grants)
	if err != nil {
		return nil, err
	}
	out := make([]TerrakubeAccess, len(grants))
	for i, g := range grants {
		h := held{word: terrakubeWord(g.RoleID, g.Scope.Type), atoms: atomsIn(stored, g.RoleID), exact: true}
		kept := recallRights(g.Attributes)
		out[i] = TerrakubeAccess{ID: g.ID, Scope: g.Scope, Rights: h.shown(kept.rights(), g.Scope.Type), roleID: g.RoleID, atoms: h.atoms, holder: g.Holder}
		if out[i].Name = names[g.Holder][0]; kept != nil && slices.Contains(names[g.Holder], kept.Name) {
			out[i].Name = kept.Name
		}
	}
	return out, nil
}

// namesOfHolders returns, by holder, what a row of it may be called: its own name, and of a team those of its groups.
func namesOfHolders(ctx context.Context, q Queries, grants []Grant) (map[authz.Object][]string, error) {
	var teams, groups []string
	for _, g := range grants {
		if g.Holder.Type == schema.TypeTeam {
			teams = append(teams, g.Holder.ID)
		} else {
			groups = append(groups, g.Holder.ID)
		}
	}
	out := map[authz.Object][]string{}
	var links []GroupLink
	if len(teams) > 0 {
		rows, err := q.Teams(ctx, TeamFilter{IDs: once(teams)})
		if err != nil {
			return nil, err
		}
		for _, t := range rows {
			out[teamRef(t.ID)] = []string{t.Name}
		}
		if links, err = q.GroupLinks(ctx, GroupLinkFilter{TeamIDs: once(teams)}); err != nil {
			return nil, err
		}
	}
	for _, l := range links {
		groups = append(groups, l.GroupID)
	}
	if len(groups) == 0 {
		return out, nil
	}
	rows, err := q.Groups(ctx, once(groups)...)
	if err != nil {
		return nil, err
	}
	for _, g := range rows {
		out[groupRef(g.ID)] = []string{g.DisplayName}
		for _, l := range links {
			if l.GroupID == g.ID {
				out[teamRef(l.TeamID)] = append(out[teamRef(l.TeamID)], g.DisplayName)
			}
		}
	}
	return out, nil
}

// teamNamed returns the team of an organization that stands for the groups of a name, "" for none: it is called exactly so
// and linked to a group that is, whichever protocol made it. A team that merely has the name may have other people, one
// that is merely linked gives to more people than the name means, and the owners team holds everything anyway.
func teamNamed(ctx context.Context, q Queries, organizationID, name string) (string, error) {
	t, err := q.TeamByName(ctx, organizationID, name)
	if fault.Is(err, fault.NotFound) || err == nil && t.Name != name {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	o, err := q.Organization(ctx, organizationID)
	if err != nil || o.OwnersTeamID == t.ID {
		return "", err
	}
	groups, err := groupsTrusted(ctx, q, name, TrustTeams)
	if err != nil || len(groups) == 0 {
		return "", err
	}
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	links, err := q.GroupLinks(ctx, GroupLinkFilter{GroupIDs: ids, TeamIDs: []string{t.ID}})
	if err != nil || len(links) == 0 {
		return "", err
	}
	return t.ID, nil
}

// nameHolder returns who holds what a group of a name is given at a scope: a team, if one was found, else the group. Fault:
// Stale when the team that was found stands for the name no more.
func (c *Change) nameHolder(ctx context.Context, scope authz.Object, team, name string) (authz.Object, error) {
	if team != "" {
		organizationID, _, err := scopeOrganization(ctx, c.Queries, scope)
		if err != nil {
			return authz.Object{}, err
		}
		now, err := teamNamed(ctx, c.Queries, organizationID, name)
		if err == nil && now != team {
			err = fault.New(fault.Stale, "somebody else has changed the team %s", name)
		}
		return teamRef(team), err
	}
	groups, err := c.GroupsNamed(ctx, name)
	if err != nil {
		return authz.Object{}, err
	}
	if len(groups) > 1 {
		return authz.Object{}, fault.At("name", "is that of several groups; add a team of that name to the organization first")
	}
	return groupRef(groups[0].ID), nil
}

// addAccess adds a row for a group of a name at a scope, which has none there.
func (s *Service) addAccess(ctx context.Context, c *Change, row TerrakubeAccess, by string) (Grant, error) {
	if err := s.freeAccess(ctx, c, row); err != nil {
		return Grant{}, err
	}
	organizationID, _, err := scopeOrganization(ctx, c.Queries, row.Scope)
	if err != nil {
		return Grant{}, err
	}
	roleID, err := c.rightsRole(ctx, organizationID, row.Scope.Type, row.Rights)
	if err != nil {
		return Grant{}, err
	}
	kept, err := keepRights("", keptRights{Name: row.Name, Role: row.Rights.Role, Flags: row.Rights.Flags})
	if err != nil {
		return Grant{}, err
	}
	return c.CreateGrant(ctx, Grant{Holder: row.holder, RoleID: roleID, Scope: row.Scope, Attributes: kept, CreatedBy: by})
}

// freeAccess refuses a row of a name, or of a holder, that has one at the scope. What has ended makes place.
func (s *Service) freeAccess(ctx context.Context, c *Change, row TerrakubeAccess) error {
	have, err := c.Grants(ctx, GrantFilter{Scopes: []authz.Object{row.Scope}})
	if err != nil {
		return err
	}
	rows, err := s.terrakubeRows(ctx, c, have)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(rows, func(r TerrakubeAccess) bool {
		return r.ID != row.ID && (r.Name == row.Name || r.holder == row.holder)
	}) {
		return fault.New(fault.Conflict, "%s already has access to the %s", row.Name, row.Scope.Type)
	}
	for _, g := range have {
		if g.Holder != row.holder || g.ID == row.ID {
			continue
		}
		if err := c.RemoveGrant(ctx, g.ID); err != nil {
			return err
		}
	}
	return nil
}

// rightsRole returns the role of rights at a workspace or project: a built-in one, or a new unnamed set.
func (c *Change) rightsRole(ctx context.Context, organizationID, scopeType string, r TerrakubeRights) (string, error) {
	if builtin := r.builtin(); builtin != "" {
		return builtin, nil
	}
	created, err := c.CreateRole(ctx, Role{OrganizationID: organizationID, Permissions: texts(r.given(scopeType))})
	return created.ID, err
}

// changeAccess gives a row other rights. A grant that gives them already, whoever made it, stays what it is.
func (c *Change) changeAccess(ctx context.Context, row TerrakubeAccess, want TerrakubeRights) error {
	h := held{word: terrakubeWord(row.roleID, row.Scope.Type), atoms: row.atoms, exact: true}
	if !h.same(want, row.Scope.Type) {
		if err := c.setRowRights(ctx, row, want); err != nil {
			return err
		}
	}
	g, err := c.Grant(ctx, row.ID)
	if err != nil {
		return err
	}
	before := g
	if g.Attributes, err = keepRights(g.Attributes, keptRights{Name: row.Name, Role: want.Role, Flags: want.Flags}); err != nil {
		return err
	}
	if g == before {
		return nil
	}
	c.record("grant.update", g.OrganizationID, g.Scope, before, g, g.Holder)
	return c.UpdateGrant(ctx, g)
}

// setRowRights changes what a grant gives: its own unnamed set in place, so that no access is missing in between, or else
// its role.
func (c *Change) setRowRights(ctx context.Context, row TerrakubeAccess, want TerrakubeRights) error {
	g, err := c.Grant(ctx, row.ID)
	if err != nil {
		return err
	}
	own, err := c.ownSet(ctx, g)
	if err != nil {
		return err
	}
	if want.builtin() != "" || own.ID == "" {
		roleID, err := c.rightsRole(ctx, g.OrganizationID, g.Scope.Type, want)
		if err != nil {
			return err
		}
		return c.ChangeGrantRole(ctx, g.ID, roleID)
	}
	before := own
	own.Permissions, own.Fields = withRights(own.Permissions, want, g.Scope.Type), nil
	if err := c.ChangeRole(ctx, own); err != nil {
		return err
	}
	c.record("grant.update", g.OrganizationID, g.Scope, before, own, g.Holder)
	return nil
}

// equal reports whether a row is what it was, and gives what it gave.
func (a TerrakubeAccess) equal(o TerrakubeAccess) bool {
	return a.Name == o.Name && a.roleID == o.roleID && a.holder == o.holder && a.Rights.equal(o.Rights) &&
		slices.Equal(slices.Sorted(slices.Values(a.atoms)), slices.Sorted(slices.Values(o.atoms)))
}

// equal reports whether rights read the same.
func (r TerrakubeRights) equal(o TerrakubeRights) bool {
	return (r.Role == nil) == (o.Role == nil) && (r.Role == nil || *r.Role == *o.Role) && maps.Equal(r.Flags, o.Flags)
}
