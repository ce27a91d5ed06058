package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Login is what an identity provider has said of a person in a token that was verified.
type Login struct {
	Issuer          string
	Subject         string
	Username        string // of the configured claim; "" when the token has none that may be used
	Email           string
	EmailVerified   bool
	TrustedUsername bool        // people cannot choose the username themselves
	Groups          *GroupClaim // nil: the token says nothing of groups
}

// CredentialOIDC begins the credential's id of a principal whom an identity provider vouches for; its URL follows.
const CredentialOIDC = "oidc:"

// Login returns the user whom an identity provider vouches for, and fault.Unauthenticated when there is none or he is
// suspended. A person whom the provider has vouched for before is known by (issuer, subject) alone, whatever his claims
// have become. At his first login he meets an account or gets one (DECISIONS P10).
//
// Whoever meets an account takes it over with all it holds, so only these do:
//   - an account that nothing vouches for yet, neither a provider nor something of our own. Otherwise a second, weaker
//     provider would open the accounts of the first.
//   - by an e-mail address that the provider says it verified, when that of exactly one such account equals it. The address
//     that an account has because nobody gave it one counts for nothing, nor does one that waits to be confirmed.
//   - by username, from a provider where people cannot choose it.
//   - where address and username speak of two such accounts, neither of them.
//
// The built-in site admin is nobody's: his credential is the site token. Other site admins are accounts like any other
// here. They are the prize, but a rule of their own would not protect them: whoever reads an administrator's mail is
// believed by the identity provider as well, and trusting usernames says in so many words that they may decide. What must
// not lead to them, an unverified address or a name that anybody may choose, leads to no account at all.
//
// Everybody else becomes a new user. A name that is taken or not legal is made distinct (name-2) rather than refused:
// it is what its owner cannot change, and being another person than that name says is safe. An address that is not
// verified is noted as unconfirmed, so that no invitation to it reaches him.
func (s *Service) Login(ctx context.Context, l Login) (Principal, error) {
	if l.Issuer == "" || l.Subject == "" || strings.HasPrefix(l.Issuer, ownIssuers) {
		return Principal{}, refusedCredential()
	}
	i, err := s.store.Identity(ctx, l.Issuer, l.Subject)
	if fault.Is(err, fault.NotFound) {
		i, err = s.firstLogin(ctx, l)
	}
	if err != nil {
		return Principal{}, err
	}
	u, err := s.store.User(ctx, i.UserID)
	if fault.Is(err, fault.NotFound) || err == nil && u.Suspended {
		return Principal{}, refusedCredential()
	}
	if err != nil {
		return Principal{}, err
	}
	p := Principal{Subject: userRef(u.ID), Name: u.Username, TokenID: CredentialOIDC + l.Issuer}
	s.noteGroups(ctx, u.ID, l.Groups)
	s.arrive(ctx, p)
	return p, nil
}

func (s *Service) firstLogin(ctx context.Context, l Login) (Identity, error) {
	var i Identity
	p := Principal{Subject: authz.Object{Type: "system", ID: "login"}, Name: "login", TokenID: CredentialOIDC + l.Issuer}
	_, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		i, err = c.meet(ctx, l)
		return err
	})
	return i, err
}

// meet finds or makes the user of a first login and links him.
func (c *Change) meet(ctx context.Context, l Login) (Identity, error) {
	i, err := c.Identity(ctx, l.Issuer, l.Subject)
	if !fault.Is(err, fault.NotFound) {
		return i, err // another request was first
	}
	u, err := c.awaited(ctx, l)
	if fault.Is(err, fault.NotFound) {
		u, err = c.newcomer(ctx, l)
	}
	if err != nil {
		return Identity{}, err
	}
	if u.Suspended {
		return Identity{}, refusedCredential()
	}
	return c.LinkIdentity(ctx, l.Issuer, l.Subject, u.ID)
}

// awaited returns the account that was made for a person before he came, and fault.NotFound when there is none.
func (c *Change) awaited(ctx context.Context, l Login) (User, error) {
	spokenOf, err := c.spokenOf(ctx, l)
	if err != nil {
		return User{}, err
	}
	var open []User
	for _, u := range spokenOf {
		identities, err := c.Identities(ctx, IdentityFilter{UserID: u.ID})
		if err != nil {
			return User{}, err
		}
		// The built-in site admin always has one, of our own. That somebody was promoted by name says who he is to become.
		if !slices.ContainsFunc(identities, func(i Identity) bool { return i.Issuer != promoted }) {
			open = append(open, u)
		}
	}
	if len(open) != 1 {
		return User{}, fault.New(fault.NotFound, "there is no account that this login alone belongs to")
	}
	return open[0], nil
}

// spokenOf returns the users whose address or name a login has, by id, as far as the provider's word counts for either.
func (c *Change) spokenOf(ctx context.Context, l Login) (map[string]User, error) {
	found := map[string]User{}
	if l.EmailVerified && l.Email != "" && !isPlaceholder(l.Email) {
		users, err := c.Users(ctx, UserFilter{Emails: []string{l.Email}})
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if len(u.Email) == len(l.Email) { // letters that merely fold to ASCII ones are another mailbox
				found[u.ID] = u
			}
		}
	}
	if l.TrustedUsername && l.Username != "" {
		u, err := c.UserByUsername(ctx, l.Username)
		if err == nil {
			found[u.ID] = u
		} else if !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	return found, nil
}

// newcomer adds the user of a person who has no account.
func (c *Change) newcomer(ctx context.Context, l Login) (User, error) {
	if strings.TrimSpace(l.Username) == "" {
		return User{}, refusedCredential() // he would have no name
	}
	username, err := c.freeUsername(ctx, LegalUsername(l.Username))
	if err != nil {
		return User{}, err
	}
	address := strings.ReplaceAll(username, "@", ".") + placeholderDomain
	legal := l.Email != "" && checkEmail("claim", l.Email) == nil && !isPlaceholder(l.Email)
	if legal && l.EmailVerified {
		address = l.Email
	}
	if checkEmail("placeholder", address) != nil {
		address = username + placeholderDomain // a name that no address can be made of stays as it is
	}
	if err := c.legalNewName(ctx, username); err != nil {
		return User{}, err
	}
	u := User{Username: username, Email: address}
	if legal && !l.EmailVerified {
		u.UnconfirmedEmail = l.Email
	}
	return c.addUser(ctx, u)
}

// placeholderDomain ends the addresses of users who were given none (DECISIONS N15).
const placeholderDomain = "@users.invalid"

func isPlaceholder(email string) bool {
	return strings.HasSuffix(strings.ToLower(email), placeholderDomain)
}

// maxLoginName leaves room for what makes a name distinct.
const maxLoginName = maxName - 10

// LegalUsername turns what an identity provider or a directory calls somebody into a username, changed as little as possible: what
// no username may have becomes "-", and what is too long is cut. The result may be taken, or empty.
func LegalUsername(name string) string {
	name = strings.ToValidUTF8(strings.TrimSpace(name), "-")
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) || r == '/' || r == '#' {
			return '-'
		}
		return r
	}, name)
	for len(name) > maxLoginName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if checkUsername("username", name) != nil { // it looks like an id
		name = "name-" + name
	}
	return name
}

// freeUsername returns a name, or when it is taken the first of name-2, name-3, … that is not.
func (c *Change) freeUsername(ctx context.Context, name string) (string, error) {
	const enough = 1000
	candidate := name
	for n := 2; n <= enough; n++ {
		if _, err := c.UserByUsername(ctx, candidate); err != nil {
			if fault.Is(err, fault.NotFound) {
				err = nil
			}
			return candidate, err
		}
		candidate = fmt.Sprintf("%s-%d", name, n)
	}
	return "", fault.New(fault.Conflict, "too many people are called %s", name)
}

// LinkIdentity lets a person whom an identity provider knows act as a user. Who acts as somebody else already is a
// Conflict; the built-in site admin is nobody's.
func (c *Change) LinkIdentity(ctx context.Context, issuer, subject, userID string) (Identity, error) {
	if issuer == "" || subject == "" || strings.HasPrefix(issuer, ownIssuers) {
		return Identity{}, fault.At("identity", "needs the issuer's URL and a subject")
	}
	if _, err := c.User(ctx, userID); err != nil {
		return Identity{}, err
	}
	builtin, err := isBuiltin(ctx, c, userID)
	if err != nil {
		return Identity{}, err
	}
	if builtin {
		return Identity{}, fault.At("user", "is the built-in site admin, whose credential is the site token")
	}
	have, err := c.Identity(ctx, issuer, subject)
	if err == nil {
		if have.UserID != userID {
			return Identity{}, fault.New(fault.Conflict, "the identity belongs to another user")
		}
		return have, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return Identity{}, err
	}
	i := Identity{Issuer: issuer, Subject: subject, UserID: userID, CreatedAt: c.now}
	if err := c.InsertIdentity(ctx, i); err != nil {
		return Identity{}, err
	}
	c.record("user.link_identity", "", userRef(userID), nil, i)
	return i, nil
}

// UnlinkIdentity takes back that a person may act as a user. He keeps the tokens he has; suspending the user ends them.
// An account that nobody vouches for any more waits for a first login again.
func (c *Change) UnlinkIdentity(ctx context.Context, issuer, subject string) error {
	i, err := c.Identity(ctx, issuer, subject)
	if err != nil {
		return err
	}
	if strings.HasPrefix(issuer, ownIssuers) {
		return fault.New(fault.NotFound, "there is no such identity")
	}
	c.record("user.unlink_identity", "", userRef(i.UserID), i, nil)
	return c.DeleteIdentity(ctx, issuer, subject)
}

// Identity use cases.

// LinkIdentity lets a person whom an identity provider knows act as a user; platform.administer.
func (s *Service) LinkIdentity(ctx context.Context, p Principal, issuer, subject, userID string) (Identity, error) {
	var i Identity
	_, err := s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) (err error) {
		i, err = c.LinkIdentity(ctx, issuer, subject, userID)
		return err
	})
	return i, err
}

// UnlinkIdentity takes back that a person may act as a user; platform.administer.
func (s *Service) UnlinkIdentity(ctx context.Context, p Principal, issuer, subject string) (authz.Token, error) {
	return s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error { return c.UnlinkIdentity(ctx, issuer, subject) })
}

// Identities returns how identity providers know a user: oneself, or anybody for platform.administer.
func (s *Service) Identities(ctx context.Context, p Principal, userID string) ([]Identity, error) {
	if p.Subject != userRef(userID) {
		if err := s.require(ctx, p, schema.PlatformAdminister, platformRef()); err != nil {
			return nil, err
		}
	}
	found, err := s.store.Identities(ctx, IdentityFilter{UserID: userID})
	return slices.DeleteFunc(slices.Clone(found), func(i Identity) bool { return strings.HasPrefix(i.Issuer, ownIssuers) }), err
}
