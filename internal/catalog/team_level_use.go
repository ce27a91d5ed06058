package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// guard returns what seeing a scope needs, seeing everybody's access to it, and changing that.
func (k AccessKind) guard() (see, seeAll, manage schema.Permission) {
	if k.Scope == schema.TypeProject {
		return schema.ProjectRead, schema.ProjectReadAccess, schema.ProjectManageAccess
	}
	return schema.WorkspaceRead, schema.WorkspaceManageAccess, schema.WorkspaceManageAccess
}

// kindOf returns the kind of access to a type of scope as the settings have it; fault.NotFound where there is none.
func (s *Service) kindOf(ctx context.Context, scopeType string) (AccessKind, error) {
	kind, ok := KindOfAccess(scopeType)
	if !ok {
		return kind, fault.New(fault.NotFound, "teams have no level on a %s", scopeType)
	}
	settings, err := s.store.Settings(ctx)
	return kind.inForce(settings), err
}

// ListTeamLevels returns what teams hold at a workspace or project by grants of their own, or one team if it is named, and
// how many there are in all; workspace.read or project.read. Whoever manages access there (or reads it, of a project) sees
// every team that he may see, everybody else the teams he is in (research tfe-api 6.3).
func (s *Service) ListTeamLevels(ctx context.Context, p Principal, scope authz.Object, teamID string, w Window) ([]TeamLevel, int, error) {
	kind, err := s.kindOf(ctx, scope.Type)
	if err != nil {
		return nil, 0, err
	}
	see, _, _ := kind.guard()
	if err := s.require(ctx, p, see, scope); err != nil {
		return nil, 0, err
	}
	filter := GrantFilter{Scopes: []authz.Object{scope}}
	if teamID != "" {
		filter.Holder = teamRef(teamID)
	}
	grants, err := s.store.Grants(ctx, filter)
	if err != nil {
		return nil, 0, err
	}
	seen, err := s.visibleGrants(ctx, p, kind, scope, grants)
	if err != nil {
		return nil, 0, err
	}
	levels, err := teamLevels(ctx, s.store, kind, part(seen, w))
	return levels, len(seen), err
}

// visibleGrants returns those of the grants at a scope that teams hold, that have not ended, and that the principal may
// see. It is one question to the engine.
func (s *Service) visibleGrants(ctx context.Context, p Principal, kind AccessKind, scope authz.Object, grants []Grant) ([]Grant, error) {
	now := s.now()
	grants = slices.DeleteFunc(grants, func(g Grant) bool {
		return g.Holder.Type != schema.TypeTeam || !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(now)
	})
	_, seeAll, _ := kind.guard()
	questions := []authz.Question{
		{Subject: p.Subject, Permission: seeAll.On(scope.Type), Resource: scope},
		{Subject: p.Subject, Permission: schema.PlatformAudit.Name(), Resource: platformRef()},
	}
	for _, g := range grants {
		questions = append(questions,
			authz.Question{Subject: p.Subject, Permission: schema.TeamView.Name(), Resource: g.Holder},
			authz.Question{Subject: p.Subject, Permission: schema.TeamMember.Name(), Resource: g.Holder})
	}
	allowed, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	if err != nil {
		return nil, err
	}
	all := allowed[0] || allowed[1]
	var out []Grant
	for i, g := range grants {
		view, member := allowed[2+2*i], allowed[3+2*i]
		if view && (all || member) {
			out = append(out, g)
		}
	}
	return out, nil
}

// FindTeamLevel returns what a team holds by a grant at a type of scope; as ListTeamLevels, and fault.NotFound for a
// grant that the principal may not see.
func (s *Service) FindTeamLevel(ctx context.Context, p Principal, scopeType, id string) (TeamLevel, error) {
	kind, err := s.kindOf(ctx, scopeType)
	if err != nil {
		return TeamLevel{}, err
	}
	unknown := fault.New(fault.NotFound, "there is no such access")
	g, err := s.store.Grant(ctx, id)
	if err != nil {
		return TeamLevel{}, err
	}
	if g.Scope.Type != scopeType || g.Holder.Type != schema.TypeTeam {
		return TeamLevel{}, unknown
	}
	see, _, _ := kind.guard()
	if err := s.require(ctx, p, see, g.Scope); err != nil {
		return TeamLevel{}, err
	}
	seen, err := s.visibleGrants(ctx, p, kind, g.Scope, []Grant{g})
	if err != nil {
		return TeamLevel{}, err
	}
	if len(seen) == 0 {
		return TeamLevel{}, unknown
	}
	levels, err := teamLevels(ctx, s.store, kind, seen)
	if err != nil {
		return TeamLevel{}, err
	}
	return levels[0], nil
}

// AddTeamLevel gives a team access to a workspace or project; manage_access there and team.assign. Faults: Invalid at
// every field that cannot be, Conflict when the team has access already, NotFound for a team of another organization.
func (s *Service) AddTeamLevel(ctx context.Context, p Principal, scope authz.Object, teamID string, want LevelWanted) (TeamLevel, authz.Token, error) {
	kind, err := s.kindOf(ctx, scope.Type)
	if err != nil {
		return TeamLevel{}, "", err
	}
	if err := s.mayManageLevels(ctx, p, kind, scope, teamID); err != nil {
		return TeamLevel{}, "", err
	}
	level, err := kind.resolve(TeamLevel{TeamID: teamID, Scope: scope, Fields: kind.defaults()}, want)
	if err != nil {
		return TeamLevel{}, "", err
	}
	if err := s.mayGiveLevel(ctx, p, kind, nil, level); err != nil {
		return TeamLevel{}, "", err
	}
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		level, err = c.GiveTeamLevel(ctx, kind, level, p.Subject.ID)
		return err
	})
	return level, token, err
}

// ChangeTeamLevel gives a team another level where it has one; as AddTeamLevel. Fault: Stale when somebody else changed
// the level meanwhile.
func (s *Service) ChangeTeamLevel(ctx context.Context, p Principal, scopeType, id string, want LevelWanted) (TeamLevel, authz.Token, error) {
	seen, err := s.FindTeamLevel(ctx, p, scopeType, id)
	if err != nil {
		return TeamLevel{}, "", err
	}
	kind, err := s.kindOf(ctx, seen.Scope.Type)
	if err != nil {
		return TeamLevel{}, "", err
	}
	if err := s.mayManageLevels(ctx, p, kind, seen.Scope, seen.TeamID); err != nil {
		return TeamLevel{}, "", err
	}
	next, err := kind.resolve(seen, want)
	if err != nil {
		return TeamLevel{}, "", err
	}
	held, err := s.heldBy(ctx, kind, seen)
	if err != nil {
		return TeamLevel{}, "", err
	}
	if err := s.mayGiveLevel(ctx, p, kind, held, next); err != nil {
		return TeamLevel{}, "", err
	}
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		g, err := c.Grant(ctx, id)
		if err != nil {
			return err
		}
		now, err := teamLevels(ctx, c, kind, []Grant{g})
		if err != nil {
			return err
		}
		switch {
		case !now[0].equal(seen):
			return fault.New(fault.Stale, "somebody else has changed the access")
		case seen.equal(next):
			return nil
		}
		return c.ChangeTeamLevel(ctx, kind, next)
	})
	return next, token, err
}

// RemoveTeamLevel takes a team's access to a workspace or project away; manage_access there and sight of the team. Taking
// away more than one holds is allowed.
func (s *Service) RemoveTeamLevel(ctx context.Context, p Principal, scopeType, id string) (authz.Token, error) {
	seen, err := s.FindTeamLevel(ctx, p, scopeType, id)
	if err != nil {
		return "", err
	}
	kind, err := s.kindOf(ctx, seen.Scope.Type)
	if err != nil {
		return "", err
	}
	_, _, manage := kind.guard()
	return s.on(ctx, p, manage, seen.Scope, func(ctx context.Context, c *Change) error { return c.RemoveGrant(ctx, id) })
}

// mayManageLevels asks whether a principal may change what a team holds at a scope of its organization.
func (s *Service) mayManageLevels(ctx context.Context, p Principal, kind AccessKind, scope authz.Object, teamID string) error {
	_, _, manage := kind.guard()
	if err := s.requireToChange(ctx, p, manage, scope); err != nil {
		return err
	}
	if err := s.requireToChange(ctx, p, schema.TeamAssign, teamRef(teamID)); err != nil {
		return err
	}
	t, err := s.store.Team(ctx, teamID)
	if err != nil {
		return err
	}
	organizationID, _, err := scopeOrganization(ctx, s.store, scope)
	if err == nil && t.OrganizationID != organizationID {
		err = fault.New(fault.NotFound, "the team is of another organization")
	}
	return err
}

// mayGiveLevel refuses to hand out what the documents do not let the principal hand out (DESIGN section 2). They let two
// kinds of people set any level: admins of the scope, who hold all that a level gives, and whoever manages organization
// access, since he may set the flags that give every team everything (DECISIONS P4); the organization token is one of
// these. Whoever manages access by a custom set alone, such as a project's `teams: manage`, hands out what he holds
// himself and nothing above (DECISIONS P21): were it otherwise, that field would be worth all others together.
//
// What makes an admin leaves out what not every system's admins have: policy overrides, which the organization delegates,
// and stacks, which have no field of their own. To everybody else both are powers like any other.
func (s *Service) mayGiveLevel(ctx context.Context, p Principal, kind AccessKind, held []schema.Permission, next TeamLevel) error {
	organizationID, _, err := scopeOrganization(ctx, s.store, next.Scope)
	if err != nil {
		return err
	}
	err = s.require(ctx, p, schema.OrganizationManageOrganizationAccess, organizationRef(organizationID))
	if !fault.Is(err, fault.Denied) {
		return err
	}
	builtin, _ := schema.BuiltinRole(kind.whole)
	short, err := s.lacks(ctx, p, slices.DeleteFunc(builtin.Atoms(), func(a schema.Permission) bool {
		return a == schema.WorkspaceOverridePolicy || a.Type() == schema.TypeStack
	}), next.Scope)
	if err != nil || len(short) == 0 {
		return err
	}
	given := slices.DeleteFunc(kind.atoms(next, true), func(a schema.Permission) bool { return slices.Contains(held, a) })
	return s.mayHandOut(ctx, p, given, next.Scope, time.Time{})
}

// heldBy returns what a team holds by a grant, policy overrides included where they only wait for the organization to
// delegate them.
func (s *Service) heldBy(ctx context.Context, kind AccessKind, l TeamLevel) ([]schema.Permission, error) {
	g, err := s.store.Grant(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	held, err := s.roleAtoms(ctx, g.RoleID)
	if l.Level == LevelCustom && kind.wantsOverrides(l.Fields) {
		held = append(held, schema.WorkspaceOverridePolicy)
	}
	return held, err
}
