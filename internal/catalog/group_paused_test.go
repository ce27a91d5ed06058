package catalog_test

import (
	"context"
	"slices"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestARenameKeepsAPausedLink and whom it keeps, and ends one that is not paused; the name stays the team's in both cases.
func TestARenameKeepsAPausedLink(t *testing.T) {
	t.Parallel()
	for _, paused := range []bool{false, true} {
		t.Run(map[bool]string{false: "linked", true: "paused"}[paused], func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, "")
			ctx := t.Context()
			trusting(t, w.Bench, "corp", catalog.TrustTeams)
			w.brings(t, "1", "devs")
			g, err := w.Store.GroupByExternalID(ctx, "corp", "1")
			if err != nil {
				t.Fatal(err)
			}
			links := func() []catalog.GroupLink {
				t.Helper()
				out, err := w.Store.GroupLinks(ctx, catalog.GroupLinkFilter{GroupIDs: []string{g.ID}})
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			before := links()
			if len(before) != 1 || !w.inTeam(t) {
				t.Fatal(before)
			}
			if paused {
				if _, _, err := w.PauseLink(ctx, w.Admin, before[0].ID); err != nil {
					t.Fatal(err)
				}
				before = links()
			}
			w.renames(t, "1", "1")
			kept, err := w.Store.LinkMembers(ctx, before[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := links(); paused != slices.Equal(got, before) || paused != (len(kept) == 1) || w.inTeam(t) != paused {
				t.Errorf("the links were %v and are %v, keeping %v", before, got, kept)
			}
			noDrift(t, w.Bench)
			w.brings(t, "2", "devs")
			g2, err := w.Store.GroupByExternalID(ctx, "corp", "2")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := w.Store.GroupLinks(ctx, catalog.GroupLinkFilter{GroupIDs: []string{g2.ID}}); err != nil || len(got) != 1 || got[0].TeamID != w.team.ID {
				t.Errorf("the next group of the name is linked by %v, %v", got, err)
			}
			if paused { // nothing of this ends what a person or the trust ends
				trusting(t, w.Bench, "corp", catalog.TrustNone)
				if _, err := w.UnlinkGroup(ctx, w.Admin, before[0]); err != nil {
					t.Fatal(err)
				}
				if left, err := w.Store.LinkMembers(ctx, before[0].ID); err != nil || len(left)+len(links()) > 0 {
					t.Errorf("an ended link keeps %v, %v", left, err)
				}
			}
			noDrift(t, w.Bench)
		})
	}
}

// TestPausedGroupsStandInNobodysWay: who is released leaves the others, again and again, and a group that is gone has nobody
// in it, whatever is around it.
func TestPausedGroupsStandInNobodysWay(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	trusting(t, b, "corp", catalog.TrustTeams)
	fay := bring(t, b, catalog.PersonWord{Source: "corp", ExternalID: "fay", Username: "fay", Active: true}, fault.Internal)
	gil := bring(t, b, catalog.PersonWord{Source: "corp", ExternalID: "gil", Username: "gil", Active: true}, fault.Internal)
	groups := map[string]catalog.Group{}
	do := func(fn func(ctx context.Context, c *catalog.Change) error) {
		t.Helper()
		if err := synced(t, b, corp(), fn); err != nil {
			t.Error(err)
		}
	}
	do(func(ctx context.Context, c *catalog.Change) error {
		for _, name := range []string{"open", "paused", "parent", "beside", "child"} {
			g, err := c.CreateGroup(ctx, catalog.Group{Source: "corp", ExternalID: name, DisplayName: name})
			if err != nil {
				return err
			}
			groups[name] = g
			if err := c.FillGroup(ctx, g.ID, []catalog.GroupMember{{UserID: fay.UserID}, {UserID: gil.UserID}}, nil); err != nil {
				return err
			}
		}
		for _, parent := range []string{"parent", "beside"} {
			if err := c.NestGroups(ctx, groups[parent].ID, []string{groups["child"].ID}, nil); err != nil {
				return err
			}
		}
		_, err := c.DeactivatePerson(ctx, "corp", "fay", true)
		return err
	})
	for _, name := range []string{"paused", "parent"} {
		if _, _, err := b.PauseGroup(ctx, b.Admin, groups[name].ID); err != nil {
			t.Fatal(err)
		}
	}
	in := func(userID string) (out []string) {
		t.Helper()
		rows, err := b.Store.GroupMembers(ctx, catalog.GroupMemberFilter{UserID: userID})
		if err != nil {
			t.Fatal(err)
		}
		for name, g := range groups {
			if slices.ContainsFunc(rows, func(m catalog.GroupMember) bool { return m.GroupID == g.ID }) {
				out = append(out, name)
			}
		}
		slices.Sort(out)
		return out
	}
	release := func(ctx context.Context, c *catalog.Change) error { return c.ReleasePerson(ctx, "corp", "fay") }
	do(release)
	if got := in(fay.UserID); !slices.Equal(got, []string{"parent", "paused"}) {
		t.Errorf("one who was released is in %v", got)
	}
	do(func(ctx context.Context, c *catalog.Change) error {
		return c.FillGroup(ctx, groups["open"].ID, []catalog.GroupMember{{UserID: fay.UserID}}, nil)
	})
	if _, _, err := b.ResumeGroup(ctx, b.Admin, groups["paused"].ID); err != nil {
		t.Fatal(err)
	}
	do(release)
	if got := in(fay.UserID); !slices.Equal(got, []string{"parent"}) {
		t.Errorf("one who was released again is in %v", got)
	}
	if p, err := b.Store.Person(ctx, "corp", "fay"); err != nil || !p.Released {
		t.Errorf("she is %+v, %v", p, err)
	}
	if got := in(gil.UserID); len(got) != 5 {
		t.Errorf("somebody else is in %v", got)
	}
	do(func(ctx context.Context, c *catalog.Change) error { return c.RetireGroup(ctx, groups["child"].ID) })
	if got := in(gil.UserID); slices.Contains(got, "child") || len(got) != 4 {
		t.Errorf("after a group is gone he is in %v", got)
	}
	nested, err := b.Store.GroupChildren(ctx)
	if err != nil || len(nested) != 1 || nested[0].ParentID != groups["parent"].ID {
		t.Errorf("the group that is gone is in %v, %v", nested, err)
	}
	if err := synced(t, b, corp(), func(ctx context.Context, c *catalog.Change) error { return c.RetireGroup(ctx, groups["parent"].ID) }); !fault.Is(err, fault.Conflict) {
		t.Errorf("a paused group itself: %v", err)
	}
	noDrift(t, b)
}

// TestAGroupWithoutTrustGivesNoToken by its name, neither to who is in it nor to a site admin.
func TestAGroupWithoutTrustGivesNoToken(t *testing.T) {
	t.Parallel()
	for _, trust := range []catalog.NameTrust{catalog.TrustNone, catalog.TrustTeams} {
		h := newHamlet(t)
		ctx := t.Context()
		change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
			return c.EnsureDirectory(ctx, catalog.Directory{Name: "test", Trust: trust})
		})
		for _, who := range []string{"ann", "site-admin"} {
			_, _, err := h.IssueGroupToken(ctx, h.people[who], "inner", catalog.SignedTerms{})
			if trust == catalog.TrustTeams && err != nil || trust == catalog.TrustNone && !fault.Is(err, fault.Denied) {
				t.Errorf("trusted with %s, to %s: %v", trust, who, err)
			}
		}
		if trust == catalog.TrustNone {
			events, err := h.Store.AuditEvents(ctx, catalog.AuditFilter{Limit: 1})
			if err != nil || len(events) != 1 || events[0].Outcome != catalog.OutcomeRefused || events[0].Object != ref(schema.TypeGroup, h.inner.ID) {
				t.Errorf("the refusal leaves %+v, %v", events, err)
			}
		}
	}
}
