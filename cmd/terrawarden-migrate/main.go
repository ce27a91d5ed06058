// Command terrawarden-migrate brings the relationship tables of a Postgres database to the version that this
// release's SpiceDB needs.
//
//	TERRAWARDEN_DATABASE_URL=postgres://… terrawarden-migrate
//	terrawarden-migrate --database-url postgres://… [head]
//
// It is a program of its own because SpiceDB offers its migrations only through the root of its command line,
// spicedb/pkg/cmd, which carries a Postgres foreign-data wrapper and a SQL parser in C along. The service must never
// import that package; `terrawarden migrate` runs this program instead. Build it with CGO_ENABLED=0, which leaves the
// parser out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/authzed/spicedb/pkg/cmd"
)

// urlVariable may hold the database's URL, which usually contains a password and must not be seen by everybody who
// can list processes.
const urlVariable = "TERRAWARDEN_DATABASE_URL"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv(urlVariable), os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "terrawarden-migrate:", err)
		}
		stop()
		os.Exit(1) //nolint:gocritic // the deferred stop has just run
	}
}

func run(ctx context.Context, args []string, defaultURL string, usage io.Writer) error {
	flags := flag.NewFlagSet("terrawarden-migrate", flag.ContinueOnError)
	flags.SetOutput(usage)
	url := flags.String("database-url", "", "URL of the Postgres database; default: $"+urlVariable)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *url == "" {
		*url = defaultURL
	}
	target := "head"
	if flags.NArg() > 0 {
		target = flags.Arg(0)
	}
	switch {
	case *url == "":
		return errors.New("no database: set " + urlVariable + " or --database-url")
	case flags.NArg() > 1:
		return errors.New("more than one version was given")
	}
	return migrate(ctx, *url, target)
}

// migrate runs SpiceDB's own subcommand.
func migrate(ctx context.Context, url, target string) error {
	root, err := cmd.NewDatastoreCommand("terrawarden-migrate")
	if err != nil {
		return err
	}
	for _, sub := range root.Commands() {
		// The hook reads SpiceDB's environment and files, sets its logging and limits, and asks the vendor for
		// newer releases. None of that is ours.
		sub.PreRunE = nil
	}
	// SpiceDB expands environment variables in this value, once. Handing the URL over in one keeps a "$" in its
	// password from being taken for another.
	if err := os.Setenv(urlVariable, url); err != nil {
		return err
	}
	root.SetArgs([]string{"migrate", target, "--datastore-engine", "postgres", "--datastore-conn-uri", "${" + urlVariable + "}"})
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	root.SilenceErrors, root.SilenceUsage = true, true
	return root.ExecuteContext(ctx)
}
