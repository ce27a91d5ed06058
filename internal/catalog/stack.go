package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateStack adds a stack, in the default project unless it names one of its organization.
func (c *Change) CreateStack(ctx context.Context, st Stack) (Stack, error) {
	if err := checkName("name", st.Name, false); err != nil {
		return Stack{}, err
	}
	projectID, err := c.placeIn(ctx, st.OrganizationID, st.ProjectID)
	if err != nil {
		return Stack{}, err
	}
	st.ID, st.ProjectID, st.CreatedAt = c.random(PrefixStack), projectID, c.now
	if err := c.InsertStack(ctx, st); err != nil {
		return Stack{}, err
	}
	c.touch(whole(stackRef(st.ID)))
	c.record("stack.create", st.OrganizationID, stackRef(st.ID), nil, st)
	return st, nil
}

// ChangeStack updates a stack's name and description, and moves it where its project changes.
func (c *Change) ChangeStack(ctx context.Context, st Stack) error {
	before, err := c.Stack(ctx, st.ID)
	if err != nil {
		return err
	}
	if err := checkName("name", st.Name, false); err != nil {
		return err
	}
	st.OrganizationID, st.CreatedAt = before.OrganizationID, before.CreatedAt
	if st.ProjectID, err = c.placeIn(ctx, st.OrganizationID, st.ProjectID); err != nil {
		return err
	}
	if st == before {
		return nil
	}
	if st.ProjectID != before.ProjectID {
		if err := c.touchMove(ctx, stackRef(st.ID), before.ProjectID, st.ProjectID); err != nil {
			return err
		}
	}
	c.record("stack.update", st.OrganizationID, stackRef(st.ID), before, st)
	return c.UpdateStack(ctx, st)
}

// RemoveStack deletes a stack with its grants.
func (c *Change) RemoveStack(ctx context.Context, id string) error {
	st, err := c.Stack(ctx, id)
	if err != nil {
		return err
	}
	c.touch(whole(stackRef(id)))
	if err := c.dropGrants(ctx, GrantFilter{Scopes: []authz.Object{stackRef(id)}}); err != nil {
		return err
	}
	c.record("stack.delete", st.OrganizationID, stackRef(id), st, nil)
	return c.DeleteStack(ctx, id)
}

// Stack use cases.

// CreateStack adds a stack; project.create_stack in its project (DECISIONS M7).
func (s *Service) CreateStack(ctx context.Context, p Principal, st Stack) (Stack, authz.Token, error) {
	if st.ProjectID == "" {
		o, err := s.store.Organization(ctx, st.OrganizationID)
		if err != nil {
			return Stack{}, "", err
		}
		st.ProjectID = o.DefaultProjectID
	}
	token, err := s.on(ctx, p, schema.ProjectCreateStack, projectRef(st.ProjectID), func(ctx context.Context, c *Change) (err error) {
		st, err = c.CreateStack(ctx, st)
		return err
	})
	return st, token, err
}

// UpdateStack changes a stack: stack.update, unless all it does is to move it, and project.move_workspaces on both
// projects where it moves (DECISIONS M7, M13).
func (s *Service) UpdateStack(ctx context.Context, p Principal, st Stack) (authz.Token, error) {
	before, err := s.store.Stack(ctx, st.ID)
	if err != nil {
		return "", err
	}
	if st.ProjectID == "" {
		st.ProjectID = before.ProjectID
	}
	moves := st.ProjectID != before.ProjectID
	if moves {
		for _, id := range []string{before.ProjectID, st.ProjectID} {
			if err := s.requireToChange(ctx, p, schema.ProjectMoveWorkspaces, projectRef(id)); err != nil {
				return "", err
			}
		}
	}
	if !moves || st.Name != before.Name || st.Description != before.Description {
		if err := s.requireToChange(ctx, p, schema.StackUpdate, stackRef(st.ID)); err != nil {
			return "", err
		}
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Stack(ctx, st.ID)
		if err != nil {
			return err
		}
		if now.ProjectID != before.ProjectID { // the permission to move it was asked for on another project
			return fault.New(fault.Stale, "the stack was moved in the meantime")
		}
		return c.ChangeStack(ctx, st)
	})
}

// DeleteStack deletes a stack; stack.delete.
func (s *Service) DeleteStack(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, schema.StackDelete, stackRef(id), func(ctx context.Context, c *Change) error { return c.RemoveStack(ctx, id) })
}
