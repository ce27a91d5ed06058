package catalog

import (
	"context"

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

// ChangeProject updates a project's name and description.
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

// CreateProject adds a project; organization.create_project.
func (s *Service) CreateProject(ctx context.Context, p Principal, prj Project) (Project, authz.Token, error) {
	token, err := s.on(ctx, p, schema.OrganizationCreateProject, organizationRef(prj.OrganizationID), func(ctx context.Context, c *Change) (err error) {
		prj, err = c.CreateProject(ctx, prj)
		return err
	})
	return prj, token, err
}

// UpdateProject changes a project; project.update.
func (s *Service) UpdateProject(ctx context.Context, p Principal, prj Project) (authz.Token, error) {
	return s.on(ctx, p, schema.ProjectUpdate, projectRef(prj.ID), func(ctx context.Context, c *Change) error { return c.ChangeProject(ctx, prj) })
}

// DeleteProject deletes an empty project; project.delete.
func (s *Service) DeleteProject(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, schema.ProjectDelete, projectRef(id), func(ctx context.Context, c *Change) error { return c.RemoveProject(ctx, id) })
}
