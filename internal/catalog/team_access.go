package catalog

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TeamAccess are the organization permissions of a team that TFE's API shows as flags, each set or not. As a wish it holds
// the flags that somebody named; the others stay what they are.
type TeamAccess map[schema.Permission]bool

// AccessFlags returns the permissions that are flags of a team, in the order of the vocabulary: atoms of the organization
// that TFE's API calls by the same name (research tfe-api 2.1).
func AccessFlags() []schema.Permission {
	var out []schema.Permission
	for _, e := range schema.Vocabulary() {
		if e.Permission.Type() == schema.TypeOrganization && e.Kind == schema.Atom && slices.Contains(e.Names(schema.TFE), FlagName(e.Permission)) {
			out = append(out, e.Permission)
		}
	}
	return out
}

// FlagName returns what TFE's API calls a flag: "manage-projects".
func FlagName(p schema.Permission) string { return strings.ReplaceAll(p.Name(), "_", "-") }

// flagsIn returns the flags that patterns set, without what those imply: a flag that nobody set reads false.
func flagsIn(patterns []string) TeamAccess {
	atoms := schema.Expand(patterns)
	out := TeamAccess{}
	for _, flag := range AccessFlags() {
		out[flag] = slices.Contains(atoms, flag)
	}
	return out
}

// with returns the flags after a wish. Whatever is named and is no flag is ignored.
func (a TeamAccess) with(want TeamAccess) TeamAccess {
	out := maps.Clone(a)
	for flag, set := range want {
		if _, known := a[flag]; known {
			out[flag] = set
		}
	}
	return out
}

// prerequisite says that a flag needs one of some others on the same team (research tfe-api 2.1, 6.4).
type prerequisite struct {
	flag  schema.Permission
	anyOf []schema.Permission
}

func prerequisites() []prerequisite {
	return []prerequisite{
		{schema.OrganizationManageProjects, []schema.Permission{schema.OrganizationManageWorkspaces}},
		{schema.OrganizationReadProjects, []schema.Permission{schema.OrganizationReadWorkspaces, schema.OrganizationManageWorkspaces}},
		{schema.OrganizationManageTeams, []schema.Permission{schema.OrganizationManageMembership}},
		{schema.OrganizationManageOrganizationAccess, []schema.Permission{schema.OrganizationManageMembership}},
		{schema.OrganizationManageOrganizationAccess, []schema.Permission{schema.OrganizationManageTeams}},
		{schema.OrganizationAccessSecretTeams, []schema.Permission{
			schema.OrganizationManageMembership, schema.OrganizationManageTeams, schema.OrganizationManageOrganizationAccess,
		}},
	}
}

func (p prerequisite) met(a TeamAccess) bool {
	return !a[p.flag] || slices.ContainsFunc(p.anyOf, func(other schema.Permission) bool { return a[other] })
}

// checkAccess reports every prerequisite that a change of flags leaves unmet. One that was unmet before is no fault of
// this change.
func checkAccess(before, after TeamAccess) error {
	var faults []error
	for _, p := range prerequisites() {
		if p.met(after) || !p.met(before) {
			continue
		}
		names := make([]string, len(p.anyOf))
		for i, other := range p.anyOf {
			names[i] = FlagName(other)
		}
		faults = append(faults, fault.At("organization-access/"+FlagName(p.flag), "requires %s", strings.Join(names, " or ")))
	}
	return errors.Join(faults...)
}

// accessSet is where a team's flags are kept: the unnamed role of a grant at its organization, or one of OTF's roles there,
// which is a flag by itself.
type accessSet struct {
	grant Grant
	role  Role
	flag  schema.Permission // "" for an unnamed role
}

// accessSets returns where the flags of teams of one organization are kept, by team. One grant is all that this package
// makes; more are merged when the flags change.
func accessSets(ctx context.Context, q Queries, organizationID string, holder authz.Object) (map[string][]accessSet, error) {
	grants, err := q.Grants(ctx, GrantFilter{Scopes: []authz.Object{organizationRef(organizationID)}, Holder: holder})
	if err != nil {
		return nil, err
	}
	grants = slices.DeleteFunc(grants, func(g Grant) bool { return g.Holder.Type != schema.TypeTeam || !g.ExpiresAt.IsZero() })
	roles, err := rolesOf(ctx, q, grants)
	if err != nil {
		return nil, err
	}
	out := map[string][]accessSet{}
	for _, g := range grants {
		if flag := switchOf(g.RoleID); flag != "" {
			out[g.Holder.ID] = append(out[g.Holder.ID], accessSet{grant: g, flag: flag})
		}
		i := slices.IndexFunc(roles, func(r Role) bool { return r.ID == g.RoleID && r.Name == "" })
		if i >= 0 {
			out[g.Holder.ID] = append(out[g.Holder.ID], accessSet{grant: g, role: roles[i]})
		}
	}
	return out, nil
}

// flagsOf returns the flags that a team's sets give it.
func flagsOf(sets []accessSet) TeamAccess {
	out := flagsIn(patternsOf(sets))
	for _, s := range sets {
		if s.flag != "" {
			out[s.flag] = true
		}
	}
	return out
}

func patternsOf(sets []accessSet) []string {
	var out []string
	for _, s := range sets {
		out = append(out, s.role.Permissions...)
	}
	return out
}

// teamAccess returns the flags of a team.
func teamAccess(ctx context.Context, q Queries, t Team) (TeamAccess, error) {
	sets, err := accessSets(ctx, q, t.OrganizationID, teamRef(t.ID))
	return flagsOf(sets[t.ID]), err
}

// SetTeamAccess sets flags of a team. The owners team holds everything anyway, and nothing changes there (DECISIONS P5).
// Faults: Invalid for every prerequisite that is not met, at its flag.
func (c *Change) SetTeamAccess(ctx context.Context, t Team, want TeamAccess) error {
	o, err := c.Organization(ctx, t.OrganizationID)
	if err != nil || o.OwnersTeamID == t.ID {
		return err
	}
	byTeam, err := accessSets(ctx, c.Queries, t.OrganizationID, teamRef(t.ID))
	if err != nil {
		return err
	}
	sets := byTeam[t.ID]
	before := flagsOf(sets)
	after := before.with(want)
	if maps.Equal(before, after) {
		return nil
	}
	if err := checkAccess(before, after); err != nil {
		return err
	}
	c.record("team.update_organization_access", t.OrganizationID, teamRef(t.ID), before, after)
	settled, err := c.turnSwitches(ctx, t, sets, before, after)
	if err != nil {
		return err
	}
	own := slices.DeleteFunc(sets, func(s accessSet) bool { return s.flag != "" })
	permissions := withFlags(patternsOf(own), before, after, settled)
	if slices.Equal(permissions, patternsOf(own)) {
		return nil
	}
	return c.writeAccess(ctx, t, own, permissions)
}

// withFlags returns patterns that set the flags of after in place of those of before, but for those that are settled
// elsewhere. What else the patterns give, since another protocol put it there, stays.
func withFlags(patterns []string, before, after TeamAccess, settled map[schema.Permission]bool) []string {
	out := []string{}
	for _, pattern := range patterns {
		atoms := schema.Expand([]string{pattern})
		cleared := func(p schema.Permission) bool { return before[p] && !after[p] }
		if !slices.ContainsFunc(atoms, cleared) {
			out = append(out, pattern)
			continue
		}
		out = append(out, texts(slices.DeleteFunc(atoms, cleared))...)
	}
	for _, flag := range AccessFlags() {
		if after[flag] && !before[flag] && !settled[flag] {
			out = append(out, string(flag))
		}
	}
	return out
}

// writeAccess makes one grant hold the permissions, or none when there are none.
func (c *Change) writeAccess(ctx context.Context, t Team, sets []accessSet, permissions []string) error {
	if len(sets) == 1 && len(permissions) > 0 {
		own, err := c.ownSet(ctx, sets[0].grant)
		if err != nil {
			return err
		}
		if own.ID != "" { // in place, so that no access is missing in between
			own.Permissions = permissions
			return c.ChangeRole(ctx, own)
		}
	}
	for _, s := range sets {
		if err := c.RemoveGrant(ctx, s.grant.ID); err != nil {
			return err
		}
	}
	if len(permissions) == 0 {
		return nil
	}
	r, err := c.CreateRole(ctx, Role{OrganizationID: t.OrganizationID, Permissions: permissions})
	if err != nil {
		return err
	}
	_, err = c.CreateGrant(ctx, Grant{Holder: teamRef(t.ID), RoleID: r.ID, Scope: organizationRef(t.OrganizationID)})
	return err
}
