package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
)

func newMatrix() *cobra.Command {
	var people bool
	var limit int
	var after string
	cmd := &cobra.Command{
		Use:   "matrix OBJECT",
		Short: "Who may do what on an object, and by which roles",
		Long: "Show every holder of a role at or above the object with what it may do there; with --people every person.\n" +
			"Owners, site admins and inherited roles are included.",
		Example: "  terrawarden matrix workspace:acme/prod\n  terrawarden matrix workspace:acme/prod --people --limit 500 -o json",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&people, "people", false, "a row for each person in place of one for each holder")
	cmd.Flags().IntVar(&limit, "limit", 100, "rows to show, at most 500")
	cmd.Flags().StringVar(&after, "after", "", "go on where another page ended")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		object, err := parseEntity("the object", args[0])
		if err != nil {
			return err
		}
		m, err := c.Matrix(cmd.Context(), object, people, api.Page{Token: after, Limit: limit})
		if err != nil {
			return err
		}
		if c.format == "json" {
			return printJSON(cmd, m)
		}
		return printMatrix(cmd, m, people)
	})
}

func printMatrix(cmd *cobra.Command, m api.Matrix, people bool) error {
	header := []string{"HOLDER", "BY", "MAY"}
	if people {
		header = []string{"PERSON", "THROUGH", "MAY"}
	}
	rows := make([][]string, len(m.Rows))
	for i, r := range m.Rows {
		rows[i] = []string{thing(r.Holder), by(r), may(r.Permissions, m.Permissions)}
	}
	if err := printTable(cmd, header, rows); err != nil {
		return err
	}
	more := ""
	if m.Next != "" {
		more = "; go on with --after " + m.Next
	}
	_, err := fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d%s\n", len(m.Rows), m.Total, more)
	return err
}

// by says by which roles a holder has what it has, or through which holders a person.
func by(r api.MatrixRow) string {
	var out []string
	for _, s := range r.Sources {
		text := s.Role.Name
		if s.Where != "direct" {
			text += " on " + thing(s.Scope)
		}
		if !s.ExpiresAt.IsZero() {
			text += " until " + end(s.ExpiresAt)
		}
		out = append(out, text)
	}
	return strings.Join(append(out, things(r.Through)...), ", ")
}

// may names what somebody may do, or what he may not where that is shorter.
func may(held, all []string) string {
	if len(held) == len(all) {
		return "everything"
	}
	var missing []string
	for _, p := range all {
		if !slices.Contains(held, p) {
			missing = append(missing, p)
		}
	}
	const few = 3
	if len(missing) <= few && len(held) > few {
		return "everything but " + strings.Join(missing, ", ")
	}
	return strings.Join(held, ", ")
}
