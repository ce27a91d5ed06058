package report_test

import (
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/bench/report"
)

func TestJudgeSoak(t *testing.T) {
	t.Parallel()
	flat := func(int) (heap uint64, p99 time.Duration) { return 500 << 20, 5 * time.Millisecond }
	rows := []struct {
		name    string
		samples int
		of      func(int) (uint64, time.Duration)
		want    report.Verdict
	}{
		{"level", 10, flat, report.Met},
		{"grows while it warms up, then not", 9, func(i int) (uint64, time.Duration) { return uint64(min(i, 3)) * 200 << 20, 5 * time.Millisecond }, report.Met},
		{"heap grows", 9, func(i int) (uint64, time.Duration) { return uint64(100+10*i) << 20, 5 * time.Millisecond }, report.Missed},
		{"latency grows", 9, func(i int) (uint64, time.Duration) { return 500 << 20, time.Duration(1+i) * time.Millisecond }, report.Missed},
		{"too short", 2, flat, report.Waiting},
	}
	for _, row := range rows {
		var samples []report.SoakMinute
		for i := range row.samples {
			heap, p99 := row.of(i)
			samples = append(samples, report.SoakMinute{Second: 60 * (i + 1), Heap: heap, Resident: 800 << 20, P99: p99})
		}
		if got, reason := report.JudgeSoak(samples); got != row.want {
			t.Errorf("%s: %s (%s), want %s", row.name, got, reason, row.want)
		}
	}
}
