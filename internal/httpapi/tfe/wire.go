package tfe

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// Types of resources.
const (
	typeOrganizations = "organizations"
	typeProjects      = "projects"
	typeUsers         = "users"
	typeWorkspaces    = "workspaces"
	typeAgentPools    = "agent-pools"
	typeEntitlements  = "entitlement-sets"
)

// send writes a document. A reader who asked for more than an endpoint understands is told so.
func send(c echo.Context, status int, d jsonapi.Document) error {
	if err := misunderstood(c); err != nil {
		return err
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // links hold ampersands, and nobody puts a document into a page
	if err := encoder.Encode(d); err != nil {
		return err
	}
	return c.Blob(status, jsonapi.MediaType, body.Bytes())
}

// done answers a change that leaves nothing to show.
func done(c echo.Context, token authz.Token) error {
	written(c, token)
	return c.NoContent(http.StatusNoContent)
}

// written tells the client how new its own write is (DESIGN section 4).
func written(c echo.Context, token authz.Token) {
	if token != "" {
		c.Response().Header().Set(endpoint.ZedToken, string(token))
	}
}

// sendPage writes a page of a list.
func sendPage(c echo.Context, page jsonapi.Page, total int, data, included []jsonapi.Resource, meta map[string]any) error {
	pagination := page.Of(total)
	if meta == nil {
		meta = map[string]any{}
	}
	meta["pagination"] = pagination
	if data == nil {
		data = []jsonapi.Resource{}
	}
	base := &url.URL{Path: c.Request().URL.Path, RawQuery: c.Request().URL.RawQuery}
	return send(c, http.StatusOK, jsonapi.Document{Data: data, Included: included, Links: pagination.Links(base), Meta: meta})
}

// window returns the part of a list that a page is.
func window(p jsonapi.Page) catalog.Window {
	return catalog.Window{Offset: p.Offset(), Limit: p.Size}
}

// wholeUnlessPaged is window for lists that answer everything when no page was asked for.
func wholeUnlessPaged(p jsonapi.Page) (catalog.Window, func(total int) jsonapi.Page) {
	if p.Given {
		return window(p), func(int) jsonapi.Page { return p }
	}
	return catalog.Window{}, func(total int) jsonapi.Page { return jsonapi.Page{Number: 1, Size: max(total, 1)} }
}

// stamp returns a time as documents carry it, null for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// orNull returns a text, or null for an empty one.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// self is the link of a resource to itself.
func self(path string) map[string]any { return map[string]any{"self": "/api/v2/" + path} }

// principal returns who makes the request.
func principal(c echo.Context) catalog.Principal { return endpoint.Principal(c) }

// sendWhole writes a list that comes in one piece.
func sendWhole(c echo.Context, data []jsonapi.Resource) error {
	return sendPage(c, jsonapi.Page{Number: 1, Size: max(len(data), 1)}, len(data), data, nil, nil)
}

// includedOnce returns resources without those that stand there before.
func includedOnce(all []jsonapi.Resource) []jsonapi.Resource {
	seen := map[jsonapi.Identifier]bool{}
	return slices.DeleteFunc(all, func(r jsonapi.Resource) bool {
		id := jsonapi.Identifier{ID: r.ID, Type: r.Type}
		was := seen[id]
		seen[id] = true
		return was
	})
}

// party relates to somebody who acts: a person, a team, an organization, whose id here is its name, or a service account.
func party(o authz.Object, organization string) jsonapi.Relationship {
	switch o.Type {
	case schema.TypeUser:
		return jsonapi.ToOne(typeUsers, o.ID).At("/api/v2/users/" + o.ID)
	case schema.TypeTeam:
		return jsonapi.ToOne(typeTeams, o.ID).At("/api/v2/teams/" + o.ID)
	case schema.TypeOrganization:
		return jsonapi.ToOne(typeOrganizations, organization)
	}
	return jsonapi.ToOne("service-accounts", o.ID)
}
