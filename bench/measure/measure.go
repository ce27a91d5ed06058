// Package measure times what is asked of several systems in turn, and reduces what it saw to numbers that hold on a
// machine whose speed drifts: medians, percentiles, and ratios of what was measured side by side.
//
// It knows nothing of what the systems are.
package measure

import (
	"cmp"
	"slices"
	"time"
)

// Median returns the middle of values, the mean of the two middle ones for an even number, 0 for none.
func Median[T ~int64 | ~float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}

// Percentile returns the value below which a part of the values lies, by nearest rank, 0 for none.
func Percentile[T cmp.Ordered](values []T, part float64) T {
	if len(values) == 0 {
		var none T
		return none
	}
	s := slices.Sorted(slices.Values(values))
	rank := int(part*float64(len(s))+0.999999) - 1
	return s[min(max(rank, 0), len(s)-1)]
}

// Ratios returns a[i] / b[i]; where b[i] is 0 there is none.
func Ratios(a, b []float64) []float64 {
	var out []float64
	for i := range min(len(a), len(b)) {
		if b[i] != 0 {
			out = append(out, a[i]/b[i])
		}
	}
	return out
}

// Sample is what one system showed in one round.
type Sample struct {
	Count    int
	Took     time.Duration // of the round as a whole
	P50, P99 time.Duration
	CPU      time.Duration // of the system's process; 0 where there is none
}

// Rate returns how many were answered in a second.
func (s Sample) Rate() float64 {
	if s.Took == 0 {
		return 0
	}
	return float64(s.Count) / s.Took.Seconds()
}

// Summary is what one system showed over all rounds: the median of each number.
type Summary struct {
	System   string        `json:"system"`
	Rounds   int           `json:"rounds"`
	Answers  int           `json:"answers"`
	Rate     float64       `json:"rate_per_second"`
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
	CPU      time.Duration `json:"cpu_per_answer_ns"`
	Rates    []float64     `json:"rates"`
	P99s     []float64     `json:"p99s_ns"`
	P50s     []float64     `json:"p50s_ns"`
	Relative float64       `json:"of_the_constant,omitempty"` // median over rounds of rate / the constant's rate
}

// Summarize reduces the rounds of a system.
func Summarize(system string, rounds []Sample) Summary {
	s := Summary{System: system, Rounds: len(rounds)}
	var cpu []time.Duration
	for _, r := range rounds {
		s.Answers += r.Count
		s.Rates = append(s.Rates, r.Rate())
		s.P50s = append(s.P50s, float64(r.P50))
		s.P99s = append(s.P99s, float64(r.P99))
		if r.Count > 0 {
			cpu = append(cpu, r.CPU/time.Duration(r.Count))
		}
	}
	s.Rate = Median(s.Rates)
	s.P50, s.P99 = time.Duration(Median(s.P50s)), time.Duration(Median(s.P99s))
	s.CPU = Median(cpu)
	return s
}
