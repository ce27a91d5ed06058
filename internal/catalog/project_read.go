package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/schema"
)

// FindProject returns a project by id or path; project.read.
func (s *Service) FindProject(ctx context.Context, p Principal, ref string) (Project, error) {
	id, err := s.resolveID(ctx, schema.TypeProject, ref)
	if err != nil {
		return Project{}, err
	}
	if err := s.require(ctx, p, schema.ProjectRead, projectRef(id)); err != nil {
		return Project{}, err
	}
	return s.store.Project(ctx, id)
}

// ListProjects returns the projects that the principal may read and on which he holds further permissions, if any are
// named, and how many there are in all.
func (s *Service) ListProjects(ctx context.Context, p Principal, q PlaceQuery, w Window, holding ...schema.Permission) ([]Project, int, error) {
	read := w
	if len(holding) > 0 { // which of them he holds is known when they are read
		read = Window{}
	}
	ids, total, err := s.places(ctx, p, schema.ProjectRead, schema.TypeProject, q, read)
	if err != nil || len(ids) == 0 {
		return nil, total, err
	}
	for _, permission := range holding {
		if ids, err = keepVisible(ctx, s, p, permission, ids, projectRef); err != nil {
			return nil, 0, err
		}
	}
	if len(holding) > 0 {
		total = len(ids)
		ids = part(ids, w)
	}
	rows, err := s.store.ProjectsByID(ctx, ids...)
	return inThatOrder(ids, rows, func(p Project) string { return p.ID }), total, err
}

// OrganizationsByID returns the organizations of projects and stacks that the caller has, by id.
func (s *Service) OrganizationsByID(ctx context.Context, ids ...string) (map[string]Organization, error) {
	out := map[string]Organization{}
	if len(ids) == 0 {
		return out, nil // no ids mean none here, not all
	}
	return out, index(out, organizationID)(s.store.Organizations(ctx, once(ids)...))
}

// once returns each id once.
func once(ids []string) []string { return slices.Compact(slices.Sorted(slices.Values(ids))) }

// index returns what puts rows into a map by an id.
func index[T any](into map[string]T, id func(T) string) func([]T, error) error {
	return func(rows []T, err error) error {
		for _, row := range rows {
			into[id(row)] = row
		}
		return err
	}
}

func organizationID(o Organization) string { return o.ID }
