package catalog_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TestAPausedLinkKeepsItsPeople: who was in the group stays in the team, who joins does not come into it, and a suspended
// person is out all the same; resuming makes the team follow the group again.
func TestAPausedLinkKeepsItsPeople(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	ann, bob, cid := h.people["ann"].Subject, h.people["bob"].Subject, h.people["cid"].Subject
	inTeam := func(users ...authz.Object) (out []bool) {
		for _, u := range users {
			out = append(out, allows(t, h.Bench, u, schema.TeamMember, ref(schema.TypeTeam, h.writers.ID)))
		}
		return out
	}
	check := func(what string, want ...bool) {
		t.Helper()
		if got := inTeam(ann, bob, cid); !slices.Equal(got, want) {
			t.Errorf("%s: in the team are %v, want %v", what, got, want)
		}
		noDrift(t, h.Bench)
	}
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		return c.FillGroup(ctx, h.outer.ID, []catalog.GroupMember{{UserID: cid.ID, ExpiresAt: time.Now().Add(time.Hour)}}, nil)
	})
	links, err := h.Store.GroupLinks(ctx, catalog.GroupLinkFilter{})
	if err != nil || len(links) != 1 {
		t.Fatal(links, err)
	}
	link := links[0].ID
	if _, _, err := h.PauseLink(ctx, h.people["ann"], link); !fault.Is(err, fault.Denied) {
		t.Errorf("a member pauses the link: %v", err)
	}
	if _, _, err := h.PauseLink(ctx, h.people["owner"], "gl-none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a link that is not there: %v", err)
	}
	check("before that", true, false, true)
	for range 2 { // twice is once
		if l, _, err := h.PauseLink(ctx, h.people["owner"], link); err != nil || !l.Paused {
			t.Fatal(l, err)
		}
	}
	check("paused", true, false, true)
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		if err := c.FillGroup(ctx, h.inner.ID, []catalog.GroupMember{{UserID: bob.ID}}, []string{ann.ID}); err != nil {
			return err
		}
		return c.FillGroup(ctx, h.outer.ID, nil, []string{cid.ID})
	})
	check("the group has changed", true, false, true)
	access, err := h.EffectiveAccess(ctx, h.Admin, catalog.Entity{Type: schema.TypeUser, Ref: ann.ID}, catalog.Entity{Type: schema.TypeWorkspace, Ref: h.prod.ID})
	if err != nil || !slices.ContainsFunc(access.Sources, func(x catalog.Source) bool {
		return slices.ContainsFunc(x.Paths, func(p catalog.Path) bool { return p.LinkID == link })
	}) {
		t.Errorf("where her access comes from: %+v, %v", access.Sources, err)
	}
	if _, err := h.SuspendUser(ctx, h.Admin, ann.ID, true); err != nil {
		t.Fatal(err)
	}
	check("one is suspended", false, false, true)
	if _, err := h.SuspendUser(ctx, h.Admin, ann.ID, false); err != nil {
		t.Fatal(err)
	}
	check("and no more", true, false, true)
	h.ahead.Store(int64(2 * time.Hour))
	if rows, err := h.Store.LinkMembers(ctx, link); err != nil || len(rows) != 2 {
		t.Errorf("it keeps %v, %v", rows, err)
	}
	if _, err := h.Reconcile(ctx, h.Admin, false); err != nil { // this clock is not the engine's
		t.Fatal(err)
	}
	check("the time of one has passed", true, false, false)
	h.ahead.Store(0)
	if _, err := h.ResyncLink(ctx, h.people["ann"], link); !fault.Is(err, fault.Denied) {
		t.Errorf("a member repairs the link: %v", err)
	}
	if _, err := h.ResyncLink(ctx, h.people["owner"], link); err != nil { // cid is due again, and missing
		t.Fatal(err)
	}
	check("repaired", true, false, true)
	if _, _, err := h.ResumeLink(ctx, h.people["bob"], link); !fault.Is(err, fault.Denied) {
		t.Errorf("anybody resumes the link: %v", err)
	}
	if l, _, err := h.ResumeLink(ctx, h.people["owner"], link); err != nil || l.Paused {
		t.Fatal(l, err)
	}
	check("resumed", false, true, false)
	if rows, err := h.Store.LinkMembers(ctx); err != nil || len(rows) != 0 {
		t.Errorf("a resumed link keeps %v, %v", rows, err)
	}
}
