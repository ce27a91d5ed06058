package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Grant use cases.

// CreateGrant gives a role to a holder at a scope (DECISIONS N5): organization.manage_organization_access at the
// organization (edit_users for a user), manage_access of the project or workspace below, platform.administer at
// the platform, team.assign of the team; and never more than the principal holds there (DECISIONS P4).
func (s *Service) CreateGrant(ctx context.Context, p Principal, g Grant) (Grant, authz.Token, error) {
	return s.giveGrant(ctx, p, g.Scope, g.Holder.Type, func() (Grant, error) { return g, nil })
}

// GiveGrant is CreateGrant of what a client sent, at a scope of an organization, or at the platform for "", which it names by
// its id or path, and to a type of holder. By those alone it is asked whether he may grant there at all, before anything else
// about it is looked at. A scope elsewhere is fault.NotFound.
func (s *Service) GiveGrant(ctx context.Context, p Principal, organizationID string, scope authz.Object, holderType string, sent Sent[Grant]) (Grant, authz.Token, error) {
	found, err := s.scopeIn(ctx, organizationID, scope)
	if err != nil {
		return Grant{}, "", err
	}
	return s.giveGrant(ctx, p, found, holderType, sent)
}

func (s *Service) giveGrant(ctx context.Context, p Principal, scope authz.Object, holderType string, sent Sent[Grant]) (Grant, authz.Token, error) {
	blank := Grant{Scope: scope, Holder: authz.Object{Type: holderType}}
	permission, object, err := s.grantGuard(ctx, blank)
	if err != nil {
		return Grant{}, "", err
	}
	if err := s.requireToChange(ctx, p, permission, object); err != nil {
		return Grant{}, "", err
	}
	g, err := sent()
	if err != nil {
		return Grant{}, "", err
	}
	g.Scope, g.Holder.Type, g.CreatedBy = scope, holderType, p.Subject.ID
	if err := s.mayAssign(ctx, p, g); err != nil {
		return Grant{}, "", err
	}
	if err := s.mayGive(ctx, p, g); err != nil {
		return Grant{}, "", err
	}
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		g, err = c.CreateGrant(ctx, g)
		return err
	})
	return g, token, err
}

// UpdateGrant changes the role and the deadline of a grant, as an edit makes them, and returns the grant as it is then. It
// takes what CreateGrant takes, and what is given must be held by whoever gives it wherever the holder gets another role or
// has his for longer (DECISIONS P4). Fault: Stale when somebody else changed meanwhile what was asked about.
func (s *Service) UpdateGrant(ctx context.Context, p Principal, id string, edit Edit[Grant]) (Grant, authz.Token, error) {
	seen, err := s.store.Grant(ctx, id)
	if err == nil && seen.ended(s.now()) {
		err = fault.New(fault.NotFound, "the grant has ended")
	}
	if err != nil {
		return Grant{}, "", err
	}
	permission, object, err := s.grantGuard(ctx, seen)
	if err != nil {
		return Grant{}, "", err
	}
	if err := s.requireToChange(ctx, p, permission, object); err != nil {
		return Grant{}, "", err
	}
	if err := s.mayAssign(ctx, p, seen); err != nil {
		return Grant{}, "", err
	}
	var given Grant
	if wanted, wrong := edit.of(seen, Home{}); wrong == nil && seen.givesMore(wanted) {
		given = seen
		given.RoleID, given.ExpiresAt = wanted.RoleID, wanted.ExpiresAt
		if err := s.mayGive(ctx, p, given); err != nil {
			return Grant{}, "", err
		}
	}
	var after Grant
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Grant(ctx, id)
		if err != nil {
			return err
		}
		wanted, err := edit.of(now, Home{})
		if err != nil {
			return err
		}
		if now.givesMore(wanted) && (wanted.RoleID != given.RoleID || !wanted.ExpiresAt.Equal(given.ExpiresAt)) {
			return fault.New(fault.Stale, "somebody else has changed the grant")
		}
		if err := c.ChangeGrantTerms(ctx, id, wanted.RoleID, wanted.ExpiresAt); err != nil {
			return err
		}
		after, err = c.Grant(ctx, id)
		return err
	})
	return after, token, err
}

// givesMore reports whether a grant gives another role after a change, or its own for longer.
func (g Grant) givesMore(after Grant) bool {
	longer := !g.ExpiresAt.IsZero() && (after.ExpiresAt.IsZero() || after.ExpiresAt.After(g.ExpiresAt))
	return longer || after.RoleID != g.RoleID
}

// DeleteGrant takes a role from a holder; as CreateGrant, but of a team that holds it sight is enough, and taking away more
// than one holds is allowed.
func (s *Service) DeleteGrant(ctx context.Context, p Principal, id string) (authz.Token, error) {
	g, err := s.store.Grant(ctx, id)
	if err != nil {
		return "", err
	}
	permission, scope, err := s.grantGuard(ctx, g)
	if err != nil {
		return "", err
	}
	if g.Holder.Type == schema.TypeTeam {
		if err := s.requireToChange(ctx, p, schema.TeamView, g.Holder); err != nil {
			return "", err
		}
	}
	return s.on(ctx, p, permission, scope, func(ctx context.Context, c *Change) error { return c.RemoveGrant(ctx, id) })
}

// mayAssign asks whether the principal may name a team as a holder; anybody else may be named.
func (s *Service) mayAssign(ctx context.Context, p Principal, g Grant) error {
	if g.Holder.Type != schema.TypeTeam {
		return nil
	}
	return s.requireToChange(ctx, p, schema.TeamAssign, g.Holder)
}

// mayGive refuses a grant of more than the principal holds at its scope, or for longer. A role of another organization is none here, and
// is not told from one that is nowhere.
func (s *Service) mayGive(ctx context.Context, p Principal, g Grant) error {
	organizationID, _, err := scopeOrganization(ctx, s.store, g.Scope)
	if err != nil {
		return err
	}
	if _, builtin := schema.BuiltinRole(g.RoleID); !builtin {
		r, err := s.store.Role(ctx, g.RoleID)
		if fault.Is(err, fault.NotFound) || err == nil && r.OrganizationID != "" && r.OrganizationID != organizationID {
			return fault.At("role", "does not exist")
		}
		if err != nil {
			return err
		}
	}
	atoms, err := s.roleAtoms(ctx, g.RoleID)
	if err != nil {
		return err
	}
	return s.mayHandOut(ctx, p, atoms, g.Scope, g.ExpiresAt)
}

// grantGuard returns the permission that giving or taking a grant needs, and where. A stack's access is its
// project's.
func (s *Service) grantGuard(ctx context.Context, g Grant) (schema.Permission, authz.Object, error) {
	switch g.Scope.Type {
	case schema.TypeOrganization:
		if g.Holder.Type == schema.TypeUser {
			return schema.OrganizationEditUsers, g.Scope, nil
		}
		return schema.OrganizationManageOrganizationAccess, g.Scope, nil
	case schema.TypeProject:
		return schema.ProjectManageAccess, g.Scope, nil
	case schema.TypeWorkspace:
		return schema.WorkspaceManageAccess, g.Scope, nil
	case schema.TypeStack:
		st, err := s.store.Stack(ctx, g.Scope.ID)
		return schema.ProjectManageAccess, projectRef(st.ProjectID), err
	}
	return schema.PlatformAdminister, platformRef(), nil
}

func (s *Service) roleAtoms(ctx context.Context, roleID string) ([]schema.Permission, error) {
	if builtin, ok := schema.BuiltinRole(roleID); ok {
		return builtin.Atoms(), nil
	}
	r, err := s.store.Role(ctx, roleID)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.At("role", "does not exist")
	}
	return schema.Close(schema.Expand(r.Permissions)), err
}
