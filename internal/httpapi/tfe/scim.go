package tfe

import (
	"context"
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

const (
	typeSCIMSettings = "scim-settings"
	typeSCIMGroups   = "scim-groups"
	typeSCIMMappings = "scim-group-mappings"
)

// siteSCIM is what the administration of SCIM needs of the catalog.
type siteSCIM interface {
	siteSCIMSettings
	siteSCIMTokens
	siteSCIMMappings
}

// siteSCIMSettings is what the file needs of the catalog.
type siteSCIMSettings interface {
	ReadSCIMSettings(ctx context.Context, p catalog.Principal) (catalog.SCIMSettings, error)
	ChangeSCIMSettings(ctx context.Context, p catalog.Principal, ch catalog.SCIMChanges) (catalog.SCIMSettings, authz.Token, error)
	ListSCIMGroups(ctx context.Context, p catalog.Principal, contains string, w catalog.Window) ([]catalog.Group, int, error)
}

// scimEndpoints administer the one SCIM connection that Terraform Enterprise has.
func (h *Handler) scimEndpoints() []endpoint.Endpoint {
	audit, administer := endpoint.Permission(schema.PlatformAudit), endpoint.Permission(schema.PlatformAdminister)
	const mapping = "admin/teams/:team/scim-group-mapping"
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "admin/scim-settings", audit, h.readSCIMSettings),
		answer.Route(http.MethodPatch, "admin/scim-settings", administer, h.updateSCIMSettings),
		answer.Route(http.MethodDelete, "admin/scim-settings", administer, h.deleteSCIMSettings),
		answer.Route(http.MethodGet, "admin/scim-groups", audit, h.listSCIMGroups),
		answer.Route(http.MethodGet, "admin/scim-tokens", audit, h.listSCIMTokens),
		answer.Route(http.MethodPost, "admin/scim-tokens", administer, h.createSCIMToken),
		answer.Route(http.MethodGet, "admin/scim-tokens/:id", audit, h.readSCIMToken),
		answer.Route(http.MethodPost, mapping, administer, h.createSCIMMapping),
		answer.Route(http.MethodPatch, mapping, administer, h.updateSCIMMapping),
		answer.Route(http.MethodDelete, mapping, administer, h.deleteSCIMMapping),
	}
}

// scimSettingsAttributes are how the connection stands.
type scimSettingsAttributes struct {
	Enabled              bool `json:"enabled"`
	Paused               bool `json:"paused"`
	SiteAdminGroupID     any  `json:"site-admin-group-scim-id"`
	SiteAdminDisplayName any  `json:"site-admin-group-display-name"`
}

func (h *Handler) readSCIMSettings(c echo.Context) error {
	found, err := h.Service.ReadSCIMSettings(c.Request().Context(), principal(c))
	if err != nil {
		return err
	}
	return sendSCIMSettings(c, found)
}

func sendSCIMSettings(c echo.Context, s catalog.SCIMSettings) error {
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: jsonapi.Resource{
		ID: catalog.SCIMConnection, Type: typeSCIMSettings, Attributes: scimSettingsAttributes{
			s.Enabled, s.Paused, answer.OrNull(s.SiteAdminGroup.ID), answer.OrNull(s.SiteAdminGroup.DisplayName),
		},
	}})
}

// scimSettingsInput is what a client wants of the settings. A group that is null is none; one that is left out stays.
type scimSettingsInput struct {
	Enabled          jsonapi.Field[bool]   `json:"enabled"`
	Paused           jsonapi.Field[bool]   `json:"paused"`
	SiteAdminGroupID jsonapi.Field[string] `json:"site-admin-group-scim-id"`
}

func (h *Handler) updateSCIMSettings(c echo.Context) error {
	in, err := jsonapi.ReadResource(c.Request(), typeSCIMSettings)
	if err != nil {
		return err
	}
	var sent scimSettingsInput
	if err := in.Attributes(&sent); err != nil {
		return err
	}
	var changes catalog.SCIMChanges
	if sent.Enabled.Set && !sent.Enabled.Null {
		changes.Enabled = &sent.Enabled.Value
	}
	if sent.Paused.Set && !sent.Paused.Null {
		changes.Paused = &sent.Paused.Value
	}
	if sent.SiteAdminGroupID.Set {
		changes.SiteAdminGroupID = new(sent.SiteAdminGroupID.Or(""))
	}
	return h.changeSCIMSettings(c, changes, sendSCIMSettings)
}

func (h *Handler) deleteSCIMSettings(c echo.Context) error {
	return h.changeSCIMSettings(c, catalog.SCIMChanges{Enabled: new(false)}, func(c echo.Context, _ catalog.SCIMSettings) error {
		return c.NoContent(http.StatusNoContent)
	})
}

func (h *Handler) changeSCIMSettings(c echo.Context, ch catalog.SCIMChanges, send func(echo.Context, catalog.SCIMSettings) error) error {
	after, token, err := h.Service.ChangeSCIMSettings(c.Request().Context(), principal(c), ch)
	if err != nil {
		return answer.As(http.StatusConflict, fault.Conflict, err)
	}
	answer.Written(c, token)
	return send(c, after)
}

func (h *Handler) listSCIMGroups(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	found, total, err := h.Service.ListSCIMGroups(c.Request().Context(), principal(c), c.QueryParam("q"), answer.Window(page))
	if err != nil {
		return err
	}
	shown := make([]jsonapi.Resource, len(found))
	for i, g := range found {
		shown[i] = jsonapi.Resource{ID: g.ID, Type: typeSCIMGroups, Attributes: struct {
			Name string `json:"name"`
		}{g.DisplayName}}
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}
