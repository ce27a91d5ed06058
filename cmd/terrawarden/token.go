package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
)

func newToken() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Create, list and revoke credentials"}
	cmd.AddCommand(newTokenCreate(), newTokenList(), newTokenRevoke())
	return cmd
}

func newTokenCreate() *cobra.Command {
	var owner, email, description string
	var scopes []string
	var expires time.Duration
	cmd := &cobra.Command{
		Use:   "create --for user:NAME|service:NAME",
		Short: "Create a credential; its secret is shown once",
		Long: "Create a credential for oneself or, as a site admin, for anybody; a user or service account that does not exist is created.\n" +
			"A service token may do what its scopes say: check, search, explain, sync, scim, audit.",
		Example: "  terrawarden token create --for user:alice\n  terrawarden token create --for service:portal --scope check,search --expires 720h -o json",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&owner, "for", "", "user:NAME or service:NAME")
	cmd.Flags().StringVar(&email, "email", "", "e-mail address of a user who is created")
	cmd.Flags().StringVar(&description, "description", "", "what it is for")
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "what a service token may do")
	cmd.Flags().DurationVar(&expires, "expires", 0, "how long it is valid (default: until revoked)")
	cobra.CheckErr(cmd.MarkFlagRequired("for"))
	return withClient(cmd, func(cmd *cobra.Command, c *client, _ []string) error {
		kind, name, ok := strings.Cut(owner, ":")
		if !ok || (kind != "user" && kind != "service") || name == "" {
			return fmt.Errorf("--for must be user:NAME or service:NAME, not %q", owner)
		}
		if expires < 0 {
			return fmt.Errorf("--expires must be above zero")
		}
		r := api.TokenRequest{Kind: kind, Name: name, Email: email, Description: description, Scopes: scopes}
		if expires > 0 {
			r.ExpiresAt = time.Now().Add(expires)
		}
		t, err := c.CreateToken(cmd.Context(), r)
		if err != nil {
			return err
		}
		if c.format == "json" {
			return printJSON(cmd, t)
		}
		return say(cmd, "%s", t.Secret)
	})
}

func newTokenList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List credentials: one's own, or everybody's as a site admin", Args: cobra.NoArgs}
	return withClient(cmd, func(cmd *cobra.Command, c *client, _ []string) error {
		list, err := c.ListTokens(cmd.Context())
		if err != nil {
			return err
		}
		if c.format == "json" {
			return printJSON(cmd, map[string][]api.Token{"tokens": list})
		}
		rows := make([][]string, len(list))
		for i, t := range list {
			rows[i] = []string{t.ID, t.Kind + ":" + t.Name, strings.Join(t.Scopes, ","), day(t.CreatedAt), day(t.ExpiresAt), day(t.LastUsedAt), t.Description}
		}
		return printTable(cmd, []string{"ID", "FOR", "SCOPES", "CREATED", "EXPIRES", "LAST USED", "DESCRIPTION"}, rows)
	})
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format(time.DateTime)
}

func newTokenRevoke() *cobra.Command {
	cmd := &cobra.Command{Use: "revoke ID", Short: "Revoke a credential at once", Args: cobra.ExactArgs(1)}
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		if err := c.RevokeToken(cmd.Context(), args[0]); err != nil {
			return err
		}
		if c.format == "json" {
			return printJSON(cmd, map[string]string{"revoked": args[0]})
		}
		return say(cmd, "revoked %s", args[0])
	})
}
