// Package suite is what is measured: each section starts the systems it needs, asks them, and adds rows to the report.
//
// It knows the targets of the design and the systems; how a number is taken and shown is the business of measure and
// report.
package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/host"
	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
)

// Config says what to measure and with what.
type Config struct {
	Programs   rival.Programs
	Postgres   string   // administrator's URL of a server; "" leaves out what needs one
	Sizes      []int    // of estates, in relationships, ascending
	RivalSizes []int    // those of them that the rivals are asked about too
	Rivals     []string // names of package rival
	Rounds     int
	Block      time.Duration // how long one system is asked at a time
	Commits    int           // how many commits are written before memory is looked at
	Grants     int           // how many grants are timed
	Expiries   int           // how many expiries are timed
	Starts     int           // how many starts are timed at each size
	Kubernetes string        // a Peribolos directory; "" leaves it out
	Sections   []string      // names of sections to run, see Sections; none: all
	Seed       uint64
	Work       string // parent of the directories used; "" is the system\'s temporary directory
	Version    string
	Log        io.Writer
}

// suite is one run.
type suite struct {
	Config
	work    string
	begin   time.Time
	out     report.Run
	estates []prepared
}

// prepared is an estate with a directory that holds its catalog and is copied for every process.
type prepared struct {
	*estate.Estate
	dir string
}

// Run measures everything and returns the report: what there is of it when a section fails, with the error.
func Run(ctx context.Context, cfg Config) (*report.Run, error) {
	s := &suite{Config: cfg, begin: time.Now()}
	var err error
	if s.work, err = os.MkdirTemp(cfg.Work, "terrawarden-bench-"); err != nil {
		return nil, err
	}
	err = errors.Join(s.run(ctx), os.RemoveAll(s.work))
	s.out.Took = time.Since(s.begin).Round(time.Second).String()
	return &s.out, err
}

// Sections returns the names of the sections, in their order.
func Sections() []string {
	var out []string
	for _, section := range (&suite{}).sections() {
		out = append(out, section.name)
	}
	return out
}

type section struct {
	name string
	do   func(context.Context) error
}

func (s *suite) sections() []section {
	return []section{
		{"start", s.starts},
		{"http", s.comparisons},
		{"cold", s.cold},
		{"bulk", s.bulks},
		{"search", s.searches},
		{"tfe", s.tfe},
		{"role", s.role},
		{"write", s.writes},
		{"kubernetes", s.kubernetes},
		{"sync", s.sync},
	}
}

func (s *suite) run(ctx context.Context) error {
	s.out.When = s.begin.UTC().Format("2 January 2006")
	s.out.Version, s.out.Machine = s.Version, report.ThisMachine()
	s.out.Settings = fmt.Sprintf("%d rounds of %s for each system.", s.Rounds, s.Block)
	if err := s.prepare(ctx); err != nil {
		return err
	}
	var failed []error
	for _, section := range s.sections() {
		if len(s.Sections) > 0 && !slices.Contains(s.Sections, section.name) {
			s.leaveOut("the section %s: it was not asked for", section.name)
			continue
		}
		s.say("== %s", section.name)
		if err := section.do(ctx); err != nil {
			s.leaveOut("the rest of the section %s, which failed: %v", section.name, err)
			failed = append(failed, fmt.Errorf("%s: %w", section.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// say reports progress.
func (s *suite) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Log, "%6.1fs  %s\n", time.Since(s.begin).Seconds(), fmt.Sprintf(format, args...))
}

// target adds a row with a verdict.
func (s *suite) target(what, at, target, measured string, met bool, note string) {
	verdict := report.Missed
	if met {
		verdict = report.Met
	}
	s.say("%-60s %-6s %-24s %-28s %s", what, at, target, measured, verdict)
	s.out.Targets = append(s.out.Targets, report.Target{What: what, At: at, Target: target, Measured: measured, Verdict: verdict, Note: note})
}

func (s *suite) detail(topic, what, at, format string, args ...any) {
	d := report.Detail{Topic: topic, What: what, At: at, Value: fmt.Sprintf(format, args...)}
	s.say("%-60s %-6s %s", what, at, d.Value)
	s.out.Details = append(s.out.Details, d)
}

func (s *suite) leaveOut(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	s.say("left out: %s", line)
	s.out.LeftOut = append(s.out.LeftOut, line)
}

// Label names a size: 10k, 1M.
func Label(relationships int) string {
	if relationships%1_000_000 == 0 {
		return fmt.Sprintf("%dM", relationships/1_000_000)
	}
	return fmt.Sprintf("%dk", relationships/1000)
}

func (s *suite) prepare(ctx context.Context) error {
	for _, size := range s.Sizes {
		p, err := prepare(ctx, s.work, s.Seed, size)
		if err != nil {
			return err
		}
		s.say("%s: %d relationships", p.Name, p.Relationships)
		s.estates = append(s.estates, p)
	}
	return nil
}

// prepare generates an estate and writes its catalog.
func prepare(ctx context.Context, work string, seed uint64, size int) (prepared, error) {
	p := prepared{Estate: estate.Generate(Label(size), seed, size), dir: filepath.Join(work, "catalog-"+Label(size))}
	return p, p.write(ctx)
}

// write puts an estate into a catalog of its own.
func (p prepared) write(ctx context.Context) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	store, err := sqlstore.OpenSQLite(ctx, filepath.Join(p.dir, "catalog.db"))
	if err != nil {
		return err
	}
	err = store.Migrate(ctx)
	if err == nil {
		err = p.Write(ctx, store)
	}
	return errors.Join(err, store.Close())
}

// largest returns the estate that targets are judged on.
func (s *suite) largest() prepared { return s.estates[len(s.estates)-1] }

// copied returns a directory with a copy of an estate's catalog, for one process.
func (p prepared) copied(work string) (string, error) {
	dir, err := os.MkdirTemp(work, p.Name+"-")
	if err != nil {
		return "", err
	}
	return dir, os.CopyFS(dir, os.DirFS(p.dir))
}

// serve starts the real binary over a copy of an estate.
func (s *suite) serve(ctx context.Context, p prepared) (*rival.Service, error) {
	dir, err := p.copied(s.work)
	if err != nil {
		return nil, err
	}
	return rival.Terrawarden(ctx, rival.NameTerrawarden, s.Programs, rival.Environment(dir))
}

// host starts the benchmark's own process over a copy of an estate.
func startHost(ctx context.Context, programs rival.Programs, work string, p prepared, args ...string) (*rival.Service, error) {
	dir, err := p.copied(work)
	if err != nil {
		return nil, err
	}
	started, err := process.Announced(ctx, nil, programs.Bench, append([]string{"host", "-data", dir}, args...)...)
	if err != nil {
		return nil, err
	}
	return rival.NewService(ctx, "host", started)
}

func (s *suite) host(ctx context.Context, p prepared, args ...string) (*rival.Service, error) {
	return startHost(ctx, s.Programs, s.work, p, args...)
}

func memoryOf(ctx context.Context, h *rival.Service) (host.Memory, error) {
	var m host.Memory
	return m, h.Call(ctx, "GET", host.PathMemory, "", nil, &m)
}

// rivalEstates returns the estates that rivals are asked about.
func (s *suite) asksRivals(p prepared) bool {
	return slices.ContainsFunc(s.RivalSizes, func(size int) bool { return Label(size) == p.Name })
}
