package directory

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// unlink ends links that no rule makes any more.
func (a *application) unlink(ctx context.Context) error { return a.links(ctx, OpDelete) }

// link makes the links of rules.
func (a *application) link(ctx context.Context) error { return a.links(ctx, OpCreate) }

func (a *application) links(ctx context.Context, op Op) error {
	var wanted []LinkChange
	for _, l := range a.plan.Links {
		if l.Op == op {
			wanted = append(wanted, l)
		}
	}
	one := func(LinkChange) int { return 1 }
	do := func(ctx context.Context, h *hand, part []LinkChange) error { return h.links(ctx, part) }
	return batches(ctx, a, wanted, maxLinks, one, do, skippedLink)
}

func skippedLink(l LinkChange, reason string) Skip {
	name := l.Organization + "/" + l.Team
	if l.SiteAdmins {
		name = "site admins"
	}
	return Skip{What: "link", ID: l.GroupExternalID, Name: name, Op: l.Op, Reason: reason}
}

// links does some changes of links.
func (h *hand) links(ctx context.Context, part []LinkChange) error {
	for _, l := range part {
		do := h.linkUp
		if l.Op == OpDelete {
			do = h.linkOff
		}
		if err := do(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

func (h *hand) linkUp(ctx context.Context, l LinkChange) error {
	g, err := h.c.GroupByExternalID(ctx, h.feed.Name, l.GroupExternalID)
	if fault.Is(err, fault.NotFound) || err == nil && !g.GoneAt.IsZero() {
		return h.skip(skippedLink(l, "the group is not there"))
	}
	if err != nil {
		return err
	}
	h.counts["links.create"]++
	if l.SiteAdmins {
		_, err := h.c.AppointByRule(ctx, g.ID, l.Rule)
		return err
	}
	t, err := h.team(ctx, l)
	if err != nil {
		return err
	}
	have, err := h.c.GroupLinks(ctx, catalog.GroupLinkFilter{GroupIDs: []string{g.ID}, TeamIDs: []string{t.ID}})
	if err != nil || len(have) > 0 {
		return err // somebody has linked them already
	}
	_, err = h.c.LinkByRule(ctx, g.ID, t.ID, l.Rule)
	return err
}

// team returns the team of a link, which the rule may make. No rule makes an organization.
func (h *hand) team(ctx context.Context, l LinkChange) (catalog.Team, error) {
	o, err := h.c.OrganizationByName(ctx, l.Organization)
	if err != nil {
		return catalog.Team{}, err
	}
	t, err := h.c.TeamByName(ctx, o.ID, l.Team)
	if fault.Is(err, fault.NotFound) && l.CreateTeam {
		return h.c.CreateTeam(ctx, catalog.Team{OrganizationID: o.ID, Name: l.Team, Visibility: catalog.VisibilitySecret})
	}
	return t, err
}

func (h *hand) linkOff(ctx context.Context, l LinkChange) error {
	g, err := h.c.GroupByExternalID(ctx, h.feed.Name, l.GroupExternalID)
	if fault.Is(err, fault.NotFound) {
		return nil // and its links with it
	}
	if err != nil {
		return err
	}
	if l.SiteAdmins {
		h.taken.Links += l.People
		h.counts["links.delete"]++
		return h.c.DismissByRule(ctx, g.ID, l.Rule)
	}
	have, err := h.c.GroupLinks(ctx, catalog.GroupLinkFilter{IDs: []string{l.LinkID}})
	if err != nil || len(have) == 0 {
		return err
	}
	if have[0].Rule != l.Rule || have[0].Paused {
		return h.skip(skippedLink(l, "somebody has changed the link since"))
	}
	h.taken.Links += l.People
	h.counts["links.delete"]++
	return h.c.UnlinkGroup(ctx, have[0])
}
