package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
)

// thing returns what somebody or something is called: the name where there is one.
func thing(n api.Thing) string {
	switch {
	case n.ID == "" || n.Type == "system":
		return n.Name
	case n.Name == "":
		return n.Type + ":" + n.ID
	}
	return n.Type + ":" + n.Name
}

// things returns what several are called.
func things(all []api.Thing) []string {
	out := make([]string, len(all))
	for i, n := range all {
		out[i] = thing(n)
	}
	return out
}

func newAccess() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "access SUBJECT OBJECT",
		Short: "Everything a subject may do on an object, and where each permission comes from",
		Long: "Show every role the subject holds at or above the object, numbered, and every permission with the numbers of the roles that give it.\n" +
			"What no role gives follows from the model.",
		Example: "  terrawarden access user:bob workspace:acme/prod\n  terrawarden access team:acme/sre organization:acme -o json",
		Args:    cobra.ExactArgs(2),
	}
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		subject, err := parseEntity("the subject", args[0])
		if err != nil {
			return err
		}
		object, err := parseEntity("the object", args[1])
		if err != nil {
			return err
		}
		a, err := c.EffectiveAccess(cmd.Context(), subject, object)
		if err != nil {
			return err
		}
		if c.format == "json" {
			return printJSON(cmd, a)
		}
		return printAccess(cmd, a)
	})
}

func printAccess(cmd *cobra.Command, a api.EffectiveAccess) error {
	if len(a.Permissions) == 0 {
		return say(cmd, "%s may do nothing on %s", thing(a.Subject), thing(a.Object))
	}
	rows := make([][]string, len(a.Sources))
	for i, s := range a.Sources {
		rows[i] = []string{strconv.Itoa(i + 1), s.Role.Name, thing(s.Scope), s.Where, thing(s.Holder), how(s.Paths), end(s.ExpiresAt), s.Grant}
	}
	if err := printTable(cmd, []string{"#", "ROLE", "ON", "WHERE", "HELD BY", "HOW", "UNTIL", "GRANT"}, rows); err != nil {
		return err
	}
	rows = make([][]string, len(a.Permissions))
	for i, p := range a.Permissions {
		rows[i] = []string{p.Name, origin(p.From, p.FollowsFrom)}
	}
	if err := say(cmd, ""); err != nil {
		return err
	}
	return printTable(cmd, []string{"PERMISSION", "FROM"}, rows)
}

// origin says where a permission comes from: the numbers of roles, or what it follows from.
func origin(from []int, follows []string) string {
	switch {
	case len(from) > 0:
		numbers := make([]string, len(from))
		for i, n := range from {
			numbers[i] = strconv.Itoa(n + 1)
		}
		return strings.Join(numbers, ", ")
	case len(follows) > 0:
		return "follows from " + strings.Join(follows, " and ")
	}
	return "follows from the model"
}

// end says until when something is held, "" for good.
func end(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}

// how says by which ways a subject is in a holder.
func how(paths []api.Path) string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = "directly"
		if p.Group != nil {
			out[i] = "through " + thing(*p.Group)
		}
	}
	return strings.Join(out, ", ")
}
