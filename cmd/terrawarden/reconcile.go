package main

import (
	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
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
		r, err := c.Reconcile(cmd.Context(), dryRun)
		if err != nil {
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

func (c *client) printDrift(cmd *cobra.Command, r api.Drift) error {
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
