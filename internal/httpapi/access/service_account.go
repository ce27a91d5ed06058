package access

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// serviceAccounts is what the file needs of the catalog.
type serviceAccounts interface {
	ListServiceAccounts(ctx context.Context, p catalog.Principal, contains string, w catalog.Window) ([]catalog.ServiceAccount, int, error)
	FindServiceAccount(ctx context.Context, p catalog.Principal, ref string) (catalog.ServiceAccount, error)
	CreateServiceAccount(ctx context.Context, p catalog.Principal, edit catalog.Edit[catalog.ServiceAccount]) (catalog.ServiceAccount, authz.Token, error)
	UpdateServiceAccount(ctx context.Context, p catalog.Principal, id string, edit catalog.Edit[catalog.ServiceAccount]) (catalog.ServiceAccount, authz.Token, error)
	DeleteServiceAccount(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

// serviceAccountEndpoints serve machines with an identity of their own, so that they can hold grants. Their tokens come from
// the command line.
func (h *Handler) serviceAccountEndpoints() []endpoint.Endpoint {
	manage := endpoint.Permission(schema.PlatformManageUsers)
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "admin/service-accounts", manage, h.listServiceAccounts),
		answer.Route(http.MethodPost, "admin/service-accounts", manage, h.createServiceAccount),
		answer.Route(http.MethodGet, "admin/service-accounts/:account", manage, h.readServiceAccount),
		answer.Route(http.MethodPatch, "admin/service-accounts/:account", manage, h.updateServiceAccount),
		answer.Route(http.MethodDelete, "admin/service-accounts/:account", manage, h.deleteServiceAccount),
	}
}

func (h *Handler) listServiceAccounts(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	found, total, err := h.Service.ListServiceAccounts(c.Request().Context(), principal(c), c.QueryParam("q"), answer.Window(page))
	if err != nil {
		return err
	}
	var shown []jsonapi.Resource
	for _, a := range found {
		shown = append(shown, serviceAccountResource(a))
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

func (h *Handler) createServiceAccount(c echo.Context) error {
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeServiceAccounts)
	if err != nil {
		return err
	}
	created, token, err := h.Service.CreateServiceAccount(c.Request().Context(), principal(c), serviceAccountEdit(in))
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return answer.Send(c, http.StatusCreated, jsonapi.Document{Data: serviceAccountResource(created)})
}

func (h *Handler) readServiceAccount(c echo.Context) error {
	a, err := h.Service.FindServiceAccount(c.Request().Context(), principal(c), c.Param("account"))
	if err != nil {
		return err
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: serviceAccountResource(a)})
}

func (h *Handler) updateServiceAccount(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeServiceAccounts)
	if err != nil {
		return err
	}
	a, err := h.Service.FindServiceAccount(ctx, p, c.Param("account"))
	if err != nil {
		return err
	}
	after, token, err := h.Service.UpdateServiceAccount(ctx, p, a.ID, serviceAccountEdit(in))
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: serviceAccountResource(after)})
}

func (h *Handler) deleteServiceAccount(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	a, err := h.Service.FindServiceAccount(ctx, p, c.Param("account"))
	if err != nil {
		return err
	}
	token, err := h.Service.DeleteServiceAccount(ctx, p, a.ID)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// serviceAccountEdit returns what a client wants made of a service account.
func serviceAccountEdit(in jsonapi.Input) catalog.Edit[catalog.ServiceAccount] {
	return func(a catalog.ServiceAccount, _ catalog.Home) (catalog.ServiceAccount, error) {
		var sent struct {
			Name      jsonapi.Field[string] `json:"name"`
			Suspended jsonapi.Field[bool]   `json:"suspended"`
		}
		wrongTypes := in.Attributes(&sent)
		sent.Name.Into(&a.Name)
		wrong := answer.Required(a.Name, "name")
		if sent.Suspended.Null {
			wrong = answer.Beside(wrong, fault.At("suspended", "must be true or false"))
		}
		a.Suspended = sent.Suspended.Or(a.Suspended)
		return a, answer.Beside(wrongTypes, wrong)
	}
}

type serviceAccountAttributes struct {
	Name      string `json:"name"`
	Suspended bool   `json:"suspended"`
	CreatedAt any    `json:"created-at"`
}

func serviceAccountResource(a catalog.ServiceAccount) jsonapi.Resource {
	return jsonapi.Resource{
		ID: a.ID, Type: answer.TypeServiceAccounts, Links: answer.Self("admin/service-accounts/" + a.ID),
		Attributes: serviceAccountAttributes{a.Name, a.Suspended, answer.Stamp(a.CreatedAt)},
	}
}
