package tfe

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// Modes of presentation.
const (
	ModeTFE = "tfe" // Terraform Enterprise
	ModeHCP = "hcp" // HCP Terraform
)

// service is what the package needs of the catalog; each file says what it needs itself.
type service interface {
	permissionReader
	organizations
	places
	teamNouns
	people
	siteAdministration
	auditTrails
	siteSCIM
}

// Deps are what a Handler is made of.
type Deps struct {
	Service service
	Mode    string          // ModeTFE or ModeHCP
	Limit   *answer.Limiter // shared with the other endpoints below /api/v2
	// Discovery holds further services for /.well-known/terraform.json, by name.
	Discovery map[string]any
}

// Handler serves the API.
type Handler struct{ Deps }

// New returns a Handler.
func New(d Deps) *Handler { return &Handler{d} }

// Owns returns the paths below which everything is answered in this API's shape.
func (h *Handler) Owns() []string { return []string{"/api"} }

// Endpoints returns the routes, noun by noun.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	var all []endpoint.Endpoint
	for _, routes := range [][]endpoint.Endpoint{
		h.metaEndpoints(),
		h.organizationEndpoints(),
		h.placeEndpoints(),
		h.teamEndpoints(),
		h.teamMemberEndpoints(),
		h.teamLevelEndpoints(),
		h.accountEndpoints(),
		h.membershipEndpoints(),
		h.tokenEndpoints(),
		h.adminEndpoints(),
		h.scimEndpoints(),
		{answer.Route(http.MethodGet, "organization/audit-trail", endpoint.Permission(schema.OrganizationViewAudit), h.auditTrail)},
	} {
		all = append(all, routes...)
	}
	return answer.Serve(all, h.Service, h.Limit)
}

// Error writes an error as this API shows it and returns the status it wrote.
func (h *Handler) Error(c echo.Context, err error) (int, error) { return answer.Error(c, err) }
