package client

import (
	"context"
	"time"
)

// GroupDetails is a group: of an identity provider, or kept by hand.
type GroupDetails struct {
	ID         string
	Name       string
	ExternalID string // by which its origin knows it
	Source     string // its origin; manual where it is kept by hand
	Users      int    // that are in it by themselves
	Groups     int
	Paused     bool // its directory's word about it waits
	CreatedAt  time.Time

	ZedToken string // after a change: how new it is
}

type groupAttributes struct {
	Name       string    `json:"name"`
	ExternalID string    `json:"external-id,omitempty"`
	Source     string    `json:"source,omitempty"`
	Users      int       `json:"users-count,omitempty"`
	Groups     int       `json:"groups-count,omitempty"`
	Paused     bool      `json:"paused,omitempty"`
	Rule       string    `json:"rule,omitempty"` // of a link
	CreatedAt  time.Time `json:"created-at,omitzero"`
}

func group(r resource[groupAttributes]) GroupDetails {
	a := r.Attributes
	return GroupDetails{ID: r.ID, Name: a.Name, ExternalID: a.ExternalID, Source: a.Source, Users: a.Users, Groups: a.Groups, Paused: a.Paused, CreatedAt: a.CreatedAt}
}

// GroupFilter says which groups are wanted. The zero value: all.
type GroupFilter struct {
	Contains   string // a part of the name
	Source     string
	ExternalID string
}

// ListGroups returns groups.
func (c *Client) ListGroups(ctx context.Context, f GroupFilter, p Page) (List[GroupDetails], error) {
	q := filters("q", f.Contains, "filter[source]", f.Source, "filter[external-id]", f.ExternalID)
	return list(ctx, c, api(get, "admin", "groups"), q, p, group)
}

// CreateGroup makes a group that is kept by hand. An external id may be left out.
func (c *Client) CreateGroup(ctx context.Context, name, externalID string) (GroupDetails, error) {
	body := one[groupAttributes]{Data: resource[groupAttributes]{Type: "groups", Attributes: groupAttributes{Name: name, ExternalID: externalID}}}
	out, d, err := fetch(ctx, c, api(post, "admin", "groups").with(body), group)
	out.ZedToken = d.ZedToken
	return out, err
}

// ReadGroup returns a group.
func (c *Client) ReadGroup(ctx context.Context, id string) (GroupDetails, error) {
	found, _, err := fetch(ctx, c, api(get, "admin", "groups", id), group)
	return found, err
}

// DeleteGroup deletes a group that is kept by hand, with its links and grants.
func (c *Client) DeleteGroup(ctx context.Context, id string) (zedToken string, err error) {
	return c.change(ctx, api(remove, "admin", "groups", id))
}

// ListGroupMembers returns the users and groups that are in a group by themselves.
func (c *Client) ListGroupMembers(ctx context.Context, id string, p Page) (List[Entity], error) {
	return list(ctx, c, members(get, id), filters(), p, func(r resource[struct{}]) Entity { return Ref{Type: r.Type, ID: r.ID}.entity() })
}

// AddGroupMembers puts users and groups into a group that is kept by hand.
func (c *Client) AddGroupMembers(ctx context.Context, id string, who ...Entity) (zedToken string, err error) {
	return c.change(ctx, members(post, id).with(refs(who)))
}

// RemoveGroupMembers takes users and groups out of a group that is kept by hand.
func (c *Client) RemoveGroupMembers(ctx context.Context, id string, who ...Entity) (zedToken string, err error) {
	return c.change(ctx, members(remove, id).with(refs(who)))
}

func members(method, id string) call {
	return api(method, "admin", "groups", id, "relationships", "members")
}

func refs(all []Entity) any {
	out := make([]Ref, len(all))
	for i, e := range all {
		out[i] = e.ref()
	}
	return map[string][]Ref{"data": out}
}

// GroupLink makes the members of a group those of a team.
type GroupLink struct {
	ID           string
	Organization string
	Team         Entity
	Group        Entity
	GroupName    string
	ExternalID   string // of the group
	Source       string // of the group
	Rule         string // the rule of the configuration that made it; "" for a person
	Paused       bool   // the team keeps those who were in the group when it was paused

	ZedToken string // after a change: how new it is
}

func groupLink(r resource[groupAttributes]) GroupLink {
	return GroupLink{
		ID: r.ID, Organization: r.related("organization").ID, Team: r.related("team"), Group: r.related("group"),
		GroupName: r.Attributes.Name, ExternalID: r.Attributes.ExternalID, Source: r.Attributes.Source, Rule: r.Attributes.Rule, Paused: r.Attributes.Paused,
	}
}

// ListGroupLinks returns the links in an organization: all, or those of a team or a group, by their ids.
func (c *Client) ListGroupLinks(ctx context.Context, organization, teamID, groupID string, p Page) (List[GroupLink], error) {
	q := filters("filter[team]", teamID, "filter[group]", groupID)
	return list(ctx, c, api(get, "organizations", organization, "group-links"), q, p, groupLink)
}

// CreateGroupLink links a group, by its id, to a team. Whoever may do so but not see the link gets one without an id.
func (c *Client) CreateGroupLink(ctx context.Context, organization, team, groupID string) (GroupLink, error) {
	body := one[struct{}]{Data: resource[struct{}]{Type: "group-links", Relationships: map[string]relation{
		"team": to(Team(team)), "group": to(Group(groupID)),
	}}}
	out, d, err := fetch(ctx, c, api(post, "organizations", organization, "group-links").with(body), groupLink)
	out.ZedToken = d.ZedToken
	return out, err
}

// ReadGroupLink returns a link.
func (c *Client) ReadGroupLink(ctx context.Context, id string) (GroupLink, error) {
	found, _, err := fetch(ctx, c, api(get, "group-links", id), groupLink)
	return found, err
}

// DeleteGroupLink ends a link.
func (c *Client) DeleteGroupLink(ctx context.Context, id string) (zedToken string, err error) {
	return c.change(ctx, api(remove, "group-links", id))
}
