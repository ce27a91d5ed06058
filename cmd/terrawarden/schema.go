package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

func newSchema() *cobra.Command {
	cmd := &cobra.Command{Use: "schema", Short: "Print the authorization model, and compare it with the deployed one"}
	printCmd := &cobra.Command{
		Use: "print", Short: "Print the SpiceDB schema of this version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), schema.Text())
			return err
		},
	}
	check := &cobra.Command{
		Use:   "check",
		Short: "Is the deployed schema that of this version?",
		Long:  "Exit status: 0 it is, or differs in comments alone; 1 it is not.",
		Args:  cobra.NoArgs,
	}
	diff := &cobra.Command{
		Use:   "diff [FILE]",
		Short: "What would deploying this version's schema, or a file, change?",
		Long:  "A breaking change loses relationships or permissions that somebody uses; `terrawarden migrate` refuses it.\nExit status: 0 nothing breaking, 1 something is.",
		Args:  cobra.MaximumNArgs(1),
	}
	cmd.AddCommand(printCmd,
		withClient(check, func(cmd *cobra.Command, c *client, _ []string) error {
			return c.compareSchema(cmd, schema.Text(), true)
		}),
		withClient(diff, func(cmd *cobra.Command, c *client, args []string) error {
			text := schema.Text()
			if len(args) == 1 {
				raw, err := os.ReadFile(args[0])
				if err != nil {
					return err
				}
				text = string(raw)
			}
			return c.compareSchema(cmd, text, false)
		}))
	return cmd
}

// compareSchema prints the differences. Breaking ones are a failure; strict makes all but changed comments one.
func (c *client) compareSchema(cmd *cobra.Command, text string, strict bool) error {
	changes, err := c.CompareSchema(cmd.Context(), text)
	if err != nil {
		return err
	}
	rows, failed := [][]string{}, false
	for _, ch := range changes {
		breaking := ""
		failed = failed || (strict && ch.Kind != authz.CommentChanged)
		if ch.Breaking {
			breaking, failed = "breaking", true
		}
		rows = append(rows, []string{ch.Kind, ch.Name, breaking})
	}
	switch {
	case c.format == "json":
		err = printJSON(cmd, map[string][]api.SchemaChange{"changes": changes})
	case len(rows) == 0:
		err = say(cmd, "the deployed schema is the same")
	default:
		err = printTable(cmd, []string{"CHANGE", "WHERE", ""}, rows)
	}
	if err == nil && failed {
		err = statusError(exitDenied)
	}
	return err
}
