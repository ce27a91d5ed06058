package report

import (
	"fmt"

	"github.com/terrawarden/terrawarden/bench/measure"
)

// What counts as growth after warm-up. Latency on a machine that drifts needs more room than memory.
const (
	heapGrowth    = 1.10
	memoryGrowth  = 1.15
	latencyGrowth = 1.5
)

// JudgeSoak says whether memory or latency grew. The first third of the samples is warm-up; the median of the second
// third is compared with that of the last.
func JudgeSoak(samples []SoakMinute) (Verdict, string) {
	third := len(samples) / 3
	if third == 0 {
		return Waiting, "Too short to say: fewer than three samples."
	}
	earlier, later := samples[third:len(samples)-third], samples[len(samples)-third:]
	grown := func(value func(SoakMinute) float64) float64 {
		return middle(later, value) / max(1, middle(earlier, value))
	}
	heap := grown(func(s SoakMinute) float64 { return float64(s.Heap) })
	resident := grown(func(s SoakMinute) float64 { return float64(s.Resident) })
	p99 := grown(func(s SoakMinute) float64 { return float64(s.P99) })
	reason := fmt.Sprintf("From the second third to the last: live heap ×%.2f (limit %.2f), memory ×%.2f (%.2f), p99 of checks ×%.2f (%.1f).",
		heap, heapGrowth, resident, memoryGrowth, p99, latencyGrowth)
	if heap > heapGrowth || resident > memoryGrowth || p99 > latencyGrowth {
		return Missed, reason
	}
	return Met, reason
}

func middle(samples []SoakMinute, value func(SoakMinute) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = value(s)
	}
	return measure.Median(values)
}
