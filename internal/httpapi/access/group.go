package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// groups is what the file needs of the catalog.
type groups interface {
	ListGroups(ctx context.Context, p catalog.Principal, q catalog.GroupQuery, w catalog.Window) ([]catalog.GroupDetails, int, error)
	FindGroup(ctx context.Context, p catalog.Principal, id string) (catalog.GroupDetails, error)
	CreateManualGroup(ctx context.Context, p catalog.Principal, edit catalog.Edit[catalog.Group]) (catalog.Group, authz.Token, error)
	DeleteGroup(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
	ListGroupMembers(ctx context.Context, p catalog.Principal, groupID string, w catalog.Window) ([]authz.Object, int, error)
	AddGroupMembers(ctx context.Context, p catalog.Principal, groupID string, sent catalog.Sent[[]authz.Object]) (authz.Token, error)
	RemoveGroupMembers(ctx context.Context, p catalog.Principal, groupID string, sent catalog.Sent[[]authz.Object]) (authz.Token, error)
}

// groupEndpoints serve groups (DECISIONS N6): those of directories to be looked at, those that are kept by hand also to be
// filled.
func (h *Handler) groupEndpoints() []endpoint.Endpoint {
	look, administer := endpoint.Permission(schema.PlatformManageUsers), endpoint.Permission(schema.PlatformAdminister)
	const members = "admin/groups/:group/relationships/members"
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "admin/groups", look, h.listGroups),
		answer.Route(http.MethodPost, "admin/groups", administer, h.createGroup),
		answer.Route(http.MethodGet, "admin/groups/:group", look, h.readGroup),
		answer.Route(http.MethodDelete, "admin/groups/:group", administer, h.deleteGroup),
		answer.Route(http.MethodGet, members, look, h.listGroupMembers),
		answer.Route(http.MethodPost, members, administer, h.changeGroupMembers(h.Service.AddGroupMembers)),
		answer.Route(http.MethodDelete, members, administer, h.changeGroupMembers(h.Service.RemoveGroupMembers)),
	}
}

func (h *Handler) listGroups(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	query := catalog.GroupQuery{Contains: c.QueryParam("q"), Source: c.QueryParam("filter[source]"), ExternalID: c.QueryParam("filter[external-id]")}
	found, total, err := h.Service.ListGroups(c.Request().Context(), principal(c), query, answer.Window(page))
	if err != nil {
		return err
	}
	var shown []jsonapi.Resource
	for _, g := range found {
		shown = append(shown, groupResource(g))
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

func (h *Handler) createGroup(c echo.Context) error {
	in, err := jsonapi.ReadResource(c.Request(), typeGroups)
	if err != nil {
		return err
	}
	created, token, err := h.Service.CreateManualGroup(c.Request().Context(), principal(c), func(g catalog.Group, _ catalog.Home) (catalog.Group, error) {
		sent := struct {
			Name       string                `json:"name"`
			ExternalID jsonapi.Field[string] `json:"external-id"`
		}{}
		wrongTypes := in.Attributes(&sent)
		g.DisplayName = sent.Name
		sent.ExternalID.Into(&g.ExternalID)
		return g, answer.Beside(wrongTypes, answer.Required(g.DisplayName, "name"))
	})
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendGroup(c, http.StatusCreated, created.ID)
}

func (h *Handler) readGroup(c echo.Context) error {
	return h.sendGroup(c, http.StatusOK, c.Param("group"))
}

func (h *Handler) deleteGroup(c echo.Context) error {
	token, err := h.Service.DeleteGroup(c.Request().Context(), principal(c), c.Param("group"))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func (h *Handler) sendGroup(c echo.Context, status int, id string) error {
	g, err := h.Service.FindGroup(c.Request().Context(), principal(c), id)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: groupResource(g)})
}

// memberKinds are what may be in a group.
func memberKinds() kinds {
	return kinds{{answer.TypeUsers, schema.TypeUser}, {typeGroups, schema.TypeGroup}}
}

// listGroupMembers lists who is in a group by himself, as identifiers: nested groups first.
func (h *Handler) listGroupMembers(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	found, total, err := h.Service.ListGroupMembers(c.Request().Context(), principal(c), c.Param("group"), answer.Window(page))
	if err != nil {
		return err
	}
	shown := make([]jsonapi.Resource, len(found))
	for i, o := range found {
		shown[i] = jsonapi.Resource{ID: o.ID, Type: memberKinds().resource(o.Type)}
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

// changeGroupMembers puts people, by their ids or usernames, and groups into a group or takes them out.
func (h *Handler) changeGroupMembers(change func(context.Context, catalog.Principal, string, catalog.Sent[[]authz.Object]) (authz.Token, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		refs, err := jsonapi.ReadReferences(c.Request(), memberKinds().resources()...)
		if err != nil {
			return err
		}
		token, err := change(ctx, principal(c), c.Param("group"), func() ([]authz.Object, error) { return h.members(ctx, refs) })
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Field == "child" {
			return fault.At("/data", "A member %s", f.Message)
		}
		if err != nil {
			return err
		}
		return answer.Done(c, token)
	}
}

// members returns whom references mean, and reports every one that means nobody.
func (h *Handler) members(ctx context.Context, refs []jsonapi.Reference) ([]authz.Object, error) {
	var out []authz.Object
	var faults []error
	for i, ref := range refs {
		if ref.Type == "" {
			ref.Type = answer.TypeUsers
		}
		at := fmt.Sprintf("/data/%d/id", i)
		if ref.ID == "" {
			faults = append(faults, fault.At(at, "can't be blank"))
			continue
		}
		found, err := h.Service.Resolve(ctx, memberKinds().object(ref.Type), ref.ID)
		switch {
		case fault.Is(err, fault.NotFound):
			faults = append(faults, fault.At(at, "Member %q does not exist", ref.ID))
		case err != nil:
			return nil, err
		}
		out = append(out, found)
	}
	return out, errors.Join(faults...)
}

// groupAttributes are a group as documents show it (DECISIONS N13).
type groupAttributes struct {
	Name       string `json:"name"`
	ExternalID string `json:"external-id"`
	Source     string `json:"source"`
	Users      int    `json:"users-count"`
	Groups     int    `json:"groups-count"`
	Paused     bool   `json:"paused"`
	CreatedAt  any    `json:"created-at"`
}

func groupResource(g catalog.GroupDetails) jsonapi.Resource {
	path := "admin/groups/" + g.ID
	return jsonapi.Resource{
		ID: g.ID, Type: typeGroups, Links: answer.Self(path),
		Attributes:    groupAttributes{g.DisplayName, g.ExternalID, g.Source, g.Users, g.Groups, g.Paused, answer.Stamp(g.CreatedAt)},
		Relationships: map[string]jsonapi.Relationship{"members": jsonapi.Elsewhere("/api/v2/" + path + "/relationships/members")},
	}
}
