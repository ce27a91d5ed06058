package catalog

import "context"

// ListAuditEvents returns a window of the events of a filter, the newest first, and how many there are in all. Permissions
// as AuditEvents, but that without an organization it is about all of them, whatever the credential: an organization token
// is told its own organization's where it names it.
func (s *Service) ListAuditEvents(ctx context.Context, p Principal, f AuditFilter, w Window) ([]AuditEvent, int, error) {
	if err := s.MayReadAudit(ctx, p, f.OrganizationID); err != nil {
		return nil, 0, err
	}
	total, err := s.store.CountAuditEvents(ctx, f)
	if err != nil || w.Offset >= total {
		return nil, total, err
	}
	f.Offset, f.Limit = w.Offset, w.Limit
	if f.Limit <= 0 || f.Limit > MaxAuditEvents {
		f.Limit = MaxAuditEvents
	}
	events, err := s.store.AuditEvents(ctx, f)
	return events, total, err
}

// MayReadAudit returns nil for whoever may read the audit events of an organization, or of all for "".
func (s *Service) MayReadAudit(ctx context.Context, p Principal, organizationID string) error {
	if organizationID == "" {
		if p.Has(ScopeAudit) {
			return nil
		}
		return s.mayAuditAll(ctx, p)
	}
	_, err := s.auditScope(ctx, p, AuditFilter{OrganizationID: organizationID})
	return err
}
