// Command bench measures Terrawarden against its targets and against others. `make bench`, `make bench-quick`,
// `make bench-soak`, `make bench-revoke` and `make bench-docs` run it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/terrawarden/terrawarden/bench/host"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/bench/suite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	commands := map[string]func(context.Context, []string) error{
		"run": runSuite, "soak": runSoak, "revoke": runRevoke, "docs": runDocs, "host": runHost, "constant": runConstant,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		return fmt.Errorf("usage: bench run|soak|revoke|docs [flags]; each takes -help")
	}
	return commands[args[0]](ctx, args[1:])
}

// shared are the options of every measurement.
type shared struct {
	*flag.FlagSet
	bin, out, work *string
	seed           *uint64
}

func options(name, out string) shared {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	return shared{
		FlagSet: f, bin: f.String("bin", "../.cache/bin", "directory of the programs: terrawarden, terrawarden-migrate, spicedb, openfga"),
		out: f.String("out", out, "JSON file that takes the result"), work: f.String("work", "", "where catalogs are kept during the run; empty: the system's temporary directory"),
		seed: f.Uint64("seed", 1, "seed of the estates and questions"),
	}
}

func (s shared) programs() (rival.Programs, error) {
	self, err := os.Executable()
	if err != nil {
		return rival.Programs{}, err
	}
	dir, err := filepath.Abs(*s.bin)
	in := func(name string) string { return filepath.Join(dir, name) }
	return rival.Programs{Terrawarden: in("terrawarden"), Migrate: in("terrawarden-migrate"), SpiceDB: in("spicedb"), OpenFGA: in("openfga"), Bench: self}, err
}

const latest = "results/latest.json"

func runSuite(ctx context.Context, args []string) error {
	o := options("run", latest)
	sizes := o.String("sizes", "10k,100k,1M", "estates, in relationships")
	rivalSizes := o.String("rival-sizes", "10k,100k", "the estates that the rivals are asked about too")
	rivals := o.String("rivals", "spicedb-memory,spicedb-postgres,openfga-memory,openfga-postgres,terrawarden-postgres,terrawarden-spicedb", "what to compare with; empty: the constant alone")
	rounds := o.Int("rounds", 7, "rounds in which systems take turns")
	block := o.Duration("block", 2*time.Second, "how long a system is asked in a round")
	commits := o.Int("commits", 100_000, "commits before memory is looked at")
	grants := o.Int("grants", 1000, "grants that are timed")
	expiries := o.Int("expiries", 20, "expiries that are timed")
	starts := o.Int("starts", 3, "starts that are timed at each size")
	data := o.String("data", "", "Peribolos directory of the Kubernetes estate")
	sections := o.String("sections", "", "what to measure: "+strings.Join(suite.Sections(), ",")+"; empty: everything")
	version := o.String("version", "dev", "what is measured, for the report")
	if err := o.Parse(args); err != nil {
		return err
	}
	programs, err := o.programs()
	if err != nil {
		return err
	}
	cfg := suite.Config{
		Programs: programs, Postgres: os.Getenv("TERRAWARDEN_TEST_POSTGRES"), Rivals: words(*rivals), Rounds: *rounds, Block: *block, Commits: *commits,
		Grants: *grants, Expiries: *expiries, Starts: *starts, Kubernetes: *data, Sections: words(*sections), Seed: *o.seed, Work: *o.work, Version: *version, Log: os.Stderr,
	}
	if cfg.Sizes, err = parseSizes(*sizes); err != nil {
		return err
	}
	if cfg.RivalSizes, err = parseSizes(*rivalSizes); err != nil {
		return err
	}
	result, err := suite.Run(ctx, cfg)
	if result == nil {
		return err
	}
	return errors.Join(err, report.Update(*o.out, func(d *report.Document) { d.Run = result }), result.Text(os.Stdout))
}

func runSoak(ctx context.Context, args []string) error {
	o := options("soak", latest)
	size := o.String("size", "1M", "the estate, in relationships")
	length := o.Duration("for", 10*time.Minute, "how long")
	sample := o.Duration("sample", time.Minute, "how often to look")
	checkers := o.Int("clients", 8, "clients that check")
	writes := o.Int("writes", 20, "writes a second, at most")
	if err := o.Parse(args); err != nil {
		return err
	}
	programs, err := o.programs()
	if err != nil {
		return err
	}
	sizes, err := parseSizes(*size)
	if err != nil {
		return err
	}
	if *writes < 1 || *checkers < 1 {
		return fmt.Errorf("-writes and -clients must be at least 1")
	}
	result, err := suite.Soak(ctx, suite.SoakConfig{
		Programs: programs, Size: sizes[0], For: *length, Sample: *sample, Checkers: *checkers, Writes: *writes, Seed: *o.seed, Work: *o.work, Log: os.Stderr,
	})
	if err != nil {
		return err
	}
	if err := report.Update(*o.out, func(d *report.Document) { d.Soak = result }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "mixed load for %s at %s: %s. %s\n", *length, *size, result.Verdict, result.Reason)
	return err
}

// memoryDir is a file system in memory. The revocation test keeps its catalog there by default: what it looks for is the order
// of things, and six flushes of a disk for each revocation would make it take hours.
const memoryDir = "/dev/shm"

func runRevoke(ctx context.Context, args []string) error {
	o := options("revoke", latest)
	size := o.String("size", "10k", "the estate, in relationships")
	count := o.Int("count", 100_000, "revocations")
	workers := o.Int("workers", 4, "changes at the same time")
	batch := o.Int("batch", 4, "people whose access one change takes away")
	if err := o.Parse(args); err != nil {
		return err
	}
	programs, err := o.programs()
	if err != nil {
		return err
	}
	sizes, err := parseSizes(*size)
	if err != nil {
		return err
	}
	if _, err := os.Stat(memoryDir); err == nil && *o.work == "" {
		*o.work = memoryDir
	}
	result, err := suite.Revoke(ctx, suite.RevokeConfig{Programs: programs, Size: sizes[0], Count: *count, Workers: *workers, Batch: *batch, Seed: *o.seed, Work: *o.work, Log: os.Stderr})
	if err != nil {
		return err
	}
	if err := report.Update(*o.out, func(d *report.Document) { d.Revocation = result }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "%d revocations in %s, %d checks after their acknowledgement, %d allowed: %s\n", result.Revocations, result.Took, result.Checks, result.Violations, result.Verdict)
	if err == nil && result.Violations > 0 {
		err = fmt.Errorf("%d checks were allowed after a revocation", result.Violations)
	}
	return err
}

// runDocs makes the page of the documentation from the result of the last runs.
func runDocs(_ context.Context, args []string) error {
	f := flag.NewFlagSet("docs", flag.ContinueOnError)
	from := f.String("from", latest, "JSON file with the results; empty: docs/benchmarks.json as it is")
	dir := f.String("docs", "../docs", "directory of the documentation")
	if err := f.Parse(args); err != nil {
		return err
	}
	kept := filepath.Join(*dir, "benchmarks.json")
	if *from == "" {
		*from = kept
	}
	document, err := report.Read(*from)
	if err != nil {
		return err
	}
	if err := report.Update(kept, func(d *report.Document) { *d = document }); err != nil {
		return err
	}
	var page strings.Builder
	if err := document.Page(&page); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*dir, "benchmarks.md"), []byte(page.String()), 0o644) //nolint:gosec // documentation is for everybody
}

func runHost(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("host", flag.ContinueOnError)
	data := f.String("data", "", "data directory")
	if err := f.Parse(args); err != nil {
		return err
	}
	return host.Serve(ctx, host.Config{DataDir: *data, SiteToken: rival.SiteToken}, os.Stderr)
}

func runConstant(ctx context.Context, _ []string) error { return host.ServeConstant(ctx, os.Stderr) }

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// parseSizes reads sizes such as 10k and 1M.
func parseSizes(list string) ([]int, error) {
	var out []int
	for _, word := range words(list) {
		var n int
		var unit string
		if _, err := fmt.Sscanf(word, "%d%s", &n, &unit); err != nil || n <= 0 {
			return nil, fmt.Errorf("%q is no size such as 10k or 1M", word)
		}
		factor, ok := map[string]int{"k": 1000, "M": 1_000_000}[unit]
		if !ok {
			return nil, fmt.Errorf("%q is no size such as 10k or 1M", word)
		}
		out = append(out, n*factor)
	}
	return out, nil
}
