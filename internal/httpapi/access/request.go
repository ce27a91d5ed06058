package access

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

const typeAccessRequests = "access-requests"

// accessRequests is what the file needs of the catalog.
type accessRequests interface {
	CreateAccessRequest(ctx context.Context, p catalog.Principal, r catalog.AccessRequest) (catalog.AccessRequest, authz.Token, error)
	ListAccessRequests(ctx context.Context, p catalog.Principal, organizationID string, status catalog.RequestStatus, w catalog.Window) ([]catalog.AccessRequest, int, error)
	ReadAccessRequest(ctx context.Context, p catalog.Principal, id string) (catalog.AccessRequest, error)
	ApproveAccessRequest(ctx context.Context, p catalog.Principal, id, answer string) (catalog.AccessRequest, authz.Token, error)
	RejectAccessRequest(ctx context.Context, p catalog.Principal, id, answer string) (catalog.AccessRequest, authz.Token, error)
	WithdrawAccessRequest(ctx context.Context, p catalog.Principal, id string) (catalog.AccessRequest, authz.Token, error)
}

// requestEndpoints are the routes of access requests (DECISIONS N8). Who asked sees and withdraws his own.
func (h *Handler) requestEndpoints() []endpoint.Endpoint {
	member, decide := endpoint.Permission(schema.OrganizationView), endpoint.Permission(schema.OrganizationApproveRequests)
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/access-requests", member, h.listRequests),
		answer.Route(http.MethodPost, "organizations/:organization/access-requests", member, h.createRequest),
		answer.Route(http.MethodGet, "access-requests/:request", member, h.readRequest),
		answer.Route(http.MethodPost, "access-requests/:request/actions/approve", decide, h.approveRequest),
		answer.Route(http.MethodPost, "access-requests/:request/actions/reject", decide, h.rejectRequest),
		answer.Route(http.MethodPost, "access-requests/:request/actions/withdraw", member, h.withdrawRequest),
	}
}

func (h *Handler) listRequests(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	page, pageErr := jsonapi.ReadPage(c.QueryParams())
	status, statusErr := statusParameter(c)
	if err := errors.Join(pageErr, statusErr); err != nil {
		return err
	}
	found, total, err := h.Service.ListAccessRequests(c.Request().Context(), principal(c), o.ID, status, answer.Window(page))
	if err != nil {
		return err
	}
	shown, err := h.requestResources(c, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

// statusParameter reads which requests are wanted, all for none.
func statusParameter(c echo.Context) (catalog.RequestStatus, error) {
	status := catalog.RequestStatus(c.QueryParam("filter[status]"))
	known := []catalog.RequestStatus{"", catalog.RequestPending, catalog.RequestApproved, catalog.RequestRejected, catalog.RequestWithdrawn}
	if !slices.Contains(known, status) {
		return "", jsonapi.Parameter("filter[status]", "must be pending, approved, rejected or withdrawn")
	}
	return status, nil
}

func (h *Handler) createRequest(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), typeAccessRequests)
	if err != nil {
		return err
	}
	wanted, err := readRequest(in)
	if err != nil {
		return err
	}
	wanted.OrganizationID = o.ID
	created, token, err := h.Service.CreateAccessRequest(c.Request().Context(), principal(c), wanted)
	if err != nil {
		return relations(err, "role", "scope")
	}
	answer.Written(c, token)
	return h.sendRequest(c, http.StatusCreated, created)
}

// readRequest reads what a client asks for, in his words.
func readRequest(in jsonapi.Input) (catalog.AccessRequest, error) {
	var out catalog.AccessRequest
	var roleErr, scopeErr, endErr error
	_, reasonErr := in.Attribute("reason", &out.Reason)
	out.RoleID, roleErr = answer.RelatedID(in, "role", typeRoles)
	out.Scope, scopeErr = scopes().relatedObject(in, "scope")
	_, out.ExpiresAt, endErr = readEnd(in)
	return out, errors.Join(reasonErr, endErr, roleErr, scopeErr)
}

func (h *Handler) readRequest(c echo.Context) error {
	r, err := h.Service.ReadAccessRequest(c.Request().Context(), principal(c), c.Param("request"))
	if err != nil {
		return err
	}
	return h.sendRequest(c, http.StatusOK, r)
}

func (h *Handler) approveRequest(c echo.Context) error {
	return h.decideRequest(c, h.Service.ApproveAccessRequest)
}

func (h *Handler) rejectRequest(c echo.Context) error {
	return h.decideRequest(c, h.Service.RejectAccessRequest)
}

// decideRequest approves or rejects a request, with an answer that the client may leave out.
func (h *Handler) decideRequest(c echo.Context,
	decide func(ctx context.Context, p catalog.Principal, id, answer string) (catalog.AccessRequest, authz.Token, error),
) error {
	var text string
	if c.Request().ContentLength != 0 {
		in, err := jsonapi.ReadEither(c.Request(), typeAccessRequests)
		if err != nil {
			return err
		}
		if _, err := in.Attribute("answer", &text); err != nil {
			return err
		}
	}
	r, token, err := decide(c.Request().Context(), principal(c), c.Param("request"), text)
	if err != nil {
		return relations(err, "role", "scope")
	}
	answer.Written(c, token)
	return h.sendRequest(c, http.StatusOK, r)
}

func (h *Handler) withdrawRequest(c echo.Context) error {
	r, token, err := h.Service.WithdrawAccessRequest(c.Request().Context(), principal(c), c.Param("request"))
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendRequest(c, http.StatusOK, r)
}

func (h *Handler) sendRequest(c echo.Context, status int, r catalog.AccessRequest) error {
	shown, err := h.requestResources(c, r)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: shown[0]})
}

// requestAttributes are an access request as documents show it (DECISIONS N14).
type requestAttributes struct {
	Reason    string `json:"reason"`
	ExpiresAt any    `json:"expires-at"`
	Status    string `json:"status"`
	Answer    any    `json:"answer"`
	CreatedAt any    `json:"created-at"`
	DecidedAt any    `json:"decided-at"`
}

// requestResources returns access requests as documents show them. The id of a scope is what the person called it, as long
// as nobody has said that it is there.
func (h *Handler) requestResources(c echo.Context, all ...catalog.AccessRequest) ([]jsonapi.Resource, error) {
	names, err := organizationNames(h, c, all, func(r catalog.AccessRequest) string { return r.OrganizationID })
	if err != nil {
		return nil, err
	}
	out := make([]jsonapi.Resource, len(all))
	for i, r := range all {
		organization := names[r.OrganizationID]
		scope := jsonapi.ToOne(scopes().resource(r.Scope.Type), r.Scope.ID)
		if r.Scope.Type == schema.TypeOrganization {
			scope = jsonapi.ToOne(answer.TypeOrganizations, organization)
		}
		relationships := map[string]jsonapi.Relationship{
			"role":         jsonapi.ToOne(typeRoles, r.RoleID).At("/api/v2/roles/" + r.RoleID),
			"scope":        scope,
			"requester":    jsonapi.ToOne(answer.TypeUsers, r.UserID).At("/api/v2/users/" + r.UserID),
			"organization": jsonapi.ToOne(answer.TypeOrganizations, organization),
		}
		if !r.DecidedBy.IsZero() {
			relationships["decider"] = answer.Party(r.DecidedBy, organization)
		}
		if r.GrantID != "" {
			relationships["grant"] = jsonapi.ToOne(typeGrants, r.GrantID).At("/api/v2/grants/" + r.GrantID)
		}
		out[i] = jsonapi.Resource{
			ID: r.ID, Type: typeAccessRequests, Links: answer.Self("access-requests/" + r.ID), Relationships: relationships,
			Attributes: requestAttributes{
				Reason: r.Reason, ExpiresAt: answer.Stamp(r.ExpiresAt), Status: string(r.Status), Answer: answer.OrNull(r.Answer),
				CreatedAt: answer.Stamp(r.CreatedAt), DecidedAt: answer.Stamp(r.DecidedAt),
			},
		}
	}
	return out, nil
}
