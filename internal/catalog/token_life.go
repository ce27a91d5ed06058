package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

const (
	// DefaultTokenLife is the longest life of tokens of a kind for which an organization has set none: two years, as the
	// vendor counts them (research tfe-api 1.7).
	DefaultTokenLife = 63_113_904 * time.Second

	minTokenLife = time.Minute
	maxTokenLife = 100 * 366 * 24 * time.Hour

	// defaultYears is how long a token lives for which no end was asked, where no organization wants less.
	defaultYears = 2
)

// TokenLifeOf returns a longest life of tokens that is given in milliseconds, or why it can be none.
func TokenLifeOf(milliseconds int64) (time.Duration, *fault.Error) {
	if milliseconds < minTokenLife.Milliseconds() || milliseconds > maxTokenLife.Milliseconds() {
		return 0, fault.At("max-ttl-ms", "must be from a minute to a hundred years")
	}
	return time.Duration(milliseconds) * time.Millisecond, nil
}

// LimitedKinds returns the kinds of tokens whose lives organizations limit, in the order they are shown in.
func LimitedKinds() []TokenKind {
	return []TokenKind{TokenOrganization, TokenTeam, TokenUser, TokenAuditTrails}
}

// TokenLives returns the longest lives of tokens in an organization, one for each of LimitedKinds;
// organization.manage_api_token.
func (s *Service) TokenLives(ctx context.Context, p Principal, organizationID string) ([]TokenLife, error) {
	if err := s.require(ctx, p, schema.OrganizationManageAPIToken, organizationRef(organizationID)); err != nil {
		return nil, err
	}
	return tokenLives(ctx, s.store, organizationID)
}

// SetTokenLives sets the longest lives of tokens in an organization and returns all of them; the others stay;
// organization.manage_api_token. They count for tokens that are issued from then on, while Organization.LimitTokenLives.
func (s *Service) SetTokenLives(ctx context.Context, p Principal, organizationID string, lives ...TokenLife) ([]TokenLife, authz.Token, error) {
	var after []TokenLife
	token, err := s.on(ctx, p, schema.OrganizationManageAPIToken, organizationRef(organizationID), func(ctx context.Context, c *Change) (err error) {
		after, err = c.SetTokenLives(ctx, organizationID, lives...)
		return err
	})
	return after, token, err
}

// SetTokenLives sets the longest lives of tokens in an organization and returns all of them.
func (c *Change) SetTokenLives(ctx context.Context, organizationID string, lives ...TokenLife) ([]TokenLife, error) {
	before, err := tokenLives(ctx, c, organizationID)
	if err != nil {
		return nil, err
	}
	for _, l := range lives {
		if _, e := TokenLifeOf(l.Max.Milliseconds()); e != nil {
			return nil, e
		}
		l.OrganizationID = organizationID
		if err := c.PutTokenLife(ctx, l); err != nil {
			return nil, err
		}
	}
	after, err := tokenLives(ctx, c, organizationID)
	if err == nil {
		c.record("organization.set_token_lives", organizationID, organizationRef(organizationID), before, after)
	}
	return after, err
}

// tokenLives returns the longest lives of tokens in an organization, set or not.
func tokenLives(ctx context.Context, q Queries, organizationID string) ([]TokenLife, error) {
	set, err := q.TokenLives(ctx, organizationID)
	if err != nil {
		return nil, err
	}
	longest := map[TokenKind]time.Duration{}
	for _, l := range set {
		longest[l.Kind] = l.Max
	}
	out := make([]TokenLife, len(LimitedKinds()))
	for i, kind := range LimitedKinds() {
		out[i] = TokenLife{OrganizationID: organizationID, Kind: kind, Max: DefaultTokenLife}
		if life, ok := longest[kind]; ok {
			out[i].Max = life
		}
	}
	return out, nil
}

// limitLife gives a token the latest end that is allowed when it has none, and refuses a later one.
func (c *Change) limitLife(ctx context.Context, t *Token) error {
	life, limited, err := c.longestLife(ctx, *t)
	if err != nil || !limited {
		return err
	}
	latest := c.now.Add(life)
	if t.ExpiresAt.IsZero() {
		t.ExpiresAt = latest
	}
	if t.ExpiresAt.After(latest) {
		return fault.At("expires", "must not be after %s, since the organization limits how long tokens live", latest.UTC().Format(time.RFC3339))
	}
	return nil
}

// longestLife returns how long a token may live, if that is limited: by the strictest of the organizations it is for.
func (c *Change) longestLife(ctx context.Context, t Token) (life time.Duration, limited bool, err error) {
	ids, err := c.organizationsFor(ctx, t)
	if err != nil {
		return 0, false, err
	}
	for _, id := range ids {
		o, err := c.Organization(ctx, id)
		if err != nil {
			return 0, false, err
		}
		if !o.LimitTokenLives {
			continue
		}
		lives, err := tokenLives(ctx, c, id)
		if err != nil {
			return 0, false, err
		}
		i := slices.IndexFunc(lives, func(l TokenLife) bool { return l.Kind == t.Kind })
		if i >= 0 && (!limited || lives[i].Max < life) {
			life, limited = lives[i].Max, true
		}
	}
	return life, limited, nil
}

// organizationsFor returns the organizations that a token is for. A user's token is issued outside any organization and
// works in all of them, so it is for all that he is a member of by then.
func (c *Change) organizationsFor(ctx context.Context, t Token) ([]string, error) {
	if t.Kind != TokenUser {
		id, err := c.tokenOrganization(ctx, t)
		if err != nil || id == "" {
			return nil, err
		}
		return []string{id}, nil
	}
	memberships, err := c.Memberships(ctx, MembershipFilter{UserID: t.OwnerID})
	var ids []string
	for _, m := range memberships {
		if m.Status == MembershipActive {
			ids = append(ids, m.OrganizationID)
		}
	}
	return ids, err
}

// endByDefault gives a token that was asked for without an end the usual one, or the latest that is allowed when that
// is earlier.
func (c *Change) endByDefault(ctx context.Context, t *Token) error {
	if !t.ExpiresAt.IsZero() {
		return nil
	}
	t.ExpiresAt = c.now.AddDate(defaultYears, 0, 0)
	life, limited, err := c.longestLife(ctx, *t)
	if latest := c.now.Add(life); limited && latest.Before(t.ExpiresAt) {
		t.ExpiresAt = latest
	}
	return err
}
