package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Lock makes somebody the holder of a workspace's lock.
func (c *Change) Lock(ctx context.Context, id string, by authz.Object, reason string) (Workspace, error) {
	w, err := c.Workspace(ctx, id)
	if err != nil {
		return Workspace{}, err
	}
	if !w.LockedBy.IsZero() {
		return Workspace{}, fault.New(fault.Conflict, "Unable to lock the workspace. The workspace is already locked.")
	}
	if len(reason) > maxName {
		return Workspace{}, fault.At("reason", "is too long (maximum is %d characters)", maxName)
	}
	return c.setLock(ctx, "workspace.lock", w, by, reason)
}

// Unlock takes the lock of a workspace from who holds it.
func (c *Change) Unlock(ctx context.Context, id string, by authz.Object) (Workspace, error) {
	w, err := c.locked(ctx, id)
	if err != nil {
		return Workspace{}, err
	}
	if w.LockedBy != by {
		return Workspace{}, fault.New(fault.Conflict, "Unable to unlock the workspace. The workspace is locked by %s.", lockerKind(w.LockedBy))
	}
	return c.setLock(ctx, "workspace.unlock", w, authz.Object{}, "")
}

// BreakLock takes the lock of a workspace from whoever holds it.
func (c *Change) BreakLock(ctx context.Context, id string) (Workspace, error) {
	w, err := c.locked(ctx, id)
	if err != nil {
		return Workspace{}, err
	}
	return c.setLock(ctx, "workspace.force_unlock", w, authz.Object{}, "")
}

func (c *Change) locked(ctx context.Context, id string) (Workspace, error) {
	w, err := c.Workspace(ctx, id)
	if err == nil && w.LockedBy.IsZero() {
		err = fault.New(fault.Conflict, "Unable to unlock the workspace. The workspace is already unlocked.")
	}
	return w, err
}

func (c *Change) setLock(ctx context.Context, action string, w Workspace, by authz.Object, reason string) (Workspace, error) {
	before := w
	w.LockedBy, w.LockReason = by, reason
	c.record(action, w.OrganizationID, workspaceRef(w.ID), before, w)
	return w, c.UpdateWorkspace(ctx, w)
}

// lockerKind is what clients of the TFE API call the kind of who holds a lock.
func lockerKind(by authz.Object) string {
	switch by.Type {
	case schema.TypeTeam:
		return "Team"
	case schema.TypeOrganization:
		return "Organization"
	case schema.TypeGroup:
		return "Group"
	}
	return "User"
}

// locker returns whom a lock belongs to. Tokens come and go, so a token locks for the team, group or organization it is of.
func (s *Service) locker(ctx context.Context, p Principal) (authz.Object, error) {
	return s.standsFor(ctx, p)
}

// Lock use cases.

// LockWorkspace locks a workspace for the principal; workspace.lock. fault.Conflict when it is locked.
func (s *Service) LockWorkspace(ctx context.Context, p Principal, id, reason string) (w Workspace, token authz.Token, err error) {
	by, err := s.locker(ctx, p)
	if err != nil {
		return Workspace{}, "", err
	}
	token, err = s.on(ctx, p, schema.WorkspaceLock, workspaceRef(id), func(ctx context.Context, c *Change) (err error) {
		w, err = c.Lock(ctx, id, by, reason)
		return err
	})
	return w, token, err
}

// UnlockWorkspace ends a lock of the principal's own; workspace.lock. fault.Conflict when it is somebody else's, or none.
func (s *Service) UnlockWorkspace(ctx context.Context, p Principal, id string) (w Workspace, token authz.Token, err error) {
	by, err := s.locker(ctx, p)
	if err != nil {
		return Workspace{}, "", err
	}
	token, err = s.on(ctx, p, schema.WorkspaceLock, workspaceRef(id), func(ctx context.Context, c *Change) (err error) {
		w, err = c.Unlock(ctx, id, by)
		return err
	})
	return w, token, err
}

// ForceUnlockWorkspace ends anybody's lock; workspace.force_unlock. fault.Conflict when there is none.
func (s *Service) ForceUnlockWorkspace(ctx context.Context, p Principal, id string) (w Workspace, token authz.Token, err error) {
	token, err = s.on(ctx, p, schema.WorkspaceForceUnlock, workspaceRef(id), func(ctx context.Context, c *Change) (err error) {
		w, err = c.BreakLock(ctx, id)
		return err
	})
	return w, token, err
}
