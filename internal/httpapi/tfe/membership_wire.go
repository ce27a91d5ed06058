package tfe

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

const typeMemberships = "organization-memberships"

// membershipAttributes are a membership as documents show it.
type membershipAttributes struct {
	Status               catalog.MembershipStatus `json:"status"`
	Email                string                   `json:"email"`
	CreatedAt            any                      `json:"created-at"`
	OrgTwoFactorRequired *bool                    `json:"is-org-two-factor-required"` // null: unknown before he accepts
}

// membershipResources shows memberships to whoever may see them, and so the addresses of the members.
func membershipResources(all ...catalog.Member) []jsonapi.Resource {
	out := make([]jsonapi.Resource, len(all))
	for i, m := range all {
		teams := make([]string, len(m.Teams))
		for j, t := range m.Teams {
			teams[j] = t.ID
		}
		out[i] = jsonapi.Resource{
			ID: m.ID, Type: typeMemberships,
			Attributes: membershipAttributes{Status: m.Status, Email: m.User.Email, CreatedAt: answer.Stamp(m.CreatedAt)},
			Relationships: map[string]jsonapi.Relationship{
				"organization": jsonapi.ToOne(answer.TypeOrganizations, m.Organization.Name).At("/api/v2/organizations/" + m.Organization.Name),
				"user":         jsonapi.ToOne(answer.TypeUsers, m.UserID).At("/api/v2/users/" + m.UserID),
				"teams":        jsonapi.ToMany(answer.TypeTeams, teams...),
			},
			Links: answer.Self("organization-memberships/" + m.ID),
		}
	}
	return out
}

// membershipIncludes returns what a client wants besides memberships, each resource once.
func (h *Handler) membershipIncludes(ctx context.Context, p catalog.Principal, wanted answer.Includes, members ...catalog.Member) ([]jsonapi.Resource, error) {
	var included []jsonapi.Resource
	if wanted.Has("user") {
		for _, u := range once(members, func(m catalog.Member) []catalog.User { return []catalog.User{m.User} }, func(u catalog.User) string { return u.ID }) {
			included = append(included, userResource(u, true))
		}
	}
	if wanted.Has("teams") {
		teams := once(members, func(m catalog.Member) []catalog.Team { return m.Teams }, func(t catalog.Team) string { return t.ID })
		shown, err := h.includedTeams(ctx, p, teams...)
		if err != nil {
			return nil, err
		}
		included = append(included, shown...)
	}
	if wanted.Has("organization") {
		organizations := once(members, func(m catalog.Member) []catalog.Organization { return []catalog.Organization{m.Organization} }, func(o catalog.Organization) string { return o.ID })
		shown, err := h.organizationResources(ctx, p, organizations...)
		if err != nil {
			return nil, err
		}
		included = append(included, shown...)
	}
	return included, nil
}

// once returns what several members have, every one of it once.
func once[T any](members []catalog.Member, of func(catalog.Member) []T, id func(T) string) []T {
	var out []T
	seen := map[string]bool{}
	for _, m := range members {
		for _, one := range of(m) {
			if !seen[id(one)] {
				seen[id(one)], out = true, append(out, one)
			}
		}
	}
	return out
}

func (h *Handler) sendMembership(c echo.Context, status int, wanted answer.Includes, m catalog.Member) error {
	included, err := h.membershipIncludes(c.Request().Context(), principal(c), wanted, m)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: membershipResources(m)[0], Included: included})
}
