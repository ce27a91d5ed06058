package catalog

import (
	"context"
	"time"
)

// DirectoryStore keeps directories and what sync knows of them.
type DirectoryStore interface {
	Directory(ctx context.Context, name string) (Directory, error)
	// Directories is ordered by name.
	Directories(ctx context.Context) ([]Directory, error)
	// PutDirectory adds a directory or changes it.
	PutDirectory(ctx context.Context, d Directory) error
	PersonStore
	SyncPlanStore
	RemovalStore
	LeaseStore
}

// PersonFilter selects people of directories; empty fields match all.
type PersonFilter struct {
	Source        string
	ExternalIDs   []string
	UserIDs       []string
	Usernames     []string // any case
	Deleted       *bool
	Offset, Limit int // 0: all
}

// PersonStore keeps how directories know people. They go with their user.
type PersonStore interface {
	Person(ctx context.Context, source, externalID string) (Person, error)
	// Persons is ordered by source and external id.
	Persons(ctx context.Context, f PersonFilter) ([]Person, error)
	// CountPersons returns how many people a filter has, whatever its Offset and Limit.
	CountPersons(ctx context.Context, f PersonFilter) (int, error)
	// InsertPerson adds a person; one of his external id, or of his user in the source, is a Conflict.
	InsertPerson(ctx context.Context, p Person) error
	// UpdatePerson changes the person of p's source and user, his external id included.
	UpdatePerson(ctx context.Context, p Person) error
	DeletePerson(ctx context.Context, source, externalID string) error
}

// SyncPlanFilter selects plans; empty fields match all.
type SyncPlanFilter struct {
	Source        string
	Statuses      []PlanStatus
	Brief         bool // without Document and Report
	Offset, Limit int  // 0: all
}

// SyncPlanStore keeps plans.
type SyncPlanStore interface {
	SyncPlan(ctx context.Context, id string) (SyncPlan, error)
	// SyncPlans is ordered by age, the youngest first.
	SyncPlans(ctx context.Context, f SyncPlanFilter) ([]SyncPlan, error)
	CountSyncPlans(ctx context.Context, f SyncPlanFilter) (int, error)
	InsertSyncPlan(ctx context.Context, p SyncPlan) error
	UpdateSyncPlan(ctx context.Context, p SyncPlan) error
	// PruneSyncPlans removes finished plans of before a time, and returns how many they were.
	PruneSyncPlans(ctx context.Context, before time.Time) (int, error)
}

// RemovalStore keeps what was taken away.
type RemovalStore interface {
	InsertRemoval(ctx context.Context, r Removal) error
	// RemovedSince sums what a source took away from a time on; only the counts are set.
	RemovedSince(ctx context.Context, source string, since time.Time) (Removal, error)
	PruneRemovals(ctx context.Context, before time.Time) error
}

// LeaseStore lets one runner work at a time. Its methods need no transaction around them.
type LeaseStore interface {
	// TakeLease gives a lease to its holder, or renews it, unless somebody else holds it now; it reports whether the
	// holder has it.
	TakeLease(ctx context.Context, l Lease, now time.Time) (bool, error)
	// DropLease ends a lease of its holder; ending none is no error.
	DropLease(ctx context.Context, name, holder string) error
}
