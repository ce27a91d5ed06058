package telemetry_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/terrawarden/terrawarden/internal/telemetry"
)

func TestSyncMetrics(t *testing.T) {
	t.Parallel()
	registry := telemetry.NewRegistry()
	s := telemetry.NewSync(registry)
	s.Planned("corp", map[string]int{"people.create": 3, "people.suspend": 0})
	s.Ended("corp", "applied", 2*time.Second)
	s.Ended("corp", "failed", time.Second)
	s.Applied("corp", 5, 1)
	s.Applied("corp", -1, 0) // a counter never falls
	s.Held("corp", true)
	s.Held("dev", false)
	s.Fresh("corp", time.UnixMilli(1500), 90*time.Second)
	s.Fresh("never", time.Time{}, 0)
	s.Drift("corp", 7)
	want := `
# HELP terrawarden_sync_applied_total Changes that were done.
# TYPE terrawarden_sync_applied_total counter
terrawarden_sync_applied_total{source="corp"} 5
# HELP terrawarden_sync_drift Differences between a directory and the catalog that are known and not settled.
# TYPE terrawarden_sync_drift gauge
terrawarden_sync_drift{source="corp"} 7
# HELP terrawarden_sync_failures_total Runs of a directory that failed.
# TYPE terrawarden_sync_failures_total counter
terrawarden_sync_failures_total{source="corp"} 1
# HELP terrawarden_sync_held Whether a plan of a directory waits for somebody to approve it.
# TYPE terrawarden_sync_held gauge
terrawarden_sync_held{source="corp"} 1
terrawarden_sync_held{source="dev"} 0
# HELP terrawarden_sync_lag_seconds How long ago the catalog was last known to be in step with a directory.
# TYPE terrawarden_sync_lag_seconds gauge
terrawarden_sync_lag_seconds{source="corp"} 90
# HELP terrawarden_sync_last_success_timestamp_seconds When the catalog was last known to be in step with a directory; 0: never.
# TYPE terrawarden_sync_last_success_timestamp_seconds gauge
terrawarden_sync_last_success_timestamp_seconds{source="corp"} 1.5
# HELP terrawarden_sync_plan_changes Changes of the latest plan of a directory, by kind.
# TYPE terrawarden_sync_plan_changes gauge
terrawarden_sync_plan_changes{change="people.create",source="corp"} 3
terrawarden_sync_plan_changes{change="people.suspend",source="corp"} 0
# HELP terrawarden_sync_skipped_total Changes of plans that were left out, since the catalog refused them or had moved on.
# TYPE terrawarden_sync_skipped_total counter
terrawarden_sync_skipped_total{source="corp"} 1
`
	names := []string{"applied_total", "drift", "failures_total", "held", "lag_seconds", "last_success_timestamp_seconds", "plan_changes", "skipped_total"}
	for i, n := range names {
		names[i] = "terrawarden_sync_" + n
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(registry, "terrawarden_sync_duration_seconds"); err != nil || n != 2 {
		t.Errorf("%d series of durations, %v; want one for each outcome", n, err)
	}
}
