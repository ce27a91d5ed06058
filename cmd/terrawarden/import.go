package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/loader/source/peribolos"
)

func newImport() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Load organizations from elsewhere"}
	cmd.AddCommand(newImportPeribolos())
	return cmd
}

func newImportPeribolos() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "peribolos PATH",
		Short: "Load GitHub organizations as Peribolos keeps them",
		Long: "Load a directory with one organization a folder, or files with `orgs:` at the top. Repositories become workspaces,\n" +
			"and inside a named organization the files decide members, teams and the teams' access to workspaces.\n" +
			"Nothing is changed when a file is wrong.",
		Example: "  terrawarden import peribolos ./config --dry-run",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would change, and change nothing")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		estate, err := peribolos.New(args[0]).Read(cmd.Context())
		if err != nil {
			return err
		}
		plan, err := c.sendEstate(cmd, estate, dryRun)
		if err != nil {
			return err
		}
		return c.printPlan(cmd, plan, dryRun)
	})
}

// sendEstate has the service plan and apply an estate, and shows progress on standard error.
func (c *client) sendEstate(cmd *cobra.Command, estate loader.Estate, dryRun bool) (loader.Plan, error) {
	document, err := json.Marshal(estate)
	if err != nil {
		return loader.Plan{}, err
	}
	answer, err := c.ImportEstate(cmd.Context(), document, dryRun, func(done, total int) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d changes\n", done, total)
	})
	if err != nil {
		return loader.Plan{}, err
	}
	var plan loader.Plan
	return plan, json.Unmarshal(answer, &plan)
}

func (c *client) printPlan(cmd *cobra.Command, plan loader.Plan, dryRun bool) error {
	if c.format == "json" {
		return printJSON(cmd, plan)
	}
	if dryRun {
		for _, o := range plan.Organizations {
			for _, a := range o.Actions {
				if err := say(cmd, "%s", a); err != nil {
					return err
				}
			}
		}
	}
	var rows [][]string
	state := "done"
	if dryRun {
		state = "planned, nothing changed"
	}
	for kind, n := range plan.Counts() {
		rows = append(rows, []string{string(kind), strconv.Itoa(n.Created), strconv.Itoa(n.Updated), strconv.Itoa(n.Deleted)})
	}
	slices.SortFunc(rows, slices.Compare)
	if len(rows) > 0 {
		if err := printTable(cmd, []string{"KIND", "CREATE", "UPDATE", "DELETE"}, rows); err != nil {
			return err
		}
	}
	n := plan.Counts().Total()
	return say(cmd, "%d to create, %d to update, %d to delete: %s", n.Created, n.Updated, n.Deleted, state)
}
