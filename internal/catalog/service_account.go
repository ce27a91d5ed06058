package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func serviceAccountRef(id string) authz.Object {
	return authz.Object{Type: schema.TypeServiceAccount, ID: id}
}

// CreateServiceAccount adds a service account.
func (c *Change) CreateServiceAccount(ctx context.Context, name string) (ServiceAccount, error) {
	if err := checkUsername("name", name); err != nil {
		return ServiceAccount{}, err
	}
	if err := freeName(ctx, "name", name, c.ServiceAccount); err != nil {
		return ServiceAccount{}, err
	}
	speaksFor, err := c.directoryOf(ctx, name)
	if err != nil {
		return ServiceAccount{}, err
	}
	a := ServiceAccount{ID: c.random(PrefixServiceAccount), Name: name, CreatedAt: c.now}
	if err := c.InsertServiceAccount(ctx, a); err != nil {
		return ServiceAccount{}, err
	}
	c.touch(whole(teamRef(a.ID)))
	c.record("service_account.create", "", serviceAccountRef(a.ID), nil, a, speaksFor...)
	return a, nil
}

// EnsureServiceAccount returns the service account of a name, created when there is none.
func (c *Change) EnsureServiceAccount(ctx context.Context, name string) (ServiceAccount, error) {
	a, err := c.ServiceAccountByName(ctx, name)
	if fault.Is(err, fault.NotFound) {
		return c.CreateServiceAccount(ctx, name)
	}
	return a, err
}

// RemoveServiceAccount deletes a service account with its grants and tokens.
func (c *Change) RemoveServiceAccount(ctx context.Context, id string) error {
	a, err := c.ServiceAccount(ctx, id)
	if err != nil {
		return err
	}
	c.touch(whole(teamRef(id)))
	if err := c.dropGrants(ctx, GrantFilter{Holder: serviceAccountRef(id)}); err != nil {
		return err
	}
	if err := c.dropTokens(ctx, TokenService, id); err != nil {
		return err
	}
	c.record("service_account.delete", "", serviceAccountRef(id), a, nil)
	return c.Queries.DeleteServiceAccount(ctx, id)
}
