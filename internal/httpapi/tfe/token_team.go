package tfe

import (
	"context"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// teamTokens is what the file needs of the catalog.
type teamTokens interface {
	TeamToken(ctx context.Context, p catalog.Principal, teamID string) (catalog.Token, error)
	TeamTokens(ctx context.Context, p catalog.Principal, teamID string) ([]catalog.Token, error)
	ListTeamTokens(ctx context.Context, p catalog.Principal, organizationID string, q catalog.TeamTokenQuery, w catalog.Window) ([]catalog.TeamToken, int, error)
	IssueTeamToken(ctx context.Context, p catalog.Principal, teamID string, terms catalog.TokenTerms) (catalog.IssuedToken, authz.Token, error)
	AddTeamToken(ctx context.Context, p catalog.Principal, teamID string, terms catalog.TokenTerms) (catalog.IssuedToken, authz.Token, error)
	RevokeTeamToken(ctx context.Context, p catalog.Principal, teamID string) (authz.Token, error)
	EndTeamTokens(ctx context.Context, p catalog.Principal, organizationID string, ids ...string) (authz.Token, error)
}

func (h *Handler) readTeamToken(c echo.Context) error {
	t, err := h.Service.TeamToken(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	return h.sendToken(c, t)
}

// createTeamToken replaces the team's token without a description, whatever description is sent.
func (h *Handler) createTeamToken(c echo.Context) error {
	in, err := readToken(c)
	if err != nil {
		return err
	}
	issued, token, err := h.Service.IssueTeamToken(c.Request().Context(), principal(c), c.Param("id"), in.terms())
	if err != nil {
		return notIssued(err)
	}
	return h.sendIssued(c, issued, token)
}

func (h *Handler) addTeamToken(c echo.Context) error {
	in, err := readToken(c)
	if err != nil {
		return err
	}
	issued, token, err := h.Service.AddTeamToken(c.Request().Context(), principal(c), c.Param("id"), in.terms())
	if err != nil {
		return notIssued(err)
	}
	return h.sendIssued(c, issued, token)
}

func (h *Handler) deleteTeamToken(c echo.Context) error {
	token, err := h.Service.RevokeTeamToken(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func (h *Handler) listTokensOfTeam(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	all, err := h.Service.TeamTokens(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	shown, err := h.tokenResources(c.Request().Context(), jsonapi.Cut(all, page)...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, len(all), shown, nil, nil)
}

func (h *Handler) listTeamTokens(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	query, err := readTeamTokenQuery(c)
	if err != nil {
		return err
	}
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	found, total, err := h.Service.ListTeamTokens(ctx, p, o.ID, query, answer.Window(page))
	if err != nil {
		return err
	}
	rows := make([]catalog.Token, len(found))
	for i, t := range found {
		rows[i] = t.Token
	}
	shown, err := h.tokenResources(ctx, rows...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

func readTeamTokenQuery(c echo.Context) (catalog.TeamTokenQuery, error) {
	q := catalog.TeamTokenQuery{Contains: c.QueryParam("q")}
	for _, word := range answer.Words(c.QueryParam("filter[expiry_status]")) {
		status := catalog.ExpiryStatus(word)
		if !slices.Contains(catalog.ExpiryStatuses(), status) {
			return q, jsonapi.Parameter("filter[expiry_status]", "must be some of %s", listed(catalog.ExpiryStatuses()))
		}
		q.Expiry = append(q.Expiry, status)
	}
	if sort := answer.Parameter(c, "sort"); sort != "" {
		name, descending := strings.CutPrefix(sort, "-")
		q.Order, q.Descending = catalog.TokenOrder(name), descending
		if !slices.Contains(catalog.TokenOrders(), q.Order) {
			return q, jsonapi.Parameter("sort", "must be one of %s", listed(catalog.TokenOrders()))
		}
	}
	return q, nil
}

// listed returns words as a sentence has them.
func listed[T ~string](all []T) string {
	out := make([]string, len(all))
	for i, one := range all {
		out[i] = string(one)
	}
	return strings.Join(out, ", ")
}

func (h *Handler) deleteTeamTokens(c echo.Context) error {
	ids, err := answer.ReadIDs(c, typeTokens)
	if err != nil {
		return err
	}
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	token, err := h.Service.EndTeamTokens(c.Request().Context(), principal(c), o.ID, ids...)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}
