package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// RecordPlace says where records are: in an organization or a workspace, inside of another record, or, as the zero value,
// on the platform.
type RecordPlace struct{ OrganizationID, WorkspaceID, ParentID string }

func recordRef(r Record) authz.Object { return authz.Object{Type: string(r.Kind), ID: r.ID} }

// scope returns what the permissions of a record are asked on.
func (r RecordRules) scope(of Record) authz.Object {
	switch r.In {
	case schema.TypeOrganization:
		return organizationRef(of.OrganizationID)
	case schema.TypeWorkspace:
		return workspaceRef(of.WorkspaceID)
	}
	return platformRef()
}

// placed returns a record of a kind in a place, with everything it is in. fault.NotFound for a place there is not, and for
// one that has no records of the kind.
func placed(ctx context.Context, q Queries, rules RecordRules, at RecordPlace) (Record, error) {
	r := Record{Kind: rules.Kind, OrganizationID: at.OrganizationID, WorkspaceID: at.WorkspaceID, ParentID: at.ParentID}
	if at.ParentID != "" {
		parent, err := q.Record(ctx, at.ParentID)
		if err != nil {
			return Record{}, err
		}
		if parent.Kind != rules.Inside || at.OrganizationID != "" && parent.OrganizationID != at.OrganizationID {
			return Record{}, fault.New(fault.NotFound, "%s %s not found", rules.Inside, at.ParentID)
		}
		r.OrganizationID, r.WorkspaceID = parent.OrganizationID, parent.WorkspaceID
	}
	if r.WorkspaceID != "" {
		w, err := q.Workspace(ctx, r.WorkspaceID)
		if err != nil {
			return Record{}, err
		}
		if at.OrganizationID != "" && w.OrganizationID != at.OrganizationID {
			return Record{}, fault.New(fault.NotFound, "workspace %s not found", r.WorkspaceID)
		}
		r.OrganizationID = w.OrganizationID
	}
	fits := map[string]bool{
		schema.TypePlatform: r.OrganizationID == "", schema.TypeOrganization: r.OrganizationID != "" && r.WorkspaceID == "", schema.TypeWorkspace: r.WorkspaceID != "",
	}
	if !fits[rules.In] || (rules.Inside != "") != (at.ParentID != "") {
		return Record{}, fault.New(fault.NotFound, "there are no records of the kind %s here", rules.Kind)
	}
	return r, nil
}

// CreateRecord adds a record. Its id and times are set here.
func (c *Change) CreateRecord(ctx context.Context, r Record, rules RecordRules, by string) (Record, error) {
	if err := rules.checkName(r); err != nil {
		return Record{}, err
	}
	r.ID, r.Kind = c.random(rules.Prefix), rules.Kind
	r.CreatedBy, r.CreatedAt, r.UpdatedBy, r.UpdatedAt = by, c.now, by, c.now
	if err := c.InsertRecord(ctx, r); err != nil {
		return Record{}, err
	}
	c.record(string(r.Kind)+".create", r.OrganizationID, recordRef(r), nil, r)
	return r, nil
}

func (r RecordRules) checkName(of Record) error {
	if !r.Named {
		return nil
	}
	return checkName("name", of.Name, true)
}

// ChangeRecord updates a record's name and attributes.
func (c *Change) ChangeRecord(ctx context.Context, before, r Record, rules RecordRules, by string) error {
	if err := rules.checkName(r); err != nil {
		return err
	}
	after := before
	after.Name, after.Attributes = r.Name, r.Attributes
	if after == before {
		return nil
	}
	after.UpdatedBy, after.UpdatedAt = by, c.now
	c.record(string(after.Kind)+".update", after.OrganizationID, recordRef(after), before, after)
	return c.UpdateRecord(ctx, after)
}

// RemoveRecord deletes a record with what is inside of it.
func (c *Change) RemoveRecord(ctx context.Context, r Record) error {
	inside, err := c.Records(ctx, RecordFilter{ParentID: r.ID})
	if err != nil {
		return err
	}
	for _, child := range inside {
		if err := c.RemoveRecord(ctx, child); err != nil {
			return err
		}
	}
	c.record(string(r.Kind)+".delete", r.OrganizationID, recordRef(r), r, nil)
	return c.DeleteRecord(ctx, r.ID)
}

// Record use cases. RecordRules say which permission each asks for.

// ListRecords returns the records of a kind in a place, or those of one name alone unless it is "".
func (s *Service) ListRecords(ctx context.Context, p Principal, kind RecordKind, at RecordPlace, name string) ([]Record, error) {
	rules, where, err := s.recordsAt(ctx, kind, at)
	if err != nil {
		return nil, err
	}
	if err := s.require(ctx, p, rules.Read, rules.scope(where)); err != nil {
		return nil, err
	}
	return s.store.Records(ctx, RecordFilter{
		Kind: kind, Name: name, OrganizationID: where.OrganizationID, WorkspaceID: where.WorkspaceID, ParentID: where.ParentID,
		PlatformOnly: where.OrganizationID == "",
	})
}

// AllRecords returns the records of a kind wherever the principal may read them, or those of one name alone unless it is "".
// It begins from the places he sees, so that it costs him nothing what others keep.
func (s *Service) AllRecords(ctx context.Context, p Principal, kind RecordKind, name string) ([]Record, error) {
	rules, ok := kind.Rules()
	if !ok {
		return nil, noKind(kind)
	}
	f := RecordFilter{Kind: kind, Name: name}
	if rules.In == schema.TypePlatform {
		err := s.require(ctx, p, rules.Read, platformRef())
		if fault.Is(err, fault.Denied) {
			return nil, nil
		}
		if f.PlatformOnly = true; err != nil {
			return nil, err
		}
		return s.store.Records(ctx, f)
	}
	ids, _, err := s.places(ctx, p, rules.Read, rules.In, PlaceQuery{}, Window{})
	if err != nil || len(ids) == 0 { // which to the store is everywhere
		return nil, err
	}
	if f.OrganizationIDs = ids; rules.In == schema.TypeWorkspace {
		f.OrganizationIDs, f.WorkspaceIDs = nil, ids
	}
	return s.store.Records(ctx, f)
}

// FindRecord returns a record of a kind.
func (s *Service) FindRecord(ctx context.Context, p Principal, kind RecordKind, id string) (Record, error) {
	rules, r, err := s.recordOf(ctx, kind, id)
	if err != nil {
		return Record{}, err
	}
	return r, s.require(ctx, p, rules.Read, rules.scope(r))
}

// CreateRecord adds a record to a place, as an edit makes it.
func (s *Service) CreateRecord(ctx context.Context, p Principal, kind RecordKind, at RecordPlace, edit Edit[Record]) (Record, authz.Token, error) {
	rules, where, err := s.recordsAt(ctx, kind, at)
	if err != nil {
		return Record{}, "", err
	}
	if err := s.mayChangeRecord(ctx, p, rules, where); err != nil {
		return Record{}, "", err
	}
	var created Record
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := placed(ctx, c, rules, at)
		if err != nil {
			return err
		}
		wanted, err := edit.of(now, Home{})
		if err != nil {
			return err
		}
		now.Name, now.Attributes = wanted.Name, wanted.Attributes
		created, err = c.CreateRecord(ctx, now, rules, p.Name)
		return err
	})
	return created, token, err
}

// UpdateRecord changes the name and the attributes of a record.
func (s *Service) UpdateRecord(ctx context.Context, p Principal, kind RecordKind, id string, edit Edit[Record]) (authz.Token, error) {
	rules, seen, err := s.recordOf(ctx, kind, id)
	if err != nil {
		return "", err
	}
	if err := s.mayChangeRecord(ctx, p, rules, seen); err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Record(ctx, id)
		if err != nil {
			return err
		}
		wanted, err := edit.of(now, Home{})
		if err != nil {
			return err
		}
		return c.ChangeRecord(ctx, now, wanted, rules, p.Name)
	})
}

// DeleteRecord deletes a record with what is inside of it.
func (s *Service) DeleteRecord(ctx context.Context, p Principal, kind RecordKind, id string) (authz.Token, error) {
	rules, seen, err := s.recordOf(ctx, kind, id)
	if err != nil {
		return "", err
	}
	if err := s.mayChangeRecord(ctx, p, rules, seen); err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error {
		now, err := c.Record(ctx, id)
		if err != nil {
			return err
		}
		return c.RemoveRecord(ctx, now)
	})
}

// mayChangeRecord returns nil when a principal may change records of a kind where one is.
func (s *Service) mayChangeRecord(ctx context.Context, p Principal, rules RecordRules, at Record) error {
	on := rules.scope(at)
	err := s.require(ctx, p, rules.Change, on)
	if fault.Is(err, fault.Denied) && rules.Administrators {
		if s.require(ctx, p, schema.OrganizationManageOrganizationAccess, platformRef()) == nil {
			return s.admit(ctx, p, on)
		}
	}
	return s.refused(ctx, p, rules.Change, on, err)
}

// recordsAt returns the rules of a kind and what a record in a place would be.
func (s *Service) recordsAt(ctx context.Context, kind RecordKind, at RecordPlace) (RecordRules, Record, error) {
	rules, ok := kind.Rules()
	if !ok {
		return RecordRules{}, Record{}, noKind(kind)
	}
	where, err := placed(ctx, s.store, rules, at)
	return rules, where, err
}

// recordOf returns a record of a kind with its rules; fault.NotFound for one of another kind.
func (s *Service) recordOf(ctx context.Context, kind RecordKind, id string) (RecordRules, Record, error) {
	rules, ok := kind.Rules()
	if !ok {
		return RecordRules{}, Record{}, noKind(kind)
	}
	r, err := s.store.Record(ctx, id)
	if err == nil && r.Kind != kind {
		err = fault.New(fault.NotFound, "%s %s not found", kind, id)
	}
	return rules, r, err
}

func noKind(kind RecordKind) error {
	return fault.New(fault.NotFound, "there are no records of the kind %s", kind)
}
