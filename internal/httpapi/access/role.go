package access

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// roles is what the file needs of the catalog.
type roles interface {
	ListRoles(ctx context.Context, p catalog.Principal, organizationID string, q catalog.RoleQuery, w catalog.Window) ([]catalog.RoleDetails, int, error)
	FindRole(ctx context.Context, p catalog.Principal, ref string) (catalog.RoleDetails, error)
	AddRole(ctx context.Context, p catalog.Principal, organizationID string, edit catalog.Edit[catalog.Role]) (catalog.Role, authz.Token, error)
	UpdateRole(ctx context.Context, p catalog.Principal, id string, edit catalog.Edit[catalog.Role]) (catalog.Role, authz.Token, error)
	DeleteRole(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) roleEndpoints() []endpoint.Endpoint {
	manage, administer := endpoint.Permission(schema.OrganizationManageRoles), endpoint.Permission(schema.PlatformAdminister)
	const permissions = "roles/:role/relationships/permissions"
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/roles", endpoint.Permission(schema.OrganizationView), h.listRoles),
		answer.Route(http.MethodPost, "organizations/:organization/roles", manage, h.createRole),
		answer.Route(http.MethodGet, "admin/roles", administer, h.listPlatformRoles),
		answer.Route(http.MethodPost, "admin/roles", administer, h.createPlatformRole),
		answer.Route(http.MethodGet, "roles/:role", endpoint.Permission(schema.OrganizationView), h.readRole),
		answer.Route(http.MethodPatch, "roles/:role", manage, h.updateRole),
		answer.Route(http.MethodDelete, "roles/:role", manage, h.deleteRole),
		answer.Route(http.MethodPost, permissions, manage, h.addPermissions),
		answer.Route(http.MethodDelete, permissions, manage, h.removePermissions),
	}
}

func (h *Handler) listRoles(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	return h.sendRoles(c, o.ID)
}

func (h *Handler) listPlatformRoles(c echo.Context) error { return h.sendRoles(c, "") }

// sendRoles lists the roles that may be granted in an organization, or at the platform for "".
func (h *Handler) sendRoles(c echo.Context, organizationID string) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	query, err := readRoleQuery(c)
	if err != nil {
		return err
	}
	found, total, err := h.Service.ListRoles(c.Request().Context(), principal(c), organizationID, query, answer.Window(page))
	if err != nil {
		return err
	}
	shown, err := h.roleResources(c, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

// readRoleQuery reads which roles are wanted: by a part of the name, built in or not, or by what they give in any system's
// words.
func readRoleQuery(c echo.Context) (catalog.RoleQuery, error) {
	query := catalog.RoleQuery{Contains: c.QueryParam("q")}
	var err error
	if query.BuiltIn, err = answer.BoolParameter(c, "filter[built-in]"); err != nil {
		return query, err
	}
	for _, name := range answer.Words(c.QueryParam("filter[permission]")) {
		canonical, err := schema.Canonical(name)
		if err != nil {
			return query, jsonapi.Parameter("filter[permission]", "holds %q, which is no permission of a role", name)
		}
		query.Gives = append(query.Gives, schema.Expand([]string{canonical})...)
	}
	return query, nil
}

func (h *Handler) createRole(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	return h.addRole(c, o.ID)
}

func (h *Handler) createPlatformRole(c echo.Context) error { return h.addRole(c, "") }

func (h *Handler) addRole(c echo.Context, organizationID string) error {
	in, err := jsonapi.ReadResource(c.Request(), typeRoles)
	if err != nil {
		return err
	}
	created, token, err := h.Service.AddRole(c.Request().Context(), principal(c), organizationID, roleEdit(in))
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendRole(c, http.StatusCreated, catalog.RoleDetails{Role: created}, nil)
}

func (h *Handler) readRole(c echo.Context) error {
	found, err := h.Service.FindRole(c.Request().Context(), principal(c), roleNamed(c))
	if err != nil {
		return err
	}
	return h.sendRole(c, http.StatusOK, found, nil)
}

func (h *Handler) updateRole(c echo.Context) error {
	in, err := jsonapi.ReadResource(c.Request(), typeRoles)
	if err != nil {
		return err
	}
	return h.changeRole(c, roleEdit(in))
}

func (h *Handler) deleteRole(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	found, err := h.Service.FindRole(ctx, p, roleNamed(c))
	if err != nil {
		return err
	}
	token, err := h.Service.DeleteRole(ctx, p, found.ID)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// addPermissions puts permissions into a role; those that are in it already stay.
func (h *Handler) addPermissions(c echo.Context) error {
	named, err := answer.ReadIDs(c, typePermissions)
	if err != nil {
		return err
	}
	return h.changeRole(c, adding(named))
}

// removePermissions takes permissions out of a role. What the role gives of them all the same, since others imply it, the
// answer tells.
func (h *Handler) removePermissions(c echo.Context) error {
	named, err := answer.ReadIDs(c, typePermissions)
	if err != nil {
		return err
	}
	return h.changeRole(c, removing(named))
}

// changeRole changes the role that a path names and writes it as it is then.
func (h *Handler) changeRole(c echo.Context, edit catalog.Edit[catalog.Role]) error {
	ctx, p := c.Request().Context(), principal(c)
	found, err := h.Service.FindRole(ctx, p, roleNamed(c))
	if err != nil {
		return err
	}
	var before catalog.Role // as the last run of the edit found it
	after, token, err := h.Service.UpdateRole(ctx, p, found.ID, func(r catalog.Role, home catalog.Home) (catalog.Role, error) {
		before = r
		return edit(r, home)
	})
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendRole(c, http.StatusOK, catalog.RoleDetails{Role: after}, stillImplied(before, after))
}

func (h *Handler) sendRole(c echo.Context, status int, d catalog.RoleDetails, meta any) error {
	shown, err := h.roleResources(c, d)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: shown[0], Meta: meta})
}

// roleNamed returns what a path names a role by: its id, or "acme/deployer" with the slash escaped.
func roleNamed(c echo.Context) string {
	raw := c.Param("role")
	if c.Request().URL.RawPath == "" { // nothing is left escaped then
		return raw
	}
	if ref, err := url.PathUnescape(raw); err == nil && utf8.ValidString(ref) && !strings.ContainsRune(ref, 0) {
		return ref
	}
	return raw
}
