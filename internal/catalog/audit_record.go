package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// requireToChange is require for use cases that change something: a refusal leaves an audit event.
func (s *Service) requireToChange(ctx context.Context, p Principal, permission schema.Permission, on authz.Object) error {
	return s.refused(ctx, p, permission, on, s.require(ctx, p, permission, on))
}

// MayImport returns nil when a principal may change everything on behalf of a loader; platform.administer. It is asked
// before the import is read, so that a refusal leaves an audit event and costs nothing else.
func (s *Service) MayImport(ctx context.Context, p Principal) error {
	return s.requireToChange(ctx, p, schema.PlatformAdminister, platformRef())
}

// refused returns err. When it refuses to change something, that leaves an audit event first: the permission that was
// missing, on what it was asked, and why. An event that cannot be written turns a refusal into nothing else.
func (s *Service) refused(ctx context.Context, p Principal, permission schema.Permission, on authz.Object, err error, related ...authz.Object) error {
	known, asked := errors.AsType[*refusalError](err)
	if !fault.Is(err, fault.Denied) || asked && known.recorded {
		return err
	}
	if s.within != nil { // all of which is undone; Together records it then
		return &refusalError{error: err, permission: permission, on: on}
	}
	reason, _ := fault.Public(err)
	// Who hangs up early is recorded all the same.
	recording, cancel := detached(ctx)
	defer cancel()
	e := AuditEvent{
		ID: newID(s.random, PrefixAuditEvent), Time: s.now(), OrganizationID: s.auditedIn(recording, on),
		Action: string(permission), Object: on, Related: related, Outcome: OutcomeRefused, Reason: reason,
	}
	failed := s.store.Exclusive(recording, func(ctx context.Context) error {
		return s.store.InTx(ctx, func(q Queries) error {
			_, err := s.recordEvents(ctx, q, p, []AuditEvent{e})
			return err
		})
	})
	if failed != nil {
		s.log.ErrorContext(ctx, "a refused attempt was not recorded", "action", e.Action, "object", e.Object.String(), "error", failed)
	}
	return &refusalError{error: err, permission: permission, on: on, recorded: true}
}

// refusalError is a denial that knows what was asked, and whether it left an audit event.
type refusalError struct {
	error

	permission schema.Permission
	on         authz.Object
	recorded   bool
}

// Unwrap returns the denial itself.
func (r *refusalError) Unwrap() error { return r.error }

// Attempted returns the error that ended a request to change something. Where a mere look at what was to be changed was
// refused, no use case knows that it was more than a look: the event of that attempt is left here.
func (s *Service) Attempted(ctx context.Context, p Principal, err error) error {
	if r, ok := errors.AsType[*refusalError](err); ok && !r.recorded {
		_ = s.refused(ctx, p, r.permission, r.on, r)
	}
	return err
}

// auditedIn returns the organization that an object belongs to, "" when it belongs to none or is unknown.
func (s *Service) auditedIn(ctx context.Context, on authz.Object) string {
	if on.Type == schema.TypePlatform {
		return ""
	}
	o, err := s.organizationOf(ctx, on)
	if err != nil {
		return ""
	}
	return o.ID
}

// recordEvents adds events to the end of the chain, with who did what they tell of and from where. It returns their ids. The
// caller holds the store exclusively, so that nobody else adds to the chain meanwhile.
func (s *Service) recordEvents(ctx context.Context, q Queries, p Principal, events []AuditEvent) ([]string, error) {
	if len(events) == 0 {
		return nil, nil
	}
	_, head, err := q.AuditEnds(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(events))
	for i, e := range events {
		e.Actor, e.ActorName, e.TokenID = p.Subject, p.Name, p.TokenID
		e.Address, e.RequestID = s.address(ctx), s.requestID(ctx)
		e.Time = e.Time.Truncate(time.Microsecond) // as it is kept
		e.Hash = Chain(head.Hash, e)
		if err := q.InsertAuditEvent(ctx, e); err != nil {
			return nil, err
		}
		ids[i], head.Hash = e.ID, e.Hash
	}
	return ids, nil
}
