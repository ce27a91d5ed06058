package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// Steps are the points of a write at which a crash must do no harm, in order. A write that takes no access away
// has no rehearsal and so none of the first three.
func Steps() []string {
	return []string{"rehearsed", "intent-saved", "deletes-written", "before-commit", "committed", "touches-written", "intent-removed"}
}

// Change is one administrative change in the making: the catalog inside a transaction, the rules, and a list of
// what it changes in the projection. Its methods are in the files of the nouns they change; the embedded Queries are
// for reading, since the store's own writes know neither rules nor projection.
type Change struct {
	Queries
	now    time.Time
	random func(prefix string) string
	slices sliceSet
	events []AuditEvent
	// watched are ids of tokens of groups that end with the change if it leaves their makers outside (see endLeftTokens).
	watched map[string]bool
	behalf  Behalf
	known   changeCache
}

// touch names parts of the projection that the change decides.
func (c *Change) touch(slices ...Slice) { c.slices.add(slices...) }

// record adds an audit event. before and after are values of the catalog, or nil.
func (c *Change) record(action, organizationID string, object authz.Object, before, after any, related ...authz.Object) {
	c.events = append(c.events, AuditEvent{
		ID: c.random(PrefixAuditEvent), Time: c.now, OrganizationID: organizationID, Action: action,
		Object: object, Related: append(related, c.behalf.related()...), Before: document(before), After: document(after), Outcome: OutcomeDone,
		Reason: c.behalf.reason(),
	})
}

func document(v any) string {
	if v == nil {
		return ""
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}

// errRehearsed ends a rehearsal: the change takes access away, so its intent must be saved first.
var errRehearsed = errors.New("rehearsed")

// change runs fn as one administrative change: catalog rows, audit events and relationships together, or none of
// them (DESIGN section 5). A change that takes relationships away is rehearsed first, so fn may run twice; what it
// leaves outside the Change must be overwritten by the second run.
//
// Whose credential has ended since he was let in changes nothing: fault.Unauthenticated (see stillValid).
//
// Deletes reach the engine before the commit and touches after it. A failure in between leaves less access than
// the catalog says, never more, and an intent from which the rest is caught up.
func (s *Service) change(ctx context.Context, p Principal, fn func(ctx context.Context, c *Change) error) (authz.Token, error) {
	return s.changeFor(ctx, p, Behalf{}, fn)
}

// changeFor is change on behalf of a directory.
func (s *Service) changeFor(ctx context.Context, p Principal, on Behalf, fn func(ctx context.Context, c *Change) error) (authz.Token, error) {
	if s.within != nil {
		return "", fn(ctx, s.within)
	}
	var token authz.Token
	err := s.store.Exclusive(ctx, func(ctx context.Context) error {
		var err error
		token, err = s.changeLocked(ctx, p, on, fn)
		return err
	})
	return token, err
}

func (s *Service) changeLocked(ctx context.Context, p Principal, on Behalf, fn func(ctx context.Context, c *Change) error) (authz.Token, error) {
	w := &write{Service: s, principal: p, behalf: on, fn: fn, rehearsing: true}
	err := s.store.InTx(ctx, func(q Queries) error { return w.run(ctx, q) })
	if errors.Is(err, errRehearsed) {
		err = w.afterRehearsal(ctx)
	}
	if err != nil {
		return "", err
	}
	s.arrivals.forget(w.intent.Slices)
	s.step("committed")
	return w.finish(ctx)
}

// write is the state of one change across its transactions.
type write struct {
	*Service
	principal  Principal
	behalf     Behalf
	fn         func(ctx context.Context, c *Change) error
	rehearsing bool
	guard      Intent // saved before deletes are written
	intent     Intent // saved with the rows
	events     []string
	touches    []authz.Relationship
	token      authz.Token
}

// run does the change inside a transaction.
func (w *write) run(ctx context.Context, q Queries) error {
	c := &Change{Queries: q, now: w.now(), behalf: w.behalf, random: func(prefix string) string { return newID(w.Service.random, prefix) }}
	if err := c.stillValid(ctx, w.principal); err != nil {
		return err
	}
	if err := w.fn(ctx, c); err != nil {
		return err
	}
	if err := c.endLeftTokens(ctx); err != nil {
		return err
	}
	slices := c.slices.list()
	deletes, touches, err := w.drift(ctx, q, slices)
	if err != nil {
		return err
	}
	w.intent = Intent{ID: c.random(PrefixIntent), CreatedAt: c.now, Slices: slices}
	w.touches = touches
	if len(deletes) > 0 && w.rehearsing {
		return errRehearsed
	}
	if err := w.save(ctx, q, c); err != nil {
		return err
	}
	if len(deletes) > 0 {
		if w.token, err = w.engine.Write(ctx, authz.Write{Deletes: deletes, Metadata: w.metadata(ctx)}); err != nil {
			return err
		}
		w.step("deletes-written")
	}
	w.step("before-commit")
	return nil
}

// save keeps the audit events and, unless nothing changes, the intent.
func (w *write) save(ctx context.Context, q Queries, c *Change) (err error) {
	if w.events, err = w.recordEvents(ctx, q, w.principal, c.events); err != nil {
		return err
	}
	if len(w.touches) == 0 && w.guard.ID == "" {
		w.intent.ID = ""
		return nil
	}
	if w.guard.ID != "" {
		if err := q.DeleteIntents(ctx, w.guard.ID); err != nil {
			return err
		}
	}
	return q.InsertIntent(ctx, w.intent)
}

// afterRehearsal saves the guard, then does the change for good. When that fails the relationships it had already
// taken away are put back from the catalog.
func (w *write) afterRehearsal(ctx context.Context) error {
	w.step("rehearsed")
	w.rehearsing, w.guard = false, w.intent
	if err := w.store.InsertIntent(ctx, w.guard); err != nil {
		return err
	}
	w.step("intent-saved")
	err := w.store.InTx(ctx, func(q Queries) error { return w.run(ctx, q) })
	if err == nil {
		return nil
	}
	healing, cancel := detached(ctx)
	defer cancel()
	if healErr := w.settle(healing, []Intent{w.guard}); healErr != nil {
		w.log.WarnContext(ctx, "relationships wait for the engine", "intent", w.guard.ID, "error", healErr)
	}
	return err
}

// settleTimeout bounds what is left of a write after its commit, since it holds the store.
const settleTimeout = 30 * time.Second

// detached returns a context for work that must not end with the request that caused it.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
}

// finish writes the relationships that give access, removes the intent and notes the consistency token with the audit
// events, both in one transaction. A change of the catalog alone has written no relationship, so its events have none.
func (w *write) finish(ctx context.Context) (authz.Token, error) {
	ctx, cancel := detached(ctx)
	defer cancel()
	if w.intent.ID == "" {
		return w.newest(ctx), nil
	}
	if len(w.touches) > 0 {
		token, err := w.engine.Write(ctx, authz.Write{Touches: w.touches, Metadata: w.metadata(ctx)})
		if err != nil {
			w.log.WarnContext(ctx, "relationships wait for the engine", "intent", w.intent.ID, "error", err)
			return "", fault.Wrap(fault.Unavailable, err, "the change is saved and takes effect when the authorization engine answers again")
		}
		w.token = token
	}
	w.step("touches-written")
	err := w.store.InTx(ctx, func(q Queries) error {
		if err := q.SetAuditToken(ctx, string(w.token), w.events...); err != nil {
			return err
		}
		return q.DeleteIntents(ctx, w.intent.ID)
	})
	if err != nil {
		w.log.WarnContext(ctx, "an intent stays and is replayed", "intent", w.intent.ID, "error", err)
	}
	w.step("intent-removed")
	return w.token, nil
}

// newest returns a token for a change that concerned the catalog alone. The change is done, so an engine that does
// not answer is no reason to say otherwise.
func (w *write) newest(ctx context.Context) authz.Token {
	token, err := w.engine.Write(ctx, authz.Write{})
	if err != nil {
		w.log.DebugContext(ctx, "no consistency token for a change of the catalog alone", "error", err)
	}
	return token
}

func (w *write) metadata(ctx context.Context) map[string]string {
	m := map[string]string{"actor": w.principal.Subject.String(), "request_id": w.requestID(ctx)}
	if w.behalf.Source != "" {
		m["directory"] = w.behalf.Source
	}
	if w.behalf.PlanID != "" {
		m["plan"], m["plan_digest"] = w.behalf.PlanID, w.behalf.Digest
	}
	return m
}
