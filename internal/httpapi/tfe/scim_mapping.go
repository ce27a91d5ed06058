package tfe

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// siteSCIMMappings is what the file needs of the catalog.
type siteSCIMMappings interface {
	MapTeam(ctx context.Context, p catalog.Principal, teamID, groupID string) (authz.Token, error)
	TeamMapping(ctx context.Context, p catalog.Principal, teamID string) (catalog.GroupLink, error)
	PauseLink(ctx context.Context, p catalog.Principal, linkID string) (catalog.GroupLink, authz.Token, error)
	ResumeLink(ctx context.Context, p catalog.Principal, linkID string) (catalog.GroupLink, authz.Token, error)
	RemoveGroupLink(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) createSCIMMapping(c echo.Context) error {
	in, err := jsonapi.ReadResource(c.Request(), typeSCIMMappings)
	if err != nil {
		return err
	}
	team, err := h.team(c) // what is not there is so, whatever the body says
	if err != nil {
		return err
	}
	var sent struct {
		GroupID jsonapi.Field[string] `json:"scim-group-id"`
	}
	if err := in.Attributes(&sent); err != nil {
		return err
	}
	if sent.GroupID.Or("") == "" {
		return fault.At("scim-group-id", "can't be blank")
	}
	token, err := h.Service.MapTeam(c.Request().Context(), principal(c), team.ID, sent.GroupID.Value)
	if err != nil {
		return answer.As(http.StatusConflict, fault.Conflict, err)
	}
	answer.Written(c, token)
	return c.NoContent(http.StatusNoContent)
}

func (h *Handler) updateSCIMMapping(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	in, err := jsonapi.ReadResource(c.Request(), typeSCIMMappings)
	if err != nil {
		return err
	}
	team, err := h.team(c)
	if err != nil {
		return err
	}
	var sent struct {
		Paused jsonapi.Field[bool] `json:"scim-sync-paused"`
	}
	if err := in.Attributes(&sent); err != nil {
		return err
	}
	if !sent.Paused.Set || sent.Paused.Null {
		return fault.At("scim-sync-paused", "can't be blank")
	}
	l, err := h.Service.TeamMapping(ctx, p, team.ID)
	if err != nil {
		return answer.As(http.StatusConflict, fault.Conflict, err)
	}
	var token authz.Token
	switch {
	case l.Paused == sent.Paused.Value:
	case sent.Paused.Value:
		_, token, err = h.Service.PauseLink(ctx, p, l.ID)
	default:
		_, token, err = h.Service.ResumeLink(ctx, p, l.ID)
	}
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func (h *Handler) deleteSCIMMapping(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	l, err := h.Service.TeamMapping(ctx, p, c.Param("team"))
	if err != nil {
		return answer.As(http.StatusConflict, fault.Conflict, err)
	}
	token, err := h.Service.RemoveGroupLink(ctx, p, l.ID)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}
