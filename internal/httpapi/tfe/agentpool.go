package tfe

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// agentPools is what the package needs of the catalog for agent pools.
type agentPools interface {
	ListAgentPools(ctx context.Context, p catalog.Principal, organizationID string) ([]catalog.AgentPool, error)
	FindAgentPool(ctx context.Context, p catalog.Principal, id string) (catalog.AgentPool, error)
	CreateAgentPool(ctx context.Context, p catalog.Principal, organizationID string, edit catalog.Edit[catalog.AgentPool], named ...authz.Object) (catalog.AgentPool, authz.Token, error)
	UpdateAgentPool(ctx context.Context, p catalog.Principal, id string, edit catalog.Edit[catalog.AgentPool], named ...authz.Object) (catalog.AgentPool, authz.Token, error)
	DeleteAgentPool(ctx context.Context, p catalog.Principal, id string, uses catalog.PoolUse) (authz.Token, error)
}

func (h *Handler) agentPoolEndpoints() []endpoint.Endpoint {
	manage := endpoint.Permission(schema.OrganizationManageAgentPools)
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/agent-pools", manage, h.listAgentPools),
		answer.Route(http.MethodPost, "organizations/:organization/agent-pools", manage, h.createAgentPool),
		answer.Route(http.MethodGet, "agent-pools/:pool", manage, h.readAgentPool),
		answer.Route(http.MethodPatch, "agent-pools/:pool", manage, h.updateAgentPool),
		answer.Route(http.MethodDelete, "agent-pools/:pool", manage, h.deleteAgentPool),
	}
}

func (h *Handler) listAgentPools(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	if _, err := answer.ReadIncludes(c, "workspaces", "hyok_configurations"); err != nil {
		return err
	}
	all, err := h.Service.ListAgentPools(ctx, p, o.ID)
	if err != nil {
		return err
	}
	found, err := h.filterAgentPools(c, o, all)
	if err != nil {
		return err
	}
	if err := sortAgentPools(answer.Parameter(c, "sort"), found); err != nil {
		return err
	}
	shown, err := h.agentPoolResources(ctx, p, o.Name, jsonapi.Cut(found, page)...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, len(found), shown, nil, nil)
}

func (h *Handler) createAgentPool(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), typeAgentPools)
	if err != nil {
		return err
	}
	edit, named := agentPoolChanges(in)
	created, token, err := h.Service.CreateAgentPool(ctx, p, o.ID, edit, named...)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendAgentPool(c, http.StatusCreated, created)
}

func (h *Handler) readAgentPool(c echo.Context) error {
	if _, err := answer.ReadIncludes(c, "workspaces", "hyok_configurations"); err != nil {
		return err
	}
	pool, err := h.Service.FindAgentPool(c.Request().Context(), principal(c), c.Param("pool"))
	if err != nil {
		return err
	}
	return h.sendAgentPool(c, http.StatusOK, pool)
}

func (h *Handler) updateAgentPool(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	pool, err := h.Service.FindAgentPool(ctx, p, c.Param("pool"))
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), typeAgentPools)
	if err != nil {
		return err
	}
	edit, named := agentPoolChanges(in)
	changed, token, err := h.Service.UpdateAgentPool(ctx, p, pool.ID, edit, named...)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendAgentPool(c, http.StatusOK, changed)
}

func (h *Handler) deleteAgentPool(c echo.Context) error {
	token, err := h.Service.DeleteAgentPool(c.Request().Context(), principal(c), c.Param("pool"), poolIn(c.Param("pool")))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// sendAgentPool writes one agent pool.
func (h *Handler) sendAgentPool(c echo.Context, status int, pool catalog.AgentPool) error {
	ctx := c.Request().Context()
	homes, err := h.Service.OrganizationsByID(ctx, pool.OrganizationID)
	if err != nil {
		return err
	}
	shown, err := h.agentPoolResources(ctx, principal(c), homes[pool.OrganizationID].Name, pool)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: shown[0]})
}

// agentPoolChanges returns what puts what a client sent over an agent pool, and the workspaces and projects that it named.
func agentPoolChanges(in jsonapi.Input) (catalog.Edit[catalog.AgentPool], []authz.Object) {
	var named []authz.Object
	var wrongLists error
	sentLists := map[string][]string{}
	for _, l := range (&agentPoolKept{}).lists() {
		ids, sent, err := answer.RelatedIDs(in, l.relation, l.objectType+"s")
		wrongLists = errors.Join(wrongLists, err)
		if sent {
			sentLists[l.relation] = ids
		}
		for _, id := range ids {
			named = append(named, authz.Object{Type: l.objectType, ID: id})
		}
	}
	return func(pool catalog.AgentPool, _ catalog.Home) (catalog.AgentPool, error) {
		kept, err := recallAgentPool(pool)
		if err != nil {
			return pool, err
		}
		common := struct {
			Name string `json:"name"`
		}{pool.Name}
		wrongTypes := errors.Join(in.Attributes(&common), in.Attributes(&kept.agentPoolSettings), wrongLists)
		if err := answer.Beside(wrongTypes, answer.Required(common.Name, "name")); err != nil {
			return pool, err
		}
		for _, l := range kept.lists() {
			if ids, sent := sentLists[l.relation]; sent {
				*l.ids = ids
			}
		}
		pool.Name = common.Name
		pool.Attributes, err = keep(pool.Attributes, kept)
		return pool, err
	}, named
}
