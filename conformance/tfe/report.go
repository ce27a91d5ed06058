package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/conformance/server"
)

// Tally counts verdicts.
type Tally struct{ Passed, Failed, Skipped int }

func (t *Tally) add(v Verdict) {
	switch v {
	case Passed:
		t.Passed++
	case Skipped:
		t.Skipped++
	case Failed:
		t.Failed++
	}
}

// String writes passed / failed / skipped.
func (t Tally) String() string { return fmt.Sprintf("%d / %d / %d", t.Passed, t.Failed, t.Skipped) }

func (t Tally) plus(u Tally) Tally {
	return Tally{t.Passed + u.Passed, t.Failed + u.Failed, t.Skipped + u.Skipped}
}

// Section is the result of an area.
type Section struct {
	Area     Area
	Outcomes []Outcome
	Broken   server.Answers // 5xx
}

// tally counts the tests and the subtests of the section.
func (s Section) tally() (tests, subtests Tally) {
	for _, o := range s.Outcomes {
		for test, verdict := range o.Verdicts {
			if isSubtest(test) {
				subtests.add(verdict)
			} else {
				tests.add(verdict)
			}
		}
	}
	return tests, subtests
}

// Report is the result of a mode.
type Report struct {
	Mode     Mode
	Sections []Section
}

// verdicts returns those of all sections.
func (r Report) verdicts() Verdicts {
	all := Verdicts{}
	for _, s := range r.Sections {
		for _, o := range s.Outcomes {
			maps.Copy(all, o.Verdicts)
		}
	}
	return all
}

// broken returns the 5xx answers of all sections.
func (r Report) broken() server.Answers {
	all := server.Answers{}
	for _, s := range r.Sections {
		for answer, count := range s.Broken {
			all[answer] += count
		}
	}
	return all
}

// total returns the number of 5xx answers in the further or the promised areas.
func (r Report) total(further bool) int {
	n := 0
	for _, s := range r.Sections {
		if s.Area.Further == further {
			n += s.Broken.Total()
		}
	}
	return n
}

// write prints what passed by area.
func (r Report) write(w io.Writer, version string) {
	fmt.Fprintf(w, "\ngo-tfe %s, mode %s: tests and subtests, passed / failed / skipped\n\n", version, r.Mode)
	fmt.Fprintf(w, "%-28s%16s%18s%6s\n", "area", "tests", "subtests", "5xx")
	var promised, further [2]Tally
	for _, s := range r.Sections {
		tests, subtests := s.tally()
		row(w, s.Area.Name, tests, subtests, s.Broken.Total())
		sum := &promised
		if s.Area.Further {
			sum = &further
		}
		sum[0], sum[1] = sum[0].plus(tests), sum[1].plus(subtests)
	}
	fmt.Fprintln(w)
	row(w, "promised areas", promised[0], promised[1], r.total(false))
	row(w, "further areas", further[0], further[1], r.total(true))
	broken := r.broken()
	for _, answer := range slices.Sorted(maps.Keys(broken)) {
		fmt.Fprintf(w, "the server failed: %s, %d times\n", answer, broken[answer])
	}
}

func row(w io.Writer, name string, tests, subtests Tally, broken int) {
	fmt.Fprintf(w, "%-28s%16s%18s%6d\n", name, tests, subtests, broken)
}

// writeFailed prints the tests that did not pass, with where their output is.
func (r Report) writeFailed(w io.Writer, logs string) {
	verdicts := r.verdicts()
	for _, test := range slices.Sorted(maps.Keys(verdicts)) {
		if verdicts[test] == Failed {
			fmt.Fprintf(w, "FAIL %s (%s)\n", test, logOf(logs, r.Mode, topOf(test)))
		}
	}
}

// write prints how the run differs from the list.
func (c Comparison) write(w io.Writer, mode Mode) {
	for _, test := range c.Lost {
		fmt.Fprintf(w, "no longer passing (%s): %s\n", mode, test)
	}
	if len(c.Found) > 0 {
		fmt.Fprintf(w, "%d pass that passing-%s.txt does not list; -update lists them\n", len(c.Found), mode)
	}
}
