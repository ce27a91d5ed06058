package catalog

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// secretPrefix makes our credentials easy to find in code and logs, and to tell from Terraform's.
const secretPrefix = "twn_"

// IssuedToken is a token with its secret, which is shown once and kept nowhere.
type IssuedToken struct {
	Token
	Secret string
}

// IssueToken adds a credential. The secret is the prefix, the token's id, 256 random bits and a checksum, so that
// a scanner can tell a real one from a look-alike. Where organizations limit the lives of tokens, one without an end gets
// the latest that is allowed, and a later one is Invalid (see TokenLife).
func (c *Change) IssueToken(ctx context.Context, t Token, random func([]byte) error) (IssuedToken, error) {
	return c.issueToken(ctx, t, random, opaque)
}

// wording makes the secret of a token of 256 random bits.
type wording func(t Token, random []byte) (string, error)

// opaque is the form of our own that most tokens have.
func opaque(t Token, random []byte) (string, error) {
	body := strings.TrimPrefix(t.ID, PrefixToken+"-") + "_" + base64.RawURLEncoding.EncodeToString(random)
	return secretPrefix + body + checksum(body), nil
}

func (c *Change) issueToken(ctx context.Context, t Token, random func([]byte) error, word wording) (IssuedToken, error) {
	if !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(c.now) {
		return IssuedToken{}, fault.At("expires", "must be in the future")
	}
	if err := c.limitLife(ctx, &t); err != nil {
		return IssuedToken{}, err
	}
	for _, scope := range t.Scopes {
		if !slices.Contains(Scopes(), Scope(scope)) {
			return IssuedToken{}, fault.At("scope", "%q is unknown; there are %v", scope, Scopes())
		}
	}
	if t.Kind != TokenService && len(t.Scopes) > 0 {
		return IssuedToken{}, fault.At("scope", "only service tokens have scopes")
	}
	raw := make([]byte, 32)
	if err := random(raw); err != nil {
		return IssuedToken{}, err
	}
	t.ID, t.CreatedAt = c.random(PrefixToken), c.now
	secret, err := word(t, raw)
	if err != nil {
		return IssuedToken{}, err
	}
	hash := sha256.Sum256([]byte(secret))
	t.Hash = hash[:]
	if err := c.InsertToken(ctx, t); err != nil {
		return IssuedToken{}, err
	}
	organizationID, err := c.tokenOrganization(ctx, t)
	if err != nil {
		return IssuedToken{}, err
	}
	if err := c.touchToken(ctx, t, organizationID); err != nil {
		return IssuedToken{}, err
	}
	shown := t
	shown.Hash = nil
	c.record("token.create", organizationID, tokenRef(t.ID), nil, shown)
	return IssuedToken{Token: t, Secret: secret}, nil
}

func tokenRef(id string) authz.Object { return authz.Object{Type: "token", ID: id} }

func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	return base64.RawURLEncoding.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// tokenOrganization returns the organization of a team, organization or audit-trails token.
func (c *Change) tokenOrganization(ctx context.Context, t Token) (string, error) {
	switch t.Kind {
	case TokenTeam:
		team, err := c.Team(ctx, t.OwnerID)
		return team.OrganizationID, err
	case TokenOrganization, TokenAuditTrails:
		return t.OwnerID, nil
	case TokenUser, TokenService, TokenGroup:
	}
	return "", nil
}

// touchToken names what a team, organization or group token is in the projection.
func (c *Change) touchToken(ctx context.Context, t Token, organizationID string) error {
	switch t.Kind {
	case TokenTeam:
		token := teamTokenRef(t.ID)
		c.touch(Slice{Resource: teamRef(t.OwnerID), Relation: schema.RelMembership, Subject: token}, Slice{Resource: organizationRef(organizationID), Relation: schema.RelMembership, Subject: token})
	case TokenOrganization:
		holder := teamRef(t.ID)
		binding := bindingRef(bindingID(schema.RoleOrganizationToken, t.ID))
		c.touch(whole(holder), Slice{Resource: binding, RoleID: schema.RoleOrganizationToken, Holder: holder},
			Slice{Resource: organizationRef(t.OwnerID), Relation: schema.RelBinding, Subject: binding, RoleID: schema.RoleOrganizationToken, Holder: holder})
	case TokenGroup:
		affected, err := c.affectedBy(ctx, t.OwnerID)
		for _, o := range affected {
			if o.Type == schema.TypeTeam { // a group itself has people alone
				c.touch(memberSlice(o, teamTokenRef(t.ID)))
			}
		}
		return err
	case TokenUser, TokenService, TokenAuditTrails:
	}
	return nil
}

// RevokeToken ends a credential at once.
func (c *Change) RevokeToken(ctx context.Context, id string) error {
	t, err := c.Token(ctx, id)
	if err != nil {
		return err
	}
	organizationID, err := c.tokenOrganization(ctx, t)
	if err != nil {
		return err
	}
	if err := c.touchToken(ctx, t, organizationID); err != nil {
		return err
	}
	t.Hash = nil
	c.record("token.delete", organizationID, tokenRef(id), t, nil)
	return c.DeleteToken(ctx, id)
}

// dropTokens ends every credential of an owner.
func (c *Change) dropTokens(ctx context.Context, kind TokenKind, ownerID string) error {
	tokens, err := c.Tokens(ctx, TokenFilter{Kind: kind, OwnerID: ownerID})
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if err := c.RevokeToken(ctx, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// parseSecret returns the id inside a secret of ours, false for anything else.
func parseSecret(secret string) (id string, ok bool) {
	body, ours := strings.CutPrefix(secret, secretPrefix)
	const sumLen = 6
	if !ours || len(body) < sumLen {
		return "", false
	}
	body, sum := body[:len(body)-sumLen], body[len(body)-sumLen:]
	short, _, split := strings.Cut(body, "_")
	return PrefixToken + "-" + short, split && sum == checksum(body)
}

// TokenBySecret returns the live token a secret belongs to, and fault.Unauthenticated for any other secret:
// malformed, unknown, revoked or expired, without saying which.
func (s *Service) TokenBySecret(ctx context.Context, secret string) (Token, error) {
	id, ok := parseSecret(secret)
	if !ok {
		id, ok = signedID(secret)
	}
	if !ok {
		return Token{}, refusedCredential()
	}
	t, err := s.store.Token(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return Token{}, refusedCredential()
	}
	if err != nil {
		return Token{}, err
	}
	hash := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(hash[:], t.Hash) != 1 || (!t.ExpiresAt.IsZero() && !t.ExpiresAt.After(s.now())) {
		return Token{}, refusedCredential()
	}
	s.noteUse(ctx, t)
	return t, nil
}

func refusedCredential() error {
	return fault.New(fault.Unauthenticated, "the credential is not valid")
}

// useResolution is how coarsely the last use of a token is kept, so that reads are no writes.
const useResolution = 5 * time.Minute

func (s *Service) noteUse(ctx context.Context, t Token) {
	if now := s.now(); now.Sub(t.LastUsedAt) > useResolution {
		if err := s.store.TouchToken(ctx, t.ID, now); err != nil {
			s.log.DebugContext(ctx, "the last use of a token was not noted", "token_id", t.ID, "error", err)
		}
	}
}
