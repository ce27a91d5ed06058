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

// stacks is what the file needs of the catalog.
type stacks interface {
	FindStack(ctx context.Context, p catalog.Principal, ref string) (catalog.Stack, error)
	ListStacks(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery, w catalog.Window) ([]catalog.Stack, int, error)
	CreateStack(ctx context.Context, p catalog.Principal, organizationID, projectID string, edit catalog.Edit[catalog.Stack]) (catalog.Stack, authz.Token, error)
	UpdateStack(ctx context.Context, p catalog.Principal, id string, ch catalog.StackChanges) (catalog.Stack, authz.Token, error)
	DeleteStack(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

// stackEndpoints serve stacks as things that access is given on (DECISIONS N11).
func (h *Handler) stackEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/stacks", endpoint.Permission(schema.OrganizationView), h.listStacks),
		answer.Route(http.MethodPost, "stacks", endpoint.Permission(schema.ProjectCreateStack), h.createStack),
		answer.Route(http.MethodGet, "stacks/:stack", endpoint.Permission(schema.StackRead), h.readStack),
		answer.Route(http.MethodPatch, "stacks/:stack", endpoint.Permission(schema.StackUpdate), h.updateStack),
		answer.Route(http.MethodDelete, "stacks/:stack", endpoint.Permission(schema.StackDelete), h.deleteStack),
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
	found, total, err := h.Service.ListStacks(c.Request().Context(), principal(c), query, answer.Window(page))
	if err != nil {
		return err
	}
	shown, err := h.stackResources(c.Request().Context(), principal(c), o, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

func (h *Handler) createStack(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeStacks)
	if err != nil {
		return err
	}
	ch := stackChanges(in)
	if ch.ProjectID == "" { // so nobody can be asked whether the caller may
		_, wrong := ch.Edit(catalog.Stack{}, catalog.Home{})
		_, err := answer.RelatedID(in, "project", answer.TypeProjects)
		return answer.Beside(wrong, err)
	}
	prj, err := h.Service.FindProject(ctx, p, ch.ProjectID)
	if err != nil {
		return err
	}
	created, token, err := h.Service.CreateStack(ctx, p, prj.OrganizationID, prj.ID, ch.Edit)
	if err != nil {
		return err
	}
	answer.Written(c, token)
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
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeStacks)
	if err != nil {
		return err
	}
	changed, token, err := h.Service.UpdateStack(ctx, p, st.ID, stackChanges(in))
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendStack(c, http.StatusOK, changed)
}

func (h *Handler) deleteStack(c echo.Context) error {
	token, err := h.Service.DeleteStack(c.Request().Context(), principal(c), c.Param("stack"))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// stackChanges returns what a client wants made of a stack. What is wrong about it, the edit tells.
func stackChanges(in jsonapi.Input) catalog.StackChanges {
	project, _, projectErr := answer.RelatedTo(in, "project", answer.TypeProjects)
	return catalog.StackChanges{ProjectID: project, Edit: func(st catalog.Stack, _ catalog.Home) (catalog.Stack, error) {
		sent := struct {
			Name        string                `json:"name"`
			Description jsonapi.Field[string] `json:"description"`
		}{Name: st.Name}
		wrongTypes := errors.Join(in.Attributes(&sent), projectErr)
		st.Name = sent.Name
		sent.Description.Into(&st.Description)
		return st, answer.Beside(wrongTypes, answer.Required(st.Name, "name"))
	}}
}

func (h *Handler) sendStack(c echo.Context, status int, st catalog.Stack) error {
	ctx := c.Request().Context()
	homes, err := h.Service.OrganizationsByID(ctx, st.OrganizationID)
	if err != nil {
		return err
	}
	shown, err := h.stackResources(ctx, principal(c), homes[st.OrganizationID], st)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: shown[0]})
}

// stackResources shows stacks of an organization to a caller.
func (h *Handler) stackResources(ctx context.Context, p catalog.Principal, o catalog.Organization, all ...catalog.Stack) ([]jsonapi.Resource, error) {
	ids := make([]string, len(all))
	for i, st := range all {
		ids[i] = st.ID
	}
	can, err := h.permissions(ctx, p, schema.TypeStack, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]jsonapi.Resource, len(all))
	for i, st := range all {
		out[i] = jsonapi.Resource{
			ID: st.ID, Type: answer.TypeStacks, Links: answer.Self("stacks/" + st.ID),
			Attributes: map[string]any{
				"name": st.Name, "description": st.Description, "created-at": answer.Stamp(st.CreatedAt), "permissions": can[i],
			},
			Relationships: map[string]jsonapi.Relationship{
				"organization": jsonapi.ToOne(answer.TypeOrganizations, o.Name).At("/api/v2/organizations/" + o.Name),
				"project":      jsonapi.ToOne(answer.TypeProjects, st.ProjectID).At("/api/v2/projects/" + st.ProjectID),
			},
		}
	}
	return out, nil
}
