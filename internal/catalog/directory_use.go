package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// ListDirectories returns all directories by name; platform.manage_users or platform.audit.
func (s *Service) ListDirectories(ctx context.Context, p Principal) ([]Directory, error) {
	if err := s.oversees(ctx, p, schema.PlatformManageUsers); err != nil {
		return nil, err
	}
	return s.store.Directories(ctx)
}

// FindDirectory returns a directory; as ListDirectories.
func (s *Service) FindDirectory(ctx context.Context, p Principal, name string) (Directory, error) {
	if err := s.oversees(ctx, p, schema.PlatformManageUsers); err != nil {
		return Directory{}, err
	}
	return s.store.Directory(ctx, name)
}

// PauseDirectory lets nothing be taken from a directory until it is resumed; platform.manage_users.
func (s *Service) PauseDirectory(ctx context.Context, p Principal, name string) (Directory, authz.Token, error) {
	return s.setDirectory(ctx, p, name, "directory.pause", func(d *Directory) { d.Paused = true })
}

// ResumeDirectory ends that; platform.manage_users.
func (s *Service) ResumeDirectory(ctx context.Context, p Principal, name string) (Directory, authz.Token, error) {
	return s.setDirectory(ctx, p, name, "directory.resume", func(d *Directory) { d.Paused = false })
}

// DisableDirectory lets a SCIM connection take nothing, or lets it take again; platform.manage_users.
func (s *Service) DisableDirectory(ctx context.Context, p Principal, name string, disabled bool) (Directory, authz.Token, error) {
	action := map[bool]string{true: "directory.disable", false: "directory.enable"}[disabled]
	return s.setDirectory(ctx, p, name, action, func(d *Directory) { d.Disabled = disabled })
}

func (s *Service) setDirectory(ctx context.Context, p Principal, name, action string, set func(*Directory)) (Directory, authz.Token, error) {
	var after Directory
	token, err := s.on(ctx, p, schema.PlatformManageUsers, platformRef(), func(ctx context.Context, c *Change) error {
		before, err := c.Directory(ctx, name)
		if err != nil {
			return err
		}
		after = before
		if set(&after); after == before {
			return nil
		}
		c.record(action, "", directoryRef(name), before, after)
		return c.PutDirectory(ctx, after)
	})
	return after, token, err
}

// PauseGroup lets nothing be taken from its directory about a group until it is resumed; platform.manage_users.
func (s *Service) PauseGroup(ctx context.Context, p Principal, groupID string) (Group, authz.Token, error) {
	return s.pauseGroup(ctx, p, groupID, "group.pause", true)
}

// ResumeGroup ends that; platform.manage_users.
func (s *Service) ResumeGroup(ctx context.Context, p Principal, groupID string) (Group, authz.Token, error) {
	return s.pauseGroup(ctx, p, groupID, "group.resume", false)
}

func (s *Service) pauseGroup(ctx context.Context, p Principal, groupID, action string, paused bool) (Group, authz.Token, error) {
	var after Group
	token, err := s.on(ctx, p, schema.PlatformManageUsers, platformRef(), func(ctx context.Context, c *Change) error {
		if err := c.setGroup(ctx, groupID, action, func(g *Group) { g.Paused = paused }); err != nil {
			return err
		}
		var err error
		after, err = c.Group(ctx, groupID)
		return err
	})
	return after, token, err
}
