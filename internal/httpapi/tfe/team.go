package tfe

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// teamNouns is what everything about teams needs of the catalog.
type teamNouns interface {
	teams
	teamMembers
	teamLevels
}

// teams is what the file needs of the catalog.
type teams interface {
	ListTeams(ctx context.Context, p catalog.Principal, organizationID string, q catalog.TeamQuery, w catalog.Window) ([]catalog.TeamDetails, int, error)
	FindTeam(ctx context.Context, p catalog.Principal, ref string, memberships bool) (catalog.TeamDetails, error)
	DescribeTeams(ctx context.Context, p catalog.Principal, teams ...catalog.Team) ([]catalog.TeamDetails, error)
	CreateTeam(ctx context.Context, p catalog.Principal, t catalog.Team, access catalog.TeamAccess) (catalog.Team, authz.Token, error)
	UpdateTeam(ctx context.Context, p catalog.Principal, teamID string, ch catalog.TeamChanges) (authz.Token, error)
	DeleteTeam(ctx context.Context, p catalog.Principal, teamID string) (authz.Token, error)
}

func (h *Handler) teamEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/teams", endpoint.Permission(schema.OrganizationView), h.listTeams),
		answer.Route(http.MethodPost, "organizations/:organization/teams", endpoint.Permission(schema.OrganizationCreateTeam), h.createTeam),
		answer.Route(http.MethodGet, "teams/:team", endpoint.Permission(schema.TeamView), h.readTeam),
		answer.Route(http.MethodPatch, "teams/:team", endpoint.Permission(schema.TeamUpdate), h.updateTeam),
		answer.Route(http.MethodDelete, "teams/:team", endpoint.Permission(schema.TeamDelete), h.deleteTeam),
	}
}

func (h *Handler) listTeams(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	wanted, err := readTeamIncludes(c)
	if err != nil {
		return err
	}
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	query := catalog.TeamQuery{Names: answer.Words(c.QueryParam("filter[names]")), Contains: c.QueryParam("q"), Memberships: wanted.Has(includeMemberships)}
	found, total, err := h.Service.ListTeams(ctx, p, o.ID, query, answer.Window(page))
	if err != nil {
		return err
	}
	shown, err := h.teamResources(ctx, p, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, relatedToTeams(p, wanted, found...), nil)
}

func (h *Handler) createTeam(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeTeams)
	if err != nil {
		return err
	}
	changes, err := teamFrom(in)
	if err != nil {
		return err
	}
	team := newTeam(changes)
	team.OrganizationID = o.ID
	created, token, err := h.Service.CreateTeam(ctx, p, team, changes.Access)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendTeam(c, http.StatusCreated, created.ID, nil)
}

func (h *Handler) readTeam(c echo.Context) error {
	wanted, err := readTeamIncludes(c)
	if err != nil {
		return err
	}
	return h.sendTeam(c, http.StatusOK, c.Param("team"), wanted)
}

func (h *Handler) updateTeam(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeTeams)
	if err != nil {
		return err
	}
	t, err := h.team(c)
	if err != nil {
		return err
	}
	changes, err := teamFrom(in)
	if err != nil {
		return err
	}
	token, err := h.Service.UpdateTeam(ctx, p, t.ID, changes)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendTeam(c, http.StatusOK, t.ID, nil)
}

func (h *Handler) deleteTeam(c echo.Context) error {
	t, err := h.team(c)
	if err != nil {
		return err
	}
	token, err := h.Service.DeleteTeam(c.Request().Context(), principal(c), t.ID)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// team returns the team that a path names.
func (h *Handler) team(c echo.Context) (catalog.TeamDetails, error) {
	return h.Service.FindTeam(c.Request().Context(), principal(c), c.Param("team"), false)
}

// sendTeam writes one team as it is now with what the client wants included.
func (h *Handler) sendTeam(c echo.Context, status int, ref string, wanted answer.Includes) error {
	ctx, p := c.Request().Context(), principal(c)
	t, err := h.Service.FindTeam(ctx, p, ref, wanted.Has(includeMemberships))
	if err != nil {
		return err
	}
	shown, err := h.teamResources(ctx, p, t)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: shown[0], Included: relatedToTeams(p, wanted, t)})
}
