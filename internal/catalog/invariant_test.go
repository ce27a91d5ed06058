package catalog_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// eachSize runs a test at every size there is.
func eachSize(t *testing.T, test func(t *testing.T, b *testkit.Bench)) {
	t.Helper()
	for _, size := range testkit.Sizes() {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			test(t, testkit.Service(t, size))
		})
	}
}

// change makes a change that must succeed.
func change(t *testing.T, b *testkit.Bench, fn func(ctx context.Context, c *catalog.Change) error) {
	t.Helper()
	if _, err := b.Import(t.Context(), b.Admin, fn); err != nil {
		t.Fatal(err)
	}
}

// ownedBy makes an organization with the given owners.
func ownedBy(t *testing.T, b *testkit.Bench, name string, owners ...string) (catalog.Organization, []catalog.User) {
	t.Helper()
	var o catalog.Organization
	var users []catalog.User
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		users = nil
		var ids []string
		for _, n := range owners {
			u, err := c.EnsureUser(ctx, n, "")
			if err != nil {
				return err
			}
			users, ids = append(users, u), append(ids, u.ID)
		}
		var err error
		o, err = c.CreateOrganization(ctx, name, "", ids...)
		return err
	})
	return o, users
}

// TestAnOrganizationKeepsAnOwner has many people take owners away at once, on every path there is; whatever order
// they come in, somebody is left who can act.
func TestAnOrganizationKeepsAnOwner(t *testing.T) {
	t.Parallel()
	eachSize(t, func(t *testing.T, b *testkit.Bench) {
		o, users := ownedBy(t, b, "acme", "o1", "o2", "o3", "o4", "o5", "o6", "o7", "o8")
		paths := []func(ctx context.Context, c *catalog.Change, id string) error{
			func(ctx context.Context, c *catalog.Change, id string) error {
				return c.RemoveTeamMember(ctx, o.OwnersTeamID, id)
			},
			func(ctx context.Context, c *catalog.Change, id string) error { return c.RemoveMember(ctx, o.ID, id) },
			func(ctx context.Context, c *catalog.Change, id string) error { return c.Suspend(ctx, id) },
			func(ctx context.Context, c *catalog.Change, id string) error { return c.RemoveUser(ctx, id) },
		}
		refused := together(t, len(users), func(i int) error {
			_, err := b.Import(t.Context(), b.Admin, func(ctx context.Context, c *catalog.Change) error { return paths[i%len(paths)](ctx, c, users[i].ID) })
			return err
		})
		if refused != 1 {
			t.Errorf("%d removals were refused, want exactly the last one", refused)
		}
		left := ownersOf(t, b, o)
		if len(left) != 1 {
			t.Errorf("owners left who can act: %v, want one", left)
		}
		noDrift(t, b)
	})
}

// together runs n functions at once and returns how many were refused; any error that is no refusal fails the test.
func together(t *testing.T, n int, fn func(i int) error) int {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	refused := 0
	for i := range n {
		wg.Go(func() {
			err := fn(i)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case fault.Is(err, fault.Conflict):
				refused++
			case err != nil:
				t.Errorf("change %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	return refused
}

// ownersOf asks the engine who can update the organization, which owners alone can, beside site admins.
func ownersOf(t *testing.T, b *testkit.Bench, o catalog.Organization) []string {
	t.Helper()
	ids, _, err := b.Engine.Subjects(t.Context(), authz.Object{Type: schema.TypeOrganization, ID: o.ID}, schema.OrganizationUpdate.Name(), schema.TypeUser, authz.Consistency{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, id := range ids {
		if id != b.Admin.Subject.ID {
			out = append(out, id)
		}
	}
	return out
}

func noDrift(t *testing.T, b *testkit.Bench) {
	t.Helper()
	d, err := b.Reconcile(t.Context(), b.Admin, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Missing)+len(d.Unexpected) > 0 {
		t.Errorf("drift: missing %v, unexpected %v", d.Missing, d.Unexpected)
	}
}

func TestTheLastSiteAdminStays(t *testing.T) {
	t.Parallel()
	eachSize(t, func(t *testing.T, b *testkit.Bench) {
		var ids []string
		change(t, b, func(ctx context.Context, c *catalog.Change) error {
			ids = []string{b.Admin.Subject.ID}
			for i := range 5 {
				u, err := c.EnsureUser(ctx, fmt.Sprintf("admin%d", i), "")
				if err != nil {
					return err
				}
				if err := c.SetSiteAdmin(ctx, u.ID, true); err != nil {
					return err
				}
				ids = append(ids, u.ID)
			}
			return nil
		})
		var mu sync.Mutex
		denied := 0
		refused := together(t, len(ids), func(i int) error {
			_, err := b.SetSiteAdmin(t.Context(), b.Admin, ids[i], false)
			if fault.Is(err, fault.Denied) { // the one who asks has lost the right in the meantime
				mu.Lock()
				denied++
				mu.Unlock()
				return nil
			}
			return err
		})
		admins, err := b.Store.Users(t.Context(), catalog.UserFilter{SiteAdmins: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(admins) == 0 || len(admins) != refused+denied {
			t.Errorf("%d site admins left, %d removals refused and %d denied", len(admins), refused, denied)
		}
	})
}

func TestTheOwnersTeamIsStructural(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	o, users := ownedBy(t, b, "acme", "ann")
	owners, err := b.Store.Team(t.Context(), o.OwnersTeamID)
	if err != nil {
		t.Fatal(err)
	}
	renamed, visible := owners, owners
	renamed.Name = "former-owners"
	visible.Visibility = catalog.VisibilityOrganization
	for name, fn := range map[string]func(ctx context.Context, c *catalog.Change) error{
		"it cannot be deleted":                 func(ctx context.Context, c *catalog.Change) error { return c.DeleteTeam(ctx, owners.ID) },
		"it cannot be renamed out of its role": func(ctx context.Context, c *catalog.Change) error { return c.ChangeTeam(ctx, renamed) },
		"it cannot be made visible":            func(ctx context.Context, c *catalog.Change) error { return c.ChangeTeam(ctx, visible) },
		"it cannot be emptied": func(ctx context.Context, c *catalog.Change) error {
			return c.RemoveTeamMember(ctx, owners.ID, users[0].ID)
		},
		"its last member cannot leave": func(ctx context.Context, c *catalog.Change) error { return c.RemoveMember(ctx, o.ID, users[0].ID) },
		"its last member cannot become invited": func(ctx context.Context, c *catalog.Change) error {
			_, err := c.PutMember(ctx, o.ID, users[0].ID, catalog.MembershipInvited)
			return err
		},
		"no second team can take its name": func(ctx context.Context, c *catalog.Change) error {
			_, err := c.CreateTeam(ctx, catalog.Team{OrganizationID: o.ID, Name: "Owners", Visibility: catalog.VisibilitySecret})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.Import(t.Context(), b.Admin, fn)
			if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) {
				t.Errorf("error %v, want a refusal", err)
			}
			if len(ownersOf(t, b, o)) != 1 {
				t.Error("the organization lost its owner")
			}
		})
	}
}

func TestGrantsNeverCrossOrganizations(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	acme, _ := ownedBy(t, b, "acme", "ann")
	other, _ := ownedBy(t, b, "other", "otto")
	var team catalog.Team
	var foreign, own catalog.Workspace
	var role catalog.Role
	change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
		if team, err = c.CreateTeam(ctx, catalog.Team{OrganizationID: acme.ID, Name: "sre", Visibility: catalog.VisibilityOrganization}); err != nil {
			return err
		}
		if foreign, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: other.ID, Name: "prod"}); err != nil {
			return err
		}
		if role, err = c.CreateRole(ctx, catalog.Role{OrganizationID: other.ID, Name: "theirs", Permissions: []string{"workspace.read"}}); err != nil {
			return err
		}
		own, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: acme.ID, Name: "prod"})
		return err
	})
	holder := authz.Object{Type: schema.TypeTeam, ID: team.ID}
	for name, g := range map[string]catalog.Grant{
		"a team on another organization's workspace": {Holder: holder, RoleID: "tfe-read", Scope: authz.Object{Type: schema.TypeWorkspace, ID: foreign.ID}},
		"a team on another organization":             {Holder: holder, RoleID: "hcp-viewer", Scope: authz.Object{Type: schema.TypeOrganization, ID: other.ID}},
		"a team on the platform":                     {Holder: holder, RoleID: "infra0-viewer", Scope: authz.Object{Type: schema.TypePlatform, ID: "main"}},
		"another organization's role":                {Holder: holder, RoleID: role.ID, Scope: authz.Object{Type: schema.TypeWorkspace, ID: own.ID}},
		"a system role by hand":                      {Holder: holder, RoleID: "owner", Scope: authz.Object{Type: schema.TypeOrganization, ID: acme.ID}},
		"a project role on a workspace":              {Holder: holder, RoleID: "tfe-project-admin", Scope: authz.Object{Type: schema.TypeWorkspace, ID: own.ID}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.Import(t.Context(), b.Admin, func(ctx context.Context, c *catalog.Change) error { _, err := c.CreateGrant(ctx, g); return err })
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("error %v, want Invalid", err)
			}
		})
	}
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.CreateGrant(ctx, catalog.Grant{Holder: holder, RoleID: "tfe-read", Scope: authz.Object{Type: schema.TypeWorkspace, ID: own.ID}})
		return err
	})
}
