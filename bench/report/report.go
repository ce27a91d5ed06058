// Package report holds what a run of the benchmark found, and shows it: as a table, as JSON, and as the page in the
// documentation, which is made from that JSON.
//
// It measures nothing.
package report

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/bench/measure"
)

// Document is everything the page is made from. Its parts come from runs of their own.
type Document struct {
	Run        *Run        `json:"run,omitempty"`
	Soak       *Soak       `json:"soak,omitempty"`
	Revocation *Revocation `json:"revocation,omitempty"`
}

// Machine is where a run took place.
type Machine struct {
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	MemoryMiB int64  `json:"memory_mib"`
	System    string `json:"system"`
	Go        string `json:"go"`
}

// Run is one run of the suite.
type Run struct {
	When        string       `json:"when"`
	Took        string       `json:"took"`
	Version     string       `json:"version"`
	Machine     Machine      `json:"machine"`
	Settings    string       `json:"settings"`
	Targets     []Target     `json:"targets"`
	Comparisons []Comparison `json:"comparisons"`
	Agreements  []Agreement  `json:"agreements"`
	Sizes       []Size       `json:"sizes"`
	Details     []Detail     `json:"details"`
	LeftOut     []string     `json:"left_out"`
}

// Verdict says whether a target was reached.
type Verdict string

// The verdicts.
const (
	Met     Verdict = "met"
	Missed  Verdict = "MISSED"
	Waiting Verdict = "not measured"
)

// Target is one row of the table of targets.
type Target struct {
	What     string  `json:"what"`
	At       string  `json:"at"` // the estate it was measured on
	Target   string  `json:"target"`
	Measured string  `json:"measured"`
	Verdict  Verdict `json:"verdict"`
	Note     string  `json:"note,omitempty"`
}

// Comparison is what several systems showed on the same questions, in alternation.
type Comparison struct {
	Estate  string            `json:"estate"`
	Mode    string            `json:"mode"` // "repeated" or "first"
	Clients int               `json:"clients"`
	Systems []measure.Summary `json:"systems"`
}

// System returns the summary of a system.
func (c Comparison) System(name string) (measure.Summary, bool) {
	i := slices.IndexFunc(c.Systems, func(s measure.Summary) bool { return s.System == name })
	if i < 0 {
		return measure.Summary{}, false
	}
	return c.Systems[i], true
}

// Ratio is how two systems compare: the median over the rounds of the ratio within each, and its range.
type Ratio struct{ Median, Low, High float64 }

// RateRatio compares how many questions two systems answered in the same time.
func (c Comparison) RateRatio(of, to string) (Ratio, bool) {
	return c.ratio(of, to, func(s measure.Summary) []float64 { return s.Rates })
}

// P99Ratio compares the slowest one per cent.
func (c Comparison) P99Ratio(of, to string) (Ratio, bool) {
	return c.ratio(of, to, func(s measure.Summary) []float64 { return s.P99s })
}

func (c Comparison) ratio(of, to string, values func(measure.Summary) []float64) (Ratio, bool) {
	a, okA := c.System(of)
	b, okB := c.System(to)
	ratios := measure.Ratios(values(a), values(b))
	if !okA || !okB || len(ratios) == 0 {
		return Ratio{}, false
	}
	return Ratio{Median: measure.Median(ratios), Low: slices.Min(ratios), High: slices.Max(ratios)}, true
}

// Agreement is how the answers of a system compare with ours.
type Agreement struct {
	Estate    string `json:"estate"`
	System    string `json:"system"`
	Asked     int    `json:"asked"`
	Allowed   int    `json:"allowed"` // by us
	Different int    `json:"different"`
}

// Size is what an estate of one size costs to hold.
type Size struct {
	Estate        string        `json:"estate"`
	Relationships int           `json:"relationships"`
	Organizations int           `json:"organizations"`
	Workspaces    int           `json:"workspaces"`
	People        int           `json:"people"`
	Start         time.Duration `json:"start_ns"`
	Resident      int64         `json:"resident_bytes"`
}

// Detail is one more number, without a target.
type Detail struct {
	Topic string `json:"topic"`
	What  string `json:"what"`
	At    string `json:"at"`
	Value string `json:"value"`
}

// Soak is the result of a long mixed load.
type Soak struct {
	When    string       `json:"when"`
	Estate  string       `json:"estate"`
	Machine Machine      `json:"machine"`
	Took    string       `json:"took"`
	Load    string       `json:"load"`
	Minutes []SoakMinute `json:"minutes"`
	Verdict Verdict      `json:"verdict"`
	Reason  string       `json:"reason"`
}

// SoakMinute is one sample.
type SoakMinute struct {
	Second   int           `json:"second"` // since the start
	Resident int64         `json:"resident_bytes"`
	Heap     uint64        `json:"heap_bytes"`
	Checks   int           `json:"checks"`
	Writes   int           `json:"writes"`
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
	WriteP99 time.Duration `json:"write_p99_ns"`
}

// Revocation is the result of the revocation test.
type Revocation struct {
	When        string         `json:"when"`
	Estate      string         `json:"estate"`
	Machine     Machine        `json:"machine"`
	Took        string         `json:"took"`
	Revocations int            `json:"revocations"`
	Kinds       map[string]int `json:"kinds"`
	Checks      int            `json:"checks_after_acknowledgement"`
	Violations  int            `json:"violations"`
	Workers     int            `json:"workers"`
	Batch       int            `json:"batch"`
	Verdict     Verdict        `json:"verdict"`
}

// Update changes a part of the document in a file, which is made when missing.
func Update(path string, change func(*Document)) error {
	d, err := Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	change(&d)
	raw, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o600)
}

// Read reads the document of a file.
func Read(path string) (Document, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Document{}, err
	}
	var d Document
	return d, json.Unmarshal(raw, &d)
}
