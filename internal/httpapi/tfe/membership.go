package tfe

import (
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

// memberships is what the file needs of the catalog.
type memberships interface {
	ListMembers(ctx context.Context, p catalog.Principal, organizationID string, q catalog.MemberQuery, w catalog.Window) (catalog.MemberPage, error)
	ListOwnMemberships(ctx context.Context, p catalog.Principal) ([]catalog.Member, error)
	FindMember(ctx context.Context, p catalog.Principal, id string) (catalog.Member, error)
	InviteMember(ctx context.Context, p catalog.Principal, i catalog.Invitation) (catalog.Member, authz.Token, error)
	RemoveMembership(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) membershipEndpoints() []endpoint.Endpoint {
	manage := endpoint.Permission(schema.OrganizationManageMembership)
	const list, one = "organizations/:organization/organization-memberships", "organization-memberships/:id"
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, list, endpoint.Permission(schema.OrganizationView), h.listMemberships),
		answer.Route(http.MethodPost, list, manage, h.invite),
		answer.Route(http.MethodGet, "organization-memberships", endpoint.Authenticated(), h.listOwnMemberships),
		answer.Route(http.MethodGet, one, endpoint.Permission(schema.OrganizationViewMembers), h.readMembership),
		answer.Route(http.MethodDelete, one, manage, h.deleteMembership),
	}
}

func (h *Handler) listMemberships(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	wanted, err := answer.ReadIncludes(c, "user", "teams")
	if err != nil {
		return err
	}
	query := catalog.MemberQuery{Contains: c.QueryParam("q"), Emails: answer.Words(c.QueryParam("filter[email]"))}
	if query.Statuses, err = readStatuses(c); err != nil {
		return err
	}
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	found, err := h.Service.ListMembers(ctx, p, o.ID, query, answer.Window(page))
	if err != nil {
		return err
	}
	counts := map[string]int{"total": 0}
	for _, status := range membershipStatuses() {
		counts[string(status)] = found.Counts[status]
		counts["total"] += found.Counts[status]
	}
	included, err := h.membershipIncludes(ctx, p, wanted, found.Members...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, found.Total, membershipResources(found.Members...), included, map[string]any{"status-counts": counts})
}

// readStatuses reads the parameter by which memberships are chosen by their status.
func readStatuses(c echo.Context) ([]catalog.MembershipStatus, error) {
	var out []catalog.MembershipStatus
	for _, word := range answer.Words(c.QueryParam("filter[status]")) {
		status := catalog.MembershipStatus(word)
		if !slices.Contains(membershipStatuses(), status) {
			return nil, jsonapi.Parameter("filter[status]", "must be active, invited or inactive")
		}
		out = append(out, status)
	}
	return out, nil
}

// membershipStatuses returns what a membership can be.
func membershipStatuses() []catalog.MembershipStatus {
	return []catalog.MembershipStatus{catalog.MembershipActive, catalog.MembershipInvited, catalog.MembershipInactive}
}

func (h *Handler) listOwnMemberships(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	wanted, err := answer.ReadIncludes(c, "user", "teams", "organization")
	if err != nil {
		return err
	}
	all, err := h.Service.ListOwnMemberships(ctx, p)
	if err != nil {
		return err
	}
	found := jsonapi.Cut(all, page)
	included, err := h.membershipIncludes(ctx, p, wanted, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, len(all), membershipResources(found...), included, nil)
}

func (h *Handler) readMembership(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	wanted, err := answer.ReadIncludes(c, "user", "teams")
	if err != nil {
		return err
	}
	m, err := h.Service.FindMember(ctx, p, c.Param("id"))
	if err != nil {
		return err
	}
	return h.sendMembership(c, http.StatusOK, wanted, m)
}

// invite answers with the user included, whatever was asked for: clients rely on it (research tfe-api 1.2).
func (h *Handler) invite(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), typeMemberships)
	if err != nil {
		return err
	}
	var sent struct {
		Email string `json:"email"`
	}
	wrongTypes := in.Attributes(&sent)
	i := catalog.Invitation{OrganizationID: o.ID, Email: sent.Email}
	var wrongTeams error
	i.TeamIDs, _, wrongTeams = answer.RelatedIDs(in, "teams", answer.TypeTeams)
	if err := answer.Beside(errors.Join(wrongTypes, wrongTeams), i.Check()); err != nil {
		return err
	}
	m, token, err := h.Service.InviteMember(c.Request().Context(), principal(c), i)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendMembership(c, http.StatusCreated, answer.Includes{"user"}, m)
}

// deleteMembership answers 403 where the last owner would go: the caller sees what he tries to change (research tfe-api
// 6.1).
func (h *Handler) deleteMembership(c echo.Context) error {
	token, err := h.Service.RemoveMembership(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return answer.As(http.StatusForbidden, fault.Conflict, err)
	}
	return answer.Done(c, token)
}
