package access

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// pauses is what the file needs of the catalog.
type pauses interface {
	PauseGroup(ctx context.Context, p catalog.Principal, groupID string) (catalog.Group, authz.Token, error)
	ResumeGroup(ctx context.Context, p catalog.Principal, groupID string) (catalog.Group, authz.Token, error)
	PauseLink(ctx context.Context, p catalog.Principal, linkID string) (catalog.GroupLink, authz.Token, error)
	ResumeLink(ctx context.Context, p catalog.Principal, linkID string) (catalog.GroupLink, authz.Token, error)
	ResyncLink(ctx context.Context, p catalog.Principal, linkID string) (authz.Token, error)
}

// pauseEndpoints let a group or a link stay as it is while its directory changes. A group is brought in step again by the
// administration of sync, which reads its directory.
func (h *Handler) pauseEndpoints() []endpoint.Endpoint {
	manage, change := endpoint.Permission(schema.PlatformManageUsers), endpoint.Permission(schema.TeamUpdateMembership)
	return []endpoint.Endpoint{
		answer.Route(http.MethodPost, "admin/groups/:group/actions/pause", manage, h.turnGroup(h.Service.PauseGroup)),
		answer.Route(http.MethodPost, "admin/groups/:group/actions/resume", manage, h.turnGroup(h.Service.ResumeGroup)),
		answer.Route(http.MethodPost, "group-links/:link/actions/pause", change, h.turnLink(h.Service.PauseLink)),
		answer.Route(http.MethodPost, "group-links/:link/actions/resume", change, h.turnLink(h.Service.ResumeLink)),
		answer.Route(http.MethodPost, "group-links/:link/actions/resync", change, h.resyncLink),
	}
}

func (h *Handler) turnGroup(turn func(context.Context, catalog.Principal, string) (catalog.Group, authz.Token, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		g, token, err := turn(c.Request().Context(), principal(c), c.Param("group"))
		if err != nil {
			return err
		}
		answer.Written(c, token)
		return h.sendGroup(c, http.StatusOK, g.ID)
	}
}

func (h *Handler) turnLink(turn func(context.Context, catalog.Principal, string) (catalog.GroupLink, authz.Token, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		l, token, err := turn(c.Request().Context(), principal(c), c.Param("link"))
		if err != nil {
			return err
		}
		answer.Written(c, token)
		return h.sendLink(c, http.StatusOK, l.ID)
	}
}

func (h *Handler) resyncLink(c echo.Context) error {
	token, err := h.Service.ResyncLink(c.Request().Context(), principal(c), c.Param("link"))
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendLink(c, http.StatusOK, c.Param("link"))
}
