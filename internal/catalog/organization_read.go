package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/schema"
)

// FindOrganization returns an organization by name or id; organization.view.
func (s *Service) FindOrganization(ctx context.Context, p Principal, ref string) (Organization, error) {
	ref, err := s.resolveID(ctx, schema.TypeOrganization, ref)
	if err != nil {
		return Organization{}, err
	}
	if err := s.require(ctx, p, schema.OrganizationView, organizationRef(ref)); err != nil {
		return Organization{}, err
	}
	return s.store.Organization(ctx, ref)
}

// ListOrganizations returns the organizations the principal may see, by name, and how many there are in all.
func (s *Service) ListOrganizations(ctx context.Context, p Principal, q PlaceQuery, w Window) ([]Organization, int, error) {
	ids, total, err := s.places(ctx, p, schema.OrganizationView, schema.TypeOrganization, q, w)
	if err != nil || len(ids) == 0 {
		return nil, total, err
	}
	rows, err := s.store.Organizations(ctx, ids...)
	return inThatOrder(ids, rows, func(o Organization) string { return o.ID }), total, err
}
