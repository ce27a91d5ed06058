package catalog

import (
	"context"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// inGroup reports whether a user is in a group, by itself or by a group that is nested in it.
func (c *Change) inGroup(ctx context.Context, userID, groupID string) (bool, error) {
	in, err := c.groupsAround(ctx, userID, c.now)
	return in[groupID], err
}

// groupsAround returns the groups that a user is in at a time, by themselves or by those nested in them. At the zero time
// he is also in those in which his time has run out.
func (c *Change) groupsAround(ctx context.Context, userID string, at time.Time) (map[string]bool, error) {
	direct, err := c.GroupMembers(ctx, GroupMemberFilter{UserID: userID})
	if err != nil || len(direct) == 0 {
		return nil, err
	}
	n, err := c.nestings(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range direct {
		if at.IsZero() || m.lasts(at) {
			ids = append(ids, m.GroupID)
		}
	}
	out := map[string]bool{}
	for _, id := range n.around(ids...) {
		out[id] = true
	}
	return out, nil
}

// watchGroupTokens remembers the tokens of a group and of those around it whose maker is in the group by now: those of some
// users, or of everybody for none. It comes before somebody leaves; which of them end is decided when the change is whole,
// since a directory may take somebody out of a group and put him in again.
//
// What a site admin made without being in the group was never anybody's by membership, and stays.
func (c *Change) watchGroupTokens(ctx context.Context, groupID string, userIDs ...string) error {
	n, err := c.nestings(ctx)
	if err != nil {
		return err
	}
	tokens, err := c.Tokens(ctx, TokenFilter{Kind: TokenGroup, OwnerIDs: n.around(groupID)})
	if err != nil || len(tokens) == 0 {
		return err
	}
	leaving := map[string]bool{}
	for _, id := range userIDs {
		leaving[id] = true
	}
	for _, t := range tokens {
		maker := t.Creator()
		if maker.Type != schema.TypeUser || len(leaving) > 0 && !leaving[maker.ID] || c.watched[t.ID] {
			continue
		}
		in, err := c.groupsAround(ctx, maker.ID, time.Time{})
		if err != nil {
			return err
		}
		if in[t.OwnerID] {
			if c.watched == nil {
				c.watched = map[string]bool{}
			}
			c.watched[t.ID] = true
		}
	}
	return nil
}

// endLeftTokens ends those of the watched tokens whose maker has left the group.
func (c *Change) endLeftTokens(ctx context.Context) error {
	for _, id := range keys(c.watched) {
		t, err := c.Token(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		in, err := c.inGroup(ctx, t.Creator().ID, t.OwnerID)
		if err == nil && !in {
			err = c.RevokeToken(ctx, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// endTokensMadeBy ends the tokens of groups that a user made: he may know their secrets.
func (c *Change) endTokensMadeBy(ctx context.Context, userID string) error {
	all, err := c.Tokens(ctx, TokenFilter{Kind: TokenGroup})
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Creator() != userRef(userID) {
			continue
		}
		if err := c.RevokeToken(ctx, t.ID); err != nil {
			return err
		}
	}
	return nil
}
