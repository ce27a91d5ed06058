package answer

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// Send writes a document. A reader who asked for more than an endpoint understands is told so.
func Send(c echo.Context, status int, d jsonapi.Document) error {
	if err := Misunderstood(c); err != nil {
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

// Done answers a change that leaves nothing to show.
func Done(c echo.Context, token authz.Token) error {
	Written(c, token)
	return c.NoContent(http.StatusNoContent)
}

// Written tells the client how new its own write is (DESIGN section 4).
func Written(c echo.Context, token authz.Token) {
	if token != "" {
		c.Response().Header().Set(endpoint.ZedToken, string(token))
	}
}

// SendPage writes a page of a list that has total items in all.
func SendPage(c echo.Context, page jsonapi.Page, total int, data, included []jsonapi.Resource, meta map[string]any) error {
	pagination := page.Of(total)
	if meta == nil {
		meta = map[string]any{}
	}
	meta["pagination"] = pagination
	if data == nil {
		data = []jsonapi.Resource{}
	}
	base := &url.URL{Path: c.Request().URL.Path, RawQuery: c.Request().URL.RawQuery}
	return Send(c, http.StatusOK, jsonapi.Document{Data: data, Included: included, Links: pagination.Links(base), Meta: meta})
}

// SendWhole writes a list that comes in one piece.
func SendWhole(c echo.Context, data []jsonapi.Resource) error {
	return SendPage(c, jsonapi.Page{Number: 1, Size: max(len(data), 1)}, len(data), data, nil, nil)
}

// Stamp returns a time as documents carry it, null for none.
func Stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// OrNull returns a text, or null for an empty one.
func OrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Self is the link of a resource to itself; path is what follows /api/v2/.
func Self(path string) map[string]any { return map[string]any{"self": "/api/v2/" + path} }

// IncludedOnce returns resources without those that stand there before.
func IncludedOnce(all []jsonapi.Resource) []jsonapi.Resource {
	seen := map[jsonapi.Identifier]bool{}
	return slices.DeleteFunc(all, func(r jsonapi.Resource) bool {
		id := jsonapi.Identifier{ID: r.ID, Type: r.Type}
		was := seen[id]
		seen[id] = true
		return was
	})
}
