package catalog

import (
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// NameTrust says what the names of a directory's groups may stand for.
type NameTrust string

// The degrees of trust, each with what is before it. A directory that nobody spoke of has the first.
const (
	TrustNone           NameTrust = "none"           // nothing goes by their names
	TrustTeams          NameTrust = "teams"          // Terrakube teams of their name (DECISIONS P11)
	TrustAdministrators NameTrust = "administrators" // the administrators' group as well (DECISIONS P1), and it may suspend site admins
)

// Directory is a source of people and groups: one that sync reads, one that pushes by SCIM, or what logins say.
type Directory struct {
	Name     string // the Source of its groups and people, exactly as written
	Kind     string // "ldap", "file", "scim", "oidc", …
	Trust    NameTrust
	Issuer   string // the identity provider at which people have their external id as subject; "" for none
	Profile  string // of a SCIM connection: "", "okta", "entra" or "strict"
	Disabled bool   // a SCIM connection that takes nothing
	Paused   bool   // nothing is taken until somebody resumes it

	Cursor      string    // where the next read of changes alone begins; "" reads everything
	FullAt      time.Time // when what was read wholly was last applied
	AttemptedAt time.Time // of the last run
	SucceededAt time.Time // when the catalog was last known to be in step
	Failure     string    // why the last run failed, without secrets; "" for none
	CreatedAt   time.Time
}

// Person is a user as a directory knows him: by (source, external id). A user has one of them in a directory at most.
type Person struct {
	Source     string
	ExternalID string
	UserID     string
	Username   string // as the directory has it; the user's own may differ
	Email      string
	// InactiveAt is since when the directory has him disabled or gone; zero: he is active.
	InactiveAt time.Time
	// Suspends says that the user is suspended by this directory's word, so that its word lifts that again.
	Suspends bool
	// Released says that his memberships of the directory's groups were taken after he had been gone for long.
	Released bool
	// Deleted is a SCIM resource that its client has deleted.
	Deleted    bool
	Attributes Attributes // what a SCIM client keeps with him
	Version    int        // counts the changes
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// PlanStatus says how far a plan is.
type PlanStatus string

// The states of a plan.
const (
	PlanPlanned    PlanStatus = "planned"  // may be applied
	PlanHeld       PlanStatus = "held"     // a guard holds it until somebody decides
	PlanRejected   PlanStatus = "rejected" // by somebody
	PlanApplying   PlanStatus = "applying"
	PlanApplied    PlanStatus = "applied"
	PlanFailed     PlanStatus = "failed"     // in the middle; what was done is done
	PlanSuperseded PlanStatus = "superseded" // a later one of its source took its place
)

// SyncPlan is a plan of the loader that is kept, with what became of it. Document and Report are the loader's business.
type SyncPlan struct {
	ID         string
	Source     string
	Digest     string // SHA-256 of the document's changes, in hex
	Status     PlanStatus
	Trigger    string // why it was made: the loader's Trigger constants
	Document   string // JSON
	Report     string // JSON, "" before it is applied
	Cursor     string // that of the snapshot it was made of
	Full       bool   // the snapshot was a whole one
	Error      string // of a failed one, without secrets
	CreatedBy  authz.Object
	CreatedAt  time.Time
	DecidedBy  authz.Object // who approved or rejected it; zero for nobody
	DecidedAt  time.Time
	Comment    string
	FinishedAt time.Time
}

// Removal notes what a change took away on behalf of a directory, for the limits of a day.
type Removal struct {
	Source      string // a directory's name, or what the loader counts apart from it
	At          time.Time
	Memberships int
	People      int
	Groups      int
	PlanID      string
}

// Lease lets one of several runners work.
type Lease struct {
	Name   string
	Holder string
	Until  time.Time
}
