package terrakube

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// groupTokens are what team tokens need of the catalog.
type groupTokens interface {
	GroupTokens(ctx context.Context, p catalog.Principal) ([]catalog.GroupToken, error)
	IssueGroupToken(ctx context.Context, p catalog.Principal, group string, terms catalog.SignedTerms) (catalog.IssuedToken, authz.Token, error)
	EndGroupToken(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

// groupToken is a team token in a list. A token that was deleted is in none, so deleted is never true.
type groupToken struct {
	ID          string `json:"id"`
	Group       string `json:"group"`
	Description string `json:"description"`
	keptWish
	Deleted bool `json:"deleted"`
	audit
}

// listGroupTokens answers 202, as Terrakube does.
func (h *Handler) listGroupTokens(c echo.Context) error {
	tokens, err := h.Service.GroupTokens(c.Request().Context(), endpoint.Principal(c))
	if err != nil {
		return err
	}
	out := make([]groupToken, len(tokens))
	for i, t := range tokens {
		out[i] = groupToken{ID: t.ID, Group: t.Group.DisplayName, Description: t.Description, keptWish: askedOf(t.Token), audit: auditOf(t.Token, t.Maker)}
	}
	return c.JSON(http.StatusAccepted, out)
}

// createGroupToken answers 201 with an empty token to whoever may make none of the group, as Terrakube does.
func (h *Handler) createGroupToken(c echo.Context) error {
	w, err := readWish(c, "days", "hours", "minutes")
	if err != nil {
		return err
	}
	terms, err := h.terms(w)
	if err != nil {
		return err
	}
	issued, written, err := h.Service.IssueGroupToken(c.Request().Context(), endpoint.Principal(c), w.group, terms)
	if fault.Is(err, fault.Denied) {
		return c.JSON(http.StatusCreated, sentToken{})
	}
	return sendToken(c, issued, written, err)
}

// sendToken answers a request that made a token.
func sendToken(c echo.Context, issued catalog.IssuedToken, written authz.Token, err error) error {
	if err != nil {
		return err
	}
	c.Response().Header().Set(endpoint.ZedToken, string(written))
	return c.JSON(http.StatusCreated, sentToken{Token: issued.Secret})
}

// endGroupToken answers exactly 202, which Terrakube's provider insists on, and 400 to an id it does not know.
func (h *Handler) endGroupToken(c echo.Context) error {
	written, err := h.Service.EndGroupToken(c.Request().Context(), endpoint.Principal(c), c.Param("id"))
	return ended(c, written, err)
}

func ended(c echo.Context, written authz.Token, err error) error {
	if err != nil {
		return missing(err)
	}
	c.Response().Header().Set(endpoint.ZedToken, string(written))
	return c.NoContent(http.StatusAccepted)
}

// currentTeams returns the names of the caller's groups.
func (h *Handler) currentTeams(c echo.Context) error {
	groups, err := h.Service.OwnGroups(c.Request().Context(), endpoint.Principal(c))
	if err != nil {
		return err
	}
	names := make([]string, 0, len(groups))
	for i, g := range groups {
		if i == 0 || g.DisplayName != groups[i-1].DisplayName { // groups of several directories may share a name
			names = append(names, g.DisplayName)
		}
	}
	return c.JSON(http.StatusAccepted, map[string][]string{"groups": names})
}
