package access

import (
	"context"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// platform is the one scope of platform-wide grants.
func platform() kinds { return kinds{{typePlatforms, schema.TypePlatform}} }

// grantWish is a grant as a client named it: its references are what he names things by.
type grantWish struct {
	role          string
	holder, scope authz.Object
	expiresAt     time.Time
	wrong         error // everything that cannot be, as far as the request alone tells
}

// readGrant reads a grant at one of some kinds of scopes. That of a platform-wide grant goes without saying.
func readGrant(in jsonapi.Input, at kinds) grantWish {
	var wish grantWish
	var roleErr, holderErr, scopeErr, endErr error
	wish.role, roleErr = answer.RelatedID(in, "role", typeRoles)
	wish.holder, holderErr = holders().relatedObject(in, "holder")
	if _, sent, err := in.One("scope"); len(at) == 1 && !sent && err == nil {
		wish.scope = authz.Object{Type: at[0].object, ID: catalog.PlatformID}
	} else {
		wish.scope, scopeErr = at.relatedObject(in, "scope")
	}
	_, wish.expiresAt, endErr = readEnd(in)
	wish.wrong = errors.Join(endErr, roleErr, holderErr, scopeErr)
	return wish
}

// readEnd reads when a grant ends; null is never. sent is false when the client left it out.
func readEnd(in jsonapi.Input) (sent bool, at time.Time, err error) {
	var attributes struct {
		ExpiresAt jsonapi.Field[string] `json:"expires-at"`
	}
	if err := in.Attributes(&attributes); err != nil {
		return true, time.Time{}, err
	}
	end := attributes.ExpiresAt
	if !end.Set || end.Null {
		return end.Set, time.Time{}, nil
	}
	at, err = time.Parse(time.RFC3339, end.Value)
	if err != nil {
		return true, time.Time{}, fault.At("expires-at", "must be a time as in 2026-01-31T12:00:00Z, or null")
	}
	return true, at, nil
}

// meantGrant returns the grant that a client means.
func (h *Handler) meantGrant(ctx context.Context, organizationID string, wish grantWish) (catalog.Grant, error) {
	if wish.wrong != nil {
		return catalog.Grant{}, wish.wrong
	}
	role, roleErr := h.Service.RoleNamed(ctx, organizationID, wish.role)
	if roleErr != nil && !fault.Is(roleErr, fault.Invalid) {
		return catalog.Grant{}, roleErr
	}
	holder, holderErr := h.Service.Resolve(ctx, wish.holder.Type, wish.holder.ID)
	if fault.Is(holderErr, fault.NotFound) && wish.holder.Type != schema.TypeTeam { // a team that is not there looks like one that is secret
		holderErr = fault.At("holder", "does not exist")
	} else if holderErr != nil {
		return catalog.Grant{}, holderErr
	}
	return catalog.Grant{RoleID: role, Holder: holder, ExpiresAt: wish.expiresAt}, errors.Join(roleErr, holderErr)
}

// grantEdit returns what a client wants made of a grant: another role, another end. Who holds it and where stays; whoever
// names another is told so.
func (h *Handler) grantEdit(ctx context.Context, in jsonapi.Input) catalog.Edit[catalog.Grant] {
	return func(g catalog.Grant, _ catalog.Home) (catalog.Grant, error) {
		sent, end, endErr := readEnd(in)
		if sent {
			g.ExpiresAt = end
		}
		role, renamed, roleErr := answer.RelatedTo(in, "role", typeRoles)
		if roleErr == nil && renamed {
			if g.RoleID, roleErr = h.anotherRole(ctx, g, role); roleErr != nil && !fault.Is(roleErr, fault.Invalid) {
				return g, roleErr
			}
		}
		return g, errors.Join(endErr, roleErr, h.stays(ctx, in, "holder", holders(), g.Holder), h.stays(ctx, in, "scope", append(scopes(), platform()...), g.Scope))
	}
}

// anotherRole returns the role that a client names for a grant. A custom access set keeps the one it has.
func (h *Handler) anotherRole(ctx context.Context, g catalog.Grant, ref string) (string, error) {
	if ref == g.RoleID {
		return ref, nil
	}
	return h.Service.RoleNamed(ctx, g.OrganizationID, ref)
}

// stays refuses another value of a relationship that never changes.
func (h *Handler) stays(ctx context.Context, in jsonapi.Input, relation string, k kinds, now authz.Object) error {
	_, sent, err := in.One(relation)
	if !sent || err != nil {
		return err
	}
	named, err := k.relatedObject(in, relation)
	if err != nil {
		return err
	}
	if found, err := h.Service.Resolve(ctx, named.Type, named.ID); err != nil || found != now {
		return fault.At("/data/relationships/"+relation, "cannot be changed: delete the grant and make another")
	}
	return nil
}

// grantQuery reads which grants are wanted. there is false where what was named is not there, so that nothing is found.
func (h *Handler) grantQuery(c echo.Context, organizationID string, at kinds) (query catalog.GrantQuery, there bool, err error) {
	var holderKnown, scopeKnown bool
	var holderErr, scopeErr error
	query.Holder, holderKnown, holderErr = holders().filterObject(c, h.Service, "filter[holder]")
	query.Scope, scopeKnown, scopeErr = at.filterObject(c, h.Service, "filter[scope]")
	if err := errors.Join(holderErr, scopeErr); err != nil {
		return query, false, err
	}
	if ref := c.QueryParam("filter[role]"); ref != "" {
		query.RoleID, err = h.Service.RoleNamed(c.Request().Context(), organizationID, ref)
		if fault.Is(err, fault.Invalid) {
			query.RoleID, err = ref, nil // the unnamed one of a grant, or none
		}
	}
	return query, holderKnown && scopeKnown, err
}

// grantAttributes are a grant as documents show it (DECISIONS N4).
type grantAttributes struct {
	ExpiresAt any `json:"expires-at"`
	CreatedAt any `json:"created-at"`
}

// grantResources returns grants as documents show them.
func (h *Handler) grantResources(c echo.Context, all ...catalog.Grant) ([]jsonapi.Resource, error) {
	names, err := organizationNames(h, c, all, func(g catalog.Grant) string { return g.OrganizationID })
	if err != nil {
		return nil, err
	}
	at := append(scopes(), platform()...)
	out := make([]jsonapi.Resource, len(all))
	for i, g := range all {
		organization := names[g.OrganizationID]
		out[i] = jsonapi.Resource{
			ID: g.ID, Type: typeGrants, Links: answer.Self("grants/" + g.ID),
			Attributes: grantAttributes{ExpiresAt: answer.Stamp(g.ExpiresAt), CreatedAt: answer.Stamp(g.CreatedAt)},
			Relationships: map[string]jsonapi.Relationship{
				"role":         jsonapi.ToOne(typeRoles, g.RoleID).At("/api/v2/roles/" + g.RoleID),
				"holder":       holders().related(g.Holder, organization),
				"scope":        at.related(g.Scope, organization),
				"organization": jsonapi.ToOne(answer.TypeOrganizations, organization),
			},
		}
	}
	return out, nil
}
