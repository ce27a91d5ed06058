package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// errLeaseLost is why a run ends whose lease somebody else has, or may have.
var errLeaseLost = errors.New("the lease of the source is lost")

// lease lets one runner work on a source, among those of this process and of others.
type lease struct {
	e            *Engine
	name, holder string
}

// exclusively runs fn while no other runner works on a source; fault.Conflict when one does. The lease is renewed in the
// background, and fn's context ends before the lease might be somebody else's.
func (e *Engine) exclusively(ctx context.Context, source string, fn func(ctx context.Context, l *lease) error) error {
	l := e.newLease(source)
	until := e.now().Add(e.pace.lease)
	got, err := l.take(ctx)
	if err != nil {
		return err
	}
	if !got {
		return fault.New(fault.Conflict, "another runner works on the source %s", source)
	}
	running, lose := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.keep(running, until, lose)
	}()
	defer func() {
		lose(nil)
		<-ended
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.pace.renew)
		defer cancel()
		if err := e.store.DropLease(leaving, l.name, l.holder); err != nil {
			e.log.WarnContext(ctx, "the lease of a source ends by itself", "source", source, "error", err)
		}
	}()
	err = fn(running, l)
	if err != nil && (errors.Is(err, errLeaseLost) || errors.Is(context.Cause(running), errLeaseLost)) {
		return fault.Wrap(fault.Conflict, errors.Join(errLeaseLost, err), "another runner works on the source %s", source)
	}
	return err
}

// newLease returns a lease that nobody else takes for his own: each run of an engine has a holder's name of its own.
func (e *Engine) newLease(source string) *lease {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.runs[source]++
	return &lease{e: e, name: "sync/" + source, holder: fmt.Sprintf("%s/%d", e.holder, e.runs[source])}
}

func (l *lease) take(ctx context.Context) (bool, error) {
	now := l.e.now()
	return l.e.store.TakeLease(ctx, catalog.Lease{Name: l.name, Holder: l.holder, Until: now.Add(l.e.pace.lease)}, now)
}

// keep renews the lease until the context ends. It ends it when somebody else has the lease, and when it could not be
// renewed for so long that somebody else may soon.
func (l *lease) keep(ctx context.Context, until time.Time, lose context.CancelCauseFunc) {
	ticker := time.NewTicker(l.e.pace.renew)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		next := l.e.now().Add(l.e.pace.lease)
		got, err := l.take(ctx)
		switch {
		case err == nil && got:
			until = next
		case ctx.Err() != nil:
			return
		case err == nil || !l.e.now().Before(until.Add(-l.e.pace.renew)):
			lose(errLeaseLost)
			return
		default:
			l.e.log.WarnContext(ctx, "the lease of a source was not renewed", "lease", l.name, "error", err)
		}
	}
}

// confirm returns nil when the lease is still this run's, and renews it. It is asked before each change.
func (l *lease) confirm(ctx context.Context) error {
	got, err := l.take(ctx)
	if err == nil && !got {
		return errLeaseLost
	}
	return err
}
