package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
)

const searchPage = 1000

// pager is a search of the client, a page at a time.
type pager[T any] func(context.Context, api.Question, api.Page) (api.List[T], error)

func newWho() *cobra.Command {
	var subjectType string
	cmd := &cobra.Command{
		Use:     "who PERMISSION OBJECT",
		Short:   "Who may do something on an object?",
		Example: "  terrawarden who apply_run workspace:acme/prod\n  terrawarden who apply_run workspace:acme/prod --type team",
		Args:    cobra.ExactArgs(2),
	}
	completePermission(cmd, 0)
	cmd.Flags().StringVar(&subjectType, "type", "user", "kind of subject: user, team, group, service, team_token, organization_token")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		resource, err := parseEntity("the object", args[1])
		if err != nil {
			return err
		}
		q := api.Question{Subject: api.Entity{Type: typeOf(subjectType)}, Action: args[0], Resource: resource}
		return listFound(cmd, c, q, c.SearchSubjects, objectName)
	})
}

func newWhat() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "what SUBJECT {PERMISSION TYPE | OBJECT}",
		Short: "What may a subject do?",
		Long:  "With a permission and a type: the objects on which the subject holds it. With an object: the permissions the subject holds on it.",
		Example: "  terrawarden what user:alice apply_run workspace\n" +
			"  terrawarden what user:alice workspace:acme/prod",
		Args: cobra.RangeArgs(2, 3),
	}
	completePermission(cmd, 1)
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		subject, err := parseEntity("the subject", args[0])
		if err != nil {
			return err
		}
		q := api.Question{Subject: subject}
		if len(args) == 3 {
			q.Action, q.Resource = args[1], api.Entity{Type: typeOf(args[2])}
			return listFound(cmd, c, q, c.SearchResources, objectName)
		}
		if q.Resource, err = parseEntity("the object", args[1]); err != nil {
			return err
		}
		return listFound(cmd, c, q, c.SearchActions, func(a api.Action) string { return a.Name })
	})
}

func objectName(f api.Found) string { return f.Type + ":" + f.ID }

// listFound searches to the end and prints results one a line, and how many there are on standard error.
func listFound[T any](cmd *cobra.Command, c *client, q api.Question, page pager[T], line func(T) string) error {
	all, err := api.Collect(api.All(api.Page{Limit: searchPage}, func(p api.Page) (api.List[T], error) { return page(cmd.Context(), q, p) }))
	if err != nil {
		return err
	}
	if c.format == "json" {
		return printJSON(cmd, map[string]any{"results": all})
	}
	lines := make([]string, len(all))
	for i, f := range all {
		lines[i] = line(f) + "\n"
	}
	if _, err := fmt.Fprint(cmd.OutOrStdout(), strings.Join(lines, "")); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%d found\n", len(all))
	return err
}
