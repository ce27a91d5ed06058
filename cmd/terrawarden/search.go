package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// result is a search response; subjects and resources have a type and an id, actions a name.
type result struct {
	Page struct {
		NextToken string `json:"next_token"`
	} `json:"page"`
	Results []found `json:"results"`
}

type found struct {
	Type       string            `json:"type,omitempty"`
	ID         string            `json:"id,omitempty"`
	Name       string            `json:"name,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
}

const searchPage = 1000

// search follows a search to its end.
func (c *client) search(ctx context.Context, kind string, q question) ([]found, error) {
	all := []found{}
	q.Page = &page{Limit: searchPage}
	for {
		var r result
		if err := c.call(ctx, http.MethodPost, "/access/v1/search/"+kind, q, &r); err != nil {
			return nil, err
		}
		all = append(all, r.Results...)
		if r.Page.NextToken == "" {
			return all, nil
		}
		q.Page.Token = r.Page.NextToken
	}
}

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
		all, err := c.search(cmd.Context(), "subject", question{Subject: entity{Type: typeOf(subjectType)}, Action: &action{Name: args[0]}, Resource: resource, Context: latest()})
		if err != nil {
			return err
		}
		return c.printFound(cmd, all)
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
		q, kind := question{Subject: subject, Context: latest()}, "action"
		if len(args) == 3 {
			q.Action, q.Resource, kind = &action{Name: args[1]}, entity{Type: typeOf(args[2])}, "resource"
		} else if q.Resource, err = parseEntity("the object", args[1]); err != nil {
			return err
		}
		all, err := c.search(cmd.Context(), kind, q)
		if err != nil {
			return err
		}
		return c.printFound(cmd, all)
	})
}

// printFound prints results one a line, names where there are some, and how many there are on standard error.
func (c *client) printFound(cmd *cobra.Command, all []found) error {
	if c.format == "json" {
		return printJSON(cmd, map[string]any{"results": all})
	}
	lines := make([]string, len(all))
	for i, f := range all {
		lines[i] = f.Name
		if f.Type != "" {
			lines[i] = f.Type + ":" + f.ID
		}
		lines[i] += "\n"
	}
	if _, err := fmt.Fprint(cmd.OutOrStdout(), strings.Join(lines, "")); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.ErrOrStderr(), "%d found\n", len(all))
	return err
}
