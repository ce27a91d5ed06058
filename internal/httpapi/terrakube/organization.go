package terrakube

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// organizationService is what the file needs of the catalog.
type organizationService interface {
	ListOrganizations(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery, w catalog.Window) ([]catalog.Organization, int, error)
	FindTerrakubeOrganization(ctx context.Context, p catalog.Principal, id string) (catalog.Organization, error)
	CreateTerrakubeOrganization(ctx context.Context, p catalog.Principal, edit catalog.Edit[catalog.Organization]) (catalog.Organization, authz.Token, error)
	UpdateTerrakubeOrganization(ctx context.Context, p catalog.Principal, id string, edit catalog.Edit[catalog.Organization]) (authz.Token, error)
	RemoveTerrakubeOrganization(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) organizationNoun() noun {
	return noun{
		typ: typeOrganization, parents: []string{""},
		attributes: []attribute{
			{name: "name"},
			{name: "description"},
			{name: "executionMode", otherwise: "remote"},
			{name: "icon"},
			{name: "disabled", kind: flag, otherwise: false},
		},
		reads: endpoint.Permission(schema.OrganizationView), writes: endpoint.Permission(schema.OrganizationManageOrganizationAccess),
		list: func(ctx context.Context, p catalog.Principal, _ place, want sought) ([]resource, error) {
			all, _, err := h.Service.ListOrganizations(ctx, p, placesCalled(want), catalog.Window{})
			return resources(all, organizationResource), err
		},
		get: func(ctx context.Context, p catalog.Principal, _ place, id string) (resource, error) {
			o, err := h.Service.FindTerrakubeOrganization(ctx, p, id)
			return organizationResource(o), err
		},
		create: func(ctx context.Context, p catalog.Principal, _ place, in input) (resource, authz.Token, error) {
			o, token, err := h.Service.CreateTerrakubeOrganization(ctx, p, organizationEdit(in))
			return organizationResource(o), token, err
		},
		update: func(ctx context.Context, p catalog.Principal, _ place, id string, in input) (authz.Token, error) {
			return h.Service.UpdateTerrakubeOrganization(ctx, p, id, organizationEdit(in))
		},
		remove: func(ctx context.Context, p catalog.Principal, _ place, id string) (authz.Token, error) {
			return h.Service.RemoveTerrakubeOrganization(ctx, p, id)
		},
	}
}

// placesCalled returns a query for what a client filters by, in any case of letters; the engine looks at the case.
func placesCalled(want sought) catalog.PlaceQuery {
	if want.name == "" {
		return catalog.PlaceQuery{}
	}
	return catalog.PlaceQuery{Names: []string{want.name}}
}

// resources returns rows as resources.
func resources[T any](rows []T, shown func(T) resource) []resource {
	out := make([]resource, len(rows))
	for i, row := range rows {
		out[i] = shown(row)
	}
	return out
}

func organizationResource(o catalog.Organization) resource {
	all := keptWithPlace(o.Attributes)
	all["name"], all["disabled"] = o.Name, o.Disabled
	return resource{id: o.ID, attributes: all}
}

// organizationEdit puts what a client sent over an organization.
func organizationEdit(in input) catalog.Edit[catalog.Organization] {
	return func(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
		if name, sent := in.text("name"); sent {
			o.Name = name
		}
		if disabled, sent := in.flag("disabled"); sent {
			o.Disabled = disabled
		}
		var err error
		o.Attributes, err = in.overPlace(o.Attributes, nil, []string{"name", "disabled"})
		return o, err
	}
}
