package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// inGroup reports whether a user is in a group, by itself or by a group that is nested in it.
func (c *Change) inGroup(ctx context.Context, userID, groupID string) (bool, error) {
	direct, err := c.GroupMembers(ctx, GroupMemberFilter{UserID: userID})
	if err != nil || len(direct) == 0 {
		return false, err
	}
	children, err := c.GroupChildren(ctx)
	ids := make([]string, len(direct))
	for i, m := range direct {
		ids[i] = m.GroupID
	}
	return slices.Contains(ancestors(ids, children), groupID), err
}

// watchGroupTokens remembers the tokens of a group and of those around it whose maker is in the group by now: one user's,
// or everybody's for "". It comes before somebody leaves; which of them end is decided when the change is whole, since a
// directory may take somebody out of a group and put him in again.
//
// What a site admin made without being in the group was never anybody's by membership, and stays.
func (c *Change) watchGroupTokens(ctx context.Context, groupID, userID string) error {
	children, err := c.GroupChildren(ctx)
	if err != nil {
		return err
	}
	tokens, err := c.Tokens(ctx, TokenFilter{Kind: TokenGroup, OwnerIDs: ancestors([]string{groupID}, children)})
	if err != nil {
		return err
	}
	for _, t := range tokens {
		maker := t.Creator()
		if maker.Type != schema.TypeUser || userID != "" && maker.ID != userID || slices.Contains(c.watched, t.ID) {
			continue
		}
		in, err := c.inGroup(ctx, maker.ID, t.OwnerID)
		if err != nil {
			return err
		}
		if in {
			c.watched = append(c.watched, t.ID)
		}
	}
	return nil
}

// endLeftTokens ends those of the watched tokens whose maker has left the group.
func (c *Change) endLeftTokens(ctx context.Context) error {
	for _, id := range c.watched {
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
