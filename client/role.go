package client

import (
	"context"
	"net/url"
	"time"
)

// Permission is what roles are made of and checks ask for.
type Permission struct {
	ID          string // as in workspace.apply_run
	ObjectType  string
	Name        string // as checks ask for it
	Description string
	Assignable  bool // whether a role may contain it
	OwnerOnly   bool // whether only an owner may hand it out
	Implied     []string
	Names       map[string][]string // in each system
}

type permissionAttributes struct {
	ObjectType  string              `json:"object-type"`
	Name        string              `json:"name"`
	Description string              `json:"description"`
	Assignable  bool                `json:"assignable"`
	OwnerOnly   bool                `json:"owner-only"`
	Implied     []string            `json:"implied-permissions"`
	Names       map[string][]string `json:"names"`
}

func permission(r resource[permissionAttributes]) Permission {
	a := r.Attributes
	return Permission{
		ID: r.ID, ObjectType: a.ObjectType, Name: a.Name, Description: a.Description, Assignable: a.Assignable,
		OwnerOnly: a.OwnerOnly, Implied: a.Implied, Names: a.Names,
	}
}

// PermissionFilter says which permissions are wanted. The zero value: all.
type PermissionFilter struct {
	Type       string // of the object they are on
	System     string // which has a word for them
	Assignable *bool  // which a role may contain, or may not
}

// ListPermissions returns permissions in the order of the vocabulary, all at once unless a page is asked for.
func (c *Client) ListPermissions(ctx context.Context, f PermissionFilter, p Page) (List[Permission], error) {
	q := filters("filter[type]", f.Type, "filter[system]", f.System, "filter[assignable]", choice(f.Assignable))
	return list(ctx, c, api(get, "permissions"), q, p, permission)
}

// ReadPermission returns a permission by its own name or another system's word for it.
func (c *Client) ReadPermission(ctx context.Context, name string) (Permission, error) {
	found, _, err := fetch(ctx, c, api(get, "permissions", name), permission)
	return found, err
}

// Role is a set of permissions.
type Role struct {
	ID           string
	Organization string // "" of built-in and platform-wide ones
	Name         string
	Description  string
	Permissions  []string // assigned
	Implied      []string // what those bring with them
	BuiltIn      bool
	Scopes       []string // where a built-in role may be granted
	CreatedAt    time.Time

	// StillImplied holds, after a change, permissions that were taken out and are given all the same, with those that bring
	// them.
	StillImplied map[string][]string
	ZedToken     string // after a change: how new it is
}

type roleAttributes struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Permissions []string  `json:"permissions"`
	Implied     []string  `json:"implied-permissions"`
	BuiltIn     bool      `json:"built-in"`
	Scopes      []string  `json:"scopes"`
	CreatedAt   time.Time `json:"created-at"`
}

func role(r resource[roleAttributes]) Role {
	a := r.Attributes
	return Role{
		ID: r.ID, Organization: r.related("organization").ID, Name: a.Name, Description: a.Description, Permissions: a.Permissions,
		Implied: a.Implied, BuiltIn: a.BuiltIn, Scopes: a.Scopes, CreatedAt: a.CreatedAt,
	}
}

// RoleFilter says which roles are wanted. The zero value: all.
type RoleFilter struct {
	Contains   string // a part of the name
	BuiltIn    *bool
	Permission string // which they give, in any system's words; several separated by commas
}

func (f RoleFilter) query() url.Values {
	return filters("q", f.Contains, "filter[built-in]", choice(f.BuiltIn), "filter[permission]", f.Permission)
}

// RoleChange says what a role is to be. What is nil stays as it is.
type RoleChange struct {
	Name        *string  `json:"name,omitempty"`
	Description *string  `json:"description,omitempty"`
	Permissions []string `json:"permissions,omitzero"` // in any system's words, wildcards among them; they replace those there are
}

func (r RoleChange) body() any {
	return one[RoleChange]{Data: resource[RoleChange]{Type: "roles", Attributes: r}}
}

// ListRoles returns the roles that may be granted in an organization.
func (c *Client) ListRoles(ctx context.Context, organization string, f RoleFilter, p Page) (List[Role], error) {
	return list(ctx, c, api(get, "organizations", organization, "roles"), f.query(), p, role)
}

// ListPlatformRoles returns the roles that may be granted at the platform.
func (c *Client) ListPlatformRoles(ctx context.Context, f RoleFilter, p Page) (List[Role], error) {
	return list(ctx, c, api(get, "admin", "roles"), f.query(), p, role)
}

// CreateRole makes a role of an organization. It needs a name.
func (c *Client) CreateRole(ctx context.Context, organization string, r RoleChange) (Role, error) {
	return c.writeRole(ctx, api(post, "organizations", organization, "roles").with(r.body()))
}

// CreatePlatformRole makes a platform-wide role.
func (c *Client) CreatePlatformRole(ctx context.Context, r RoleChange) (Role, error) {
	return c.writeRole(ctx, api(post, "admin", "roles").with(r.body()))
}

// ReadRole returns a role by its id or, a built-in one, by its name.
func (c *Client) ReadRole(ctx context.Context, id string) (Role, error) {
	found, _, err := fetch(ctx, c, api(get, "roles", id), role)
	return found, err
}

// UpdateRole changes a role.
func (c *Client) UpdateRole(ctx context.Context, id string, r RoleChange) (Role, error) {
	return c.writeRole(ctx, api(patch, "roles", id).with(r.body()))
}

// DeleteRole deletes a role that nobody holds.
func (c *Client) DeleteRole(ctx context.Context, id string) (zedToken string, err error) {
	return c.change(ctx, api(remove, "roles", id))
}

// AddRolePermissions puts permissions into a role.
func (c *Client) AddRolePermissions(ctx context.Context, id string, permissions ...string) (Role, error) {
	return c.writeRole(ctx, api(post, "roles", id, "relationships", "permissions").with(named("permissions", permissions)))
}

// RemoveRolePermissions takes permissions out of a role.
func (c *Client) RemoveRolePermissions(ctx context.Context, id string, permissions ...string) (Role, error) {
	return c.writeRole(ctx, api(remove, "roles", id, "relationships", "permissions").with(named("permissions", permissions)))
}

func (c *Client) writeRole(ctx context.Context, r call) (Role, error) {
	var doc one[roleAttributes]
	r.into = &doc
	d, err := c.do(ctx, r)
	if err != nil {
		return Role{}, err
	}
	out := role(doc.Data)
	out.StillImplied, out.ZedToken = doc.Meta.StillImplied, d.ZedToken
	return out, nil
}

// named returns a document that names resources of a type.
func named(typeName string, ids []string) any {
	refs := make([]Ref, len(ids))
	for i, id := range ids {
		refs[i] = Ref{Type: typeName, ID: id}
	}
	return map[string][]Ref{"data": refs}
}
