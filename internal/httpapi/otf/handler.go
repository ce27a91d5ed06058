package otf

import (
	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// basePath is what every path begins with.
const basePath = "/otfapi"

// service is what the package needs of the catalog; each file says what it needs itself.
type service interface {
	organizations
	users
	teams
	teamMembers
	answer.Recorder
}

// Deps are what a Handler is made of.
type Deps struct {
	Service service
	Limit   *answer.Limiter // shared with the endpoints below /api/v2; nil: any number of requests
}

// Handler serves the API.
type Handler struct{ Deps }

// New returns a Handler.
func New(d Deps) *Handler { return &Handler{d} }

// Owns returns the path below which everything is answered in this API's shape.
func (h *Handler) Owns() []string { return []string{basePath} }

// Endpoints returns the routes, noun by noun.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	var all []endpoint.Endpoint
	for _, routes := range [][]endpoint.Endpoint{h.organizationEndpoints(), h.userEndpoints(), h.teamEndpoints(), h.teamMemberEndpoints()} {
		all = append(all, routes...)
	}
	return answer.Serve(all, h.Service, h.Limit)
}

// route is shorthand for an endpoint of this API.
func route(method, path string, needs endpoint.Needs, handle echo.HandlerFunc) endpoint.Endpoint {
	return endpoint.Endpoint{Method: method, Path: basePath + "/" + path, Needs: needs, Handle: handle}
}

func principal(c echo.Context) catalog.Principal { return endpoint.Principal(c) }
