package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// header begins each list.
const header = "# Tests and subtests of go-tfe that pass; `make conformance-tfe CONFORMANCE=-update` writes this file.\n"

// Record is the list of tests and subtests that pass, kept in the repository.
type Record map[string]bool

// recordPath returns the file of a mode's list.
func recordPath(dir string, mode Mode) string {
	return filepath.Join(dir, "passing-"+string(mode)+".txt")
}

// readRecord reads a list; one that is missing is empty.
func readRecord(path string) (Record, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, nil
	}
	record := Record{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			record[line] = true
		}
	}
	return record, err
}

// write writes the list, sorted.
func (r Record) write(path string) error {
	var b strings.Builder
	b.WriteString(header)
	for _, test := range slices.Sorted(maps.Keys(r)) {
		b.WriteString(test + "\n")
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

// Comparison is what a run says about the list.
type Comparison struct {
	Lost  []string // listed, and does not pass any more, or is in no area
	Found []string // passes, and is not listed
}

// compare compares the list with what ran. A run of all tests also misses what the list has and nobody ran; a run of
// some does not judge the others.
func (r Record) compare(ran Verdicts, everything bool) Comparison {
	var c Comparison
	for _, test := range slices.Sorted(maps.Keys(r)) {
		if ran[test] != Passed && (everything || ran[topOf(test)] != "") {
			c.Lost = append(c.Lost, test)
		}
	}
	for _, test := range slices.Sorted(maps.Keys(ran)) {
		if ran[test] == Passed && !r[test] {
			c.Found = append(c.Found, test)
		}
	}
	return c
}

// updated returns the list as it stands after the run.
func (r Record) updated(c Comparison) Record {
	next := maps.Clone(r)
	for _, test := range c.Lost {
		delete(next, test)
	}
	for _, test := range c.Found {
		next[test] = true
	}
	return next
}
