package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Invitation asks somebody to join an organization.
type Invitation struct {
	OrganizationID string
	Email          string
	TeamIDs        []string // the teams he is to be in, once he is active
}

// Check reports an address that is none, at the field email.
func (i Invitation) Check() error {
	if i.Email == "" {
		return fault.At("email", "can't be blank")
	}
	return checkEmail("email", i.Email)
}

// InviteMember invites whoever has an e-mail address; organization.manage_membership, and team.update_membership of
// every team. Who has no account yet gets one, so that the invitation waits for him. He holds nothing before he comes
// (DECISIONS P12). Who is a member already is a Conflict at the field email; a team that is not there, or in another
// organization, is as good as one that may not be changed.
func (s *Service) InviteMember(ctx context.Context, p Principal, i Invitation) (Member, authz.Token, error) {
	if err := s.requireToChange(ctx, p, schema.OrganizationManageMembership, organizationRef(i.OrganizationID)); err != nil {
		return Member{}, "", err
	}
	for _, id := range i.TeamIDs {
		t, err := s.store.Team(ctx, id)
		if err == nil && t.OrganizationID != i.OrganizationID {
			err = fault.New(fault.NotFound, "there is no such team")
		}
		if err == nil {
			err = s.requireToChange(ctx, p, schema.TeamUpdateMembership, teamRef(id))
		}
		if err != nil {
			return Member{}, "", err
		}
	}
	var row Membership
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		row, err = c.Invite(ctx, i)
		return err
	})
	if err != nil {
		return Member{}, "", err
	}
	m, err := s.member(ctx, p, row)
	return m, token, err
}

// Invite makes whoever has an e-mail address an invited member of an organization and some of its teams.
func (c *Change) Invite(ctx context.Context, i Invitation) (Membership, error) {
	if err := i.Check(); err != nil {
		return Membership{}, err
	}
	u, err := c.addressee(ctx, i.Email)
	if err != nil {
		return Membership{}, err
	}
	have, err := c.Memberships(ctx, MembershipFilter{OrganizationID: i.OrganizationID, UserID: u.ID})
	if err != nil {
		return Membership{}, err
	}
	if len(have) > 0 {
		return Membership{}, &fault.Error{Kind: fault.Conflict, Field: "email", Message: "is that of a member already"}
	}
	m, err := c.PutMember(ctx, i.OrganizationID, u.ID, MembershipInvited)
	if err != nil {
		return Membership{}, err
	}
	for _, id := range i.TeamIDs {
		if err := c.AddTeamMember(ctx, id, u.ID, false); err != nil {
			return Membership{}, err
		}
	}
	return m, nil
}

// addressee returns the user of an e-mail address, who is made when there is none. His name is the address itself: nobody
// else is called so, while a part of it could be the name of somebody who is yet to come.
func (c *Change) addressee(ctx context.Context, email string) (User, error) {
	users, err := c.Users(ctx, UserFilter{Emails: []string{email}})
	if err != nil {
		return User{}, err
	}
	var found []User
	for _, u := range users {
		if len(u.Email) == len(email) { // letters that merely fold to ASCII ones are another mailbox
			found = append(found, u)
		}
	}
	switch len(found) {
	case 0:
		username, err := c.freeUsername(ctx, LegalUsername(email))
		if err != nil {
			return User{}, err
		}
		return c.CreateUser(ctx, username, email)
	case 1:
		return found[0], nil
	}
	return User{}, fault.At("email", "is that of several accounts")
}
