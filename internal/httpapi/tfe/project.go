package tfe

import (
	"cmp"
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

// projects is what the file needs of the catalog.
type projects interface {
	FindProject(ctx context.Context, p catalog.Principal, ref string) (catalog.Project, error)
	ListProjects(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery, w catalog.Window, holding ...schema.Permission) ([]catalog.Project, int, error)
	CreateProject(ctx context.Context, p catalog.Principal, organizationID string, edit catalog.Edit[catalog.Project], tagging ...catalog.Tagging) (catalog.Project, authz.Token, error)
	UpdateProject(ctx context.Context, p catalog.Principal, id string, edit catalog.Edit[catalog.Project], tagging ...catalog.Tagging) (catalog.Project, authz.Token, error)
	DeleteProject(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
	MoveWorkspaces(ctx context.Context, p catalog.Principal, projectID string, workspaceIDs ...string) (authz.Token, error)
	OrganizationsByID(ctx context.Context, ids ...string) (map[string]catalog.Organization, error)
}

func (h *Handler) projectEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/projects", endpoint.Permission(schema.OrganizationView), h.listProjects),
		answer.Route(http.MethodPost, "organizations/:organization/projects", endpoint.Permission(schema.OrganizationCreateProject), h.createProject),
		answer.Route(http.MethodGet, "projects/:project", endpoint.Permission(schema.ProjectRead), h.readProject),
		answer.Route(http.MethodPatch, "projects/:project", endpoint.Permission(schema.ProjectUpdate), h.updateProject),
		answer.Route(http.MethodDelete, "projects/:project", endpoint.Permission(schema.ProjectDelete), h.deleteProject),
		answer.Route(http.MethodPost, "projects/:project/relationships/workspaces", endpoint.Permission(schema.ProjectMoveWorkspaces), h.moveWorkspaces),
	}
}

func (h *Handler) listProjects(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	wanted, err := answer.ReadIncludes(c, includeBindings)
	if err != nil {
		return err
	}
	query := catalog.PlaceQuery{OrganizationID: o.ID, Names: answer.Words(c.QueryParam("filter[names]")), Contains: c.QueryParam("q")}
	if err := readPlaceOrder(c, &query); err != nil {
		return err
	}
	query.Newest = c.QueryParam("sort") == ""
	if query.Bound, err = readTagged(c.QueryParams()); err != nil {
		return err
	}
	held, err := heldFilters(c)
	if err != nil {
		return err
	}
	found, total, err := h.Service.ListProjects(ctx, p, query, answer.Window(page), held...)
	if err != nil {
		return err
	}
	shown, included, err := h.projectDocuments(ctx, p, wanted, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, included, nil)
}

// heldFilters reads the filters for projects on which the caller may do something.
func heldFilters(c echo.Context) ([]schema.Permission, error) {
	create, first := answer.BoolParameter(c, "filter[permissions][create-workspace]")
	update, second := answer.BoolParameter(c, "filter[permissions][update]")
	var out []schema.Permission
	if create != nil && *create {
		out = append(out, schema.ProjectCreateWorkspace)
	}
	if update != nil && *update {
		out = append(out, schema.ProjectUpdate)
	}
	return out, errors.Join(first, second)
}

func (h *Handler) createProject(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeProjects)
	if err != nil {
		return err
	}
	edit, tagging := projectChanges(in)
	created, token, err := h.Service.CreateProject(ctx, p, o.ID, edit, tagging)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendProject(c, http.StatusCreated, nil, created)
}

func (h *Handler) readProject(c echo.Context) error {
	wanted, err := answer.ReadIncludes(c, includeBindings)
	if err != nil {
		return err
	}
	prj, err := h.Service.FindProject(c.Request().Context(), principal(c), c.Param("project"))
	if err != nil {
		return err
	}
	return h.sendProject(c, http.StatusOK, wanted, prj)
}

func (h *Handler) updateProject(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	prj, err := h.Service.FindProject(ctx, p, c.Param("project"))
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeProjects)
	if err != nil {
		return err
	}
	edit, tagging := projectChanges(in)
	changed, token, err := h.Service.UpdateProject(ctx, p, prj.ID, edit, tagging)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendProject(c, http.StatusOK, nil, changed)
}

func (h *Handler) deleteProject(c echo.Context) error {
	token, err := h.Service.DeleteProject(c.Request().Context(), principal(c), c.Param("project"))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func (h *Handler) moveWorkspaces(c echo.Context) error {
	ids, err := answer.ReadIDs(c, answer.TypeWorkspaces)
	if err != nil {
		return err
	}
	token, err := h.Service.MoveWorkspaces(c.Request().Context(), principal(c), c.Param("project"), ids...)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// sendProject writes one project.
func (h *Handler) sendProject(c echo.Context, status int, wanted answer.Includes, prj catalog.Project) error {
	shown, included, err := h.projectDocuments(c.Request().Context(), principal(c), wanted, prj)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: shown[0], Included: included})
}

// projectChanges returns what puts what a client sent over a project, and the tag bindings that it sent.
func projectChanges(in jsonapi.Input) (catalog.Edit[catalog.Project], catalog.Tagging) {
	tagging, tagErr := readRebinding(in)
	return func(prj catalog.Project, home catalog.Home) (catalog.Project, error) {
		kept, err := recallProject(prj)
		if err != nil {
			return prj, err
		}
		inherited, err := organizationExecution(home.Organization)
		if err != nil {
			return prj, err
		}
		var sent projectInput
		wrongTypes := errors.Join(in.Attributes(&sent), in.Attributes(&kept.projectSettings), tagErr)
		before := kept.Execution
		var wrongMode error
		kept.Execution, wrongMode = before.with(sent.execution(), inherited)
		name, user := sent.Name.Or(prj.Name), agentPoolUser{projectID: cmp.Or(prj.ID, comesLater)}
		wrongPool := checkAgentPool(home, before.Pool, kept.Execution.Pool, "default-agent-pool-id", user)
		if unexpected(wrongPool) {
			return prj, wrongPool
		}
		if err := answer.Beside(wrongTypes, errors.Join(checkProjectName(name, prj.Name), kept.check(), wrongMode, wrongPool)); err != nil {
			return prj, err
		}
		prj.Name = name
		sent.Description.Into(&prj.Description)
		prj.Attributes, err = keep(prj.Attributes, kept)
		return prj, err
	}, tagging
}
