package access

import (
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// service is what the package needs of the catalog; each file says what it needs itself.
type service interface {
	answer.Recorder
	directory
	roles
	grants
	groupNouns
	serviceAccounts
	auditEvents
	accessRequests
}

// groupNouns is what everything about groups needs of the catalog.
type groupNouns interface {
	groups
	groupLinks
	pauses
}

// Deps are what a Handler is made of.
type Deps struct {
	Service service
	Limit   *answer.Limiter // shared with the other endpoints below /api/v2
	// Stopping is closed when the service stops, so that answers without an end of their own end. Nil: never.
	Stopping <-chan struct{}
}

// Handler serves the endpoints.
type Handler struct{ Deps }

// New returns a Handler.
func New(d Deps) *Handler { return &Handler{d} }

// Endpoints returns the routes, noun by noun.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	return answer.Serve(slices.Concat(
		h.permissionEndpoints(),
		h.roleEndpoints(),
		h.grantEndpoints(),
		h.groupEndpoints(),
		h.groupLinkEndpoints(),
		h.pauseEndpoints(),
		h.serviceAccountEndpoints(),
		h.auditEndpoints(),
		h.requestEndpoints(),
	), h.Service, h.Limit)
}

// Error writes an error as every document below /api/v2 shows it and returns the status it wrote.
func (h *Handler) Error(c echo.Context, err error) (int, error) { return answer.Error(c, err) }

// principal returns who makes the request.
func principal(c echo.Context) catalog.Principal { return endpoint.Principal(c) }
