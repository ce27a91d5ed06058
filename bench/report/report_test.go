package report_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
)

func comparison() report.Comparison {
	return report.Comparison{Estate: "10k", Mode: "repeated", Clients: 16, Systems: []measure.Summary{
		{System: report.Ours, Rate: 8000, Rates: []float64{8000, 4000, 9000}, P99s: []float64{2, 4, 6}, P99: 4 * time.Millisecond},
		{System: report.Constant, Rate: 10000, Rates: []float64{10000, 5000, 10000}, P99s: []float64{2, 2, 2}},
		{System: "winner", Rate: 16000, Rates: []float64{16000, 8000, 9000}},
	}}
}

// The ratio is taken within each round: the second round ran on a machine of half the speed.
func TestRatiosAreTakenWithinRounds(t *testing.T) {
	t.Parallel()
	c := comparison()
	got, ok := c.RateRatio(report.Ours, report.Constant)
	if want := (report.Ratio{Median: 0.8, Low: 0.8, High: 0.9}); !ok || got != want {
		t.Errorf("ratio to the constant = %v, %t; want %v", got, ok, want)
	}
	if got, ok := c.P99Ratio(report.Ours, report.Constant); !ok || got.Median != 2 {
		t.Errorf("ratio of p99 = %v, %t; want 2", got, ok)
	}
	if _, ok := c.RateRatio(report.Ours, "absent"); ok {
		t.Error("a system that was not measured has a ratio")
	}
}

func TestLosingRowsAreShown(t *testing.T) {
	t.Parallel()
	run := &report.Run{
		Comparisons: []report.Comparison{comparison()},
		Targets:     []report.Target{{What: "a thing", At: "10k", Target: "≤ 1 ms", Measured: "2 ms", Verdict: report.Missed}},
		LeftOut:     []string{"Postgres: no server"},
	}
	var text, page bytes.Buffer
	if err := run.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := (report.Document{Run: run}).Page(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"MISSED", "0.50", "left out: Postgres"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, text.String())
		}
	}
	for _, want := range []string{"| a thing | 10k | ≤ 1 ms | 2 ms | **MISSED** |", "| winner | 0.50 | 0.50 to 1.00 | **SLOWER** |", "Postgres: no server", "Not measured yet: `make bench-soak`"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, page.String())
		}
	}
}

func TestUpdateKeepsOtherParts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "results", "latest.json")
	if err := report.Update(path, func(d *report.Document) { d.Run = &report.Run{When: "then"} }); err != nil {
		t.Fatal(err)
	}
	if err := report.Update(path, func(d *report.Document) { d.Revocation = &report.Revocation{Revocations: 3} }); err != nil {
		t.Fatal(err)
	}
	got, err := report.Read(path)
	want := report.Document{Run: &report.Run{When: "then"}, Revocation: &report.Revocation{Revocations: 3}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		412 * time.Microsecond: "412 µs", 4123 * time.Microsecond: "4.12 ms", 41 * time.Millisecond: "41.0 ms",
		412 * time.Millisecond: "412 ms", 4123 * time.Millisecond: "4.12 s", 41 * time.Second: "41.0 s",
	} {
		if got := report.Short(d); got != want {
			t.Errorf("Short(%d) = %q, want %q", d, got, want)
		}
	}
}
