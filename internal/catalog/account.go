package catalog

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Account is who makes a request, as he may see himself.
type Account struct {
	// Subject is whose the credential is: a user, a service account, a team or an organization.
	Subject authz.Object
	// Name is the name of the subject, as it is now.
	Name string
	// User is the person; zero for a credential that is nobody's own.
	User User
	// Named reports whether an identity provider gives the person his name, so that he cannot change it.
	Named bool
}

// AccountChange is what a person wants changed about himself; nil leaves as it is.
type AccountChange struct{ Username, Email *string }

// Account returns who makes the request. Every valid credential has one.
func (s *Service) Account(ctx context.Context, p Principal) (Account, error) {
	subject, err := s.standsFor(ctx, p)
	if err != nil {
		return Account{}, err
	}
	a := Account{Subject: subject, Name: p.Name}
	if subject.Type != schema.TypeUser {
		return a, nil
	}
	if a.User, err = s.store.User(ctx, subject.ID); err != nil {
		return Account{}, err
	}
	a.Name = a.User.Username
	a.Named, err = named(ctx, s.store, a.User.ID)
	return a, err
}

// standsFor returns whose the credential of a principal is: a token's is the team, group or organization it was made for.
// One that is gone is no credential any more.
func (s *Service) standsFor(ctx context.Context, p Principal) (authz.Object, error) {
	of := map[string]func(string) authz.Object{schema.TypeTeamToken: teamRef, schema.TypeOrganizationToken: organizationRef}[p.Subject.Type]
	if of == nil {
		return p.Subject, nil
	}
	t, err := s.store.Token(ctx, p.Subject.ID)
	if fault.Is(err, fault.NotFound) {
		err = refusedCredential()
	}
	if t.Kind == TokenGroup {
		of = groupRef
	}
	return of(t.OwnerID), err
}

// UpdateAccount changes the name and the address of the person who makes the request; other credentials have no account
// to change. A new address waits to be confirmed, since invitations and first logins go by addresses; naming the one he
// has again takes back what waits (research tfe-api 1.8).
func (s *Service) UpdateAccount(ctx context.Context, p Principal, change AccountChange) (Account, authz.Token, error) {
	if p.Subject.Type != schema.TypeUser {
		err := fault.New(fault.Denied, "only people have an account to change")
		return Account{}, "", s.refused(ctx, p, "account.update", p.Subject, err)
	}
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		return c.ChangeAccount(ctx, p.Subject.ID, change)
	})
	if err != nil {
		return Account{}, "", err
	}
	a, err := s.Account(ctx, p)
	return a, token, err
}

// ChangeAccount changes what a person may change about himself. A name that an identity provider gives him stays: it is
// what others know him by who trust that provider.
func (c *Change) ChangeAccount(ctx context.Context, userID string, change AccountChange) error {
	before, err := c.User(ctx, userID)
	if err != nil {
		return err
	}
	after := before
	err = errors.Join(c.rename(ctx, &after, change.Username), readdress(&after, change.Email))
	if err != nil || after == before {
		return err
	}
	if err := c.UpdateUser(ctx, after); err != nil {
		return err
	}
	c.record("user.update", "", userRef(userID), before, after)
	return nil
}

func (c *Change) rename(ctx context.Context, u *User, username *string) error {
	if username == nil || *username == u.Username {
		return nil
	}
	if err := c.legalNewName(ctx, *username); err != nil {
		return err
	}
	given, err := named(ctx, c, u.ID)
	if err != nil {
		return err
	}
	if given {
		return fault.At("username", "is given by the identity provider")
	}
	if err := c.notPromised(ctx, *username, u.ID); err != nil {
		return err
	}
	u.Username = *username
	return c.vouch(ctx, selfNamed, u.ID, u.ID)
}

// vouch notes that something of our own stands for a user, once.
func (c *Change) vouch(ctx context.Context, issuer, subject, userID string) error {
	_, err := c.Identity(ctx, issuer, subject)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	i := Identity{Issuer: issuer, Subject: subject, UserID: userID, CreatedAt: c.now}
	c.record("user.link_identity", "", userRef(userID), nil, i)
	return c.InsertIdentity(ctx, i)
}

func readdress(u *User, email *string) error {
	switch {
	case email == nil:
		return nil
	case *email == "":
		return fault.At("email", "can't be blank")
	case *email == u.Email:
		u.UnconfirmedEmail = ""
		return nil
	}
	u.UnconfirmedEmail = *email
	return checkEmail("email", *email)
}

// Issuers of our own. They are no URLs, so no identity provider has such a name. A user for whom one of them stands is an
// account that no first login meets (see Login), except that somebody may be promoted before he comes.
const (
	ownIssuers = "terrawarden:"
	// siteToken stands for the built-in site admin.
	siteToken = ownIssuers + "site-token"
	// selfNamed stands for people who have chosen their name themselves. Somebody of that name whom a provider vouches for
	// would otherwise take over an account to which they hold the tokens.
	selfNamed = ownIssuers + "username"
	// promoted stands for whom a name on the list of site admins meant when it was first read; the subject is the name's
	// key. The name alone would mean whoever takes it at the next start.
	promoted = ownIssuers + "promoted"
)

// named reports whether an identity provider vouches for a user, and so gives him his name.
func named(ctx context.Context, q Queries, userID string) (bool, error) {
	identities, err := q.Identities(ctx, IdentityFilter{UserID: userID})
	return slices.ContainsFunc(identities, func(i Identity) bool { return !strings.HasPrefix(i.Issuer, ownIssuers) }), err
}

// builtin returns the built-in site admin, who is made when there is none. He is known by what vouches for him, as
// everybody is, so that his name is his to change, and whoever takes it is no site admin at the next start. A catalog of
// before there were identities has him by name.
func (c *Change) builtin(ctx context.Context) (User, error) {
	i, err := c.Identity(ctx, siteToken, SiteAdminUsername)
	if err == nil {
		return c.User(ctx, i.UserID)
	}
	if !fault.Is(err, fault.NotFound) {
		return User{}, err
	}
	u, err := c.UserByUsername(ctx, SiteAdminUsername)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return User{}, err
	}
	if err != nil || !u.SiteAdmin {
		username, err := c.freeUsername(ctx, SiteAdminUsername)
		if err != nil {
			return User{}, err
		}
		if u, err = c.CreateUser(ctx, username, ""); err != nil {
			return User{}, err
		}
	}
	return u, c.vouch(ctx, siteToken, SiteAdminUsername, u.ID)
}

// isBuiltin reports whether a user is the built-in site admin.
func isBuiltin(ctx context.Context, q Queries, userID string) (bool, error) {
	i, err := q.Identity(ctx, siteToken, SiteAdminUsername)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return i.UserID == userID, err
}

// FindUser returns a person: oneself; anybody for platform.audit; who is in an organization whose people one may list
// (organization.view_members); and whom one may see in a team. Only oneself comes with an address.
func (s *Service) FindUser(ctx context.Context, p Principal, userID string) (User, error) {
	u, err := s.store.User(ctx, userID)
	if err != nil || p.Subject == userRef(userID) {
		return u, err
	}
	questions, err := s.sightOf(ctx, p, u)
	if err != nil {
		return User{}, err
	}
	allowed, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	if err != nil {
		return User{}, err
	}
	if !slices.Contains(allowed, true) {
		return User{}, fault.New(fault.Denied, "%s may not see the user", p.Name)
	}
	u.Email, u.UnconfirmedEmail = "", ""
	return u, nil
}

// sightOf returns the questions of which one answer must be yes for a principal to see a user. Teams show the active
// people in them alone.
func (s *Service) sightOf(ctx context.Context, p Principal, u User) ([]authz.Question, error) {
	questions := []authz.Question{{Subject: p.Subject, Permission: schema.PlatformAudit.Name(), Resource: platformRef()}}
	memberships, err := s.store.Memberships(ctx, MembershipFilter{UserID: u.ID})
	if err != nil {
		return nil, err
	}
	if memberships, err = s.admitted(ctx, p, memberships); err != nil {
		return nil, err
	}
	active := map[string]bool{}
	for _, m := range memberships {
		questions = append(questions, authz.Question{Subject: p.Subject, Permission: schema.OrganizationViewMembers.Name(), Resource: organizationRef(m.OrganizationID)})
		active[m.OrganizationID] = m.Status == MembershipActive && !u.Suspended
	}
	teams, err := s.store.Teams(ctx, TeamFilter{UserID: u.ID})
	for _, t := range teams {
		if active[t.OrganizationID] {
			questions = append(questions, authz.Question{Subject: p.Subject, Permission: schema.TeamView.Name(), Resource: teamRef(t.ID)})
		}
	}
	return questions, err
}

// admitted leaves out the memberships of organizations that do not take the principal's token.
func (s *Service) admitted(ctx context.Context, p Principal, memberships []Membership) ([]Membership, error) {
	if p.Credential != TokenUser || len(memberships) == 0 {
		return memberships, nil
	}
	ids := make([]string, len(memberships))
	for i, m := range memberships {
		ids[i] = m.OrganizationID
	}
	organizations, err := s.store.Organizations(ctx, ids...)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, o := range organizations {
		if taken[o.ID], err = s.letsIn(ctx, p, o); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(memberships, func(m Membership) bool { return !taken[m.OrganizationID] }), nil
}
