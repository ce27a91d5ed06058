package tfe

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

const typeTags = "tags"

// tags is what the file needs of the catalog.
type tags interface {
	ListTags(ctx context.Context, p catalog.Principal, f catalog.TagFilter, w catalog.Window) ([]catalog.CountedTag, int, error)
	ListWorkspaceTags(ctx context.Context, p catalog.Principal, id, contains string, w catalog.Window) ([]catalog.CountedTag, int, error)
	AddWorkspaceTags(ctx context.Context, p catalog.Principal, id string, refs catalog.Sent[[]catalog.TagRef]) (authz.Token, error)
	RemoveWorkspaceTags(ctx context.Context, p catalog.Principal, id string, refs catalog.Sent[[]catalog.TagRef]) (authz.Token, error)
	DeleteTags(ctx context.Context, p catalog.Principal, organizationID string, ids ...string) (authz.Token, error)
	TagWorkspaces(ctx context.Context, p catalog.Principal, tagID string, workspaceIDs ...string) (authz.Token, error)
}

func (h *Handler) tagEndpoints() []endpoint.Endpoint {
	const ofWorkspace = "workspaces/:workspace/relationships/tags"
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/tags", endpoint.Permission(schema.OrganizationView), h.listTags),
		answer.Route(http.MethodDelete, "organizations/:organization/tags", endpoint.Permission(schema.OrganizationManageTags), h.deleteTags),
		answer.Route(http.MethodPost, "tags/:tag/relationships/workspaces", endpoint.Permission(schema.OrganizationManageTags), h.tagWorkspaces),
		answer.Route(http.MethodGet, ofWorkspace, endpoint.Permission(schema.WorkspaceRead), h.listWorkspaceTags),
		answer.Route(http.MethodPost, ofWorkspace, endpoint.Permission(schema.WorkspaceManageTags), h.addWorkspaceTags),
		answer.Route(http.MethodDelete, ofWorkspace, endpoint.Permission(schema.WorkspaceManageTags), h.removeWorkspaceTags),
	}
}

func (h *Handler) listTags(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	filter := catalog.TagFilter{OrganizationID: o.ID, Contains: c.QueryParam("q"), WithoutID: c.QueryParam("filter[exclude][taggable][id]")}
	found, total, err := h.Service.ListTags(c.Request().Context(), principal(c), filter, answer.Window(page))
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, tagResources(o.Name, found), nil, nil)
}

func (h *Handler) deleteTags(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	ids, err := answer.ReadIDs(c, typeTags)
	if err != nil {
		return err
	}
	token, err := h.Service.DeleteTags(c.Request().Context(), principal(c), o.ID, ids...)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func (h *Handler) tagWorkspaces(c echo.Context) error {
	ids, err := answer.ReadIDs(c, answer.TypeWorkspaces)
	if err != nil {
		return err
	}
	token, err := h.Service.TagWorkspaces(c.Request().Context(), principal(c), c.Param("tag"), ids...)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func (h *Handler) listWorkspaceTags(c echo.Context) error {
	ctx := c.Request().Context()
	w, err := h.workspace(c)
	if err != nil {
		return err
	}
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	found, total, err := h.Service.ListWorkspaceTags(ctx, principal(c), w.ID, c.QueryParam("name"), answer.Window(page))
	if err != nil {
		return err
	}
	homes, err := h.Service.OrganizationsByID(ctx, w.OrganizationID)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, tagResources(homes[w.OrganizationID].Name, found), nil, nil)
}

func (h *Handler) addWorkspaceTags(c echo.Context) error {
	return h.changeWorkspaceTags(c, h.Service.AddWorkspaceTags)
}

func (h *Handler) removeWorkspaceTags(c echo.Context) error {
	return h.changeWorkspaceTags(c, h.Service.RemoveWorkspaceTags)
}

func (h *Handler) changeWorkspaceTags(c echo.Context, change func(context.Context, catalog.Principal, string, catalog.Sent[[]catalog.TagRef]) (authz.Token, error)) error {
	sent, err := jsonapi.ReadReferences(c.Request(), typeTags)
	if err != nil {
		return err
	}
	refs := func() ([]catalog.TagRef, error) { return tagRefs(sent, "/data") }
	token, err := change(c.Request().Context(), principal(c), c.Param("workspace"), refs)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// readTags reads the tags that a new workspace is to carry.
func readTags(in jsonapi.Input) ([]catalog.TagRef, error) {
	sent, _, err := in.Many(typeTags, typeTags)
	if err != nil {
		return nil, err
	}
	return tagRefs(sent, "/data/relationships/tags/data")
}

// tagRefs reads tags that are named by id, or by name as an attribute in place of it, and reports every one that is not.
func tagRefs(sent []jsonapi.Reference, at string) ([]catalog.TagRef, error) {
	out := make([]catalog.TagRef, len(sent))
	var faults []error
	for i, ref := range sent {
		var named struct {
			Name string `json:"name"`
		}
		out[i].ID = ref.ID
		err := ref.DecodeAttributes(&named, fmt.Sprintf("%s/%d", at, i))
		if out[i].Name = named.Name; err == nil && ref.ID == "" {
			err = answer.Under(fmt.Sprintf("%s/%d/attributes/", at, i), catalog.CheckTagName(named.Name))
		}
		faults = append(faults, err)
	}
	return out, errors.Join(faults...)
}

// tagResources shows tags of an organization.
func tagResources(organization string, all []catalog.CountedTag) []jsonapi.Resource {
	out := make([]jsonapi.Resource, len(all))
	for i, t := range all {
		out[i] = jsonapi.Resource{
			ID: t.ID, Type: typeTags,
			Attributes:    map[string]any{"name": t.Name, "created-at": answer.Stamp(t.CreatedAt), "instance-count": t.Count},
			Relationships: map[string]jsonapi.Relationship{"organization": jsonapi.ToOne(answer.TypeOrganizations, organization)},
		}
	}
	return out
}
