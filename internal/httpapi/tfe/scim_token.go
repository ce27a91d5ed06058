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

// siteSCIMTokens is what the file needs of the catalog.
type siteSCIMTokens interface {
	SCIMTokens(ctx context.Context, p catalog.Principal) ([]catalog.Token, error)
	SCIMToken(ctx context.Context, p catalog.Principal, id string) (catalog.Token, error)
	IssueSCIMToken(ctx context.Context, p catalog.Principal, terms catalog.TokenTerms) (catalog.IssuedToken, authz.Token, error)
	EndSCIMToken(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) listSCIMTokens(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	all, err := h.Service.SCIMTokens(c.Request().Context(), principal(c))
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

func (h *Handler) readSCIMToken(c echo.Context) error {
	t, err := h.Service.SCIMToken(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	return h.sendToken(c, t)
}

func (h *Handler) createSCIMToken(c echo.Context) error {
	in, err := readToken(c)
	if err != nil {
		return err
	}
	issued, token, err := h.Service.IssueSCIMToken(c.Request().Context(), principal(c), in.terms())
	if err != nil {
		return answer.As(http.StatusConflict, fault.Conflict, notIssued(err))
	}
	return h.sendIssued(c, issued, token)
}

// endSCIMToken ends a token of the SCIM connection for whoever administers it. It is asked where somebody has no such token
// of his own, and to everybody else there is none here either.
func (h *Handler) endSCIMToken(c echo.Context, notFound error) (authz.Token, error) {
	token, err := h.Service.EndSCIMToken(c.Request().Context(), principal(c), c.Param("id"))
	if fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound) {
		return "", notFound
	}
	return token, err
}
