package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
)

const (
	// repeatedSet is how many questions are asked over and over.
	repeatedSet = 200
	// firstSet is how many new questions there are for one round; no system answers more in a block.
	firstSet = 20_000
	// patience bounds how long a slow system is warmed up, and asked for its answers.
	patience = 20 * time.Second
	// compared is how many answers are compared with ours.
	compared = 3000
)

// Modes of asking.
const (
	repeated = "repeated"
	first    = "first"
)

// way is one way of asking that systems are compared in.
type way struct {
	mode    string
	clients int
}

func (s *suite) comparisons(ctx context.Context) error {
	for _, p := range s.estates {
		ways := []way{{repeated, 16}, {first, 1}}
		if s.asksRivals(p) && p.Name == s.estates[0].Name {
			ways = []way{{repeated, 16}, {repeated, 1}, {first, 1}, {first, 16}}
		}
		rivals := []string{}
		if s.asksRivals(p) {
			rivals = s.Rivals
		}
		if err := s.compare(ctx, p, rivals, ways); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	s.judge()
	return nil
}

// compare asks ourselves, the constant and rivals about one estate.
func (s *suite) compare(ctx context.Context, p prepared, rivals []string, ways []way) (err error) {
	ours, err := s.serve(ctx, p)
	if err != nil {
		return err
	}
	systems := []rival.System{ours}
	defer func() {
		for _, system := range systems {
			err = errors.Join(err, system.Close())
		}
	}()
	for _, name := range append([]string{rival.NameConstant}, rivals...) {
		system, err := s.open(ctx, name, p)
		if err != nil {
			return err
		}
		if system != nil {
			systems = append(systems, system)
		}
	}
	questions := p.Questions(s.Seed, repeatedSet+compared+len(ways)*(s.Rounds+1)*firstSet)
	subjects := make([]measure.Subject, len(systems))
	for i, system := range systems {
		system.Prepare(questions)
		subjects[i] = system
	}
	if err := s.agree(ctx, p, subjects); err != nil {
		return err
	}
	next := repeatedSet + compared
	for _, w := range ways {
		room := (len(questions) - next) / (len(ways) * s.Rounds)
		block := s.blocks(w, next, min(room, firstSet))
		samples, err := measure.Rounds(ctx, subjects, s.Rounds, block)
		if err != nil {
			return err
		}
		s.record(p, w, subjects, samples)
		if w.mode == first {
			next += s.Rounds * min(room, firstSet)
		}
	}
	return nil
}

// blocks returns how each round is asked.
func (s *suite) blocks(w way, from, each int) func(int) measure.Block {
	return func(round int) measure.Block {
		if w.mode == repeated {
			return measure.Block{Clients: w.clients, To: repeatedSet, Again: true, WarmUp: true, MaxWarmUp: patience, For: s.Block}
		}
		return measure.Block{Clients: w.clients, From: from + round*each, To: from + (round+1)*each, For: s.Block}
	}
}

// open starts a rival and loads it. One that cannot run here is left out, with the reason.
func (s *suite) open(ctx context.Context, name string, p prepared) (rival.System, error) {
	database := ""
	if strings.HasSuffix(name, "-postgres") || strings.HasPrefix(name, rival.NameTerrawarden) {
		if s.Postgres == "" {
			s.leaveOut("%s on %s: no Postgres server (TERRAWARDEN_TEST_POSTGRES)", name, p.Name)
			return nil, nil //nolint:nilnil // left out
		}
		var err error
		if database, err = freshDatabase(ctx, s.Postgres); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(name, rival.NameTerrawarden) {
		return s.openLarger(ctx, name, p, database)
	}
	system, err := rival.Open(ctx, name, s.Programs, database)
	if err != nil {
		return nil, err
	}
	if name == rival.NameConstant {
		return system, nil
	}
	start := time.Now()
	if err := system.Load(ctx, p.Projection()); err != nil {
		return nil, errors.Join(fmt.Errorf("load %s: %w", name, err), system.Close())
	}
	held, err := system.Resident()
	if err != nil {
		return nil, errors.Join(err, system.Close())
	}
	s.detail("load", name, p.Name, "%s, then %s", report.Short(time.Since(start)), report.MiB(held))
	return system, nil
}

// agree compares the answers of all systems with ours, as many as each gives in the time.
func (s *suite) agree(ctx context.Context, p prepared, systems []measure.Subject) error {
	ours, err := measure.Answers(ctx, systems[0], compared, patience)
	if err != nil {
		return err
	}
	for _, system := range systems[1:] {
		if system.Name() == rival.NameConstant {
			continue
		}
		theirs, err := measure.Answers(ctx, system, len(ours), patience)
		if err != nil {
			return err
		}
		a := report.Agreement{Estate: p.Name, System: system.Name(), Asked: len(theirs)}
		for i, answer := range theirs {
			if ours[i] {
				a.Allowed++
			}
			if answer != ours[i] {
				a.Different++
			}
		}
		s.say("%-60s %-6s %d of %d answers differ", system.Name(), p.Name, a.Different, a.Asked)
		s.out.Agreements = append(s.out.Agreements, a)
	}
	return nil
}

func (s *suite) record(p prepared, w way, systems []measure.Subject, samples map[string][]measure.Sample) {
	c := report.Comparison{Estate: p.Name, Mode: w.mode, Clients: w.clients}
	for _, system := range systems {
		c.Systems = append(c.Systems, measure.Summarize(system.Name(), samples[system.Name()]))
	}
	for i := range c.Systems {
		ratio, _ := c.RateRatio(c.Systems[i].System, rival.NameConstant)
		c.Systems[i].Relative = ratio.Median
		sum := c.Systems[i]
		s.say("%-24s %-6s %s, %d clients: %.0f/s, p50 %s, p99 %s, %.2f of the constant", sum.System, p.Name, w.mode, w.clients,
			sum.Rate, report.Short(sum.P50), report.Short(sum.P99), sum.Relative)
	}
	s.out.Comparisons = append(s.out.Comparisons, c)
}

// Targets of a repeated check over HTTP.
const (
	ofConstant  = 0.8
	ofOpenFGA   = 10
	p99Constant = 1.3
)

// judge compares what was measured with the targets of a repeated check.
func (s *suite) judge() {
	at := func(system string) (report.Comparison, bool) {
		for _, c := range slices.Backward(s.out.Comparisons) {
			if _, ok := c.System(system); ok && c.Mode == repeated && c.Clients == 16 {
				return c, true
			}
		}
		return report.Comparison{}, false
	}
	if c, ok := at(rival.NameConstant); ok {
		r, _ := c.RateRatio(rival.NameTerrawarden, rival.NameConstant)
		s.target("check over HTTP, repeated: of the constant's rate", c.Estate, "≥ 80 %", percent(r), r.Median >= ofConstant, "16 clients")
		r, _ = c.P99Ratio(rival.NameTerrawarden, rival.NameConstant)
		s.target("check over HTTP, repeated: p99 to the constant's", c.Estate, "≤ 1.3×", times(r), r.Median <= p99Constant, "16 clients")
	}
	c, ok := at(rival.NameOpenFGAMemory)
	if !ok {
		s.leaveOut("the row on OpenFGA's memory store: it was not among the rivals")
		return
	}
	r, _ := c.RateRatio(rival.NameTerrawarden, rival.NameOpenFGAMemory)
	s.target("check over HTTP, repeated: OpenFGA's memory store", c.Estate, "≥ 10×", times(r), r.Median >= ofOpenFGA, "16 clients; more relationships than this make OpenFGA's memory store slower still")
}

func percent(r report.Ratio) string {
	return fmt.Sprintf("%.0f %% (%.0f to %.0f)", 100*r.Median, 100*r.Low, 100*r.High)
}

func times(r report.Ratio) string {
	return fmt.Sprintf("%.2f× (%.2f to %.2f)", r.Median, r.Low, r.High)
}
