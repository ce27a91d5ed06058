package catalog

import (
	"cmp"
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

// CreateStack adds a stack, as an edit makes it, to a project, or to the default project of the organization for "";
// project.create_stack there (DECISIONS M7).
func (s *Service) CreateStack(ctx context.Context, p Principal, organizationID, projectID string, edit Edit[Stack]) (Stack, authz.Token, error) {
	projectID, err := s.projectOrDefault(ctx, organizationID, projectID)
	if err != nil {
		return Stack{}, "", err
	}
	var created Stack
	token, err := s.on(ctx, p, schema.ProjectCreateStack, projectRef(projectID), func(ctx context.Context, c *Change) error {
		wanted, err := edit.of(Stack{OrganizationID: organizationID, ProjectID: projectID}, Home{})
		if err != nil {
			return err
		}
		wanted.OrganizationID, wanted.ProjectID = organizationID, projectID
		created, err = c.CreateStack(ctx, wanted)
		return err
	})
	return created, token, err
}

// StackChanges are what somebody wants changed about a stack.
type StackChanges struct {
	ProjectID string // where it is to be; "" where it is
	Edit      Edit[Stack]
}

// make returns what the changes make of a stack.
func (ch StackChanges) make(st Stack) (Stack, error) {
	wanted, err := ch.Edit.of(st, Home{})
	wanted.ID, wanted.OrganizationID, wanted.CreatedAt, wanted.ProjectID = st.ID, st.OrganizationID, st.CreatedAt, ch.ProjectID
	return wanted, err
}

// besidesMoving reports whether a stack becomes another one in more than its project.
func (st Stack) besidesMoving(wanted Stack) bool {
	wanted.ProjectID = st.ProjectID
	return st != wanted
}

// UpdateStack changes a stack and returns it as it is then: stack.update, unless all it does is to move it, and
// project.move_workspaces on both projects where it moves (DECISIONS M7, M13). Faults: Stale when somebody else changed
// meanwhile what was asked about.
func (s *Service) UpdateStack(ctx context.Context, p Principal, id string, ch StackChanges) (Stack, authz.Token, error) {
	seen, err := s.store.Stack(ctx, id)
	if err != nil {
		return Stack{}, "", err
	}
	ch.ProjectID = cmp.Or(ch.ProjectID, seen.ProjectID)
	if err := s.mayMove(ctx, p, seen.ProjectID, ch.ProjectID); err != nil {
		return Stack{}, "", err
	}
	// What is wrong is told from inside the change, to whoever may make any.
	wanted, wrong := ch.make(seen)
	all := ch.ProjectID == seen.ProjectID || wrong != nil || seen.besidesMoving(wanted)
	if all {
		if err := s.requireToChange(ctx, p, schema.StackUpdate, stackRef(id)); err != nil {
			return Stack{}, "", err
		}
	}
	var after Stack
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Stack(ctx, id)
		if err != nil {
			return err
		}
		if now.ProjectID != seen.ProjectID { // what was asked about is another project's now
			return fault.New(fault.Stale, "the stack was moved in the meantime")
		}
		wanted, err := ch.make(now)
		if err != nil {
			return err
		}
		if !all && now.besidesMoving(wanted) {
			return fault.New(fault.Stale, "somebody else has changed the stack")
		}
		if err := c.ChangeStack(ctx, wanted); err != nil {
			return err
		}
		after, err = c.Stack(ctx, id)
		return err
	})
	return after, token, err
}

// DeleteStack deletes a stack; stack.delete.
func (s *Service) DeleteStack(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, schema.StackDelete, stackRef(id), func(ctx context.Context, c *Change) error { return c.RemoveStack(ctx, id) })
}
