package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// PoolUse reports whether what a protocol keeps with an organization, project or workspace names an agent pool: no rule
// of the catalog reads attributes, so whoever keeps them says.
type PoolUse func(kept Attributes) (bool, error)

// poolUser is something that uses an agent pool.
type poolUser struct {
	object authz.Object
	name   string
}

// maxPoolUsers is how many users of a pool a refusal names.
const maxPoolUsers = 5

// DeleteAgentPool deletes an agent pool that nothing uses; organization.manage_agent_pools. fault.Conflict while an
// organization, project or workspace names it, with the names of those that the principal may see.
func (s *Service) DeleteAgentPool(ctx context.Context, p Principal, id string, uses PoolUse) (authz.Token, error) {
	pool, err := s.store.AgentPool(ctx, id)
	if err != nil {
		return "", err
	}
	var users []poolUser
	token, err := s.on(ctx, p, schema.OrganizationManageAgentPools, organizationRef(pool.OrganizationID), func(ctx context.Context, c *Change) error {
		now, err := c.AgentPool(ctx, id)
		if err != nil {
			return err
		}
		if users, err = c.poolUsers(ctx, now, uses); err != nil || len(users) > 0 {
			return err
		}
		return c.RemoveAgentPool(ctx, now)
	})
	if err == nil && len(users) > 0 {
		return "", s.poolInUse(ctx, p, users)
	}
	return token, err
}

// poolUsers returns what uses an agent pool: its organization, and what that holds.
func (c *Change) poolUsers(ctx context.Context, pool AgentPool, uses PoolUse) ([]poolUser, error) {
	var out []poolUser
	add := func(object authz.Object, name string, kept Attributes) error {
		used, err := uses(kept)
		if used {
			out = append(out, poolUser{object, name})
		}
		return err
	}
	o, err := c.Organization(ctx, pool.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := add(organizationRef(o.ID), o.Name, o.Attributes); err != nil {
		return nil, err
	}
	projects, err := c.Projects(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range projects {
		if err := add(projectRef(p.ID), p.Name, p.Attributes); err != nil {
			return nil, err
		}
	}
	workspaces, err := c.Workspaces(ctx, WorkspaceFilter{OrganizationID: o.ID})
	if err != nil {
		return nil, err
	}
	for _, w := range workspaces {
		if err := add(workspaceRef(w.ID), w.Name, w.Attributes); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// poolInUse is the refusal to delete a pool that something uses. It names what the principal may see.
func (s *Service) poolInUse(ctx context.Context, p Principal, users []poolUser) error {
	var names []string
	for _, sight := range []schema.Permission{schema.OrganizationView, schema.ProjectRead, schema.WorkspaceRead} {
		some := slices.DeleteFunc(slices.Clone(users), func(u poolUser) bool { return u.object.Type != sight.Type() })
		seen, err := keepVisible(ctx, s, p, sight, some, func(u poolUser) authz.Object { return u.object })
		if err != nil {
			return err
		}
		for _, u := range seen {
			names = append(names, u.object.Type+" "+u.name)
		}
	}
	shown := names[:min(len(names), maxPoolUsers)]
	if len(shown) < len(users) {
		shown = append(slices.Clone(shown), "others")
	}
	return fault.New(fault.Conflict, "The agent pool is in use and cannot be deleted: it is used by %s.", strings.Join(shown, ", "))
}
