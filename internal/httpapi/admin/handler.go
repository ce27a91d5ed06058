// Package admin serves the operations of the command line: tokens, imports, reconciliation, the schema and the audit
// events, in plain JSON under /admin/v1.
//
// It owns that wire form alone; the tools of other platforms have protocol packages of their own.
package admin

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/plain"
	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/schema"
)

// service is what the package needs of the catalog.
type service interface {
	tokens
	operations
	audit
}

type tokens interface {
	CreateToken(ctx context.Context, p catalog.Principal, r catalog.TokenRequest) (catalog.IssuedToken, error)
	ListTokens(ctx context.Context, p catalog.Principal) ([]catalog.OwnedToken, error)
	RevokeToken(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

type operations interface {
	loader.Importer
	Inspect(ctx context.Context, p catalog.Principal, fn func(ctx context.Context, q catalog.Queries) error) error
	Reconcile(ctx context.Context, p catalog.Principal, dryRun bool) (catalog.Drift, error)
	SchemaIsCurrent(ctx context.Context, p catalog.Principal) (bool, error)
	DeployedSchema(ctx context.Context, p catalog.Principal) (string, error)
	CompareSchema(ctx context.Context, p catalog.Principal, text string) ([]authz.SchemaChange, error)
	PendingIntents(ctx context.Context) (int, error)
	Ready(ctx context.Context) error
}

type audit interface {
	AuditEvents(ctx context.Context, p catalog.Principal, f catalog.AuditFilter) ([]catalog.AuditEvent, error)
	FollowAudit(ctx context.Context, p catalog.Principal, f catalog.AuditFilter, after int64) ([]catalog.AuditEvent, int64, error)
	VerifyAudit(ctx context.Context, p catalog.Principal) (catalog.AuditReport, error)
	MayImport(ctx context.Context, p catalog.Principal) error
	Resolve(ctx context.Context, objectType, ref string) (authz.Object, error)
	Names(ctx context.Context, objectType string, ids []string) (map[string]string, error)
}

// Deps are what a Handler is made of.
type Deps struct {
	Service service
	Engine  string // the size, for status
	Version string
	// Stopping is closed when the service stops, so that answers without an end of their own end. Nil: never.
	Stopping <-chan struct{}
}

// Handler serves the operations.
type Handler struct{ Deps }

// New returns a Handler.
func New(d Deps) *Handler { return &Handler{d} }

// Endpoints returns the routes.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	administer := endpoint.Permission(schema.PlatformAdminister)
	return []endpoint.Endpoint{
		{Method: http.MethodPost, Path: "/admin/v1/tokens", Needs: endpoint.Authenticated(), Handle: h.createToken},
		{Method: http.MethodGet, Path: "/admin/v1/tokens", Needs: endpoint.Authenticated(), Handle: h.listTokens},
		{Method: http.MethodDelete, Path: "/admin/v1/tokens/:id", Needs: endpoint.Authenticated(), Handle: h.revokeToken},
		{Method: http.MethodPost, Path: "/admin/v1/imports", Needs: administer, Handle: h.imports},
		{Method: http.MethodPost, Path: "/admin/v1/reconcile", Needs: administer, Handle: h.reconcile},
		{Method: http.MethodGet, Path: "/admin/v1/schema", Needs: administer, Handle: h.schema},
		{Method: http.MethodPost, Path: "/admin/v1/schema/diff", Needs: administer, Handle: h.schemaDiff},
		{Method: http.MethodGet, Path: "/admin/v1/status", Needs: administer, Handle: h.status},
		{Method: http.MethodGet, Path: "/admin/v1/audit-events", Needs: endpoint.Scoped(catalog.ScopeAudit), Handle: h.auditEvents},
		{Method: http.MethodGet, Path: "/admin/v1/audit-chain", Needs: endpoint.Permission(schema.PlatformAudit), Handle: h.auditChain},
	}
}

// status tells an administrator how the service is.
func (h *Handler) status(c echo.Context) error {
	ctx := c.Request().Context()
	current, err := h.Service.SchemaIsCurrent(ctx, endpoint.Principal(c))
	if err != nil {
		return err
	}
	pending, err := h.Service.PendingIntents(ctx)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{
		"version": h.Version, "engine": h.Engine, "ready": h.Service.Ready(ctx) == nil,
		"schema_current": current, "pending_intents": pending,
	})
}

// Error writes an error as plain JSON and returns the status it wrote.
func (*Handler) Error(c echo.Context, err error) (int, error) { return plain.Error(c, err) }

// decode reads a JSON body into a value; unknown members are refused, since only our own command speaks this API.
func decode(c echo.Context, limit int64, into any) error {
	dec := jsonDecoder(http.MaxBytesReader(c.Response(), c.Request().Body, limit))
	err := dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			return fault.New(fault.Invalid, "the body holds more than one JSON value")
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.Wrap(fault.Limited, err, "the body is larger than %d bytes", limit)
	}
	return fault.Wrap(fault.Invalid, err, "the body is not the JSON that is expected here")
}

// administers refuses whoever does not administer the platform, before a body that only he may send is read.
func (h *Handler) administers(c echo.Context) error {
	nothing := func(context.Context, catalog.Queries) error { return nil }
	return h.Service.Inspect(c.Request().Context(), endpoint.Principal(c), nothing)
}

// dryRun reads the query parameter dry-run. A value that is neither true nor false is refused: whoever wrote it
// may have meant to change nothing.
func dryRun(c echo.Context) (bool, error) {
	switch c.QueryParam("dry-run") {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	}
	return false, fault.At("dry-run", "must be true or false")
}
