package admin

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

const maxSmallBody = 64 << 10

func jsonDecoder(r io.Reader) *json.Decoder {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	return dec
}

// TokenRequest asks for a token.
type TokenRequest struct {
	Kind        string    `json:"kind"` // user or service
	Name        string    `json:"name"`
	Email       string    `json:"email,omitempty"`
	Description string    `json:"description,omitempty"`
	Scopes      []string  `json:"scopes,omitempty"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
}

// Token is a token as lists show it; Secret is set in the answer to its creation alone.
type Token struct {
	ID          string    `json:"id"`
	Secret      string    `json:"token,omitempty"`
	Kind        string    `json:"kind"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Scopes      []string  `json:"scopes,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
	LastUsedAt  time.Time `json:"last_used_at,omitzero"`
}

func shown(t catalog.Token, name string) Token {
	return Token{
		ID: t.ID, Kind: string(t.Kind), Name: name, Description: t.Description, Scopes: t.Scopes,
		CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt,
	}
}

func (h *Handler) createToken(c echo.Context) error {
	var r TokenRequest
	if err := decode(c, maxSmallBody, &r); err != nil {
		return err
	}
	issued, err := h.Service.CreateToken(c.Request().Context(), endpoint.Principal(c), catalog.TokenRequest{
		Kind: catalog.TokenKind(r.Kind), Name: r.Name, Email: r.Email, Description: r.Description, Scopes: r.Scopes, ExpiresAt: r.ExpiresAt,
	})
	if err != nil {
		return err
	}
	t := shown(issued.Token, r.Name)
	t.Secret = issued.Secret
	return c.JSON(http.StatusCreated, t)
}

func (h *Handler) listTokens(c echo.Context) error {
	tokens, err := h.Service.ListTokens(c.Request().Context(), endpoint.Principal(c))
	if err != nil {
		return err
	}
	out := make([]Token, len(tokens))
	for i, t := range tokens {
		out[i] = shown(t.Token, t.OwnerName)
	}
	return c.JSON(http.StatusOK, map[string][]Token{"tokens": out})
}

func (h *Handler) revokeToken(c echo.Context) error {
	_, err := h.Service.RevokeToken(c.Request().Context(), endpoint.Principal(c), c.Param("id"))
	if fault.Is(err, fault.NotFound) {
		return fault.Wrap(fault.NotFound, err, "there is no such token") // somebody else's and none at all, in the same words
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
