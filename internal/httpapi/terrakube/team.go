package terrakube

import (
	"context"
	"maps"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// teamService is what the file needs of the catalog.
type teamService interface {
	ListTerrakubeTeams(ctx context.Context, p catalog.Principal, organizationID, name string) ([]catalog.TerrakubeTeam, error)
	FindTerrakubeTeam(ctx context.Context, p catalog.Principal, organizationID, id string) (catalog.TerrakubeTeam, error)
	CreateTerrakubeTeam(ctx context.Context, p catalog.Principal, organizationID, name string, r catalog.TerrakubeRights) (catalog.TerrakubeTeam, authz.Token, error)
	UpdateTerrakubeTeam(ctx context.Context, p catalog.Principal, id string, ch catalog.TerrakubeTeamChanges) (authz.Token, error)
	DeleteTerrakubeTeam(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) teamNoun() noun {
	shown := func(at place) func(catalog.TerrakubeTeam) resource {
		return func(t catalog.TerrakubeTeam) resource { return teamResource(at, t) }
	}
	return noun{
		typ: typeTeam, parents: []string{typeOrganization},
		attributes: rightsAttributes(schema.TypeOrganization),
		relations:  []relationKind{{name: typeOrganization, typ: typeOrganization, fixed: true}},
		reads:      endpoint.Permission(schema.TeamView), writes: endpoint.Permission(schema.OrganizationManageOrganizationAccess),
		list: func(ctx context.Context, p catalog.Principal, at place, want sought) ([]resource, error) {
			all, err := h.Service.ListTerrakubeTeams(ctx, p, at[typeOrganization], want.name)
			return resources(all, shown(at)), err
		},
		get: func(ctx context.Context, p catalog.Principal, at place, id string) (resource, error) {
			t, err := h.Service.FindTerrakubeTeam(ctx, p, at[typeOrganization], id)
			return shown(at)(t), err
		},
		create: func(ctx context.Context, p catalog.Principal, at place, in input) (resource, authz.Token, error) {
			name, _ := in.text("name")
			t, token, err := h.Service.CreateTerrakubeTeam(ctx, p, at[typeOrganization], name, in.rightsOver(noRights(schema.TypeOrganization)))
			return shown(at)(t), token, err
		},
		update: func(ctx context.Context, p catalog.Principal, _ place, id string, in input) (authz.Token, error) {
			ch := catalog.TerrakubeTeamChanges{Rights: in.rightsOver}
			if name, sent := in.text("name"); sent {
				ch.Name = &name
			}
			return h.Service.UpdateTerrakubeTeam(ctx, p, id, ch)
		},
		remove: func(ctx context.Context, p catalog.Principal, _ place, id string) (authz.Token, error) {
			return h.Service.DeleteTerrakubeTeam(ctx, p, id)
		},
	}
}

// rightsAttributes are the attributes of a team or a row of access on a type of scope.
func rightsAttributes(scopeType string) []attribute {
	out := []attribute{{name: "name"}, {name: "role"}}
	for _, name := range catalog.TerrakubeFlagNames(scopeType) {
		out = append(out, attribute{name: name, kind: flag})
	}
	return out
}

// noRights are the rights of a row of which nothing was sent.
func noRights(scopeType string) catalog.TerrakubeRights {
	r := catalog.TerrakubeRights{Flags: map[string]bool{}}
	for _, name := range catalog.TerrakubeFlagNames(scopeType) {
		r.Flags[name] = false
	}
	return r
}

// rightsOver puts the rights that were sent over others.
func (in input) rightsOver(r catalog.TerrakubeRights) catalog.TerrakubeRights {
	out := catalog.TerrakubeRights{Role: r.Role, Flags: maps.Clone(r.Flags)}
	for name := range r.Flags {
		if value, sent := in.flag(name); sent {
			out.Flags[name] = value
		}
	}
	if role, sent := in.attributes["role"]; sent {
		out.Role = nil
		if word, ok := role.(string); ok {
			out.Role = &word
		}
	}
	return out
}

// rightsShown returns the attributes of a team or row; those of rights that may not be known are null.
func rightsShown(name string, r *catalog.TerrakubeRights) map[string]any {
	all := map[string]any{"name": name}
	if r == nil {
		return all
	}
	for flag, value := range r.Flags {
		all[flag] = value
	}
	if r.Role != nil {
		all["role"] = *r.Role
	}
	return all
}

func teamResource(at place, t catalog.TerrakubeTeam) resource {
	return resource{
		id: t.ID, attributes: rightsShown(t.Name, t.Rights),
		relations: map[string][]string{typeOrganization: {at[typeOrganization]}},
	}
}
