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

// CreateTeam adds a team. Its id and creation time are set here.
func (c *Change) CreateTeam(ctx context.Context, t Team) (Team, error) {
	if err := c.checkTeam(t); err != nil {
		return Team{}, err
	}
	t.ID, t.CreatedAt = c.random(PrefixTeam), c.now
	if err := c.InsertTeam(ctx, t); err != nil {
		return Team{}, err
	}
	c.touchTeam(t)
	c.record("team.create", t.OrganizationID, teamRef(t.ID), nil, t)
	return t, nil
}

func (c *Change) checkTeam(t Team) error {
	err := checkName("name", t.Name, true)
	if strings.EqualFold(t.Name, OwnersTeamName) {
		err = fault.At("name", "is reserved")
	}
	if t.Visibility != VisibilitySecret && t.Visibility != VisibilityOrganization {
		err = errors.Join(err, fault.At("visibility", "must be secret or organization"))
	}
	return err
}

// ChangeTeam updates a team. The owners team keeps its name and visibility.
func (c *Change) ChangeTeam(ctx context.Context, t Team) error {
	before, err := c.Team(ctx, t.ID)
	if err != nil {
		return err
	}
	o, err := c.Organization(ctx, before.OrganizationID)
	if err != nil {
		return err
	}
	t.OrganizationID, t.CreatedAt = before.OrganizationID, before.CreatedAt
	if o.OwnersTeamID == t.ID {
		if err := keepOwnersTeam(before, t); err != nil {
			return err
		}
	} else if err := c.checkTeam(t); err != nil {
		return err
	}
	if t == before {
		return nil
	}
	if err := c.Queries.UpdateTeam(ctx, t); err != nil {
		return err
	}
	for _, relation := range []string{schema.RelVisibleIn, schema.RelSecretIn, schema.RelTokenSelfService} {
		c.touch(Slice{Resource: teamRef(t.ID), Relation: relation})
	}
	c.record("team.update", t.OrganizationID, teamRef(t.ID), before, t)
	return nil
}

// keepOwnersTeam refuses what would make the owners team another one.
func keepOwnersTeam(before, after Team) error {
	var faults []error
	if after.Name != before.Name {
		faults = append(faults, fault.At("name", "of the owners team cannot be changed"))
	}
	if after.Visibility != before.Visibility {
		faults = append(faults, fault.At("visibility", "of the owners team cannot be changed"))
	}
	return errors.Join(faults...)
}

// UpdateTeam is ChangeTeam. It stands in front of the store's method of that name, which knows no rules.
func (c *Change) UpdateTeam(ctx context.Context, t Team) error { return c.ChangeTeam(ctx, t) }

// DeleteTeam removes a team with its members, links, grants and tokens. The owners team stays.
func (c *Change) DeleteTeam(ctx context.Context, id string) error {
	t, err := c.Team(ctx, id)
	if err != nil {
		return err
	}
	o, err := c.Organization(ctx, t.OrganizationID)
	if err != nil {
		return err
	}
	if o.OwnersTeamID == id {
		return fault.New(fault.Conflict, "the owners team cannot be deleted")
	}
	c.touchTeam(t)
	if err := c.dropGrants(ctx, GrantFilter{Holder: teamRef(id)}); err != nil {
		return err
	}
	if err := c.dropTokens(ctx, TokenTeam, id); err != nil {
		return err
	}
	if err := c.Queries.DeleteTeam(ctx, id); err != nil {
		return err
	}
	c.record("team.delete", t.OrganizationID, teamRef(id), t, nil)
	return nil
}

// touchTeam names what a team is in the projection.
func (c *Change) touchTeam(t Team) {
	org := organizationRef(t.OrganizationID)
	c.touch(whole(teamRef(t.ID)), memberSlice(org, teamRef(t.ID)), Slice{Resource: org, Relation: schema.RelGuest, Subject: teamRef(t.ID)})
	c.touch(minimumSlices(t)...)
}

// Team use cases.

// CreateTeam adds a team; organization.create_team, and create_secret_team for a secret one. A team without a visibility
// is secret where the principal may create such a one, and refused at `visibility` otherwise (DECISIONS P6). Flags in
// access need manage_organization_access as well (DECISIONS P19).
func (s *Service) CreateTeam(ctx context.Context, p Principal, t Team, access TeamAccess) (Team, authz.Token, error) {
	org := organizationRef(t.OrganizationID)
	t, err := s.mayCreateTeam(ctx, p, t)
	if err != nil {
		return Team{}, "", err
	}
	if slices.Contains(slices.Collect(maps.Values(access)), true) {
		if err := s.requireToChange(ctx, p, schema.OrganizationManageOrganizationAccess, org); err != nil {
			return Team{}, "", err
		}
	}
	var created Team
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		if err := errors.Join(c.checkTeam(t), checkAccess(nil, access)); err != nil {
			return err
		}
		if created, err = c.CreateTeam(ctx, t); err != nil {
			return err
		}
		return c.SetTeamAccess(ctx, created, access)
	})
	return created, token, err
}

// mayCreateTeam returns the team with the visibility it gets.
func (s *Service) mayCreateTeam(ctx context.Context, p Principal, t Team) (Team, error) {
	org := organizationRef(t.OrganizationID)
	switch t.Visibility {
	case VisibilitySecret:
		return t, s.requireToChange(ctx, p, schema.OrganizationCreateSecretTeam, org)
	case "":
		err := s.require(ctx, p, schema.OrganizationCreateSecretTeam, org)
		if err == nil {
			t.Visibility = VisibilitySecret
			return t, nil
		}
		if !fault.Is(err, fault.Denied) {
			return t, err
		}
		if err := s.requireToChange(ctx, p, schema.OrganizationCreateTeam, org); err != nil {
			return t, err
		}
		return t, fault.At("visibility", "must be organization: secret teams need access to secret teams")
	case VisibilityOrganization:
	}
	return t, s.requireToChange(ctx, p, schema.OrganizationCreateTeam, org)
}

// TeamChanges are what somebody wants changed about a team. What is nil stays as it is.
type TeamChanges struct {
	Name                       *string
	Description                *string
	Visibility                 *Visibility
	SSOTeamID                  *string
	AllowMemberTokenManagement *bool
	Access                     TeamAccess
}

func (ch TeamChanges) apply(t Team) Team {
	set(&t.Name, ch.Name)
	set(&t.Description, ch.Description)
	set(&t.Visibility, ch.Visibility)
	set(&t.SSOTeamID, ch.SSOTeamID)
	set(&t.AllowMemberTokenManagement, ch.AllowMemberTokenManagement)
	return t
}

// set sets a value to another if there is one.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// UpdateTeam changes a team; team.update, and where they change, team.update_visibility and
// team.update_organization_access. Who holds the last holds every step of the ladder that he may hand on, since each
// carries the one below (DECISIONS P4). Faults: Stale when somebody else changed meanwhile what was asked about.
func (s *Service) UpdateTeam(ctx context.Context, p Principal, teamID string, ch TeamChanges) (authz.Token, error) {
	seen, err := s.store.Team(ctx, teamID)
	if err != nil {
		return "", err
	}
	var needed []schema.Permission
	if ch.apply(seen).Visibility != seen.Visibility {
		needed = append(needed, schema.TeamUpdateVisibility)
	}
	access, err := s.changesAccess(ctx, s.store, seen, ch.Access)
	if err != nil {
		return "", err
	}
	if access {
		needed = append(needed, schema.TeamUpdateOrganizationAccess)
	}
	for _, permission := range append(needed, schema.TeamUpdate) {
		if err := s.requireToChange(ctx, p, permission, teamRef(teamID)); err != nil {
			return "", err
		}
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Team(ctx, teamID)
		if err != nil {
			return err
		}
		changes, err := s.changesAccess(ctx, c, now, ch.Access)
		if err != nil {
			return err
		}
		if now.Visibility != seen.Visibility && ch.Visibility != nil || changes && !access {
			return fault.New(fault.Stale, "somebody else has changed the team")
		}
		err = c.ChangeTeam(ctx, ch.apply(now))
		if err != nil && !fault.Is(err, fault.Invalid) {
			return err
		}
		return errors.Join(err, c.SetTeamAccess(ctx, now, ch.Access)) // both say what is wrong
	})
}

// changesAccess reports whether flags would be changed. Those of the owners team are not, whatever is wished.
func (s *Service) changesAccess(ctx context.Context, q Queries, t Team, want TeamAccess) (bool, error) {
	if len(want) == 0 {
		return false, nil
	}
	o, err := q.Organization(ctx, t.OrganizationID)
	if err != nil || o.OwnersTeamID == t.ID {
		return false, err
	}
	have, err := teamAccess(ctx, q, t)
	return !maps.Equal(have, have.with(want)), err
}

// DeleteTeam deletes a team; team.delete.
func (s *Service) DeleteTeam(ctx context.Context, p Principal, teamID string) (authz.Token, error) {
	return s.on(ctx, p, schema.TeamDelete, teamRef(teamID), func(ctx context.Context, c *Change) error { return c.DeleteTeam(ctx, teamID) })
}
