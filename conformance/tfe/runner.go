package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/terrawarden/terrawarden/conformance/server"
)

// runner runs the areas in one mode.
type runner struct {
	options
	suite *Suite
	mode  Mode
	tests map[string][]string // by area
	work  string
}

// logOf returns the file that takes the output of a test.
func logOf(logs string, mode Mode, test string) string {
	return filepath.Join(logs, string(mode), test+".txt")
}

// run starts the server, runs the areas one after the other and stops the server.
func (r runner) run(ctx context.Context) (Report, error) {
	report := Report{Mode: r.mode}
	if err := os.MkdirAll(filepath.Join(r.logs, string(r.mode)), 0o750); err != nil {
		return report, err
	}
	target, err := start(ctx, r.binary, r.mode, r.work, logOf(r.logs, r.mode, "server"))
	if err != nil {
		return report, err
	}
	report.Sections, err = r.areas(ctx, target)
	return report, errors.Join(err, target.Stop())
}

func (r runner) areas(ctx context.Context, target *server.Server) ([]Section, error) {
	var sections []Section
	earlier := server.Answers{}
	for _, area := range Areas() {
		var tests []string
		for _, test := range r.tests[area.Name] {
			if r.area.MatchString(area.Name) && r.test.MatchString(test) {
				tests = append(tests, test)
			}
		}
		if len(tests) == 0 {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", r.mode, area.Name)
		outcomes, err := r.outcomes(ctx, target, area, tests)
		if err != nil {
			return sections, err
		}
		broken, err := target.Broken(ctx)
		if err != nil {
			return sections, fmt.Errorf("after %s: %w", area.Name, err)
		}
		sections = append(sections, Section{Area: area, Outcomes: outcomes, Broken: broken.Since(earlier)})
		earlier = broken
	}
	return sections, ctx.Err()
}

// outcomes runs the tests of an area, several at a time.
func (r runner) outcomes(ctx context.Context, target *server.Server, area Area, tests []string) ([]Outcome, error) {
	jobs := r.jobs
	if area.Alone {
		jobs = 1
	}
	env := r.mode.environ(r.work, target.URL, target.Token)
	outcomes, faults := make([]Outcome, len(tests)), make([]error, len(tests))
	var wg sync.WaitGroup
	free := make(chan struct{}, jobs)
	for i, test := range tests {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			outcomes[i], faults[i] = r.suite.Run(ctx, test, env, r.limit, logOf(r.logs, r.mode, test))
		})
	}
	wg.Wait()
	return outcomes, errors.Join(faults...)
}
