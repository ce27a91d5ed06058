package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/host"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/bench/wire"
)

// Targets of writes.
const (
	grantTarget   = 15 * time.Millisecond
	expiryTarget  = 100 * time.Millisecond
	commitsTarget = 1 << 30
)

// writes measures grants, expiries, and what many commits leave in memory.
func (s *suite) writes(ctx context.Context) (err error) {
	p := s.largest()
	o := p.Largest()
	if o == nil {
		s.leaveOut("writes on %s: no organization is large enough", p.Name)
		return nil
	}
	h, err := s.host(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	c, err := newCaller(ctx, h)
	if err != nil {
		return err
	}
	defer c.close()
	for _, step := range []func(context.Context, prepared, *estate.Organization, *caller) error{s.grants, s.expiries, s.commits} {
		if err := step(ctx, p, o, c); err != nil {
			return err
		}
	}
	return nil
}

// caller changes things on one connection and asks on another.
type caller struct {
	host          *rival.Service
	changes, asks *wire.Conn
}

func newCaller(ctx context.Context, h *rival.Service) (*caller, error) {
	c := &caller{host: h}
	var err error
	if c.changes, err = wire.Dial(ctx, h.Address()); err != nil {
		return nil, err
	}
	if c.asks, err = wire.Dial(ctx, h.Address()); err != nil {
		return nil, errors.Join(err, c.changes.Close())
	}
	return c, nil
}

func (c *caller) close() {
	_ = c.changes.Close()
	_ = c.asks.Close()
}

// change makes one change and returns when it is acknowledged, with the id of the grant that it made, if any.
func (c *caller) change(change host.Change) (grantID string, err error) {
	ids, err := c.send(host.PathChange, change)
	if len(ids) > 0 {
		grantID = ids[0]
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", change.Kind, err)
	}
	return grantID, err
}

// together makes several changes in one transaction.
func (c *caller) together(changes []host.Change) (grantIDs []string, err error) {
	return c.send(host.PathChanges, host.Changes{Changes: changes})
}

func (c *caller) send(path string, change any) (grantIDs []string, err error) {
	raw, err := json.Marshal(change)
	if err != nil {
		return nil, err
	}
	status, body, err := c.changes.Do(wire.Request(http.MethodPost, c.host.Address(), path, raw))
	if err := expectOK(status, body, err); err != nil {
		return nil, err
	}
	var done host.Changed
	err = json.Unmarshal(body, &done)
	return done.GrantIDs, err
}

// ask sends a prepared question.
func (c *caller) ask(request []byte) (bool, error) { return ask(c.asks, request) }

func ask(conn *wire.Conn, request []byte) (bool, error) {
	status, body, err := conn.Do(request)
	if err := expectOK(status, body, err); err != nil {
		return false, err
	}
	var d struct {
		Decision *bool `json:"decision"`
	}
	if err := json.Unmarshal(body, &d); err != nil || d.Decision == nil {
		return false, fmt.Errorf("not a decision: %.200s", body)
	}
	return *d.Decision, nil
}

func grantTo(user estate.Named, workspace estate.Named, expires time.Time) host.Change {
	return host.Change{Kind: host.Grant, Grant: host.GrantRequest{UserID: user.ID, RoleID: "tfe-write", WorkspaceID: workspace.ID, ExpiresAt: expires}}
}

// grants times grants until a check on another connection sees them, and takes them away again.
func (s *suite) grants(_ context.Context, p prepared, o *estate.Organization, c *caller) error {
	var visible, refused []time.Duration
	for i := range s.Grants {
		user, workspace := o.Cast.Free[i%len(o.Cast.Free)], o.Workspaces[i%len(o.Workspaces)]
		question := c.host.Evaluation(user.ID, "apply_run", workspace.ID)
		start := time.Now()
		id, err := c.change(grantTo(user, workspace, time.Time{}))
		if err != nil {
			return err
		}
		allowed, err := c.ask(question)
		if err != nil {
			return err
		}
		visible = append(visible, time.Since(start))
		if !allowed {
			return errors.New("a grant that was acknowledged is not seen by the next check")
		}
		start = time.Now()
		if _, err := c.change(host.Change{Kind: host.Revoke, GrantID: id}); err != nil {
			return err
		}
		if allowed, err = c.ask(question); err != nil {
			return err
		}
		refused = append(refused, time.Since(start))
		if allowed {
			return errors.New("a grant that was revoked is still seen by the next check")
		}
	}
	p99 := measure.Percentile(visible, 0.99)
	note := fmt.Sprintf("%d grants one after another on SQLite on disk, each with the next check on another connection; p50 %s", len(visible), report.Short(measure.Median(visible)))
	s.target("one grant, durable and visible to the next check: p99", p.Name, "≤ 15 ms", report.Short(p99), p99 <= grantTarget, note)
	s.detail("write", "one revocation, durable and refused by the next check: p50 / p99", p.Name, "%s / %s", report.Short(measure.Median(refused)), report.Short(measure.Percentile(refused, 0.99)))
	return nil
}

// lifetime is how long a grant lives whose expiry is awaited.
const lifetime = time.Second

// expiries measures how long after its deadline a grant is still honoured, by asking all the while.
func (s *suite) expiries(ctx context.Context, p prepared, o *estate.Organization, c *caller) error {
	var late []time.Duration
	for i := range s.Expiries {
		if err := ctx.Err(); err != nil {
			return err
		}
		user, workspace := o.Cast.Free[i%len(o.Cast.Free)], o.Workspaces[(i+7)%len(o.Workspaces)]
		deadline := time.Now().Add(lifetime).Truncate(time.Microsecond)
		if _, err := c.change(grantTo(user, workspace, deadline)); err != nil {
			return err
		}
		delay, err := c.untilRefused(c.host.Evaluation(user.ID, "apply_run", workspace.ID), deadline)
		if err != nil {
			return err
		}
		late = append(late, delay)
	}
	worst := measure.Percentile(late, 1)
	note := fmt.Sprintf("slowest of %d, the question asked all the while; median %s", len(late), report.Short(measure.Median(late)))
	s.target("an expired grant is refused after", p.Name, "≤ 100 ms", report.Short(worst), worst <= expiryTarget, note)
	return nil
}

// untilRefused asks until the answer is no, and returns how long after the deadline that answer arrived.
func (c *caller) untilRefused(question []byte, deadline time.Time) (time.Duration, error) {
	seen := false
	for time.Since(deadline) < 30*time.Second {
		allowed, err := c.ask(question)
		if err != nil {
			return 0, err
		}
		late := time.Since(deadline)
		switch {
		case allowed:
			seen = true
			time.Sleep(time.Millisecond / 2) // leaves the server some of the machine
		case !seen:
			return 0, errors.New("a grant that expires in the future gives nothing")
		case late < 0:
			return 0, fmt.Errorf("refused %s before its deadline", -late)
		default:
			return late, nil
		}
	}
	return 0, errors.New("still allowed half a minute after its deadline")
}

// commits measures memory after many commits.
func (s *suite) commits(ctx context.Context, p prepared, o *estate.Organization, c *caller) error {
	var took host.Took
	request := host.Commits{Count: s.Commits, TeamID: o.Cast.Readers, UserID: o.Cast.Free[0].ID}
	if err := c.host.Call(ctx, http.MethodPost, host.PathCommits, "", request, &took); err != nil {
		return err
	}
	m, err := memoryOf(ctx, c.host)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("memory after %d commits", s.Commits)
	note := fmt.Sprintf("live heap %s; written to the engine directly, %.0f/s", report.MiB(int64(m.Heap)), float64(s.Commits)/took.Took.Seconds())
	s.target(what, p.Name, "≤ 1 GB", report.MiB(m.Resident), m.Resident <= commitsTarget, note)
	return nil
}
