package terrakube

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// service is what the package needs of the catalog; each file says what it needs itself.
type service interface {
	recordKeeper
	placeService
	tokenService
	// Together runs use cases of the service it gives as one change: all of them, or none.
	Together(ctx context.Context, p catalog.Principal, fn func(ctx context.Context, s *catalog.Service) error) (authz.Token, error)
	// Attempted leaves an audit event of a change that was refused by a mere look.
	Attempted(ctx context.Context, p catalog.Principal, err error) error
}

// Deps are what a Handler is made of.
type Deps struct {
	Service service
	// Parity answers as Terrakube itself does where the default is safer; each noun says where.
	Parity bool
}

// Handler serves the API.
type Handler struct {
	Deps

	nouns  []*noun // over this handler's service
	byType map[string]*noun
}

// New returns a Handler.
func New(d Deps) *Handler {
	h := &Handler{Deps: d, byType: map[string]*noun{}}
	for _, nouns := range [][]noun{h.placeNouns(), h.recordNouns()} {
		for _, n := range nouns {
			h.nouns = append(h.nouns, &n)
			h.byType[n.typ] = &n
		}
	}
	for _, n := range h.nouns {
		h.complete(n)
	}
	return h
}

// with returns the handler over another service.
func (h *Handler) with(s service) *Handler {
	d := h.Deps
	d.Service = s
	return New(d)
}

// Owns returns the paths below which everything is answered in this API's shape. Who else owns /api comes after it.
func (h *Handler) Owns() []string { return []string{"/api/v1", "/access-token/v1", "/pat/v1"} }

// Endpoints returns the routes.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	return append(append(h.nounEndpoints(), h.operationsEndpoint()), h.tokenEndpoints()...)
}
