package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// finding is one thing the doctor looked at.
type finding struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Advice string `json:"advice,omitempty"`
}

func newDoctor() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check a deployment and say what to do",
		Long:  "Look at a running service from outside and in. Exit status: 0 all is well, 1 something is not.",
		Args:  cobra.NoArgs,
	}
	return withClient(cmd, func(cmd *cobra.Command, c *client, _ []string) error {
		findings := c.examine(cmd.Context())
		var err error
		if c.format == "json" {
			err = printJSON(cmd, map[string][]finding{"findings": findings})
		} else {
			rows := make([][]string, len(findings))
			for i, f := range findings {
				state := "ok"
				if !f.OK {
					state = "FAILED"
				}
				rows[i] = []string{f.Check, state, f.Advice}
			}
			err = printTable(cmd, []string{"CHECK", "STATE", "WHAT TO DO"}, rows)
		}
		for _, f := range findings {
			if err == nil && !f.OK {
				err = statusError(exitDenied)
			}
		}
		return err
	})
}

// examine looks from the outside in, and stops where nothing further can be seen.
func (c *client) examine(ctx context.Context) []finding {
	if err := c.CheckLiveness(ctx); err != nil {
		return []finding{{"service answers at " + c.server, false, "start it with `terrawarden serve`, or correct --server: " + err.Error()}}
	}
	out := []finding{{"service answers at " + c.server, true, ""}}
	if err := c.CheckReadiness(ctx); err != nil {
		return append(out, finding{"catalog and engine answer", false, "see the service's log; is the database or SpiceDB reachable?"})
	}
	out = append(out, finding{"catalog and engine answer", true, ""})
	s, err := c.ReadStatus(ctx)
	if err != nil {
		return append(out, finding{"credential is a site admin's", false, "use the site token or a site admin's token: " + err.Error()})
	}
	out = append(out,
		finding{"credential is a site admin's", true, ""},
		finding{"versions agree (server " + s.Version + ", here " + version + ")", s.Version == version, advice(s.Version != version, "update the older one")},
		finding{"schema is current at size " + s.Engine, s.SchemaCurrent, advice(!s.SchemaCurrent, "run `terrawarden migrate`")},
		finding{"no write waits for the engine", s.PendingIntents == 0, advice(s.PendingIntents != 0, "it is retried every few seconds; if it stays, run `terrawarden reconcile`")},
	)
	return append(out, c.examineAudit(ctx))
}

// examineAudit verifies the chain of audit events. Where it ends is worth noting elsewhere: whoever can write the
// whole database could write another chain, but not one with the end that was noted.
func (c *client) examineAudit(ctx context.Context) finding {
	chain, err := c.VerifyAuditChain(ctx)
	if err != nil {
		return finding{"audit events are as they were written", false, "they could not be read: " + err.Error()}
	}
	if b := chain.Broken; b != nil {
		return finding{"audit events are as they were written", false, fmt.Sprintf("event %d: %s; compare with a backup, and see who can write the database", b.Sequence, b.Reason)}
	}
	const shown = 12
	check := fmt.Sprintf("audit events are as they were written (%d, up to %d %.*s)", chain.Intact, chain.Head.Sequence, shown, chain.Head.Hash)
	if chain.Unchained > 0 {
		check += fmt.Sprintf(", and %d of before they were chained", chain.Unchained)
	}
	return finding{check, true, ""}
}

func advice(needed bool, text string) string {
	if needed {
		return text
	}
	return ""
}
