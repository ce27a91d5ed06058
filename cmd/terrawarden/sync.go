package main

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
	"github.com/terrawarden/terrawarden/cmd/terrawarden/syncview"
)

const exitHeld = 1 // a plan waits for somebody's approval, or differs where nothing was to

func newSync() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Keep people and groups in step with directories",
		Long: "Sources are set under sync: in the service's configuration. A run reads a source, plans what would bring the catalog in\n" +
			"step and does it, unless a guard holds the plan: then somebody looks at it and approves or rejects it.\n" +
			"Exit status: 0 done, or nothing to do; 1 the plan is held; 2 error.",
	}
	cmd.AddCommand(
		newSyncPlan(), newSyncApply(), newSyncRun(), newSyncStatus(), newSyncApprove(), newSyncReject(),
		newSyncPause(), newSyncResume(), newSyncResync(), newSyncHistory(), newSyncShow(),
	)
	return cmd
}

// style returns how a command writes: in colour on a terminal alone, unless NO_COLOR is set.
func style(out io.Writer) syncview.Style {
	s := syncview.Style{Now: time.Now()}
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return s
	}
	info, err := file.Stat()
	s.Color = err == nil && info.Mode()&os.ModeCharDevice != 0
	return s
}

func newSyncStatus() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "status [SOURCE]",
		Short:   "How the sources are doing",
		Long:    "Show each source: how it is doing, when it was last in step, what it brought, and when it runs next.\nExit status: 0 all are well, 1 one is held or failing, 2 error.",
		Example: "  terrawarden sync status\n  terrawarden sync status corp-ldap -o json",
		Args:    cobra.MaximumNArgs(1),
	}
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		all, err := c.syncSources(cmd, args)
		if err != nil {
			return err
		}
		if c.format == "json" {
			err = printJSON(cmd, map[string][]api.SyncSource{"sources": all})
		} else {
			err = syncview.Sources(cmd.OutOrStdout(), style(cmd.OutOrStdout()), all)
		}
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.State == api.SyncHeld || s.State == api.SyncFailing {
				return statusError(exitHeld)
			}
		}
		return nil
	})
}

// syncSources returns the source that is named, or all.
func (c *client) syncSources(cmd *cobra.Command, args []string) ([]api.SyncSource, error) {
	if len(args) == 1 {
		s, err := c.ReadSyncSource(cmd.Context(), args[0])
		return []api.SyncSource{s}, missing("source", args[0], err)
	}
	all := []api.SyncSource{}
	for s, err := range api.All(api.Page{Limit: pageSize}, func(p api.Page) (api.List[api.SyncSource], error) { return c.ListSyncSources(cmd.Context(), p) }) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// pageSize is how much is asked for at once where all of a list is wanted.
const pageSize = 100

func newSyncHistory() *cobra.Command {
	var f api.SyncPlanFilter
	var limit int
	cmd := &cobra.Command{
		Use:     "history [SOURCE]",
		Short:   "The plans of late, the youngest first",
		Example: "  terrawarden sync history corp-ldap\n  terrawarden sync history --status held",
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&f.Status, "status", "", "planned, held, rejected, applying, applied, failed or superseded")
	cmd.Flags().IntVar(&limit, "limit", 20, "how many to show")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		f.Source = strings.Join(args, "")
		var total int
		shown := []api.SyncPlan{}
		for p := (api.Page{Limit: min(max(limit, 1), pageSize)}); ; {
			l, err := c.ListSyncPlans(cmd.Context(), f, p)
			if err != nil {
				return err
			}
			shown, total, p.Token = append(shown, l.Items...), l.Total, l.Next
			if len(shown) >= limit || l.Next == "" {
				break
			}
		}
		shown = shown[:min(len(shown), max(limit, 1))]
		if c.format == "json" {
			return printJSON(cmd, map[string]any{"plans": shown, "total": total})
		}
		return syncview.History(cmd.OutOrStdout(), style(cmd.OutOrStdout()), shown, total)
	})
}

func newSyncShow() *cobra.Command {
	var all, document bool
	cmd := &cobra.Command{
		Use:     "show PLAN",
		Short:   "A plan: what holds it, what it changes, what it leaves alone",
		Long:    "Show a plan: the guards that hold it, what it counts, and the changes that take most away first.",
		Example: "  terrawarden sync show sync-7Hx2kQ\n  terrawarden sync show sync-7Hx2kQ --all | less\n  terrawarden sync show sync-7Hx2kQ --document > plan.json",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&all, "all", false, "every change, and everybody who joins or leaves a group")
	cmd.Flags().BoolVar(&document, "document", false, "the plan itself as it is kept, in JSON")
	cmd.MarkFlagsMutuallyExclusive("all", "document")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		if document {
			raw, _, err := c.ReadSyncPlanDocument(cmd.Context(), args[0])
			if err != nil {
				return missing("plan", args[0], err)
			}
			return say(cmd, "%s", raw)
		}
		plan, err := c.ReadSyncPlan(cmd.Context(), args[0])
		if err != nil {
			return missing("plan", args[0], err)
		}
		return c.printSyncPlan(cmd, plan, all)
	})
}

// printSyncPlan shows a plan with its first changes, or all of them.
func (c *client) printSyncPlan(cmd *cobra.Command, plan api.SyncPlan, all bool) error {
	changes, total, err := c.syncChanges(cmd, plan.ID, all)
	if err != nil {
		return err
	}
	if c.format == "json" {
		return printJSON(cmd, shownPlan{plan, changes, total})
	}
	s := style(cmd.OutOrStdout())
	s.All = all
	return syncview.Plan(cmd.OutOrStdout(), s, plan, changes, total)
}

// shownPlan is a plan with its changes, or the first of them, as scripts read it.
type shownPlan struct {
	api.SyncPlan

	Changes      []api.SyncChange `json:"changes"`
	ChangesCount int              `json:"changes-count"`
}

// syncChanges returns the first changes of a plan, or all, and how many there are. A plan that nobody kept has none.
func (c *client) syncChanges(cmd *cobra.Command, plan string, all bool) ([]api.SyncChange, int, error) {
	changes, total := []api.SyncChange{}, 0
	if plan == "" {
		return changes, total, nil
	}
	p := api.Page{Limit: syncview.ShownFirst()}
	if all {
		p.Limit = pageSize
	}
	for {
		l, err := c.ListSyncPlanChanges(cmd.Context(), plan, api.SyncChangeFilter{Whole: all}, p)
		if err != nil {
			return nil, 0, err
		}
		changes, total, p.Token = append(changes, l.Items...), l.Total, l.Next
		if !all || l.Next == "" {
			return changes, total, nil
		}
	}
}
