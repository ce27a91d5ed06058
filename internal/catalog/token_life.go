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

	// defaultYears is how long a token lives for which no end was asked, where the organization wants no less.
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
// organization.manage_api_token. While Organization.LimitTokenLives, those for tokens of the organization's own count for
// what is issued from then on; that for user tokens counts at once, inside the organization alone (see takes).
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

// life returns how long a token lives in all, 0 for one without an end.
func (t Token) life() time.Duration {
	if t.ExpiresAt.IsZero() {
		return 0
	}
	return t.ExpiresAt.Sub(t.CreatedAt)
}

// twoYears is the longest that two years of the calendar are, which is what a token gets by default.
const twoYears = 731 * 24 * time.Hour

// countedLife returns a life as limits count it: two years of the calendar are no longer than two years by default.
func countedLife(life time.Duration) time.Duration {
	if life > DefaultTokenLife && life <= twoYears {
		return DefaultTokenLife
	}
	return life
}

// takes refuses a user token that an organization does not take: any at all, or one whose whole life is longer than the
// organization allows.
//
// A user's token works in every organization he is in, and anybody may be made a member without being asked (DECISIONS
// P8). So no organization shortens it when it is made, for that would be a say in what he does elsewhere; each decides
// whether it lets it in. A group's token is in the same place, and counts as a user's.
func (s *Service) takes(ctx context.Context, p Principal, o Organization) error {
	switch {
	case !p.fromOutside():
		return nil
	case o.RefuseUserTokens:
		return fault.New(fault.Unauthenticated, "the organization accepts no user tokens")
	case !o.LimitTokenLives:
		return nil
	}
	longest, err := longestOf(ctx, s.store, o.ID, TokenUser)
	if err != nil {
		return err
	}
	if life := countedLife(p.Life); life == 0 || life > longest {
		return fault.New(fault.Unauthenticated, "the organization accepts no user tokens that live so long")
	}
	return nil
}

// letsIn reports whether an organization takes the principal's credential.
func (s *Service) letsIn(ctx context.Context, p Principal, o Organization) (bool, error) {
	err := s.takes(ctx, p, o)
	if fault.Is(err, fault.Unauthenticated) {
		return false, nil
	}
	return err == nil, err
}

// longestOf returns how long tokens of a kind may live in an organization that limits it.
func longestOf(ctx context.Context, q Queries, organizationID string, kind TokenKind) (time.Duration, error) {
	lives, err := tokenLives(ctx, q, organizationID)
	i := slices.IndexFunc(lives, func(l TokenLife) bool { return l.Kind == kind })
	if err != nil || i < 0 {
		return 0, err
	}
	return lives[i].Max, nil
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

// longestLife returns how long a token may live, if that is limited: by the organization that it belongs to. A user's
// token belongs to none (see takes).
func (c *Change) longestLife(ctx context.Context, t Token) (life time.Duration, limited bool, err error) {
	id, err := c.tokenOrganization(ctx, t)
	if err != nil || id == "" {
		return 0, false, err
	}
	o, err := c.Organization(ctx, id)
	if err != nil || !o.LimitTokenLives {
		return 0, false, err
	}
	life, err = longestOf(ctx, c, id, t.Kind)
	return life, true, err
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
