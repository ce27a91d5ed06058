package tfe

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// What a team's document may include.
const (
	includeUsers       = "users"
	includeMemberships = "organization_memberships"
)

func readTeamIncludes(c echo.Context) (answer.Includes, error) {
	return answer.ReadIncludes(c, includeUsers, includeMemberships)
}

// teamInput are the attributes of a team that a client may set.
type teamInput struct {
	Name                       jsonapi.Field[string] `json:"name"`
	SSOTeamID                  jsonapi.Field[string] `json:"sso-team-id"`
	Visibility                 jsonapi.Field[string] `json:"visibility"`
	AllowMemberTokenManagement jsonapi.Field[bool]   `json:"allow-member-token-management"`
}

// teamFrom returns what a client wants changed about a team. A name that is null is an empty one, which no team may have;
// an SSO id that is null is none; any other null says nothing.
func teamFrom(in jsonapi.Input) (catalog.TeamChanges, error) {
	var sent teamInput
	access, accessErr := teamAccessFrom(in)
	if err := errors.Join(in.Attributes(&sent), accessErr); err != nil {
		return catalog.TeamChanges{}, err
	}
	out := catalog.TeamChanges{Access: access}
	if sent.Name.Set {
		out.Name = &sent.Name.Value
	}
	if sent.SSOTeamID.Set {
		out.SSOTeamID = &sent.SSOTeamID.Value
	}
	if sent.Visibility.Set && !sent.Visibility.Null {
		visibility := catalog.Visibility(sent.Visibility.Value)
		out.Visibility = &visibility
	}
	if sent.AllowMemberTokenManagement.Set && !sent.AllowMemberTokenManagement.Null {
		out.AllowMemberTokenManagement = &sent.AllowMemberTokenManagement.Value
	}
	return out, nil
}

// teamAccessFrom returns the flags that a client named. Flags that are no permission here are ignored like every unknown
// attribute, and so is null.
func teamAccessFrom(in jsonapi.Input) (catalog.TeamAccess, error) {
	var sent map[string]any
	if _, err := in.Attribute(organizationAccess, &sent); err != nil {
		return nil, err
	}
	out := catalog.TeamAccess{}
	var faults []error
	for _, flag := range catalog.AccessFlags() {
		name := catalog.FlagName(flag)
		switch value := sent[name].(type) {
		case nil:
		case bool:
			out[flag] = value
		default:
			faults = append(faults, fault.At(organizationAccess+"/"+name, "must be true or false"))
		}
	}
	return out, errors.Join(faults...)
}

const organizationAccess = "organization-access"

// newTeam returns a team of what a client sent, with defaults for the rest (research tfe-api 1.3). The default of its
// visibility depends on who creates it.
func newTeam(ch catalog.TeamChanges) catalog.Team {
	return catalog.Team{
		Name:                       value(ch.Name, ""),
		SSOTeamID:                  value(ch.SSOTeamID, ""),
		Visibility:                 value(ch.Visibility, ""),
		AllowMemberTokenManagement: value(ch.AllowMemberTokenManagement, true),
	}
}

// value returns what a pointer points at, or a default.
func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// teamAttributes are the attributes of a team as documents show them. Whoever may not know its organization access is
// shown none: that it has none would be a lie.
type teamAttributes struct {
	Name                       string             `json:"name"`
	SSOTeamID                  any                `json:"sso-team-id"`
	UsersCount                 int                `json:"users-count"`
	Visibility                 catalog.Visibility `json:"visibility"`
	AllowMemberTokenManagement bool               `json:"allow-member-token-management"`
	IsUnified                  bool               `json:"is-unified"`
	OrganizationAccess         map[string]any     `json:"organization-access,omitempty"`
	Permissions                map[string]bool    `json:"permissions"`
}

// teamResources returns teams as documents show them to a caller.
func (h *Handler) teamResources(ctx context.Context, p catalog.Principal, all ...catalog.TeamDetails) ([]jsonapi.Resource, error) {
	ids := make([]string, len(all))
	for i, t := range all {
		ids[i] = t.ID
	}
	can, err := h.permissions(ctx, p, schema.TypeTeam, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]jsonapi.Resource, len(all))
	for i, t := range all {
		out[i] = teamResource(t, can[i])
	}
	return out, nil
}

func teamResource(t catalog.TeamDetails, can map[string]bool) jsonapi.Resource {
	var users, memberships []string
	for _, m := range t.Members {
		switch m.Status {
		case catalog.MembershipActive:
			users, memberships = append(users, m.UserID), append(memberships, m.ID)
		case catalog.MembershipInvited:
			memberships = append(memberships, m.ID)
		case catalog.MembershipInactive:
		}
	}
	path := "teams/" + t.ID
	return jsonapi.Resource{
		ID: t.ID, Type: answer.TypeTeams,
		Attributes: teamAttributes{
			Name: t.Name, SSOTeamID: answer.OrNull(t.SSOTeamID), UsersCount: len(users), Visibility: t.Visibility,
			AllowMemberTokenManagement: t.AllowMemberTokenManagement, OrganizationAccess: teamAccessAttribute(t.Access), Permissions: can,
		},
		Relationships: map[string]jsonapi.Relationship{
			"organization":             jsonapi.ToOne(answer.TypeOrganizations, t.Organization.Name).At("/api/v2/organizations/" + t.Organization.Name),
			"users":                    jsonapi.ToMany(answer.TypeUsers, users...),
			"organization-memberships": jsonapi.ToMany(typeMemberships, memberships...).At("/api/v2/" + path + "/relationships/organization-memberships"),
			"authentication-token":     jsonapi.Elsewhere("/api/v2/" + path + "/authentication-token"),
		},
		Links: answer.Self(path),
	}
}

// teamAccessAttribute returns the flags as documents show them, nil for flags that are not shown. The nullable ones are no
// permissions of anything here and always null.
func teamAccessAttribute(access catalog.TeamAccess) map[string]any {
	if access == nil {
		return nil
	}
	out := map[string]any{"manage-registry-components": nil, "manage-registry-artifact-tags": nil, "manage-registry-artifact-version-tags": nil}
	for flag, set := range access {
		out[catalog.FlagName(flag)] = set
	}
	return out
}

// relatedToTeams returns what is included with teams, each once: the people who hold what a team holds, and the
// memberships that it shows.
func relatedToTeams(p catalog.Principal, wanted answer.Includes, all ...catalog.TeamDetails) []jsonapi.Resource {
	found := map[string]jsonapi.Resource{}
	for _, t := range all {
		for _, m := range t.Members {
			address := t.Addresses || m.UserID == p.Subject.ID
			if wanted.Has(includeUsers) && m.Status == catalog.MembershipActive {
				found[m.UserID] = userResource(m.User, address)
			}
			if wanted.Has(includeMemberships) && m.Status != catalog.MembershipInactive {
				found[m.ID] = membershipShown(m, address)
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b jsonapi.Resource) int { return cmp.Compare(a.ID, b.ID) })
}

// membershipShown shows a membership, with the address only to whoever may know it.
func membershipShown(m catalog.Member, address bool) jsonapi.Resource {
	if !address {
		m.User.Email = ""
	}
	return membershipResources(m)[0]
}

// includedTeams returns the documents of those teams that a caller may see.
func (h *Handler) includedTeams(ctx context.Context, p catalog.Principal, all ...catalog.Team) ([]jsonapi.Resource, error) {
	described, err := h.Service.DescribeTeams(ctx, p, all...)
	if err != nil {
		return nil, err
	}
	return h.teamResources(ctx, p, described...)
}
