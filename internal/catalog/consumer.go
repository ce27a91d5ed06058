package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// AddConsumer lets a workspace of the same organization read the state outputs of another one.
func (c *Change) AddConsumer(ctx context.Context, w Workspace, consumerID string) error {
	if consumerID == w.ID {
		return fault.At("/data", "must not name the workspace itself")
	}
	if _, err := c.workspaceIn(ctx, w.OrganizationID, consumerID); err != nil {
		return err
	}
	return c.PutConsumer(ctx, Consumer{WorkspaceID: w.ID, ConsumerID: consumerID})
}

// consumersOf returns the ids of the consumers of a workspace.
func consumersOf(ctx context.Context, q Queries, id string) ([]string, error) {
	all, err := q.Consumers(ctx, id)
	out := make([]string, len(all))
	for i, c := range all {
		out[i] = c.ConsumerID
	}
	return out, err
}

// changeConsumers runs fn on a workspace and records what it made of its consumers.
func (c *Change) changeConsumers(ctx context.Context, id string, fn func(w Workspace, had []string) error) error {
	w, err := c.Workspace(ctx, id)
	if err != nil {
		return err
	}
	had, err := consumersOf(ctx, c, id)
	if err != nil {
		return err
	}
	if err := fn(w, had); err != nil {
		return err
	}
	has, err := consumersOf(ctx, c, id)
	if err == nil && !slices.Equal(had, has) {
		c.record("workspace.update_consumers", w.OrganizationID, workspaceRef(id), had, has)
	}
	return err
}

// Consumer use cases.

// ListConsumers returns the remote-state consumers of a workspace that the principal may read, by name, and how many
// there are in all; workspace.read.
func (s *Service) ListConsumers(ctx context.Context, p Principal, id string, window Window) ([]Workspace, int, error) {
	if err := s.require(ctx, p, schema.WorkspaceRead, workspaceRef(id)); err != nil {
		return nil, 0, err
	}
	ids, err := consumersOf(ctx, s.store, id)
	if err != nil || len(ids) == 0 {
		return nil, 0, err
	}
	rows, err := s.store.Workspaces(ctx, WorkspaceFilter{IDs: ids})
	if err != nil {
		return nil, 0, err
	}
	seen, err := keepVisible(ctx, s, p, schema.WorkspaceRead, rows, func(w Workspace) authz.Object { return workspaceRef(w.ID) })
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(seen, func(a, b Workspace) int { return compareNames(a.Name, b.Name) })
	return part(seen, window), len(seen), nil
}

// AddConsumers lets workspaces read the state outputs of another, all or none; workspace.update on that one, and
// workspace.read on each of them.
func (s *Service) AddConsumers(ctx context.Context, p Principal, id string, consumers ...string) (authz.Token, error) {
	return s.setConsumers(ctx, p, id, consumers, false)
}

// ReplaceConsumers makes workspaces the only ones that read the state outputs of another; permissions as AddConsumers.
func (s *Service) ReplaceConsumers(ctx context.Context, p Principal, id string, consumers ...string) (authz.Token, error) {
	return s.setConsumers(ctx, p, id, consumers, true)
}

func (s *Service) setConsumers(ctx context.Context, p Principal, id string, consumers []string, replace bool) (authz.Token, error) {
	if err := s.requireToChange(ctx, p, schema.WorkspaceUpdate, workspaceRef(id)); err != nil {
		return "", err
	}
	if err := s.seesAll(ctx, p, schema.WorkspaceRead, workspaceRefs(consumers)...); err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		return c.changeConsumers(ctx, id, func(w Workspace, had []string) error {
			if replace {
				others := slices.DeleteFunc(slices.Clone(had), func(other string) bool { return slices.Contains(consumers, other) })
				if err := c.dropConsumers(ctx, id, others); err != nil {
					return err
				}
			}
			for _, other := range consumers {
				if err := c.AddConsumer(ctx, w, other); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (c *Change) dropConsumers(ctx context.Context, id string, consumers []string) error {
	for _, other := range consumers {
		if err := c.DeleteConsumer(ctx, Consumer{WorkspaceID: id, ConsumerID: other}); err != nil {
			return err
		}
	}
	return nil
}

// RemoveConsumers takes the state outputs of a workspace from others; workspace.update. Those that were no consumers are
// no error.
func (s *Service) RemoveConsumers(ctx context.Context, p Principal, id string, consumers ...string) (authz.Token, error) {
	return s.on(ctx, p, schema.WorkspaceUpdate, workspaceRef(id), func(ctx context.Context, c *Change) error {
		return c.changeConsumers(ctx, id, func(Workspace, []string) error { return c.dropConsumers(ctx, id, consumers) })
	})
}
