package catalog

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Limits of tag bindings.
const (
	maxBindings     = 10 // on one resource
	maxBindingKey   = 128
	maxBindingValue = 256
)

// Tagging is what a use case sets on a project or workspace besides its row.
type Tagging struct {
	Tags     []TagRef     // added, on a workspace
	Bindings []TagBinding // in place of all there are, where Rebind is set
	Rebind   bool
}

// empty reports whether there is nothing to set.
func (t Tagging) empty() bool { return len(t.Tags) == 0 && !t.Rebind }

// CheckBinding reports what is wrong about a tag binding that comes after others, at the fields key and value.
func CheckBinding(b TagBinding, others ...TagBinding) error {
	var faults []error
	switch {
	case strings.TrimSpace(b.Key) == "":
		faults = append(faults, fault.At("key", "can't be blank"))
	case len(b.Key) > maxBindingKey:
		faults = append(faults, fault.At("key", "is too long (maximum is %d characters)", maxBindingKey))
	case strings.ContainsFunc(b.Key, unicode.IsControl):
		faults = append(faults, fault.At("key", "must not contain control characters"))
	case slices.ContainsFunc(others, func(o TagBinding) bool { return o.Key == b.Key }):
		faults = append(faults, fault.At("key", "%q stands twice", b.Key))
	}
	switch {
	case len(b.Value) > maxBindingValue:
		faults = append(faults, fault.At("value", "is too long (maximum is %d characters)", maxBindingValue))
	case strings.ContainsFunc(b.Value, unicode.IsControl):
		faults = append(faults, fault.At("value", "must not contain control characters"))
	}
	return errors.Join(faults...)
}

// BindTags puts tag bindings on a project or workspace, over those with the same keys or in place of all.
func (c *Change) BindTags(ctx context.Context, resource authz.Object, organizationID string, bindings []TagBinding, replace bool) error {
	had, err := c.TagBindings(ctx, resource.Type, resource.ID)
	if err != nil {
		return err
	}
	kept := map[string]string{}
	if !replace {
		kept = byKey(had)
	}
	for i, b := range bindings {
		if err := CheckBinding(b, bindings[:i]...); err != nil {
			return err
		}
		kept[b.Key] = b.Value
	}
	if len(kept) > maxBindings {
		return fault.New(fault.Invalid, "a resource has at most %d tag bindings", maxBindings)
	}
	if maps.Equal(byKey(had), kept) {
		return nil
	}
	if err := c.DeleteTagBindings(ctx, resource); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(kept)) {
		if err := c.PutTagBinding(ctx, TagBinding{Resource: resource, Key: key, Value: kept[key]}); err != nil {
			return err
		}
	}
	c.record(resource.Type+".bind_tags", organizationID, resource, byKey(had), kept)
	return nil
}

func byKey(bindings []TagBinding) map[string]string {
	out := make(map[string]string, len(bindings))
	for _, b := range bindings {
		out[b.Key] = b.Value
	}
	return out
}

// Tag binding use cases.

// bindingGuards are the permissions to see and to change the tag bindings of a resource.
func bindingGuards(resource authz.Object) (see, change schema.Permission) {
	if resource.Type == schema.TypeProject {
		return schema.ProjectRead, schema.ProjectManageTags
	}
	return schema.WorkspaceRead, schema.WorkspaceManageTags
}

// TagBindingsOf returns the tag bindings of a project or workspace itself, by key; project.read or workspace.read.
func (s *Service) TagBindingsOf(ctx context.Context, p Principal, resource authz.Object) ([]TagBinding, error) {
	see, _ := bindingGuards(resource)
	if err := s.require(ctx, p, see, resource); err != nil {
		return nil, err
	}
	return s.store.TagBindings(ctx, resource.Type, resource.ID)
}

// PutTagBindings adds tag bindings to a project or workspace or changes their values; project.manage_tags or
// workspace.manage_tags.
func (s *Service) PutTagBindings(ctx context.Context, p Principal, resource authz.Object, sent Sent[[]TagBinding]) (authz.Token, error) {
	_, change := bindingGuards(resource)
	return s.on(ctx, p, change, resource, func(ctx context.Context, c *Change) error {
		organizationID, _, err := scopeOrganization(ctx, c, resource)
		if err != nil {
			return err
		}
		bindings, err := sent()
		if err != nil {
			return err
		}
		return c.BindTags(ctx, resource, organizationID, bindings, false)
	})
}

// EffectiveTagBindings returns, by workspace, the tag bindings that count for workspaces which the caller has: their own
// and those of their projects, of one key the workspace's. The resource of a binding says where it comes from.
func (s *Service) EffectiveTagBindings(ctx context.Context, rows ...Workspace) (map[string][]TagBinding, error) {
	var ids, projects []string
	for _, w := range rows {
		ids = append(ids, w.ID)
		projects = append(projects, w.ProjectID)
	}
	own, err := s.bindingsOf(ctx, schema.TypeWorkspace, ids)
	if err != nil {
		return nil, err
	}
	inherited, err := s.ProjectTagBindings(ctx, projects...)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]TagBinding, len(rows))
	for _, w := range rows {
		all := slices.Clone(own[w.ID])
		taken := byKey(all)
		for _, b := range inherited[w.ProjectID] {
			if _, ok := taken[b.Key]; !ok {
				all = append(all, b)
			}
		}
		slices.SortFunc(all, func(a, b TagBinding) int { return strings.Compare(a.Key, b.Key) })
		out[w.ID] = all
	}
	return out, nil
}

// ProjectTagBindings returns, by project, the tag bindings of projects which the caller has.
func (s *Service) ProjectTagBindings(ctx context.Context, ids ...string) (map[string][]TagBinding, error) {
	return s.bindingsOf(ctx, schema.TypeProject, once(ids))
}

func (s *Service) bindingsOf(ctx context.Context, objectType string, ids []string) (map[string][]TagBinding, error) {
	all, err := s.store.TagBindings(ctx, objectType, ids...)
	out := map[string][]TagBinding{}
	for _, b := range all {
		out[b.Resource.ID] = append(out[b.Resource.ID], b)
	}
	return out, err
}
