package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TeamToken is a token of a team, in a list.
type TeamToken struct {
	Token
	Team  Team
	Maker string // the name of the user who created it; of other creators what they are
}

// TeamTokenQuery selects and orders the team tokens of an organization; empty fields select nothing further.
type TeamTokenQuery struct {
	Contains   string // a part of the team's name, in any case
	Expiry     []ExpiryStatus
	Order      TokenOrder // "" is OrderExpiry
	Descending bool
}

// ExpiryStatus says how near the end of a token is.
type ExpiryStatus string

// The states of a token. One that ends within 7 days also does within 30, and is active.
const (
	ExpiryActive   ExpiryStatus = "active"
	ExpiryIn7Days  ExpiryStatus = "expiring_in_7_days"
	ExpiryIn30Days ExpiryStatus = "expiring_in_30_days"
	ExpiryPassed   ExpiryStatus = "expired"
	ExpiryNone     ExpiryStatus = "no_expiration"
)

// ExpiryStatuses returns every state of a token.
func ExpiryStatuses() []ExpiryStatus {
	return []ExpiryStatus{ExpiryActive, ExpiryIn7Days, ExpiryIn30Days, ExpiryPassed, ExpiryNone}
}

func (e ExpiryStatus) holds(t Token, now time.Time) bool {
	const day = 24 * time.Hour
	passed := !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now)
	within := func(d time.Duration) bool {
		return !t.ExpiresAt.IsZero() && !passed && !t.ExpiresAt.After(now.Add(d))
	}
	switch e {
	case ExpiryActive:
		return !passed
	case ExpiryIn7Days:
		return within(7 * day)
	case ExpiryIn30Days:
		return within(30 * day)
	case ExpiryPassed:
		return passed
	case ExpiryNone:
		return t.ExpiresAt.IsZero()
	}
	return false
}

// TokenOrder is what a list of team tokens is sorted by.
type TokenOrder string

// The orders of a list of team tokens.
const (
	OrderExpiry   TokenOrder = "expired-at" // those without an end last
	OrderTeamName TokenOrder = "team-name"
	OrderMaker    TokenOrder = "created-by"
	OrderLastUse  TokenOrder = "last-used-at" // those never used first
)

// TokenOrders returns every order of a list of team tokens.
func TokenOrders() []TokenOrder {
	return []TokenOrder{OrderExpiry, OrderTeamName, OrderMaker, OrderLastUse}
}

func (o TokenOrder) compare(a, b TeamToken) int {
	switch o {
	case OrderTeamName:
		return strings.Compare(strings.ToLower(a.Team.Name), strings.ToLower(b.Team.Name))
	case OrderMaker:
		return strings.Compare(strings.ToLower(a.Maker), strings.ToLower(b.Maker))
	case OrderLastUse:
		return a.LastUsedAt.Compare(b.LastUsedAt)
	case OrderExpiry:
	}
	if a.ExpiresAt.IsZero() != b.ExpiresAt.IsZero() {
		return map[bool]int{true: 1, false: -1}[a.ExpiresAt.IsZero()]
	}
	return a.ExpiresAt.Compare(b.ExpiresAt)
}

// ListTeamTokens returns the tokens of those teams of an organization whose tokens the principal may manage
// (team.manage_token), and how many there are in all; organization.view.
func (s *Service) ListTeamTokens(ctx context.Context, p Principal, organizationID string, q TeamTokenQuery, w Window) ([]TeamToken, int, error) {
	if err := s.require(ctx, p, schema.OrganizationView, organizationRef(organizationID)); err != nil {
		return nil, 0, err
	}
	teams, err := s.store.Teams(ctx, TeamFilter{OrganizationID: organizationID})
	if err != nil {
		return nil, 0, err
	}
	teams = slices.DeleteFunc(teams, func(t Team) bool {
		return !strings.Contains(strings.ToLower(t.Name), strings.ToLower(q.Contains))
	})
	teams, err = keepVisible(ctx, s, p, managesTokens(p), teams, func(t Team) authz.Object { return teamRef(t.ID) })
	if err != nil || len(teams) == 0 {
		return nil, 0, err
	}
	found, err := s.tokensOf(ctx, teams)
	if err != nil {
		return nil, 0, err
	}
	now := s.now()
	found = slices.DeleteFunc(found, func(t TeamToken) bool {
		return len(q.Expiry) > 0 && !slices.ContainsFunc(q.Expiry, func(e ExpiryStatus) bool { return e.holds(t.Token, now) })
	})
	slices.SortFunc(found, func(a, b TeamToken) int {
		order := q.Order.compare(a, b)
		if q.Descending {
			order = -order
		}
		return cmp.Or(order, strings.Compare(a.ID, b.ID))
	})
	return part(found, w), len(found), nil
}

// tokensOf returns the tokens of some teams, with who created them.
func (s *Service) tokensOf(ctx context.Context, teams []Team) ([]TeamToken, error) {
	byID := map[string]Team{}
	ids := make([]string, len(teams))
	for i, t := range teams {
		ids[i], byID[t.ID] = t.ID, t
	}
	rows, err := s.store.Tokens(ctx, TokenFilter{Kind: TokenTeam, OwnerIDs: ids})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]TeamToken, len(rows))
	makers := map[string]bool{}
	for i, t := range rows {
		t.Hash = nil
		out[i] = TeamToken{Token: t, Team: byID[t.OwnerID], Maker: t.CreatedBy}
		makers[t.Creator().ID] = true
	}
	users, err := s.store.Users(ctx, UserFilter{IDs: keysOf(makers)})
	names := map[string]string{}
	for _, u := range users {
		names[u.ID] = u.Username
	}
	for i, t := range out {
		if name, ok := names[t.Creator().ID]; ok {
			out[i].Maker = name
		}
	}
	return out, err
}

func keysOf(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// EndTeamTokens revokes team tokens of an organization, all or none; team.manage_token of each one's team. What is no
// team token of the organization is as good as one that may not be revoked.
func (s *Service) EndTeamTokens(ctx context.Context, p Principal, organizationID string, ids ...string) (authz.Token, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		t, err := s.store.Token(ctx, id)
		if err != nil {
			return "", err
		}
		team, err := s.store.Team(ctx, t.OwnerID)
		if err == nil && (t.Kind != TokenTeam || team.OrganizationID != organizationID) {
			err = fault.New(fault.NotFound, "there is no such token")
		}
		if err == nil {
			err = s.requireToChange(ctx, p, managesTokens(p), teamRef(t.OwnerID))
		}
		if err != nil {
			return "", err
		}
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		for _, id := range ids {
			if err := c.RevokeToken(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}
