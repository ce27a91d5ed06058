package catalog

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TokenRequest asks for a user or service token by the owner's name.
type TokenRequest struct {
	Kind        TokenKind
	Name        string // username, or name of the service account
	Email       string // of a user who is created on the way
	Description string
	Scopes      []string
	ExpiresAt   time.Time
}

// CreateToken issues a token: for oneself, or for anybody by a site admin, who thereby creates a user or service
// account that does not exist yet (DECISIONS N15).
//
// Oneself is whoever the name belongs to while the token is made, never whoever was called so when the request began: a
// name can change hands in between. Fault: Stale when it did.
func (s *Service) CreateToken(ctx context.Context, p Principal, r TokenRequest) (IssuedToken, error) {
	own, err := s.namesOneself(ctx, p, r)
	if err == nil && !own {
		err = s.requireToChange(ctx, p, schema.PlatformAdminister, platformRef())
	}
	if err != nil {
		return IssuedToken{}, err
	}
	var issued IssuedToken
	_, err = s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		t := Token{Kind: r.Kind, Description: r.Description, Scopes: r.Scopes, ExpiresAt: r.ExpiresAt, CreatedBy: p.Subject.String()}
		if own {
			t.OwnerID, err = c.ownName(ctx, p, r.Name)
		} else {
			t.OwnerID, err = c.tokenOwner(ctx, r)
		}
		if err != nil {
			return err
		}
		issued, err = c.IssueToken(ctx, t, func(b []byte) error { _, err := io.ReadFull(s.random, b); return err })
		return err
	})
	return issued, err
}

// namesOneself reports whether a request for a token is about the person who makes it.
func (s *Service) namesOneself(ctx context.Context, p Principal, r TokenRequest) (bool, error) {
	if r.Kind != TokenUser || p.Subject.Type != schema.TypeUser {
		return false, nil
	}
	u, err := s.store.UserByUsername(ctx, r.Name)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return p.Subject == userRef(u.ID), err
}

// ownName returns the id of the person whose name it is, if that is the principal. It creates nobody.
func (c *Change) ownName(ctx context.Context, p Principal, name string) (string, error) {
	u, err := c.UserByUsername(ctx, name)
	if fault.Is(err, fault.NotFound) || err == nil && p.Subject != userRef(u.ID) {
		return "", fault.New(fault.Stale, "the name has changed hands")
	}
	return u.ID, err
}

func (c *Change) tokenOwner(ctx context.Context, r TokenRequest) (string, error) {
	switch r.Kind {
	case TokenUser:
		u, err := c.EnsureUser(ctx, r.Name, r.Email)
		if err == nil && u.Suspended {
			return "", fault.At("for", "user %s is suspended", u.Username)
		}
		return u.ID, err
	case TokenService:
		a, err := c.EnsureServiceAccount(ctx, r.Name)
		return a.ID, err
	case TokenTeam, TokenOrganization, TokenAuditTrails, TokenGroup:
	}
	return "", fault.At("for", "must be user:NAME or service:NAME")
}

// OwnedToken is a token with the name of its owner, for lists.
type OwnedToken struct {
	Token
	OwnerName string
}

// ListTokens returns the principal's own tokens, or those of everybody for a site admin.
func (s *Service) ListTokens(ctx context.Context, p Principal) ([]OwnedToken, error) {
	filter := TokenFilter{}
	err := s.require(ctx, p, schema.PlatformAdminister, platformRef())
	if fault.Is(err, fault.Denied) {
		filter, err = TokenFilter{OwnerID: p.Subject.ID}, nil
	}
	if err != nil {
		return nil, err
	}
	tokens, err := s.store.Tokens(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := make([]OwnedToken, len(tokens))
	for i, t := range tokens {
		t.Hash = nil
		name, err := s.ownerName(ctx, t)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		out[i] = OwnedToken{Token: t, OwnerName: name}
	}
	return out, nil
}

func (s *Service) ownerName(ctx context.Context, t Token) (string, error) {
	switch t.Kind {
	case TokenUser:
		u, err := s.store.User(ctx, t.OwnerID)
		return u.Username, err
	case TokenService:
		a, err := s.store.ServiceAccount(ctx, t.OwnerID)
		return a.Name, err
	case TokenTeam:
		team, err := s.store.Team(ctx, t.OwnerID)
		return team.Name, err
	case TokenOrganization, TokenAuditTrails:
		o, err := s.store.Organization(ctx, t.OwnerID)
		return o.Name, err
	case TokenGroup:
		g, err := s.store.Group(ctx, t.OwnerID)
		return g.DisplayName, err
	}
	return "", nil
}

// RevokeToken ends a token: one's own, or any by a site admin. Somebody else's is as good as absent.
func (s *Service) RevokeToken(ctx context.Context, p Principal, id string) (authz.Token, error) {
	t, err := s.store.Token(ctx, id)
	if err != nil {
		return "", err
	}
	if t.OwnerID != p.Subject.ID {
		err := s.refused(ctx, p, schema.PlatformAdminister, platformRef(), s.require(ctx, p, schema.PlatformAdminister, platformRef()), tokenRef(id))
		if fault.Is(err, fault.Denied) {
			return "", fault.New(fault.NotFound, "there is no such token")
		}
		if err != nil {
			return "", err
		}
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error { return c.RevokeToken(ctx, id) })
}

// stillValid refuses, inside a change, a principal whose credential has ended since the request was let in: a token that
// was revoked or has expired, a person who was suspended or deleted, or whom no provider vouches for any more. Otherwise
// whoever holds a request open, or sends many at once, would make himself another credential with one that is ended. A
// token of somebody suspended is gone, so one row by its key is all there is to read for any token; for the site token
// it is the user, for a person from an identity provider his identities as well.
func (c *Change) stillValid(ctx context.Context, p Principal) error {
	ended, err := false, error(nil)
	switch {
	case p.Credential != "":
		var t Token
		t, err = c.Token(ctx, p.TokenID)
		ended = !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(c.now)
	case p.Subject.Type == schema.TypeUser:
		ended, err = c.lockedOut(ctx, p)
	}
	if ended || fault.Is(err, fault.NotFound) {
		return refusedCredential()
	}
	return err
}

// lockedOut reports whether a person who comes without a token of ours may not come any more.
func (c *Change) lockedOut(ctx context.Context, p Principal) (bool, error) {
	u, err := c.User(ctx, p.Subject.ID)
	issuer, vouched := strings.CutPrefix(p.TokenID, CredentialOIDC)
	if err != nil || u.Suspended || !vouched {
		return u.Suspended, err
	}
	identities, err := c.Identities(ctx, IdentityFilter{UserID: u.ID})
	return !slices.ContainsFunc(identities, func(i Identity) bool { return i.Issuer == issuer }), err
}

// PrincipalOf returns who a live token acts as. An owner who is suspended, disabled or gone is no principal any more. An
// audit-trails token is a subject that holds nothing; what it may read it may by its kind.
func (s *Service) PrincipalOf(ctx context.Context, t Token) (Principal, error) {
	p := Principal{TokenID: t.ID, Credential: t.Kind, Life: t.life()}
	var err error
	ended := false
	switch t.Kind {
	case TokenUser:
		var u User
		u, err = s.store.User(ctx, t.OwnerID)
		p.Subject, p.Name, ended = userRef(t.OwnerID), u.Username, u.Suspended
	case TokenService:
		var a ServiceAccount
		a, err = s.store.ServiceAccount(ctx, t.OwnerID)
		p.Subject, p.Name, ended = serviceAccountRef(t.OwnerID), a.Name, a.Suspended
		for _, scope := range t.Scopes {
			p.Scopes = append(p.Scopes, Scope(scope))
		}
	case TokenTeam:
		var team Team
		team, err = s.store.Team(ctx, t.OwnerID)
		p.Subject, p.Name = teamTokenRef(t.ID), team.Name
		if err == nil {
			ended, err = s.disabled(ctx, team.OrganizationID)
		}
	case TokenOrganization, TokenAuditTrails:
		p.Subject = authz.Object{Type: schema.TypeOrganizationToken, ID: t.ID}
		if p.Name, err = s.ownerName(ctx, t); err == nil {
			ended, err = s.disabled(ctx, t.OwnerID)
		}
	case TokenGroup:
		p.Subject = teamTokenRef(t.ID)
		p.Name, err = s.ownerName(ctx, t)
	}
	if ended || fault.Is(err, fault.NotFound) {
		return Principal{}, refusedCredential()
	}
	if err == nil && t.Kind == TokenUser {
		s.arrive(ctx, p)
	}
	return p, err
}

// disabled reports whether an organization is disabled, which ends its credentials until it is enabled again (DECISIONS
// P18).
func (s *Service) disabled(ctx context.Context, organizationID string) (bool, error) {
	o, err := s.store.Organization(ctx, organizationID)
	return o.Disabled, err
}
