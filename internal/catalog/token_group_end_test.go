package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// TestATokenOfAGroupEndsWhenItsMakerLeaves lists the ways to leave a group, and what is none: ann made a token of the inner
// group that she is in and one of the outer group around it, bob one of the inner group, and the site admin, who is in
// neither, one of each.
func TestATokenOfAGroupEndsWhenItsMakerLeaves(t *testing.T) {
	t.Parallel()
	all := []string{"ann inner", "ann outer", "bob inner", "site-admin inner", "site-admin outer"}
	for _, row := range []struct {
		what string
		do   func(ctx context.Context, c *catalog.Change, h *hamlet, ann, bob string) error
		left []string
	}{
		{"she leaves the inner group", func(ctx context.Context, c *catalog.Change, h *hamlet, ann, _ string) error {
			return c.RemoveGroupMember(ctx, h.inner.ID, ann)
		}, all[2:]},
		{"she is taken out with others", func(ctx context.Context, c *catalog.Change, h *hamlet, ann, _ string) error {
			return c.FillGroup(ctx, h.inner.ID, nil, []string{ann, h.people["owner"].Subject.ID})
		}, all[2:]},
		{"she is taken out and put in at once", func(ctx context.Context, c *catalog.Change, h *hamlet, ann, _ string) error {
			return c.FillGroup(ctx, h.inner.ID, []catalog.GroupMember{{UserID: ann}}, []string{ann})
		}, all},
		{"the groups are taken apart with others", func(ctx context.Context, c *catalog.Change, h *hamlet, _, _ string) error {
			return c.NestGroups(ctx, h.outer.ID, nil, []string{h.inner.ID, "grp-none"})
		}, []string{all[0], all[2], all[3], all[4]}},
		{"the inner group is retired", func(ctx context.Context, c *catalog.Change, h *hamlet, _, _ string) error {
			return c.RetireGroup(ctx, h.inner.ID)
		}, all[3:]},
		{"somebody else leaves it", func(ctx context.Context, c *catalog.Change, h *hamlet, _, bob string) error {
			return c.RemoveGroupMember(ctx, h.inner.ID, bob)
		}, []string{all[0], all[1], all[3], all[4]}},
		{"she leaves it and is back", func(ctx context.Context, c *catalog.Change, h *hamlet, ann, _ string) error {
			if err := c.RemoveGroupMember(ctx, h.inner.ID, ann); err != nil {
				return err
			}
			return c.AddGroupMember(ctx, h.inner.ID, ann)
		}, all},
		{"she changes from the inner group to the outer one", func(ctx context.Context, c *catalog.Change, h *hamlet, ann, _ string) error {
			if err := c.AddGroupMember(ctx, h.outer.ID, ann); err != nil {
				return err
			}
			return c.RemoveGroupMember(ctx, h.inner.ID, ann)
		}, all[1:]},
		{"the groups are taken apart", func(ctx context.Context, c *catalog.Change, h *hamlet, _, _ string) error {
			return c.Unnest(ctx, h.outer.ID, h.inner.ID)
		}, []string{all[0], all[2], all[3], all[4]}},
		{"the groups are nested anew", func(ctx context.Context, c *catalog.Change, h *hamlet, _, _ string) error {
			if err := c.Unnest(ctx, h.outer.ID, h.inner.ID); err != nil {
				return err
			}
			return c.Nest(ctx, h.outer.ID, h.inner.ID)
		}, all},
		{"the inner group is deleted", func(ctx context.Context, c *catalog.Change, h *hamlet, _, _ string) error {
			return c.RemoveGroup(ctx, h.inner.ID)
		}, all[4:]},
		{"the outer group is deleted", func(ctx context.Context, c *catalog.Change, h *hamlet, _, _ string) error {
			return c.RemoveGroup(ctx, h.outer.ID)
		}, []string{all[0], all[2], all[3]}},
		{"a group around both is deleted", func(ctx context.Context, c *catalog.Change, h *hamlet, _, _ string) error {
			g, err := c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: "whole", DisplayName: "whole"})
			if err == nil {
				err = c.Nest(ctx, g.ID, h.outer.ID)
			}
			if err == nil {
				err = c.RemoveGroup(ctx, g.ID)
			}
			return err
		}, all},
		{"she is suspended", func(ctx context.Context, c *catalog.Change, _ *hamlet, ann, _ string) error {
			return c.Suspend(ctx, ann)
		}, all[2:]},
		{"she is deleted", func(ctx context.Context, c *catalog.Change, _ *hamlet, ann, _ string) error {
			return c.RemoveUser(ctx, ann)
		}, all[2:]},
		{"somebody else is suspended", func(ctx context.Context, c *catalog.Change, _ *hamlet, _, bob string) error {
			return c.Suspend(ctx, bob)
		}, []string{all[0], all[1], all[3], all[4]}},
	} {
		t.Run(row.what, func(t *testing.T) {
			t.Parallel()
			h := newHamlet(t)
			ctx := t.Context()
			ann, bob := h.people["ann"].Subject.ID, h.people["bob"].Subject.ID
			change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error { return c.AddGroupMember(ctx, h.inner.ID, bob) })
			made, bots := map[string]catalog.IssuedToken{}, map[string]catalog.Principal{}
			for _, name := range all {
				who, group, _ := strings.Cut(name, " ")
				issued, _, err := h.IssueGroupToken(ctx, h.people[who], group, catalog.SignedTerms{})
				if err != nil {
					t.Fatal(err)
				}
				made[name] = issued
				if bots[name], err = h.enter(ctx, issued.Secret); err != nil {
					t.Fatal(err)
				}
			}
			change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error { return row.do(ctx, c, h, ann, bob) })
			want := map[string]bool{}
			for _, name := range row.left {
				want[name] = true
			}
			for name, token := range made {
				_, err := h.enter(ctx, token.Secret)
				if (err == nil) != want[name] || !want[name] && !fault.Is(err, fault.Unauthenticated) {
					t.Errorf("the token %s enters: %v, want %t", name, err, want[name])
				}
				if prod, web, _ := h.may(t, bots[name]); !want[name] && (prod || web) {
					t.Errorf("the token %s still holds something", name)
				}
			}
			events, err := h.AuditEvents(ctx, h.Admin, catalog.AuditFilter{Actions: []string{"token.delete"}})
			if err != nil || len(events) != len(all)-len(row.left) {
				t.Errorf("%d ends are recorded, want %d, %v", len(events), len(all)-len(row.left), err)
			}
			if d, err := h.Reconcile(ctx, h.Admin, true); err != nil || len(d.Missing)+len(d.Unexpected) > 0 {
				t.Errorf("drift %+v, %v", d, err)
			}
		})
	}
}

// TestATokenIsMadeByWhoeverIsStillInTheGroup: what the engine said counts no more when the change begins without it.
func TestATokenIsMadeByWhoeverIsStillInTheGroup(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	ann := h.people["ann"].Subject.ID
	make1 := func() error {
		_, _, err := h.IssueGroupToken(ctx, h.people["ann"], "outer", catalog.SignedTerms{})
		return err
	}
	if err := make1(); err != nil {
		t.Fatal(err)
	}
	// The catalog alone is changed, so that the engine is behind it.
	if err := h.Store.DeleteGroupMembers(ctx, h.inner.ID, ann); err != nil {
		t.Fatal(err)
	}
	if err := make1(); !fault.Is(err, fault.Stale) {
		t.Errorf("who has left makes a token: %v", err)
	}
	tokens, err := h.Store.Tokens(ctx, catalog.TokenFilter{Kind: catalog.TokenGroup})
	if err != nil || len(tokens) != 1 {
		t.Errorf("%d tokens, %v", len(tokens), err)
	}
}
