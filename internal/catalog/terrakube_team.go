package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// TerrakubeTeam is a team as Terrakube shows it.
type TerrakubeTeam struct {
	Team
	// Rights are nil for whoever may not know them.
	Rights *TerrakubeRights
}

// membershipRole returns what every team made by Terrakube holds, and where (DECISIONS P3). Terrakube itself hides what
// is in a project; with parity the team sees what is in none, which here is the default project.
func membershipRole(o Organization, parity bool) (role string, scope authz.Object) {
	if parity {
		return terrakubePrefix + terrakubeRead, projectRef(o.DefaultProjectID)
	}
	return "terrakube-member", organizationRef(o.ID)
}

// terrakubeHeld returns what teams of an organization hold at it for good, by team, or one team alone.
func terrakubeHeld(ctx context.Context, q Queries, organizationID string, holder authz.Object) (map[string]held, error) {
	grants, err := q.Grants(ctx, GrantFilter{Scopes: []authz.Object{organizationRef(organizationID)}, Holder: holder})
	if err != nil {
		return nil, err
	}
	grants = slices.DeleteFunc(grants, func(g Grant) bool { return g.Holder.Type != schema.TypeTeam || !g.ExpiresAt.IsZero() })
	stored, err := rolesOf(ctx, q, grants)
	if err != nil {
		return nil, err
	}
	out := map[string]held{}
	for _, g := range grants {
		h, ok := out[g.Holder.ID]
		if !ok {
			h.word = terrakubeCustom
		}
		h.word = higher(h.word, terrakubeWord(g.RoleID, schema.TypeOrganization))
		h.atoms = append(h.atoms, atomsIn(stored, g.RoleID)...)
		out[g.Holder.ID] = h
	}
	return out, nil
}

// atomsIn returns what a role gives, of those that are built in or among some.
func atomsIn(stored []Role, roleID string) []schema.Permission {
	if builtin, ok := schema.BuiltinRole(roleID); ok {
		return builtin.Atoms()
	}
	i := slices.IndexFunc(stored, func(r Role) bool { return r.ID == roleID })
	if i < 0 {
		return nil
	}
	return schema.Close(schema.Expand(stored[i].Permissions))
}

// higher returns the higher one of two of Terrakube's roles, of which custom is the lowest.
func higher(a, b string) string {
	for _, word := range terrakubeRoles() {
		if a == word || b == word {
			return word
		}
	}
	return terrakubeCustom
}

// terrakubeTeam returns a team as Terrakube shows it to somebody who may know what it holds.
func terrakubeTeam(t Team, h held, o Organization) TerrakubeTeam {
	if h.word == "" {
		h.word = terrakubeCustom
	}
	if o.OwnersTeamID == t.ID {
		builtin, _ := schema.BuiltinRole(schema.RoleOwner)
		h = held{word: terrakubeAdmin, atoms: builtin.Atoms(), exact: true}
	}
	rights := h.shown(recallRights(t.Attributes).rights(), schema.TypeOrganization)
	return TerrakubeTeam{Team: t, Rights: &rights}
}

// setTeamRights gives a team the rights that Terrakube's client sent, in place of those that Terrakube gave it before.
func (c *Change) setTeamRights(ctx context.Context, t Team, r TerrakubeRights) error {
	org := organizationRef(t.OrganizationID)
	if err := c.setTeamRole(ctx, t, r.builtin()); err != nil {
		return err
	}
	byTeam, err := accessSets(ctx, c.Queries, t.OrganizationID, teamRef(t.ID))
	if err != nil {
		return err
	}
	sets := byTeam[t.ID]
	before := patternsOf(sets)
	after := withRights(before, r, org.Type)
	slices.Sort(before)
	if slices.Equal(slices.Compact(before), after) && len(sets) < 2 {
		return nil
	}
	c.record("team.update_organization_access", t.OrganizationID, teamRef(t.ID), before, after)
	return c.writeAccess(ctx, t, sets, after)
}

// setTeamRole makes a team hold one of Terrakube's roles at its organization, "" for none, and no other of them.
func (c *Change) setTeamRole(ctx context.Context, t Team, want string) error {
	org := organizationRef(t.OrganizationID)
	have, err := c.Grants(ctx, GrantFilter{Scopes: []authz.Object{org}, Holder: teamRef(t.ID)})
	if err != nil {
		return err
	}
	have = slices.DeleteFunc(have, func(g Grant) bool {
		return g.RoleID != want && (!g.ExpiresAt.IsZero() || terrakubeWord(g.RoleID, org.Type) == terrakubeCustom)
	})
	holds := slices.ContainsFunc(have, func(g Grant) bool { return g.RoleID == want && g.ExpiresAt.IsZero() })
	for _, g := range have {
		switch {
		case g.RoleID == want && g.ExpiresAt.IsZero():
			continue
		case !holds && want != "" && g.ExpiresAt.IsZero() && !slices.ContainsFunc(have, func(other Grant) bool { return other.RoleID == want }):
			err = c.ChangeGrantRole(ctx, g.ID, want) // in place, so that no access is missing in between
			holds = true
		default:
			err = c.RemoveGrant(ctx, g.ID)
		}
		if err != nil {
			return err
		}
	}
	if holds || want == "" {
		return nil
	}
	_, err = c.CreateGrant(ctx, Grant{Holder: teamRef(t.ID), RoleID: want, Scope: org})
	return err
}

// createTerrakubeTeam adds a team of the people of all groups of its name, with what every such team holds.
func (c *Change) createTerrakubeTeam(ctx context.Context, o Organization, name string, r TerrakubeRights, parity bool) (Team, error) {
	kept, err := keepRights("", keptRights{Role: r.Role, Flags: r.Flags})
	if err != nil {
		return Team{}, err
	}
	t, err := c.CreateTeam(ctx, Team{
		OrganizationID: o.ID, Name: name, Visibility: VisibilityOrganization, AllowMemberTokenManagement: true, Attributes: kept,
	})
	if err != nil {
		return Team{}, err
	}
	role, scope := membershipRole(o, parity)
	if _, err := c.CreateGrant(ctx, Grant{Holder: teamRef(t.ID), RoleID: role, Scope: scope}); err != nil {
		return Team{}, err
	}
	if err := c.linkNamed(ctx, t, name); err != nil {
		return Team{}, err
	}
	return t, c.setTeamRights(ctx, t, r)
}

// renameTerrakubeTeam gives a team another name, and the people of the groups of that name in place of those of the old
// one.
func (c *Change) renameTerrakubeTeam(ctx context.Context, t Team, name string) error {
	after := t
	after.Name = name
	if err := c.ChangeTeam(ctx, after); err != nil {
		return err
	}
	links, err := c.GroupLinks(ctx, GroupLinkFilter{TeamIDs: []string{t.ID}})
	if err != nil {
		return err
	}
	for _, l := range links {
		g, err := c.Group(ctx, l.GroupID)
		if err != nil {
			return err
		}
		trusted, err := c.trusted(ctx, g)
		if err != nil {
			return err
		}
		if g.DisplayName != t.Name || !trusted {
			continue
		}
		if err := c.UnlinkGroup(ctx, l); err != nil {
			return err
		}
	}
	return c.linkNamed(ctx, t, name)
}
