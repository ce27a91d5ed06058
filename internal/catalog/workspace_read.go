package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/schema"
)

// FindWorkspace returns a workspace by id or path; workspace.read.
func (s *Service) FindWorkspace(ctx context.Context, p Principal, ref string) (Workspace, error) {
	id, err := s.resolveID(ctx, schema.TypeWorkspace, ref)
	if err != nil {
		return Workspace{}, err
	}
	if err := s.require(ctx, p, schema.WorkspaceRead, workspaceRef(id)); err != nil {
		return Workspace{}, err
	}
	return s.store.Workspace(ctx, id)
}

// ListWorkspaces returns the workspaces that the principal may read, by name, and how many there are in all.
func (s *Service) ListWorkspaces(ctx context.Context, p Principal, q PlaceQuery, w Window) ([]Workspace, int, error) {
	ids, total, err := s.places(ctx, p, schema.WorkspaceRead, schema.TypeWorkspace, q, w)
	if err != nil || len(ids) == 0 {
		return nil, total, err
	}
	rows, err := s.store.Workspaces(ctx, WorkspaceFilter{IDs: ids})
	return inThatOrder(ids, rows, func(w Workspace) string { return w.ID }), total, err
}

// Surroundings are what documents of workspaces show besides their rows, by id.
type Surroundings struct {
	Organizations map[string]Organization
	Projects      map[string]Project
	Tags          map[string][]Tag     // by workspace, by name
	Retentions    map[string]Retention // by workspace
}

// Around returns what surrounds workspaces that the caller has from here: whoever reads a workspace knows its tags, its
// project and its organization (DECISIONS M8), so it asks for no permission. It costs four look-ups, however many
// workspaces there are.
func (s *Service) Around(ctx context.Context, rows ...Workspace) (Surroundings, error) {
	out := Surroundings{Organizations: map[string]Organization{}, Projects: map[string]Project{}, Retentions: map[string]Retention{}}
	var ids, projects, organizations []string
	for _, w := range rows {
		ids = append(ids, w.ID)
		projects = append(projects, w.ProjectID)
		organizations = append(organizations, w.OrganizationID)
	}
	if len(ids) == 0 {
		return out, nil
	}
	err := inOrder(
		func() error {
			return index(out.Organizations, organizationID)(s.store.Organizations(ctx, once(organizations)...))
		},
		func() error {
			return index(out.Projects, func(p Project) string { return p.ID })(s.store.ProjectsByID(ctx, once(projects)...))
		},
		func() error {
			return index(out.Retentions, func(r Retention) string { return r.Resource.ID })(s.store.Retentions(ctx, schema.TypeWorkspace, ids...))
		},
		func() (err error) {
			out.Tags, err = s.store.WorkspaceTags(ctx, ids...)
			return err
		},
	)
	return out, err
}
