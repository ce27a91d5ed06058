package catalog

import "context"

// RecordFilter selects records; empty fields match all.
type RecordFilter struct {
	IDs            []string
	Kind           RecordKind
	OrganizationID string
	WorkspaceID    string
	ParentID       string
	Name           string // exactly as written
	// TopLevel leaves out what is in a workspace or inside another record.
	TopLevel bool
	// PlatformOnly leaves out what is in an organization.
	PlatformOnly bool
	// OrganizationIDs and WorkspaceIDs select what is in one of several.
	OrganizationIDs, WorkspaceIDs []string
}

// RecordStore keeps records. They go with what they are in.
type RecordStore interface {
	Record(ctx context.Context, id string) (Record, error)
	Records(ctx context.Context, f RecordFilter) ([]Record, error)
	InsertRecord(ctx context.Context, r Record) error
	UpdateRecord(ctx context.Context, r Record) error
	DeleteRecord(ctx context.Context, id string) error
}

// AccessRequestFilter selects access requests; empty fields match all.
type AccessRequestFilter struct {
	OrganizationID string
	UserID         string
	Status         RequestStatus
	Offset, Limit  int // 0: all
}

// AccessRequestStore keeps access requests. They go with who asked, with their organization and with their scope.
type AccessRequestStore interface {
	AccessRequest(ctx context.Context, id string) (AccessRequest, error)
	// AccessRequests is ordered by age, the youngest first.
	AccessRequests(ctx context.Context, f AccessRequestFilter) ([]AccessRequest, error)
	// CountAccessRequests returns how many a filter has, whatever its Offset and Limit.
	CountAccessRequests(ctx context.Context, f AccessRequestFilter) (int, error)
	InsertAccessRequest(ctx context.Context, r AccessRequest) error
	UpdateAccessRequest(ctx context.Context, r AccessRequest) error
}
