package review

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// consequencesShown is how many changes, subjects and objects are told of when nobody says.
const consequencesShown = 20

// Proposal is a change to suppose: one of grant, member and link, added or removed.
type Proposal struct {
	Change string          `json:"change"` // "add" or "remove"
	Grant  *ProposedGrant  `json:"grant,omitempty"`
	Member *ProposedMember `json:"member,omitempty"`
	Link   *ProposedLink   `json:"link,omitempty"`
	Limit  *int            `json:"limit,omitempty"`
}

// ProposedGrant is a grant to remove, by its id, or one to add, by everything else.
type ProposedGrant struct {
	ID        string     `json:"id,omitempty"`
	Holder    *Entity    `json:"holder,omitempty"`
	Role      string     `json:"role,omitempty"`
	Scope     *Entity    `json:"scope,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// ProposedMember is a user in a team or an organization.
type ProposedMember struct {
	User string `json:"user"`
	In   Entity `json:"in"`
}

// ProposedLink is a group linked to a team.
type ProposedLink struct {
	Group string `json:"group"`
	Team  string `json:"team"`
}

// Consequences are what the change would change. Subjects and objects are how many gain or lose anything; complete is
// false where more are concerned than were asked about.
type Consequences struct {
	Changes  []Consequence `json:"changes"`
	Total    int           `json:"total"`
	Subjects int           `json:"subjects"`
	Objects  int           `json:"objects"`
	Complete bool          `json:"complete"`
}

// Consequence is what the same subjects gain and lose on the same objects.
type Consequence struct {
	ObjectType string   `json:"object_type"`
	Gained     []string `json:"gained"`
	Lost       []string `json:"lost"`
	Subjects   Several  `json:"subjects"`
	Objects    Several  `json:"objects"`
}

// Several is a number of subjects or objects of which the first are named. Concealed are those of the first that the
// caller may not see.
type Several struct {
	Total     int      `json:"total"`
	First     []Entity `json:"first"`
	Concealed int      `json:"concealed,omitempty"`
}

func (h *Handler) whatIf(c echo.Context) error {
	var body Proposal
	if err := decode(c, &body); err != nil {
		return err
	}
	proposal, err := body.proposal()
	if err != nil {
		return err
	}
	limit := consequencesShown
	if body.Limit != nil {
		limit = *body.Limit
	}
	found, err := h.Service.WhatIf(c.Request().Context(), endpoint.Principal(c), proposal, limit)
	if err != nil {
		return err
	}
	out := Consequences{Changes: make([]Consequence, len(found.Changes)), Total: found.Total, Subjects: found.Subjects, Objects: found.Objects, Complete: found.Complete}
	for i, x := range found.Changes {
		out.Changes[i] = Consequence{
			ObjectType: x.ObjectType, Gained: qualified(x.ObjectType, x.Gained), Lost: qualified(x.ObjectType, x.Lost), Subjects: several(x.Subjects), Objects: several(x.Objects),
		}
	}
	return c.JSON(http.StatusOK, out)
}

func several(s catalog.Several) Several {
	return Several{Total: s.Total, First: allShown(s.First), Concealed: s.Concealed}
}

// proposal returns the proposal in the catalog's words.
func (b Proposal) proposal() (catalog.Proposal, error) {
	out := catalog.Proposal{Remove: b.Change == "remove"}
	if b.Change != "add" && b.Change != "remove" {
		return out, fault.At("change", "must be add or remove")
	}
	if b.Member != nil {
		out.Member = &catalog.ProposedMember{User: b.Member.User, In: catalog.Entity{Type: b.Member.In.Type, Ref: b.Member.In.ID}}
	}
	if b.Link != nil {
		out.Link = &catalog.ProposedLink{Group: b.Link.Group, Team: b.Link.Team}
	}
	if b.Grant == nil {
		return out, nil
	}
	g, err := b.Grant.grant(out.Remove)
	out.Grant = &g
	return out, err
}

func (g ProposedGrant) grant(remove bool) (catalog.ProposedGrant, error) {
	described := g.Holder != nil || g.Scope != nil || g.Role != "" || g.ExpiresAt != nil
	switch {
	case remove && (g.ID == "" || described):
		return catalog.ProposedGrant{}, fault.At("grant", "must be the id of a grant that is to be removed, and nothing else")
	case !remove && (g.ID != "" || g.Holder == nil || g.Scope == nil || g.Role == ""):
		return catalog.ProposedGrant{}, fault.At("grant", "must have a holder, a role and a scope, and no id")
	}
	out := catalog.ProposedGrant{ID: g.ID, Role: g.Role}
	if !remove {
		out.Holder, out.Scope = catalog.Entity{Type: g.Holder.Type, Ref: g.Holder.ID}, catalog.Entity{Type: g.Scope.Type, Ref: g.Scope.ID}
	}
	if g.ExpiresAt != nil {
		out.ExpiresAt = *g.ExpiresAt
	}
	return out, nil
}

// qualified returns the names of permissions on objects of a type; those that are held there for what is below keep
// their type.
func qualified(objectType string, permissions []schema.Permission) []string {
	out := make([]string, len(permissions))
	for i, p := range permissions {
		out[i] = string(p)
		if p.Type() == objectType {
			out[i] = p.Name()
		}
	}
	return out
}
