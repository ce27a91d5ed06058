package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/host"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/bench/wire"
)

// SoakConfig says how the long load runs.
type SoakConfig struct {
	Programs rival.Programs
	Size     int // of the estate
	For      time.Duration
	Sample   time.Duration // how often it is looked at
	Checkers int
	Writes   int // a second, at most
	Seed     uint64
	Work     string // parent of the directories used; "" is the system\'s temporary directory
	Log      io.Writer
}

// Soak keeps a service under mixed load for a long time (checks, grants, revocations, expiries) and says whether memory or
// latency grow once it is warm.
func Soak(ctx context.Context, cfg SoakConfig) (result *report.Soak, err error) {
	begin := time.Now()
	work, err := os.MkdirTemp(cfg.Work, "terrawarden-soak-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	p, err := prepare(ctx, work, cfg.Seed, cfg.Size)
	if err != nil {
		return nil, err
	}
	h, err := startHost(ctx, cfg.Programs, work, p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	s := &soak{SoakConfig: cfg, host: h, estate: p}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	out := &report.Soak{
		When: begin.UTC().Format("2 January 2006"), Estate: p.Name, Machine: report.ThisMachine(), Took: time.Since(begin).Round(time.Second).String(), Minutes: s.samples,
		Load: fmt.Sprintf("%d clients check without pause (half of the questions repeated, half new); at most %d writes a second: a grant, its revocation, and a grant that expires within two seconds, in turn", cfg.Checkers, cfg.Writes),
	}
	out.Verdict, out.Reason = report.JudgeSoak(s.samples)
	return out, nil
}

// soak is one run.
type soak struct {
	SoakConfig
	host    *rival.Service
	estate  prepared
	samples []report.SoakMinute

	mu      sync.Mutex
	checked []time.Duration
	written []time.Duration
}

func (s *soak) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	loading, enough := context.WithTimeout(ctx, s.For)
	defer enough()
	var workers sync.WaitGroup
	start := func(work func(context.Context) error) {
		workers.Go(func() {
			if err := work(loading); err != nil {
				stop(err)
			}
		})
	}
	repeated := s.prepared(s.estate.Questions(s.Seed, 2000))
	for i := range s.Checkers {
		fresh := s.prepared(s.estate.Questions(s.Seed+uint64(i)+1, 50_000))
		start(func(ctx context.Context) error { return s.check(ctx, uint64(i), repeated, fresh) })
	}
	start(s.write)
	err := s.watch(loading)
	workers.Wait()
	return errors.Join(err, context.Cause(ctx))
}

func (s *soak) prepared(questions []estate.Question) [][]byte {
	out := make([][]byte, len(questions))
	for i, q := range questions {
		out[i] = s.host.Evaluation(q.User.ID, q.Permission, q.Workspace.ID)
	}
	return out
}

// check asks, one repeated question and one new one in turn. After all new ones it begins anew: by then writes have
// made the service forget most of them.
func (s *soak) check(ctx context.Context, seed uint64, repeated, fresh [][]byte) error {
	conn, err := wire.Dial(ctx, s.host.Address())
	if err != nil {
		return err
	}
	defer conn.Close()                         //nolint:errcheck // done with it
	rng := rand.New(rand.NewPCG(s.Seed, seed)) //nolint:gosec // repeatable, not secret
	for n := 0; ctx.Err() == nil; n++ {
		question := repeated[rng.IntN(len(repeated))]
		if n%2 == 1 {
			question = fresh[n/2%len(fresh)]
		}
		start := time.Now()
		if _, err := ask(conn, question); err != nil {
			return err
		}
		s.note(&s.checked, time.Since(start))
	}
	return nil
}

// write grants, revokes, and grants for a moment, at a steady pace.
func (s *soak) write(ctx context.Context) error {
	c, err := newCaller(ctx, s.host)
	if err != nil {
		return err
	}
	defer c.close()
	o := s.estate.Largest()
	ticker := time.NewTicker(time.Second / time.Duration(s.Writes))
	defer ticker.Stop()
	id := ""
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		user, workspace := o.Cast.Free[n/3%len(o.Cast.Free)], o.Workspaces[n/3%len(o.Workspaces)]
		change := grantTo(user, workspace, time.Time{})
		switch n % 3 {
		case 1:
			change = host.Change{Kind: host.Revoke, GrantID: id}
		case 2:
			change = grantTo(user, workspace, time.Now().Add(time.Second+time.Duration(n%1000)*time.Millisecond))
			change.Grant.RoleID = "tfe-read" // another grant than the first, which the catalog may not have cleaned up yet
			change.Grant.WorkspaceID = o.Workspaces[n%len(o.Workspaces)].ID
		}
		start := time.Now()
		given, err := c.change(change)
		if err != nil {
			return err
		}
		s.note(&s.written, time.Since(start))
		if n%3 == 0 {
			id = given
		}
	}
}

func (s *soak) note(into *[]time.Duration, took time.Duration) {
	s.mu.Lock()
	*into = append(*into, took)
	s.mu.Unlock()
}

// watch takes a sample every so often.
func (s *soak) watch(ctx context.Context) error {
	ticker := time.NewTicker(s.Sample)
	defer ticker.Stop()
	begin := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		s.mu.Lock()
		checked, written := s.checked, s.written
		s.checked, s.written = nil, nil
		s.mu.Unlock()
		m, err := memoryOf(context.WithoutCancel(ctx), s.host)
		if err != nil {
			return err
		}
		sample := report.SoakMinute{
			Second: int(time.Since(begin).Seconds()), Resident: m.Resident, Heap: m.Heap, Checks: len(checked), Writes: len(written),
			P50: measure.Percentile(checked, 0.5), P99: measure.Percentile(checked, 0.99), WriteP99: measure.Percentile(written, 0.99),
		}
		s.samples = append(s.samples, sample)
		_, _ = fmt.Fprintf(s.Log, "%4d s  memory %s, live %s, %d checks, p50 %s, p99 %s, %d writes, p99 %s\n", sample.Second, report.MiB(sample.Resident),
			report.MiB(int64(sample.Heap)), sample.Checks, report.Short(sample.P50), report.Short(sample.P99), sample.Writes, report.Short(sample.WriteP99))
	}
}
