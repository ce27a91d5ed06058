package tfe

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// people is what the files about people and their credentials need of the catalog.
type people interface {
	accounts
	memberships
	tokens
}

// accounts is what the file needs of the catalog.
type accounts interface {
	Account(ctx context.Context, p catalog.Principal) (catalog.Account, error)
	UpdateAccount(ctx context.Context, p catalog.Principal, change catalog.AccountChange) (catalog.Account, authz.Token, error)
	FindUser(ctx context.Context, p catalog.Principal, userID string) (catalog.User, error)
}

func (h *Handler) accountEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "account/details", endpoint.Authenticated(), h.readAccount),
		answer.Route(http.MethodPatch, "account/update", endpoint.Authenticated(), h.updateAccount),
		answer.Route(http.MethodGet, "users/:id", endpoint.Authenticated(), h.readUser),
	}
}

func (h *Handler) readAccount(c echo.Context) error {
	a, err := h.Service.Account(c.Request().Context(), principal(c))
	if err != nil {
		return err
	}
	return h.sendAccount(c, a)
}

func (h *Handler) updateAccount(c echo.Context) error {
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeUsers)
	if err != nil {
		return err
	}
	var sent struct {
		Username jsonapi.Field[string] `json:"username"`
		Email    jsonapi.Field[string] `json:"email"`
	}
	if err := in.Attributes(&sent); err != nil {
		return err
	}
	var change catalog.AccountChange
	if sent.Username.Set {
		change.Username = &sent.Username.Value
	}
	if sent.Email.Set {
		change.Email = &sent.Email.Value
	}
	a, token, err := h.Service.UpdateAccount(c.Request().Context(), principal(c), change)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendAccount(c, a)
}

// readUser shows a person to others without what concerns him alone, and to himself as his account does.
func (h *Handler) readUser(c echo.Context) error {
	u, err := h.Service.FindUser(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	if (principal(c).Subject == authz.Object{Type: schema.TypeUser, ID: u.ID}) {
		return h.readAccount(c)
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: userResource(u, false)})
}

// sendAccount writes who makes the request: a person as he sees himself, or what stands in his place for the credential
// of a team, an organization or a service account (research tfe-api 1.8).
func (h *Handler) sendAccount(c echo.Context, a catalog.Account) error {
	p := principal(c)
	can, err := h.permissions(c.Request().Context(), p, schema.TypePlatform, catalog.PlatformID)
	if err != nil {
		return err
	}
	var shown jsonapi.Resource
	if a.Subject.Type == schema.TypeUser {
		shown = personResource(p, a, can[0])
	} else {
		shown = serviceUserResource(p, a, can[0])
	}
	shown.Relationships["authenticated-resource"] = answer.Party(a.Subject, a.Name)
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: shown})
}

func personResource(p catalog.Principal, a catalog.Account, can map[string]bool) jsonapi.Resource {
	u := a.User
	maps.Copy(can, map[string]bool{
		"can-view-organizations": true, "can-view-settings": true, "can-view-profile": true, "can-update-user": true,
		"can-manage-user-tokens": true, "can-change-email": true, "can-change-username": !a.Named,
	})
	sso, confirmed := strings.HasPrefix(p.TokenID, catalog.CredentialOIDC), u.UnconfirmedEmail == ""
	return userDocument(u.ID, userAttributes{
		Username: u.Username, Email: u.Email, UnconfirmedEmail: answer.OrNull(u.UnconfirmedEmail), AvatarURL: avatar,
		AuthMethod: authMethod, V2Only: true, Permissions: userPermissions(can),
		IsAdmin: &u.SiteAdmin, IsSiteAdmin: &u.SiteAdmin, IsSiteAuditor: &u.SiteAuditor, IsSSOLogin: &sso, IsConfirmed: &confirmed,
	})
}

// serviceUserResource shows the user that clients take a credential for which is nobody's own. His id is that of the
// credential, as in audit events; there is no such user.
func serviceUserResource(p catalog.Principal, a catalog.Account, can map[string]bool) jsonapi.Resource {
	kind := map[string]string{schema.TypeTeam: "api-team-", schema.TypeOrganization: "api-org-", schema.TypeServiceAccount: ""}
	name := a.Name
	if a.Subject.Type == schema.TypeTeam {
		name = a.Subject.ID // names of teams may hold what no username may
	}
	name = kind[a.Subject.Type] + name
	none := false
	return userDocument(p.Subject.ID, userAttributes{
		Username: name, Email: name + "@users.invalid", AvatarURL: avatar, AuthMethod: authMethod, IsServiceAccount: true,
		V2Only: true, Permissions: userPermissions(can), IsAdmin: &none, IsSiteAdmin: &none, IsSSOLogin: &none,
	})
}
