package tfe

import (
	"net/http"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// siteAdministration is what the site administration API needs of the catalog.
type siteAdministration interface {
	siteUsers
	siteOrganizations
	siteWorkspaces
}

// adminEndpoints are the site administration API (research tfe-api 1.11): site auditors read, site admins do everything,
// and to everybody else there is nothing here.
func (h *Handler) adminEndpoints() []endpoint.Endpoint {
	audit, administer := endpoint.Permission(schema.PlatformAudit), endpoint.Permission(schema.PlatformAdminister)
	manage := endpoint.Permission(schema.PlatformManageUsers)
	return []endpoint.Endpoint{
		route(http.MethodGet, "admin/users", audit, h.listSiteUsers),
		route(http.MethodDelete, "admin/users/:id", manage, h.deleteSiteUser),
		route(http.MethodPost, "admin/users/:id/actions/suspend", manage, h.actOnUser(catalog.UserSuspend)),
		route(http.MethodPost, "admin/users/:id/actions/unsuspend", manage, h.actOnUser(catalog.UserUnsuspend)),
		route(http.MethodPost, "admin/users/:id/actions/disable_two_factor", manage, h.actOnUser(catalog.UserDisable2FA)),
		route(http.MethodPost, "admin/users/:id/actions/grant_admin", administer, h.actOnUser(catalog.UserGrantAdmin)),
		route(http.MethodPost, "admin/users/:id/actions/revoke_admin", administer, h.actOnUser(catalog.UserRevokeAdmin)),
		route(http.MethodPost, "admin/users/:id/actions/grant_site_auditor", administer, h.actOnUser(catalog.UserGrantAuditor)),
		route(http.MethodPost, "admin/users/:id/actions/revoke_site_auditor", administer, h.actOnUser(catalog.UserRevokeAuditor)),
		route(http.MethodGet, "admin/organizations", audit, h.listSiteOrganizations),
		route(http.MethodGet, "admin/organizations/:organization", audit, h.readSiteOrganization),
		route(http.MethodPatch, "admin/organizations/:organization", administer, h.updateSiteOrganization),
		route(http.MethodDelete, "admin/organizations/:organization", administer, h.deleteSiteOrganization),
		route(http.MethodGet, "admin/organizations/:organization/relationships/module-consumers", audit, h.listModuleConsumers),
		route(http.MethodPatch, "admin/organizations/:organization/relationships/module-consumers", administer, h.updateModuleConsumers),
		route(http.MethodGet, "admin/workspaces", audit, h.listSiteWorkspaces),
		route(http.MethodGet, "admin/workspaces/:id", audit, h.readSiteWorkspace),
		route(http.MethodDelete, "admin/workspaces/:id", administer, h.deleteSiteWorkspace),
		route(http.MethodGet, "admin/feature-sets", administer, h.listFeatureSets),
		route(http.MethodPost, "admin/organizations/:organization/subscription", administer, h.updateSubscription),
		route(http.MethodGet, "organizations/:organization/subscription", endpoint.Permission(schema.OrganizationView), h.readSubscription),
	}
}
