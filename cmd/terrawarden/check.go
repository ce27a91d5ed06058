package main

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"
)

// question is an evaluation request.
type question struct {
	Subject  entity         `json:"subject"`
	Action   *action        `json:"action,omitempty"`
	Resource entity         `json:"resource"`
	Context  map[string]any `json:"context,omitempty"`
	Page     *page          `json:"page,omitempty"`
}

type action struct {
	Name string `json:"name"`
}

type page struct {
	Token string `json:"token,omitempty"`
	Limit int    `json:"limit,omitempty"`
}

// answer is an evaluation response.
type answer struct {
	Decision bool           `json:"decision"`
	Context  *answerContext `json:"context,omitempty"`
}

type answerContext struct {
	ReasonAdmin map[string]string `json:"reason_admin,omitempty"`
	Roles       []role            `json:"roles,omitempty"`
}

type role struct {
	Role      string `json:"role"`
	Scope     string `json:"scope"`
	Through   string `json:"through"`
	Gives     bool   `json:"gives"`
	ExpiresAt string `json:"expires_at,omitempty"`
}

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
		a, err := c.evaluate(cmd.Context(), args, false)
		if err != nil {
			return err
		}
		if c.format == "json" {
			err = printJSON(cmd, a)
		} else {
			err = say(cmd, "%s", verdict(a.Decision))
		}
		if err == nil && !a.Decision {
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

// evaluate asks one question, at the newest state: people compare what they see with what they just did.
func (c *client) evaluate(ctx context.Context, args []string, explain bool) (answer, error) {
	subject, err := parseEntity("the subject", args[0])
	if err != nil {
		return answer{}, err
	}
	resource, err := parseEntity("the object", args[2])
	if err != nil {
		return answer{}, err
	}
	q := question{Subject: subject, Action: &action{Name: args[1]}, Resource: resource, Context: latest()}
	if explain {
		q.Context["explain"] = true
	}
	var a answer
	return a, c.call(ctx, http.MethodPost, "/access/v1/evaluation", q, &a)
}

func latest() map[string]any { return map[string]any{"consistency": "fully_consistent"} }
