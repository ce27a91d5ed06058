package catalog

import (
	"cmp"
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// WorkspaceChanges are what somebody wants changed about a workspace.
type WorkspaceChanges struct {
	ProjectID string // where it is to be; "" where it is
	Edit      Edit[Workspace]
	Tagging   Tagging
}

// make returns what the changes make of a workspace that is to be in a project.
func (ch WorkspaceChanges) make(ctx context.Context, q Queries, w Workspace, projectID string) (Workspace, error) {
	home, err := homeIn(ctx, q, w.OrganizationID, projectID)
	if err != nil {
		return Workspace{}, err
	}
	wanted, err := ch.Edit.of(w, home)
	wanted.ID, wanted.ProjectID = w.ID, projectID
	return w.keepTo(wanted), err
}

// besidesMoving reports whether a workspace becomes another one in more than its project.
func (w Workspace) besidesMoving(wanted Workspace) bool {
	wanted.ProjectID = w.ProjectID
	return w != wanted
}

// UpdateWorkspace changes a workspace and returns it as it is then: workspace.update, unless all it does is to move it;
// project.move_workspaces on both projects where it moves (DECISIONS M13); workspace.manage_tags where its tags change.
// Faults: Stale when somebody else changed meanwhile what was asked about.
func (s *Service) UpdateWorkspace(ctx context.Context, p Principal, id string, ch WorkspaceChanges) (Workspace, authz.Token, error) {
	seen, err := s.store.Workspace(ctx, id)
	if err != nil {
		return Workspace{}, "", err
	}
	ch.ProjectID = cmp.Or(ch.ProjectID, seen.ProjectID)
	all, err := s.mayChangeWorkspace(ctx, p, seen, ch)
	if err != nil {
		return Workspace{}, "", err
	}
	var after Workspace
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Workspace(ctx, id)
		if err != nil {
			return err
		}
		if now.ProjectID != seen.ProjectID { // what was asked about is another project's now
			return fault.New(fault.Stale, "the workspace was moved in the meantime")
		}
		wanted, err := ch.make(ctx, c, now, ch.ProjectID)
		if err != nil {
			return err
		}
		if !all && now.besidesMoving(wanted) {
			return fault.New(fault.Stale, "somebody else has changed the workspace")
		}
		if err := c.ChangeWorkspace(ctx, wanted); err != nil {
			return err
		}
		if after, err = c.Workspace(ctx, id); err != nil {
			return err
		}
		return c.tagWorkspace(ctx, after, []Tagging{ch.Tagging})
	})
	return after, token, err
}

// mayChangeWorkspace asks for the permissions that changes of a workspace need. all says that they may be any: what is
// wrong about changes is told from inside the change, to whoever may make any.
func (s *Service) mayChangeWorkspace(ctx context.Context, p Principal, seen Workspace, ch WorkspaceChanges) (all bool, err error) {
	if err := s.mayMove(ctx, p, seen.ProjectID, ch.ProjectID); err != nil {
		return false, err
	}
	if !ch.Tagging.empty() {
		if err := s.requireToChange(ctx, p, schema.WorkspaceManageTags, workspaceRef(seen.ID)); err != nil {
			return false, err
		}
	}
	wanted, wrong := ch.make(ctx, s.store, seen, ch.ProjectID)
	if ch.ProjectID != seen.ProjectID && wrong == nil && !seen.besidesMoving(wanted) {
		return false, nil
	}
	return true, s.requireToChange(ctx, p, schema.WorkspaceUpdate, workspaceRef(seen.ID))
}

// mayMove asks whether a principal may move workspaces and stacks from one project to another (DECISIONS M7, M13).
func (s *Service) mayMove(ctx context.Context, p Principal, from, to string) error {
	if from == to {
		return nil
	}
	for _, project := range []string{from, to} {
		if err := s.requireToChange(ctx, p, schema.ProjectMoveWorkspaces, projectRef(project)); err != nil {
			return err
		}
	}
	return nil
}
