package terrakube

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// projectService is what the file needs of the catalog.
type projectService interface {
	ListProjects(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery, w catalog.Window, holding ...schema.Permission) ([]catalog.Project, int, error)
	FindTerrakubeProject(ctx context.Context, p catalog.Principal, id string) (catalog.Project, error)
	CreateProject(ctx context.Context, p catalog.Principal, organizationID string, edit catalog.Edit[catalog.Project], tagging ...catalog.Tagging) (catalog.Project, authz.Token, error)
	UpdateProject(ctx context.Context, p catalog.Principal, id string, edit catalog.Edit[catalog.Project], tagging ...catalog.Tagging) (catalog.Project, authz.Token, error)
	DeleteProject(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) projectNoun() noun {
	return noun{
		typ: typeProject, parents: []string{typeOrganization, ""}, audited: true,
		attributes: []attribute{{name: "name"}, {name: "description"}},
		relations:  []relationKind{{name: typeOrganization, typ: typeOrganization, fixed: true}},
		reads:      endpoint.Permission(schema.ProjectRead), writes: endpoint.Permission(schema.OrganizationCreateProject),
		list: h.listProjects,
		get: func(ctx context.Context, p catalog.Principal, at place, id string) (resource, error) {
			prj, err := h.Service.FindTerrakubeProject(ctx, p, id)
			if err == nil && at.elsewhere(prj.OrganizationID) {
				err = fault.New(fault.NotFound, "there is no project %s", id)
			}
			return projectResource(prj), err
		},
		create: func(ctx context.Context, p catalog.Principal, at place, in input) (resource, authz.Token, error) {
			if at[typeOrganization] == "" {
				return resource{}, "", fault.New(fault.Denied, "a project is made in its organization")
			}
			prj, token, err := h.Service.CreateProject(ctx, p, at[typeOrganization], projectEdit(in, createdBy, p))
			return projectResource(prj), token, err
		},
		update: func(ctx context.Context, p catalog.Principal, _ place, id string, in input) (authz.Token, error) {
			_, token, err := h.Service.UpdateProject(ctx, p, id, projectEdit(in, updatedBy, p))
			return token, err
		},
		remove: func(ctx context.Context, p catalog.Principal, _ place, id string) (authz.Token, error) {
			return h.Service.DeleteProject(ctx, p, id)
		},
	}
}

// elsewhere reports whether a place is in another organization; one without an organization is everywhere.
func (at place) elsewhere(organizationID string) bool {
	return at[typeOrganization] != "" && at[typeOrganization] != organizationID
}

// listProjects returns the projects of an organization, or of all, without the default ones: a workspace in one of these
// is to this API's clients in no project.
func (h *Handler) listProjects(ctx context.Context, p catalog.Principal, at place, want sought) ([]resource, error) {
	q := placesCalled(want)
	q.OrganizationID = at[typeOrganization]
	all, _, err := h.Service.ListProjects(ctx, p, q, catalog.Window{})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	organizations := make([]string, len(all))
	for i, prj := range all {
		organizations[i] = prj.OrganizationID
	}
	defaults, err := h.defaultProjects(ctx, organizations)
	var out []resource
	for _, prj := range all {
		if !defaults[prj.ID] {
			out = append(out, projectResource(prj))
		}
	}
	return out, err
}

func projectResource(prj catalog.Project) resource {
	mine := keptWithPlace(prj.Attributes)
	return resource{
		id: prj.ID, relations: map[string][]string{typeOrganization: {prj.OrganizationID}},
		attributes: map[string]any{
			"name": prj.Name, "description": optional(prj.Description),
			createdBy: mine[createdBy], "createdDate": instant(prj.CreatedAt), updatedBy: mine[updatedBy],
		},
	}
}

// projectEdit puts what a client sent over a project, and who he is.
func projectEdit(in input, by string, p catalog.Principal) catalog.Edit[catalog.Project] {
	return func(prj catalog.Project, _ catalog.Home) (catalog.Project, error) {
		before := prj
		if name, sent := in.text("name"); sent {
			prj.Name = name
		}
		if description, sent := in.text("description"); sent {
			prj.Description = description
		}
		if prj == before && by == updatedBy {
			return prj, nil
		}
		mine := keptWithPlace(prj.Attributes)
		mine[by] = p.Name
		var err error
		prj.Attributes, err = keepWithPlace(prj.Attributes, mine)
		return prj, err
	}
}
