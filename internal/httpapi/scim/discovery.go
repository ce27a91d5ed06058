package scim

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// Where a client learns what is served (RFC 7644 section 4).
const (
	configPath  = "/ServiceProviderConfig"
	typesPath   = "/ResourceTypes"
	schemasPath = "/Schemas"
)

func (h *Handler) discoveryEndpoints() []endpoint.Endpoint {
	types := func(s session) ([]map[string]any, error) {
		return documents(s, typesPath, "ResourceType", resource.ResourceTypes())
	}
	schemas := func(s session) ([]map[string]any, error) {
		return documents(s, schemasPath, "Schema", resource.Schemas())
	}
	return []endpoint.Endpoint{
		route(http.MethodGet, configPath, h.discover(func(c echo.Context, s session) error {
			return send(c, http.StatusOK, providerConfig(s))
		})),
		route(http.MethodGet, typesPath, h.discover(sendAll(types))),
		route(http.MethodGet, typesPath+"/:id", h.discover(sendOne(types))),
		route(http.MethodGet, schemasPath, h.discover(sendAll(schemas))),
		route(http.MethodGet, schemasPath+"/:id", h.discover(sendOne(schemas))),
	}
}

// discover answers a question about the service. There is nothing to filter (RFC 7644 section 4).
func (h *Handler) discover(answer func(c echo.Context, s session) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		s, err := h.open(c)
		if err != nil {
			return err
		}
		if c.QueryParams().Has("filter") {
			return resource.NewError(http.StatusForbidden, "", "what describes the service cannot be filtered")
		}
		return answer(c, s)
	}
}

func sendAll(find func(session) ([]map[string]any, error)) func(echo.Context, session) error {
	return func(c echo.Context, s session) error {
		all, err := find(s)
		if err != nil {
			return err
		}
		return send(c, http.StatusOK, listResponse{Schemas: []string{listSchema}, Total: new(len(all)), Start: new(1), Count: len(all), Resources: all})
	}
}

func sendOne(find func(session) ([]map[string]any, error)) func(echo.Context, session) error {
	return func(c echo.Context, s session) error {
		all, err := find(s)
		if err != nil {
			return err
		}
		for _, d := range all {
			if id, _ := d["id"].(string); strings.EqualFold(id, c.Param("id")) {
				return send(c, http.StatusOK, d)
			}
		}
		return resource.NewError(http.StatusNotFound, "", "%s was not found", c.Param("id"))
	}
}

// documents returns descriptions with their meta.
func documents[T any](s session, path, resourceType string, all []T) ([]map[string]any, error) {
	raw, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, err
	}
	for _, d := range out {
		id, _ := d["id"].(string)
		d["meta"] = map[string]any{"resourceType": resourceType, "location": s.base + path + "/" + id}
	}
	return out, nil
}

// providerConfig says what is supported (RFC 7643 section 5, RFC 9865 section 4).
func providerConfig(s session) map[string]any {
	yes, no := map[string]any{"supported": true}, map[string]any{"supported": false}
	return map[string]any{
		"schemas":        []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":          yes,
		"bulk":           map[string]any{"supported": true, "maxOperations": maxOperations, "maxPayloadSize": maxBody},
		"filter":         map[string]any{"supported": true, "maxResults": maxPage},
		"changePassword": no,
		"sort":           yes,
		"etag":           yes,
		"pagination": map[string]any{
			"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": defaultPage, "maxPageSize": maxPage,
			"cursorTimeout": int(cursorLife.Seconds()),
		},
		"authenticationSchemes": []map[string]any{{
			"type": "oauthbearertoken", "name": "Service token", "primary": true,
			"description": "A service token with the scope scim, as the bearer credential of RFC 6750",
			"specUri":     "https://www.rfc-editor.org/info/rfc6750",
		}},
		"meta": map[string]any{"resourceType": "ServiceProviderConfig", "location": s.base + configPath},
	}
}
