package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// MaxAuditEvents is the most events that one reading returns.
const MaxAuditEvents = 1000

// AuditEvents returns events, at most MaxAuditEvents. Those of an organization need organization.view_audit there; all
// of them need platform.audit or a service token's scope audit. An organization token and an audit-trails token read
// the events of their own organization, which is also what they get when they name none.
func (s *Service) AuditEvents(ctx context.Context, p Principal, f AuditFilter) ([]AuditEvent, error) {
	f, err := s.auditScope(ctx, p, f)
	if err != nil {
		return nil, err
	}
	if f.Limit <= 0 || f.Limit > MaxAuditEvents {
		f.Limit = MaxAuditEvents
	}
	return s.store.AuditEvents(ctx, f)
}

// auditScope returns the filter narrowed down to what the principal may read, or fault.Denied.
func (s *Service) auditScope(ctx context.Context, p Principal, f AuditFilter) (AuditFilter, error) {
	if p.Has(ScopeAudit) {
		return f, nil
	}
	own, ok, err := s.ownOrganization(ctx, p)
	if err != nil {
		return f, err
	}
	if ok {
		if f.OrganizationID == "" {
			f.OrganizationID = own
		}
		if f.OrganizationID != own {
			return f, fault.New(fault.Denied, "%s reads the audit events of its own organization", p.Name)
		}
		return f, nil
	}
	if f.OrganizationID == "" {
		return f, s.mayAuditAll(ctx, p)
	}
	err = s.require(ctx, p, schema.OrganizationViewAudit, organizationRef(f.OrganizationID))
	if fault.Is(err, fault.Denied) && s.require(ctx, p, schema.PlatformAudit, platformRef()) == nil {
		return f, nil // of an organization that is disabled or gone
	}
	return f, err
}

func (s *Service) mayAuditAll(ctx context.Context, p Principal) error {
	err := s.require(ctx, p, schema.PlatformAudit, platformRef())
	if fault.Is(err, fault.Denied) {
		return fault.New(fault.Denied, "reading all audit events needs %s or the scope %s; name an organization", schema.PlatformAudit, ScopeAudit)
	}
	return err
}

// ownOrganization returns the organization whose audit events a credential reads by its very kind (research tfe-api
// 1.7), false for every other credential. An organization that is disabled has none (DECISIONS P18).
func (s *Service) ownOrganization(ctx context.Context, p Principal) (id string, ok bool, err error) {
	if p.Credential != TokenOrganization && p.Credential != TokenAuditTrails {
		return "", false, nil
	}
	t, err := s.store.Token(ctx, p.TokenID)
	if err != nil {
		return "", false, err
	}
	o, err := s.store.Organization(ctx, t.OwnerID)
	if err != nil {
		return "", false, err
	}
	if o.Disabled {
		return "", false, fault.New(fault.Denied, "the organization is disabled")
	}
	return o.ID, true, nil
}

// OrganizationTrail returns the events of the principal's own organization since a time, newest first, and how many
// there are: what organization and audit-trails tokens read. Every other credential has to name an organization, see
// OrganizationTrailOf.
func (s *Service) OrganizationTrail(ctx context.Context, p Principal, since time.Time, offset, limit int) ([]AuditEvent, int, error) {
	own, ok, err := s.ownOrganization(ctx, p)
	if err == nil && !ok {
		err = fault.New(fault.Denied, "the audit trail is read with an organization token or an audit-trails token")
	}
	if err != nil {
		return nil, 0, err
	}
	return s.trail(ctx, own, since, offset, limit)
}

// OrganizationTrailOf is OrganizationTrail for an organization that is named; permissions as AuditEvents.
func (s *Service) OrganizationTrailOf(ctx context.Context, p Principal, organizationID string, since time.Time, offset, limit int) ([]AuditEvent, int, error) {
	if organizationID == "" {
		return nil, 0, fault.At("organization", "can't be blank")
	}
	if _, err := s.auditScope(ctx, p, AuditFilter{OrganizationID: organizationID}); err != nil {
		return nil, 0, err
	}
	return s.trail(ctx, organizationID, since, offset, limit)
}

func (s *Service) trail(ctx context.Context, organizationID string, since time.Time, offset, limit int) ([]AuditEvent, int, error) {
	if limit <= 0 || limit > MaxAuditEvents {
		limit = MaxAuditEvents
	}
	f := AuditFilter{OrganizationID: organizationID, Since: since}
	total, err := s.store.CountAuditEvents(ctx, f)
	if err != nil || offset >= total {
		return nil, total, err
	}
	f.Offset, f.Limit = offset, limit
	events, err := s.store.AuditEvents(ctx, f)
	return events, total, err
}

// FollowAudit returns the events of a filter behind a place in the chain, in order, and the place up to which it looked;
// permissions as AuditEvents. A negative place stands for the end of the chain as it is now. It is called again and again
// while somebody watches, so it also asks whether his credential is still accepted.
func (s *Service) FollowAudit(ctx context.Context, p Principal, f AuditFilter, after int64) (events []AuditEvent, next int64, err error) {
	if err := s.stillValid(ctx, p); err != nil {
		return nil, after, err
	}
	if f, err = s.auditScope(ctx, p, f); err != nil {
		return nil, after, err
	}
	if after < 0 {
		_, head, err := s.store.AuditEnds(ctx)
		return nil, head.Sequence, err
	}
	// Read by place alone, which costs what is new; the rest of the filter could cost what there is.
	all, err := s.store.AuditEvents(ctx, AuditFilter{AfterSequence: after, OldestFirst: true, Limit: MaxAuditEvents})
	for _, e := range all {
		after = e.Sequence
		if f.matches(e) {
			events = append(events, e)
		}
	}
	return events, after, err
}

// matches reports whether a filter has an event, its place and number aside.
func (f AuditFilter) matches(e AuditEvent) bool {
	return (f.OrganizationID == "" || f.OrganizationID == e.OrganizationID) &&
		(f.Since.IsZero() || !e.Time.Before(f.Since)) && (f.Until.IsZero() || e.Time.Before(f.Until)) &&
		(f.Actor.IsZero() || f.Actor == e.Actor) && (f.Object.IsZero() || f.Object == e.Object) &&
		(len(f.Actions) == 0 || slices.Contains(f.Actions, e.Action)) && (f.Outcome == "" || f.Outcome == e.Outcome)
}

// stillValid returns nil while the credential that a principal came with is accepted, and fault.Unauthenticated after
// that. What an identity provider signed cannot be asked for.
func (s *Service) stillValid(ctx context.Context, p Principal) error {
	if p.Credential == "" {
		return nil
	}
	t, err := s.store.Token(ctx, p.TokenID)
	if fault.Is(err, fault.NotFound) || err == nil && !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(s.now()) {
		return refusedCredential()
	}
	if err != nil {
		return err
	}
	_, err = s.PrincipalOf(ctx, t)
	return err
}

// prune gives up audit events that are older than the retention, and leaves an event that says so. It waits until
// there is something to give up beyond a part of the retention, so that pruning does not become the whole log.
func (s *Service) prune(ctx context.Context) error {
	if s.retention <= 0 {
		return nil
	}
	before := s.now().Add(-s.retention)
	slack := min(s.retention/pruneFraction, pruneAtLeast)
	oldest, err := s.store.AuditEvents(ctx, AuditFilter{OldestFirst: true, Limit: 1})
	if err != nil || len(oldest) == 0 || !oldest[0].Time.Before(before.Add(-slack)) {
		return err
	}
	system := Principal{Subject: authz.Object{Type: "system", ID: "retention"}, Name: "retention"}
	_, err = s.change(ctx, system, func(ctx context.Context, c *Change) error {
		n, err := c.PruneAuditEvents(ctx, before)
		if err == nil && n > 0 {
			c.record("audit.prune", "", platformRef(), nil, Pruned{Events: n, Before: before.UTC()})
		}
		return err
	})
	return err
}

// Audit events go at most this long after their time: a part of the retention, and an hour at most.
const (
	pruneFraction = 24
	pruneAtLeast  = time.Hour
)

// Pruned is what the event of a pruning says.
type Pruned struct {
	Events int
	Before time.Time
}
