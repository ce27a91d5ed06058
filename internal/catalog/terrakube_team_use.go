package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// superuser is the permission that Terrakube's superusers hold at the platform and nobody else but site admins: to manage
// the teams of every organization (DECISIONS P1).
const superuser = schema.OrganizationManageOrganizationAccess

// mayManageTeams asks for a permission on a team or its organization; with parity, for a superuser.
func (s *Service) mayManageTeams(ctx context.Context, p Principal, permission schema.Permission, on authz.Object) error {
	if s.parity {
		return s.requireToChange(ctx, p, superuser, platformRef())
	}
	return s.requireToChange(ctx, p, permission, on)
}

// ListTerrakubeTeams returns the teams of an organization that the principal may see, by name, or the one of a name if it
// is given; organization.view, and team.view of each. What a team holds is shown to whoever may read its organization
// access, with parity to everybody.
func (s *Service) ListTerrakubeTeams(ctx context.Context, p Principal, organizationID, name string) ([]TerrakubeTeam, error) {
	if err := s.require(ctx, p, schema.OrganizationView, organizationRef(organizationID)); err != nil {
		return nil, err
	}
	all, err := s.store.Teams(ctx, TeamFilter{OrganizationID: organizationID})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t Team) bool { return name != "" && t.Name != name })
	slices.SortFunc(all, func(a, b Team) int { return compareNames(a.Name, b.Name) })
	seen, err := keepVisible(ctx, s, p, schema.TeamView, all, func(t Team) authz.Object { return teamRef(t.ID) })
	if err != nil || len(seen) == 0 {
		return nil, err
	}
	return s.terrakubeTeams(ctx, p, organizationID, seen)
}

// FindTerrakubeTeam returns a team of an organization; as ListTerrakubeTeams. Faults: Denied where the principal may not
// see it, NotFound for a team of another organization.
func (s *Service) FindTerrakubeTeam(ctx context.Context, p Principal, organizationID, id string) (TerrakubeTeam, error) {
	t, err := s.store.Team(ctx, id)
	if err == nil && t.OrganizationID != organizationID {
		err = fault.New(fault.NotFound, "there is no team %s", id)
	}
	if err != nil {
		return TerrakubeTeam{}, err
	}
	if err := s.require(ctx, p, schema.TeamView, teamRef(id)); err != nil {
		return TerrakubeTeam{}, err
	}
	shown, err := s.terrakubeTeams(ctx, p, organizationID, []Team{t})
	if err != nil {
		return TerrakubeTeam{}, err
	}
	return shown[0], nil
}

// terrakubeTeams returns teams of one organization that the principal may see as Terrakube shows them, in order.
func (s *Service) terrakubeTeams(ctx context.Context, p Principal, organizationID string, teams []Team) ([]TerrakubeTeam, error) {
	o, err := s.store.Organization(ctx, organizationID)
	if err != nil {
		return nil, err
	}
	refs := make([]authz.Object, len(teams))
	for i, t := range teams {
		refs[i] = teamRef(t.ID)
	}
	reads, err := s.Held(ctx, p, refs, schema.TeamReadOrganizationAccess)
	if err != nil {
		return nil, err
	}
	var holder authz.Object // whose grants are read; everybody's for more than one team
	if len(teams) == 1 {
		holder = refs[0]
	}
	all, err := terrakubeHeld(ctx, s.store, organizationID, holder)
	if err != nil {
		return nil, err
	}
	out := make([]TerrakubeTeam, len(teams))
	for i, t := range teams {
		out[i] = terrakubeTeam(t, all[t.ID], o)
		if !reads[i][schema.TeamReadOrganizationAccess] && !s.parity && o.OwnersTeamID != t.ID {
			out[i].Rights = nil
		}
	}
	return out, nil
}

// CreateTerrakubeTeam adds a team of the people of every group of its name (DECISIONS P3, P11);
// organization.manage_organization_access, since it comes with rights. Faults: Conflict for a name that another team has,
// in any case of letters.
func (s *Service) CreateTerrakubeTeam(ctx context.Context, p Principal, organizationID, name string, r TerrakubeRights) (TerrakubeTeam, authz.Token, error) {
	if err := s.mayManageTeams(ctx, p, schema.OrganizationManageOrganizationAccess, organizationRef(organizationID)); err != nil {
		return TerrakubeTeam{}, "", err
	}
	var created TerrakubeTeam
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		o, err := c.Organization(ctx, organizationID)
		if err != nil {
			return err
		}
		t, err := c.createTerrakubeTeam(ctx, o, name, r, s.parity)
		if err != nil {
			return err
		}
		created, err = c.terrakubeTeam(ctx, o, t)
		return err
	})
	return created, token, err
}

// terrakubeTeam returns a team as it is by now.
func (c *Change) terrakubeTeam(ctx context.Context, o Organization, t Team) (TerrakubeTeam, error) {
	all, err := terrakubeHeld(ctx, c.Queries, o.ID, teamRef(t.ID))
	return terrakubeTeam(t, all[t.ID], o), err
}

// TerrakubeTeamChanges are what somebody wants changed about a team; an edit gets the rights as they are shown.
type TerrakubeTeamChanges struct {
	Name   *string
	Rights func(TerrakubeRights) TerrakubeRights // nil: they stay
}

// UpdateTerrakubeTeam changes what a team may, and whose people it has; team.update_organization_access. The owners team
// is changed by nobody.
func (s *Service) UpdateTerrakubeTeam(ctx context.Context, p Principal, id string, ch TerrakubeTeamChanges) (authz.Token, error) {
	t, err := s.store.Team(ctx, id)
	if err != nil {
		return "", err
	}
	if err := s.mayManageTeams(ctx, p, schema.TeamUpdateOrganizationAccess, teamRef(id)); err != nil {
		return "", err
	}
	o, err := s.store.Organization(ctx, t.OrganizationID)
	if err != nil {
		return "", err
	}
	if o.OwnersTeamID == id {
		err := fault.New(fault.Denied, "the owners team holds everything")
		return "", s.refused(ctx, p, schema.TeamUpdateOrganizationAccess, teamRef(id), err)
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Team(ctx, id)
		if err != nil {
			return err
		}
		if ch.Name != nil && *ch.Name != now.Name {
			if err := c.renameTerrakubeTeam(ctx, now, *ch.Name); err != nil {
				return err
			}
			now.Name = *ch.Name
		}
		return c.changeTeamRights(ctx, o, now, ch.Rights)
	})
}

// changeTeamRights gives a team the rights that an edit makes of those it has.
func (c *Change) changeTeamRights(ctx context.Context, o Organization, t Team, edit func(TerrakubeRights) TerrakubeRights) error {
	if edit == nil {
		return nil
	}
	shown, err := c.terrakubeTeam(ctx, o, t)
	if err != nil {
		return err
	}
	given, err := c.givenRights(ctx, t, *shown.Rights)
	if err != nil {
		return err
	}
	want := edit(given)
	after := t
	if after.Attributes, err = keepRights(t.Attributes, keptRights{Role: want.Role, Flags: want.Flags}); err != nil {
		return err
	}
	if err := c.ChangeTeam(ctx, after); err != nil {
		return err
	}
	return c.setTeamRights(ctx, t, want)
}

// givenRights returns rights as they are shown without what only follows from what another protocol gave: an edit of one
// boolean would give the team that a second time.
func (c *Change) givenRights(ctx context.Context, t Team, shown TerrakubeRights) (TerrakubeRights, error) {
	sets, err := accessSets(ctx, c.Queries, t.OrganizationID, teamRef(t.ID))
	if err != nil {
		return shown, err
	}
	direct := flagsAmongst(schema.Expand(patternsOf(sets[t.ID])), schema.TypeOrganization)
	kept := recallRights(t.Attributes)
	out := TerrakubeRights{Role: shown.Role, Flags: map[string]bool{}}
	for name, set := range shown.Flags {
		out.Flags[name] = set && (direct[name] || kept != nil && kept.Flags[name])
	}
	return out, nil
}

// DeleteTerrakubeTeam deletes a team with everything it holds; team.delete. The groups stay.
func (s *Service) DeleteTerrakubeTeam(ctx context.Context, p Principal, id string) (authz.Token, error) {
	if err := s.mayManageTeams(ctx, p, schema.TeamDelete, teamRef(id)); err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error { return c.DeleteTeam(ctx, id) })
}
