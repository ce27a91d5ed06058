package tfe

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
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
		route(http.MethodGet, "authentication-tokens/:id", endpoint.Authenticated(), h.readToken),
		route(http.MethodDelete, "authentication-tokens/:id", endpoint.Authenticated(), h.deleteToken),
		route(http.MethodGet, ofUser, endpoint.Authenticated(), h.listUserTokens),
		route(http.MethodPost, ofUser, endpoint.Authenticated(), h.createUserToken),
		route(http.MethodGet, ofTeam, forTeam, h.readTeamToken),
		route(http.MethodPost, ofTeam, forTeam, h.createTeamToken),
		route(http.MethodDelete, ofTeam, forTeam, h.deleteTeamToken),
		route(http.MethodGet, "teams/:id/authentication-tokens", forTeam, h.listTokensOfTeam),
		route(http.MethodPost, "teams/:id/authentication-tokens", forTeam, h.addTeamToken),
		route(http.MethodGet, "organizations/:organization/team-tokens", endpoint.Permission(schema.OrganizationView), h.listTeamTokens),
		route(http.MethodDelete, "organizations/:organization/team-tokens", forTeam, h.deleteTeamTokens),
		route(http.MethodGet, ofOrganization, forOrganization, h.readOrganizationToken),
		route(http.MethodPost, ofOrganization, forOrganization, h.createOrganizationToken),
		route(http.MethodDelete, ofOrganization, forOrganization, h.deleteOrganizationToken),
		route(http.MethodGet, lives, forOrganization, h.listTokenLives),
		route(http.MethodPatch, lives, forOrganization, h.setTokenLives),
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
	if err != nil {
		return err
	}
	return done(c, token)
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
	_, answered := wholeUnlessPaged(page)
	page = answered(len(all))
	shown, err := h.tokenResources(c.Request().Context(), jsonapi.Cut(all, page)...)
	if err != nil {
		return err
	}
	return sendPage(c, page, len(all), shown, nil, nil)
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
