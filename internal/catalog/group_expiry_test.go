package catalog_test

import (
	"context"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestAMembershipThatEndsIsRefusedAtOnce: at its end, whatever was asked before, and of several ends the latest counts.
func TestAMembershipThatEndsIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	o, people := ownedBy(t, b, "acme", "ann", "short", "twice", "long")
	var w catalog.Workspace
	// Engines keep ends to the second, and the catalog to the microsecond.
	end := time.Now().Truncate(time.Second).Add(3 * time.Second)
	change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
		if w, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, Name: "prod"}); err != nil {
			return err
		}
		team, err := c.CreateTeam(ctx, catalog.Team{OrganizationID: o.ID, Name: "devs", Visibility: catalog.VisibilitySecret})
		if err != nil {
			return err
		}
		for i, name := range []string{"one", "two"} {
			g, err := c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: name, DisplayName: name})
			if err != nil {
				return err
			}
			members := []catalog.GroupMember{{UserID: people[1].ID, ExpiresAt: end}, {UserID: people[2].ID, ExpiresAt: end}, {UserID: people[3].ID}}
			if i == 1 {
				members = []catalog.GroupMember{{UserID: people[2].ID, ExpiresAt: end.Add(time.Hour)}, {UserID: people[3].ID, ExpiresAt: end}}
			}
			if err := c.FillGroup(ctx, g.ID, members, nil); err != nil {
				return err
			}
			if _, err := c.LinkGroup(ctx, g.ID, team.ID); err != nil {
				return err
			}
		}
		for _, u := range people[1:] { // of owners of the organization there is another
			if err := c.RemoveTeamMember(ctx, o.OwnersTeamID, u.ID); err != nil {
				return err
			}
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeTeam, team.ID), RoleID: "tfe-write", Scope: ref(schema.TypeWorkspace, w.ID)})
		return err
	})
	may := func(i int) bool {
		return allows(t, b, ref(schema.TypeUser, people[i].ID), schema.WorkspaceApplyRun, ref(schema.TypeWorkspace, w.ID))
	}
	for i := 1; i < 4; i++ {
		if !may(i) && time.Now().Before(end) {
			t.Fatalf("%s may not before the end", people[i].Username)
		}
	}
	time.Sleep(time.Until(end.Add(100 * time.Millisecond)))
	if may(1) {
		t.Error("who is in a group no more may 100 ms after the end")
	}
	if !may(2) || !may(3) {
		t.Error("who is in another group for longer may not")
	}
	noDrift(t, b)
}

// TestEndedMembershipsAreRemoved: the worker takes them out of the catalog and ends the tokens that their people made of the
// group; what goes on stays.
func TestEndedMembershipsAreRemoved(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	bob, cid := h.people["bob"], h.people["cid"]
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		return c.FillGroup(ctx, h.outer.ID, []catalog.GroupMember{
			{UserID: bob.Subject.ID, ExpiresAt: time.Now().Add(time.Hour)}, {UserID: cid.Subject.ID, ExpiresAt: time.Now().Add(9 * time.Hour)},
		}, nil)
	})
	for _, p := range []catalog.Principal{bob, cid} {
		if _, _, err := h.IssueGroupToken(ctx, p, "outer", catalog.SignedTerms{Endless: true}); err != nil {
			t.Fatal(err)
		}
	}
	h.ahead.Store(int64(2 * time.Hour))
	working, stop := context.WithCancel(ctx)
	defer stop()
	go h.Work(working, 10*time.Millisecond, func(int) {})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		left, err := h.Store.GroupMembers(ctx, catalog.GroupMemberFilter{GroupIDs: []string{h.outer.ID}})
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 1 && left[0].UserID == cid.Subject.ID {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("in the group are %v", left)
		}
	}
	tokens, err := h.Store.Tokens(ctx, catalog.TokenFilter{Kind: catalog.TokenGroup})
	if err != nil || len(tokens) != 1 || tokens[0].Creator() != cid.Subject {
		t.Errorf("tokens of the group: %+v, %v", tokens, err)
	}
	events, err := h.Store.AuditEvents(ctx, catalog.AuditFilter{Object: ref(schema.TypeGroup, h.outer.ID), Actions: []string{"group.fill"}, Limit: 1})
	if err != nil || len(events) != 1 || events[0].Actor != (authz.Object{Type: "system", ID: "expiry"}) {
		t.Errorf("the event of it: %+v, %v", events, err)
	}
	stop()
	noDrift(t, h.Bench)
}
