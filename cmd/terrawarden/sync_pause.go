package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
)

// target is a source, a group or a link, as people name it: corp-ldap, group:ID, link:ID.
type target struct{ kind, id string }

func parseTarget(text string) target {
	for _, kind := range []string{"group", "link"} {
		if id, ok := strings.CutPrefix(text, kind+":"); ok {
			return target{kind, id}
		}
	}
	return target{"source", strings.TrimPrefix(text, "source:")}
}

func newSyncPause() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pause SOURCE|group:ID|link:ID",
		Short: "Let everything stay as it is, whatever the directory says",
		Long: "Pause a source: nothing is taken from it. Pause a group: nothing is taken about it. Pause a link: the team keeps those\n" +
			"who are in the group now. `sync resume` ends it.",
		Example: "  terrawarden sync pause corp-ldap\n  terrawarden sync pause group:grp-8tPXXTmBBYFhHgyQ",
		Args:    cobra.ExactArgs(1),
	}
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		return c.turn(cmd, parseTarget(args[0]), "paused", turns{c.PauseSync, c.PauseGroup, c.PauseGroupLink})
	})
}

func newSyncResume() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "resume SOURCE|group:ID|link:ID",
		Short:   "End a pause",
		Example: "  terrawarden sync resume corp-ldap",
		Args:    cobra.ExactArgs(1),
	}
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		return c.turn(cmd, parseTarget(args[0]), "resumed", turns{c.ResumeSync, c.ResumeGroup, c.ResumeGroupLink})
	})
}

// turns are the calls that pause or resume a target of each kind.
type turns struct {
	source func(context.Context, string) (api.SyncSource, error)
	group  func(context.Context, string) (api.GroupDetails, error)
	link   func(context.Context, string) (api.GroupLink, error)
}

func (c *client) turn(cmd *cobra.Command, t target, done string, do turns) error {
	var after any
	var err error
	switch t.kind {
	case "group":
		after, err = do.group(cmd.Context(), t.id)
	case "link":
		after, err = do.link(cmd.Context(), t.id)
	default:
		after, err = do.source(cmd.Context(), t.id)
	}
	if err != nil {
		return missing(t.kind, t.id, err)
	}
	if c.format == "json" {
		return printJSON(cmd, after)
	}
	return say(cmd, "%s %s is %s", t.kind, t.id, done)
}

func newSyncResync() *cobra.Command {
	var group string
	cmd := &cobra.Command{
		Use:   "resync SOURCE|group:ID|link:ID",
		Short: "Read everything again, and bring it in step",
		Long: "Read a source wholly and run it; with --group, or for group:ID, that one group alone. For link:ID, repair what has come\n" +
			"to differ between the catalog and who is in the team.\nExit status: 0 in step, 1 the plan is held, 2 error.",
		Example: "  terrawarden sync resync corp-ldap --group platform\n  terrawarden sync resync link:gl-3Kd0",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&group, "group", "", "that one group, by the id or name its directory knows it by")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		var plan api.SyncPlan
		var err error
		switch t := parseTarget(args[0]); {
		case t.kind != "source" && group != "":
			return fmt.Errorf("--group goes with a source, not with %s:%s", t.kind, t.id)
		case t.kind == "link":
			return c.turn(cmd, t, "in step", turns{link: c.ResyncGroupLink})
		case t.kind == "group":
			plan, err = c.ResyncGroup(cmd.Context(), t.id)
		default:
			plan, err = c.Resync(cmd.Context(), t.id, group)
		}
		if err != nil {
			return goesOn("source or group", args[0], err)
		}
		return c.endRun(cmd, plan)
	})
}
