package directory

import (
	"io"
	"maps"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// Observer is told what the engine does, for metrics. Sources are those of the configuration or of the catalog, never
// what a caller wrote.
type Observer interface {
	// Planned is told how many changes of each kind the latest plan of a source has.
	Planned(source string, changes map[string]int)
	// Ended is told how a run ended, "applied", "held", "planned", "unchanged" or "failed", and how long it took.
	Ended(source, outcome string, took time.Duration)
	// Applied is told what was done and what was left out.
	Applied(source string, done, skipped int)
	// Held is told whether a plan of a source waits for somebody.
	Held(source string, held bool)
	// Fresh is told when the catalog was last in step with a source, the zero time for never, and how long that is ago.
	Fresh(source string, succeeded time.Time, lag time.Duration)
	// Drift is told how many differences between a source and the catalog are known and are not settled.
	Drift(source string, n int)
}

// nobody hears nothing.
type nobody struct{}

var (
	_ Observer = nobody{}
	_ Notifier = nobody{}
)

// Planned does nothing.
func (nobody) Planned(string, map[string]int) {}

// Ended does nothing.
func (nobody) Ended(string, string, time.Duration) {}

// Applied does nothing.
func (nobody) Applied(string, int, int) {}

// Held does nothing.
func (nobody) Held(string, bool) {}

// Fresh does nothing.
func (nobody) Fresh(string, time.Time, time.Duration) {}

// Drift does nothing.
func (nobody) Drift(string, int) {}

// Notify does nothing.
func (nobody) Notify(Event) {}

// The actions of audit events about plans.
const (
	actHeld     = "sync.hold"
	actApproved = "sync.approve"
	actRejected = "sync.reject"
	actApplied  = "sync.apply"
	actFailed   = "sync.fail"
)

// audit leaves an audit event about a run in a change.
func (e *Engine) audit(c *catalog.Change, action string, r *run, message string) {
	c.RecordSync(action, r.feed.Name, r.kept.ID, struct {
		Source  string         `json:"source"`
		Digest  string         `json:"digest,omitempty"`
		Trigger string         `json:"trigger,omitempty"`
		Message string         `json:"message,omitempty"`
		Counts  map[string]int `json:"counts,omitempty"`
		Done    map[string]int `json:"done,omitempty"`
		Skipped int            `json:"skipped,omitempty"`
	}{r.feed.Name, r.kept.Digest, r.kept.Trigger, message, nonZero(r.plan.Counts()), nonZero(r.report.Counts), len(r.report.Skipped)})
}

// nonZero leaves out what there is none of.
func nonZero(counts map[string]int) map[string]int {
	out := maps.Clone(counts)
	maps.DeleteFunc(out, func(_ string, n int) bool { return n == 0 })
	return out
}

// newID returns an id of a plan or an event.
func (e *Engine) newID() string {
	const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	raw := make([]byte, 16)
	if _, err := io.ReadFull(e.random, raw); err != nil {
		panic("directory: no randomness: " + err.Error()) // an id that repeats would mix up two plans
	}
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return catalog.PrefixSyncPlan + "-" + string(raw)
}
