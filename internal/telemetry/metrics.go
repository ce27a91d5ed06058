package telemetry

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Metrics counts and times what the service does. Every label value comes from the program, never from a caller,
// so the number of series is bounded.
type Metrics struct {
	requests       *prometheus.CounterVec
	requestSeconds *prometheus.HistogramVec
	decisions      *prometheus.CounterVec
	checkSeconds   prometheus.Histogram
	engine, store  calls
	cacheHits      prometheus.Counter
	cacheMisses    prometheus.Counter
	pendingIntents prometheus.Gauge
}

// calls are the calls to a part we depend on: how long they took, and how they failed.
type calls struct {
	seconds  *prometheus.HistogramVec
	failures *prometheus.CounterVec
}

// NewRegistry returns a registry that already reports on the process and the Go runtime.
func NewRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// NewMetrics registers the service's metrics. A registry takes them once; a second time is a programming error and
// panics.
func NewMetrics(registry *prometheus.Registry) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrawarden_http_requests_total", Help: "Requests served, by route, method and status.",
		}, []string{"route", "method", "status"}),
		requestSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "terrawarden_http_request_duration_seconds", Help: "How long requests took, by route and method.", Buckets: latencies(),
		}, []string{"route", "method"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrawarden_decisions_total", Help: "Decisions, by result and by where the answer came from.",
		}, []string{"result", "source"}),
		checkSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "terrawarden_check_duration_seconds", Help: "How long a permission check took, wherever its answer came from.", Buckets: latencies(),
		}),
		engine: newCalls("engine", "the authorization engine"),
		store:  newCalls("store", "the catalog's database"),
		cacheHits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrawarden_decision_cache_hits_total", Help: "Decisions answered from the cache.",
		}),
		cacheMisses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrawarden_decision_cache_misses_total", Help: "Decisions that the cache did not hold.",
		}),
		pendingIntents: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "terrawarden_pending_intents", Help: "Catalog writes whose relationships are not confirmed yet; lasting above zero means the engine is behind.",
		}),
	}
	registry.MustRegister(
		m.requests, m.requestSeconds, m.decisions, m.checkSeconds,
		m.engine.seconds, m.engine.failures, m.store.seconds, m.store.failures,
		m.cacheHits, m.cacheMisses, m.pendingIntents,
	)
	return m
}

// Request records a request that was served. The route is the pattern it matched, not its path; "" when none did.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "unmatched"
	}
	method = knownMethod(method)
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.requestSeconds.WithLabelValues(route, method).Observe(took.Seconds())
}

// Decision records one decision and where it came from: "engine", "cache".
func (m *Metrics) Decision(allowed bool, source string) {
	result := "denied"
	if allowed {
		result = "allowed"
	}
	m.decisions.WithLabelValues(result, source).Inc()
}

// Check records how long a permission check took.
func (m *Metrics) Check(took time.Duration) { m.checkSeconds.Observe(took.Seconds()) }

// EngineCall records a call to the authorization engine and how it ended.
func (m *Metrics) EngineCall(operation string, took time.Duration, err error) {
	m.engine.record(operation, took, err)
}

// StoreCall records a call to the catalog's database and how it ended.
func (m *Metrics) StoreCall(operation string, took time.Duration, err error) {
	m.store.record(operation, took, err)
}

// CacheHit records a decision that the cache held.
func (m *Metrics) CacheHit() { m.cacheHits.Inc() }

// CacheMiss records a decision that the cache did not hold.
func (m *Metrics) CacheMiss() { m.cacheMisses.Inc() }

// PendingIntents sets how many write intents wait to be confirmed.
func (m *Metrics) PendingIntents(n int) { m.pendingIntents.Set(float64(n)) }

// newCalls returns the metrics of a part we depend on.
func newCalls(name, part string) calls {
	return calls{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "terrawarden_" + name + "_call_duration_seconds", Help: "How long calls to " + part + " took, by operation.", Buckets: latencies(),
		}, []string{"operation"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "terrawarden_" + name + "_failures_total", Help: "Calls to " + part + " that failed, by operation and kind of failure.",
		}, []string{"operation", "kind"}),
	}
}

func (c calls) record(operation string, took time.Duration, err error) {
	c.seconds.WithLabelValues(operation).Observe(took.Seconds())
	if err != nil {
		c.failures.WithLabelValues(operation, fault.KindOf(err).String()).Inc()
	}
}

// latencies returns histogram buckets from a cached decision (microseconds) to a request that timed out.
func latencies() []float64 {
	return []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// knownMethod returns an HTTP method, or "other" for one that a caller made up.
func knownMethod(method string) string {
	known := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	if slices.Contains(known, method) {
		return method
	}
	return "other"
}
