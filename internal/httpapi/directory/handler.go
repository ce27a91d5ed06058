package directory

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/schema"
)

// sources is what the package needs of the engine to show sources and to stop and go on taking from them.
type sources interface {
	Status(ctx context.Context, p catalog.Principal) ([]directory.SourceStatus, error)
	Pause(ctx context.Context, p catalog.Principal, source string) error
	Resume(ctx context.Context, p catalog.Principal, source string) error
}

// runner is what the package needs of the engine to read sources.
type runner interface {
	Plan(ctx context.Context, p catalog.Principal, source string, o directory.Options) (catalog.SyncPlan, directory.Plan, error)
	Run(ctx context.Context, p catalog.Principal, source string, o directory.Options) (catalog.SyncPlan, directory.Report, error)
	Resync(ctx context.Context, p catalog.Principal, source, group string) (catalog.SyncPlan, directory.Report, error)
	Upload(ctx context.Context, p catalog.Principal, source string, s directory.Snapshot, o directory.Options) (catalog.SyncPlan, directory.Plan, directory.Report, error)
}

// plans is what the package needs of the engine to show plans and to decide about them.
type plans interface {
	Plans(ctx context.Context, p catalog.Principal, f catalog.SyncPlanFilter, w catalog.Window) ([]catalog.SyncPlan, int, error)
	FindPlan(ctx context.Context, p catalog.Principal, id string) (catalog.SyncPlan, directory.Plan, *directory.Report, error)
	Apply(ctx context.Context, p catalog.Principal, planID, digest string, progress func(done, total int)) (directory.Report, error)
	Approve(ctx context.Context, p catalog.Principal, planID, digest, comment string) (directory.Report, error)
	Reject(ctx context.Context, p catalog.Principal, planID, comment string) error
}

// engine is a directory.Engine.
type engine interface {
	sources
	runner
	plans
}

// service is what the package needs of the catalog.
type service interface {
	answer.Recorder
	FindGroup(ctx context.Context, p catalog.Principal, id string) (catalog.GroupDetails, error)
}

// Deps are what a Handler is made of.
type Deps struct {
	Service service
	Engine  engine
	Limit   *answer.Limiter // shared with the other endpoints below /api/v2
	// Stopping is closed when the service stops: a run under way then ends where it is. Nil: never.
	Stopping <-chan struct{}
}

// Handler serves the endpoints.
type Handler struct {
	Deps

	uploads chan struct{} // holds one item for each snapshot that is being taken in
	mu      sync.Mutex
	recent  listing
}

// maxUploads is how many snapshots are taken in at once: each is held in memory as a whole.
const maxUploads = 2

// New returns a Handler.
func New(d Deps) *Handler { return &Handler{Deps: d, uploads: make(chan struct{}, maxUploads)} }

// Endpoints returns the routes.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	read := endpoint.PermissionOr(schema.PlatformAudit, catalog.ScopeSync)
	manage := endpoint.Permission(schema.PlatformManageUsers)
	run := endpoint.PermissionOr(schema.PlatformManageUsers, catalog.ScopeSync)
	const source, plan = "admin/sync-sources/:source", "admin/sync-plans/:plan"
	return answer.Serve([]endpoint.Endpoint{
		answer.Route(http.MethodGet, "admin/sync-sources", read, h.listSources),
		answer.Route(http.MethodGet, source, read, h.readSource),
		answer.Route(http.MethodPost, source+"/actions/plan", run, h.planSource),
		answer.Route(http.MethodPost, source+"/actions/run", run, h.runSource),
		answer.Route(http.MethodPost, source+"/actions/pause", manage, h.turnSource(h.Engine.Pause)),
		answer.Route(http.MethodPost, source+"/actions/resume", manage, h.turnSource(h.Engine.Resume)),
		answer.Route(http.MethodPost, source+"/actions/resync", run, h.resyncSource),
		answer.Route(http.MethodPost, source+"/snapshots", run, h.takeSnapshot),
		answer.Route(http.MethodGet, "admin/sync-plans", read, h.listPlans),
		answer.Route(http.MethodGet, plan, read, h.readPlan),
		answer.Route(http.MethodGet, plan+"/changes", read, h.listChanges),
		answer.Route(http.MethodGet, plan+"/document", read, h.readDocument),
		answer.Route(http.MethodPost, plan+"/actions/apply", run, h.applyPlan),
		answer.Route(http.MethodPost, plan+"/actions/approve", manage, h.approvePlan),
		answer.Route(http.MethodPost, plan+"/actions/reject", manage, h.rejectPlan),
		answer.Route(http.MethodPost, "admin/groups/:group/actions/resync", manage, h.resyncGroup),
	}, h.Service, h.Limit)
}

// Error writes an error as every document below /api/v2 shows it and returns the status it wrote.
func (h *Handler) Error(c echo.Context, err error) (int, error) { return answer.Error(c, err) }

// lasting returns a context for what must not stop half-way because a client goes away: it ends with the service alone.
func (h *Handler) lasting(c echo.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.Request().Context()))
	go func() {
		select {
		case <-h.Stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// inTheWay gives what another runner or another plan forbids a status of its own: the client may come back.
func inTheWay(err error) error { return answer.As(http.StatusConflict, fault.Conflict, err) }

// caller returns who makes the request, with the one scope that the routes speak of.
func caller(c echo.Context) catalog.Principal {
	p := endpoint.Principal(c)
	p.Scopes = slices.DeleteFunc(slices.Clone(p.Scopes), func(s catalog.Scope) bool { return s != catalog.ScopeSync })
	return p
}
