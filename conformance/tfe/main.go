package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "conformance-tfe:", err)
		os.Exit(1)
	}
}

// options are what a run is told.
type options struct {
	binary, module, lists, logs string
	modes                       []Mode
	area, test                  *regexp.Regexp
	jobs                        int
	limit                       time.Duration
	update, failed              bool
}

func parse(args []string) (options, error) {
	var o options
	var modes, area, test string
	f := flag.NewFlagSet("conformance-tfe", flag.ContinueOnError)
	f.StringVar(&o.binary, "bin", ".cache/bin/terrawarden", "the program under test")
	f.StringVar(&o.module, "module", "conformance", "folder of this module; its go.mod names the version of go-tfe")
	f.StringVar(&o.lists, "lists", "conformance/tfe", "folder of the lists of passing tests")
	f.StringVar(&o.logs, "logs", ".cache/conformance-tfe", "folder that takes the output of each test and the server's log")
	f.StringVar(&modes, "mode", "hcp,tfe", "modes to run: hcp, tfe; none counts what passes against a server that answers 404 to everything")
	f.StringVar(&area, "area", "", "run only the areas that match")
	f.StringVar(&test, "run", "", "run only the top-level tests that match")
	f.IntVar(&o.jobs, "jobs", 4, "how many tests run at a time")
	f.DurationVar(&o.limit, "timeout", 2*time.Minute, "limit of a test")
	f.BoolVar(&o.update, "update", false, "write the lists of passing tests instead of comparing with them")
	f.BoolVar(&o.failed, "failed", false, "name every test that fails, and where its output is")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 || o.jobs < 1 || o.limit <= 0 {
		return o, errors.New("takes flags alone, with -jobs and -timeout above zero; -help lists them")
	}
	for name := range strings.SplitSeq(modes, ",") {
		mode, err := parseMode(name)
		if err != nil {
			return o, err
		}
		o.modes = append(o.modes, mode)
	}
	var err1, err2 error
	o.area, err1 = regexp.Compile(area)
	o.test, err2 = regexp.Compile(test)
	return o, errors.Join(err1, err2)
}

// everything reports whether no test is left out.
func (o options) everything() bool { return o.area.String() == "" && o.test.String() == "" }

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "conformance-tfe-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	suite, err := build(ctx, o.module, work)
	if err != nil {
		return err
	}
	all, err := suite.List(ctx)
	if err != nil {
		return err
	}
	tests, err := plan(Areas(), all)
	if err != nil {
		return err
	}
	var faults []error
	for _, mode := range o.modes {
		r := runner{options: o, suite: suite, mode: mode, tests: tests, work: work}
		report, err := r.run(ctx)
		if err != nil {
			return err
		}
		faults = append(faults, o.judge(report, suite.Version, out))
	}
	return errors.Join(faults...)
}

// judge prints a report and compares it with the list.
func (o options) judge(report Report, version string, out io.Writer) error {
	report.write(out, version)
	if o.failed {
		report.writeFailed(out, o.logs)
	}
	if report.Mode == None {
		return nil
	}
	path := recordPath(o.lists, report.Mode)
	record, err := readRecord(path)
	if err != nil {
		return err
	}
	c := record.compare(report.verdicts(), o.everything())
	c.write(out, report.Mode)
	var faults []error
	if n := report.broken().Total(); n > 0 {
		faults = append(faults, fmt.Errorf("mode %s: the server failed %d times (5xx)", report.Mode, n))
	}
	if o.update {
		return errors.Join(append(faults, record.updated(c).write(path))...)
	}
	if len(c.Lost) > 0 {
		faults = append(faults, fmt.Errorf("mode %s: %d tests and subtests no longer pass", report.Mode, len(c.Lost)))
	}
	return errors.Join(faults...)
}
