package access

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

// grants is what the file needs of the catalog.
type grants interface {
	ListGrants(ctx context.Context, p catalog.Principal, organizationID string, q catalog.GrantQuery, w catalog.Window) ([]catalog.Grant, int, error)
	FindGrant(ctx context.Context, p catalog.Principal, id string) (catalog.Grant, error)
	GiveGrant(ctx context.Context, p catalog.Principal, organizationID string, scope authz.Object, holderType string, sent catalog.Sent[catalog.Grant]) (catalog.Grant, authz.Token, error)
	UpdateGrant(ctx context.Context, p catalog.Principal, id string, edit catalog.Edit[catalog.Grant]) (catalog.Grant, authz.Token, error)
	DeleteGrant(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
	RoleNamed(ctx context.Context, organizationID, ref string) (string, error)
}

// grantEndpoints serve grants. What giving one needs depends on the scope and the holder (DECISIONS N5); the declarations
// name the most common.
func (h *Handler) grantEndpoints() []endpoint.Endpoint {
	view, manage := endpoint.Permission(schema.OrganizationView), endpoint.Permission(schema.OrganizationManageOrganizationAccess)
	administer := endpoint.Permission(schema.PlatformAdminister)
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/grants", view, h.listGrants),
		answer.Route(http.MethodPost, "organizations/:organization/grants", manage, h.createGrant),
		answer.Route(http.MethodGet, "admin/grants", administer, h.listPlatformGrants),
		answer.Route(http.MethodPost, "admin/grants", administer, h.createPlatformGrant),
		answer.Route(http.MethodGet, "grants/:grant", view, h.readGrant),
		answer.Route(http.MethodPatch, "grants/:grant", manage, h.updateGrant),
		answer.Route(http.MethodDelete, "grants/:grant", manage, h.deleteGrant),
	}
}

func (h *Handler) listGrants(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	return h.sendGrants(c, o.ID, scopes())
}

func (h *Handler) listPlatformGrants(c echo.Context) error { return h.sendGrants(c, "", platform()) }

// sendGrants lists the grants of an organization, or at the platform for "".
func (h *Handler) sendGrants(c echo.Context, organizationID string, at kinds) error {
	ctx, p := c.Request().Context(), principal(c)
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	query, there, err := h.grantQuery(c, organizationID, at)
	if err != nil {
		return err
	}
	found, total, err := h.Service.ListGrants(ctx, p, organizationID, query, answer.Window(page))
	if err != nil {
		return err
	}
	if !there { // what was named is not there
		found, total = nil, 0
	}
	shown, err := h.grantResources(c, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

func (h *Handler) createGrant(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), typeGrants)
	if err != nil {
		return err
	}
	return h.giveGrant(c, o.ID, readGrant(in, scopes()))
}

func (h *Handler) createPlatformGrant(c echo.Context) error {
	in, err := jsonapi.ReadResource(c.Request(), typeGrants)
	if err != nil {
		return err
	}
	return h.giveGrant(c, "", readGrant(in, platform()))
}

// giveGrant makes the grant that a client wants in an organization, or at the platform for "".
func (h *Handler) giveGrant(c echo.Context, organizationID string, wish grantWish) error {
	ctx, p := c.Request().Context(), principal(c)
	if wish.scope.IsZero() || wish.holder.Type == "" { // so nobody can be asked whether the caller may
		return wish.wrong
	}
	created, token, err := h.Service.GiveGrant(ctx, p, organizationID, wish.scope, wish.holder.Type, func() (catalog.Grant, error) {
		return h.meantGrant(ctx, organizationID, wish)
	})
	if err != nil {
		return relations(err, "role", "holder", "scope")
	}
	answer.Written(c, token)
	return h.sendGrant(c, http.StatusCreated, created)
}

func (h *Handler) readGrant(c echo.Context) error {
	g, err := h.Service.FindGrant(c.Request().Context(), principal(c), c.Param("grant"))
	if err != nil {
		return err
	}
	return h.sendGrant(c, http.StatusOK, g)
}

func (h *Handler) updateGrant(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	in, err := jsonapi.ReadResource(c.Request(), typeGrants)
	if err != nil {
		return err
	}
	after, token, err := h.Service.UpdateGrant(ctx, p, c.Param("grant"), h.grantEdit(ctx, in))
	if err != nil {
		return relations(err, "role", "holder", "scope")
	}
	answer.Written(c, token)
	return h.sendGrant(c, http.StatusOK, after)
}

func (h *Handler) deleteGrant(c echo.Context) error {
	token, err := h.Service.DeleteGrant(c.Request().Context(), principal(c), c.Param("grant"))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func (h *Handler) sendGrant(c echo.Context, status int, g catalog.Grant) error {
	shown, err := h.grantResources(c, g)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: shown[0]})
}
