package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/schema"
)

// client speaks to a running service for a command.
type client struct {
	*api.Client

	server, token, dataDir string
	format                 string
}

// withClient gives a command the flags of a client and runs it with one.
func withClient(cmd *cobra.Command, run func(cmd *cobra.Command, c *client, args []string) error) *cobra.Command {
	c := &client{}
	server, token, dataDir := config.Client()
	cmd.Flags().StringVar(&c.server, "server", server, "URL of the service ("+config.ClientServer+")")
	cmd.Flags().StringVar(&c.token, "token", "", "credential ("+config.ClientToken+"; default: the site token in --data-dir)")
	cmd.Flags().StringVar(&c.dataDir, "data-dir", dataDir, "where to find the site token")
	cmd.Flags().StringVarP(&c.format, "output", "o", "table", "table or json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if c.format != "table" && c.format != "json" {
			return fmt.Errorf("--output must be table or json")
		}
		if c.token == "" {
			c.token = token
		}
		if c.token == "" {
			raw, err := os.ReadFile(filepath.Join(c.dataDir, "site-token"))
			if err != nil {
				return fmt.Errorf("no credential: set %s or --token, or point --data-dir at the service's directory", config.ClientToken)
			}
			c.token = strings.TrimSpace(string(raw))
		}
		var err error
		// People compare what they see with what they just did, so answers are those of the newest state.
		c.Client, err = api.New(c.server, c.token, api.Options{UserAgent: "terrawarden/" + version, Consistency: api.FullyConsistent()})
		if err != nil {
			return fmt.Errorf("--server: %w", err)
		}
		return run(cmd, c, args)
	}
	return cmd
}

// parseEntity reads type:id or type:path; service: is short for service_account:.
func parseEntity(what, s string) (api.Entity, error) {
	typeName, id, ok := strings.Cut(s, ":")
	if !ok || typeName == "" || id == "" {
		return api.Entity{}, fmt.Errorf("%s must be type:id or type:path, as in workspace:acme/prod, not %q", what, s)
	}
	return api.Entity{Type: typeOf(typeName), ID: id}, nil
}

func typeOf(name string) string {
	if name == "service" {
		return schema.TypeServiceAccount
	}
	return name
}
