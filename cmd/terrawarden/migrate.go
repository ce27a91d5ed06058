package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/config"
)

func newMigrate() *cobra.Command {
	var file string
	var force bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database and the deployed schema up to this version",
		Long: "Bring the catalog, at size postgres the relationship tables, and the schema up to this version. Safe to run again.\n" +
			"At size embedded `serve` does this by itself. Takes the same options as serve.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, cmd.Flags())
			if err != nil {
				return err
			}
			datastore := func(ctx context.Context) error { return migrateDatastore(ctx, cmd, cfg.DatabaseURL.Reveal()) }
			return app.Migrate(cmd.Context(), cfg, datastore, force, func(text string) { _ = say(cmd, "%s", text) })
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration file (default: terrawarden.yaml here, if there is one)")
	cmd.Flags().BoolVar(&force, "force", false, "deploy a schema although it loses relationships or permissions")
	config.AddFlags(cmd.Flags())
	return cmd
}

// migrateDatastore runs terrawarden-migrate, which carries SpiceDB's migrations so that the service need not. The
// URL travels in the environment, where other users of the machine do not see it.
func migrateDatastore(ctx context.Context, cmd *cobra.Command, databaseURL string) error {
	name := "terrawarden-migrate"
	self, err := os.Executable()
	if err != nil {
		return err
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath(name); err != nil {
			return fmt.Errorf("%s is neither beside terrawarden nor on the PATH; make build makes both", name)
		}
	}
	run := exec.CommandContext(ctx, path) //nolint:gosec // our own binary
	run.Env = append(os.Environ(), "TERRAWARDEN_DATABASE_URL="+databaseURL)
	run.Stdout, run.Stderr = cmd.ErrOrStderr(), cmd.ErrOrStderr()
	return run.Run()
}
