package tfe

import (
	"net/http"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
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
		answer.Route(http.MethodGet, "admin/users", audit, h.listSiteUsers),
		answer.Route(http.MethodDelete, "admin/users/:id", manage, h.deleteSiteUser),
		answer.Route(http.MethodPost, "admin/users/:id/actions/suspend", manage, h.actOnUser(catalog.UserSuspend)),
		answer.Route(http.MethodPost, "admin/users/:id/actions/unsuspend", manage, h.actOnUser(catalog.UserUnsuspend)),
		answer.Route(http.MethodPost, "admin/users/:id/actions/disable_two_factor", manage, h.actOnUser(catalog.UserDisable2FA)),
		answer.Route(http.MethodPost, "admin/users/:id/actions/grant_admin", administer, h.actOnUser(catalog.UserGrantAdmin)),
		answer.Route(http.MethodPost, "admin/users/:id/actions/revoke_admin", administer, h.actOnUser(catalog.UserRevokeAdmin)),
		answer.Route(http.MethodPost, "admin/users/:id/actions/grant_site_auditor", administer, h.actOnUser(catalog.UserGrantAuditor)),
		answer.Route(http.MethodPost, "admin/users/:id/actions/revoke_site_auditor", administer, h.actOnUser(catalog.UserRevokeAuditor)),
		answer.Route(http.MethodGet, "admin/organizations", audit, h.listSiteOrganizations),
		answer.Route(http.MethodGet, "admin/organizations/:organization", audit, h.readSiteOrganization),
		answer.Route(http.MethodPatch, "admin/organizations/:organization", administer, h.updateSiteOrganization),
		answer.Route(http.MethodDelete, "admin/organizations/:organization", administer, h.deleteSiteOrganization),
		answer.Route(http.MethodGet, "admin/organizations/:organization/relationships/module-consumers", audit, h.listModuleConsumers),
		answer.Route(http.MethodPatch, "admin/organizations/:organization/relationships/module-consumers", administer, h.updateModuleConsumers),
		answer.Route(http.MethodGet, "admin/workspaces", audit, h.listSiteWorkspaces),
		answer.Route(http.MethodGet, "admin/workspaces/:id", audit, h.readSiteWorkspace),
		answer.Route(http.MethodDelete, "admin/workspaces/:id", administer, h.deleteSiteWorkspace),
		answer.Route(http.MethodGet, "admin/feature-sets", administer, h.listFeatureSets),
		answer.Route(http.MethodPost, "admin/organizations/:organization/subscription", administer, h.updateSubscription),
		answer.Route(http.MethodGet, "organizations/:organization/subscription", endpoint.Permission(schema.OrganizationView), h.readSubscription),
	}
}
