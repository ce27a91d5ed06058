package main

import (
	"github.com/spf13/cobra"

	"github.com/terrawarden/terrawarden/schema"
)

// completePermission lets the shell complete the permission, which is the argument at a position. Objects are known
// to the server alone.
func completePermission(cmd *cobra.Command, position int) {
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) != position {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		seen := map[string]bool{}
		var names []string
		for _, e := range schema.Vocabulary() {
			if name := e.Permission.Name(); !seen[name] {
				seen[name] = true
				names = append(names, cobra.CompletionWithDesc(name, e.Doc))
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
