package sqlstore

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const selectAgentPools = `SELECT id, organization_id, name, attributes, created_at FROM agent_pools`

func agentPoolInto(p *catalog.AgentPool) []any {
	return []any{&p.ID, &p.OrganizationID, &p.Name, &p.Attributes, moment{&p.CreatedAt}}
}

// AgentPool returns an agent pool by id.
func (q *queries) AgentPool(ctx context.Context, id string) (catalog.AgentPool, error) {
	return selectOne(ctx, q, agentPoolRow, agentPoolInto, selectAgentPools+` WHERE id = ?`, id)
}

// AgentPools returns the agent pools of an organization, ordered by name in any case.
func (q *queries) AgentPools(ctx context.Context, organizationID string) ([]catalog.AgentPool, error) {
	return selectAll(ctx, q, agentPoolRow, agentPoolInto,
		selectAgentPools+` WHERE organization_id = ? ORDER BY name_key`, organizationID)
}

// InsertAgentPool adds an agent pool.
func (q *queries) InsertAgentPool(ctx context.Context, p catalog.AgentPool) error {
	return q.insert(ctx, agentPoolRow, `INSERT INTO agent_pools
		(id, organization_id, name, name_key, attributes, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		p.ID, p.OrganizationID, p.Name, key(p.Name), string(p.Attributes), micros(p.CreatedAt))
}

// UpdateAgentPool changes an agent pool.
func (q *queries) UpdateAgentPool(ctx context.Context, p catalog.AgentPool) error {
	return q.update(ctx, agentPoolRow, `UPDATE agent_pools SET organization_id = ?, name = ?, name_key = ?,
		attributes = ?, created_at = ? WHERE id = ?`,
		p.OrganizationID, p.Name, key(p.Name), string(p.Attributes), micros(p.CreatedAt), p.ID)
}

// DeleteAgentPool removes an agent pool.
func (q *queries) DeleteAgentPool(ctx context.Context, id string) error {
	return q.remove(ctx, agentPoolRow, `DELETE FROM agent_pools WHERE id = ?`, id)
}
