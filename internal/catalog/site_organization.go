package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// SiteOrganizations returns every organization whose name or e-mail address a query selects, disabled ones included, by
// name; platform.audit.
func (s *Service) SiteOrganizations(ctx context.Context, p Principal, q PlaceQuery) ([]Organization, error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil {
		return nil, err
	}
	all, err := s.store.Organizations(ctx)
	contains := func(text, part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	all = slices.DeleteFunc(all, func(o Organization) bool {
		return !contains(o.Name, q.Contains) && !contains(o.Email, q.Contains) || !contains(o.Email, q.EmailContains) ||
			(len(q.Names) > 0 && !slices.ContainsFunc(q.Names, func(n string) bool { return contains(o.Name, n) }))
	})
	slices.SortFunc(all, func(a, b Organization) int { return compareNames(a.Name, b.Name) })
	return all, err
}

// SiteOrganization returns an organization by name or id, also a disabled one; platform.audit.
func (s *Service) SiteOrganization(ctx context.Context, p Principal, ref string) (Organization, error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil {
		return Organization{}, err
	}
	id, err := s.resolveID(ctx, schema.TypeOrganization, ref)
	if err != nil {
		return Organization{}, err
	}
	return s.store.Organization(ctx, id)
}

// OwnersOf returns the people who own an organization and can act: active members of its owners team; platform.audit.
func (s *Service) OwnersOf(ctx context.Context, p Principal, o Organization) ([]User, error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil {
		return nil, err
	}
	return actingOwners(ctx, s.store, o)
}

// AdministerOrganization changes whether an organization is disabled, how many workspaces it may have and what protocols
// keep with it, and returns it as it is then; platform.administer. The rest is its owners' and stays as it is.
func (s *Service) AdministerOrganization(ctx context.Context, p Principal, id string, edit Edit[Organization]) (Organization, authz.Token, error) {
	var after Organization
	token, err := s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error {
		home, err := homeIn(ctx, c, id, "")
		if err != nil {
			return err
		}
		wanted, err := edit.of(home.Organization, home)
		if err != nil {
			return err
		}
		if err := c.SetDisabled(ctx, id, wanted.Disabled); err != nil {
			return err
		}
		if after, err = c.Organization(ctx, id); err != nil {
			return err
		}
		after.Attributes, after.WorkspaceLimit = wanted.Attributes, wanted.WorkspaceLimit
		return c.ChangeOrganization(ctx, after)
	})
	return after, token, err
}

// RemoveOrganization deletes an organization with everything in it, disabled or not; platform.administer.
func (s *Service) RemoveOrganization(ctx context.Context, p Principal, organizationID string) (authz.Token, error) {
	return s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error { return c.RemoveOrganization(ctx, organizationID) })
}

// SiteWorkspaces returns the workspaces of every organization that a query selects, disabled ones included, by path, and
// how many there are in all; platform.audit.
func (s *Service) SiteWorkspaces(ctx context.Context, p Principal, q PlaceQuery, w Window) ([]Workspace, int, error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil {
		return nil, 0, err
	}
	f := PlaceFilter{Type: schema.TypeWorkspace, Within: []authz.Object{platformRef()}, Disabled: true, PlaceQuery: q, Offset: w.Offset, Limit: w.Limit}
	total, err := s.store.CountPlaces(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	places, err := s.store.Places(ctx, f)
	if err != nil || len(places) == 0 {
		return nil, total, err
	}
	ids := make([]string, len(places))
	for i, place := range places {
		ids[i] = place.ID
	}
	rows, err := s.store.Workspaces(ctx, WorkspaceFilter{IDs: ids})
	return inThatOrder(ids, rows, func(w Workspace) string { return w.ID }), total, err
}

// SiteWorkspace returns a workspace of any organization; platform.audit.
func (s *Service) SiteWorkspace(ctx context.Context, p Principal, id string) (Workspace, error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil {
		return Workspace{}, err
	}
	return s.store.Workspace(ctx, id)
}

// RemoveWorkspace deletes a workspace of any organization; platform.administer.
func (s *Service) RemoveWorkspace(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error { return c.RemoveWorkspace(ctx, id) })
}
