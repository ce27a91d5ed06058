package telemetry_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/telemetry"
)

func TestMetricsCountWhatHappened(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m := telemetry.NewMetrics(registry)
	m.Request("/access/v1/evaluation", "POST", 200, time.Millisecond)
	m.Request("/access/v1/evaluation", "POST", 200, time.Millisecond)
	m.Request("", "MADEUP", 404, time.Millisecond)
	m.Decision(true, "engine")
	m.Decision(true, "cache")
	m.Decision(false, "cache")
	m.EngineCall("check", time.Millisecond, nil)
	m.EngineCall("check", time.Millisecond, fault.New(fault.Unavailable, "gone"))
	m.StoreCall("commit", time.Millisecond, errors.New("disk on fire"))
	m.DecisionCache(true)
	m.DecisionCache(false)
	m.DecisionCache(false)
	m.CatalogLookup(true)
	m.CatalogLookup(true)
	m.CatalogLookup(false)
	m.PendingIntents(7)
	m.PendingIntents(3)

	const want = `
# HELP terrawarden_catalog_cache_hits_total Lookups of catalog rows answered from memory.
# TYPE terrawarden_catalog_cache_hits_total counter
terrawarden_catalog_cache_hits_total 2
# HELP terrawarden_catalog_cache_misses_total Lookups of catalog rows that memory might have answered and did not.
# TYPE terrawarden_catalog_cache_misses_total counter
terrawarden_catalog_cache_misses_total 1
# HELP terrawarden_decision_cache_hits_total Decisions answered from the cache.
# TYPE terrawarden_decision_cache_hits_total counter
terrawarden_decision_cache_hits_total 1
# HELP terrawarden_decision_cache_misses_total Decisions that the cache did not hold.
# TYPE terrawarden_decision_cache_misses_total counter
terrawarden_decision_cache_misses_total 2
# HELP terrawarden_decisions_total Decisions, by result and by where the answer came from.
# TYPE terrawarden_decisions_total counter
terrawarden_decisions_total{result="allowed",source="cache"} 1
terrawarden_decisions_total{result="allowed",source="engine"} 1
terrawarden_decisions_total{result="denied",source="cache"} 1
# HELP terrawarden_engine_failures_total Calls to the authorization engine that failed, by operation and kind of failure.
# TYPE terrawarden_engine_failures_total counter
terrawarden_engine_failures_total{kind="unavailable",operation="check"} 1
# HELP terrawarden_http_requests_total Requests served, by route, method and status.
# TYPE terrawarden_http_requests_total counter
terrawarden_http_requests_total{method="POST",route="/access/v1/evaluation",status="200"} 2
terrawarden_http_requests_total{method="other",route="unmatched",status="404"} 1
# HELP terrawarden_pending_intents Catalog writes whose relationships are not confirmed yet; lasting above zero means the engine is behind.
# TYPE terrawarden_pending_intents gauge
terrawarden_pending_intents 3
# HELP terrawarden_store_failures_total Calls to the catalog's database that failed, by operation and kind of failure.
# TYPE terrawarden_store_failures_total counter
terrawarden_store_failures_total{kind="internal",operation="commit"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want),
		"terrawarden_catalog_cache_hits_total", "terrawarden_catalog_cache_misses_total",
		"terrawarden_decision_cache_hits_total", "terrawarden_decision_cache_misses_total", "terrawarden_decisions_total",
		"terrawarden_engine_failures_total", "terrawarden_http_requests_total", "terrawarden_pending_intents",
		"terrawarden_store_failures_total"); err != nil {
		t.Error(err)
	}
}

func TestMetricsTimeWhatHappened(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m := telemetry.NewMetrics(registry)
	m.Request("/healthz", "GET", 200, 3*time.Millisecond)
	m.Check(200 * time.Microsecond)
	m.EngineCall("check", 100*time.Microsecond, nil)
	m.EngineCall("write", time.Millisecond, nil)
	m.StoreCall("commit", 5*time.Millisecond, nil)

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seconds := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if h := metric.GetHistogram(); h != nil {
				seconds[family.GetName()] += h.GetSampleSum()
			}
		}
	}
	for name, want := range map[string]float64{
		"terrawarden_http_request_duration_seconds": .003,
		"terrawarden_check_duration_seconds":        .0002,
		"terrawarden_engine_call_duration_seconds":  .0011,
		"terrawarden_store_call_duration_seconds":   .005,
	} {
		if got := seconds[name]; got < want*.999 || got > want*1.001 {
			t.Errorf("%s sums to %v s, want %v", name, got, want)
		}
	}
}

func TestRegistriesAreApart(t *testing.T) {
	t.Parallel()
	first, second := telemetry.NewRegistry(), telemetry.NewRegistry()
	telemetry.NewMetrics(first).DecisionCache(true)
	telemetry.NewMetrics(second)
	for registry, want := range map[*prometheus.Registry]float64{first: 1, second: 0} {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var got float64
		seen := map[string]bool{}
		for _, family := range families {
			seen[family.GetName()] = true
			if family.GetName() == "terrawarden_decision_cache_hits_total" {
				got = family.GetMetric()[0].GetCounter().GetValue()
			}
		}
		if got != want {
			t.Errorf("hits = %v, want %v", got, want)
		}
		if !seen["go_goroutines"] {
			t.Error("the registry does not report on the Go runtime")
		}
	}
}

func TestMetricsFollowTheNamingRules(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m := telemetry.NewMetrics(registry)
	m.Request("/", "GET", 200, 0)
	m.Decision(true, "engine")
	m.EngineCall("check", 0, fault.New(fault.Internal, "x"))
	m.StoreCall("commit", 0, fault.New(fault.Internal, "x"))
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// Metrics are found by whoever counts first, however many do at once.
func TestNothingIsLostWhenManyCount(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m := telemetry.NewMetrics(registry)
	const counters, each = 8, 100
	var wg sync.WaitGroup
	for range counters {
		wg.Go(func() {
			for i := range each {
				m.Request("/healthz", "GET", 200+i%10, 0)
				m.Decision(i%2 == 0, "cache")
			}
		})
	}
	wg.Wait()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted, series := map[string]float64{}, map[string]int{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			counted[family.GetName()] += metric.GetCounter().GetValue()
			series[family.GetName()]++
		}
	}
	for name, want := range map[string]int{"terrawarden_http_requests_total": 10, "terrawarden_decisions_total": 2} {
		if counted[name] != counters*each || series[name] != want {
			t.Errorf("%s: %v counted in %d series, want %d in %d", name, counted[name], series[name], counters*each, want)
		}
	}
}
