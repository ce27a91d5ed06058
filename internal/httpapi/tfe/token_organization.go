package tfe

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// organizationTokens is what the file needs of the catalog.
type organizationTokens interface {
	OrganizationToken(ctx context.Context, p catalog.Principal, organizationID string, kind catalog.TokenKind) (catalog.Token, error)
	IssueOrganizationToken(ctx context.Context, p catalog.Principal, organizationID string, kind catalog.TokenKind, terms catalog.TokenTerms) (catalog.IssuedToken, authz.Token, error)
	RevokeOrganizationToken(ctx context.Context, p catalog.Principal, organizationID string, kind catalog.TokenKind) (authz.Token, error)
}

// organizationToken returns which organization's token a request is about, and of which kind.
func (h *Handler) organizationToken(c echo.Context) (organizationID string, kind catalog.TokenKind, err error) {
	switch c.QueryParam("token") {
	case "":
		kind = catalog.TokenOrganization
	case "audit-trails":
		kind = catalog.TokenAuditTrails
	default:
		return "", "", jsonapi.Parameter("token", "must be audit-trails or left out")
	}
	o, err := h.organization(c)
	return o.ID, kind, err
}

func (h *Handler) readOrganizationToken(c echo.Context) error {
	organizationID, kind, err := h.organizationToken(c)
	if err != nil {
		return err
	}
	t, err := h.Service.OrganizationToken(c.Request().Context(), principal(c), organizationID, kind)
	if err != nil {
		return err
	}
	return h.sendToken(c, t)
}

func (h *Handler) createOrganizationToken(c echo.Context) error {
	organizationID, kind, err := h.organizationToken(c)
	if err != nil {
		return err
	}
	in, err := readToken(c)
	if err != nil {
		return err
	}
	terms := catalog.TokenTerms{ExpiresAt: in.terms().ExpiresAt}
	issued, token, err := h.Service.IssueOrganizationToken(c.Request().Context(), principal(c), organizationID, kind, terms)
	if err != nil {
		return notIssued(err)
	}
	return h.sendIssued(c, issued, token)
}

func (h *Handler) deleteOrganizationToken(c echo.Context) error {
	organizationID, kind, err := h.organizationToken(c)
	if err != nil {
		return err
	}
	token, err := h.Service.RevokeOrganizationToken(c.Request().Context(), principal(c), organizationID, kind)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}
