package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/terrawarden/terrawarden/internal/httpapi/admin"
)

func newReconcile() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Compare the catalog with the relationships and repair what differs",
		Long:  "Compare everything the catalog says with what the engine holds, print the difference and repair it.\nExit status of a dry run: 0 nothing differs, 1 something does.",
		Args:  cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print the difference, and change nothing")
	return withClient(cmd, func(cmd *cobra.Command, c *client, _ []string) error {
		var r admin.DriftReport
		if err := c.call(cmd.Context(), http.MethodPost, fmt.Sprintf("/admin/v1/reconcile?dry-run=%t", dryRun), nil, &r); err != nil {
			return err
		}
		if err := c.printDrift(cmd, r); err != nil {
			return err
		}
		if dryRun && len(r.Missing)+len(r.Unexpected) > 0 {
			return statusError(exitDenied)
		}
		return nil
	})
}

func (c *client) printDrift(cmd *cobra.Command, r admin.DriftReport) error {
	if c.format == "json" {
		return printJSON(cmd, r)
	}
	for sign, list := range map[string][]string{"+": r.Missing, "-": r.Unexpected} {
		for _, text := range list {
			if err := say(cmd, "%s %s", sign, text); err != nil {
				return err
			}
		}
	}
	state := "repaired"
	if !r.Repaired {
		state = "nothing changed"
	}
	return say(cmd, "%d missing, %d unexpected: %s", len(r.Missing), len(r.Unexpected), state)
}
