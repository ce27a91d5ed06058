package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func retentionRef(id string) authz.Object { return authz.Object{Type: "data_retention_policy", ID: id} }

// maxRetention bounds how long data may be kept: longer is for good, which has a form of its own.
const maxRetention = 36_500 // days

// SetRetention gives an organization or workspace a data retention policy, 0 days for keeping everything. A policy of
// the same form is changed in place, another replaces it.
func (c *Change) SetRetention(ctx context.Context, resource authz.Object, organizationID string, days int) (Retention, error) {
	if days < 0 || days > maxRetention {
		return Retention{}, fault.At("delete-older-than-n-days", "must be between 1 and %d", maxRetention)
	}
	before, err := c.Retention(ctx, resource)
	had := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Retention{}, err
	}
	r := Retention{ID: before.ID, Resource: resource, Days: days, CreatedAt: before.CreatedAt}
	if !had || (before.Days == 0) != (days == 0) {
		r.ID, r.CreatedAt = c.random(PrefixRetention), c.now
	}
	if had {
		c.record("data_retention_policy.update", organizationID, retentionRef(r.ID), before, r, resource)
	} else {
		c.record("data_retention_policy.create", organizationID, retentionRef(r.ID), nil, r, resource)
	}
	return r, c.PutRetention(ctx, r)
}

// RemoveRetention takes the data retention policy from an organization or workspace.
func (c *Change) RemoveRetention(ctx context.Context, resource authz.Object, organizationID string) error {
	before, err := c.Retention(ctx, resource)
	if err != nil {
		return err
	}
	c.record("data_retention_policy.delete", organizationID, retentionRef(before.ID), before, nil, resource)
	return c.DeleteRetention(ctx, resource)
}

// Data retention use cases. Of an organization the owners decide (research tfe-api 6.1).

// retentionGuards are the permissions to see and to change the policy of a resource.
func retentionGuards(resource authz.Object) (see, change schema.Permission) {
	if resource.Type == schema.TypeOrganization {
		return schema.OrganizationView, schema.OrganizationUpdate
	}
	return schema.WorkspaceRead, schema.WorkspaceUpdate
}

// FindRetention returns the data retention policy of an organization or workspace; organization.view or workspace.read.
func (s *Service) FindRetention(ctx context.Context, p Principal, resource authz.Object) (Retention, error) {
	see, _ := retentionGuards(resource)
	if err := s.require(ctx, p, see, resource); err != nil {
		return Retention{}, err
	}
	return s.store.Retention(ctx, resource)
}

// PutRetention sets the data retention policy of an organization or workspace; organization.update or workspace.update.
func (s *Service) PutRetention(ctx context.Context, p Principal, resource authz.Object, days int) (r Retention, token authz.Token, err error) {
	token, err = s.onRetention(ctx, p, resource, func(ctx context.Context, c *Change, organizationID string) (err error) {
		r, err = c.SetRetention(ctx, resource, organizationID, days)
		return err
	})
	return r, token, err
}

// DeleteRetention takes the data retention policy from an organization or workspace; permissions as PutRetention.
func (s *Service) DeleteRetention(ctx context.Context, p Principal, resource authz.Object) (authz.Token, error) {
	return s.onRetention(ctx, p, resource, func(ctx context.Context, c *Change, organizationID string) error {
		return c.RemoveRetention(ctx, resource, organizationID)
	})
}

func (s *Service) onRetention(ctx context.Context, p Principal, resource authz.Object, fn func(context.Context, *Change, string) error) (authz.Token, error) {
	_, change := retentionGuards(resource)
	return s.on(ctx, p, change, resource, func(ctx context.Context, c *Change) error {
		organizationID, _, err := scopeOrganization(ctx, c, resource)
		if err != nil {
			return err
		}
		return fn(ctx, c, organizationID)
	})
}

// RetentionsOf returns the data retention policies of organizations that the caller has, by id of the organization.
func (s *Service) RetentionsOf(ctx context.Context, organizationIDs ...string) (map[string]Retention, error) {
	out := map[string]Retention{}
	all, err := s.store.Retentions(ctx, schema.TypeOrganization, organizationIDs...)
	for _, r := range all {
		out[r.Resource.ID] = r
	}
	return out, err
}
