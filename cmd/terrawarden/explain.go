package main

import (
	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
)

func newExplain() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "explain SUBJECT PERMISSION OBJECT",
		Short:   "Why may, or may not, a subject do something?",
		Long:    "Ask a question and show every role the subject holds at or above the object, and which of them gives the permission.\nExit status as check.",
		Example: "  terrawarden explain user:carol apply_run workspace:acme/prod",
		Args:    cobra.ExactArgs(3),
	}
	completePermission(cmd, 1)
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		q, err := parseQuestion(args)
		if err != nil {
			return err
		}
		a, err := c.Explain(cmd.Context(), q)
		if err != nil {
			return err
		}
		if c.format == "json" {
			err = printJSON(cmd, a)
		} else {
			err = printExplanation(cmd, a)
		}
		if err == nil && !a.Allowed {
			err = statusError(exitDenied)
		}
		return err
	})
}

func printExplanation(cmd *cobra.Command, a api.Answer) error {
	if err := say(cmd, "%s", verdict(a.Allowed)); err != nil || a.Context == nil {
		return err
	}
	for _, reason := range a.Context.ReasonAdmin {
		if err := say(cmd, "%s", reason); err != nil {
			return err
		}
	}
	if len(a.Context.Roles) == 0 {
		return nil
	}
	rows := make([][]string, len(a.Context.Roles))
	for i, r := range a.Context.Roles {
		gives := "no"
		if r.Gives {
			gives = "yes"
		}
		rows[i] = []string{r.Role, r.Scope, r.Through, gives, r.ExpiresAt}
	}
	if err := say(cmd, ""); err != nil {
		return err
	}
	return printTable(cmd, []string{"ROLE", "ON", "HOW", "GIVES IT", "UNTIL"}, rows)
}
