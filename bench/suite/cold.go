package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/host"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/internal/authz"
)

// Targets of a check that was never asked before.
const (
	coldTarget    = 500 * time.Microsecond
	queriesTarget = 16
	growthTarget  = 1.3
)

// coldEach is how many new questions a process is asked in one round.
const coldEach = 1000

// asked is a process with what it showed.
type asked struct {
	prepared
	host    *rival.Service
	p50s    []float64
	all     []time.Duration
	queries uint64
	count   int
}

// cold asks engines in process what nobody has asked before: the two larger sizes the same questions, and then all
// sizes those that the smallest can be asked.
func (s *suite) cold(ctx context.Context) (err error) {
	var hosts []*asked
	defer func() {
		for _, h := range hosts {
			err = errors.Join(err, h.host.Close())
		}
	}()
	for _, p := range s.estates {
		h, err := s.host(ctx, p)
		if err != nil {
			return err
		}
		hosts = append(hosts, &asked{prepared: p, host: h})
	}
	larger := hosts[max(0, len(hosts)-2):]
	if err := s.coldRounds(ctx, larger, larger[0].Questions(s.Seed+1, (s.Rounds+1)*coldEach)); err != nil {
		return err
	}
	s.judgeCold(larger)
	if len(hosts) < 3 {
		return nil
	}
	for i, h := range hosts {
		hosts[i] = &asked{prepared: h.prepared, host: h.host}
	}
	if err := s.coldRounds(ctx, hosts, hosts[0].Questions(s.Seed+2, (s.Rounds+1)*coldEach)); err != nil {
		return err
	}
	for _, h := range hosts {
		s.detail("check, never asked before, in process", "p50 and queries, the questions of "+hosts[0].Name, h.Name, "%s, %.1f",
			report.Short(time.Duration(measure.Median(h.p50s))), float64(h.queries)/float64(h.count))
	}
	return nil
}

// coldRounds asks each process each part of the questions once, in alternation. The first part warms up.
func (s *suite) coldRounds(ctx context.Context, hosts []*asked, questions []estate.Question) error {
	for round := range s.Rounds + 1 {
		part := questions[min(round*coldEach, len(questions)):min((round+1)*coldEach, len(questions))]
		for i := range hosts {
			if err := hosts[(i+round)%len(hosts)].ask(ctx, part, round > 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// ask puts questions in process. The first round warms up and does not count.
func (a *asked) ask(ctx context.Context, part []estate.Question, counts bool) error {
	var request host.Questions
	for _, q := range part {
		request.Questions = append(request.Questions, q.Authz())
	}
	var answers host.Answers
	if err := a.host.Call(ctx, "POST", host.PathCheck, "", request, &answers); err != nil || !counts {
		return err
	}
	a.p50s = append(a.p50s, float64(measure.Median(answers.Took)))
	a.all = append(a.all, answers.Took...)
	a.queries += answers.Queries
	a.count += len(part)
	return nil
}

func (s *suite) judgeCold(hosts []*asked) {
	for _, h := range hosts {
		s.detail("check, never asked before, in process", "p50 / p95 / p99, one caller", h.Name, "%s / %s / %s", report.Short(time.Duration(measure.Median(h.p50s))),
			report.Short(measure.Percentile(h.all, 0.95)), report.Short(measure.Percentile(h.all, 0.99)))
	}
	last := hosts[len(hosts)-1]
	p50, queries := time.Duration(measure.Median(last.p50s)), float64(last.queries)/float64(last.count)
	s.target("check, never asked before, in process: p50", last.Name, "≤ 0.5 ms", report.Short(p50), p50 <= coldTarget, "")
	s.target("check, never asked before: datastore queries", last.Name, "≤ 16", fmt.Sprintf("%.1f", queries), queries <= queriesTarget, "")
	if len(hosts) == 2 {
		r := measure.Ratios(hosts[1].p50s, hosts[0].p50s)
		median := measure.Median(r)
		what := fmt.Sprintf("check, never asked before: %s to %s", hosts[1].Name, hosts[0].Name)
		s.target(what, last.Name, "≤ 1.3×", fmt.Sprintf("%.2f×", median), median <= growthTarget, "the same questions")
	}
}

// authzOf returns questions in the engine's words.
func authzOf(questions []estate.Question) []authz.Question {
	out := make([]authz.Question, len(questions))
	for i, q := range questions {
		out[i] = q.Authz()
	}
	return out
}
