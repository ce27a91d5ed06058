package tfe

import (
	"context"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// agentPoolSettings are the attributes of an agent pool that are kept for clients, in the form they are sent, kept and
// shown in.
type agentPoolSettings struct {
	OrganizationScoped bool `json:"organization-scoped"`
}

// agentPoolKept is what is kept with an agent pool: for whom it is, by ids.
type agentPoolKept struct {
	agentPoolSettings
	AllowedWorkspaces  []string `json:"allowed-workspaces,omitempty"`
	AllowedProjects    []string `json:"allowed-projects,omitempty"`
	ExcludedWorkspaces []string `json:"excluded-workspaces,omitempty"`
}

func recallAgentPool(pool catalog.AgentPool) (agentPoolKept, error) {
	kept := agentPoolKept{agentPoolSettings: agentPoolSettings{OrganizationScoped: true}}
	err := recallKept(pool.Attributes, &kept)
	return kept, err
}

// poolList is one of the lists of whom a pool is for, under the name of its relationship.
type poolList struct {
	relation   string
	objectType string
	read       schema.Permission
	ids        *[]string
}

func (k *agentPoolKept) lists() []poolList {
	return []poolList{
		{"allowed-workspaces", schema.TypeWorkspace, schema.WorkspaceRead, &k.AllowedWorkspaces},
		{"allowed-projects", schema.TypeProject, schema.ProjectRead, &k.AllowedProjects},
		{"excluded-workspaces", schema.TypeWorkspace, schema.WorkspaceRead, &k.ExcludedWorkspaces},
	}
}

// serves reports whether a pool is there for an organization, project or workspace to choose.
func (k agentPoolKept) serves(user agentPoolUser) bool {
	switch {
	case slices.Contains(k.ExcludedWorkspaces, user.workspaceID):
		return false
	case k.OrganizationScoped, slices.Contains(k.AllowedWorkspaces, user.workspaceID), slices.Contains(k.AllowedProjects, user.projectID):
		return true
	}
	return user.projectID == "" // an organization's default: its projects are asked when they use it
}

// filterAgentPools keeps the pools that a client looks for. One for the whole organization is for every workspace and
// project in it.
func (h *Handler) filterAgentPools(c echo.Context, o catalog.Organization, all []catalog.AgentPool) ([]catalog.AgentPool, error) {
	ctx, p := c.Request().Context(), principal(c)
	q, workspace, project := c.QueryParam("q"), c.QueryParam("filter[allowed_workspaces][name]"), c.QueryParam("filter[allowed_projects][name]")
	var workspaceIDs, projectIDs []string
	if workspace != "" {
		found, _, err := h.Service.ListWorkspaces(ctx, p, catalog.PlaceQuery{OrganizationID: o.ID, Names: []string{workspace}}, catalog.Window{})
		if err != nil {
			return nil, err
		}
		for _, w := range found {
			workspaceIDs = append(workspaceIDs, w.ID)
		}
	}
	if project != "" {
		found, _, err := h.Service.ListProjects(ctx, p, catalog.PlaceQuery{OrganizationID: o.ID, Names: []string{project}}, catalog.Window{})
		if err != nil {
			return nil, err
		}
		for _, prj := range found {
			projectIDs = append(projectIDs, prj.ID)
		}
	}
	var out []catalog.AgentPool
	for _, pool := range all {
		kept, err := recallAgentPool(pool)
		if err != nil {
			return nil, err
		}
		if strings.Contains(strings.ToLower(pool.Name), strings.ToLower(q)) && (workspace == "" || kept.allows(kept.AllowedWorkspaces, workspaceIDs)) && (project == "" || kept.allows(kept.AllowedProjects, projectIDs)) {
			out = append(out, pool)
		}
	}
	return out, nil
}

func (k agentPoolKept) allows(allowed, ids []string) bool {
	return k.OrganizationScoped || slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(allowed, id) })
}

// sortAgentPools orders pools, which come by name.
func sortAgentPools(order string, pools []catalog.AgentPool) error {
	byAge := func(a, b catalog.AgentPool) int { return a.CreatedAt.Compare(b.CreatedAt) }
	switch order {
	case "", "name":
	case "-name":
		slices.Reverse(pools)
	case "created-at":
		slices.SortStableFunc(pools, byAge)
	case "-created-at":
		slices.SortStableFunc(pools, byAge)
		slices.Reverse(pools)
	default:
		return jsonapi.Parameter("sort", "The sort parameter %q is not valid: there are name, created-at and both with - before them.", order)
	}
	return nil
}

// agentPoolResources shows agent pools of an organization. Of those whom a pool is for, a caller sees those that he may
// read.
func (h *Handler) agentPoolResources(ctx context.Context, p catalog.Principal, organization string, all ...catalog.AgentPool) ([]jsonapi.Resource, error) {
	kept := make([]agentPoolKept, len(all))
	ids := map[schema.Permission][]string{}
	for i, pool := range all {
		var err error
		if kept[i], err = recallAgentPool(pool); err != nil {
			return nil, err
		}
		for _, l := range kept[i].lists() {
			ids[l.read] = append(ids[l.read], *l.ids...)
		}
	}
	visible, err := h.readable(ctx, p, ids)
	if err != nil {
		return nil, err
	}
	out := make([]jsonapi.Resource, len(all))
	for i, pool := range all {
		path := "agent-pools/" + pool.ID
		out[i] = jsonapi.Resource{
			ID: pool.ID, Type: typeAgentPools, Links: answer.Self(path),
			Attributes: map[string]any{
				"name": pool.Name, "agent-count": 0, "created-at": answer.Stamp(pool.CreatedAt), "organization-scoped": kept[i].OrganizationScoped,
			},
			Relationships: map[string]jsonapi.Relationship{
				"organization": jsonapi.ToOne(answer.TypeOrganizations, organization).At("/api/v2/organizations/" + organization),
			},
		}
		for _, l := range kept[i].lists() {
			seen := slices.DeleteFunc(slices.Clone(*l.ids), func(id string) bool { return !visible[id] })
			out[i].Relationships[l.relation] = jsonapi.ToMany(l.objectType+"s", seen...)
		}
	}
	return out, nil
}

// readable returns which workspaces and projects a caller may read, of those there are under each permission.
func (h *Handler) readable(ctx context.Context, p catalog.Principal, ids map[schema.Permission][]string) (map[string]bool, error) {
	out := map[string]bool{}
	for permission, asked := range ids {
		objects := make([]authz.Object, len(asked))
		for i, id := range asked {
			objects[i] = authz.Object{Type: permission.Type(), ID: id}
		}
		held, err := h.Service.Held(ctx, p, objects, permission)
		if err != nil {
			return nil, err
		}
		for i, id := range asked {
			out[id] = held[i][permission]
		}
	}
	return out, nil
}
