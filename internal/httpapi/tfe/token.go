package tfe

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// tokens is what the files about tokens need of the catalog.
type tokens interface {
	ownTokens
	teamTokens
	organizationTokens
	tokenLives
}

// ownTokens is what the file needs of the catalog.
type ownTokens interface {
	FindToken(ctx context.Context, p catalog.Principal, id string) (catalog.Token, error)
	EndToken(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
	UserTokens(ctx context.Context, p catalog.Principal, userID string) ([]catalog.Token, error)
	IssueUserToken(ctx context.Context, p catalog.Principal, userID string, terms catalog.TokenTerms) (catalog.IssuedToken, authz.Token, error)
	Names(ctx context.Context, objectType string, ids []string) (map[string]string, error)
}

func (h *Handler) tokenEndpoints() []endpoint.Endpoint {
	forTeam, forOrganization := endpoint.Permission(schema.TeamManageToken), endpoint.Permission(schema.OrganizationManageAPIToken)
	const ofUser, ofTeam = "users/:id/authentication-tokens", "teams/:id/authentication-token"
	const ofOrganization, lives = "organizations/:organization/authentication-token", "organizations/:organization/token-ttl-policies"
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "authentication-tokens/:id", endpoint.Authenticated(), h.readToken),
		answer.Route(http.MethodDelete, "authentication-tokens/:id", endpoint.Authenticated(), h.deleteToken),
		answer.Route(http.MethodGet, ofUser, endpoint.Authenticated(), h.listUserTokens),
		answer.Route(http.MethodPost, ofUser, endpoint.Authenticated(), h.createUserToken),
		answer.Route(http.MethodGet, ofTeam, forTeam, h.readTeamToken),
		answer.Route(http.MethodPost, ofTeam, forTeam, h.createTeamToken),
		answer.Route(http.MethodDelete, ofTeam, forTeam, h.deleteTeamToken),
		answer.Route(http.MethodGet, "teams/:id/authentication-tokens", forTeam, h.listTokensOfTeam),
		answer.Route(http.MethodPost, "teams/:id/authentication-tokens", forTeam, h.addTeamToken),
		answer.Route(http.MethodGet, "organizations/:organization/team-tokens", endpoint.Permission(schema.OrganizationView), h.listTeamTokens),
		answer.Route(http.MethodDelete, "organizations/:organization/team-tokens", forTeam, h.deleteTeamTokens),
		answer.Route(http.MethodGet, ofOrganization, forOrganization, h.readOrganizationToken),
		answer.Route(http.MethodPost, ofOrganization, forOrganization, h.createOrganizationToken),
		answer.Route(http.MethodDelete, ofOrganization, forOrganization, h.deleteOrganizationToken),
		answer.Route(http.MethodGet, lives, forOrganization, h.listTokenLives),
		answer.Route(http.MethodPatch, lives, forOrganization, h.setTokenLives),
	}
}

func (h *Handler) readToken(c echo.Context) error {
	t, err := h.Service.FindToken(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	return h.sendToken(c, t)
}

func (h *Handler) deleteToken(c echo.Context) error {
	token, err := h.Service.EndToken(c.Request().Context(), principal(c), c.Param("id"))
	if fault.Is(err, fault.NotFound) {
		token, err = h.endSCIMToken(c, err)
	}
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func (h *Handler) listUserTokens(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	all, err := h.Service.UserTokens(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	_, answered := answer.WholeUnlessPaged(page)
	page = answered(len(all))
	shown, err := h.tokenResources(c.Request().Context(), jsonapi.Cut(all, page)...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, len(all), shown, nil, nil)
}

func (h *Handler) createUserToken(c echo.Context) error {
	in, err := readToken(c)
	if err != nil {
		return err
	}
	issued, token, err := h.Service.IssueUserToken(c.Request().Context(), principal(c), c.Param("id"), in.terms())
	if err != nil {
		return notIssued(err)
	}
	return h.sendIssued(c, issued, token)
}
