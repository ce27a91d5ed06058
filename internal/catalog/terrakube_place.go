package catalog

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// FindTerrakubeOrganization returns an organization by id; organization.view. A disabled one is not there, not even for
// superusers.
func (s *Service) FindTerrakubeOrganization(ctx context.Context, p Principal, id string) (Organization, error) {
	o, err := s.store.Organization(ctx, id)
	if err == nil && o.Disabled {
		err = fault.New(fault.NotFound, "there is no organization %s", id)
	}
	if err != nil {
		return Organization{}, err
	}
	return o, s.require(ctx, p, schema.OrganizationView, organizationRef(id))
}

// CreateTerrakubeOrganization adds an organization, as an edit makes it, for superusers alone (DECISIONS P2). Terrakube
// knows no owners: the organization belongs to its creator if he is a person, else, and with parity, to the built-in site
// admin.
func (s *Service) CreateTerrakubeOrganization(ctx context.Context, p Principal, edit Edit[Organization]) (Organization, authz.Token, error) {
	if err := s.requireToChange(ctx, p, superuser, platformRef()); err != nil {
		return Organization{}, "", err
	}
	var created Organization
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		owner, err := s.founder(ctx, c, p)
		if err != nil {
			return err
		}
		// Terrakube's organizations have no address, and elsewhere they need one.
		o, err := edit.of(Organization{Email: cmp.Or(owner.Email, owner.Username+placeholderDomain)}, Home{})
		if err != nil {
			return err
		}
		created, err = c.FoundOrganization(ctx, o, owner.ID)
		return err
	})
	return created, token, err
}

// founder returns whose a new organization is.
func (s *Service) founder(ctx context.Context, c *Change, p Principal) (User, error) {
	if p.Subject.Type != schema.TypeUser || s.parity {
		return c.builtin(ctx)
	}
	return c.User(ctx, p.Subject.ID)
}

// UpdateTerrakubeOrganization changes an organization, as an edit makes it, and may disable it: superusers, and its owners
// (organization.update) unless they disable it or Terrakube itself is to be matched.
func (s *Service) UpdateTerrakubeOrganization(ctx context.Context, p Principal, id string, edit Edit[Organization]) (authz.Token, error) {
	super, err := s.mayChangeOrganization(ctx, p, id)
	if err != nil {
		return "", err
	}
	seen, err := s.store.Organization(ctx, id)
	if err != nil {
		return "", err
	}
	if wanted, wrong := edit.of(seen, Home{Organization: seen}); wrong == nil && wanted.Disabled != seen.Disabled && !super {
		err := fault.New(fault.Denied, "only administrators disable organizations")
		return "", s.refused(ctx, p, superuser, platformRef(), err)
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		home, err := homeIn(ctx, c, id, "")
		if err != nil {
			return err
		}
		wanted, err := edit.of(home.Organization, home)
		if err != nil {
			return err
		}
		if wanted.Disabled != home.Organization.Disabled && !super {
			return fault.New(fault.Stale, "somebody else has changed the organization")
		}
		wanted.ID, wanted.WorkspaceLimit = id, home.Organization.WorkspaceLimit
		if err := c.ChangeOrganization(ctx, wanted); err != nil {
			return err
		}
		return c.SetDisabled(ctx, id, wanted.Disabled)
	})
}

// mayChangeOrganization asks whether a principal may change an organization, and tells whether he is a superuser.
func (s *Service) mayChangeOrganization(ctx context.Context, p Principal, id string) (super bool, err error) {
	err = s.require(ctx, p, superuser, platformRef())
	switch {
	case err == nil:
		return true, nil
	case fault.Is(err, fault.Denied) && !s.parity:
		return false, s.requireToChange(ctx, p, schema.OrganizationUpdate, organizationRef(id))
	}
	return false, s.refused(ctx, p, superuser, platformRef(), err)
}

// RemoveTerrakubeOrganization deletes an organization with everything in it; for superusers alone.
func (s *Service) RemoveTerrakubeOrganization(ctx context.Context, p Principal, id string) (authz.Token, error) {
	return s.on(ctx, p, superuser, platformRef(), func(ctx context.Context, c *Change) error { return c.RemoveOrganization(ctx, id) })
}

// ListTerrakubeWorkspaces returns the workspaces of a query that the principal sees, by name; workspace.read. Terrakube
// itself shows no workspace for a row that does not let its holder manage it.
func (s *Service) ListTerrakubeWorkspaces(ctx context.Context, p Principal, q PlaceQuery) ([]Workspace, error) {
	rows, _, err := s.ListWorkspaces(ctx, p, q, Window{})
	if err != nil || !s.parity || len(rows) == 0 {
		return rows, err
	}
	return s.terrakubeSees(ctx, p, rows)
}

// terrakubeSees returns those of some workspaces that Terrakube itself would show: to whoever reads their whole project,
// and to whoever manages them.
func (s *Service) terrakubeSees(ctx context.Context, p Principal, rows []Workspace) ([]Workspace, error) {
	var projects []string
	for _, w := range rows {
		projects = append(projects, w.ProjectID)
	}
	projects = once(projects)
	var asked []authz.Object
	for _, id := range projects {
		asked = append(asked, projectRef(id))
	}
	reads, err := s.Held(ctx, p, asked, schema.WorkspaceRead)
	if err != nil {
		return nil, err
	}
	asked = nil
	for _, w := range rows {
		asked = append(asked, workspaceRef(w.ID))
	}
	manages, err := s.Held(ctx, p, asked, schema.WorkspaceUpdate)
	if err != nil {
		return nil, err
	}
	var out []Workspace
	for i, w := range rows {
		if manages[i][schema.WorkspaceUpdate] || reads[slices.Index(projects, w.ProjectID)][schema.WorkspaceRead] {
			out = append(out, w)
		}
	}
	return out, nil
}

// FindTerrakubeWorkspace returns a workspace by id; as ListTerrakubeWorkspaces.
func (s *Service) FindTerrakubeWorkspace(ctx context.Context, p Principal, id string) (Workspace, error) {
	w, err := s.store.Workspace(ctx, id)
	if err != nil {
		return Workspace{}, err
	}
	if err := s.require(ctx, p, schema.WorkspaceRead, workspaceRef(id)); err != nil || !s.parity {
		return w, err
	}
	seen, err := s.terrakubeSees(ctx, p, []Workspace{w})
	if err == nil && len(seen) == 0 {
		err = fault.New(fault.Denied, "%s may not read the workspace", p.Name)
	}
	return w, err
}

// FindTerrakubeProject returns a project by id; project.read. The default project is not there: a workspace in it is to
// Terrakube one without a project.
func (s *Service) FindTerrakubeProject(ctx context.Context, p Principal, id string) (Project, error) {
	prj, err := s.store.Project(ctx, id)
	if err != nil {
		return Project{}, err
	}
	o, err := s.store.Organization(ctx, prj.OrganizationID)
	if err == nil && o.DefaultProjectID == id {
		err = fault.New(fault.NotFound, "there is no project %s", id)
	}
	if err != nil {
		return Project{}, err
	}
	return prj, s.require(ctx, p, schema.ProjectRead, projectRef(id))
}
