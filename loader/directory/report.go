package directory

import (
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// The outcomes of a run.
const (
	OutcomeApplied   = "applied"
	OutcomeHeld      = "held"
	OutcomePlanned   = "planned"   // it was not to be applied
	OutcomeUnchanged = "unchanged" // there was nothing to do
	OutcomeFailed    = "failed"
)

// Report says what became of a plan.
type Report struct {
	Source  string `json:"source"`
	PlanID  string `json:"plan-id,omitempty"`
	Digest  string `json:"digest,omitempty"`
	Outcome string `json:"outcome"`
	// Counts are what was done, in the words of Plan.Counts, and Total how many changes the plan had.
	Counts map[string]int `json:"counts"`
	Total  int            `json:"total"`
	// Memberships and the rest are what was taken away.
	Taken Toll `json:"taken"`

	Skipped   []Skip     `json:"skipped"`
	Conflicts []Conflict `json:"conflicts"`
	Unknown   []Unknown  `json:"unknown"`
	Trips     []Trip     `json:"trips"` // of a plan that is held
	Warnings  []string   `json:"warnings,omitempty"`
	Error     string     `json:"error,omitempty"`

	// Seconds that reading, planning and applying took.
	ReadSeconds  float64 `json:"read-seconds"`
	PlanSeconds  float64 `json:"plan-seconds"`
	ApplySeconds float64 `json:"apply-seconds"`
	// Token is how fresh a question must be to see what was done.
	Token authz.Token `json:"token,omitempty"`
}

// Skip is a change of a plan that was not done, and why. The rest went on without it, and a later run comes back to it.
type Skip struct {
	What   string `json:"what"` // "user", "group", "member" or "link"
	ID     string `json:"id"`   // an external id
	Name   string `json:"name,omitempty"`
	Op     Op     `json:"op"`
	Reason string `json:"reason"`
}

// SourceStatus is how a directory stands.
type SourceStatus struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Trust  string `json:"trust"`
	Pushed bool   `json:"pushed"` // it pushes, and is never read
	// Configured says that the configuration names it.
	Configured  bool      `json:"configured"`
	Paused      bool      `json:"paused"`
	Disabled    bool      `json:"disabled"`
	Succeeded   time.Time `json:"succeeded,omitzero"`
	Attempted   time.Time `json:"attempted,omitzero"`
	ReadWholly  time.Time `json:"read-wholly,omitzero"`
	Failure     string    `json:"failure,omitempty"`
	LagSeconds  float64   `json:"lag-seconds"` // since it succeeded; 0 where it never has
	NextRun     time.Time `json:"next-run,omitzero"`
	HeldPlanIDs []string  `json:"held-plan-ids"` // the youngest first
	Totals      Totals    `json:"totals"`
}

// HeldError says that a guard holds what a push asked for. Nothing of it is done.
type HeldError struct {
	PlanID string
	Trips  []Trip
	cause  error
}

// Error names the guards.
func (h *HeldError) Error() string { return h.cause.Error() }

// Unwrap returns the fault: a Conflict.
func (h *HeldError) Unwrap() error { return h.cause }

func newReport(source string) Report {
	return Report{Source: source, Counts: map[string]int{}, Skipped: []Skip{}, Conflicts: []Conflict{}, Unknown: []Unknown{}, Trips: []Trip{}}
}

// about takes over what a plan says to people.
func (r *Report) about(p Plan) {
	r.Total, r.Warnings = p.size(), p.Warnings
	r.Conflicts = append([]Conflict{}, p.Conflicts...)
	r.Unknown = append([]Unknown{}, p.Unknown...)
	r.Trips = append([]Trip{}, p.Trips...)
}

// add takes over what was done in a change.
func (r *Report) add(h *hand) {
	for key, n := range h.counts {
		r.Counts[key] += n
	}
	r.Taken.Memberships += h.taken.Memberships
	r.Taken.People += h.taken.People
	r.Taken.Groups += h.taken.Groups
	r.Taken.Links += h.taken.Links
	r.Skipped = append(r.Skipped, h.skips...)
}
