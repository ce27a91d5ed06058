package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// holds gives somebody permissions at a scope by a role of his own.
func (h *hamlet) holds(ctx context.Context, c *catalog.Change, holder, scope authz.Object, permissions ...schema.Permission) error {
	texts := make([]string, len(permissions))
	for i, p := range permissions {
		texts[i] = string(p)
	}
	role, err := c.CreateRole(ctx, catalog.Role{OrganizationID: h.org.ID, Permissions: texts})
	if err == nil {
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: holder, RoleID: role.ID, Scope: scope})
	}
	return err
}

// rowOf returns the only row of a name at a scope.
func (h *hamlet) rowOf(t *testing.T, scope authz.Object, name string) catalog.TerrakubeAccess {
	t.Helper()
	rows, err := h.ListTerrakubeAccess(t.Context(), h.Admin, scope)
	if err != nil {
		t.Fatal(err)
	}
	var found []catalog.TerrakubeAccess
	for _, r := range rows {
		if r.Name == name {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d rows are called %s", len(found), name)
	}
	return found[0]
}

func renamed(to string) func(string, catalog.TerrakubeRights) (string, catalog.TerrakubeRights) {
	return func(_ string, r catalog.TerrakubeRights) (string, catalog.TerrakubeRights) { return to, r }
}

// TestARowIsHandedOnByWhoeverHoldsAllOfIt: what Terrakube's booleans do not say is given to the new name as well.
func TestARowIsHandedOnByWhoeverHoldsAllOfIt(t *testing.T) {
	t.Parallel()
	shown := []schema.Permission{schema.WorkspaceRead, schema.WorkspaceReadRun, schema.WorkspaceReadVariable, schema.WorkspaceQueuePlan, schema.WorkspaceManageAccess}
	hidden := schema.WorkspaceManageRunTasks
	h := newHamlet(t)
	ctx := t.Context()
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		u, err := c.EnsureUser(ctx, "whole", "")
		if err != nil {
			return err
		}
		h.people["whole"] = testkit.PrincipalOf(u)
		if err := h.holds(ctx, c, h.people["bob"].Subject, h.prod, shown...); err != nil {
			return err
		}
		if err := h.holds(ctx, c, h.people["whole"].Subject, h.prod, append(shown, hidden)...); err != nil {
			return err
		}
		return h.holds(ctx, c, ref(schema.TypeGroup, h.outer.ID), h.prod, shown[0], shown[1], shown[2], hidden)
	})
	row := h.rowOf(t, h.prod, "outer")
	rename := func(who, to string) error {
		_, err := h.ChangeTerrakubeAccess(ctx, h.people[who], h.prod, row.ID, renamed(to))
		return err
	}
	if err := rename("bob", "inner"); !fault.Is(err, fault.Denied) {
		t.Errorf("who holds what the row shows hands on what it holds: %v", err)
	}
	custom := "custom"
	planned := func(name string, _ catalog.TerrakubeRights) (string, catalog.TerrakubeRights) {
		return name, catalog.TerrakubeRights{Role: &custom, Flags: map[string]bool{"planJob": true}}
	}
	if _, err := h.ChangeTerrakubeAccess(ctx, h.people["bob"], h.prod, row.ID, planned); !fault.Is(err, fault.Denied) {
		t.Errorf("who may not cancel runs lets others do it: %v", err)
	}
	none := func(name string, r catalog.TerrakubeRights) (string, catalog.TerrakubeRights) { return name, r }
	if _, err := h.ChangeTerrakubeAccess(ctx, h.people["bob"], h.prod, row.ID, none); err != nil {
		t.Errorf("the row stays where it is: %v", err)
	}
	if err := rename("whole", "inner"); err != nil {
		t.Errorf("who holds all of it hands it on: %v", err)
	}
	if err := rename("owner", "outer"); err != nil {
		t.Errorf("an owner: %v", err)
	}
	// Between the question and the change the row comes to give more than was asked about.
	_, err := h.ChangeTerrakubeAccess(ctx, h.people["whole"], h.prod, row.ID, func(_ string, r catalog.TerrakubeRights) (string, catalog.TerrakubeRights) {
		change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
			g, err := c.Grant(ctx, row.ID)
			if err != nil {
				return err
			}
			role, err := c.Role(ctx, g.RoleID)
			if err != nil {
				return err
			}
			role.Permissions = append(role.Permissions, string(schema.WorkspaceManageRunTriggers))
			return c.ChangeRole(ctx, role)
		})
		return "inner", r
	})
	if !fault.Is(err, fault.Stale) {
		t.Errorf("more is handed on than was asked about: %v", err)
	}
}

// TestWhoHoldsARowOfAName: a team that has the name and is linked to a group that has it, else the group itself.
func TestWhoHoldsARowOfAName(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	group := func(ctx context.Context, c *catalog.Change, name string, teams ...string) error {
		g, err := c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: "of " + name, DisplayName: name})
		for _, id := range teams {
			if err == nil {
				_, err = c.LinkGroup(ctx, g.ID, id)
			}
		}
		return err
	}
	team := func(ctx context.Context, c *catalog.Change, name string) (catalog.Team, error) {
		seen := map[bool]catalog.Visibility{true: catalog.VisibilitySecret, false: catalog.VisibilityOrganization}[name == "hidden"]
		return c.CreateTeam(ctx, catalog.Team{OrganizationID: h.org.ID, Name: name, Visibility: seen})
	}
	teams := map[string]catalog.Team{}
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		for _, name := range []string{"linked", "alone", "Cased", "hidden"} {
			made, err := team(ctx, c, name)
			if err != nil {
				return err
			}
			teams[name] = made
		}
		for name, to := range map[string][]string{
			"linked": {teams["linked"].ID, h.writers.ID}, "alone": nil, "cased": {teams["Cased"].ID}, "elsewhere": {h.writers.ID},
			"hidden": {teams["hidden"].ID},
			"owners": {h.org.OwnersTeamID}, "chiefs": {h.org.OwnersTeamID},
		} {
			if err := group(ctx, c, name, to...); err != nil {
				return err
			}
		}
		// bob manages access, and does not see the hidden team.
		return h.holds(ctx, c, h.people["bob"].Subject, h.web, schema.WorkspaceManageAccess, schema.WorkspaceRead, schema.WorkspaceReadRun, schema.WorkspaceReadVariable)
	})
	read := "read"
	for _, row := range []struct{ who, name, team string }{
		{"owner", "linked", "linked"},
		{"owner", "hidden", "hidden"},
		{"owner", "alone", ""},     // a team that has the name, and other people
		{"owner", "cased", ""},     // a team that nearly has the name
		{"owner", "elsewhere", ""}, // a team that has people besides
		{"owner", "owners", ""},    // never the owners
		{"owner", "chiefs", ""},
		{"owner", "nowhere", ""}, // a placeholder
	} {
		made, _, err := h.AddTerrakubeAccess(ctx, h.people[row.who], h.prod, row.name, catalog.TerrakubeRights{Role: &read})
		if err != nil {
			t.Errorf("a row for %s: %v", row.name, err)
			continue
		}
		g, err := h.Store.Grant(ctx, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := ref(schema.TypeTeam, teams[row.team].ID)
		if row.team == "" {
			named, err := h.Store.GroupsByName(ctx, row.name)
			if err != nil || len(named) != 1 {
				t.Fatal(named, err)
			}
			want = ref(schema.TypeGroup, named[0].ID)
		}
		if g.Holder != want || made.Name != row.name {
			t.Errorf("the row of %s is held by %s, want %s", row.name, g.Holder, want)
		}
	}
	made, _, err := h.AddTerrakubeAccess(ctx, h.people["bob"], h.web, "hidden", catalog.TerrakubeRights{Role: &read})
	if err != nil {
		t.Fatal(err)
	}
	if g, err := h.Store.Grant(ctx, made.ID); err != nil || g.Holder.Type != schema.TypeGroup {
		t.Errorf("who does not see a team gives to %s, %v", g.Holder, err)
	}
	if _, _, err := h.AddTerrakubeAccess(ctx, h.people["owner"], h.prod, "linked", catalog.TerrakubeRights{Role: &read}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second row: %v", err)
	}
	if d, err := h.Reconcile(ctx, h.Admin, true); err != nil || len(d.Missing)+len(d.Unexpected) > 0 {
		t.Errorf("drift %+v, %v", d, err)
	}
}

// TestARowThatIsMadeTwiceIsAsItWasSent: one that takes the place of an ended one is rehearsed first.
func TestARowThatIsMadeTwiceIsAsItWasSent(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeGroup, h.outer.ID), RoleID: "tfe-read", Scope: h.prod, ExpiresAt: time.Now().Add(time.Minute)})
		return err
	})
	h.ahead.Store(int64(time.Hour))
	first, _, err := h.AddTerrakubeAccess(ctx, h.people["owner"], h.prod, "outer", catalog.TerrakubeRights{})
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := h.AddTerrakubeAccess(ctx, h.people["owner"], h.prod, "inner", catalog.TerrakubeRights{})
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]catalog.Attributes{}
	for name, id := range map[string]string{"outer": first.ID, "inner": second.ID} {
		g, err := h.Store.Grant(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		kept[name] = catalog.Attributes(strings.ReplaceAll(string(g.Attributes), name, "-"))
	}
	if kept["outer"] != kept["inner"] || kept["outer"] == "" {
		t.Errorf("rehearsed first %s, at once %s", kept["outer"], kept["inner"])
	}
}

// TestTheTextOfARoleIsBounded: an unknown role is kept as it was sent, up to 255 characters.
func TestTheTextOfARoleIsBounded(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	owner := h.people["owner"]
	for _, row := range []struct {
		n  int
		ok bool
	}{{255, true}, {256, false}} {
		role := strings.Repeat("ä", row.n)
		r := catalog.TerrakubeRights{Role: &role}
		name := fmt.Sprint("new-", row.n)
		edit := func(catalog.TerrakubeRights) catalog.TerrakubeRights { return r }
		team, _, err := h.CreateTerrakubeTeam(ctx, owner, h.org.ID, "known", catalog.TerrakubeRights{})
		if err != nil {
			t.Fatal(err)
		}
		access, _, err := h.AddTerrakubeAccess(ctx, owner, h.web, "known", catalog.TerrakubeRights{})
		if err != nil {
			t.Fatal(err)
		}
		for what, do := range map[string]func() error{
			"a new team": func() error { _, _, err := h.CreateTerrakubeTeam(ctx, owner, h.org.ID, name, r); return err },
			"a team": func() error {
				_, err := h.UpdateTerrakubeTeam(ctx, owner, team.ID, catalog.TerrakubeTeamChanges{Rights: edit})
				return err
			},
			"a new row": func() error { _, _, err := h.AddTerrakubeAccess(ctx, owner, h.prod, name, r); return err },
			"a row": func() error {
				_, err := h.ChangeTerrakubeAccess(ctx, owner, h.web, access.ID, func(name string, _ catalog.TerrakubeRights) (string, catalog.TerrakubeRights) { return name, r })
				return err
			},
		} {
			err := do()
			refused, _ := errors.AsType[*fault.Error](err)
			if (err == nil) != row.ok || !row.ok && (!fault.Is(err, fault.Invalid) || refused.Field != "role") {
				t.Errorf("%s with %d characters: %v", what, row.n, err)
			}
		}
		if row.ok {
			change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
				made, err := c.TeamByName(ctx, h.org.ID, name)
				if err == nil {
					err = c.DeleteTeam(ctx, made.ID)
				}
				if err == nil {
					err = c.DeleteTeam(ctx, team.ID)
				}
				return err
			})
		}
	}
}
