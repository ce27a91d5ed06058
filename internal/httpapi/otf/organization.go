package otf

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// organizations is what the file needs of the catalog.
type organizations interface {
	FindOrganization(ctx context.Context, p catalog.Principal, ref string) (catalog.Organization, error)
	CreateOrganization(ctx context.Context, p catalog.Principal, edit catalog.Edit[catalog.Organization]) (catalog.Organization, authz.Token, error)
	DeleteOrganization(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) organizationEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		route(http.MethodPost, "organizations", endpoint.Permission(schema.PlatformCreateOrganization), h.createOrganization),
		route(http.MethodDelete, "organizations/:organization", endpoint.Permission(schema.OrganizationDelete), h.deleteOrganization),
	}
}

// newOrganization is what a client sends to have an organization made.
type newOrganization struct {
	Name                       *string
	Email                      *string
	AllowForceDeleteWorkspaces *bool
}

func (h *Handler) createOrganization(c echo.Context) error {
	var in newOrganization
	if err := readBody(c, &in); err != nil {
		return err
	}
	created, token, err := h.Service.CreateOrganization(c.Request().Context(), principal(c), in.edit)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return answer.Send(c, http.StatusCreated, jsonapi.Document{Data: jsonapi.Resource{
		ID: created.ID, Type: answer.TypeOrganizations, Attributes: organizationAttributes{
			Name: created.Name, CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt,
		},
	}})
}

// edit makes the organization what the client wants it to be.
func (in newOrganization) edit(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
	if in.Name == nil {
		return o, fault.At("name", "can't be blank")
	}
	o.Name = *in.Name
	if in.Email != nil {
		o.Email = *in.Email
	}
	if in.AllowForceDeleteWorkspaces != nil {
		o.AllowForceDelete = *in.AllowForceDeleteWorkspaces
	}
	return o, nil
}

// organizationAttributes are an organization as OTF's command reads it.
type organizationAttributes struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created-at"`
	UpdatedAt time.Time `json:"updated-at"` // nothing here tells it from the other
}

func (h *Handler) deleteOrganization(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	token, err := h.Service.DeleteOrganization(c.Request().Context(), principal(c), o.ID)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// organization returns the organization that a path names.
func (h *Handler) organization(c echo.Context) (catalog.Organization, error) {
	o, err := h.Service.FindOrganization(c.Request().Context(), principal(c), c.Param("organization"))
	return o, hidden(err)
}
