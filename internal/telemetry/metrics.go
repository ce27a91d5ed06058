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
	requests       *series[answered, requestSeries]
	decisions      *series[decided, prometheus.Counter]
	checkSeconds   prometheus.Histogram
	engine, store  calls
	cacheHits      prometheus.Counter
	cacheMisses    prometheus.Counter
	recalled       prometheus.Counter
	lookedUp       prometheus.Counter
	pendingIntents prometheus.Gauge
}

// answered are the labels of a request that was served, and requestSeries is what counts and times it.
type answered struct {
	route, method string
	status        int
}

type requestSeries struct {
	served  prometheus.Counter
	seconds prometheus.Observer
}

// decided are the labels of a decision.
type decided struct {
	allowed bool
	source  string
}

// calls are the calls to a part we depend on: how long they took, and how they failed.
type calls struct {
	seconds  *series[string, prometheus.Observer]
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
		requests:  newRequests(registry),
		decisions: newDecisions(registry),
		checkSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "terrawarden_check_duration_seconds", Help: "How long a permission check took, wherever its answer came from.", Buckets: latencies(),
		}),
		engine: newCalls(registry, "engine", "the authorization engine"),
		store:  newCalls(registry, "store", "the catalog's database"),
		cacheHits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrawarden_decision_cache_hits_total", Help: "Decisions answered from the cache.",
		}),
		cacheMisses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrawarden_decision_cache_misses_total", Help: "Decisions that the cache did not hold.",
		}),
		recalled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrawarden_catalog_cache_hits_total", Help: "Lookups of catalog rows answered from memory.",
		}),
		lookedUp: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrawarden_catalog_cache_misses_total", Help: "Lookups of catalog rows that memory might have answered and did not.",
		}),
		pendingIntents: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "terrawarden_pending_intents", Help: "Catalog writes whose relationships are not confirmed yet; lasting above zero means the engine is behind.",
		}),
	}
	registry.MustRegister(m.checkSeconds, m.cacheHits, m.cacheMisses, m.recalled, m.lookedUp, m.pendingIntents)
	return m
}

func newRequests(registry *prometheus.Registry) *series[answered, requestSeries] {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "terrawarden_http_requests_total", Help: "Requests served, by route, method and status.",
	}, []string{"route", "method", "status"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "terrawarden_http_request_duration_seconds", Help: "How long requests took, by route and method.", Buckets: latencies(),
	}, []string{"route", "method"})
	registry.MustRegister(requests, seconds)
	return newSeries(func(a answered) requestSeries {
		return requestSeries{requests.WithLabelValues(a.route, a.method, strconv.Itoa(a.status)), seconds.WithLabelValues(a.route, a.method)}
	})
}

func newDecisions(registry *prometheus.Registry) *series[decided, prometheus.Counter] {
	decisions := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "terrawarden_decisions_total", Help: "Decisions, by result and by where the answer came from.",
	}, []string{"result", "source"})
	registry.MustRegister(decisions)
	return newSeries(func(d decided) prometheus.Counter {
		result := "denied"
		if d.allowed {
			result = "allowed"
		}
		return decisions.WithLabelValues(result, d.source)
	})
}

// newCalls returns the metrics of a part we depend on.
func newCalls(registry *prometheus.Registry, name, part string) calls {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "terrawarden_" + name + "_call_duration_seconds", Help: "How long calls to " + part + " took, by operation.", Buckets: latencies(),
	}, []string{"operation"})
	failures := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "terrawarden_" + name + "_failures_total", Help: "Calls to " + part + " that failed, by operation and kind of failure.",
	}, []string{"operation", "kind"})
	registry.MustRegister(seconds, failures)
	return calls{seconds: newSeries(func(operation string) prometheus.Observer { return seconds.WithLabelValues(operation) }), failures: failures}
}

// Request records a request that was served. The route is the pattern it matched, not its path; "" when none did.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "unmatched"
	}
	method = knownMethod(method)
	request := m.requests.of(answered{route, method, status})
	request.served.Inc()
	request.seconds.Observe(took.Seconds())
}

// Decision records one decision and where it came from: "engine", "cache".
func (m *Metrics) Decision(allowed bool, source string) {
	m.decisions.of(decided{allowed, source}).Inc()
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

// DecisionCache records a decision that the cache may hold, and whether it did.
func (m *Metrics) DecisionCache(hit bool) {
	if hit {
		m.cacheHits.Inc()
	} else {
		m.cacheMisses.Inc()
	}
}

// CatalogLookup records a lookup of a catalog row that memory may answer, and whether it did.
func (m *Metrics) CatalogLookup(remembered bool) {
	if remembered {
		m.recalled.Inc()
	} else {
		m.lookedUp.Inc()
	}
}

// PendingIntents sets how many write intents wait to be confirmed.
func (m *Metrics) PendingIntents(n int) { m.pendingIntents.Set(float64(n)) }

func (c calls) record(operation string, took time.Duration, err error) {
	c.seconds.of(operation).Observe(took.Seconds())
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
