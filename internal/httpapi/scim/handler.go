package scim

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// basePath is what every path begins with.
const basePath = "/scim/v2"

// service is what the package needs of the catalog.
type service interface {
	// OwnDirectory returns the directory that a principal provisions. Fault: Denied for whoever has none.
	OwnDirectory(ctx context.Context, p catalog.Principal) (catalog.Directory, error)
	ProvisionedPeople(ctx context.Context, p catalog.Principal, q catalog.ProvisionedQuery) ([]catalog.Person, error)
	ProvisionedGroups(ctx context.Context, p catalog.Principal, q catalog.ProvisionedQuery) ([]catalog.Group, error)
	ProvisionedMembers(ctx context.Context, p catalog.Principal, userID string, groupIDs ...string) ([]catalog.GroupMember, []catalog.GroupChild, error)
	ProvisionedArrival(ctx context.Context, p catalog.Principal, externalID, username, email string) (catalog.Arrival, error)
	answer.Recorder
}

// pusher measures and applies what a client wants. A plan that a guard holds comes back as *directory.HeldError, and one
// that cannot be done as a fault; then nothing is done.
type pusher interface {
	Push(ctx context.Context, p catalog.Principal, source string, plan directory.Plan) (directory.Report, authz.Token, error)
}

// Deps are what a Handler is made of.
type Deps struct {
	Service service
	Engine  pusher
	// PublicURL returns where clients reach the service, without a slash at the end; nil: as the request says.
	PublicURL func() string
	Limit     *answer.Limiter // requests a second of one token; nil: any number
	Now       func() time.Time
}

// Handler serves the protocol.
type Handler struct {
	Deps
	mu    sync.Mutex
	turns map[string]chan struct{} // by connection: one of its writes at a time
}

// New returns a Handler.
func New(d Deps) *Handler { return &Handler{Deps: d, turns: map[string]chan struct{}{}} }

// Owns returns the path below which everything is answered in this protocol's shape.
func (h *Handler) Owns() []string { return []string{basePath} }

// Endpoints returns the routes.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	all := h.discoveryEndpoints()
	add := func(method, path string, handle echo.HandlerFunc) {
		all = append(all, route(method, path, handle))
	}
	for _, kind := range kinds() {
		path := pathOf(kind)
		add(http.MethodGet, path, h.list(kind))
		add(http.MethodPost, path, h.create(kind))
		add(http.MethodPost, path+"/.search", h.search(kind))
		add(http.MethodGet, path+"/:id", h.read(kind))
		add(http.MethodPut, path+"/:id", h.replace(kind))
		add(http.MethodPatch, path+"/:id", h.patch(kind))
		add(http.MethodDelete, path+"/:id", h.remove(kind))
	}
	add(http.MethodPost, "/.search", h.search(kinds()...))
	add(http.MethodPost, "/Bulk", h.bulk)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		add(method, "/Me", h.me)
	}
	return answer.Serve(all, h.Service, h.Limit)
}

func route(method, path string, handle echo.HandlerFunc) endpoint.Endpoint {
	return endpoint.Endpoint{Method: method, Path: basePath + path, Needs: endpoint.Scoped(catalog.ScopeSCIM), Handle: handle}
}

// kinds are the types of resources that are served.
func kinds() []resource.Kind { return []resource.Kind{resource.User, resource.Group} }

// pathOf returns where resources of a kind are.
func pathOf(k resource.Kind) string { return "/" + string(k) + "s" }

// session is a request of a connection.
type session struct {
	principal catalog.Principal
	source    string
	profile   resource.Profile
	base      string // the URL of the protocol
}

// location returns the URL of a resource.
func (s session) location(k resource.Kind, id string) string { return s.base + pathOf(k) + "/" + id }

// open returns the connection that a request is of.
func (h *Handler) open(c echo.Context) (session, error) {
	p := endpoint.Principal(c)
	d, err := h.Service.OwnDirectory(c.Request().Context(), p)
	switch {
	case err != nil:
		return session{}, err
	case d.Disabled:
		return session{}, fault.New(fault.Unauthenticated, "the connection is disabled")
	case d.Paused:
		return session{}, fault.New(fault.Denied, "provisioning is paused")
	}
	return session{principal: p, source: d.Name, profile: resource.Profile(strings.ToLower(d.Profile)), base: h.publicURL(c) + basePath}, nil
}

func (h *Handler) publicURL(c echo.Context) string {
	if h.PublicURL != nil {
		return h.PublicURL()
	}
	return c.Scheme() + "://" + c.Request().Host
}

// turn waits until no other write of a connection is under way in this process, and returns what ends this one. A write is
// made of what was read before it; between processes the loader finds that out by the digests in its plan.
func (h *Handler) turn(ctx context.Context, s session) (func(), error) {
	h.mu.Lock()
	turn, ok := h.turns[s.source]
	if !ok {
		turn = make(chan struct{}, 1)
		h.turns[s.source] = turn
	}
	h.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// me is the alias of whoever asks (RFC 7644 section 3.11), who is no person here.
func (h *Handler) me(c echo.Context) error {
	if _, err := h.open(c); err != nil {
		return err
	}
	e := resource.NewError(http.StatusNotImplemented, "", "the alias /Me is not supported: a connection is no user")
	return send(c, e.Status, e.Body()) // which is no failure of ours
}
