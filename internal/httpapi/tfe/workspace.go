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

// workspaces is what the file needs of the catalog.
type workspaces interface {
	FindWorkspace(ctx context.Context, p catalog.Principal, ref string) (catalog.Workspace, error)
	ListWorkspaces(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery, w catalog.Window) ([]catalog.Workspace, int, error)
	CreateWorkspace(ctx context.Context, p catalog.Principal, organizationID, projectID string, edit catalog.Edit[catalog.Workspace], tagging ...catalog.Tagging) (catalog.Workspace, authz.Token, error)
	UpdateWorkspace(ctx context.Context, p catalog.Principal, id string, ch catalog.WorkspaceChanges) (catalog.Workspace, authz.Token, error)
	DeleteWorkspace(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
	SafeDeleteWorkspace(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
	Around(ctx context.Context, rows ...catalog.Workspace) (catalog.Surroundings, error)
}

func (h *Handler) workspaceEndpoints() []endpoint.Endpoint {
	const byName, byID = "organizations/:organization/workspaces/:workspace", "workspaces/:workspace"
	out := []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/workspaces", endpoint.Permission(schema.OrganizationView), h.listWorkspaces),
		answer.Route(http.MethodPost, "organizations/:organization/workspaces", endpoint.Permission(schema.ProjectCreateWorkspace), h.createWorkspace),
		answer.Route(http.MethodPatch, byID+"/relationships/ssh-key", endpoint.Permission(schema.WorkspaceUpdate), h.setSSHKey),
	}
	for _, path := range []string{byName, byID} {
		out = append(
			out,
			answer.Route(http.MethodGet, path, endpoint.Permission(schema.WorkspaceRead), h.readWorkspace),
			answer.Route(http.MethodPatch, path, endpoint.Permission(schema.WorkspaceUpdate), h.updateWorkspace),
			answer.Route(http.MethodDelete, path, endpoint.Permission(schema.WorkspaceForceDelete), h.deleteWorkspace),
			answer.Route(http.MethodPost, path+"/actions/safe-delete", endpoint.Permission(schema.WorkspaceDelete), h.safeDeleteWorkspace),
		)
	}
	return out
}

// workspace returns the workspace that a path names, by id or by its organization and name.
func (h *Handler) workspace(c echo.Context) (catalog.Workspace, error) {
	ref := c.Param("workspace")
	if organization := c.Param("organization"); organization != "" {
		ref = organization + "/" + ref
	}
	return h.Service.FindWorkspace(c.Request().Context(), principal(c), ref)
}

func (h *Handler) listWorkspaces(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	wanted, err := readWorkspaceIncludes(c)
	if err != nil {
		return err
	}
	query, err := readWorkspaceQuery(c, o)
	if err != nil {
		return err
	}
	if c.QueryParam("filter[current-run][status]") != "" { // runs are another service's: no workspace has one
		return answer.SendPage(c, page, 0, nil, nil, nil)
	}
	found, total, err := h.Service.ListWorkspaces(c.Request().Context(), principal(c), query, answer.Window(page))
	if err != nil {
		return err
	}
	return h.sendWorkspaces(c, page, total, wanted, found)
}

// readWorkspaceQuery reads which workspaces of an organization a client looks for.
func readWorkspaceQuery(c echo.Context, o catalog.Organization) (catalog.PlaceQuery, error) {
	query := catalog.PlaceQuery{
		OrganizationID: o.ID,
		ProjectID:      c.QueryParam("filter[project][id]"),
		Contains:       c.QueryParam("search[name]"),
		Wildcard:       c.QueryParam("search[wildcard-name]"),
		Tags:           answer.Words(c.QueryParam("search[tags]")),
		WithoutTags:    answer.Words(c.QueryParam("search[exclude-tags]")),
	}
	err := readPlaceOrder(c, &query, "current-run.created-at")
	if err == nil {
		query.Bound, err = readTagged(c.QueryParams())
	}
	return query, err
}

// sendWorkspaces writes a page of workspaces.
func (h *Handler) sendWorkspaces(c echo.Context, page jsonapi.Page, total int, wanted answer.Includes, found []catalog.Workspace) error {
	shown, included, err := h.workspaceDocuments(c.Request().Context(), principal(c), wanted, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, included, nil)
}

// sendWorkspace writes one workspace.
func (h *Handler) sendWorkspace(c echo.Context, status int, wanted answer.Includes, w catalog.Workspace) error {
	shown, included, err := h.workspaceDocuments(c.Request().Context(), principal(c), wanted, w)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: shown[0], Included: included})
}

func (h *Handler) createWorkspace(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeWorkspaces)
	if err != nil {
		return err
	}
	ch := workspaceChanges(in)
	created, token, err := h.Service.CreateWorkspace(ctx, p, o.ID, ch.ProjectID, ch.Edit, ch.Tagging)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendWorkspace(c, http.StatusCreated, nil, created)
}

func (h *Handler) readWorkspace(c echo.Context) error {
	wanted, err := readWorkspaceIncludes(c)
	if err != nil {
		return err
	}
	w, err := h.workspace(c)
	if err != nil {
		return err
	}
	return h.sendWorkspace(c, http.StatusOK, wanted, w)
}

func (h *Handler) updateWorkspace(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	w, err := h.workspace(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeWorkspaces)
	if err != nil {
		return err
	}
	changed, token, err := h.Service.UpdateWorkspace(ctx, p, w.ID, workspaceChanges(in))
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendWorkspace(c, http.StatusOK, nil, changed)
}

// deleteWorkspace deletes whatever the workspace manages: what the vendor calls a force delete (research tfe-api 1.10).
func (h *Handler) deleteWorkspace(c echo.Context) error {
	w, err := h.workspace(c)
	if err != nil {
		return err
	}
	token, err := h.Service.DeleteWorkspace(c.Request().Context(), principal(c), w.ID)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func (h *Handler) safeDeleteWorkspace(c echo.Context) error {
	w, err := h.workspace(c)
	if err != nil {
		return err
	}
	token, err := h.Service.SafeDeleteWorkspace(c.Request().Context(), principal(c), w.ID)
	if err != nil {
		return inConflict(err)
	}
	return answer.Done(c, token)
}
