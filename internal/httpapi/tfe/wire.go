package tfe

import (
	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// Types of resources.
const (
	typeAgentPools   = "agent-pools"
	typeEntitlements = "entitlement-sets"
)

// principal returns who makes the request.
func principal(c echo.Context) catalog.Principal { return endpoint.Principal(c) }
