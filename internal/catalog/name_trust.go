package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// atLeast reports whether a directory is trusted as far as something needs.
func (t NameTrust) atLeast(needed NameTrust) bool { return t.rank() >= needed.rank() }

func (t NameTrust) rank() int {
	return slices.Index([]NameTrust{TrustNone, TrustTeams, TrustAdministrators}, t)
}

// known returns a degree of trust as it is kept: a word that is none of them is the first.
func (t NameTrust) known() NameTrust {
	if t.rank() < 0 {
		return TrustNone
	}
	return t
}

// reserved reports whether a source is one of our own, which no directory may be called.
func reserved(source string) bool { return source == SourceManual || source == SourceTerrakube }

// trustOf returns what the names of a source's groups may stand for. Who keeps groups by hand is trusted wholly, since only
// platform.administer makes one, and a placeholder stands for a name and for nobody. A source that nobody spoke of is
// trusted with nothing.
func trustOf(ctx context.Context, q Queries, source string) (NameTrust, error) {
	if reserved(source) {
		return TrustAdministrators, nil
	}
	d, err := q.Directory(ctx, source)
	if fault.Is(err, fault.NotFound) {
		return TrustNone, nil
	}
	return d.Trust.known(), err
}

// groupsTrusted returns the groups of a display name whose names may stand for something, placeholders included.
func groupsTrusted(ctx context.Context, q Queries, name string, needed NameTrust) ([]Group, error) {
	all, err := q.GroupsByName(ctx, name)
	if err != nil {
		return nil, err
	}
	var out []Group
	for _, g := range all {
		trust, err := trustOf(ctx, q, g.Source)
		if err != nil {
			return nil, err
		}
		if trust.atLeast(needed) {
			out = append(out, g)
		}
	}
	return out, nil
}

// trusted reports whether teams may go by a group's name.
func (c *Change) trusted(ctx context.Context, g Group) (bool, error) {
	t, err := c.trustIn(ctx, g.Source)
	return t.atLeast(TrustTeams), err
}

// mayTake reports whether a group may get by its name what a placeholder holds: whoever is trusted with teams alone gets
// nothing that reaches beyond organizations.
func (c *Change) mayTake(ctx context.Context, g, placeholder Group) (bool, error) {
	trust, err := c.trustIn(ctx, g.Source)
	if err != nil || trust != TrustTeams {
		return trust == TrustAdministrators, err
	}
	settings, err := c.Settings(ctx)
	if err != nil || settings.TerrakubeAdminGroup == placeholder.DisplayName {
		return false, err
	}
	held, err := c.Grants(ctx, GrantFilter{PlatformOnly: true, Holder: groupRef(placeholder.ID), Limit: 1})
	return len(held) == 0, err
}

// settleTrust gives and takes what goes by the names of a directory's groups, after it has come to be trusted otherwise.
// left are, by group, the Terrakube teams that the groups had by their names.
func (c *Change) settleTrust(ctx context.Context, source string, left map[string][]Team) error {
	groups, err := c.GroupsOf(ctx, source)
	if err != nil {
		return err
	}
	for _, g := range groups {
		trusted, err := c.trusted(ctx, g)
		if err != nil {
			return err
		}
		if !trusted {
			if err := c.leaveTeams(ctx, g, left[g.ID]); err != nil {
				return err
			}
			continue
		}
		if err := inOrder(func() error { return c.absorb(ctx, g) }, func() error { return c.joinNamed(ctx, g) }); err != nil {
			return err
		}
	}
	return c.appointAdministrators(ctx)
}

// teamsByNames returns, by group, the Terrakube teams that the groups of a directory have by their names.
func (c *Change) teamsByNames(ctx context.Context, source string) (map[string][]Team, error) {
	groups, err := c.GroupsOf(ctx, source)
	if err != nil {
		return nil, err
	}
	out := map[string][]Team{}
	for _, g := range groups {
		if out[g.ID], err = c.teamsOf(ctx, g); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// teamsOf returns the Terrakube teams that a group has by its name: none, unless its name may stand for some.
func (c *Change) teamsOf(ctx context.Context, g Group) ([]Team, error) {
	if trusted, err := c.trusted(ctx, g); !trusted || err != nil {
		return nil, err
	}
	return c.teamsNamed(ctx, g.DisplayName)
}

// joinNamed links a group to the Terrakube teams of its name, if that may stand for some.
func (c *Change) joinNamed(ctx context.Context, g Group) error {
	teams, err := c.teamsOf(ctx, g)
	if err != nil {
		return err
	}
	for _, t := range teams {
		if err := c.ensureLink(ctx, g.ID, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// administersByGrant reports whether a user has, by a grant to himself or to a group that he is in, what site admins have
// over the platform. It says so of the suspended as well: of what they get back.
func administersByGrant(ctx context.Context, c *Change, userID string) (bool, error) {
	grants, err := c.Grants(ctx, GrantFilter{PlatformOnly: true})
	if err != nil {
		return false, err
	}
	stored, err := rolesOf(ctx, c.Queries, grants)
	if err != nil {
		return false, err
	}
	var groups map[string]bool
	for _, g := range grants {
		if c.ended(g) || !slices.Contains(atomsIn(stored, g.RoleID), schema.PlatformAdminister) {
			continue
		}
		if g.Holder == userRef(userID) {
			return true, nil
		}
		if g.Holder.Type != schema.TypeGroup {
			continue
		}
		if groups == nil {
			if groups, err = c.groupsAround(ctx, userID, c.now); err != nil {
				return false, err
			}
			if groups == nil {
				groups = map[string]bool{}
			}
		}
		if groups[g.Holder.ID] {
			return true, nil
		}
	}
	return false, nil
}
