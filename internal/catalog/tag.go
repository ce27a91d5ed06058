package catalog

import (
	"context"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TagRef names a tag by its id, or by its name, which may be new.
type TagRef struct{ ID, Name string }

// CountedTag is a tag with the number of workspaces that carry it, as far as the caller may know of them.
type CountedTag struct {
	Tag
	Count int
}

func tagRef(id string) authz.Object { return authz.Object{Type: "tag", ID: id} }

// CheckTagName refuses names that a list of tags could not be written with, at the field name.
func CheckTagName(name string) error {
	if err := checkName("name", name, false); err != nil {
		return err
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r == ',' }) {
		return fault.At("name", "must not contain %q", ',')
	}
	return nil
}

// AddTags makes a workspace carry tags. Names that the organization has no tag of make new ones.
func (c *Change) AddTags(ctx context.Context, w Workspace, refs ...TagRef) error {
	var added []string
	for _, ref := range refs {
		t, err := c.tagFor(ctx, w.OrganizationID, ref)
		if err != nil {
			return err
		}
		if err := c.PutWorkspaceTag(ctx, w.ID, t.ID); err != nil {
			return err
		}
		added = append(added, t.Name)
	}
	if len(added) > 0 {
		c.record("workspace.add_tags", w.OrganizationID, workspaceRef(w.ID), nil, added)
	}
	return nil
}

// tagFor returns the tag of an organization that a reference names, a new one for a name that is free.
func (c *Change) tagFor(ctx context.Context, organizationID string, ref TagRef) (Tag, error) {
	found, err := c.tagsNamed(ctx, organizationID, ref)
	switch {
	case err != nil:
		return Tag{}, err
	case len(found) > 0:
		return found[0], nil
	case ref.ID != "":
		return Tag{}, fault.New(fault.NotFound, "tag %s not found", ref.ID)
	}
	if err := CheckTagName(ref.Name); err != nil {
		return Tag{}, err
	}
	t := Tag{ID: c.random(PrefixTag), OrganizationID: organizationID, Name: ref.Name, CreatedAt: c.now}
	return t, c.InsertTag(ctx, t)
}

func (c *Change) tagsNamed(ctx context.Context, organizationID string, ref TagRef) ([]Tag, error) {
	f := TagFilter{OrganizationID: organizationID}
	switch {
	case ref.ID != "":
		f.IDs = []string{ref.ID}
	case ref.Name != "":
		f.Names = []string{ref.Name}
	default:
		return nil, fault.At("name", "can't be blank")
	}
	return c.Tags(ctx, f)
}

// DropTags takes tags from a workspace. Those it does not carry, or that nobody knows, are no error.
func (c *Change) DropTags(ctx context.Context, w Workspace, refs ...TagRef) error {
	var dropped []string
	for _, ref := range refs {
		found, err := c.tagsNamed(ctx, w.OrganizationID, ref)
		if err != nil {
			return err
		}
		for _, t := range found {
			if err := c.DeleteWorkspaceTag(ctx, w.ID, t.ID); err != nil {
				return err
			}
			dropped = append(dropped, t.Name)
		}
	}
	if len(dropped) > 0 {
		c.record("workspace.remove_tags", w.OrganizationID, workspaceRef(w.ID), dropped, nil)
	}
	return nil
}

// RemoveTag deletes a tag of an organization from everything that carries it.
func (c *Change) RemoveTag(ctx context.Context, organizationID, id string) error {
	found, err := c.tagsNamed(ctx, organizationID, TagRef{ID: id})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fault.New(fault.NotFound, "tag %s not found", id)
	}
	c.record("tag.delete", organizationID, tagRef(id), found[0], nil)
	return c.DeleteTag(ctx, id)
}

// Tag use cases.

// AddWorkspaceTags makes a workspace carry tags; workspace.manage_tags.
func (s *Service) AddWorkspaceTags(ctx context.Context, p Principal, id string, refs Sent[[]TagRef]) (authz.Token, error) {
	return s.on(ctx, p, schema.WorkspaceManageTags, workspaceRef(id), func(ctx context.Context, c *Change) error {
		w, err := c.Workspace(ctx, id)
		if err != nil {
			return err
		}
		tags, err := refs()
		if err != nil {
			return err
		}
		return c.AddTags(ctx, w, tags...)
	})
}

// RemoveWorkspaceTags takes tags from a workspace; workspace.manage_tags.
func (s *Service) RemoveWorkspaceTags(ctx context.Context, p Principal, id string, refs Sent[[]TagRef]) (authz.Token, error) {
	return s.on(ctx, p, schema.WorkspaceManageTags, workspaceRef(id), func(ctx context.Context, c *Change) error {
		w, err := c.Workspace(ctx, id)
		if err != nil {
			return err
		}
		tags, err := refs()
		if err != nil {
			return err
		}
		return c.DropTags(ctx, w, tags...)
	})
}

// DeleteTags deletes tags of an organization, all or none; organization.manage_tags.
func (s *Service) DeleteTags(ctx context.Context, p Principal, organizationID string, ids ...string) (authz.Token, error) {
	return s.on(ctx, p, schema.OrganizationManageTags, organizationRef(organizationID), func(ctx context.Context, c *Change) error {
		for _, id := range ids {
			if err := c.RemoveTag(ctx, organizationID, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// TagWorkspaces makes workspaces carry a tag, all or none; organization.manage_tags where the tag is, and workspace.read
// on each.
func (s *Service) TagWorkspaces(ctx context.Context, p Principal, tagID string, workspaceIDs ...string) (authz.Token, error) {
	found, err := s.store.Tags(ctx, TagFilter{IDs: []string{tagID}})
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fault.New(fault.NotFound, "tag %s not found", tagID)
	}
	organizationID := found[0].OrganizationID
	if err := s.requireToChange(ctx, p, schema.OrganizationManageTags, organizationRef(organizationID)); err != nil {
		return "", err
	}
	if err := s.seesAll(ctx, p, schema.WorkspaceRead, workspaceRefs(workspaceIDs)...); err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		for _, id := range workspaceIDs {
			w, err := c.workspaceIn(ctx, organizationID, id)
			if err != nil {
				return err
			}
			if err := c.AddTags(ctx, w, TagRef{ID: tagID}); err != nil {
				return err
			}
		}
		return nil
	})
}

func workspaceRefs(ids []string) []authz.Object {
	out := make([]authz.Object, len(ids))
	for i, id := range ids {
		out[i] = workspaceRef(id)
	}
	return out
}

// workspaceIn returns a workspace of an organization.
func (c *Change) workspaceIn(ctx context.Context, organizationID, id string) (Workspace, error) {
	w, err := c.Workspace(ctx, id)
	if err == nil && w.OrganizationID != organizationID {
		return Workspace{}, fault.New(fault.NotFound, "workspace %s not found", id)
	}
	return w, err
}
