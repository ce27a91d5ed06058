package terrakube

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// accessService is what rows of access need of the catalog, on a workspace and on a project alike.
type accessService interface {
	ListTerrakubeAccess(ctx context.Context, p catalog.Principal, scope authz.Object) ([]catalog.TerrakubeAccess, error)
	FindTerrakubeAccess(ctx context.Context, p catalog.Principal, scope authz.Object, id string) (catalog.TerrakubeAccess, error)
	AddTerrakubeAccess(ctx context.Context, p catalog.Principal, scope authz.Object, name string, r catalog.TerrakubeRights) (catalog.TerrakubeAccess, authz.Token, error)
	ChangeTerrakubeAccess(ctx context.Context, p catalog.Principal, scope authz.Object, id string, edit func(string, catalog.TerrakubeRights) (string, catalog.TerrakubeRights)) (authz.Token, error)
	RemoveTerrakubeAccess(ctx context.Context, p catalog.Principal, scope authz.Object, id string) (authz.Token, error)
}

// accessNoun describes what a group may on one workspace.
func (h *Handler) accessNoun() noun {
	n := h.rowNoun(typeWorkspace, schema.TypeWorkspace)
	n.typ = typeAccess
	n.reads, n.writes = endpoint.Permission(schema.WorkspaceManageAccess), endpoint.Permission(schema.WorkspaceManageAccess)
	return n
}

// rowNoun describes what a group may on one object, which is of a type here and of one in the model.
func (h *Handler) rowNoun(parent, scopeType string) noun {
	scope := func(at place) authz.Object { return authz.Object{Type: scopeType, ID: at[parent]} }
	shown := func(r catalog.TerrakubeAccess) resource {
		return resource{id: r.ID, attributes: rightsShown(r.Name, &r.Rights), relations: map[string][]string{parent: {r.Scope.ID}}}
	}
	return noun{
		parents: []string{parent}, attributes: rightsAttributes(scopeType),
		relations: []relationKind{{name: parent, typ: parent, fixed: true}},
		list: func(ctx context.Context, p catalog.Principal, at place, _ sought) ([]resource, error) {
			all, err := h.Service.ListTerrakubeAccess(ctx, p, scope(at))
			return resources(all, shown), err
		},
		get: func(ctx context.Context, p catalog.Principal, at place, id string) (resource, error) {
			r, err := h.Service.FindTerrakubeAccess(ctx, p, scope(at), id)
			return shown(r), err
		},
		create: func(ctx context.Context, p catalog.Principal, at place, in input) (resource, authz.Token, error) {
			name, _ := in.text("name")
			r, token, err := h.Service.AddTerrakubeAccess(ctx, p, scope(at), name, in.rightsOver(noRights(scopeType)))
			return shown(r), token, err
		},
		update: func(ctx context.Context, p catalog.Principal, at place, id string, in input) (authz.Token, error) {
			return h.Service.ChangeTerrakubeAccess(ctx, p, scope(at), id, func(name string, r catalog.TerrakubeRights) (string, catalog.TerrakubeRights) {
				if sentName, sent := in.text("name"); sent {
					name = sentName
				}
				return name, in.rightsOver(r)
			})
		},
		remove: func(ctx context.Context, p catalog.Principal, at place, id string) (authz.Token, error) {
			return h.Service.RemoveTerrakubeAccess(ctx, p, scope(at), id)
		},
	}
}
