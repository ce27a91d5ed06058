package tfe

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// projects is what the file needs of the catalog.
type projects interface {
	FindProject(ctx context.Context, p catalog.Principal, ref string) (catalog.Project, error)
	ListProjects(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery, w catalog.Window, holding ...schema.Permission) ([]catalog.Project, int, error)
	CreateProject(ctx context.Context, p catalog.Principal, prj catalog.Project, tagging ...catalog.Tagging) (catalog.Project, authz.Token, error)
	UpdateProject(ctx context.Context, p catalog.Principal, prj catalog.Project, tagging ...catalog.Tagging) (authz.Token, error)
	DeleteProject(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
	MoveWorkspaces(ctx context.Context, p catalog.Principal, projectID string, workspaceIDs ...string) (authz.Token, error)
	OrganizationsByID(ctx context.Context, ids ...string) (map[string]catalog.Organization, error)
}

func (h *Handler) projectEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		route(http.MethodGet, "organizations/:organization/projects", endpoint.Permission(schema.OrganizationView), h.listProjects),
		route(http.MethodPost, "organizations/:organization/projects", endpoint.Permission(schema.OrganizationCreateProject), h.createProject),
		route(http.MethodGet, "projects/:project", endpoint.Permission(schema.ProjectRead), h.readProject),
		route(http.MethodPatch, "projects/:project", endpoint.Permission(schema.ProjectUpdate), h.updateProject),
		route(http.MethodDelete, "projects/:project", endpoint.Permission(schema.ProjectDelete), h.deleteProject),
		route(http.MethodPost, "projects/:project/relationships/workspaces", endpoint.Permission(schema.ProjectMoveWorkspaces), h.moveWorkspaces),
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
	wanted, err := readIncludes(c, includeBindings)
	if err != nil {
		return err
	}
	query := catalog.PlaceQuery{OrganizationID: o.ID, Names: words(c.QueryParam("filter[names]")), Contains: c.QueryParam("q")}
	if err := readPlaceOrder(c, &query); err != nil {
		return err
	}
	query.Newest = c.QueryParam("sort") == ""
	if query.Bound, err = readTagged(c.QueryParams()); err != nil {
		return err
	}
	found, total, err := h.Service.ListProjects(ctx, p, query, window(page), heldFilters(c)...)
	if err != nil {
		return err
	}
	shown, included, err := h.projectDocuments(ctx, p, wanted, found...)
	if err != nil {
		return err
	}
	return sendPage(c, page, total, shown, included, nil)
}

// readPlaceOrder reads the sort parameter of a list by name; others are orders that make no difference here.
func readPlaceOrder(c echo.Context, query *catalog.PlaceQuery, others ...string) error {
	sort := parameter(c, "sort")
	query.Descending = sort == "-name"
	if sort == "" || sort == "name" || query.Descending {
		return nil
	}
	for _, other := range others {
		if sort == other || sort == "-"+other {
			return nil
		}
	}
	return jsonapi.Parameter("sort", "The sort parameter %q is not valid: there are name, -name.", sort)
}

// heldFilters reads the filters for projects on which the caller may do something.
func heldFilters(c echo.Context) []schema.Permission {
	var out []schema.Permission
	for _, f := range []struct {
		name       string
		permission schema.Permission
	}{
		{"filter[permissions][create-workspace]", schema.ProjectCreateWorkspace},
		{"filter[permissions][update]", schema.ProjectUpdate},
	} {
		if v := c.QueryParam(f.name); v != "" && v != "false" {
			out = append(out, f.permission)
		}
	}
	return out
}

func (h *Handler) createProject(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), typeProjects)
	if err != nil {
		return err
	}
	prj, tagging, err := h.projectFrom(ctx, p, in, o, catalog.Project{OrganizationID: o.ID})
	if err != nil {
		return err
	}
	created, token, err := h.Service.CreateProject(ctx, p, prj, tagging)
	if err != nil {
		return err
	}
	written(c, token)
	return h.sendProject(c, http.StatusCreated, nil, created)
}

func (h *Handler) readProject(c echo.Context) error {
	wanted, err := readIncludes(c, includeBindings)
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
	in, err := jsonapi.ReadResource(c.Request(), typeProjects)
	if err != nil {
		return err
	}
	homes, err := h.Service.OrganizationsByID(ctx, prj.OrganizationID)
	if err != nil {
		return err
	}
	prj, tagging, err := h.projectFrom(ctx, p, in, homes[prj.OrganizationID], prj)
	if err != nil {
		return err
	}
	token, err := h.Service.UpdateProject(ctx, p, prj, tagging)
	if err != nil {
		return err
	}
	written(c, token)
	return h.sendProject(c, http.StatusOK, nil, prj)
}

func (h *Handler) deleteProject(c echo.Context) error {
	token, err := h.Service.DeleteProject(c.Request().Context(), principal(c), c.Param("project"))
	if err != nil {
		return err
	}
	return done(c, token)
}

func (h *Handler) moveWorkspaces(c echo.Context) error {
	ids, err := readIDs(c, typeWorkspaces)
	if err != nil {
		return err
	}
	token, err := h.Service.MoveWorkspaces(c.Request().Context(), principal(c), c.Param("project"), ids...)
	if err != nil {
		return err
	}
	return done(c, token)
}

// sendProject writes one project.
func (h *Handler) sendProject(c echo.Context, status int, wanted includes, prj catalog.Project) error {
	shown, included, err := h.projectDocuments(c.Request().Context(), principal(c), wanted, prj)
	if err != nil {
		return err
	}
	return send(c, status, jsonapi.Document{Data: shown[0], Included: included})
}

// projectFrom returns a project of an organization with what a client sent put over it.
func (h *Handler) projectFrom(ctx context.Context, p catalog.Principal, in jsonapi.Input, o catalog.Organization, prj catalog.Project) (catalog.Project, catalog.Tagging, error) {
	kept, err := recallProject(prj)
	if err != nil {
		return prj, catalog.Tagging{}, err
	}
	inherited, err := organizationExecution(o)
	if err != nil {
		return prj, catalog.Tagging{}, err
	}
	var sent projectInput
	tagging, tagErr := readRebinding(in)
	wrongTypes := errors.Join(in.Attributes(&sent), in.Attributes(&kept.projectSettings), tagErr)
	before := kept.Execution
	var wrongMode error
	kept.Execution, wrongMode = before.with(sent.execution(), inherited)
	name, user := sent.Name.Or(prj.Name), agentPoolUser{organizationID: o.ID, projectID: cmp.Or(prj.ID, comesLater)}
	wrongPool := h.checkAgentPool(ctx, p, before.Pool, kept.Execution.Pool, "default-agent-pool-id", user)
	if unexpected(wrongPool) {
		return prj, tagging, wrongPool
	}
	if err := beside(wrongTypes, errors.Join(checkProjectName(name, prj.Name), kept.check(), wrongMode, wrongPool)); err != nil {
		return prj, tagging, err
	}
	prj.Name = name
	sent.Description.Into(&prj.Description)
	prj.Attributes, err = keep(prj.Attributes, kept)
	return prj, tagging, err
}
