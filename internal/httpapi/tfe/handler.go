package tfe

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

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
}

// Deps are what a Handler is made of.
type Deps struct {
	Service service
	Mode    string // ModeTFE or ModeHCP
	// RateLimit is how many requests a second one caller may make; 0 is any number. It needs Now.
	RateLimit int
	Now       func() time.Time
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
		{route(http.MethodGet, "organization/audit-trail", endpoint.Permission(schema.OrganizationViewAudit), h.auditTrail)},
	} {
		all = append(all, routes...)
	}
	for i, e := range all {
		all[i].Handle = h.recorded(legible(e.Handle))
	}
	if h.RateLimit > 0 {
		l := newLimiter(h.RateLimit, h.Now)
		for i, e := range all {
			if !e.Needs.IsPublic() {
				all[i].Handle = l.guard(e.Handle)
			}
		}
	}
	return all
}

// route is shorthand for an endpoint below /api/v2.
func route(method, path string, needs endpoint.Needs, handle echo.HandlerFunc) endpoint.Endpoint {
	return endpoint.Endpoint{Method: method, Path: "/api/v2/" + path, Needs: needs, Handle: handle}
}
