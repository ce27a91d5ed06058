package catalog

import (
	"context"
	"unicode"
	"unicode/utf8"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

const (
	// maxRequestText bounds a reason and an answer, in characters.
	maxRequestText = 1000
	// maxPendingRequests is how many requests of one person may wait in one organization.
	maxPendingRequests = 100
)

// AskForAccess adds an access request of an active member for himself. The role is checked as a grant's is; the scope is
// not looked at, since whoever asks may not learn from the answer what there is.
func (c *Change) AskForAccess(ctx context.Context, r AccessRequest) (AccessRequest, error) {
	if err := c.checkRequest(ctx, r); err != nil {
		return AccessRequest{}, err
	}
	if err := c.activeMember(ctx, r); err != nil {
		return AccessRequest{}, err
	}
	waiting, err := c.AccessRequests(ctx, AccessRequestFilter{OrganizationID: r.OrganizationID, UserID: r.UserID, Status: RequestPending})
	if err != nil {
		return AccessRequest{}, err
	}
	if len(waiting) >= maxPendingRequests {
		return AccessRequest{}, fault.New(fault.Conflict, "%d of your requests wait already; withdraw some", len(waiting))
	}
	for _, w := range waiting {
		if w.RoleID == r.RoleID && w.Scope == r.Scope {
			return AccessRequest{}, fault.New(fault.Conflict, "you have asked for that already, in %s", w.ID)
		}
	}
	r.ID, r.Status, r.CreatedAt = c.random(PrefixAccessRequest), RequestPending, c.now
	c.recordRequest("request.create", nil, &r)
	return r, c.InsertAccessRequest(ctx, r)
}

func (c *Change) checkRequest(ctx context.Context, r AccessRequest) error {
	switch {
	case r.Reason == "":
		return fault.At("reason", "can't be blank")
	case !r.ExpiresAt.IsZero() && !r.ExpiresAt.After(c.now):
		return fault.At("expires-at", "must be in the future")
	}
	if err := checkRequestText("reason", r.Reason); err != nil {
		return err
	}
	return c.checkGrantRole(ctx, Grant{OrganizationID: r.OrganizationID, RoleID: r.RoleID, Scope: r.Scope})
}

// checkRequestText refuses what is too long to be read, or not text.
func checkRequestText(field, text string) error {
	if utf8.RuneCountInString(text) > maxRequestText {
		return fault.At(field, "is too long (maximum is %d characters)", maxRequestText)
	}
	if !utf8.ValidString(text) {
		return fault.At(field, "must be valid text")
	}
	for _, letter := range text {
		if unicode.IsControl(letter) && letter != '\n' && letter != '\t' {
			return fault.At(field, "must not contain %q", letter)
		}
	}
	return nil
}

// activeMember refuses, as a conflict, a request of somebody who is no active member of its organization.
func (c *Change) activeMember(ctx context.Context, r AccessRequest) error {
	u, err := c.User(ctx, r.UserID)
	if err != nil {
		return err
	}
	have, err := c.Memberships(ctx, MembershipFilter{OrganizationID: r.OrganizationID, UserID: r.UserID})
	if err != nil {
		return err
	}
	switch {
	case u.Suspended:
		return fault.New(fault.Conflict, "the person who asks is suspended")
	case len(have) == 0 || have[0].Status != MembershipActive:
		return fault.New(fault.Conflict, "the person who asks is no active member of the organization")
	}
	return nil
}

// pendingRequest returns a request that nobody has decided and nobody has withdrawn.
func (c *Change) pendingRequest(ctx context.Context, id string) (AccessRequest, error) {
	r, err := c.AccessRequest(ctx, id)
	if err == nil && r.Status != RequestPending {
		err = fault.New(fault.Conflict, "the request is %s already", r.Status)
	}
	return r, err
}

// approve gives a pending request its grant, at the scope that the decider means by what was asked for.
func (c *Change) approve(ctx context.Context, id string, by authz.Object, scope authz.Object, answer string) (AccessRequest, error) {
	before, err := c.pendingRequest(ctx, id)
	if err != nil {
		return AccessRequest{}, err
	}
	if err := c.activeMember(ctx, before); err != nil {
		return AccessRequest{}, err
	}
	if !before.ExpiresAt.IsZero() && !before.ExpiresAt.After(c.now) {
		return AccessRequest{}, fault.New(fault.Conflict, "the end of the access that was asked for has passed")
	}
	after := before
	after.Scope = scope
	g, err := c.grantRequested(ctx, after, by)
	if err != nil {
		return AccessRequest{}, err
	}
	after.GrantID = g.ID
	return c.decide(ctx, before, after, RequestApproved, by, answer)
}

// grantRequested makes the grant of a request. The same one with an earlier end gives way to it, since two never stand
// side by side.
func (c *Change) grantRequested(ctx context.Context, r AccessRequest, by authz.Object) (Grant, error) {
	wanted := Grant{Holder: userRef(r.UserID), RoleID: r.RoleID, Scope: r.Scope, ExpiresAt: r.ExpiresAt, CreatedBy: by.ID}
	have, err := c.Grants(ctx, GrantFilter{Holder: wanted.Holder, RoleID: wanted.RoleID, Scopes: []authz.Object{wanted.Scope}})
	if err != nil {
		return Grant{}, err
	}
	for _, g := range have {
		if g.ExpiresAt.IsZero() || (!r.ExpiresAt.IsZero() && !g.ExpiresAt.Before(r.ExpiresAt)) {
			return Grant{}, fault.New(fault.Conflict, "the person holds that role there already, in %s", g.ID)
		}
		if err := c.RemoveGrant(ctx, g.ID); err != nil {
			return Grant{}, err
		}
	}
	return c.CreateGrant(ctx, wanted)
}

// decide ends a pending request.
func (c *Change) decide(ctx context.Context, before, after AccessRequest, status RequestStatus, by authz.Object, answer string) (AccessRequest, error) {
	after.Status, after.DecidedBy, after.DecidedAt, after.Answer = status, by, c.now, answer
	action := map[RequestStatus]string{
		RequestApproved: "request.approve", RequestRejected: "request.reject", RequestWithdrawn: "request.withdraw",
	}[status]
	c.recordRequest(action, &before, &after)
	return after, c.UpdateAccessRequest(ctx, after)
}

func (c *Change) recordRequest(action string, before, after *AccessRequest) {
	var old any
	if before != nil {
		old = *before
	}
	c.record(action, after.OrganizationID, requestRef(after.ID), old, *after, userRef(after.UserID))
}

func requestRef(id string) authz.Object { return authz.Object{Type: "access_request", ID: id} }

// requestedScope returns what a person means by a scope of his organization that he names by id or path. Of what he may
// not see, and of what is not there, it returns the words he used: the two must look alike to him, and whoever decides
// about the request finds out which it is.
func (s *Service) requestedScope(ctx context.Context, p Principal, organizationID string, asked authz.Object) (authz.Object, error) {
	read, ok := readPermission(asked.Type)
	if !ok || asked.Type == schema.TypeTeam || asked.Type == schema.TypePlatform {
		return asked, fault.At("scope", "must be an organization, project, workspace or stack")
	}
	if asked.ID == "" {
		return asked, fault.At("scope", "can't be blank")
	}
	if len(asked.ID) > 2*maxName+1 {
		return asked, fault.At("scope", "is too long (maximum is %d characters)", 2*maxName+1)
	}
	if err := checkRequestText("scope", asked.ID); err != nil {
		return asked, err
	}
	found, err := s.scopeIn(ctx, organizationID, asked)
	if err == nil {
		var d authz.Decision
		d, err = s.engine.Check(ctx, authz.Question{Subject: p.Subject, Permission: read.On(found.Type), Resource: found}, authz.Consistency{})
		if err == nil && d.Allowed {
			return found, nil
		}
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return asked, err
	}
	if asked.Type == schema.TypeOrganization {
		return asked, fault.At("scope", "must be the organization itself or something in it")
	}
	return asked, nil
}

// scopeIn returns the scope of an id or path, if it is in an organization; fault.NotFound otherwise.
func (s *Service) scopeIn(ctx context.Context, organizationID string, asked authz.Object) (authz.Object, error) {
	found, err := s.Resolve(ctx, asked.Type, asked.ID)
	if err != nil {
		return asked, err
	}
	in, _, err := scopeOrganization(ctx, s.store, found)
	if err == nil && in != organizationID {
		err = fault.New(fault.NotFound, "there is no such %s in the organization", asked.Type)
	}
	return found, err
}

// readPermission returns what lets somebody see an object of a type.
func readPermission(objectType string) (schema.Permission, bool) {
	switch objectType {
	case schema.TypePlatform:
		return schema.PlatformAudit, true
	case schema.TypeOrganization:
		return schema.OrganizationView, true
	case schema.TypeTeam:
		return schema.TeamView, true
	case schema.TypeProject:
		return schema.ProjectRead, true
	case schema.TypeWorkspace:
		return schema.WorkspaceRead, true
	case schema.TypeStack:
		return schema.StackRead, true
	}
	return "", false
}
