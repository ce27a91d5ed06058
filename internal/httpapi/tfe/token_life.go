package tfe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

const typeTokenLives = "organization-token-ttl-policies"

// tokenLives is what the file needs of the catalog.
type tokenLives interface {
	TokenLives(ctx context.Context, p catalog.Principal, organizationID string) ([]catalog.TokenLife, error)
	SetTokenLives(ctx context.Context, p catalog.Principal, organizationID string, lives ...catalog.TokenLife) ([]catalog.TokenLife, authz.Token, error)
}

// tokenLife is the longest life of tokens of a kind, as it is sent and shown.
type tokenLife struct {
	TokenType catalog.TokenKind `json:"token-type"`
	MaxTTL    int64             `json:"max-ttl-ms"`
}

// listTokenLives answers 403 to who may see the organization and not this: only owners may (research tfe-api 1.7).
func (h *Handler) listTokenLives(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	lives, err := h.Service.TokenLives(c.Request().Context(), principal(c), o.ID)
	if err != nil {
		return answer.As(http.StatusForbidden, fault.Denied, err)
	}
	return sendTokenLives(c, lives)
}

func (h *Handler) setTokenLives(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	wanted, err := readTokenLives(c)
	if err != nil {
		return err
	}
	lives, token, err := h.Service.SetTokenLives(c.Request().Context(), principal(c), o.ID, wanted...)
	if err != nil {
		return answer.As(http.StatusForbidden, fault.Denied, err)
	}
	answer.Written(c, token)
	return sendTokenLives(c, lives)
}

// readTokenLives reads a request and reports every fault of it.
func readTokenLives(c echo.Context) ([]catalog.TokenLife, error) {
	in, err := jsonapi.ReadResource(c.Request(), typeTokenLives)
	if err != nil {
		return nil, err
	}
	var sent struct {
		Policies []tokenLife `json:"token-ttl-policies"`
	}
	if err := in.Attributes(&sent); err != nil {
		return nil, err
	}
	if len(sent.Policies) == 0 {
		return nil, fault.At("token-ttl-policies", "can't be blank")
	}
	var faults []error
	out := make([]catalog.TokenLife, len(sent.Policies))
	for i, l := range sent.Policies {
		at := fmt.Sprintf("/data/attributes/token-ttl-policies/%d/", i)
		switch {
		case !slices.Contains(catalog.LimitedKinds(), l.TokenType):
			faults = append(faults, fault.At(at+"token-type", "is not included in the list"))
		case slices.ContainsFunc(sent.Policies[:i], func(o tokenLife) bool { return o.TokenType == l.TokenType }):
			faults = append(faults, fault.At(at+"token-type", "%q stands twice", l.TokenType))
		}
		life, err := catalog.TokenLifeOf(l.MaxTTL)
		if err != nil {
			faults = append(faults, fault.At(at+"max-ttl-ms", "%s", err.Message))
		}
		out[i] = catalog.TokenLife{Kind: l.TokenType, Max: life}
	}
	return out, errors.Join(faults...)
}

// sendTokenLives writes the longest lives of tokens of all kinds, one of each in an organization.
func sendTokenLives(c echo.Context, lives []catalog.TokenLife) error {
	shown := make([]jsonapi.Resource, len(lives))
	for i, l := range lives {
		shown[i] = jsonapi.Resource{
			ID: l.OrganizationID + "-" + string(l.Kind), Type: typeTokenLives,
			Attributes: tokenLife{TokenType: l.Kind, MaxTTL: int64(l.Max / time.Millisecond)},
		}
	}
	return answer.SendWhole(c, shown)
}
