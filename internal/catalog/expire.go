package catalog

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// longPast is how long something has ended before it is removed, so that no clock still sees it alive.
const longPast = time.Minute

// expire removes grants and memberships of groups whose time has passed. They gave nothing any more; this keeps the catalog
// and the engine tidy, ends the tokens of groups whose makers have left with them, and leaves audit events.
func (s *Service) expire(ctx context.Context) error {
	return errors.Join(s.expireGrants(ctx), s.expireMembers(ctx))
}

func expiryPrincipal() Principal {
	return Principal{Subject: authz.Object{Type: "system", ID: "expiry"}, Name: "expiry"}
}

func (s *Service) expireGrants(ctx context.Context) error {
	grants, err := s.store.Grants(ctx, GrantFilter{ExpiredBy: s.now().Add(-longPast), Limit: 100})
	if err != nil || len(grants) == 0 {
		return err
	}
	_, err = s.change(ctx, expiryPrincipal(), func(ctx context.Context, c *Change) error {
		for _, g := range grants {
			if err := c.RemoveGrant(ctx, g.ID); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		return nil
	})
	return err
}

// manyExpired is how many memberships one change takes; the next one takes more.
const manyExpired = 1000

// expireMembers takes out of groups whose logins said until when they are in them.
func (s *Service) expireMembers(ctx context.Context) error {
	by := GroupMemberFilter{ExpiredBy: s.now().Add(-longPast)}
	ended, err := s.store.GroupMembers(ctx, by)
	if err != nil || len(ended) == 0 {
		return err
	}
	_, err = s.change(ctx, expiryPrincipal(), func(ctx context.Context, c *Change) error {
		now, err := c.GroupMembers(ctx, by) // some may have come again meanwhile
		if err != nil {
			return err
		}
		leaving := map[string][]string{}
		for _, m := range now[:min(len(now), manyExpired)] {
			leaving[m.GroupID] = append(leaving[m.GroupID], m.UserID)
		}
		for _, id := range slices.Sorted(maps.Keys(leaving)) {
			if err := c.FillGroup(ctx, id, nil, leaving[id]); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
