package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
	"github.com/terrawarden/terrawarden/cmd/terrawarden/syncview"
)

func newSyncApply() *cobra.Command {
	var digest, source string
	var yes bool
	cmd := &cobra.Command{
		Use:   "apply [PLAN]",
		Short: "Do what a plan says",
		Long: "Apply a plan that was looked at, which --digest says: what has changed since is not done.\n" +
			"--yes applies it as it is; without a plan, the youngest of --source that is planned. A plan that is held wants\n" +
			"`sync approve`.\nExit status: 0 done, 1 the plan is held, 2 error.",
		Example: "  terrawarden sync apply sync-7Hx2kQ --digest 4f1c…\n  terrawarden sync apply --yes --source corp-ldap",
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&digest, "digest", "", "which changes are meant, as the plan shows it")
	cmd.Flags().BoolVar(&yes, "yes", false, "whatever the plan says, without having looked")
	cmd.Flags().StringVar(&source, "source", "", "whose youngest plan is meant")
	cmd.MarkFlagsMutuallyExclusive("digest", "yes")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		switch {
		case len(args) == 0 && !yes:
			return errors.New("name the plan, or take the youngest one as it is with --yes")
		case digest == "" && !yes:
			return errors.New("--digest says which changes are meant; `terrawarden sync show PLAN` shows it")
		}
		plan, err := c.meantPlan(cmd, args, source, digest)
		if err != nil {
			return err
		}
		if plan.Status == api.PlanHeld {
			if err := c.printSyncPlan(cmd, plan, false); err != nil {
				return err
			}
			return statusError(exitHeld)
		}
		if yes {
			fmt.Fprintf(cmd.ErrOrStderr(), "applying plan %s of %s, digest %s\n", plan.ID, plan.Source, plan.Digest)
		}
		done, err := c.ApplySyncPlan(cmd.Context(), plan.ID, plan.Digest)
		if err != nil {
			return goesOn("plan", plan.ID, err)
		}
		return c.endRun(cmd, done)
	})
}

// meantPlan returns the plan that is to be applied, with the digest that was said, or its own where none was.
func (c *client) meantPlan(cmd *cobra.Command, args []string, source, digest string) (api.SyncPlan, error) {
	if len(args) == 1 {
		plan, err := c.ReadSyncPlan(cmd.Context(), args[0])
		if digest != "" {
			plan.Digest = digest
		}
		return plan, missing("plan", args[0], err)
	}
	l, err := c.ListSyncPlans(cmd.Context(), api.SyncPlanFilter{Source: source, Status: api.PlanPlanned}, api.Page{Limit: pageSize})
	if err != nil {
		return api.SyncPlan{}, err
	}
	if len(l.Items) == 0 {
		return api.SyncPlan{}, errors.New("no plan waits to be applied: make one with `terrawarden sync plan SOURCE`")
	}
	for _, other := range l.Items {
		if other.Source != l.Items[0].Source {
			return api.SyncPlan{}, fmt.Errorf("%s and %s both have one: say which with --source", l.Items[0].Source, other.Source)
		}
	}
	return l.Items[0], nil
}

func newSyncApprove() *cobra.Command {
	var digest, comment string
	cmd := &cobra.Command{
		Use:   "approve PLAN --digest DIGEST",
		Short: "Let a plan go that a guard holds, and apply it",
		Long: "Approve a plan that a guard holds, and apply it. The digest says which changes were looked at. It takes the\n" +
			"permission to manage users; the scope of a service token is not enough.\nExit status: 0 done, 2 error.",
		Example: "  terrawarden sync approve sync-7Hx2kQ --digest 4f1c… --comment 'the platform team is dissolved'",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&digest, "digest", "", "which changes are meant, as `terrawarden sync show PLAN` shows it")
	cmd.Flags().StringVar(&comment, "comment", "", "why, for the history")
	cobra.CheckErr(cmd.MarkFlagRequired("digest"))
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		done, err := c.ApproveSyncPlan(cmd.Context(), args[0], digest, comment)
		if err != nil {
			return goesOn("plan", args[0], err)
		}
		return c.endRun(cmd, done)
	})
}

func newSyncReject() *cobra.Command {
	var comment string
	cmd := &cobra.Command{
		Use:     "reject PLAN",
		Short:   "Give a plan up: nothing of it is done",
		Example: "  terrawarden sync reject sync-7Hx2kQ --comment 'the export was cut off'",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&comment, "comment", "", "why, for the history")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		done, err := c.RejectSyncPlan(cmd.Context(), args[0], comment)
		if err != nil {
			return missing("plan", args[0], err)
		}
		if c.format == "json" {
			return printJSON(cmd, done)
		}
		return syncview.Run(cmd.OutOrStdout(), style(cmd.OutOrStdout()), done)
	})
}
