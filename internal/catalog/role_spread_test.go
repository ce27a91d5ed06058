package catalog_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// counting counts the relationships that are written, by the type of what they are on.
type counting struct {
	authz.Engine

	mu      sync.Mutex
	deletes map[string]int
	touches map[string]int
}

func (c *counting) Write(ctx context.Context, w authz.Write) (authz.Token, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range w.Deletes {
		c.deletes[r.Resource.Type]++
	}
	for _, r := range w.Touches {
		c.touches[r.Resource.Type]++
	}
	return c.Engine.Write(ctx, w)
}

func (c *counting) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deletes, c.touches = map[string]int{}, map[string]int{}
}

// TestARoleIsEditedOncePerHolder has many teams hold a role on many workspaces each, and counts what an edit writes: one
// relationship for each team and permission, and none for any workspace.
func TestARoleIsEditedOncePerHolder(t *testing.T) {
	t.Parallel()
	const teams, workspaces = 12, 60
	cfg := testkit.Sized(t, config.EngineEmbedded)
	engine, seeder, err := app.OpenEngine(t.Context(), cfg, app.EngineDeps{Log: testkit.Quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	counted := &counting{Engine: engine}
	counted.reset()
	b := testkit.ServiceWith(t, cfg, catalog.Deps{Engine: counted, Seeder: seeder})
	o, users := ownedBy(t, b, "acme", "ann")
	var role catalog.Role
	var places []catalog.Workspace
	var bob catalog.User
	change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
		places = nil
		role, err = c.CreateRole(ctx, catalog.Role{OrganizationID: o.ID, Name: "operator", Permissions: []string{"workspace.apply_run", "workspace.lock"}})
		if err != nil {
			return err
		}
		if bob, err = c.EnsureUser(ctx, "bob", ""); err != nil {
			return err
		}
		for i := range workspaces {
			w, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, Name: fmt.Sprintf("ws-%d", i)})
			if err != nil {
				return err
			}
			places = append(places, w)
		}
		for i := range teams {
			team, err := c.CreateTeam(ctx, catalog.Team{OrganizationID: o.ID, Name: fmt.Sprintf("team-%d", i), Visibility: catalog.VisibilityOrganization})
			if err != nil {
				return err
			}
			if err := c.AddTeamMember(ctx, team.ID, bob.ID, false); err != nil {
				return err
			}
			for _, w := range places {
				g := catalog.Grant{Holder: authz.Object{Type: schema.TypeTeam, ID: team.ID}, RoleID: role.ID, Scope: authz.Object{Type: schema.TypeWorkspace, ID: w.ID}}
				if _, err := c.CreateGrant(ctx, g); err != nil {
					return err
				}
			}
		}
		return nil
	})
	owner, member := testkit.PrincipalOf(users[0]), testkit.PrincipalOf(bob)
	locks := func() bool {
		answers, _, err := b.Evaluate(t.Context(), member, []catalog.Ask{{SubjectType: schema.TypeUser, SubjectID: member.Subject.ID, Action: "lock", ResourceType: schema.TypeWorkspace, ResourceID: places[workspaces-1].ID}}, catalog.AskOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return answers[0].Allowed
	}
	edit := func(permissions ...string) {
		counted.reset()
		_, _, err := b.UpdateRole(t.Context(), owner, role.ID, func(r catalog.Role, _ catalog.Home) (catalog.Role, error) {
			r.Permissions = permissions
			return r, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	written := func(what string, deletes, touches int) {
		t.Helper()
		if counted.deletes[schema.TypeBinding] != deletes || counted.touches[schema.TypeBinding] != touches {
			t.Errorf("%s: %d relationships of bindings ended and %d came, want %d and %d", what, counted.deletes[schema.TypeBinding], counted.touches[schema.TypeBinding], deletes, touches)
		}
		for _, elsewhere := range []map[string]int{counted.deletes, counted.touches} {
			for resource, n := range elsewhere {
				if resource != schema.TypeBinding {
					t.Errorf("%s: %d relationships of a %s were written", what, n, resource)
				}
			}
		}
	}
	if !locks() {
		t.Fatal("the role gives nothing")
	}
	edit("workspace.apply_run")
	written("a permission taken out", teams, 0)
	if locks() {
		t.Error("what was taken out of the role is still held")
	}
	edit("workspace.apply_run", "workspace.lock")
	written("a permission put in", 0, teams)
	if !locks() {
		t.Error("what was put into the role is not held")
	}
	edit("workspace.apply_run", "workspace.lock")
	written("nothing changed", 0, 0)
}

// TestEditsOfRolesMeet has somebody change a role between the question whether another may and his own change.
func TestEditsOfRolesMeet(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	var role catalog.Role
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) (err error) {
		role, err = c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Name: "shared", Permissions: []string{"workspace.read"}})
		return err
	})
	// The edit adds what the other put in a moment before, and more: at the first look there was less to ask about.
	runs := 0
	_, _, err := v.UpdateRole(t.Context(), v.people["owner"], role.ID, func(r catalog.Role, _ catalog.Home) (catalog.Role, error) {
		if runs++; runs == 1 {
			return r, nil // nothing to ask about
		}
		r.Permissions = append([]string{"workspace.apply_run"}, r.Permissions...)
		return r, nil
	})
	if !fault.Is(err, fault.Stale) {
		t.Errorf("an edit that became another one: %v, want stale", err)
	}
	// What one changes stays where the other changes something else.
	if _, _, err := v.UpdateRole(t.Context(), v.people["owner"], role.ID, func(r catalog.Role, _ catalog.Home) (catalog.Role, error) {
		r.Description = "words"
		return r, nil
	}); err != nil {
		t.Fatal(err)
	}
	after, _, err := v.UpdateRole(t.Context(), v.people["owner"], role.ID, func(r catalog.Role, _ catalog.Home) (catalog.Role, error) {
		r.ID, r.OrganizationID, r.Permissions = "role-else", "org-else", append(r.Permissions, "workspace.lock") // whose it is stays
		return r, nil
	})
	if err != nil || after.ID != role.ID || after.OrganizationID != v.acme.ID || after.Description != "words" || len(after.Permissions) != 2 {
		t.Errorf("after both: %+v, %v", after, err)
	}
}

// TestDirectoriesKeepTheirGroups changes nobody's place in a group that comes from elsewhere, not even as a site admin.
func TestDirectoriesKeepTheirGroups(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	sent := func() ([]authz.Object, error) { return []authz.Object{v.people["member"].Subject}, nil }
	if v.group.Source == catalog.SourceManual {
		t.Fatal("the village's group is kept by hand")
	}
	if _, err := v.AddGroupMembers(t.Context(), v.Admin, v.group.ID, sent); !fault.Is(err, fault.Conflict) {
		t.Errorf("a person put in: %v, want a conflict", err)
	}
	if _, err := v.RemoveGroupMembers(t.Context(), v.Admin, v.group.ID, sent); !fault.Is(err, fault.Conflict) {
		t.Errorf("a person taken out: %v, want a conflict", err)
	}
	own, _, err := v.CreateManualGroup(t.Context(), v.Admin, func(g catalog.Group, _ catalog.Home) (catalog.Group, error) {
		g.DisplayName, g.Source = "by hand", "ldap" // which it is not
		return g, nil
	})
	if err != nil || own.Source != catalog.SourceManual {
		t.Fatalf("a group kept by hand: %+v, %v", own, err)
	}
	if _, err := v.AddGroupMembers(t.Context(), v.Admin, own.ID, sent); err != nil {
		t.Error(err)
	}
	into := func() ([]authz.Object, error) { return []authz.Object{{Type: schema.TypeGroup, ID: own.ID}}, nil }
	if _, err := v.AddGroupMembers(t.Context(), v.Admin, own.ID, into); !fault.Is(err, fault.Invalid) {
		t.Errorf("a group in itself: %v, want it refused", err)
	}
	if _, err := v.DeleteGroup(t.Context(), v.people["owner"], own.ID); !fault.Is(err, fault.Denied) {
		t.Errorf("an owner deletes a group: %v, want a denial", err)
	}
	if _, err := v.DeleteGroup(t.Context(), v.Admin, v.group.ID); err != nil {
		t.Errorf("the group of a directory that is no more: %v", err)
	}
}
