package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func agentPoolRef(id string) authz.Object { return authz.Object{Type: "agent_pool", ID: id} }

// CreateAgentPool adds an agent pool. Its id and creation time are set here. named are the workspaces and projects that
// its attributes name.
func (c *Change) CreateAgentPool(ctx context.Context, pool AgentPool, named ...authz.Object) (AgentPool, error) {
	if err := c.checkAgentPool(ctx, pool, named); err != nil {
		return AgentPool{}, err
	}
	pool.ID, pool.CreatedAt = c.random(PrefixAgentPool), c.now
	if err := c.InsertAgentPool(ctx, pool); err != nil {
		return AgentPool{}, err
	}
	c.record("agent_pool.create", pool.OrganizationID, agentPoolRef(pool.ID), nil, pool)
	return pool, nil
}

// checkAgentPool refuses a pool that names what is not in its organization.
func (c *Change) checkAgentPool(ctx context.Context, pool AgentPool, named []authz.Object) error {
	if err := checkName("name", pool.Name, true); err != nil {
		return err
	}
	for _, o := range named {
		organizationID, _, err := scopeOrganization(ctx, c, o)
		if err == nil && organizationID != pool.OrganizationID {
			err = fault.New(fault.NotFound, "%s %s not found", o.Type, o.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ChangeAgentPool updates an agent pool's name and attributes; named are the workspaces and projects that are new there.
func (c *Change) ChangeAgentPool(ctx context.Context, pool AgentPool, named ...authz.Object) error {
	before, err := c.AgentPool(ctx, pool.ID)
	if err != nil {
		return err
	}
	pool.OrganizationID, pool.CreatedAt = before.OrganizationID, before.CreatedAt
	if err := c.checkAgentPool(ctx, pool, named); err != nil || pool == before {
		return err
	}
	c.record("agent_pool.update", pool.OrganizationID, agentPoolRef(pool.ID), before, pool)
	return c.UpdateAgentPool(ctx, pool)
}

// RemoveAgentPool deletes an agent pool. That nothing uses it is the caller's business.
func (c *Change) RemoveAgentPool(ctx context.Context, pool AgentPool) error {
	c.record("agent_pool.delete", pool.OrganizationID, agentPoolRef(pool.ID), pool, nil)
	return c.DeleteAgentPool(ctx, pool.ID)
}

// Agent pool use cases. Reading pools needs what changing them needs: they name the workspaces and projects they are
// for, and the vocabulary has one permission for both.

// CreateAgentPool adds an agent pool to an organization, as an edit makes it; organization.manage_agent_pools.
func (s *Service) CreateAgentPool(ctx context.Context, p Principal, organizationID string, edit Edit[AgentPool], named ...authz.Object) (AgentPool, authz.Token, error) {
	var created AgentPool
	token, err := s.on(ctx, p, schema.OrganizationManageAgentPools, organizationRef(organizationID), func(ctx context.Context, c *Change) error {
		wanted, err := edit.of(AgentPool{OrganizationID: organizationID}, Home{})
		if err != nil {
			return err
		}
		wanted.OrganizationID = organizationID
		created, err = c.CreateAgentPool(ctx, wanted, named...)
		return err
	})
	return created, token, err
}

// UpdateAgentPool changes an agent pool and returns it as it is then; organization.manage_agent_pools.
func (s *Service) UpdateAgentPool(ctx context.Context, p Principal, id string, edit Edit[AgentPool], named ...authz.Object) (AgentPool, authz.Token, error) {
	seen, err := s.store.AgentPool(ctx, id)
	if err != nil {
		return AgentPool{}, "", err
	}
	var after AgentPool
	token, err := s.on(ctx, p, schema.OrganizationManageAgentPools, organizationRef(seen.OrganizationID), func(ctx context.Context, c *Change) error {
		now, err := c.AgentPool(ctx, id)
		if err != nil {
			return err
		}
		wanted, err := edit.of(now, Home{})
		if err != nil {
			return err
		}
		wanted.ID = id
		if err := c.ChangeAgentPool(ctx, wanted, named...); err != nil {
			return err
		}
		after, err = c.AgentPool(ctx, id)
		return err
	})
	return after, token, err
}

// FindAgentPool returns an agent pool; organization.manage_agent_pools.
func (s *Service) FindAgentPool(ctx context.Context, p Principal, id string) (AgentPool, error) {
	pool, err := s.store.AgentPool(ctx, id)
	if err != nil {
		return AgentPool{}, err
	}
	return pool, s.require(ctx, p, schema.OrganizationManageAgentPools, organizationRef(pool.OrganizationID))
}

// ListAgentPools returns the agent pools of an organization, by name; organization.manage_agent_pools.
func (s *Service) ListAgentPools(ctx context.Context, p Principal, organizationID string) ([]AgentPool, error) {
	if err := s.require(ctx, p, schema.OrganizationManageAgentPools, organizationRef(organizationID)); err != nil {
		return nil, err
	}
	pools, err := s.store.AgentPools(ctx, organizationID)
	slices.SortStableFunc(pools, func(a, b AgentPool) int { return compareNames(a.Name, b.Name) })
	return pools, err
}
