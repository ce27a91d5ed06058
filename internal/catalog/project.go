package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateProject adds a project. Its id and creation time are set here.
func (c *Change) CreateProject(ctx context.Context, p Project) (Project, error) {
	if err := checkName("name", p.Name, true); err != nil {
		return Project{}, err
	}
	p.ID, p.CreatedAt = c.random(PrefixProject), c.now
	if err := c.InsertProject(ctx, p); err != nil {
		return Project{}, err
	}
	c.touch(whole(projectRef(p.ID)))
	c.record("project.create", p.OrganizationID, projectRef(p.ID), nil, p)
	return p, nil
}

// ChangeProject updates a project's name, description and attributes.
func (c *Change) ChangeProject(ctx context.Context, p Project) error {
	before, err := c.Project(ctx, p.ID)
	if err != nil {
		return err
	}
	if err := checkName("name", p.Name, true); err != nil {
		return err
	}
	p.OrganizationID, p.CreatedAt = before.OrganizationID, before.CreatedAt
	if p == before {
		return nil
	}
	c.record("project.update", p.OrganizationID, projectRef(p.ID), before, p)
	return c.UpdateProject(ctx, p)
}

// RemoveProject deletes an empty project. The default project stays.
func (c *Change) RemoveProject(ctx context.Context, id string) error {
	p, err := c.Project(ctx, id)
	if err != nil {
		return err
	}
	o, err := c.Organization(ctx, p.OrganizationID)
	if err != nil {
		return err
	}
	if o.DefaultProjectID == id {
		return fault.New(fault.Conflict, "the default project cannot be deleted")
	}
	c.touch(whole(projectRef(id)))
	if err := c.dropGrants(ctx, GrantFilter{Scopes: []authz.Object{projectRef(id)}}); err != nil {
		return err
	}
	c.record("project.delete", p.OrganizationID, projectRef(id), p, nil)
	return c.DeleteProject(ctx, id)
}

// Project use cases.

// CreateProject adds a project to an organization, as an edit makes it, with tag bindings; organization.create_project.
func (s *Service) CreateProject(ctx context.Context, p Principal, organizationID string, edit Edit[Project], tagging ...Tagging) (Project, authz.Token, error) {
	var created Project
	token, err := s.on(ctx, p, schema.OrganizationCreateProject, organizationRef(organizationID), func(ctx context.Context, c *Change) error {
		home, err := homeIn(ctx, c, organizationID, "")
		if err != nil {
			return err
		}
		wanted, err := edit.of(Project{OrganizationID: organizationID}, home)
		if err != nil {
			return err
		}
		wanted.OrganizationID = organizationID
		if created, err = c.CreateProject(ctx, wanted); err != nil {
			return err
		}
		return c.tag(ctx, projectRef(created.ID), organizationID, tagging)
	})
	return created, token, err
}

// tag does a tagging of a project.
func (c *Change) tag(ctx context.Context, resource authz.Object, organizationID string, all []Tagging) error {
	for _, t := range all {
		if !t.Rebind {
			continue
		}
		if err := c.BindTags(ctx, resource, organizationID, t.Bindings, true); err != nil {
			return err
		}
	}
	return nil
}

// UpdateProject changes a project and returns it as it is then; project.update, and project.manage_tags where its tag
// bindings change.
func (s *Service) UpdateProject(ctx context.Context, p Principal, id string, edit Edit[Project], tagging ...Tagging) (Project, authz.Token, error) {
	if slices.ContainsFunc(tagging, func(t Tagging) bool { return !t.empty() }) {
		if err := s.requireToChange(ctx, p, schema.ProjectManageTags, projectRef(id)); err != nil {
			return Project{}, "", err
		}
	}
	var after Project
	token, err := s.on(ctx, p, schema.ProjectUpdate, projectRef(id), func(ctx context.Context, c *Change) error {
		now, err := c.Project(ctx, id)
		if err != nil {
			return err
		}
		home, err := homeIn(ctx, c, now.OrganizationID, id)
		if err != nil {
			return err
		}
		wanted, err := edit.of(now, home)
		if err != nil {
			return err
		}
		wanted.ID = id
		if err := c.ChangeProject(ctx, wanted); err != nil {
			return err
		}
		if after, err = c.Project(ctx, id); err != nil {
			return err
		}
		return c.tag(ctx, projectRef(id), after.OrganizationID, tagging)
	})
	return after, token, err
}

// DeleteProject deletes an empty project; project.delete.
func (s *Service) DeleteProject(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, schema.ProjectDelete, projectRef(id), func(ctx context.Context, c *Change) error { return c.RemoveProject(ctx, id) })
}

// MoveWorkspaces moves workspaces of an organization into a project of it, all or none; project.move_workspaces on it and
// on every project that they leave (DECISIONS M13). To move none is to do nothing.
func (s *Service) MoveWorkspaces(ctx context.Context, p Principal, projectID string, workspaceIDs ...string) (authz.Token, error) {
	if err := s.requireToChange(ctx, p, schema.ProjectMoveWorkspaces, projectRef(projectID)); err != nil {
		return "", err
	}
	if len(workspaceIDs) == 0 { // to the store, no ids mean all there are
		return "", nil
	}
	rows, err := s.store.Workspaces(ctx, WorkspaceFilter{IDs: workspaceIDs})
	if err != nil {
		return "", err
	}
	sources := map[string]bool{projectID: true}
	left := map[string]string{}
	for _, w := range rows {
		left[w.ID] = w.ProjectID
		if sources[w.ProjectID] {
			continue
		}
		sources[w.ProjectID] = true
		if err := s.requireToChange(ctx, p, schema.ProjectMoveWorkspaces, projectRef(w.ProjectID)); err != nil {
			return "", err
		}
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		for _, id := range workspaceIDs {
			w, err := c.Workspace(ctx, id)
			if err != nil {
				return err
			}
			if w.ProjectID != left[id] { // somebody else moved it meanwhile, out of where it was asked for
				return fault.New(fault.Stale, "workspace %s was moved in the meantime", id)
			}
			w.ProjectID = projectID
			if err := c.ChangeWorkspace(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}
