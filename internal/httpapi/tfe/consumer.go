package tfe

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// consumers is what the file needs of the catalog.
type consumers interface {
	ListConsumers(ctx context.Context, p catalog.Principal, id string, w catalog.Window) ([]catalog.Workspace, int, error)
	AddConsumers(ctx context.Context, p catalog.Principal, id string, consumers ...string) (authz.Token, error)
	ReplaceConsumers(ctx context.Context, p catalog.Principal, id string, consumers ...string) (authz.Token, error)
	RemoveConsumers(ctx context.Context, p catalog.Principal, id string, consumers ...string) (authz.Token, error)
}

func (h *Handler) consumerEndpoints() []endpoint.Endpoint {
	const path = "workspaces/:workspace/relationships/remote-state-consumers"
	update := endpoint.Permission(schema.WorkspaceUpdate)
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, path, endpoint.Permission(schema.WorkspaceRead), h.listConsumers),
		answer.Route(http.MethodPost, path, update, h.changeConsumers(h.Service.AddConsumers)),
		answer.Route(http.MethodPatch, path, update, h.changeConsumers(h.Service.ReplaceConsumers)),
		answer.Route(http.MethodDelete, path, update, h.changeConsumers(h.Service.RemoveConsumers)),
	}
}

// listConsumers shows which workspaces may read another's state: those that it names, or where it shares with its project
// or organization all others there.
func (h *Handler) listConsumers(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	w, err := h.workspace(c)
	if err != nil {
		return err
	}
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	kept, err := recallWorkspace(w)
	if err != nil {
		return err
	}
	query := catalog.PlaceQuery{OrganizationID: w.OrganizationID, Except: w.ID}
	if kept.ProjectRemoteState {
		query.ProjectID = w.ProjectID
	}
	var found []catalog.Workspace
	var total int
	if kept.GlobalRemoteState || kept.ProjectRemoteState {
		found, total, err = h.Service.ListWorkspaces(ctx, p, query, answer.Window(page))
	} else {
		found, total, err = h.Service.ListConsumers(ctx, p, w.ID, answer.Window(page))
	}
	if err != nil {
		return err
	}
	return h.sendWorkspaces(c, page, total, nil, found)
}

func (h *Handler) changeConsumers(change func(context.Context, catalog.Principal, string, ...string) (authz.Token, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		ids, err := answer.ReadIDs(c, answer.TypeWorkspaces)
		if err != nil {
			return err
		}
		token, err := change(c.Request().Context(), principal(c), c.Param("workspace"), ids...)
		if err != nil {
			return err
		}
		return answer.Done(c, token)
	}
}
