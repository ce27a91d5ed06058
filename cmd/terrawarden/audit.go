package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/admin"
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
			events = []admin.AuditEvent{}
		}
		if o.follow {
			return c.followAudit(cmd, o, events, place)
		}
		return c.printAudit(cmd, events)
	})
}

const defaultLast = 100

// query returns the options as the API takes them.
func (o auditOptions) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"organization": o.organization, "actor": o.actor, "action": o.action} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if o.refused {
		q.Set("outcome", catalog.OutcomeRefused)
	}
	return q
}

const auditPath = "/admin/v1/audit-events?"

// auditEvents returns the events that are there, oldest first.
func (c *client) auditEvents(ctx context.Context, o auditOptions) ([]admin.AuditEvent, error) {
	q := o.query()
	if o.since == 0 {
		q.Set("limit", strconv.Itoa(max(o.last, 1)))
		var page admin.AuditEvents
		if err := c.call(ctx, http.MethodGet, auditPath+q.Encode(), nil, &page); err != nil {
			return nil, err
		}
		slices.SortFunc(page.Events, func(a, b admin.AuditEvent) int { return cmp.Compare(a.Sequence, b.Sequence) })
		return page.Events, nil
	}
	q.Set("since", time.Now().Add(-o.since).UTC().Format(time.RFC3339))
	q.Set("limit", strconv.Itoa(catalog.MaxAuditEvents))
	all := []admin.AuditEvent{}
	for after := int64(0); ; after = all[len(all)-1].Sequence {
		q.Set("after", strconv.FormatInt(after, 10))
		var page admin.AuditEvents
		if err := c.call(ctx, http.MethodGet, auditPath+q.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if len(page.Events) < catalog.MaxAuditEvents {
			return all, nil
		}
	}
}

func (c *client) printAudit(cmd *cobra.Command, events []admin.AuditEvent) error {
	if c.format == "json" {
		return printJSON(cmd, admin.AuditEvents{Events: events})
	}
	rows := make([][]string, len(events))
	for i, e := range events {
		rows[i] = auditRow(e)
	}
	return printTable(cmd, auditHeader(), rows)
}

func auditHeader() []string { return []string{"TIME", "ACTOR", "ACTION", "OBJECT", "OUTCOME"} }

func auditRow(e admin.AuditEvent) []string {
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
func (c *client) printAuditLine(cmd *cobra.Command, e admin.AuditEvent) error {
	if c.format == "json" {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(e)
	}
	return printAuditColumns(cmd, auditRow(e))
}

func printAuditColumns(cmd *cobra.Command, row []string) error {
	return say(cmd, "%-19s  %-20s  %-26s  %-32s  %s", row[0], row[1], row[2], row[3], row[4])
}
