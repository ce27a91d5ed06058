package catalog

import (
	"context"
	"sync"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// arrivalKept is how long a process takes it that a person has no open invitation. Invitations of its own it notices at
// once; the time is for those of other replicas.
const arrivalKept = time.Minute

// maxArrivals bounds the memory for people who came.
const maxArrivals = 1 << 16

// arrivals remember who has been seen without an open invitation, so that most requests need not ask. The zero value is
// empty and ready.
type arrivals struct {
	mu    sync.Mutex
	epoch uint64 // counts what was forgotten
	seen  map[string]time.Time
}

// recent reports whether a user was seen a moment ago. If not, the epoch goes back to note.
func (a *arrivals) recent(userID string, now time.Time) (bool, uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, ok := a.seen[userID]
	return ok && now.Sub(at) < arrivalKept, a.epoch
}

// note remembers a user, unless somebody was invited since the epoch.
func (a *arrivals) note(userID string, now time.Time, epoch uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if epoch != a.epoch {
		return
	}
	if a.seen == nil || len(a.seen) >= maxArrivals {
		a.seen = map[string]time.Time{}
	}
	a.seen[userID] = now
}

// forget forgets whose membership of an organization a change has touched: he may have been invited.
func (a *arrivals) forget(changed []Slice) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range changed {
		switch {
		case s.Resource.Type != schema.TypeOrganization:
		case s.Subject.IsZero():
			a.epoch++
			clear(a.seen)
		case s.Subject.Type == schema.TypeUser:
			a.epoch++
			delete(a.seen, s.Subject.ID)
		}
	}
}

// arrive turns the invitations of a person who makes a request into memberships (DECISIONS P12). When that does not
// succeed he has less access than he might, and the next request tries again; this one goes on.
func (s *Service) arrive(ctx context.Context, p Principal) {
	now := s.now()
	recent, epoch := s.arrivals.recent(p.Subject.ID, now)
	if recent {
		return
	}
	open, err := invitations(ctx, s.store, p.Subject.ID)
	if err == nil && len(open) > 0 {
		_, err = s.change(ctx, p, func(ctx context.Context, c *Change) error { return c.acceptInvitations(ctx, p.Subject.ID) })
	}
	if err != nil {
		s.log.WarnContext(ctx, "invitations stay open", "user_id", p.Subject.ID, "error", err)
		return
	}
	s.arrivals.note(p.Subject.ID, now, epoch)
}

func invitations(ctx context.Context, q Queries, userID string) ([]Membership, error) {
	all, err := q.Memberships(ctx, MembershipFilter{UserID: userID})
	var open []Membership
	for _, m := range all {
		if m.Status == MembershipInvited {
			open = append(open, m)
		}
	}
	return open, err
}

// acceptInvitations makes a person an active member wherever he is invited. Who was suspended meanwhile accepts nothing.
func (c *Change) acceptInvitations(ctx context.Context, userID string) error {
	u, err := c.User(ctx, userID)
	if fault.Is(err, fault.NotFound) || err == nil && u.Suspended {
		return nil
	}
	if err != nil {
		return err
	}
	open, err := invitations(ctx, c, userID)
	if err != nil {
		return err
	}
	for _, m := range open {
		if _, err := c.PutMember(ctx, m.OrganizationID, userID, MembershipActive); err != nil {
			return err
		}
	}
	return nil
}
