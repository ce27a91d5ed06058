package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateGrant binds a holder to a role at a scope. Role, holder and scope must be of one organization, or of none
// where the platform is concerned (DESIGN section 2).
func (c *Change) CreateGrant(ctx context.Context, g Grant) (Grant, error) {
	organizationID, projectID, err := scopeOrganization(ctx, c.Queries, g.Scope)
	if err != nil {
		return Grant{}, err
	}
	g.OrganizationID = organizationID
	if err := c.checkGrant(ctx, g); err != nil {
		return Grant{}, err
	}
	g.ID, g.CreatedAt = c.random(grantPrefix(g)), c.now
	if err := c.InsertGrant(ctx, g); err != nil {
		return Grant{}, err
	}
	c.touch(grantSlices(g, projectID)...)
	c.record("grant.create", organizationID, g.Scope, nil, g, g.Holder)
	return g, c.settleOverrides(ctx, g)
}

// grantPrefix returns what the id of a grant begins with: a team's access to a workspace or project has ids of its own in
// TFE's API.
func grantPrefix(g Grant) string {
	switch {
	case g.Holder.Type == schema.TypeTeam && g.Scope.Type == schema.TypeWorkspace:
		return PrefixTeamWorkspace
	case g.Holder.Type == schema.TypeTeam && g.Scope.Type == schema.TypeProject:
		return PrefixTeamProject
	}
	return PrefixGrant
}

// ChangeGrantRole gives a grant another role. It stays the same grant otherwise: its id, holder, scope and deadline.
func (c *Change) ChangeGrantRole(ctx context.Context, id, roleID string) error {
	return c.changeGrant(ctx, id, func(g *Grant) { g.RoleID = roleID }, c.checkGrantRole)
}

// ChangeGrantTerms gives a grant another role, another deadline, or both.
func (c *Change) ChangeGrantTerms(ctx context.Context, id, roleID string, expiresAt time.Time) error {
	return c.changeGrant(ctx, id, func(g *Grant) { g.RoleID, g.ExpiresAt = roleID, expiresAt }, c.checkGrant)
}

// changeGrant changes a grant, unless the check refuses what it becomes.
func (c *Change) changeGrant(ctx context.Context, id string, set func(*Grant), check func(context.Context, Grant) error) error {
	before, err := c.Grant(ctx, id)
	if err != nil {
		return err
	}
	after := before
	set(&after)
	if after.RoleID == before.RoleID && after.ExpiresAt.Equal(before.ExpiresAt) {
		return nil
	}
	_, projectID, err := scopeOrganization(ctx, c.Queries, before.Scope)
	if err != nil {
		return err
	}
	if err := check(ctx, after); err != nil {
		return err
	}
	c.touch(grantSlices(before, projectID)...)
	c.touch(grantSlices(after, projectID)...)
	if err := c.UpdateGrant(ctx, after); err != nil {
		return err
	}
	c.record("grant.update", after.OrganizationID, after.Scope, before, after, after.Holder)
	if after.RoleID != before.RoleID {
		if err := c.dropUnusedSet(ctx, before.RoleID); err != nil {
			return err
		}
	}
	return c.settleOverrides(ctx, after)
}

func (c *Change) checkGrant(ctx context.Context, g Grant) error {
	if !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(c.now) {
		return fault.At("expires-at", "must be in the future")
	}
	if err := c.checkGrantRole(ctx, g); err != nil {
		return err
	}
	return c.checkHolder(ctx, g)
}

func (c *Change) checkGrantRole(ctx context.Context, g Grant) error {
	if builtin, ok := schema.BuiltinRole(g.RoleID); ok {
		if builtin.System {
			return fault.At("role", "%s is held through the model itself and cannot be granted", g.RoleID)
		}
		if !slices.Contains(builtin.Scopes, g.Scope.Type) {
			return fault.At("role", "%s cannot be granted on a %s", g.RoleID, g.Scope.Type)
		}
		return nil
	}
	r, err := c.Role(ctx, g.RoleID)
	if fault.Is(err, fault.NotFound) || (err == nil && r.OrganizationID != "" && r.OrganizationID != g.OrganizationID) {
		return fault.At("role", "does not exist")
	}
	if err != nil {
		return err
	}
	// A grant that gives nothing would look like access and be none (DECISIONS M8: any grant makes its object readable).
	for _, atom := range schema.Close(schema.Expand(r.Permissions)) {
		if atom.On(g.Scope.Type) != "" {
			return nil
		}
	}
	return fault.At("role", "gives nothing on a %s", g.Scope.Type)
}

func (c *Change) checkHolder(ctx context.Context, g Grant) error {
	var err error
	switch g.Holder.Type {
	case schema.TypeTeam:
		var t Team
		t, err = c.Team(ctx, g.Holder.ID)
		if err == nil && t.OrganizationID != g.OrganizationID {
			return fault.At("holder", "does not exist") // a grant never crosses organizations
		}
	case schema.TypeUser:
		_, err = c.User(ctx, g.Holder.ID)
	case schema.TypeGroup:
		_, err = c.Group(ctx, g.Holder.ID)
	case schema.TypeServiceAccount:
		_, err = c.ServiceAccount(ctx, g.Holder.ID)
	default:
		return fault.At("holder", "must be a team, group, user or service account")
	}
	if fault.Is(err, fault.NotFound) {
		return fault.At("holder", "does not exist")
	}
	return err
}

// scopeOrganization returns the organization a scope belongs to, and the project of a workspace or stack.
func scopeOrganization(ctx context.Context, q Queries, scope authz.Object) (organizationID, projectID string, err error) {
	switch scope.Type {
	case schema.TypePlatform:
		if scope.ID != PlatformID {
			return "", "", fault.New(fault.NotFound, "there is one platform, %s", PlatformID)
		}
		return "", "", nil
	case schema.TypeOrganization:
		o, err := q.Organization(ctx, scope.ID)
		return o.ID, "", err
	case schema.TypeProject:
		p, err := q.Project(ctx, scope.ID)
		return p.OrganizationID, "", err
	case schema.TypeWorkspace:
		w, err := q.Workspace(ctx, scope.ID)
		return w.OrganizationID, w.ProjectID, err
	case schema.TypeStack:
		s, err := q.Stack(ctx, scope.ID)
		return s.OrganizationID, s.ProjectID, err
	}
	return "", "", fault.At("scope", "must be the platform, an organization, project, workspace or stack")
}

// RemoveGrant ends a grant. A custom access set that it alone used goes with it.
func (c *Change) RemoveGrant(ctx context.Context, id string) error {
	g, err := c.Grant(ctx, id)
	if err != nil {
		return err
	}
	if err := c.touchGrants(ctx, GrantFilter{RoleID: g.RoleID, Holder: g.Holder, Scopes: []authz.Object{g.Scope}}); err != nil {
		return err
	}
	if err := c.Queries.DeleteGrant(ctx, id); err != nil {
		return err
	}
	c.record("grant.delete", g.OrganizationID, g.Scope, g, nil, g.Holder)
	if err := c.dropUnusedSet(ctx, g.RoleID); err != nil {
		return err
	}
	return c.settleOverrides(ctx, g)
}

// dropUnusedSet deletes a role if it is a custom access set that no grant uses any more.
func (c *Change) dropUnusedSet(ctx context.Context, roleID string) error {
	r, err := c.Role(ctx, roleID)
	if fault.Is(err, fault.NotFound) || (err == nil && r.Name != "") {
		return nil
	}
	if err != nil {
		return err
	}
	left, err := c.Grants(ctx, GrantFilter{RoleID: roleID, Limit: 1})
	if err != nil || len(left) > 0 {
		return err
	}
	return c.DeleteRole(ctx, roleID)
}

// DeleteGrant is RemoveGrant. It stands in front of the store's method of that name, which knows no rules.
func (c *Change) DeleteGrant(ctx context.Context, id string) error { return c.RemoveGrant(ctx, id) }

// dropGrants ends grants whose holder or scope is about to go.
func (c *Change) dropGrants(ctx context.Context, f GrantFilter) error {
	grants, err := c.Grants(ctx, f)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if err := c.RemoveGrant(ctx, g.ID); err != nil {
			return err
		}
	}
	return nil
}

// touchGrants names what grants decide, before they change or go.
func (c *Change) touchGrants(ctx context.Context, f GrantFilter) error {
	grants, err := c.Grants(ctx, f)
	if err != nil {
		return err
	}
	for _, g := range grants {
		_, projectID, err := scopeOrganization(ctx, c.Queries, g.Scope)
		if err != nil {
			return err
		}
		c.touch(grantSlices(g, projectID)...)
	}
	return nil
}
