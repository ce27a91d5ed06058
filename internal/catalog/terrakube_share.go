package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// maxShared is how many workspaces one request may share a workspace with.
const maxShared = 1000

// fieldShared is what Terrakube calls the consumers of a workspace.
const fieldShared = "sharedIds"

// sharing is what a wish about the consumers of a workspace comes to. Those that the principal cannot read were never shown
// to him, so they are in none of the lists and stay.
type sharing struct {
	add, keep, drop []string
}

// SharedWith returns the ids of the workspaces that read the state outputs of each of some workspaces that the caller has
// from here, by workspace; workspace.read of each of them.
func (s *Service) SharedWith(ctx context.Context, p Principal, workspaceIDs ...string) (map[string][]string, error) {
	out := map[string][]string{}
	if len(workspaceIDs) == 0 {
		return out, nil
	}
	all, err := s.store.Consumers(ctx, workspaceIDs...)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ConsumerID
	}
	seen, err := s.readable(ctx, p, once(ids))
	for _, c := range all {
		if seen[c.ConsumerID] {
			out[c.WorkspaceID] = append(out[c.WorkspaceID], c.ConsumerID)
		}
	}
	return out, err
}

// readable returns those of some workspaces that the principal may read.
func (s *Service) readable(ctx context.Context, p Principal, ids []string) (map[string]bool, error) {
	if len(ids) == 0 {
		return map[string]bool{}, nil
	}
	seen, err := keepVisible(ctx, s, p, schema.WorkspaceRead, ids, workspaceRef)
	return setOf(seen), err
}

func setOf(ids []string) map[string]bool {
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out
}

// maySetSharing asks whether the principal may share a workspace as he wishes, and returns what is to be done. Only what is
// new is asked about: what was shared before may be sent back by whoever manages the workspace.
func (s *Service) maySetSharing(ctx context.Context, p Principal, w Workspace, want TerrakubeWorkspace) (sharing, error) {
	if !want.Shared {
		return sharing{}, nil
	}
	wanted := setOf(want.SharedWith)
	switch {
	case len(wanted) > maxShared:
		return sharing{}, fault.At(fieldShared, "must not name more than %d workspaces", maxShared)
	case wanted[w.ID] && w.ID != "":
		return sharing{}, fault.At(fieldShared, "must not name the workspace itself")
	}
	var had []string
	if w.ID != "" {
		var err error
		if had, err = consumersOf(ctx, s.store, w.ID); err != nil {
			return sharing{}, err
		}
	}
	has, plan := setOf(had), sharing{}
	for _, id := range once(want.SharedWith) {
		if has[id] {
			plan.keep = append(plan.keep, id)
		} else {
			plan.add = append(plan.add, id)
		}
	}
	if err := s.mayShare(ctx, p, w.OrganizationID, plan.add); err != nil {
		return sharing{}, err
	}
	others := slices.DeleteFunc(had, func(id string) bool { return wanted[id] })
	seen, err := s.readable(ctx, p, others)
	plan.drop = slices.DeleteFunc(others, func(id string) bool { return !seen[id] })
	return plan, err
}

// mayShare refuses to share a workspace with one that is not in its organization, or that the principal cannot read. The
// two are told alike.
func (s *Service) mayShare(ctx context.Context, p Principal, organizationID string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	there, err := s.store.Workspaces(ctx, WorkspaceFilter{IDs: ids, OrganizationID: organizationID})
	if err != nil {
		return err
	}
	unknown := fault.At(fieldShared, "names a workspace that there is not")
	if len(there) < len(ids) { // nobody asks the engine about what may be any text
		return unknown
	}
	seen, err := s.readable(ctx, p, ids)
	if err == nil && len(seen) < len(ids) {
		err = unknown
	}
	return err
}

// settleSharing shares a workspace as was asked about. Fault: Stale when a workspace that was to stay is a consumer no
// more: to make it one again was not asked about.
func (c *Change) settleSharing(ctx context.Context, id string, plan sharing) error {
	return c.changeConsumers(ctx, id, func(w Workspace, had []string) error {
		has := setOf(had)
		if slices.ContainsFunc(plan.keep, func(id string) bool { return !has[id] }) {
			return fault.New(fault.Stale, "somebody else has changed what the workspace is shared with")
		}
		if err := c.dropConsumers(ctx, id, plan.drop); err != nil {
			return err
		}
		for _, other := range plan.add {
			if err := c.AddConsumer(ctx, w, other); err != nil {
				return err
			}
		}
		return nil
	})
}
