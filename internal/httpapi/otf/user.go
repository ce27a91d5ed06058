package otf

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// users is what the file needs of the catalog.
type users interface {
	EnrolUser(ctx context.Context, p catalog.Principal, username string) (catalog.User, authz.Token, error)
	DeleteUser(ctx context.Context, p catalog.Principal, userID string) (authz.Token, error)
	Resolve(ctx context.Context, objectType, ref string) (authz.Object, error)
}

func (h *Handler) userEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		// or organization.update of some organization, see EnrolUser
		route(http.MethodPost, "admin/users", endpoint.Permission(schema.PlatformManageUsers), h.createUser),
		route(http.MethodDelete, "admin/users/:username", endpoint.Permission(schema.PlatformManageUsers), h.deleteUser),
	}
}

func (h *Handler) createUser(c echo.Context) error {
	var in struct{ Username string }
	if err := readBody(c, &in); err != nil {
		return err
	}
	u, token, err := h.Service.EnrolUser(c.Request().Context(), principal(c), in.Username)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return answer.Send(c, http.StatusCreated, jsonapi.Document{Data: jsonapi.Resource{
		ID: u.ID, Type: answer.TypeUsers, Attributes: userAttributes{
			Username: u.Username, SiteAdmin: u.SiteAdmin, CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
		},
	}})
}

// userAttributes are a person as OTF's command reads him.
type userAttributes struct {
	Username  string    `json:"username"`
	SiteAdmin bool      `json:"site-admin"`
	CreatedAt time.Time `json:"created-at"`
	UpdatedAt time.Time `json:"updated-at"` // nothing here tells it from the other
}

// deleteUser deletes the person of a name. Who may not is told the same about names that nobody has.
func (h *Handler) deleteUser(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("username")
	u, err := h.Service.Resolve(ctx, schema.TypeUser, id)
	switch {
	case err == nil:
		id = u.ID
	case !fault.Is(err, fault.NotFound):
		return err
	}
	token, err := h.Service.DeleteUser(ctx, principal(c), id)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}
