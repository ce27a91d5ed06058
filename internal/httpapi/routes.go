package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// mount registers every route: the protocols', then our own for operations.
//
//	/access/v1/…, /.well-known/authzen-configuration   authzen   checks and searches
//	/access/v1/effective-access, matrix, what-if       review    who may do what, why, and what a change would change
//	/admin/v1/…                                        admin     tokens, imports, reconciliation, schema, audit
//	/api/v1/…, /access-token/v1/…, /pat/v1             terrakube the administration API of Terrakube
//	/api/v2/…, /.well-known/terraform.json             tfe       the administration API of TFE and HCP Terraform
//	/api/v2/… (roles, grants, groups, audit events)    access    what Terrawarden has beside it
//	/otfapi/…                                          otf       OTF's own administration calls
//	/oauth/…                                           login     terraform login
//	/openapi.json /docs                                openapi   the description of all that is ours
//	/healthz /readyz /metrics                          here      operations
func (s *Server) mount() error {
	for _, p := range append(s.deps.Protocols, operations{s}) {
		for _, e := range p.Endpoints() {
			if !e.Needs.Declared() {
				return fmt.Errorf("%s %s does not declare what it needs", e.Method, e.Path)
			}
			s.echo.Add(e.Method, e.Path, s.serve(p, e))
			s.endpoints = append(s.endpoints, e)
		}
	}
	return nil
}

// operations are the routes for whoever runs the service.
type operations struct{ *Server }

// Endpoints returns the operational routes.
func (o operations) Endpoints() []endpoint.Endpoint {
	metrics := echo.WrapHandler(promhttp.HandlerFor(o.deps.Registry, promhttp.HandlerOpts{}))
	return []endpoint.Endpoint{
		{Method: http.MethodGet, Path: "/healthz", Needs: endpoint.Public(), Handle: o.healthz},
		{Method: http.MethodGet, Path: "/readyz", Needs: endpoint.Public(), Handle: o.readyz},
		{Method: http.MethodGet, Path: "/metrics", Needs: endpoint.Public(), Handle: metrics},
	}
}

func (o operations) healthz(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "alive"})
}

// readyz asks the catalog and the engine, so that a load balancer sends no request that cannot be answered.
func (o operations) readyz(c echo.Context) error {
	if err := o.deps.Ready(c.Request().Context()); err != nil {
		o.deps.Log.WarnContext(c.Request().Context(), "not ready", "error", err)
		return c.JSON(http.StatusServiceUnavailable, map[string]string{"status": "not ready"})
	}
	return c.JSON(http.StatusOK, map[string]string{"status": "ready"})
}

// Error writes an error of an operational route.
func (o operations) Error(c echo.Context, err error) (int, error) {
	status := http.StatusInternalServerError
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		status = e.Code
	}
	return status, c.JSON(status, map[string]string{"error": http.StatusText(status)})
}
