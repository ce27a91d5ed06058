package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrawarden/terrawarden/internal/httpapi/admin"
)

// followAudit prints events and then those behind a place of the log, until it is interrupted. A stream that ends is taken up where
// it ended, also after the service was away.
func (c *client) followAudit(cmd *cobra.Command, o auditOptions, events []admin.AuditEvent, after int64) error {
	if c.format != "json" {
		if err := printAuditColumns(cmd, auditHeader()); err != nil {
			return err
		}
	}
	for _, e := range events {
		if err := c.printAuditLine(cmd, e); err != nil {
			return err
		}
	}
	ctx, q := cmd.Context(), o.query()
	for ctx.Err() == nil {
		q.Set("after", strconv.FormatInt(after, 10))
		err := c.streamAudit(ctx, auditPath+q.Encode(), func(e admin.AuditEvent) error {
			after = e.Sequence
			return c.printAuditLine(cmd, e)
		})
		if err != nil && ctx.Err() == nil {
			if _, away := errors.AsType[*unreachableError](err); !away {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%v; trying again\n", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(followPause):
		}
	}
	return nil
}

const (
	followPause = 2 * time.Second // before a stream is taken up again
	maxEvent    = 16 << 20        // the longest event that is read
)

// streamAudit calls fn with every event of a stream until it ends.
func (c *client) streamAudit(ctx context.Context, path string, fn func(admin.AuditEvent) error) error {
	resp, err := c.request(ctx, http.MethodGet, path, nil, "Accept", "text/event-stream")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e admin.AuditEvent
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return fmt.Errorf("the service sent no JSON: %w", err)
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return err
	}
	return nil // however it broke off, it can be taken up
}
