package client

import (
	"context"
	"encoding/json"
	"net/url"
	"time"
)

// Grant gives a role to a holder at a scope.
type Grant struct {
	ID           string
	Organization string    // "" at the platform
	Role         string    // its id, or the name of a built-in one
	Holder       Entity    // a team, group, user or service account
	Scope        Entity    // the platform, an organization, project, workspace or stack
	ExpiresAt    time.Time // zero: for good
	CreatedAt    time.Time

	ZedToken string // after a change: how new it is
}

type grantAttributes struct {
	ExpiresAt time.Time `json:"expires-at"`
	CreatedAt time.Time `json:"created-at"`
}

func grant(r resource[grantAttributes]) Grant {
	return Grant{
		ID: r.ID, Organization: r.related("organization").ID, Role: r.related("role").ID, Holder: r.related("holder"), Scope: r.related("scope"),
		ExpiresAt: r.Attributes.ExpiresAt, CreatedAt: r.Attributes.CreatedAt,
	}
}

// GrantFilter says which grants are wanted. The zero value: all.
type GrantFilter struct {
	Holder, Scope Entity
	Role          string
}

func (f GrantFilter) query() url.Values {
	q := filters("filter[role]", f.Role)
	for name, e := range map[string]Entity{"filter[holder]": f.Holder, "filter[scope]": f.Scope} {
		if e != (Entity{}) {
			q.Set(name, e.String())
		}
	}
	return q
}

// GrantRequest says what grant is wanted: which role, by id or name, who is to hold it, and where.
type GrantRequest struct {
	Role      string
	Holder    Entity
	Scope     Entity    // at the platform it goes without saying
	ExpiresAt time.Time // zero: for good
}

// sentGrant are the attributes of a grant that is sent. Null is for good, what is left out stays.
type sentGrant struct {
	ExpiresAt json.RawMessage `json:"expires-at,omitempty"`
}

func (r GrantRequest) body() any {
	doc := one[sentGrant]{Data: resource[sentGrant]{Type: "grants", Attributes: sentGrant{orNull(r.ExpiresAt)}, Relationships: map[string]relation{
		"role": {Data: &Ref{Type: "roles", ID: r.Role}}, "holder": to(r.Holder),
	}}}
	if r.Scope != (Entity{}) {
		doc.Data.Relationships["scope"] = to(r.Scope)
	}
	return doc
}

// GrantChange says what a grant is to be. What is nil or empty stays as it is; holder and scope never change.
type GrantChange struct {
	Role      string
	ExpiresAt *time.Time // the zero time: for good
}

func (r GrantChange) body() any {
	doc := one[sentGrant]{Data: resource[sentGrant]{Type: "grants"}}
	if r.ExpiresAt != nil {
		doc.Data.Attributes.ExpiresAt = orNull(*r.ExpiresAt)
	}
	if r.Role != "" {
		doc.Data.Relationships = map[string]relation{"role": {Data: &Ref{Type: "roles", ID: r.Role}}}
	}
	return doc
}

// ListGrants returns the grants in an organization.
func (c *Client) ListGrants(ctx context.Context, organization string, f GrantFilter, p Page) (List[Grant], error) {
	return list(ctx, c, api(get, "organizations", organization, "grants"), f.query(), p, grant)
}

// ListPlatformGrants returns the grants at the platform.
func (c *Client) ListPlatformGrants(ctx context.Context, f GrantFilter, p Page) (List[Grant], error) {
	return list(ctx, c, api(get, "admin", "grants"), f.query(), p, grant)
}

// CreateGrant gives a role in an organization.
func (c *Client) CreateGrant(ctx context.Context, organization string, r GrantRequest) (Grant, error) {
	return c.writeGrant(ctx, api(post, "organizations", organization, "grants").with(r.body()))
}

// CreatePlatformGrant gives a role at the platform, and so in every organization.
func (c *Client) CreatePlatformGrant(ctx context.Context, r GrantRequest) (Grant, error) {
	return c.writeGrant(ctx, api(post, "admin", "grants").with(r.body()))
}

// ReadGrant returns a grant.
func (c *Client) ReadGrant(ctx context.Context, id string) (Grant, error) {
	found, _, err := fetch(ctx, c, api(get, "grants", id), grant)
	return found, err
}

// UpdateGrant changes a grant's role or end.
func (c *Client) UpdateGrant(ctx context.Context, id string, r GrantChange) (Grant, error) {
	return c.writeGrant(ctx, api(patch, "grants", id).with(r.body()))
}

// DeleteGrant takes a role away.
func (c *Client) DeleteGrant(ctx context.Context, id string) (zedToken string, err error) {
	return c.change(ctx, api(remove, "grants", id))
}

func (c *Client) writeGrant(ctx context.Context, r call) (Grant, error) {
	out, d, err := fetch(ctx, c, r, grant)
	out.ZedToken = d.ZedToken
	return out, err
}
