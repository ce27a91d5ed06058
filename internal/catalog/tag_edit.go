package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateTag adds a tag that nothing carries yet. fault.Conflict for a name that is taken.
func (c *Change) CreateTag(ctx context.Context, t Tag) (Tag, error) {
	if err := CheckTagName(t.Name); err != nil {
		return Tag{}, err
	}
	t.ID, t.CreatedAt = c.random(PrefixTag), c.now
	if err := c.InsertTag(ctx, t); err != nil {
		return Tag{}, err
	}
	c.record("tag.create", t.OrganizationID, tagRef(t.ID), nil, t)
	return t, nil
}

// RenameTag gives a tag of an organization another name, on everything that carries it.
func (c *Change) RenameTag(ctx context.Context, organizationID, id, name string) error {
	found, err := c.tagsNamed(ctx, organizationID, TagRef{ID: id})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fault.New(fault.NotFound, "tag %s not found", id)
	}
	after := found[0]
	after.Name = name
	if after == found[0] {
		return nil
	}
	if err := CheckTagName(name); err != nil {
		return err
	}
	c.record("tag.update", organizationID, tagRef(id), found[0], after)
	return c.UpdateTag(ctx, after)
}

// CreateTag adds a tag to an organization; organization.manage_tags.
func (s *Service) CreateTag(ctx context.Context, p Principal, organizationID, name string) (Tag, authz.Token, error) {
	var created Tag
	token, err := s.on(ctx, p, schema.OrganizationManageTags, organizationRef(organizationID), func(ctx context.Context, c *Change) (err error) {
		created, err = c.CreateTag(ctx, Tag{OrganizationID: organizationID, Name: name})
		return err
	})
	return created, token, err
}

// RenameTag gives a tag another name; organization.manage_tags.
func (s *Service) RenameTag(ctx context.Context, p Principal, organizationID, id, name string) (authz.Token, error) {
	return s.on(ctx, p, schema.OrganizationManageTags, organizationRef(organizationID), func(ctx context.Context, c *Change) error {
		return c.RenameTag(ctx, organizationID, id, name)
	})
}
