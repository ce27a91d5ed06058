package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// Drift is the difference between what the catalog says and what the engine holds.
type Drift struct {
	Missing    []authz.Relationship // in the catalog's projection, not in the engine
	Unexpected []authz.Relationship // in the engine, not in the projection
}

// drift compares slices of the projection with the engine: what to delete there and what to touch.
func (s *Service) drift(ctx context.Context, q Queries, parts []Slice) (deletes, touches []authz.Relationship, err error) {
	if len(parts) == 0 {
		return nil, nil, nil
	}
	facts, err := factsOf(ctx, q, parts)
	if err != nil {
		return nil, nil, err
	}
	var set sliceSet
	set.add(parts...)
	want := slices.DeleteFunc(Projection(facts, s.now()), func(r authz.Relationship) bool { return !set.contains(r) })
	have, err := s.read(ctx, set.list())
	if err != nil {
		return nil, nil, err
	}
	have = slices.DeleteFunc(have, func(r authz.Relationship) bool { return !set.contains(r) })
	deletes, touches = compare(want, have)
	return deletes, touches, nil
}

// readAll returns everything the engine holds.
func (s *Service) readAll(ctx context.Context) ([]authz.Relationship, error) {
	var out []authz.Relationship
	for _, t := range resourceTypes() {
		for r, err := range s.engine.Read(ctx, authz.Filter{Resource: authz.Object{Type: t}}) {
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// resourceTypes returns the types that relationships start from.
func resourceTypes() []string {
	return []string{
		schema.TypePlatform, schema.TypeOrganization, schema.TypeProject, schema.TypeWorkspace, schema.TypeStack,
		schema.TypeTeam, schema.TypeGroup, schema.TypeBinding,
	}
}

// compare returns what must go from have and what must be written so that it equals want.
func compare(want, have []authz.Relationship) (deletes, touches []authz.Relationship) {
	expiry := make(map[authz.Relationship]time.Time, len(have))
	for _, r := range have {
		expiry[r.Key()] = r.ExpiresAt
	}
	for _, r := range want {
		old, ok := expiry[r.Key()]
		if !ok || !sameInstant(old, r.ExpiresAt) {
			touches = append(touches, r)
		}
		delete(expiry, r.Key())
	}
	for r, at := range expiry {
		r.ExpiresAt = at
		deletes = append(deletes, r)
	}
	slices.SortFunc(deletes, compareRelationships)
	return deletes, touches
}

// sameInstant compares deadlines at the second: engines keep them no finer.
func sameInstant(a, b time.Time) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero() == b.IsZero()
	}
	return a.Truncate(time.Second).Equal(b.Truncate(time.Second))
}

// settle brings the engine in step with the catalog for what intents name, and removes them. The caller holds
// the store exclusively.
func (s *Service) settle(ctx context.Context, intents []Intent) error {
	for _, i := range intents {
		deletes, touches, err := s.drift(ctx, s.store, i.Slices)
		if err != nil {
			return err
		}
		if len(deletes)+len(touches) > 0 {
			if _, err := s.engine.Write(ctx, authz.Write{Deletes: deletes, Touches: touches, Metadata: map[string]string{"intent": i.ID}}); err != nil {
				return err
			}
		}
		if err := s.store.DeleteIntents(ctx, i.ID); err != nil {
			return err
		}
	}
	return nil
}

// Replay catches up on the writes that were interrupted. It returns how many there were.
func (s *Service) Replay(ctx context.Context) (int, error) {
	pending, err := s.store.Intents(ctx)
	if err != nil || len(pending) == 0 {
		return 0, err
	}
	err = s.store.Exclusive(ctx, func(ctx context.Context) error {
		if pending, err = s.store.Intents(ctx); err != nil {
			return err
		}
		return s.settle(ctx, pending)
	})
	return len(pending), err
}

// PendingIntents returns how many writes wait to be caught up.
func (s *Service) PendingIntents(ctx context.Context) (int, error) {
	pending, err := s.store.Intents(ctx)
	return len(pending), err
}

// Reconcile compares the whole projection with what the engine holds and, unless dryRun, repairs it. Site
// admins alone.
func (s *Service) Reconcile(ctx context.Context, p Principal, dryRun bool) (Drift, error) {
	ask := s.requireToChange
	if dryRun {
		ask = s.require
	}
	if err := ask(ctx, p, schema.PlatformAdminister, platformRef()); err != nil {
		return Drift{}, err
	}
	return s.reconcile(ctx, p, dryRun)
}

// Upgrade brings every relationship in step with this version's projection, after its schema has been deployed: what
// built-in roles give may have changed.
func (s *Service) Upgrade(ctx context.Context) (Drift, error) {
	return s.reconcile(ctx, systemPrincipal(), false)
}

func (s *Service) reconcile(ctx context.Context, p Principal, dryRun bool) (Drift, error) {
	var d Drift
	err := s.store.Exclusive(ctx, func(ctx context.Context) error {
		var err error
		if d, err = s.fullDrift(ctx); err != nil || dryRun {
			return err
		}
		if len(d.Missing)+len(d.Unexpected) == 0 {
			return nil
		}
		_, err = s.engine.Write(ctx, authz.Write{Deletes: d.Unexpected, Touches: d.Missing, Metadata: map[string]string{"actor": p.Subject.String(), "reason": "reconcile"}})
		return err
	})
	return d, err
}

func (s *Service) fullDrift(ctx context.Context) (Drift, error) {
	facts, err := allFacts(ctx, s.store)
	if err != nil {
		return Drift{}, err
	}
	have, err := s.readAll(ctx)
	if err != nil {
		return Drift{}, err
	}
	var d Drift
	d.Unexpected, d.Missing = compare(Projection(facts, s.now()), have)
	return d, nil
}

// Start makes the engine ready for questions: one that keeps nothing is filled from the catalog, any other is
// brought in step with interrupted writes.
func (s *Service) Start(ctx context.Context) error {
	if s.seeder == nil {
		_, err := s.Replay(ctx)
		return err
	}
	return s.store.Exclusive(ctx, func(ctx context.Context) error {
		facts, err := allFacts(ctx, s.store)
		if err != nil {
			return fmt.Errorf("read the catalog: %w", err)
		}
		if err := s.seeder.Seed(ctx, unordered(facts, s.now())); err != nil {
			return fmt.Errorf("fill the engine: %w", err)
		}
		pending, err := s.store.Intents(ctx)
		if err != nil {
			return err
		}
		ids := make([]string, len(pending))
		for i, in := range pending {
			ids[i] = in.ID
		}
		return s.store.DeleteIntents(ctx, ids...)
	})
}

// Work replays interrupted writes, removes expired grants and prunes audit events every interval until ctx ends.
// observe is told how many writes were waiting.
func (s *Service) Work(ctx context.Context, interval time.Duration, observe func(pending int)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		n, err := s.Replay(ctx)
		observe(n)
		if err == nil {
			err = errors.Join(s.expire(ctx), s.prune(ctx))
		}
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "catching up failed", "error", err)
		}
	}
}
