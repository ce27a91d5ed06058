package client

import (
	"context"
	"net/http"
	"time"
)

// TokenRequest says what token is wanted.
type TokenRequest struct {
	Kind        string    `json:"kind"` // user or service
	Name        string    `json:"name"` // of the user or service account; a site admin's request creates who is missing
	Email       string    `json:"email,omitempty"`
	Description string    `json:"description,omitempty"`
	Scopes      []string  `json:"scopes,omitempty"` // of a service token: check, search, explain, sync, scim, audit
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
}

// Token is a token as lists show it.
type Token struct {
	ID          string    `json:"id"`
	Secret      string    `json:"token,omitempty"` // in the answer to its creation alone
	Kind        string    `json:"kind"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Scopes      []string  `json:"scopes,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
	LastUsedAt  time.Time `json:"last_used_at,omitzero"`
}

// CreateToken issues a token for oneself or, as a site admin, for anybody. Its secret is shown this once.
func (c *Client) CreateToken(ctx context.Context, r TokenRequest) (Token, error) {
	var t Token
	_, err := c.do(ctx, call{method: http.MethodPost, path: "/admin/v1/tokens", body: r, into: &t})
	return t, err
}

// ListTokens returns one's own tokens or, to a site admin, everybody's.
func (c *Client) ListTokens(ctx context.Context) ([]Token, error) {
	var list struct {
		Tokens []Token `json:"tokens"`
	}
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/admin/v1/tokens", into: &list})
	return list.Tokens, err
}

// RevokeToken ends a token at once.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, path: "/admin/v1/tokens/" + part(id)})
	return err
}
