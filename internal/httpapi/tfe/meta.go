package tfe

import (
	"maps"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// Versions that this API says it is of.
const (
	apiVersion        = "2.6"
	enterpriseVersion = "2.0.1"     // what clients compare with the versions they need: the provider wants this for the lives of tokens
	legacyVersion     = "v202509-1" // the same to clients that are older
	appEnterprise     = "Terraform Enterprise"
	appHCP            = "HCP Terraform"
)

// leastAnnounced is the lowest limit that clients are told of before they make requests. The vendor's keeps a third of it
// for requests at once, and below this would make none at all.
const leastAnnounced = 4

func (h *Handler) metaEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "ping", endpoint.Public(), h.ping),
		{Method: http.MethodGet, Path: "/.well-known/terraform.json", Needs: endpoint.Public(), Handle: h.discovery},
	}
}

// ping tells clients what they speak with (research tfe-api 1.0). It takes any credential, and none.
func (h *Handler) ping(c echo.Context) error {
	header := c.Response().Header()
	header.Set("TFP-API-Version", apiVersion)
	if h.Mode == ModeHCP {
		header.Set("TFP-AppName", appHCP)
	} else {
		header.Set("TFP-AppName", appEnterprise)
		header.Set("X-TFE-Version", legacyVersion)
		header.Set("X-TFE-Current-Version", enterpriseVersion)
	}
	if rate := h.Limit.PerSecond(); rate >= leastAnnounced { // clients that read it here slow down by themselves
		header.Set(answer.RateLimitHeader, strconv.Itoa(rate))
	}
	return c.NoContent(http.StatusNoContent)
}

// discovery tells Terraform where the services are (research tfe-api 5.1).
func (h *Handler) discovery(c echo.Context) error {
	services := map[string]any{"tfe.v2": "/api/v2/", "tfe.v2.1": "/api/v2/", "tfe.v2.2": "/api/v2/"}
	maps.Copy(services, h.Discovery)
	return c.JSON(http.StatusOK, services)
}
