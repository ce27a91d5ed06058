package directory

import "time"

// Notifier tells somebody of what needs looking at. It must not wait.
type Notifier interface {
	Notify(e Event)
}

// Event is something that somebody should look at: a plan that a guard holds, what was decided about it, a failure.
type Event struct {
	ID      string         `json:"-"`
	Time    time.Time      `json:"-"`
	Type    EventType      `json:"-"`
	Source  string         `json:"source"`
	PlanID  string         `json:"plan-id,omitempty"`
	Digest  string         `json:"digest,omitempty"`
	Message string         `json:"message"`
	Trips   []Trip         `json:"trips,omitempty"`
	Counts  map[string]int `json:"counts,omitempty"`
	By      string         `json:"by,omitempty"`
}

// EventType names what happened.
type EventType string

// The types of events.
const (
	EventHeld     EventType = "sync.held"
	EventApproved EventType = "sync.approved"
	EventRejected EventType = "sync.rejected"
	EventApplied  EventType = "sync.applied"
	EventFailed   EventType = "sync.failed"
)

// tell tells whoever listens of a plan.
func (r *run) tell(t EventType, message string) {
	r.e.notify.Notify(Event{
		ID: r.e.newID(), Time: r.e.now(), Type: t, Source: r.feed.Name, PlanID: r.kept.ID, Digest: r.kept.Digest,
		Message: message, Trips: r.plan.Trips, Counts: r.plan.Counts(), By: r.p.Name,
	})
}
