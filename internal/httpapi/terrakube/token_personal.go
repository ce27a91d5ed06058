package terrakube

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// personalTokens are what personal access tokens need of the catalog.
type personalTokens interface {
	UserTokens(ctx context.Context, p catalog.Principal, userID string) ([]catalog.Token, error)
	IssuePersonalToken(ctx context.Context, p catalog.Principal, terms catalog.SignedTerms) (catalog.IssuedToken, authz.Token, error)
	EndPersonalToken(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

// personalToken is a personal access token in a list.
type personalToken struct {
	ID          string `json:"id"`
	Days        int64  `json:"days"`
	Description string `json:"description"`
	Deleted     bool   `json:"deleted"`
	audit
}

// listPersonalTokens returns all of the caller's tokens, those included that other protocols made: each of them is he.
func (h *Handler) listPersonalTokens(c echo.Context) error {
	p := endpoint.Principal(c)
	out := []personalToken{}
	if p.Subject.Type == schema.TypeUser { // whoever is no person has none
		tokens, err := h.Service.UserTokens(c.Request().Context(), p, p.Subject.ID)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			out = append(out, personalToken{ID: t.ID, Days: askedOf(t).Days, Description: t.Description, audit: auditOf(t, p.Name)})
		}
	}
	return c.JSON(http.StatusAccepted, out)
}

func (h *Handler) createPersonalToken(c echo.Context) error {
	w, err := readWish(c, "days")
	if err != nil {
		return err
	}
	terms, err := h.terms(w)
	if err != nil {
		return err
	}
	issued, written, err := h.Service.IssuePersonalToken(c.Request().Context(), endpoint.Principal(c), terms)
	return sendToken(c, issued, written, err)
}

func (h *Handler) endPersonalToken(c echo.Context) error {
	written, err := h.Service.EndPersonalToken(c.Request().Context(), endpoint.Principal(c), c.Param("id"))
	return ended(c, written, err)
}
