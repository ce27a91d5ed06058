package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateWorkspace adds a workspace, in the default project unless it names one of its organization. fault.Conflict where
// the organization may not have another.
func (c *Change) CreateWorkspace(ctx context.Context, w Workspace) (Workspace, error) {
	if err := checkName("name", w.Name, false); err != nil {
		return Workspace{}, err
	}
	projectID, err := c.placeIn(ctx, w.OrganizationID, w.ProjectID)
	if err != nil {
		return Workspace{}, err
	}
	if err := c.keepWorkspaceLimit(ctx, w.OrganizationID); err != nil {
		return Workspace{}, err
	}
	w.ID, w.ProjectID, w.CreatedAt, w.UpdatedAt = c.random(PrefixWorkspace), projectID, c.now, c.now
	w.LockedBy, w.LockReason = authz.Object{}, ""
	if err := c.InsertWorkspace(ctx, w); err != nil {
		return Workspace{}, err
	}
	c.touch(whole(workspaceRef(w.ID)))
	c.record("workspace.create", w.OrganizationID, workspaceRef(w.ID), nil, w)
	return w, nil
}

// keepWorkspaceLimit refuses another workspace in an organization that has as many as site admins let it have.
func (c *Change) keepWorkspaceLimit(ctx context.Context, organizationID string) error {
	o, err := c.Organization(ctx, organizationID)
	if err != nil || !o.WorkspaceLimit.Given {
		return err
	}
	n, err := c.CountPlaces(ctx, PlaceFilter{Type: schema.TypeWorkspace, Within: []authz.Object{organizationRef(organizationID)}, Disabled: true})
	if err == nil && n >= o.WorkspaceLimit.Max {
		err = fault.New(fault.Conflict, "The organization may not have more than %d workspaces.", o.WorkspaceLimit.Max)
	}
	return err
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

// keepTo returns a changed workspace with what a change of its own decides as it was: where it belongs, when it came and
// who has locked it.
func (w Workspace) keepTo(changed Workspace) Workspace {
	changed.OrganizationID, changed.CreatedAt, changed.UpdatedAt = w.OrganizationID, w.CreatedAt, w.UpdatedAt
	changed.LockedBy, changed.LockReason = w.LockedBy, w.LockReason
	return changed
}

// ChangeWorkspace updates a workspace's name, description and attributes, and moves it where its project changes.
func (c *Change) ChangeWorkspace(ctx context.Context, w Workspace) error {
	before, err := c.Workspace(ctx, w.ID)
	if err != nil {
		return err
	}
	if err := checkName("name", w.Name, false); err != nil {
		return err
	}
	w = before.keepTo(w)
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
	w.UpdatedAt = c.now
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

// CreateWorkspace adds a workspace, as an edit makes it, with tags to a project, or to the default project of the
// organization for ""; project.create_workspace there.
func (s *Service) CreateWorkspace(ctx context.Context, p Principal, organizationID, projectID string, edit Edit[Workspace], tagging ...Tagging) (Workspace, authz.Token, error) {
	projectID, err := s.projectOrDefault(ctx, organizationID, projectID)
	if err != nil {
		return Workspace{}, "", err
	}
	var created Workspace
	token, err := s.on(ctx, p, schema.ProjectCreateWorkspace, projectRef(projectID), func(ctx context.Context, c *Change) error {
		home, err := homeIn(ctx, c, organizationID, projectID)
		if err != nil {
			return err
		}
		wanted, err := edit.of(Workspace{OrganizationID: organizationID, ProjectID: projectID}, home)
		if err != nil {
			return err
		}
		wanted.OrganizationID, wanted.ProjectID = organizationID, projectID
		if created, err = c.CreateWorkspace(ctx, wanted); err != nil {
			return err
		}
		return c.tagWorkspace(ctx, created, tagging)
	})
	return created, token, err
}

// projectOrDefault returns the project that something new goes into: the one that is named, or the organization's
// default.
func (s *Service) projectOrDefault(ctx context.Context, organizationID, projectID string) (string, error) {
	if projectID != "" {
		return projectID, nil
	}
	o, err := s.store.Organization(ctx, organizationID)
	return o.DefaultProjectID, err
}

// tagWorkspace does a tagging of a workspace.
func (c *Change) tagWorkspace(ctx context.Context, w Workspace, all []Tagging) error {
	for _, t := range all {
		if err := c.AddTags(ctx, w, t.Tags...); err != nil {
			return err
		}
	}
	return c.tag(ctx, workspaceRef(w.ID), w.OrganizationID, all)
}

// DeleteWorkspace deletes a workspace whatever it manages, locked or not; workspace.force_delete (DECISIONS M3).
func (s *Service) DeleteWorkspace(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, schema.WorkspaceForceDelete, workspaceRef(id), func(ctx context.Context, c *Change) error { return c.RemoveWorkspace(ctx, id) })
}

// SafeDeleteWorkspace deletes a workspace that nobody has locked; workspace.delete. What a workspace manages is known
// where it runs, so that platform asks before.
func (s *Service) SafeDeleteWorkspace(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, schema.WorkspaceDelete, workspaceRef(id), func(ctx context.Context, c *Change) error {
		w, err := c.Workspace(ctx, id)
		if err != nil {
			return err
		}
		if !w.LockedBy.IsZero() {
			return fault.New(fault.Conflict, "Workspace is currently locked. Unlock it before deleting it.")
		}
		return c.RemoveWorkspace(ctx, id)
	})
}
