package main

import (
	"github.com/spf13/cobra"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/config"
)

func newServe() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long:  "Run the service until it is told to stop. Prints `listening on http://HOST:PORT` on standard error when it is ready.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, cmd.Flags())
			if err != nil {
				return err
			}
			a, err := app.New(cmd.Context(), cfg, app.Deps{Stderr: cmd.ErrOrStderr(), Version: version})
			if err != nil {
				return err
			}
			return a.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration file (default: terrawarden.yaml here, if there is one)")
	config.AddFlags(cmd.Flags())
	return cmd
}
