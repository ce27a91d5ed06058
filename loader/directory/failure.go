package directory

import (
	"context"
	"errors"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// failed notes why a run ended, for people. A run that was cancelled says nothing of its source.
func (r *run) failed(ctx context.Context, err error) {
	if ctx.Err() != nil || errors.Is(err, errLeaseLost) || errors.Is(err, catalog.ErrPaused) {
		return
	}
	r.report.Error = reasonOf(err)
	if r.o.DryRun {
		return
	}
	r.e.log.ErrorContext(ctx, "a directory was not synchronized", "source", r.feed.Name, "plan", r.kept.ID, "error", err)
	told := r.e.tellFailure(r.feed.Name)
	noted := r.change(ctx, func(ctx context.Context, c *catalog.Change) error {
		d, err := c.Directory(ctx, r.feed.Name)
		if err != nil {
			return err
		}
		d.Failure = r.report.Error
		if told {
			r.e.audit(c, actFailed, r, r.report.Error)
		}
		return c.PutDirectory(ctx, d)
	})
	if noted != nil {
		r.e.log.WarnContext(ctx, "the failure of a directory was not noted", "source", r.feed.Name, "error", noted)
	}
	if told {
		r.tell(EventFailed, r.report.Error)
	}
}

// reasonOf is what people may read of an error: sources keep secrets out of theirs, and nobody else is asked to.
func reasonOf(err error) string {
	if all := fault.All(err); len(all) > 1 {
		out := ""
		for i, f := range all {
			if i > 0 {
				out += "; "
			}
			message, field := fault.Public(f)
			if field != "" {
				message = field + " " + message
			}
			out += message
		}
		return out
	}
	message, field := fault.Public(err)
	if field != "" {
		return field + " " + message
	}
	return message
}

// tellFailure reports whether somebody is to be told of a failure of a source: the first time, and then once an hour.
func (e *Engine) tellFailure(source string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	if at, told := e.told[source]; told && now.Sub(at) < time.Hour && !now.Before(at) {
		return false
	}
	e.told[source] = now
	return true
}

// recovered forgets that somebody was told.
func (e *Engine) recovered(source string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.told, source)
}
