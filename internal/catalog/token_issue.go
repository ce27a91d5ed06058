package catalog

import (
	"context"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TokenTerms say what a token is to be. Without an end it gets one two years ahead, or earlier where an organization
// limits the lives of tokens; the end never changes afterwards (research tfe-api 1.7, 6.7).
type TokenTerms struct {
	Description string
	ExpiresAt   time.Time
}

const maxTokenDescription = 255

// draft returns a token on terms, created by whoever a principal's credential stands for.
func (s *Service) draft(ctx context.Context, p Principal, t Token, terms TokenTerms) (Token, error) {
	maker, err := s.standsFor(ctx, p) // before the change, which may end that very credential
	t.Description, t.ExpiresAt, t.CreatedBy = terms.Description, terms.ExpiresAt, maker.String()
	return t, err
}

// issue adds a drafted token.
func (s *Service) issue(ctx context.Context, c *Change, t Token) (IssuedToken, error) {
	if err := c.endByDefault(ctx, &t); err != nil {
		return IssuedToken{}, err
	}
	return s.issueAs(ctx, c, t, opaque)
}

func (s *Service) issueAs(ctx context.Context, c *Change, t Token, word wording) (IssuedToken, error) {
	if len(t.Description) > maxTokenDescription || strings.ContainsFunc(t.Description, unicode.IsControl) {
		return IssuedToken{}, fault.At("description", "must be one line of at most %d bytes", maxTokenDescription)
	}
	return c.issueToken(ctx, t, func(b []byte) error { _, err := io.ReadFull(s.random, b); return err }, word)
}

// Creator returns who created a token: a user, a service account, a team or an organization. Tokens of before that was
// kept in full are taken to be a user's.
func (t Token) Creator() authz.Object {
	if o, ok := authz.ParseObject(t.CreatedBy); ok {
		return o
	}
	return userRef(t.CreatedBy)
}

// IssueOrganizationToken replaces the one token of a kind that an organization has; organization.manage_api_token, which
// the token itself does not hold (DECISIONS P20). The kind is TokenOrganization or TokenAuditTrails. The old one ends in
// the same change.
func (s *Service) IssueOrganizationToken(ctx context.Context, p Principal, organizationID string, kind TokenKind, terms TokenTerms) (IssuedToken, authz.Token, error) {
	draft, err := s.draft(ctx, p, Token{Kind: kind, OwnerID: organizationID}, terms)
	if err != nil {
		return IssuedToken{}, "", err
	}
	var issued IssuedToken
	token, err := s.on(ctx, p, schema.OrganizationManageAPIToken, organizationRef(organizationID), func(ctx context.Context, c *Change) error {
		err := c.dropTokens(ctx, kind, organizationID)
		if err == nil {
			issued, err = s.issue(ctx, c, draft)
		}
		return err
	})
	return issued, token, err
}

// IssueUserToken adds a token of a user: one's own alone, by oneself. Nobody else is told that there is such a user.
func (s *Service) IssueUserToken(ctx context.Context, p Principal, userID string, terms TokenTerms) (IssuedToken, authz.Token, error) {
	if p.Subject != userRef(userID) {
		return IssuedToken{}, "", fault.New(fault.NotFound, "there is no such user")
	}
	draft, err := s.draft(ctx, p, Token{Kind: TokenUser, OwnerID: userID}, terms)
	if err != nil {
		return IssuedToken{}, "", err
	}
	var issued IssuedToken
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) (err error) {
		issued, err = s.issue(ctx, c, draft)
		return err
	})
	return issued, token, err
}

// managesTokens returns what a principal needs to create, see and end the tokens of a team: team.manage_token. People have
// that by being in a team that leaves it to its members. A team token is no member (research tfe-api 6.7): were it one
// here, it could renew itself for good, and outlive its own revocation by a token nobody has heard of. For it counts what is
// left of the permission without that way, which is exactly team.update: the owners team's token, or that of a team which
// manages teams. The same goes for the token of a group that is linked to the team.
func managesTokens(p Principal) schema.Permission {
	if p.Credential == TokenTeam || p.Credential == TokenGroup {
		return schema.TeamUpdate
	}
	return schema.TeamManageToken
}

// noLonger keeps a token that a team's token makes for its own team from outliving it, and one that a group's token makes
// for any: one without an end gets the maker's, and a later one is Invalid.
func (c *Change) noLonger(ctx context.Context, p Principal, t *Token) error {
	if p.Credential != TokenTeam && p.Credential != TokenGroup {
		return nil
	}
	maker, err := c.Token(ctx, p.TokenID)
	if err != nil || p.Credential == TokenTeam && maker.OwnerID != t.OwnerID || maker.ExpiresAt.IsZero() {
		return err
	}
	if t.ExpiresAt.IsZero() {
		t.ExpiresAt = maker.ExpiresAt
	}
	if t.ExpiresAt.After(maker.ExpiresAt) {
		return fault.At("expires", "must not be after %s, when the token that asks ends", maker.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return nil
}

// IssueTeamToken replaces the one token that a team has without a description; team.manage_token. The old one ends in
// the same change.
func (s *Service) IssueTeamToken(ctx context.Context, p Principal, teamID string, terms TokenTerms) (IssuedToken, authz.Token, error) {
	terms.Description = ""
	return s.issueTeamToken(ctx, p, teamID, true, terms)
}

// AddTeamToken adds a token to those that a team has by description; team.manage_token. A description that the team has
// a token with already, an empty one included, is a Conflict.
func (s *Service) AddTeamToken(ctx context.Context, p Principal, teamID string, terms TokenTerms) (IssuedToken, authz.Token, error) {
	return s.issueTeamToken(ctx, p, teamID, false, terms)
}

func (s *Service) issueTeamToken(ctx context.Context, p Principal, teamID string, legacy bool, terms TokenTerms) (IssuedToken, authz.Token, error) {
	draft, err := s.draft(ctx, p, Token{Kind: TokenTeam, OwnerID: teamID, Legacy: legacy}, terms)
	if err != nil {
		return IssuedToken{}, "", err
	}
	var issued IssuedToken
	token, err := s.on(ctx, p, managesTokens(p), teamRef(teamID), func(ctx context.Context, c *Change) error {
		t := draft
		if err := c.noLonger(ctx, p, &t); err != nil { // before the maker itself may make room
			return err
		}
		err := c.makeRoom(ctx, teamID, legacy, terms.Description)
		if err == nil {
			issued, err = s.issue(ctx, c, t)
		}
		return err
	})
	return issued, token, err
}

// makeRoom ends the team token that a new one replaces, and refuses a description that is taken.
func (c *Change) makeRoom(ctx context.Context, teamID string, legacy bool, description string) error {
	tokens, err := c.Tokens(ctx, TokenFilter{Kind: TokenTeam, OwnerID: teamID})
	if err != nil {
		return err
	}
	for _, t := range tokens {
		switch {
		case legacy && t.Legacy:
			if err := c.RevokeToken(ctx, t.ID); err != nil {
				return err
			}
		case !legacy && !t.Legacy && t.Description == description:
			return &fault.Error{Kind: fault.Conflict, Field: "description", Message: "has already been taken"}
		}
	}
	return nil
}
