package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

const (
	eventStream = "text/event-stream"
	lastEventID = "Last-Event-ID"

	streamPoll  = time.Second
	streamAlive = 15 * time.Second // a sign of life at least so often, so that both sides notice a dead connection
	// streamLife is how long a stream lasts. Then the client comes back and proves again who he is.
	streamLife = 10 * time.Minute
)

// streamAudit sends events as they happen, in the form of server-sent events; an event's id is its place in the chain.
// The stream goes on behind the header Last-Event-ID or the parameter after; without either it begins at the parameter
// since, or now. It ends with the request, with the credential, and when the service stops.
func (h *Handler) streamAudit(c echo.Context, q auditQuery) error {
	if id := c.Request().Header.Get(lastEventID); id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n < 0 {
			return fault.New(fault.Invalid, "the header %s must be the id of an event", lastEventID)
		}
		q.after = n
	}
	if q.after < 0 && !q.filter.Since.IsZero() {
		q.after = 0
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), streamLife)
	defer cancel()
	s := stream{Handler: h, c: c, filter: q.filter, next: q.after}
	events, err := s.look(ctx)
	if err != nil {
		return err // while there is still a status to say so
	}
	c.Response().Header().Set(echo.HeaderContentType, eventStream)
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	c.Response().WriteHeader(http.StatusOK)
	return s.run(ctx, events)
}

// stream is one client who watches.
type stream struct {
	*Handler
	c      echo.Context
	filter catalog.AuditFilter
	next   int64
	more   bool // whether there may be more behind what was looked at
}

// look reads on.
func (s *stream) look(ctx context.Context) (events []catalog.AuditEvent, err error) {
	from := s.next
	events, s.next, err = s.Service.FollowAudit(ctx, endpoint.Principal(s.c), s.filter, from)
	s.more = s.next != from
	return events, err
}

// run sends events, then waits for others, until there is nobody who watches.
func (s *stream) run(ctx context.Context, events []catalog.AuditEvent) (err error) {
	poll, alive := time.NewTicker(streamPoll), time.NewTicker(streamAlive)
	defer poll.Stop()
	defer alive.Stop()
	if err := s.comment(); err != nil {
		return err
	}
	for {
		if err := s.send(ctx, events); err != nil {
			return err
		}
		if !s.more {
			ended, err := s.wait(ctx, poll, alive)
			if ended || err != nil {
				return err
			}
		}
		if events, err = s.look(ctx); ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// wait returns when it is time to look again, or reports that the stream has ended.
func (s *stream) wait(ctx context.Context, poll, alive *time.Ticker) (ended bool, err error) {
	for {
		select {
		case <-ctx.Done():
			return true, nil
		case <-s.Stopping:
			return true, nil
		case <-alive.C:
			if err := s.comment(); err != nil {
				return true, err
			}
		case <-poll.C:
			return false, nil
		}
	}
}

// comment sends a line that means nothing.
func (s *stream) comment() error {
	_, err := fmt.Fprint(s.c.Response(), ":\n\n")
	s.c.Response().Flush()
	return err
}

func (s *stream) send(ctx context.Context, events []catalog.AuditEvent) error {
	if len(events) == 0 {
		return nil
	}
	shown, err := s.showAudit(ctx, events)
	if err != nil {
		return err
	}
	for _, e := range shown {
		raw, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.c.Response(), "id: %d\ndata: %s\n\n", e.Sequence, raw); err != nil {
			return err
		}
	}
	s.c.Response().Flush()
	return nil
}
