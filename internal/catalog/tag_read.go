package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// ListWorkspaceTags returns the tags of a workspace, by name, and how many there are in all; workspace.read.
func (s *Service) ListWorkspaceTags(ctx context.Context, p Principal, id, contains string, window Window) ([]CountedTag, int, error) {
	if err := s.require(ctx, p, schema.WorkspaceRead, workspaceRef(id)); err != nil {
		return nil, 0, err
	}
	w, err := s.store.Workspace(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	tags, err := s.store.Tags(ctx, TagFilter{WorkspaceID: id, Contains: contains})
	if err != nil {
		return nil, 0, err
	}
	shown := part(tags, window)
	counts, _, err := s.tagged(ctx, p, w.OrganizationID, tagIDs(shown))
	return counted(shown, counts), len(tags), err
}

// ListTags returns the tags of an organization, by name, and how many there are in all; organization.view. Who may not
// read all workspaces sees the tags of those that he may read, and counts those alone.
func (s *Service) ListTags(ctx context.Context, p Principal, f TagFilter, window Window) ([]CountedTag, int, error) {
	if err := s.require(ctx, p, schema.OrganizationView, organizationRef(f.OrganizationID)); err != nil {
		return nil, 0, err
	}
	if f.WithoutID != "" { // what a workspace does not carry tells what it does
		switch err := s.seesAll(ctx, p, schema.WorkspaceRead, workspaceRef(f.WithoutID)); {
		case fault.Is(err, fault.NotFound):
			f.WithoutID = ""
		case err != nil:
			return nil, 0, err
		}
	}
	tags, err := s.store.Tags(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	counts, all, err := s.tagged(ctx, p, f.OrganizationID, tagIDs(tags))
	if err != nil {
		return nil, 0, err
	}
	if !all {
		tags = slices.DeleteFunc(tags, func(t Tag) bool { return counts[t.ID] == 0 })
	}
	return counted(part(tags, window), counts), len(tags), nil
}

// tagged counts the workspaces of an organization that carry each of some tags, as far as the principal may read them.
// all reports whether he may know of every tag.
func (s *Service) tagged(ctx context.Context, p Principal, organizationID string, ids []string) (counts map[string]int, all bool, err error) {
	held, err := s.Held(ctx, p, []authz.Object{organizationRef(organizationID)}, schema.OrganizationReadWorkspaces, schema.OrganizationManageTags)
	if err != nil {
		return nil, false, err
	}
	if held[0][schema.OrganizationReadWorkspaces] || held[0][schema.OrganizationManageTags] {
		counts, err = s.store.CountTagged(ctx, ids...)
		return counts, true, err
	}
	visible, _, err := s.places(ctx, p, schema.WorkspaceRead, schema.TypeWorkspace, PlaceQuery{OrganizationID: organizationID}, Window{})
	if err != nil {
		return nil, false, err
	}
	carried, err := s.store.WorkspaceTags(ctx, visible...)
	counts = map[string]int{}
	for _, tags := range carried {
		for _, t := range tags {
			counts[t.ID]++
		}
	}
	return counts, false, err
}

func tagIDs(tags []Tag) []string {
	out := make([]string, len(tags))
	for i, t := range tags {
		out[i] = t.ID
	}
	return out
}

func counted(tags []Tag, counts map[string]int) []CountedTag {
	out := make([]CountedTag, len(tags))
	for i, t := range tags {
		out[i] = CountedTag{Tag: t, Count: counts[t.ID]}
	}
	return out
}

// seesAll returns nil when the principal holds a permission on every object, and fault.NotFound otherwise: what somebody
// may not see is not there for him.
func (s *Service) seesAll(ctx context.Context, p Principal, permission schema.Permission, objects ...authz.Object) error {
	kept, err := keepVisible(ctx, s, p, permission, objects, func(o authz.Object) authz.Object { return o })
	if err == nil && len(kept) < len(objects) {
		return fault.New(fault.NotFound, "one of them was not found")
	}
	return unknown(err)
}
