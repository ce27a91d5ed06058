package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// accessGuard returns what seeing and changing the rows of a scope needs. Terrakube itself lets its superusers change the
// rows of a project without reading them.
func (s *Service) accessGuard(scope authz.Object) (see, manage schema.Permission, err error) {
	switch {
	case scope.Type == schema.TypeWorkspace:
		return schema.WorkspaceManageAccess, schema.WorkspaceManageAccess, nil
	case scope.Type == schema.TypeProject && s.parity:
		return schema.ProjectUpdate, schema.ProjectManageAccess, nil
	case scope.Type == schema.TypeProject:
		return schema.ProjectReadAccess, schema.ProjectManageAccess, nil
	}
	return "", "", fault.New(fault.NotFound, "there are no rows of access on a %s", scope.Type)
}

// seesAccess reports whether a principal may see the rows of a scope.
func (s *Service) seesAccess(ctx context.Context, p Principal, scope authz.Object) error {
	see, _, err := s.accessGuard(scope)
	if err != nil {
		return err
	}
	err = s.require(ctx, p, see, scope)
	if fault.Is(err, fault.Denied) && s.require(ctx, p, schema.PlatformAudit, platformRef()) == nil {
		return nil
	}
	return err
}

// ListTerrakubeAccess returns the rows of a workspace or project: what teams and groups hold there, whichever protocol
// gave it; workspace.manage_access, project.read_access or platform.audit, and team.view of each team. Whoever holds none
// sees none.
func (s *Service) ListTerrakubeAccess(ctx context.Context, p Principal, scope authz.Object) ([]TerrakubeAccess, error) {
	err := s.seesAccess(ctx, p, scope)
	if fault.Is(err, fault.Denied) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	grants, err := s.store.Grants(ctx, GrantFilter{Scopes: []authz.Object{scope}})
	if err != nil {
		return nil, err
	}
	rows, err := s.terrakubeRows(ctx, s.store, grants)
	if err != nil {
		return nil, err
	}
	return s.visibleRows(ctx, p, rows)
}

// visibleRows returns those rows whose team, if a team holds them, the principal may see.
func (s *Service) visibleRows(ctx context.Context, p Principal, rows []TerrakubeAccess) ([]TerrakubeAccess, error) {
	byTeam := slices.DeleteFunc(slices.Clone(rows), func(r TerrakubeAccess) bool { return r.holder.Type != schema.TypeTeam })
	if len(byTeam) == 0 {
		return rows, nil
	}
	seen, err := keepVisible(ctx, s, p, schema.TeamView, byTeam, func(r TerrakubeAccess) authz.Object { return r.holder })
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(r TerrakubeAccess) bool {
		return r.holder.Type == schema.TypeTeam && !slices.ContainsFunc(seen, func(v TerrakubeAccess) bool { return v.ID == r.ID })
	}), nil
}

// FindTerrakubeAccess returns a row of a workspace or project; as ListTerrakubeAccess. Faults: Denied where the principal
// may not see it, NotFound for a row of another scope.
func (s *Service) FindTerrakubeAccess(ctx context.Context, p Principal, scope authz.Object, id string) (TerrakubeAccess, error) {
	unknown := fault.New(fault.NotFound, "there is no access %s", id)
	g, err := s.store.Grant(ctx, id)
	if err != nil {
		return TerrakubeAccess{}, err
	}
	if g.Scope != scope {
		return TerrakubeAccess{}, unknown
	}
	if err := s.seesAccess(ctx, p, scope); err != nil {
		return TerrakubeAccess{}, err
	}
	rows, err := s.terrakubeRows(ctx, s.store, []Grant{g})
	if err == nil && len(rows) > 0 {
		rows, err = s.visibleRows(ctx, p, rows)
	}
	if err != nil {
		return TerrakubeAccess{}, err
	}
	if len(rows) == 0 {
		return TerrakubeAccess{}, unknown
	}
	return rows[0], nil
}

// teamOf returns the team of an organization that stands for the groups of a name, "" for none (see teamNamed). A team that
// the principal may not give access to stands for nobody here.
func (s *Service) teamOf(ctx context.Context, p Principal, organizationID, name string) (string, error) {
	id, err := teamNamed(ctx, s.store, organizationID, name)
	if err != nil || id == "" {
		return "", err
	}
	may, err := keepVisible(ctx, s, p, schema.TeamAssign, []string{id}, teamRef)
	if err != nil || len(may) == 0 {
		return "", err
	}
	return id, nil
}

// mayGiveRights refuses to hand out at a scope more than one holds there (DECISIONS P4). Whoever manages organization
// access may set the rights that give a team everything everywhere, so he hands out any. Terrakube itself lets whoever manages a workspace make others its admins.
func (s *Service) mayGiveRights(ctx context.Context, p Principal, scope authz.Object, given []schema.Permission) error {
	if s.parity {
		return nil
	}
	organizationID, _, err := scopeOrganization(ctx, s.store, scope)
	if err != nil {
		return err
	}
	err = s.require(ctx, p, schema.OrganizationManageOrganizationAccess, organizationRef(organizationID))
	if !fault.Is(err, fault.Denied) {
		return err
	}
	return s.mayHandOut(ctx, p, given, scope, time.Time{})
}

// AddTerrakubeAccess gives the groups of a name access to a workspace or project; manage_access there. Faults: Denied for
// more than the principal holds there, Conflict when the name has access already.
func (s *Service) AddTerrakubeAccess(ctx context.Context, p Principal, scope authz.Object, name string, r TerrakubeRights) (TerrakubeAccess, authz.Token, error) {
	wanted := TerrakubeAccess{Name: name, Scope: scope, Rights: r}
	team, err := s.mayAddAccess(ctx, p, wanted, r.atoms(scope.Type))
	if err != nil {
		return wanted, "", err
	}
	var added TerrakubeAccess
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		row := wanted // the change may run twice
		if row.holder, err = c.nameHolder(ctx, scope, team, name); err != nil {
			return err
		}
		g, err := s.addAccess(ctx, c, row, p.Subject.ID)
		if err != nil {
			return err
		}
		rows, err := s.terrakubeRows(ctx, c, []Grant{g})
		if err == nil {
			added = rows[0]
		}
		return err
	})
	return added, token, err
}

// mayAddAccess asks whether a principal may give a row's group what it does not hold yet, and returns the team that stands
// for the group.
func (s *Service) mayAddAccess(ctx context.Context, p Principal, row TerrakubeAccess, given []schema.Permission) (team string, err error) {
	_, manage, err := s.accessGuard(row.Scope)
	if err != nil {
		return "", err
	}
	if err := s.requireToChange(ctx, p, manage, row.Scope); err != nil {
		return "", err
	}
	if err := checkName("name", row.Name, true); err != nil {
		return "", err
	}
	if err := s.mayGiveRights(ctx, p, row.Scope, given); err != nil {
		return "", err
	}
	organizationID, _, err := scopeOrganization(ctx, s.store, row.Scope)
	if err != nil {
		return "", err
	}
	return s.teamOf(ctx, p, organizationID, row.Name)
}

// ChangeTerrakubeAccess gives a row other rights, or its rights to the groups of another name; as AddTerrakubeAccess.
// Fault: Stale when somebody else changed the row meanwhile.
func (s *Service) ChangeTerrakubeAccess(ctx context.Context, p Principal, scope authz.Object, id string, edit func(name string, r TerrakubeRights) (string, TerrakubeRights)) (authz.Token, error) {
	seen, err := s.FindTerrakubeAccess(ctx, p, scope, id)
	if err != nil {
		return "", err
	}
	wanted := seen
	wanted.Name, wanted.Rights = edit(seen.Name, seen.Rights)
	team, err := s.mayChangeAccess(ctx, p, seen, wanted)
	if err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		g, err := c.Grant(ctx, id)
		if err != nil {
			return err
		}
		rows, err := s.terrakubeRows(ctx, c, []Grant{g})
		if err != nil {
			return err
		}
		if len(rows) == 0 || !rows[0].equal(seen) {
			return fault.New(fault.Stale, "somebody else has changed the access")
		}
		row := wanted // the change may run twice
		if row.Name != seen.Name {
			if row.holder, err = c.nameHolder(ctx, scope, team, row.Name); err != nil {
				return err
			}
			if err := s.handAccess(ctx, c, g, row); err != nil {
				return err
			}
		}
		return c.changeAccess(ctx, row, row.Rights)
	})
}

// mayChangeAccess asks whether a principal may make of a row what he wants, and returns the team that stands for its group
// then. To a group of another name all of it is a gift: what the row is to say, and what it gives by now, of which
// Terrakube's words may say less.
func (s *Service) mayChangeAccess(ctx context.Context, p Principal, seen, wanted TerrakubeAccess) (team string, err error) {
	given := wanted.Rights.atoms(wanted.Scope.Type)
	if wanted.Name == seen.Name {
		given = slices.DeleteFunc(given, func(a schema.Permission) bool { return slices.Contains(seen.atoms, a) })
	} else {
		given = append(given, seen.atoms...)
	}
	if team, err = s.mayAddAccess(ctx, p, wanted, given); err != nil || seen.holder.Type != schema.TypeTeam {
		return team, err
	}
	return team, s.requireToChange(ctx, p, schema.TeamAssign, seen.holder)
}

// handAccess gives a row to its new holder, who must have none at its scope.
func (s *Service) handAccess(ctx context.Context, c *Change, g Grant, wanted TerrakubeAccess) error {
	if err := s.freeAccess(ctx, c, wanted); err != nil {
		return err
	}
	return c.handGrant(ctx, g, wanted.holder)
}

// RemoveTerrakubeAccess ends a row; manage_access of its scope. To take away more than one holds is allowed.
func (s *Service) RemoveTerrakubeAccess(ctx context.Context, p Principal, scope authz.Object, id string) (authz.Token, error) {
	if _, err := s.FindTerrakubeAccess(ctx, p, scope, id); err != nil {
		return "", err
	}
	_, manage, err := s.accessGuard(scope)
	if err != nil {
		return "", err
	}
	return s.on(ctx, p, manage, scope, func(ctx context.Context, c *Change) error { return c.RemoveGrant(ctx, id) })
}
