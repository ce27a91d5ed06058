package catalog_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// TestAGroupTakesWhatThePlaceholderOfItsNameHolds, on top of what it holds itself: one row of a name at a workspace, and of
// one role the grant that lasts longer.
func TestAGroupTakesWhatThePlaceholderOfItsNameHolds(t *testing.T) {
	t.Parallel()
	hour, day := time.Now().Add(time.Hour).Truncate(time.Second), time.Now().Add(24*time.Hour).Truncate(time.Second)
	var forGood time.Time
	type held struct {
		role string
		end  time.Time
	}
	const lockers, tasks, both = "lockers", "tasks", "both" // sets of permissions of which none has the other
	for _, row := range []struct {
		what             string
		organization     bool // the grants are at the organization
		mine, more, want []held
	}{
		{"nothing of its own", false, nil, []held{{"tfe-read", hour}}, []held{{"tfe-read", hour}}},
		{"the same, its own for good", false, []held{{"tfe-read", forGood}}, []held{{"tfe-read", hour}}, []held{{"tfe-read", forGood}}},
		{"the same, its own for a time", false, []held{{"tfe-read", hour}}, []held{{"tfe-read", forGood}}, []held{{"tfe-read", forGood}}},
		{"the same, its own for longer", false, []held{{"tfe-read", day}}, []held{{"tfe-read", hour}}, []held{{"tfe-read", day}}},
		{"the same, its own for shorter", false, []held{{"tfe-read", hour}}, []held{{"tfe-read", day}}, []held{{"tfe-read", day}}},
		{"a higher one", false, []held{{"tfe-read", forGood}}, []held{{"tfe-write", forGood}}, []held{{"tfe-write", forGood}}},
		{"a lower one", false, []held{{"tfe-write", forGood}}, []held{{"tfe-read", forGood}}, []held{{"tfe-write", forGood}}},
		{"a higher one for a time", false, []held{{"tfe-read", forGood}}, []held{{"tfe-admin", hour}}, []held{{"tfe-read", forGood}}},
		{"another one for as long", false, []held{{lockers, forGood}}, []held{{tasks, forGood}}, []held{{both, forGood}}},
		{"the same at an organization", true, []held{{"tfe-read", hour}}, []held{{"tfe-read", day}}, []held{{"tfe-read", day}}},
		{"another one at an organization", true, []held{{"tfe-read", hour}}, []held{{"tfe-write", day}}, []held{{"tfe-read", hour}, {"tfe-write", day}}},
	} {
		t.Run(row.what, func(t *testing.T) {
			t.Parallel()
			h := newHamlet(t)
			ctx := t.Context()
			scope := h.prod
			if row.organization {
				scope = ref(schema.TypeOrganization, h.org.ID)
			}
			var found catalog.Group
			change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
				named, err := c.GroupsNamed(ctx, "devs")
				if err != nil {
					return err
				}
				if found, err = c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: "found", DisplayName: "found"}); err != nil {
					return err
				}
				for holder, all := range map[string][]held{found.ID: row.mine, named[0].ID: row.more} {
					for _, g := range all {
						id, err := h.roleOf(ctx, c, g.role)
						if err != nil {
							return err
						}
						if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeGroup, holder), RoleID: id, Scope: scope, ExpiresAt: g.end}); err != nil {
							return err
						}
					}
				}
				return nil
			})
			change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error { return c.RenameGroup(ctx, found.ID, "devs") })
			grants, err := h.Store.Grants(ctx, catalog.GrantFilter{Scopes: []authz.Object{scope}, Holder: ref(schema.TypeGroup, found.ID)})
			if err != nil {
				t.Fatal(err)
			}
			got := make([]held, len(grants))
			for i, g := range grants {
				got[i] = held{h.roleName(t, g.RoleID), g.ExpiresAt}
			}
			same := func(a held) func(held) bool {
				return func(b held) bool { return a.role == b.role && a.end.Equal(b.end) }
			}
			if len(got) != len(row.want) || slices.ContainsFunc(row.want, func(w held) bool { return !slices.ContainsFunc(got, same(w)) }) {
				t.Errorf("it holds %v, want %v", got, row.want)
			}
			if named, err := h.Store.GroupsByName(ctx, "devs"); err != nil || len(named) != 1 || named[0].ID != found.ID {
				t.Errorf("groups of the name %+v, %v", named, err)
			}
			if d, err := h.Reconcile(ctx, h.Admin, true); err != nil || len(d.Missing)+len(d.Unexpected) > 0 {
				t.Errorf("drift %+v, %v", d, err)
			}
		})
	}
}

// roleOf returns the id of a built-in role, or of a new one of a few permissions.
func (h *hamlet) roleOf(ctx context.Context, c *catalog.Change, name string) (string, error) {
	more := map[string]schema.Permission{"lockers": schema.WorkspaceLock, "tasks": schema.WorkspaceManageRunTasks}[name]
	if more == "" {
		return name, nil
	}
	role, err := c.CreateRole(ctx, catalog.Role{OrganizationID: h.org.ID, Permissions: []string{string(schema.WorkspaceRead), string(more)}})
	return role.ID, err
}

// roleName is the other way round.
func (h *hamlet) roleName(t *testing.T, id string) string {
	t.Helper()
	if _, builtin := schema.BuiltinRole(id); builtin {
		return id
	}
	role, err := h.Store.Role(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	locks, tasks := slices.Contains(role.Permissions, string(schema.WorkspaceLock)), slices.Contains(role.Permissions, string(schema.WorkspaceManageRunTasks))
	return map[[2]bool]string{{true, false}: "lockers", {false, true}: "tasks", {true, true}: "both"}[[2]bool{locks, tasks}]
}
