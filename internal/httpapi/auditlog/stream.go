package auditlog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

const (
	eventStream = "text/event-stream"
	lastEventID = "Last-Event-ID"

	streamPoll  = time.Second
	streamAlive = 15 * time.Second // a sign of life at least so often, so that both sides notice a dead connection
	// streamLife is how long a stream lasts. Then the client comes back and proves again who he is.
	streamLife = 10 * time.Minute
)

// Wanted reports whether a client wants events as they happen.
func Wanted(r *http.Request) bool {
	return strings.Contains(r.Header.Get(echo.HeaderAccept), eventStream)
}

// Stream is what a client watches.
type Stream struct {
	// Look returns the events behind a place in the chain, in order, and the place up to which it looked. A negative place
	// stands for the end of the chain as it is now. It also asks whether the client still may watch.
	Look func(ctx context.Context, after int64) (events []catalog.AuditEvent, next int64, err error)
	// Show returns what is sent of events, one value for each.
	Show func(ctx context.Context, events []catalog.AuditEvent) ([]any, error)
	// Stopping is closed when the service stops. Nil: never.
	Stopping <-chan struct{}
}

// Send sends events as they happen; an event's id is its place in the chain. The stream goes on behind the header
// Last-Event-ID or, without it, behind a place; a negative one is now. It ends with the request, with the credential, and
// when the service stops.
func (s Stream) Send(c echo.Context, after int64) error {
	if id := c.Request().Header.Get(lastEventID); id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n < 0 {
			return fault.New(fault.Invalid, "the header %s must be the id of an event", lastEventID)
		}
		after = n
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), streamLife)
	defer cancel()
	w := watch{Stream: s, c: c, next: after}
	events, err := w.look(ctx)
	if err != nil {
		return err // while there is still a status to say so
	}
	c.Response().Header().Set(echo.HeaderContentType, eventStream)
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	c.Response().WriteHeader(http.StatusOK)
	return w.run(ctx, events)
}

// watch is one client who watches.
type watch struct {
	Stream
	c    echo.Context
	next int64
	more bool // whether there may be more behind what was looked at
}

// look reads on.
func (w *watch) look(ctx context.Context) (events []catalog.AuditEvent, err error) {
	from := w.next
	events, w.next, err = w.Look(ctx, from)
	w.more = w.next != from
	return events, err
}

// run sends events, then waits for others, until there is nobody who watches.
func (w *watch) run(ctx context.Context, events []catalog.AuditEvent) (err error) {
	poll, alive := time.NewTicker(streamPoll), time.NewTicker(streamAlive)
	defer poll.Stop()
	defer alive.Stop()
	if err := w.comment(); err != nil {
		return err
	}
	for {
		if err := w.send(ctx, events); err != nil {
			return err
		}
		if !w.more {
			ended, err := w.wait(ctx, poll, alive)
			if ended || err != nil {
				return err
			}
		}
		if events, err = w.look(ctx); ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// wait returns when it is time to look again, or reports that the stream has ended.
func (w *watch) wait(ctx context.Context, poll, alive *time.Ticker) (ended bool, err error) {
	for {
		select {
		case <-ctx.Done():
			return true, nil
		case <-w.Stopping:
			return true, nil
		case <-alive.C:
			if err := w.comment(); err != nil {
				return true, err
			}
		case <-poll.C:
			return false, nil
		}
	}
}

// comment sends a line that means nothing.
func (w *watch) comment() error {
	_, err := fmt.Fprint(w.c.Response(), ":\n\n")
	w.c.Response().Flush()
	return err
}

func (w *watch) send(ctx context.Context, events []catalog.AuditEvent) error {
	if len(events) == 0 {
		return nil
	}
	shown, err := w.Show(ctx, events)
	if err != nil {
		return err
	}
	for i, e := range shown {
		raw, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w.c.Response(), "id: %d\ndata: %s\n\n", events[i].Sequence, raw); err != nil {
			return err
		}
	}
	w.c.Response().Flush()
	return nil
}
