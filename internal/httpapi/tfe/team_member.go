package tfe

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// teamMembers is what the file needs of the catalog.
type teamMembers interface {
	AddTeamMembers(ctx context.Context, p catalog.Principal, teamID string, refs ...string) (authz.Token, error)
	RemoveTeamMembers(ctx context.Context, p catalog.Principal, teamID string, refs ...string) (authz.Token, error)
	AddTeamMemberships(ctx context.Context, p catalog.Principal, teamID string, membershipIDs ...string) (authz.Token, error)
	RemoveTeamMemberships(ctx context.Context, p catalog.Principal, teamID string, membershipIDs ...string) (authz.Token, error)
}

func (h *Handler) teamMemberEndpoints() []endpoint.Endpoint {
	const users, memberships = "teams/:team/relationships/users", "teams/:team/relationships/organization-memberships"
	needs := endpoint.Permission(schema.TeamUpdateMembership)
	edit := func(typeName string, change memberEdit) echo.HandlerFunc {
		return func(c echo.Context) error { return h.editTeam(c, typeName, change) }
	}
	return []endpoint.Endpoint{
		answer.Route(http.MethodPost, users, needs, edit(answer.TypeUsers, h.Service.AddTeamMembers)),
		answer.Route(http.MethodDelete, users, needs, edit(answer.TypeUsers, h.Service.RemoveTeamMembers)),
		answer.Route(http.MethodPost, memberships, needs, edit(typeMemberships, h.Service.AddTeamMemberships)),
		answer.Route(http.MethodDelete, memberships, needs, edit(typeMemberships, h.Service.RemoveTeamMemberships)),
		answer.Route(http.MethodGet, memberships, endpoint.Permission(schema.TeamView), h.listTeamMemberships),
	}
}

// memberEdit is a use case that changes who is in a team.
type memberEdit func(ctx context.Context, p catalog.Principal, teamID string, refs ...string) (authz.Token, error)

// editTeam puts whom the request names into a team or takes them out. Clients name users by their usernames, the vendor's
// documents by their ids; both are understood.
func (h *Handler) editTeam(c echo.Context, typeName string, change memberEdit) error {
	refs, err := answer.ReadIDs(c, typeName)
	if err != nil {
		return err
	}
	t, err := h.team(c)
	if err != nil {
		return err
	}
	token, err := change(c.Request().Context(), principal(c), t.ID, refs...)
	if err != nil {
		return memberFaults(err)
	}
	return answer.Done(c, token)
}

// memberFaults gives the faults of members their statuses: 400 for whoever cannot be put in or taken out, 403 for the last
// owner (research tfe-api 1.4).
func memberFaults(err error) error {
	if !fault.Is(err, fault.Invalid) {
		return answer.As(http.StatusForbidden, fault.Conflict, err)
	}
	var out []error
	for _, f := range fault.All(err) {
		if f.Field != "" { // of whom it is about; in the request it is an id
			f = fault.New(fault.Invalid, "%s", answer.Sentence(f.Field, f.Message))
		}
		out = append(out, answer.As(http.StatusBadRequest, fault.Invalid, f))
	}
	return errors.Join(out...)
}

// listTeamMemberships lists the memberships of the people in a team: active and invited ones, or those of the statuses
// that are asked for.
func (h *Handler) listTeamMemberships(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	statuses, err := readStatuses(c)
	if err != nil {
		return err
	}
	order, err := memberOrder(answer.Parameter(c, "sort"))
	if err != nil {
		return err
	}
	t, err := h.Service.FindTeam(c.Request().Context(), principal(c), c.Param("team"), true)
	if err != nil {
		return err
	}
	if len(statuses) == 0 {
		statuses = []catalog.MembershipStatus{catalog.MembershipActive, catalog.MembershipInvited}
	}
	members := slices.DeleteFunc(t.Members, func(m catalog.Member) bool { return !slices.Contains(statuses, m.Status) })
	slices.SortStableFunc(members, order)
	var shown []jsonapi.Resource
	for _, m := range jsonapi.Cut(members, page) {
		shown = append(shown, membershipShown(m, t.Addresses || m.UserID == principal(c).Subject.ID))
	}
	return answer.SendPage(c, page, len(members), shown, nil, nil)
}

// memberOrder returns the order that a client wants members in, apart from that of their names.
func memberOrder(sort string) (func(a, b catalog.Member) int, error) {
	byStatus := func(a, b catalog.Member) int { return cmp.Compare(a.Status, b.Status) }
	switch sort {
	case "":
		return func(catalog.Member, catalog.Member) int { return 0 }, nil
	case "status":
		return byStatus, nil
	case "-status":
		return func(a, b catalog.Member) int { return byStatus(b, a) }, nil
	}
	return nil, jsonapi.Parameter("sort", "must be status or -status")
}
