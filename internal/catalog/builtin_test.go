package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestTheBuiltinSiteAdminStays: whoever runs the service cannot be locked out by somebody whom he has let in.
func TestTheBuiltinSiteAdminStays(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	person := func(name string, admin bool) catalog.User {
		u, err := b.CreateUser(ctx, b.Admin, name, "")
		if err == nil && admin {
			_, err = b.SetSiteAdmin(ctx, b.Admin, u.ID, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	second := testkit.PrincipalOf(person("second", true))
	act := func(a catalog.UserAction) func(id string) error {
		return func(id string) error { _, _, err := b.ActOnUser(ctx, second, id, a); return err }
	}
	ways := map[string]func(id string) error{
		"suspend":        act(catalog.UserSuspend),
		"suspend simply": func(id string) error { _, err := b.SuspendUser(ctx, second, id, true); return err },
		"demote":         act(catalog.UserRevokeAdmin),
		"demote simply":  func(id string) error { _, err := b.SetSiteAdmin(ctx, second, id, false); return err },
		"delete":         func(id string) error { _, err := b.DeleteUser(ctx, second, id); return err },
		"import a change": func(id string) error {
			_, err := b.Import(ctx, second, func(ctx context.Context, c *catalog.Change) error { return c.Suspend(ctx, id) })
			return err
		},
	}
	for way, do := range ways {
		if err := do(b.Admin.Subject.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s the built-in site admin: %v", way, err)
		}
		if err := do(person(strings.ReplaceAll(way, " ", "-"), true).ID); err != nil {
			t.Errorf("%s another: %v", way, err)
		}
	}
	u, err := b.Store.User(ctx, b.Admin.Subject.ID)
	if err != nil || !u.SiteAdmin || u.Suspended {
		t.Fatalf("after all of it: %+v, %v", u, err)
	}
	if err := b.Administers(ctx, b.Admin); err != nil {
		t.Errorf("he administers: %v", err)
	}

	// A catalog in which an earlier version let him be suspended.
	u.Suspended = true
	if err := b.Store.UpdateUser(ctx, u); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Reconcile(ctx, second, false); err != nil {
		t.Fatal(err)
	}
	if err := b.Administers(ctx, b.Admin); !fault.Is(err, fault.Denied) {
		t.Fatalf("suspended he administers: %v", err)
	}
	if after, err := b.Bootstrap(ctx, nil, nil); err != nil || after.ID != u.ID {
		t.Fatalf("the next start: %+v, %v", after, err)
	}
	if err := b.Administers(ctx, b.Admin); err != nil {
		t.Errorf("after the next start he administers: %v", err)
	}
}

// TestSiteAdminsAreForThoseWhoAdminister: whoever manages people ends none of those above him.
func TestSiteAdminsAreForThoseWhoAdminister(t *testing.T) {
	t.Parallel()
	b, store := interposing(t)
	ctx := t.Context()
	var clerk, plain, admin catalog.User
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		for name, into := range map[string]*catalog.User{"clerk": &clerk, "plain": &plain, "admin": &admin} {
			u, err := c.EnsureUser(ctx, name, "")
			if err != nil {
				return err
			}
			*into = u
		}
		r, err := c.CreateRole(ctx, catalog.Role{Name: "people", Permissions: []string{"platform.manage_users"}})
		if err != nil {
			return err
		}
		if err := c.SetSiteAdmin(ctx, admin.ID, true); err != nil {
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeUser, clerk.ID), RoleID: r.ID, Scope: authz.Object{Type: schema.TypePlatform, ID: catalog.PlatformID}})
		return err
	})
	p := testkit.PrincipalOf(clerk)
	ways := []struct {
		what string
		do   func(p catalog.Principal, id string) error
	}{
		{"suspend", func(p catalog.Principal, id string) error {
			_, _, err := b.ActOnUser(ctx, p, id, catalog.UserSuspend)
			return err
		}},
		{"unsuspend", func(p catalog.Principal, id string) error {
			_, _, err := b.ActOnUser(ctx, p, id, catalog.UserUnsuspend)
			return err
		}},
		{"suspend simply", func(p catalog.Principal, id string) error { _, err := b.SuspendUser(ctx, p, id, true); return err }},
		{"unsuspend simply", func(p catalog.Principal, id string) error { _, err := b.SuspendUser(ctx, p, id, false); return err }},
		{"delete", func(p catalog.Principal, id string) error { _, err := b.DeleteUser(ctx, p, id); return err }},
	}
	for _, way := range ways {
		if err := way.do(p, admin.ID); !fault.Is(err, fault.Denied) {
			t.Errorf("%s a site admin: %v", way.what, err)
		}
	}
	if u, err := b.Store.User(ctx, admin.ID); err != nil || u.Suspended {
		t.Errorf("after that: %+v, %v", u, err)
	}
	// Who becomes one between the question and the change.
	store.before = func() {
		if _, err := b.SetSiteAdmin(ctx, b.Admin, plain.ID, true); err != nil {
			t.Error(err)
		}
	}
	if err := ways[0].do(p, plain.ID); !fault.Is(err, fault.Stale) {
		t.Errorf("suspend somebody who becomes a site admin: %v", err)
	}
	if _, err := b.SetSiteAdmin(ctx, b.Admin, plain.ID, false); err != nil {
		t.Fatal(err)
	}
	for _, way := range ways {
		if err := way.do(p, plain.ID); err != nil {
			t.Errorf("%s anybody else: %v", way.what, err)
		}
		if err := way.do(b.Admin, admin.ID); err != nil {
			t.Errorf("%s a site admin, by another: %v", way.what, err)
		}
	}
}

// TestWhoComesIntoATeamMeanwhile: nobody is taken out of a team that the remover was not asked about.
func TestWhoComesIntoATeamMeanwhile(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	s := &interposed{Store: v.Store}
	v.Bench = testkit.ServiceWith(t, testkit.Config(t), catalog.Deps{Store: s, Engine: v.Engine})
	ctx, clerk, member := t.Context(), v.people["clerk"], v.people["member"].Subject.ID
	join := func(team string) func() {
		return func() {
			change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
				return c.AddTeamMember(ctx, v.teams[team].ID, member, false)
			})
		}
	}
	for _, team := range []string{"shadows", "writers"} {
		s.before = join(team)
		if _, err := v.RemoveMember(ctx, clerk, v.acme.ID, member); !fault.Is(err, fault.Stale) {
			t.Errorf("he comes into %s meanwhile: %v", team, err)
		}
		if team == "shadows" {
			if _, err := v.RemoveMember(ctx, clerk, v.acme.ID, member); !fault.Is(err, fault.Denied) {
				t.Errorf("asked again, in a team that the clerk does not see: %v", err)
			}
			change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
				return c.RemoveTeamMember(ctx, v.teams[team].ID, member)
			})
		}
	}
	s.before = func() { // he leaves one, which takes nothing from anybody
		change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
			return c.RemoveTeamMember(ctx, v.teams["writers"].ID, member)
		})
	}
	if _, err := v.RemoveMember(ctx, clerk, v.acme.ID, member); err != nil {
		t.Errorf("asked again: %v", err)
	}
}
