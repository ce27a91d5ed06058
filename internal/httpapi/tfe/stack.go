package tfe

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

const typeStacks = "stacks"

// stacks is what the file needs of the catalog.
type stacks interface {
	FindStack(ctx context.Context, p catalog.Principal, ref string) (catalog.Stack, error)
	ListStacks(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery, w catalog.Window) ([]catalog.Stack, int, error)
	CreateStack(ctx context.Context, p catalog.Principal, st catalog.Stack) (catalog.Stack, authz.Token, error)
	UpdateStack(ctx context.Context, p catalog.Principal, st catalog.Stack) (authz.Token, error)
	DeleteStack(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

// stackEndpoints serve stacks as things that access is given on (DECISIONS N11).
func (h *Handler) stackEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		route(http.MethodGet, "organizations/:organization/stacks", endpoint.Permission(schema.OrganizationView), h.listStacks),
		route(http.MethodPost, "stacks", endpoint.Permission(schema.ProjectCreateStack), h.createStack),
		route(http.MethodGet, "stacks/:stack", endpoint.Permission(schema.StackRead), h.readStack),
		route(http.MethodPatch, "stacks/:stack", endpoint.Permission(schema.StackUpdate), h.updateStack),
		route(http.MethodDelete, "stacks/:stack", endpoint.Permission(schema.StackDelete), h.deleteStack),
	}
}

func (h *Handler) listStacks(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	query := catalog.PlaceQuery{OrganizationID: o.ID, ProjectID: c.QueryParam("filter[project][id]"), Contains: c.QueryParam("search[name]")}
	if err := readPlaceOrder(c, &query); err != nil {
		return err
	}
	found, total, err := h.Service.ListStacks(c.Request().Context(), principal(c), query, window(page))
	if err != nil {
		return err
	}
	shown := make([]jsonapi.Resource, len(found))
	for i, st := range found {
		shown[i] = stackResource(st, o)
	}
	return sendPage(c, page, total, shown, nil, nil)
}

func (h *Handler) createStack(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	in, err := jsonapi.ReadResource(c.Request(), typeStacks)
	if err != nil {
		return err
	}
	st, err := stackFrom(in, catalog.Stack{})
	if err != nil {
		return err
	}
	prj, err := h.Service.FindProject(ctx, p, st.ProjectID)
	if err != nil {
		return err
	}
	st.ProjectID, st.OrganizationID = prj.ID, prj.OrganizationID
	created, token, err := h.Service.CreateStack(ctx, p, st)
	if err != nil {
		return err
	}
	written(c, token)
	return h.sendStack(c, http.StatusCreated, created)
}

func (h *Handler) readStack(c echo.Context) error {
	st, err := h.Service.FindStack(c.Request().Context(), principal(c), c.Param("stack"))
	if err != nil {
		return err
	}
	return h.sendStack(c, http.StatusOK, st)
}

func (h *Handler) updateStack(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	st, err := h.Service.FindStack(ctx, p, c.Param("stack"))
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), typeStacks)
	if err != nil {
		return err
	}
	if st, err = stackFrom(in, st); err != nil {
		return err
	}
	token, err := h.Service.UpdateStack(ctx, p, st)
	if err != nil {
		return err
	}
	written(c, token)
	return h.sendStack(c, http.StatusOK, st)
}

func (h *Handler) deleteStack(c echo.Context) error {
	token, err := h.Service.DeleteStack(c.Request().Context(), principal(c), c.Param("stack"))
	if err != nil {
		return err
	}
	return done(c, token)
}

// stackFrom returns a stack with what a client sent put over it.
func stackFrom(in jsonapi.Input, st catalog.Stack) (catalog.Stack, error) {
	sent := struct {
		Name        string                `json:"name"`
		Description jsonapi.Field[string] `json:"description"`
	}{Name: st.Name}
	project, _, projectErr := relatedTo(in, "project", typeProjects)
	st.ProjectID = cmp.Or(project, st.ProjectID)
	wrongTypes := errors.Join(in.Attributes(&sent), projectErr)
	st.Name = sent.Name
	sent.Description.Into(&st.Description)
	err := required(st.Name, "name")
	if st.ProjectID == "" && projectErr == nil {
		err = errors.Join(err, fault.At("/data/relationships/project", "can't be blank"))
	}
	return st, beside(wrongTypes, err)
}

func (h *Handler) sendStack(c echo.Context, status int, st catalog.Stack) error {
	homes, err := h.Service.OrganizationsByID(c.Request().Context(), st.OrganizationID)
	if err != nil {
		return err
	}
	return send(c, status, jsonapi.Document{Data: stackResource(st, homes[st.OrganizationID])})
}

// stackResource shows a stack of an organization.
func stackResource(st catalog.Stack, o catalog.Organization) jsonapi.Resource {
	return jsonapi.Resource{
		ID: st.ID, Type: typeStacks, Links: self("stacks/" + st.ID),
		Attributes: map[string]any{"name": st.Name, "description": st.Description, "created-at": stamp(st.CreatedAt)},
		Relationships: map[string]jsonapi.Relationship{
			"organization": jsonapi.ToOne(typeOrganizations, o.Name).At("/api/v2/organizations/" + o.Name),
			"project":      jsonapi.ToOne(typeProjects, st.ProjectID).At("/api/v2/projects/" + st.ProjectID),
		},
	}
}
