package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// theOne returns the only token of an owner that is chosen.
func (s *Service) theOne(ctx context.Context, f TokenFilter, chosen func(Token) bool) (Token, error) {
	tokens, err := s.store.Tokens(ctx, f)
	if err != nil {
		return Token{}, err
	}
	i := slices.IndexFunc(tokens, chosen)
	if i < 0 {
		return Token{}, fault.New(fault.NotFound, "there is no such token")
	}
	tokens[i].Hash = nil
	return tokens[i], nil
}

// OrganizationToken returns the token of a kind that an organization has; organization.manage_api_token.
func (s *Service) OrganizationToken(ctx context.Context, p Principal, organizationID string, kind TokenKind) (Token, error) {
	if err := s.require(ctx, p, schema.OrganizationManageAPIToken, organizationRef(organizationID)); err != nil {
		return Token{}, err
	}
	return s.theOne(ctx, TokenFilter{Kind: kind, OwnerID: organizationID}, func(Token) bool { return true })
}

// TeamToken returns the token that a team has without a description; team.manage_token.
func (s *Service) TeamToken(ctx context.Context, p Principal, teamID string) (Token, error) {
	if err := s.require(ctx, p, managesTokens(p), teamRef(teamID)); err != nil {
		return Token{}, err
	}
	return s.theOne(ctx, TokenFilter{Kind: TokenTeam, OwnerID: teamID}, func(t Token) bool { return t.Legacy })
}

// TeamTokens returns all tokens of a team, the oldest first; team.manage_token.
func (s *Service) TeamTokens(ctx context.Context, p Principal, teamID string) ([]Token, error) {
	if err := s.require(ctx, p, managesTokens(p), teamRef(teamID)); err != nil {
		return nil, err
	}
	return s.tokensByAge(ctx, TokenFilter{Kind: TokenTeam, OwnerID: teamID})
}

// UserTokens returns one's own tokens, the oldest first.
func (s *Service) UserTokens(ctx context.Context, p Principal, userID string) ([]Token, error) {
	if p.Subject != userRef(userID) {
		return nil, fault.New(fault.NotFound, "there is no such user")
	}
	return s.tokensByAge(ctx, TokenFilter{Kind: TokenUser, OwnerID: userID})
}

func (s *Service) tokensByAge(ctx context.Context, f TokenFilter) ([]Token, error) {
	tokens, err := s.store.Tokens(ctx, f)
	for i := range tokens {
		tokens[i].Hash = nil
	}
	slices.SortStableFunc(tokens, func(a, b Token) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return tokens, err
}

// FindToken returns a token by id: one's own of a user, of a team for team.manage_token, of an organization for
// organization.manage_api_token. Site admins have no sight of other people's either (research tfe-api 6.7).
func (s *Service) FindToken(ctx context.Context, p Principal, id string) (Token, error) {
	t, err := s.store.Token(ctx, id)
	if err == nil {
		err = s.overToken(ctx, p, t, s.require)
	}
	if err != nil {
		return Token{}, err
	}
	t.Hash = nil
	return t, nil
}

// EndToken revokes a token by id; for whom see FindToken.
func (s *Service) EndToken(ctx context.Context, p Principal, id string) (authz.Token, error) {
	t, err := s.store.Token(ctx, id)
	if err == nil {
		err = s.overToken(ctx, p, t, s.requireToChange)
	}
	if err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error { return c.RevokeToken(ctx, id) })
}

// overToken asks what is needed to see and revoke a token.
func (s *Service) overToken(ctx context.Context, p Principal, t Token, ask func(context.Context, Principal, schema.Permission, authz.Object) error) error {
	switch t.Kind {
	case TokenTeam:
		return ask(ctx, p, managesTokens(p), teamRef(t.OwnerID))
	case TokenOrganization, TokenAuditTrails:
		return ask(ctx, p, schema.OrganizationManageAPIToken, organizationRef(t.OwnerID))
	case TokenUser:
		if p.Subject == userRef(t.OwnerID) {
			return nil
		}
	case TokenService, TokenGroup:
	}
	return fault.New(fault.NotFound, "there is no such token")
}

// RevokeOrganizationToken ends the token of a kind that an organization has; organization.manage_api_token.
func (s *Service) RevokeOrganizationToken(ctx context.Context, p Principal, organizationID string, kind TokenKind) (authz.Token, error) {
	if err := s.requireToChange(ctx, p, schema.OrganizationManageAPIToken, organizationRef(organizationID)); err != nil {
		return "", err
	}
	t, err := s.OrganizationToken(ctx, p, organizationID, kind)
	if err != nil {
		return "", err
	}
	return s.EndToken(ctx, p, t.ID)
}

// RevokeTeamToken ends the token that a team has without a description; team.manage_token.
func (s *Service) RevokeTeamToken(ctx context.Context, p Principal, teamID string) (authz.Token, error) {
	if err := s.requireToChange(ctx, p, managesTokens(p), teamRef(teamID)); err != nil {
		return "", err
	}
	t, err := s.TeamToken(ctx, p, teamID)
	if err != nil {
		return "", err
	}
	return s.EndToken(ctx, p, t.ID)
}
