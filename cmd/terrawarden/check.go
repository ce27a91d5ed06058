package main

import (
	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
)

func newCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "check SUBJECT PERMISSION OBJECT",
		Short:   "May a subject do something on an object?",
		Long:    "Ask whether a subject has a permission on an object. Exit status: 0 allowed, 1 denied, 2 no answer.",
		Example: "  terrawarden check user:alice apply_run workspace:acme/prod\n  terrawarden check team:acme/sre otf:run:apply workspace:acme/prod",
		Args:    cobra.ExactArgs(3),
	}
	completePermission(cmd, 1)
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		q, err := parseQuestion(args)
		if err != nil {
			return err
		}
		a, err := c.Check(cmd.Context(), q)
		if err != nil {
			return err
		}
		if c.format == "json" {
			err = printJSON(cmd, a)
		} else {
			err = say(cmd, "%s", verdict(a.Allowed))
		}
		if err == nil && !a.Allowed {
			err = statusError(exitDenied)
		}
		return err
	})
}

func verdict(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "denied"
}

// parseQuestion reads SUBJECT PERMISSION OBJECT.
func parseQuestion(args []string) (api.Question, error) {
	subject, err := parseEntity("the subject", args[0])
	if err != nil {
		return api.Question{}, err
	}
	resource, err := parseEntity("the object", args[2])
	return api.Question{Subject: subject, Action: args[1], Resource: resource}, err
}
