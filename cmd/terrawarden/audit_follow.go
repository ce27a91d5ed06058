package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
)

// followAudit prints events and then those behind a place of the log, until it is interrupted. A stream that ends is taken up where
// it ended, also after the service was away.
func (c *client) followAudit(cmd *cobra.Command, o auditOptions, events []api.AuditEvent, after int64) error {
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
	ctx, f := cmd.Context(), o.filter()
	for ctx.Err() == nil {
		f.After = api.AfterEvent(after)
		err := c.FollowAuditEvents(ctx, f, func(e api.AuditEvent) error {
			after = e.Sequence
			return c.printAuditLine(cmd, e)
		})
		if err != nil && ctx.Err() == nil {
			if _, away := errors.AsType[*api.UnreachableError](err); !away {
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

const followPause = 2 * time.Second // before a stream is taken up again
