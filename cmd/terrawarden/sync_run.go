package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
	"github.com/terrawarden/terrawarden/cmd/terrawarden/syncview"
	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/loader/directory"
)

func newSyncPlan() *cobra.Command {
	var o api.SyncOptions
	var all, differs bool
	cmd := &cobra.Command{
		Use:     "plan SOURCE",
		Short:   "What would bring the catalog in step with a source? Nothing is changed",
		Long:    "Read a source and keep the plan, with a digest: `sync apply` does just that plan.\nExit status: 0; with --exit-code 1 where there is something to do; 2 error.",
		Example: "  terrawarden sync plan corp-ldap\n  terrawarden sync plan corp-ldap --group platform --all",
		Args:    cobra.ExactArgs(1),
	}
	readingFlags(cmd, &o)
	cmd.Flags().BoolVar(&all, "all", false, "every change, and everybody who joins or leaves a group")
	cmd.Flags().BoolVar(&differs, "exit-code", false, "exit with 1 where there is something to do")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		plan, err := c.PlanSync(cmd.Context(), args[0], o)
		if err != nil {
			return goesOn("source", args[0], err)
		}
		if err := c.printSyncPlan(cmd, plan, all); err != nil {
			return err
		}
		if differs && plan.Counts.Total() > 0 {
			return statusError(exitHeld)
		}
		return nil
	})
}

// readingFlags are how a source is read.
func readingFlags(cmd *cobra.Command, o *api.SyncOptions) {
	cmd.Flags().BoolVar(&o.Full, "full", false, "read everything, also from a source that tells of changes alone")
	cmd.Flags().StringVar(&o.Group, "group", "", "that one group, by the id or name its directory knows it by, and the people who are put into it")
}

// runOptions are the flags of a run.
type runOptions struct {
	api.SyncOptions

	source, file string
	dryRun       bool
}

func newSyncRun() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [SOURCE]",
		Short: "Bring the catalog in step with a source",
		Long: "Have the service read a source and apply the plan, unless a guard holds it.\n" +
			"With --config this process reads the source by itself, once, and sends what it has read: for a CronJob beside the\n" +
			"directory, with a token that carries the scope sync. The guards are those of the service.\n" +
			"Exit status: 0 in step; 1 the plan is held until somebody approves it; 2 error.",
		Example: "  terrawarden sync run corp-ldap\n  terrawarden sync run --source corp-ldap --config terrawarden.yaml",
		Args:    cobra.MaximumNArgs(1),
	}
	readingFlags(cmd, &o.SyncOptions)
	cmd.Flags().StringVar(&o.source, "source", "", "name of the source")
	cmd.Flags().StringVar(&o.file, "config", "", "configuration file with the source, to read it in this process")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "keep the plan, and change nothing")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		if err := o.settle(args); err != nil {
			return err
		}
		plan, err := c.syncOnce(cmd, o)
		if err != nil {
			return goesOn("source", o.source, err)
		}
		if o.dryRun {
			return c.printSyncPlan(cmd, plan, false)
		}
		return c.endRun(cmd, plan)
	})
}

// settle checks that the flags go together.
func (o *runOptions) settle(args []string) error {
	if len(args) == 1 {
		if o.source != "" && o.source != args[0] {
			return fmt.Errorf("the source is %s or %s, not both", args[0], o.source)
		}
		o.source = args[0]
	}
	switch {
	case o.source == "":
		return errors.New("name the source: terrawarden sync run SOURCE")
	case o.file != "" && (o.Full || o.Group != ""):
		return errors.New("--config reads everything: --full and --group do not go with it")
	}
	return nil
}

// syncOnce has a source read, by the service or here, and returns the plan with what became of it.
func (c *client) syncOnce(cmd *cobra.Command, o runOptions) (api.SyncPlan, error) {
	switch {
	case o.file != "":
		snapshot, err := readHere(cmd, o)
		if err != nil {
			return api.SyncPlan{}, err
		}
		return c.UploadSnapshot(cmd.Context(), o.source, snapshot, o.dryRun)
	case o.dryRun:
		return c.PlanSync(cmd.Context(), o.source, o.SyncOptions)
	}
	return c.RunSync(cmd.Context(), o.source, o.SyncOptions)
}

// readHere reads a source of a configuration in this process. Nothing is sent where it cannot be read.
func readHere(cmd *cobra.Command, o runOptions) (json.RawMessage, error) {
	cfg, err := config.Load(o.file, cmd.Flags())
	if err != nil {
		return nil, err
	}
	feed, err := app.Source(cfg, o.source)
	if err != nil {
		return nil, err
	}
	if feed.Source == nil {
		return nil, fmt.Errorf("%s is of kind %s, which is not read from here", o.source, feed.Kind)
	}
	start := time.Now()
	snapshot, err := feed.Source.Read(cmd.Context(), directory.Request{})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", o.source, err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "read %d people and %d groups from %s in %s\n", len(snapshot.Users), len(snapshot.Groups), o.source, time.Since(start).Round(time.Millisecond))
	for _, w := range snapshot.Warnings {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: %q\n", w)
	}
	return json.Marshal(snapshot)
}

// endRun shows what became of a run and ends with the status that says so.
func (c *client) endRun(cmd *cobra.Command, plan api.SyncPlan) error {
	held := plan.Status == api.PlanHeld
	var err error
	switch {
	case held:
		err = c.printSyncPlan(cmd, plan, false)
	case c.format == "json":
		err = printJSON(cmd, plan)
	default:
		err = syncview.Run(cmd.OutOrStdout(), style(cmd.OutOrStdout()), plan)
	}
	switch {
	case err != nil:
		return err
	case held:
		return statusError(exitHeld)
	case plan.Status == api.PlanFailed:
		return statusError(exitError)
	}
	return nil
}

// goesOn says of a call without an answer that the service does not stop with it, and of what is not there what that is.
func goesOn(what, id string, err error) error {
	dialing, ok := errors.AsType[*net.OpError](err)
	if _, away := errors.AsType[*api.UnreachableError](err); away && (!ok || dialing.Op != "dial") {
		return fmt.Errorf("%w; what the service has begun, it ends: see `terrawarden sync status`", err)
	}
	return missing(what, id, err)
}

// missing says what it is that is not there, since the service says no more than that.
func missing(what, id string, err error) error {
	if refused, ok := errors.AsType[*api.Error](err); ok && refused.Code == api.CodeNotFound {
		return fmt.Errorf("there is no %s %q, or the credential may not do this to it", what, id)
	}
	return err
}
