package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	api "github.com/terrawarden/terrawarden/client"
)

func newWhatIf() *cobra.Command {
	var limit int
	var expires string
	cmd := &cobra.Command{
		Use:   "what-if {add|remove} …",
		Short: "What would a change change? Nothing is written",
		Long: "Suppose one change and show who would gain and lose what, and where:\n" +
			"  remove grant:ID\n" +
			"  add grant HOLDER ROLE SCOPE\n" +
			"  add|remove member USER TEAM-OR-ORGANIZATION\n" +
			"  add|remove link GROUP TEAM\n" +
			"A change that is not allowed says so, as if it were made.",
		Example: "  terrawarden what-if remove member user:bob team:acme/sre\n" +
			"  terrawarden what-if add grant team:acme/developers tfe-write workspace:acme/prod",
		Args: cobra.RangeArgs(2, 5),
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "how many changes, subjects and objects to name, at most 500")
	cmd.Flags().StringVar(&expires, "expires", "", "when a grant to add would end, as in 2026-01-31T12:00:00Z")
	return withClient(cmd, func(cmd *cobra.Command, c *client, args []string) error {
		p, err := proposal(args, expires)
		if err != nil {
			return err
		}
		p.Limit = limit
		found, err := c.WhatIf(cmd.Context(), p)
		if err != nil {
			return err
		}
		if c.format == "json" {
			return printJSON(cmd, found)
		}
		return printConsequences(cmd, found)
	})
}

// proposal returns the change that the arguments describe.
func proposal(args []string, expires string) (api.Proposal, error) {
	verb, rest := args[0], args[1:]
	p := api.Proposal{Change: verb}
	if verb != api.Add && verb != api.Remove {
		return p, fmt.Errorf("what-if takes add or remove, not %q", verb)
	}
	var end time.Time
	if expires != "" {
		var err error
		if end, err = time.Parse(time.RFC3339, expires); err != nil || verb != api.Add || rest[0] != "grant" {
			return p, errors.New("--expires is the time at which a grant to add ends, as in 2026-01-31T12:00:00Z")
		}
	}
	id, isGrant := strings.CutPrefix(rest[0], "grant:")
	var err error
	switch {
	case verb == api.Remove && isGrant && len(rest) == 1:
		p.Grant = &api.ProposedGrant{ID: id}
	case verb == api.Add && rest[0] == "grant" && len(rest) == 4:
		p.Grant, err = addedGrant(rest[1:], end)
	case rest[0] == "member" && len(rest) == 3:
		p.Member, err = proposedMember(rest[1:])
	case rest[0] == "link" && len(rest) == 3:
		p.Link, err = proposedLink(rest[1:])
	default:
		err = errors.New("what-if takes: remove grant:ID; add grant HOLDER ROLE SCOPE; add|remove member USER TEAM; add|remove link GROUP TEAM")
	}
	return p, err
}

func addedGrant(args []string, end time.Time) (*api.ProposedGrant, error) {
	holder, err := parseEntity("the holder", args[0])
	if err != nil {
		return nil, err
	}
	scope, err := parseEntity("the scope", args[2])
	return &api.ProposedGrant{Holder: &holder, Role: args[1], Scope: &scope, ExpiresAt: end}, err
}

func proposedMember(args []string) (*api.ProposedMember, error) {
	user, in, err := pair("member", "user", "team", args)
	return &api.ProposedMember{User: user.ID, In: in}, err
}

func proposedLink(args []string) (*api.ProposedLink, error) {
	group, team, err := pair("link", "group", "team", args)
	if err == nil && team.Type != "team" {
		err = errors.New("a link is of a group to a team, as in group:… team:…")
	}
	return &api.ProposedLink{Group: group.ID, Team: team.ID}, err
}

// pair reads a member and what he is in, or a group and the team it is linked to.
func pair(what, first, second string, args []string) (one, other api.Entity, err error) {
	if one, err = parseEntity("the "+first, args[0]); err != nil {
		return one, other, err
	}
	if other, err = parseEntity("the "+second, args[1]); err != nil {
		return one, other, err
	}
	if one.Type != first {
		err = fmt.Errorf("a %s is a %s and a %s, as in %s:… %s:…", what, first, second, first, second)
	}
	return one, other, err
}

func printConsequences(cmd *cobra.Command, c api.Consequences) error {
	if len(c.Changes) == 0 && c.Complete {
		return say(cmd, "nobody would gain or lose anything")
	}
	var rows [][]string
	for _, x := range c.Changes {
		if len(x.Lost) > 0 {
			rows = append(rows, []string{"lose", several(x.Subjects), several(x.Objects), strings.Join(x.Lost, ", ")})
		}
		if len(x.Gained) > 0 {
			rows = append(rows, []string{"gain", several(x.Subjects), several(x.Objects), strings.Join(x.Gained, ", ")})
		}
	}
	if err := printTable(cmd, []string{"", "WHO", "ON", "WHAT"}, rows); err != nil {
		return err
	}
	incomplete := ""
	if !c.Complete {
		incomplete = "; more may be concerned than were asked about"
	}
	_, err := fmt.Fprintf(cmd.ErrOrStderr(), "subjects: %d; objects: %d; changes shown: %d of %d%s\n", c.Subjects, c.Objects, len(c.Changes), c.Total, incomplete)
	return err
}

// several names the first of some subjects or objects, and says how many more there are.
func several(s api.Several) string {
	out := things(s.First)
	if rest := s.Total - len(s.First); rest > 0 {
		out = append(out, fmt.Sprintf("%d more", rest))
	}
	return strings.Join(out, ", ")
}
