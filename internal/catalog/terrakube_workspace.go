package catalog

import (
	"cmp"
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TerrakubeWorkspace is what somebody wants a workspace to be, in one change where other protocols need several.
type TerrakubeWorkspace struct {
	ProjectID  string // where it is to be; "" where it is, or the default project for a new one
	Edit       Edit[Workspace]
	Locked     *bool    // nil: as it is
	LockReason *string  // nil: as it is
	Shared     bool     // whether SharedWith is wished
	SharedWith []string // the workspaces that read its state outputs, and no others of those that one sees
}

// CreateTerrakubeWorkspace adds a workspace; project.create_workspace, and workspace.read on whatever it is shared with.
func (s *Service) CreateTerrakubeWorkspace(ctx context.Context, p Principal, organizationID string, want TerrakubeWorkspace) (Workspace, authz.Token, error) {
	projectID, err := s.projectOrDefault(ctx, organizationID, want.ProjectID)
	if err != nil {
		return Workspace{}, "", err
	}
	by, err := s.locker(ctx, p)
	if err != nil {
		return Workspace{}, "", err
	}
	if err := s.requireToChange(ctx, p, schema.ProjectCreateWorkspace, projectRef(projectID)); err != nil {
		return Workspace{}, "", err
	}
	plan, err := s.maySetSharing(ctx, p, Workspace{OrganizationID: organizationID}, want)
	if err != nil {
		return Workspace{}, "", err
	}
	var created Workspace
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		home, err := homeIn(ctx, c, organizationID, projectID)
		if err != nil {
			return err
		}
		wanted, err := want.Edit.of(Workspace{OrganizationID: organizationID, ProjectID: projectID}, home)
		if err != nil {
			return err
		}
		wanted.OrganizationID, wanted.ProjectID = organizationID, projectID
		if created, err = c.CreateWorkspace(ctx, wanted); err != nil {
			return err
		}
		return c.settleTerrakubeWorkspace(ctx, &created, want, by, plan)
	})
	return created, token, err
}

// settleTerrakubeWorkspace locks or unlocks a workspace and shares its outputs as it is wished.
func (c *Change) settleTerrakubeWorkspace(ctx context.Context, w *Workspace, want TerrakubeWorkspace, by authz.Object, plan sharing) error {
	if err := c.settleLock(ctx, w, want, by); err != nil || !want.Shared {
		return err
	}
	return c.settleSharing(ctx, w.ID, plan)
}

func (c *Change) settleLock(ctx context.Context, w *Workspace, want TerrakubeWorkspace, by authz.Object) (err error) {
	reason := w.LockReason
	set(&reason, want.LockReason)
	wasLocked := !w.LockedBy.IsZero()
	locked := wasLocked
	set(&locked, want.Locked)
	switch {
	case locked && !wasLocked:
		*w, err = c.Lock(ctx, w.ID, by, reason)
	case wasLocked && !locked:
		*w, err = c.BreakLock(ctx, w.ID)
	case locked && reason != w.LockReason:
		*w, err = c.setLock(ctx, "workspace.lock", *w, w.LockedBy, reason)
	}
	return err
}

// lockNeeds returns the permission that a wish about a workspace's lock needs, "" where nothing changes. Terrakube itself
// lets whoever manages a workspace end anybody's lock.
func (s *Service) lockNeeds(w Workspace, want TerrakubeWorkspace, by authz.Object) schema.Permission {
	locked := !w.LockedBy.IsZero()
	wanted, reason := locked, w.LockReason
	set(&wanted, want.Locked)
	set(&reason, want.LockReason)
	switch {
	case wanted == locked && (!locked || reason == w.LockReason):
		return ""
	case s.parity:
		return schema.WorkspaceUpdate
	case locked && w.LockedBy != by:
		return schema.WorkspaceForceUnlock
	}
	return schema.WorkspaceLock
}

// UpdateTerrakubeWorkspace changes a workspace: permissions as UpdateWorkspace, workspace.lock or force_unlock where its
// lock changes, workspace.update where it is shared, and workspace.read on what it was not shared with before. Faults: Stale when somebody else
// changed meanwhile what was asked about.
func (s *Service) UpdateTerrakubeWorkspace(ctx context.Context, p Principal, id string, want TerrakubeWorkspace) (authz.Token, error) {
	seen, err := s.store.Workspace(ctx, id)
	if err != nil {
		return "", err
	}
	by, err := s.locker(ctx, p)
	if err != nil {
		return "", err
	}
	ch := WorkspaceChanges{ProjectID: cmp.Or(want.ProjectID, seen.ProjectID), Edit: want.Edit}
	all, plan, err := s.mayChangeTerrakubeWorkspace(ctx, p, seen, ch, want, s.lockNeeds(seen, want, by))
	if err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Workspace(ctx, id)
		if err != nil {
			return err
		}
		if now.ProjectID != seen.ProjectID || now.LockedBy != seen.LockedBy { // what was asked about is another one's now
			return fault.New(fault.Stale, "the workspace was moved or locked in the meantime")
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
		if now, err = c.Workspace(ctx, id); err != nil {
			return err
		}
		return c.settleTerrakubeWorkspace(ctx, &now, want, by, plan)
	})
}

// mayChangeTerrakubeWorkspace asks for what changes of a workspace need. all is as in mayChangeWorkspace, plan as in
// maySetSharing.
func (s *Service) mayChangeTerrakubeWorkspace(ctx context.Context, p Principal, seen Workspace, ch WorkspaceChanges, want TerrakubeWorkspace, lock schema.Permission) (all bool, plan sharing, err error) {
	if all, err = s.mayChangeWorkspace(ctx, p, seen, ch); err != nil {
		return false, plan, err
	}
	if lock != "" {
		if err := s.requireToChange(ctx, p, lock, workspaceRef(seen.ID)); err != nil {
			return false, plan, err
		}
	}
	if !want.Shared {
		return all, plan, nil
	}
	if err := s.requireToChange(ctx, p, schema.WorkspaceUpdate, workspaceRef(seen.ID)); err != nil {
		return false, plan, err
	}
	plan, err = s.maySetSharing(ctx, p, seen, want)
	return all, plan, err
}
