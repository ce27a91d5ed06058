package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sync counts and times what the synchronization of directories does. The label source is the name of a directory, which
// an operator has given; the others are words of the program.
type Sync struct {
	succeeded *prometheus.GaugeVec
	seconds   *prometheus.HistogramVec
	changes   *prometheus.GaugeVec
	applied   *prometheus.CounterVec
	skipped   *prometheus.CounterVec
	held      *prometheus.GaugeVec
	lag       *prometheus.GaugeVec
	drift     *prometheus.GaugeVec
	failures  *prometheus.CounterVec
}

// NewSync registers the metrics of synchronization; once for a registry, as NewMetrics.
func NewSync(registry *prometheus.Registry) *Sync {
	const prefix = "terrawarden_sync_"
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: prefix + name, Help: help}, append([]string{"source"}, labels...))
	}
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, []string{"source"})
	}
	s := &Sync{
		succeeded: gauge("last_success_timestamp_seconds", "When the catalog was last known to be in step with a directory; 0: never."),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: prefix + "duration_seconds", Help: "How long runs of a directory took, by outcome.", Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600},
		}, []string{"source", "outcome"}),
		changes:  gauge("plan_changes", "Changes of the latest plan of a directory, by kind.", "change"),
		applied:  counter("applied_total", "Changes that were done."),
		skipped:  counter("skipped_total", "Changes of plans that were left out, since the catalog refused them or had moved on."),
		held:     gauge("held", "Whether a plan of a directory waits for somebody to approve it."),
		lag:      gauge("lag_seconds", "How long ago the catalog was last known to be in step with a directory."),
		drift:    gauge("drift", "Differences between a directory and the catalog that are known and not settled."),
		failures: counter("failures_total", "Runs of a directory that failed."),
	}
	registry.MustRegister(s.succeeded, s.seconds, s.changes, s.applied, s.skipped, s.held, s.lag, s.drift, s.failures)
	return s
}

// Planned sets how many changes of each kind the latest plan of a source has.
func (s *Sync) Planned(source string, changes map[string]int) {
	for change, n := range changes {
		s.changes.WithLabelValues(source, change).Set(float64(n))
	}
}

// Ended records a run, how it ended, and how long it took.
func (s *Sync) Ended(source, outcome string, took time.Duration) {
	s.seconds.WithLabelValues(source, outcome).Observe(took.Seconds())
	failed := s.failures.WithLabelValues(source) // there from the first run on, so that an alert sees it rise from 0
	if outcome == "failed" {
		failed.Inc()
	}
}

// Applied counts what was done and what was left out.
func (s *Sync) Applied(source string, done, skipped int) {
	s.applied.WithLabelValues(source).Add(float64(max(0, done)))
	s.skipped.WithLabelValues(source).Add(float64(max(0, skipped)))
}

// Held sets whether a plan of a source waits for somebody.
func (s *Sync) Held(source string, held bool) {
	value := 0.0
	if held {
		value = 1
	}
	s.held.WithLabelValues(source).Set(value)
}

// Fresh sets when the catalog was last in step with a source, and how long that is ago.
func (s *Sync) Fresh(source string, succeeded time.Time, lag time.Duration) {
	if !succeeded.IsZero() {
		s.succeeded.WithLabelValues(source).Set(float64(succeeded.UnixMilli()) / 1000)
		s.lag.WithLabelValues(source).Set(lag.Seconds())
	}
}

// Drift sets how many differences are known and not settled.
func (s *Sync) Drift(source string, n int) { s.drift.WithLabelValues(source).Set(float64(n)) }
