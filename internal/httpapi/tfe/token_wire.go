package tfe

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

const typeTokens = "authentication-tokens"

// tokenAttributes are a token as documents show it. The secret is in the answer that creates it and nowhere else.
type tokenAttributes struct {
	CreatedAt   any     `json:"created-at"`
	LastUsedAt  any     `json:"last-used-at"`
	Description *string `json:"description"`
	Token       *string `json:"token"`
	ExpiredAt   any     `json:"expired-at"`
}

// tokenResources shows tokens.
func (h *Handler) tokenResources(ctx context.Context, all ...catalog.Token) ([]jsonapi.Resource, error) {
	var makers []string // organizations: a relationship to one has its name
	for _, t := range all {
		if o := t.Creator(); o.Type == schema.TypeOrganization {
			makers = append(makers, o.ID)
		}
	}
	names, err := h.Service.Names(ctx, schema.TypeOrganization, makers)
	if err != nil {
		return nil, err
	}
	out := make([]jsonapi.Resource, len(all))
	for i, t := range all {
		out[i] = tokenResource(t, answer.Party(t.Creator(), names[t.Creator().ID]))
	}
	return out, nil
}

func tokenResource(t catalog.Token, maker jsonapi.Relationship) jsonapi.Resource {
	a := tokenAttributes{CreatedAt: answer.Stamp(t.CreatedAt), LastUsedAt: answer.Stamp(t.LastUsedAt), ExpiredAt: answer.Stamp(t.ExpiresAt)}
	if t.Kind == catalog.TokenUser || t.Kind == catalog.TokenService || t.Kind == catalog.TokenTeam && !t.Legacy {
		a.Description = &t.Description
	}
	relationships := map[string]jsonapi.Relationship{"created-by": maker}
	if t.Kind == catalog.TokenTeam {
		relationships["team"] = jsonapi.ToOne(answer.TypeTeams, t.OwnerID).At("/api/v2/teams/" + t.OwnerID)
	}
	return jsonapi.Resource{ID: t.ID, Type: typeTokens, Attributes: a, Relationships: relationships, Links: answer.Self("authentication-tokens/" + t.ID)}
}

// tokenInput is what a client wants of a token. An end that is null is one that was not asked for: a token without any
// would be more than the client can have meant.
type tokenInput struct {
	Description jsonapi.Field[string]    `json:"description"`
	ExpiredAt   jsonapi.Field[time.Time] `json:"expired-at"`
}

func readToken(c echo.Context) (tokenInput, error) {
	var sent tokenInput
	in, err := jsonapi.ReadResource(c.Request(), typeTokens)
	if err != nil {
		return sent, err
	}
	err = in.Attributes(&sent)
	if err == nil && sent.ExpiredAt.Set && !sent.ExpiredAt.Null && sent.ExpiredAt.Value.IsZero() {
		err = fault.At("expired-at", "must be in the future")
	}
	return sent, err
}

func (i tokenInput) terms() catalog.TokenTerms {
	return catalog.TokenTerms{Description: i.Description.Or(""), ExpiresAt: i.ExpiredAt.Or(time.Time{})}
}

// sendIssued writes a new token, with its secret.
func (h *Handler) sendIssued(c echo.Context, t catalog.IssuedToken, token authz.Token) error {
	answer.Written(c, token)
	shown, err := h.tokenResources(c.Request().Context(), t.Token)
	if err != nil {
		return err
	}
	if a, ok := shown[0].Attributes.(tokenAttributes); ok {
		a.Token = &t.Secret
		shown[0].Attributes = a
	}
	return answer.Send(c, http.StatusCreated, jsonapi.Document{Data: shown[0]})
}

// sendToken writes a token without its secret.
func (h *Handler) sendToken(c echo.Context, t catalog.Token) error {
	shown, err := h.tokenResources(c.Request().Context(), t)
	if err != nil {
		return err
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: shown[0]})
}

// notIssued gives the refusal of a token the words of this API: the end of a token is its expired-at, and a description
// that is taken is told in the vendor's own sentence, which clients compare (research tfe-api 1.7).
func notIssued(err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	switch {
	case !ok:
		return err
	case e.Kind == fault.Invalid && e.Field == "expires":
		return fault.At("expired-at", "%s", e.Message)
	case e.Kind == fault.Conflict && e.Field == "description":
		taken := fault.New(fault.Conflict, "Validation failed: Description has already been taken")
		return &jsonapi.StatusError{Status: http.StatusUnprocessableEntity, Title: "invalid attributes", Fault: taken}
	}
	return err
}
