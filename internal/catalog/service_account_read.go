package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/schema"
)

// ListServiceAccounts returns the service accounts whose names contain a text, by name, and how many there are in all;
// platform.manage_users or platform.audit.
func (s *Service) ListServiceAccounts(ctx context.Context, p Principal, contains string, w Window) ([]ServiceAccount, int, error) {
	if err := s.oversees(ctx, p, schema.PlatformManageUsers); err != nil {
		return nil, 0, err
	}
	all, err := s.store.ServiceAccounts(ctx)
	if err != nil {
		return nil, 0, err
	}
	all = slices.DeleteFunc(all, func(a ServiceAccount) bool { return !strings.Contains(NameKey(a.Name), NameKey(contains)) })
	slices.SortFunc(all, func(a, b ServiceAccount) int { return cmp.Or(compareNames(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return part(all, w), len(all), nil
}

// FindServiceAccount returns a service account by its id or name; as ListServiceAccounts.
func (s *Service) FindServiceAccount(ctx context.Context, p Principal, ref string) (ServiceAccount, error) {
	if err := s.oversees(ctx, p, schema.PlatformManageUsers); err != nil {
		return ServiceAccount{}, err
	}
	id, err := s.resolveID(ctx, schema.TypeServiceAccount, ref)
	if err != nil {
		return ServiceAccount{}, err
	}
	return s.store.ServiceAccount(ctx, id)
}
