package measure_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/bench/measure"
)

func TestMedianAndPercentile(t *testing.T) {
	t.Parallel()
	if got := measure.Median([]float64{9, 1, 5}); got != 5 {
		t.Errorf("median of three = %v, want 5", got)
	}
	if got := measure.Median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median of four = %v, want 2.5", got)
	}
	if got := measure.Median[float64](nil); got != 0 {
		t.Errorf("median of nothing = %v, want 0", got)
	}
	var hundred []int
	for i := range 100 {
		hundred = append(hundred, 100-i)
	}
	for part, want := range map[float64]int{0: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := measure.Percentile(hundred, part); got != want {
			t.Errorf("percentile %v of 1..100 = %d, want %d", part, got, want)
		}
	}
	if diff := cmp.Diff([]float64{2, 0.5}, measure.Ratios([]float64{4, 1, 7}, []float64{2, 2, 0})); diff != "" {
		t.Errorf("ratios (-want +got):\n%s", diff)
	}
}

// When the machine halves its speed in the middle of a run, ratios of neighbours stay right where absolute numbers do
// not.
func TestSummarizeTakesMedians(t *testing.T) {
	t.Parallel()
	rounds := []measure.Sample{
		{Count: 1000, Took: time.Second, P50: time.Millisecond, P99: 2 * time.Millisecond, CPU: time.Second},
		{Count: 500, Took: time.Second, P50: 2 * time.Millisecond, P99: 4 * time.Millisecond, CPU: time.Second},
		{Count: 800, Took: time.Second, P50: 1500 * time.Microsecond, P99: 100 * time.Millisecond, CPU: time.Second},
	}
	got := measure.Summarize("x", rounds)
	want := measure.Summary{
		System: "x", Rounds: 3, Answers: 2300, Rate: 800, P50: 1500 * time.Microsecond, P99: 4 * time.Millisecond,
		CPU: 1250 * time.Microsecond, Rates: []float64{1000, 500, 800},
		P50s: []float64{1e6, 2e6, 1.5e6}, P99s: []float64{2e6, 4e6, 1e8},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

// system counts what it is asked.
type system struct {
	name  string
	asked []atomic.Int64
	order *[]string
}

func (s *system) Name() string                { return s.name }
func (s *system) CPU() (time.Duration, error) { return 0, nil }
func (s *system) Close() error                { return nil }
func (s *system) Dial(context.Context) (measure.Asker, error) {
	*s.order = append(*s.order, s.name)
	return s, nil
}

func (s *system) Ask(_ context.Context, question int) (bool, error) {
	s.asked[question].Add(1)
	return question%3 == 0, nil
}

func TestRunAsksEachQuestionOnce(t *testing.T) {
	t.Parallel()
	var order []string
	s := &system{name: "x", asked: make([]atomic.Int64, 100), order: &order}
	sample, err := measure.Run(t.Context(), s, measure.Block{Clients: 4, From: 20, To: 70, For: time.Minute})
	if err != nil || sample.Count != 50 {
		t.Fatalf("%d answers, %v; want 50", sample.Count, err)
	}
	for i := range s.asked {
		want := int64(0)
		if i >= 20 && i < 70 {
			want = 1
		}
		if got := s.asked[i].Load(); got != want {
			t.Errorf("question %d was asked %d times, want %d", i, got, want)
		}
	}
	answers, err := measure.Answers(t.Context(), s, 6, time.Minute)
	if diff := cmp.Diff([]bool{true, false, false, true, false, false}, answers); diff != "" || err != nil {
		t.Errorf("answers (-want +got), %v:\n%s", err, diff)
	}
}

func TestRoundsAlternate(t *testing.T) {
	t.Parallel()
	var order []string
	systems := []measure.Subject{
		&system{name: "a", asked: make([]atomic.Int64, 10), order: &order},
		&system{name: "b", asked: make([]atomic.Int64, 10), order: &order},
	}
	block := func(round int) measure.Block {
		return measure.Block{Clients: 1, From: 2 * round, To: 2*round + 2, WarmUp: true, For: time.Minute}
	}
	samples, err := measure.Rounds(t.Context(), systems, 3, block)
	if err != nil || len(samples["a"]) != 3 || len(samples["b"]) != 3 {
		t.Fatalf("%v, %v; want three samples of each", samples, err)
	}
	if diff := cmp.Diff([]string{"a", "b", "b", "a", "a", "b"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}
