package tfe

import (
	"slices"

	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// places is what the package needs of the catalog for what organizations hold.
type places interface {
	projects
	workspaces
	locks
	tags
	tagBindings
	consumers
	agentPools
	holdings
}

// holdings are the smaller nouns of organizations and workspaces.
type holdings interface {
	retentions
	stacks
}

// placeEndpoints are the routes of projects, workspaces, stacks and what belongs to them.
func (h *Handler) placeEndpoints() []endpoint.Endpoint {
	return slices.Concat(
		h.projectEndpoints(),
		h.workspaceEndpoints(),
		h.lockEndpoints(),
		h.tagEndpoints(),
		h.tagBindingEndpoints(),
		h.consumerEndpoints(),
		h.agentPoolEndpoints(),
		h.retentionEndpoints(),
		h.stackEndpoints(),
	)
}
