package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/terrawarden/terrawarden/schema"
)

func newVersion() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format == "json" {
				return printJSON(cmd, map[string]string{"version": version, "schema": schema.Hash(), "go": runtime.Version()})
			}
			return say(cmd, "terrawarden %s (schema %.12s, %s)", version, schema.Hash(), runtime.Version())
		},
	}
	cmd.Flags().StringVarP(&format, "output", "o", "table", "table or json")
	return cmd
}
