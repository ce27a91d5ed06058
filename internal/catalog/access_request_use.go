package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// CreateAccessRequest asks for a role at a scope of an organization, for oneself; any active member. The role is named by
// its id, or by its name; the scope by its id or path. See requestedScope for scopes that the member may not see.
func (s *Service) CreateAccessRequest(ctx context.Context, p Principal, r AccessRequest) (AccessRequest, authz.Token, error) {
	organization := organizationRef(r.OrganizationID)
	if err := s.requireToChange(ctx, p, schema.OrganizationView, organization); err != nil {
		return AccessRequest{}, "", err
	}
	if err := s.asksAsMember(ctx, p, organization); err != nil {
		return AccessRequest{}, "", err
	}
	var err error
	if r.Scope, err = s.requestedScope(ctx, p, r.OrganizationID, r.Scope); err != nil {
		return AccessRequest{}, "", err
	}
	if r.RoleID, err = s.requestedRole(ctx, r.OrganizationID, r.RoleID); err != nil {
		return AccessRequest{}, "", err
	}
	asked := AccessRequest{
		OrganizationID: r.OrganizationID, UserID: p.Subject.ID, RoleID: r.RoleID, Scope: r.Scope, Reason: r.Reason, ExpiresAt: r.ExpiresAt,
	}
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		r, err = c.AskForAccess(ctx, asked)
		return err
	})
	return r, token, err
}

// asksAsMember refuses whoever is no active member of an organization: tokens and service accounts, people whom a group or
// a grant lets look in, and people who are invited.
func (s *Service) asksAsMember(ctx context.Context, p Principal, organization authz.Object) error {
	if p.Subject.Type == schema.TypeUser {
		have, err := s.store.Memberships(ctx, MembershipFilter{OrganizationID: organization.ID, UserID: p.Subject.ID})
		if err != nil {
			return err
		}
		if len(have) > 0 && have[0].Status == MembershipActive {
			return nil
		}
	}
	return s.refused(ctx, p, schema.OrganizationView, organization, fault.New(fault.Denied, "only members of the organization ask for access in it"))
}

// requestedRole returns the role that an id or a name means in an organization. An unnamed set of permissions belongs to
// the grant it was made for and is nobody else's to ask for.
func (s *Service) requestedRole(ctx context.Context, organizationID, ref string) (string, error) {
	if _, builtin := schema.BuiltinRole(ref); builtin {
		return ref, nil
	}
	if ref == "" {
		return "", fault.At("role", "can't be blank")
	}
	r, err := s.store.Role(ctx, ref)
	if fault.Is(err, fault.NotFound) {
		r, err = s.store.RoleByName(ctx, organizationID, ref)
	}
	if fault.Is(err, fault.NotFound) || (err == nil && (r.Name == "" || r.OrganizationID != "" && r.OrganizationID != organizationID)) {
		return "", fault.At("role", "does not exist")
	}
	return r.ID, err
}

// ListAccessRequests returns a window of the access requests of an organization, the youngest first, and how many there
// are in all: everybody's to whoever holds organization.approve_requests, his own to any other member. A status selects.
func (s *Service) ListAccessRequests(ctx context.Context, p Principal, organizationID string, status RequestStatus, w Window) ([]AccessRequest, int, error) {
	f := AccessRequestFilter{OrganizationID: organizationID, Status: status, Offset: w.Offset, Limit: w.Limit}
	err := s.require(ctx, p, schema.OrganizationApproveRequests, organizationRef(organizationID))
	if fault.Is(err, fault.Denied) {
		f.UserID = p.Subject.ID
		err = s.require(ctx, p, schema.OrganizationView, organizationRef(organizationID))
	}
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.CountAccessRequests(ctx, f)
	if err != nil || w.Offset >= total {
		return nil, total, err
	}
	rows, err := s.store.AccessRequests(ctx, f)
	return rows, total, err
}

// ReadAccessRequest returns an access request to the person who asked, while he can see the organization, and to whoever
// holds organization.approve_requests.
func (s *Service) ReadAccessRequest(ctx context.Context, p Principal, id string) (AccessRequest, error) {
	r, err := s.store.AccessRequest(ctx, id)
	if err != nil {
		return AccessRequest{}, err
	}
	needed := schema.OrganizationApproveRequests
	if p.Subject == userRef(r.UserID) {
		needed = schema.OrganizationView
	}
	if err := s.require(ctx, p, needed, organizationRef(r.OrganizationID)); err != nil {
		return AccessRequest{}, err
	}
	return r, nil
}

// ApproveAccessRequest makes the grant that was asked for; organization.approve_requests, which stands in the place of
// the permission that a grant needs otherwise (DECISIONS N5, N8). What else holds for a grant holds here: nobody hands
// out more than he holds at the scope himself (P4). Nobody approves his own request, and only people approve: who stands
// behind a token of a team or an organization cannot be told.
func (s *Service) ApproveAccessRequest(ctx context.Context, p Principal, id, answer string) (AccessRequest, authz.Token, error) {
	r, err := s.decidable(ctx, p, id, answer)
	if err != nil {
		return AccessRequest{}, "", err
	}
	scope, err := s.seenScope(ctx, p, r)
	if err != nil {
		return AccessRequest{}, "", err
	}
	atoms, err := s.roleAtoms(ctx, r.RoleID)
	if err != nil {
		return AccessRequest{}, "", err
	}
	if err := s.mayHandOut(ctx, p, atoms, scope, r.ExpiresAt); err != nil {
		return AccessRequest{}, "", err
	}
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		r, err = c.approve(ctx, id, p.Subject, scope, answer)
		return err
	})
	return r, token, err
}

// RejectAccessRequest ends a request without a grant; organization.approve_requests, and never one's own.
func (s *Service) RejectAccessRequest(ctx context.Context, p Principal, id, answer string) (AccessRequest, authz.Token, error) {
	r, err := s.decidable(ctx, p, id, answer)
	if err != nil {
		return AccessRequest{}, "", err
	}
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		before, err := c.pendingRequest(ctx, id)
		if err == nil {
			r, err = c.decide(ctx, before, before, RequestRejected, p.Subject, answer)
		}
		return err
	})
	return r, token, err
}

// WithdrawAccessRequest ends a request of one's own that nobody has decided.
func (s *Service) WithdrawAccessRequest(ctx context.Context, p Principal, id string) (AccessRequest, authz.Token, error) {
	r, err := s.store.AccessRequest(ctx, id)
	if err != nil {
		return AccessRequest{}, "", err
	}
	organization := organizationRef(r.OrganizationID)
	if p.Subject != userRef(r.UserID) {
		err := fault.New(fault.Denied, "only the person who asked may withdraw a request")
		return AccessRequest{}, "", s.refused(ctx, p, schema.OrganizationView, organization, err)
	}
	token, err := s.on(ctx, p, schema.OrganizationView, organization, func(ctx context.Context, c *Change) error {
		before, err := c.pendingRequest(ctx, id)
		if err == nil {
			r, err = c.decide(ctx, before, before, RequestWithdrawn, p.Subject, "")
		}
		return err
	})
	return r, token, err
}

// decidable returns a pending request that the principal may decide about.
func (s *Service) decidable(ctx context.Context, p Principal, id, answer string) (AccessRequest, error) {
	r, err := s.store.AccessRequest(ctx, id)
	if err != nil {
		return AccessRequest{}, err
	}
	organization := organizationRef(r.OrganizationID)
	if err := s.requireToChange(ctx, p, schema.OrganizationApproveRequests, organization); err != nil {
		return AccessRequest{}, err
	}
	refusal := ""
	switch {
	case p.Subject.Type != schema.TypeUser:
		refusal = "only people decide about access requests"
	case p.Subject == userRef(r.UserID):
		refusal = "nobody decides about his own access request"
	}
	if refusal != "" {
		err := fault.New(fault.Denied, "%s", refusal)
		return AccessRequest{}, s.refused(ctx, p, schema.OrganizationApproveRequests, organization, err, requestRef(id))
	}
	if err := checkRequestText("answer", answer); err != nil {
		return AccessRequest{}, err
	}
	if r.Status != RequestPending {
		return AccessRequest{}, fault.New(fault.Conflict, "the request is %s already", r.Status)
	}
	return r, nil
}

// seenScope returns what the scope of a request means, if the principal sees it: one that is not there, is gone, or is
// elsewhere looks to him like one that he may not see.
func (s *Service) seenScope(ctx context.Context, p Principal, r AccessRequest) (authz.Object, error) {
	found, err := s.scopeIn(ctx, r.OrganizationID, r.Scope)
	if err == nil {
		read, _ := readPermission(found.Type)
		err = s.require(ctx, p, read, found)
	}
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) {
		return r.Scope, fault.New(fault.Conflict, "there is no %s %s in the organization, or none that you may see", r.Scope.Type, r.Scope.ID)
	}
	return found, err
}
