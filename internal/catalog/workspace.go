package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateWorkspace adds a workspace, in the default project unless it names one of its organization.
func (c *Change) CreateWorkspace(ctx context.Context, w Workspace) (Workspace, error) {
	if err := checkName("name", w.Name, false); err != nil {
		return Workspace{}, err
	}
	projectID, err := c.placeIn(ctx, w.OrganizationID, w.ProjectID)
	if err != nil {
		return Workspace{}, err
	}
	w.ID, w.ProjectID, w.CreatedAt = c.random(PrefixWorkspace), projectID, c.now
	if err := c.InsertWorkspace(ctx, w); err != nil {
		return Workspace{}, err
	}
	c.touch(whole(workspaceRef(w.ID)))
	c.record("workspace.create", w.OrganizationID, workspaceRef(w.ID), nil, w)
	return w, nil
}

// placeIn returns the project something new goes into, checked to be of the organization.
func (c *Change) placeIn(ctx context.Context, organizationID, projectID string) (string, error) {
	if projectID == "" {
		o, err := c.Organization(ctx, organizationID)
		return o.DefaultProjectID, err
	}
	p, err := c.Project(ctx, projectID)
	if err != nil {
		return "", err
	}
	if p.OrganizationID != organizationID {
		return "", fault.At("project", "belongs to another organization")
	}
	return projectID, nil
}

// ChangeWorkspace updates a workspace's name and description and moves it where its project changes.
func (c *Change) ChangeWorkspace(ctx context.Context, w Workspace) error {
	before, err := c.Workspace(ctx, w.ID)
	if err != nil {
		return err
	}
	if err := checkName("name", w.Name, false); err != nil {
		return err
	}
	w.OrganizationID, w.CreatedAt = before.OrganizationID, before.CreatedAt
	if w.ProjectID, err = c.placeIn(ctx, w.OrganizationID, w.ProjectID); err != nil {
		return err
	}
	if w == before {
		return nil
	}
	if w.ProjectID != before.ProjectID {
		if err := c.touchMove(ctx, workspaceRef(w.ID), before.ProjectID, w.ProjectID); err != nil {
			return err
		}
	}
	c.record("workspace.update", w.OrganizationID, workspaceRef(w.ID), before, w)
	return c.UpdateWorkspace(ctx, w)
}

// touchMove names what moving a workspace or stack between projects decides.
func (c *Change) touchMove(ctx context.Context, scope authz.Object, from, to string) error {
	c.touch(Slice{Resource: scope, Relation: schema.RelProject})
	grants, err := c.Grants(ctx, GrantFilter{Scopes: []authz.Object{scope}})
	for _, g := range grants {
		c.touch(grantSlices(g, from)...)
		c.touch(grantSlices(g, to)...)
	}
	return err
}

// RemoveWorkspace deletes a workspace with its grants.
func (c *Change) RemoveWorkspace(ctx context.Context, id string) error {
	w, err := c.Workspace(ctx, id)
	if err != nil {
		return err
	}
	c.touch(whole(workspaceRef(id)))
	if err := c.dropGrants(ctx, GrantFilter{Scopes: []authz.Object{workspaceRef(id)}}); err != nil {
		return err
	}
	c.record("workspace.delete", w.OrganizationID, workspaceRef(id), w, nil)
	return c.DeleteWorkspace(ctx, id)
}

// Workspace use cases.

// CreateWorkspace adds a workspace; project.create_workspace in its project.
func (s *Service) CreateWorkspace(ctx context.Context, p Principal, w Workspace) (Workspace, authz.Token, error) {
	if w.ProjectID == "" {
		o, err := s.store.Organization(ctx, w.OrganizationID)
		if err != nil {
			return Workspace{}, "", err
		}
		w.ProjectID = o.DefaultProjectID
	}
	token, err := s.on(ctx, p, schema.ProjectCreateWorkspace, projectRef(w.ProjectID), func(ctx context.Context, c *Change) (err error) {
		w, err = c.CreateWorkspace(ctx, w)
		return err
	})
	return w, token, err
}

// UpdateWorkspace changes a workspace; workspace.update, and project.move_workspaces on both projects where it
// moves (DECISIONS M13).
func (s *Service) UpdateWorkspace(ctx context.Context, p Principal, w Workspace) (authz.Token, error) {
	before, err := s.store.Workspace(ctx, w.ID)
	if err != nil {
		return "", err
	}
	if w.ProjectID != "" && w.ProjectID != before.ProjectID {
		for _, id := range []string{before.ProjectID, w.ProjectID} {
			if err := s.require(ctx, p, schema.ProjectMoveWorkspaces, projectRef(id)); err != nil {
				return "", err
			}
		}
	} else {
		w.ProjectID = before.ProjectID
	}
	return s.on(ctx, p, schema.WorkspaceUpdate, workspaceRef(w.ID), func(ctx context.Context, c *Change) error { return c.ChangeWorkspace(ctx, w) })
}

// DeleteWorkspace deletes a workspace; workspace.delete.
func (s *Service) DeleteWorkspace(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, schema.WorkspaceDelete, workspaceRef(id), func(ctx context.Context, c *Change) error { return c.RemoveWorkspace(ctx, id) })
}
