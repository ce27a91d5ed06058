package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/host"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/bench/wire"
)

// RevokeConfig says how the revocation test runs.
type RevokeConfig struct {
	Programs rival.Programs
	Size     int // of the estate
	Count    int // of revocations
	Workers  int
	Batch    int // people whose access one change takes away
	Seed     uint64
	Work     string // parent of the directories used; "" is the system\'s temporary directory
	Log      io.Writer
}

// Revoke takes access away again and again, and asks on another connection each time after the revocation was
// acknowledged, while a third connection asks the same question all the time, so that a memory for decisions is filled
// in the very moment it must be emptied. An allowed answer to a question sent after the acknowledgement is a violation.
func Revoke(ctx context.Context, cfg RevokeConfig) (result *report.Revocation, err error) {
	begin := time.Now()
	work, err := os.MkdirTemp(cfg.Work, "terrawarden-revoke-")
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
	o := p.Largest()
	if o == nil || len(o.Cast.Free) < cfg.Workers*cfg.Batch {
		return nil, errors.New("the estate is too small for that many people")
	}
	t := &trial{cfg: cfg, host: h, organization: o, kinds: map[string]int{}}
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	verdict := report.Met
	if t.violations.Load() > 0 {
		verdict = report.Missed
	}
	return &report.Revocation{
		When: begin.UTC().Format("2 January 2006"), Estate: p.Name, Machine: report.ThisMachine(), Took: time.Since(begin).Round(time.Second).String(),
		Revocations: int(t.done.Load()), Kinds: t.kinds, Checks: int(t.checks.Load()), Violations: int(t.violations.Load()), Workers: cfg.Workers, Batch: cfg.Batch, Verdict: verdict,
	}, nil
}

// trial is one run of the revocation test.
type trial struct {
	cfg          RevokeConfig
	host         *rival.Service
	organization *estate.Organization

	started, done, checks, violations atomic.Int64
	mu                                sync.Mutex
	kinds                             map[string]int
}

func (t *trial) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var workers sync.WaitGroup
	for i := range t.cfg.Workers {
		workers.Go(func() {
			if err := t.work(ctx, i); err != nil {
				stop(err)
			}
		})
	}
	ended := make(chan struct{})
	go func() { workers.Wait(); close(ended) }()
	ticker := time.NewTicker(10 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_, _ = fmt.Fprintf(t.cfg.Log, "%d revocations, %d checks after them, %d violations\n", t.done.Load(), t.checks.Load(), t.violations.Load())
		case <-ended:
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return nil
		}
	}
}

// crew are the people of one worker, with the connections on which they are given, refused and watched.
type crew struct {
	*caller
	people []estate.Named
	hot    *wire.Conn
	state  atomic.Pointer[state] // what is asked about them now; nil: nothing
}

// state is what a bystander asks.
type state struct {
	questions [][]byte
	revoked   bool // every one must be refused
}

func (t *trial) work(ctx context.Context, index int) error {
	c, err := newCaller(ctx, t.host)
	if err != nil {
		return err
	}
	defer c.close()
	w := &crew{caller: c, people: t.organization.Cast.Free[index*t.cfg.Batch : (index+1)*t.cfg.Batch]}
	if w.hot, err = wire.Dial(ctx, t.host.Address()); err != nil {
		return err
	}
	defer w.hot.Close() //nolint:errcheck // done with it
	// These stand throughout; only suspension takes them away.
	if _, err := w.together(w.each(func(p estate.Named) host.Change { return grantTo(p, t.organization.Workspaces[0], time.Time{}) })); err != nil {
		return err
	}
	watching, stopWatching := context.WithCancel(ctx)
	watched := make(chan error, 1)
	go func() { watched <- t.watch(watching, w) }()
	for err == nil && ctx.Err() == nil {
		n := int(t.started.Add(int64(t.cfg.Batch))) - t.cfg.Batch
		if n >= t.cfg.Count {
			break
		}
		err = t.round(w, n/t.cfg.Batch)
	}
	stopWatching()
	return errors.Join(err, <-watched)
}

func (w *crew) each(change func(estate.Named) host.Change) []host.Change {
	out := make([]host.Change, len(w.people))
	for i, p := range w.people {
		out[i] = change(p)
	}
	return out
}

// wayOut is one way to give access and to take it away again.
type wayOut struct {
	kind       string
	permission string
	workspace  estate.Named
	give, take func(estate.Named) host.Change
}

// ways returns the ways of a round. The first workspace is the one where a grant stands throughout.
func (t *trial) ways(n int) []wayOut {
	o := t.organization
	other := o.Workspaces[1+n%(len(o.Workspaces)-1)]
	of := func(kind, teamID string) func(estate.Named) host.Change {
		return func(p estate.Named) host.Change { return host.Change{Kind: kind, TeamID: teamID, UserID: p.ID} }
	}
	return []wayOut{
		{"grants deleted", "apply_run", other, func(p estate.Named) host.Change { return grantTo(p, other, time.Time{}) }, of(host.Revoke, "")},
		{"members removed from a team", "read", other, of(host.Join, o.Cast.Readers), of(host.Leave, o.Cast.Readers)},
		{"users suspended", "apply_run", o.Workspaces[0], of(host.Unsuspend, ""), of(host.Suspend, "")},
	}
}

// round gives access, takes it away in one of the ways, and asks.
func (t *trial) round(w *crew, n int) error {
	ways := t.ways(n)
	way := ways[n%len(ways)]
	ids, err := w.together(w.each(way.give))
	if err != nil {
		return fmt.Errorf("%s: %w", way.kind, err)
	}
	questions := make([][]byte, len(w.people))
	for i, p := range w.people {
		questions[i] = t.host.Evaluation(p.ID, way.permission, way.workspace.ID)
	}
	w.state.Store(&state{questions: questions})
	for i, q := range questions {
		if allowed, err := w.ask(q); err != nil || !allowed {
			return errors.Join(err, fmt.Errorf("%s: access that was given to %s is refused", way.kind, w.people[i].Name))
		}
	}
	taken := w.each(way.take)
	for i, id := range ids {
		taken[i].GrantID = id
	}
	if _, err := w.together(taken); err != nil {
		return fmt.Errorf("%s: %w", way.kind, err)
	}
	w.state.Store(&state{questions: questions, revoked: true})
	for i, q := range questions {
		allowed, err := w.ask(q)
		if err != nil {
			return err
		}
		t.count(allowed, way.kind, w.people[i].Name)
	}
	w.state.Store(nil)
	t.mu.Lock()
	t.kinds[way.kind] += len(w.people)
	t.mu.Unlock()
	t.done.Add(int64(len(w.people)))
	if way.kind == ways[2].kind {
		_, err = w.together(w.each(way.give))
	}
	return err
}

// count counts a check that was sent after an acknowledged revocation.
func (t *trial) count(allowed bool, kind, person string) {
	t.checks.Add(1)
	if allowed {
		t.violations.Add(1)
		_, _ = fmt.Fprintf(t.cfg.Log, "VIOLATION: %s: %s is still allowed\n", kind, person)
	}
}

// breath is how long a bystander waits between questions, so that bystanders do not take the whole machine.
const breath = 500 * time.Microsecond

// watch asks the current questions all the time.
func (t *trial) watch(ctx context.Context, w *crew) error {
	for i := 0; ctx.Err() == nil; i++ {
		before := w.state.Load()
		if before != nil {
			at := i % len(before.questions)
			allowed, err := ask(w.hot, before.questions[at])
			if err != nil {
				return err
			}
			// Sent after the acknowledgement, and nothing was given back before the answer came.
			if before.revoked && w.state.Load() == before {
				t.count(allowed, "seen by a bystander", w.people[at].Name)
			}
		}
		time.Sleep(breath)
	}
	return nil
}
