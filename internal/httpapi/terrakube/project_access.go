package terrakube

import (
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// projectAccessNoun describes what a group may on one project.
func (h *Handler) projectAccessNoun() noun {
	n := h.rowNoun(typeProject, schema.TypeProject)
	n.typ, n.path = typeProjectAccess, "projectAccess"
	n.reads, n.writes = endpoint.Permission(schema.ProjectReadAccess), endpoint.Permission(schema.ProjectManageAccess)
	return n
}
