package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// Exit statuses: scripts rely on them.
const (
	exitDenied = 1 // the answer is no, or what was checked is not in order
	exitError  = 2 // there is no answer
)

// statusError ends the command with a status and no message: the output has said it all.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "terrawarden",
		Short: "Relationship-based authorization for Terraform platforms",
		Long: "Terrawarden answers who may do what on organizations, projects and workspaces, and why.\n\n" +
			"`serve` runs the service; every other command speaks to a running one (--server, --token).\n" +
			"Objects are named type:id or type:path, as in workspace:acme/prod and user:alice.",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(
		newServe(), newCheck(), newExplain(), newWho(), newWhat(), newAccess(), newMatrix(), newWhatIf(), newSync(), newImport(), newReconcile(),
		newAudit(), newToken(), newSchema(), newMigrate(), newDoctor(), newVersion(),
	)
	return root
}
