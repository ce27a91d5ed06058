package access

import (
	"context"
	"errors"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// Types of resources that only this package shows, and the platform, which is no resource.
const (
	typeRoles       = "roles"
	typePermissions = "permissions"
	typeGrants      = "grants"
	typeGroups      = "groups"
	typeGroupLinks  = "group-links"
	typeAuditEvents = "audit-events"
	typePlatforms   = "platforms"
)

// directory is what the package needs of the catalog to find out what clients name. None of it is a decision.
type directory interface {
	Resolve(ctx context.Context, objectType, ref string) (authz.Object, error)
	Names(ctx context.Context, objectType string, ids []string) (map[string]string, error)
	FindOrganization(ctx context.Context, p catalog.Principal, ref string) (catalog.Organization, error)
	OrganizationsByID(ctx context.Context, ids ...string) (map[string]catalog.Organization, error)
}

// kinds are the types of resources and what the catalog calls them.
type kinds []struct{ resource, object string }

// holders are who may hold a role.
func holders() kinds {
	return kinds{
		{answer.TypeTeams, schema.TypeTeam},
		{typeGroups, schema.TypeGroup},
		{answer.TypeUsers, schema.TypeUser},
		{answer.TypeServiceAccounts, schema.TypeServiceAccount},
	}
}

// scopes are where a role may be held in an organization.
func scopes() kinds {
	return kinds{
		{answer.TypeOrganizations, schema.TypeOrganization},
		{answer.TypeProjects, schema.TypeProject},
		{answer.TypeWorkspaces, schema.TypeWorkspace},
		{answer.TypeStacks, schema.TypeStack},
	}
}

// resources returns the types of resources.
func (k kinds) resources() []string {
	out := make([]string, len(k))
	for i, kind := range k {
		out[i] = kind.resource
	}
	return out
}

// object returns what the catalog calls a type of resource, "" for none.
func (k kinds) object(resource string) string {
	for _, kind := range k {
		if kind.resource == resource || kind.resource == resource+"s" {
			return kind.object
		}
	}
	return ""
}

// resource returns the type of resource of an object.
func (k kinds) resource(object string) string {
	for _, kind := range k {
		if kind.object == object {
			return kind.resource
		}
	}
	return ""
}

// relatedObject returns what a relationship to one of some kinds was set to, in the client's words: its id is what he names
// it by.
func (k kinds) relatedObject(in jsonapi.Input, relation string) (authz.Object, error) {
	at := "/data/relationships/" + relation
	ref, _, err := in.One(relation, k.resources()...)
	switch {
	case err != nil:
		return authz.Object{}, err
	case ref == nil:
		return authz.Object{}, fault.At(at, "can't be blank")
	case ref.Type == "" && len(k) > 1:
		return authz.Object{}, fault.At(at+"/data/type", "can't be blank")
	case ref.ID == "":
		return authz.Object{}, fault.At(at+"/data/id", "can't be blank")
	}
	if ref.Type == "" {
		ref.Type = k[0].resource
	}
	return authz.Object{Type: k.object(ref.Type), ID: ref.ID}, nil
}

// filterObject reads a filter that names an object by its type and its id or name, as in "team:acme/devs". The types are
// those of checks.
func (k kinds) filterObject(c echo.Context, d directory, name string) (found authz.Object, known bool, err error) {
	text := c.QueryParam(name)
	if text == "" {
		return authz.Object{}, true, nil
	}
	named, ok := authz.ParseObject(text)
	if !ok || !slices.ContainsFunc(k, func(kind struct{ resource, object string }) bool { return kind.object == named.Type }) {
		return authz.Object{}, false, jsonapi.Parameter(name, "must be type:id, as in %s:…", k[0].object)
	}
	found, err = d.Resolve(c.Request().Context(), named.Type, named.ID)
	if fault.Is(err, fault.NotFound) {
		return authz.Object{}, false, nil
	}
	return found, err == nil, err
}

// relations puts faults that the catalog finds at a relationship where that stands in a document.
func relations(err error, names ...string) error {
	if _, status := jsonapi.AsStatus(err); status || !fault.Is(err, fault.Invalid) {
		return err
	}
	var out []error
	for _, f := range fault.All(err) {
		if slices.Contains(names, f.Field) {
			f = fault.At("/data/relationships/"+f.Field, "%s", f.Message)
		}
		out = append(out, f)
	}
	return errors.Join(out...)
}

// organization returns the organization that a path names.
func (h *Handler) organization(c echo.Context) (catalog.Organization, error) {
	return h.Service.FindOrganization(c.Request().Context(), principal(c), c.Param("organization"))
}

// related relates to one of some kinds. An organization's id is its name here.
func (k kinds) related(o authz.Object, organization string) jsonapi.Relationship {
	resource := k.resource(o.Type)
	if o.Type == schema.TypeOrganization {
		return jsonapi.ToOne(resource, organization).At("/api/v2/organizations/" + organization)
	}
	if o.Type == schema.TypePlatform {
		return jsonapi.ToOne(typePlatforms, o.ID)
	}
	path := map[string]string{
		answer.TypeServiceAccounts: "admin/service-accounts", typeGroups: "admin/groups",
	}[resource]
	if path == "" {
		path = resource
	}
	return jsonapi.ToOne(resource, o.ID).At("/api/v2/" + path + "/" + o.ID)
}
