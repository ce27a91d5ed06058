package client

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Thing is somebody or something, with its name where it has one.
type Thing struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// EffectiveAccess is everything that a subject may do on an object, and through what.
type EffectiveAccess struct {
	Subject     Thing            `json:"subject"`
	Object      Thing            `json:"object"`
	Permissions []HeldPermission `json:"permissions"`
	Sources     []Source         `json:"sources"` // roles the subject holds, the nearest first, whatever they give

	ZedToken string `json:"-"`
}

// HeldPermission is one permission that a subject holds.
type HeldPermission struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	From        []int    `json:"from"`    // places in Sources of the roles that give it
	Derived     bool     `json:"derived"` // no role gives it: it follows from others, or from a rule
	FollowsFrom []string `json:"follows_from,omitempty"`
}

// Source is a role that somebody holds at, above or below an object.
type Source struct {
	Grant     string    `json:"grant,omitempty"` // its id; "" for what follows from the model itself
	Role      RoleName  `json:"role"`
	Scope     Thing     `json:"scope"`
	Where     string    `json:"where"` // where the scope is as seen from the object
	Holder    Thing     `json:"holder"`
	Paths     []Path    `json:"paths,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Concealed bool      `json:"concealed,omitempty"` // the holder is one that the caller may not see
}

// RoleName is a role by its id and by what people call it.
type RoleName struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// Path is a way in which a subject is in a holder: by himself, or through a group that may be linked to it.
type Path struct {
	Direct bool   `json:"direct"`
	Group  *Thing `json:"group,omitempty"`
	Link   string `json:"link,omitempty"`
}

// EffectiveAccess returns what a subject may do on an object, each permission with the roles that give it.
func (c *Client) EffectiveAccess(ctx context.Context, subject, object Entity) (EffectiveAccess, error) {
	var out EffectiveAccess
	q := filters("subject", subject.String(), "object", object.String())
	d, err := c.do(ctx, call{method: http.MethodGet, path: "/access/v1/effective-access", query: q, into: &out})
	out.ZedToken = d.ZedToken
	return out, err
}

// Matrix is a page of who may do what on an object.
type Matrix struct {
	Object      Thing       `json:"object"`
	Permissions []string    `json:"permissions"` // all there are on the object
	Rows        []MatrixRow `json:"rows"`
	Total       int         `json:"total"`          // on all pages
	Next        string      `json:"next,omitempty"` // the Token of the page that follows, "" at the end
}

// MatrixRow is what one holder, or one person, may do.
type MatrixRow struct {
	Holder      Thing    `json:"holder"`
	Permissions []string `json:"permissions"`
	Sources     []Source `json:"sources,omitempty"` // of a holder
	Through     []Thing  `json:"through,omitempty"` // of a person, the holders he is in
}

// Matrix returns who may do what on an object: the holders of roles or, where people is true, everybody in them.
func (c *Client) Matrix(ctx context.Context, object Entity, people bool, p Page) (Matrix, error) {
	q := filters("object", object.String(), "after", p.Token)
	if people {
		q.Set("people", "true")
	}
	if p.Limit != 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	var out Matrix
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/access/v1/matrix", query: q, into: &out})
	return out, err
}

// The changes that a Proposal supposes.
const (
	Add    = "add"
	Remove = "remove"
)

// Proposal is a change to suppose: one of Grant, Member and Link, added or removed.
type Proposal struct {
	Change string          `json:"change"` // Add or Remove
	Grant  *ProposedGrant  `json:"grant,omitempty"`
	Member *ProposedMember `json:"member,omitempty"`
	Link   *ProposedLink   `json:"link,omitempty"`
	Limit  int             `json:"limit,omitempty"` // how many changes, subjects and objects are named; 0: twenty
}

// ProposedGrant is a grant to remove, by its id, or one to add, by everything else.
type ProposedGrant struct {
	ID        string    `json:"id,omitempty"`
	Holder    *Entity   `json:"holder,omitempty"`
	Role      string    `json:"role,omitempty"`
	Scope     *Entity   `json:"scope,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// ProposedMember is a user in a team or an organization.
type ProposedMember struct {
	User string `json:"user"`
	In   Entity `json:"in"`
}

// ProposedLink is a group, by its id, linked to a team.
type ProposedLink struct {
	Group string `json:"group"`
	Team  string `json:"team"`
}

// Consequences are what a change would change.
type Consequences struct {
	Changes  []Consequence `json:"changes"`
	Total    int           `json:"total"`    // of the changes, also those that are not named
	Subjects int           `json:"subjects"` // how many gain or lose anything
	Objects  int           `json:"objects"`  // on how many
	Complete bool          `json:"complete"` // everybody concerned was asked about
}

// Consequence is what the same subjects gain and lose on the same objects.
type Consequence struct {
	ObjectType string   `json:"object_type"`
	Gained     []string `json:"gained"`
	Lost       []string `json:"lost"`
	Subjects   Several  `json:"subjects"`
	Objects    Several  `json:"objects"`
}

// Several is a number of subjects or objects, of which the first are named.
type Several struct {
	Total     int     `json:"total"`
	First     []Thing `json:"first"`
	Concealed int     `json:"concealed,omitempty"` // of the first those that the caller may not see
}

// WhatIf returns who would gain and lose what by a change. Nothing is written.
func (c *Client) WhatIf(ctx context.Context, p Proposal) (Consequences, error) {
	var out Consequences
	_, err := c.do(ctx, call{method: http.MethodPost, path: "/access/v1/what-if", body: p, asks: true, into: &out})
	return out, err
}
