package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
	"github.com/terrawarden/terrawarden/internal/catalog"
)

// auditOptions say which audit events are wanted.
type auditOptions struct {
	organization, actor, action string
	since                       time.Duration
	last                        int
	refused, follow             bool
}

func newAudit() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show who changed what, and who was refused",
		Long: "Show audit events, the newest last. Those of an organization need view_audit there; all of them need a site\n" +
			"admin, a site auditor or a service token with the scope audit.",
		Example: "  terrawarden audit --organization acme --since 24h\n" +
			"  terrawarden audit --refused --actor user:bob\n" +
			"  terrawarden audit --follow -o json",
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&o.organization, "organization", "", "events of this organization (name or id)")
	cmd.Flags().StringVar(&o.actor, "actor", "", "what somebody did, as in user:bob")
	cmd.Flags().StringVar(&o.action, "action", "", "one action, as in team.create")
	cmd.Flags().DurationVar(&o.since, "since", 0, "events as old as this, as in 24h")
	cmd.Flags().IntVar(&o.last, "last", defaultLast, "how many of the newest, without --since")
	cmd.Flags().BoolVar(&o.refused, "refused", false, "refused attempts alone")
	cmd.Flags().BoolVar(&o.follow, "follow", false, "go on and show events as they happen; with -o json one document a line")
	return withClient(cmd, func(cmd *cobra.Command, c *client, _ []string) error {
		if o.since < 0 || o.last < 0 || o.last > catalog.MaxAuditEvents {
			return fmt.Errorf("--since must not be negative, and --last must be from 0 to %d", catalog.MaxAuditEvents)
		}
		events, err := c.auditEvents(cmd.Context(), o)
		if err != nil {
			return err
		}
		var place int64 // up to which the log is known
		if len(events) > 0 {
			place = events[len(events)-1].Sequence
		}
		if o.since == 0 && o.last == 0 {
			events = []api.AuditEvent{}
		}
		if o.follow {
			return c.followAudit(cmd, o, events, place)
		}
		return c.printAudit(cmd, events)
	})
}

const defaultLast = 100

// filter returns the options as the client takes them.
func (o auditOptions) filter() api.AuditFilter {
	f := api.AuditFilter{Organization: o.organization, Actor: o.actor, Action: o.action}
	if o.refused {
		f.Outcome = catalog.OutcomeRefused
	}
	return f
}

// auditEvents returns the events that are there, oldest first.
func (c *client) auditEvents(ctx context.Context, o auditOptions) ([]api.AuditEvent, error) {
	f := o.filter()
	if o.since == 0 {
		f.Limit = max(o.last, 1)
		events, err := c.ListAuditEvents(ctx, f)
		slices.Reverse(events)
		return events, err
	}
	f.Since, f.Limit = time.Now().Add(-o.since), catalog.MaxAuditEvents
	all := []api.AuditEvent{}
	for f.After = api.AfterEvent(0); ; f.After = api.AfterEvent(all[len(all)-1].Sequence) {
		events, err := c.ListAuditEvents(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, events...)
		if len(events) < catalog.MaxAuditEvents {
			return all, nil
		}
	}
}

func (c *client) printAudit(cmd *cobra.Command, events []api.AuditEvent) error {
	if c.format == "json" {
		return printJSON(cmd, map[string][]api.AuditEvent{"events": events})
	}
	rows := make([][]string, len(events))
	for i, e := range events {
		rows[i] = auditRow(e)
	}
	return printTable(cmd, auditHeader(), rows)
}

func auditHeader() []string { return []string{"TIME", "ACTOR", "ACTION", "OBJECT", "OUTCOME"} }

func auditRow(e api.AuditEvent) []string {
	object := e.Object.Type + ":" + cmp.Or(e.Object.Name, e.Object.ID)
	for _, r := range e.Related {
		object += " " + r.Type + ":" + cmp.Or(r.Name, r.ID)
	}
	outcome := e.Outcome
	if e.Reason != "" {
		outcome += ": " + e.Reason
	}
	row := []string{e.Time.Local().Format(time.DateTime), e.Actor.Type + ":" + cmp.Or(e.Actor.Name, e.Actor.ID), e.Action, object, outcome}
	for i, cell := range row {
		row[i] = printable(cell)
	}
	return row
}

// printable replaces what would move a terminal's cursor: some names come from elsewhere.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// printAuditLine prints one event while others may follow, so columns have a width beforehand.
func (c *client) printAuditLine(cmd *cobra.Command, e api.AuditEvent) error {
	if c.format == "json" {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(e)
	}
	return printAuditColumns(cmd, auditRow(e))
}

func printAuditColumns(cmd *cobra.Command, row []string) error {
	return say(cmd, "%-19s  %-20s  %-26s  %-32s  %s", row[0], row[1], row[2], row[3], row[4])
}
