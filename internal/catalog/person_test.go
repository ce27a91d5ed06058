package catalog_test

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// corp is a directory as changes on its behalf know it.
func corp() catalog.Behalf { return catalog.Behalf{Source: "corp", PlanID: "sync-1", Digest: "abc"} }

// synced makes a change on behalf of a directory, and returns its error.
func synced(t *testing.T, b *testkit.Bench, on catalog.Behalf, fn func(ctx context.Context, c *catalog.Change) error) error {
	t.Helper()
	_, err := b.Sync(t.Context(), b.Admin, on, fn)
	return err
}

func trusting(t *testing.T, b *testkit.Bench, source string, trust catalog.NameTrust) {
	t.Helper()
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		return c.EnsureDirectory(ctx, catalog.Directory{Name: source, Kind: "ldap", Trust: trust})
	})
}

// bring brings somebody to a directory and returns him; the fault must be of a kind, Internal for none.
func bring(t *testing.T, b *testkit.Bench, w catalog.PersonWord, want fault.Kind) catalog.Person {
	t.Helper()
	var p catalog.Person
	err := synced(t, b, catalog.Behalf{Source: w.Source}, func(ctx context.Context, c *catalog.Change) (err error) {
		p, err = c.BringPerson(ctx, w)
		return err
	})
	if err != nil && !fault.Is(err, want) || err == nil && want != fault.Internal {
		t.Errorf("bringing %+v: %v, want %v", w, err, want)
	}
	return p
}

func TestADirectoryBringsPeople(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	trusting(t, b, "corp", catalog.TrustTeams)
	_, owners := ownedBy(t, b, "acme", "ann", "ben")
	const issuer = "https://idp.example"
	w := func(id, name, user string) catalog.PersonWord {
		return catalog.PersonWord{Source: "corp", ExternalID: id, Username: name, UserID: user, Active: true, Email: name + "@corp.example"}
	}
	fay := bring(t, b, w("1", "fay", ""), fault.Internal)
	if u, err := b.Store.User(ctx, fay.UserID); err != nil || u.Username != "fay" || u.Email != "fay@corp.example" || u.Suspended {
		t.Errorf("a new user: %+v, %v", u, err)
	}
	odd := w("2", "Fay Smith/jr", "")
	odd.Email, odd.Active = "", false
	if u, err := b.Store.User(ctx, bring(t, b, odd, fault.Internal).UserID); err != nil || u.Username != "Fay-Smith-jr" || !u.Suspended || u.Email != "Fay-Smith-jr@users.invalid" {
		t.Errorf("a disabled user with an odd name: %+v, %v", u, err)
	}
	bring(t, b, w("1", "other", ""), fault.Conflict)                 // the external id is fay's
	bring(t, b, w("3", "FAY", ""), fault.Conflict)                   // so is the name
	bring(t, b, w("3", "fay", fay.UserID), fault.Conflict)           // who has another external id
	bring(t, b, w("3", "admin", b.Admin.Subject.ID), fault.Conflict) // nobody's
	bring(t, b, w("", "gil", ""), fault.Invalid)                     // by what would he be known
	bring(t, b, w("3", " ", ""), fault.Invalid)                      // or called
	bring(t, b, w("3", "nobody", "user-2222222222222222"), fault.NotFound)
	ann := bring(t, b, w("4", "ann", owners[0].ID), fault.Internal)
	if u, err := b.Store.User(ctx, ann.UserID); err != nil || u.Email != "ann@corp.example" { // hers was a placeholder
		t.Errorf("a linked user: %+v, %v", u, err)
	}
	linked := w("5", "ben", owners[1].ID)
	linked.Issuer = issuer
	bring(t, b, linked, fault.Internal)
	if p, err := b.Login(ctx, catalog.Login{Issuer: issuer, Subject: "5", Username: "whatever"}); err != nil || p.Subject.ID != owners[1].ID {
		t.Errorf("his login is %v, %v", p.Subject, err)
	}
	if _, err := b.Login(ctx, catalog.Login{Issuer: issuer, Subject: "6", Username: "eve"}); err != nil {
		t.Fatal(err)
	}
	taken := w("6", "gil", "")
	taken.Issuer = issuer
	bring(t, b, taken, fault.Conflict) // eve acts by that identity
	if _, err := b.Store.UserByUsername(ctx, "gil"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a conflict left a user behind: %v", err)
	}
	err := synced(t, b, catalog.Behalf{Source: "other"}, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.BringPerson(ctx, w("7", "hal", ""))
		return err
	})
	if !fault.Is(err, fault.Denied) {
		t.Errorf("one directory brought another's person: %v", err)
	}
	noDrift(t, b)
}

func TestADirectoryRenamesPeople(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	trusting(t, b, "corp", catalog.TrustTeams)
	_, owners := ownedBy(t, b, "acme", "ann", "ben")
	word := func(id, name, user string) catalog.PersonWord {
		return catalog.PersonWord{Source: "corp", ExternalID: id, Username: name, Email: name + "@corp.example", UserID: user, Active: true}
	}
	fay := bring(t, b, word("1", "fay", ""), fault.Internal)
	bring(t, b, word("2", "anna", owners[0].ID), fault.Internal)
	boss := bring(t, b, word("3", "ben", owners[1].ID), fault.Internal)
	if _, err := b.SetSiteAdmin(ctx, b.Admin, boss.UserID, true); err != nil {
		t.Fatal(err)
	}
	name := func(id string) string {
		u, err := b.Store.User(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return u.Username + " " + u.Email
	}
	for _, row := range []struct {
		what, id, to, user, want string
		fault                    fault.Kind
	}{
		{"a name that is the directory's", "1", "faye", fay.UserID, "faye faye@corp.example", fault.Internal},
		{"in other letters", "1", "Faye", fay.UserID, "Faye Faye@corp.example", fault.Internal},
		{"somebody else's name", "1", "BEN", fay.UserID, "Faye Faye@corp.example", fault.Conflict},
		{"a name of one's own", "2", "annie", owners[0].ID, "ann annie@corp.example", fault.Internal},
		{"a site admin", "3", "ken", boss.UserID, "ben ben@corp.example", fault.Internal},
	} {
		err := synced(t, b, corp(), func(ctx context.Context, c *catalog.Change) error {
			_, err := c.ChangePerson(ctx, "corp", row.id, word("", row.to, ""))
			return err
		})
		if err != nil && !fault.Is(err, row.fault) || err == nil && row.fault != fault.Internal {
			t.Errorf("%s: %v, want %v", row.what, err, row.fault)
		}
		if got := name(row.user); got != row.want {
			t.Errorf("%s: %s, want %s", row.what, got, row.want)
		}
	}
	trusting(t, b, "corp", catalog.TrustAdministrators)
	if err := synced(t, b, corp(), func(ctx context.Context, c *catalog.Change) error {
		_, err := c.ChangePerson(ctx, "corp", "3", catalog.PersonWord{ExternalID: "33", Email: "boss@corp.example"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := name(boss.UserID); got != "ben boss@corp.example" {
		t.Errorf("a trusted directory left %s", got)
	}
	if p, err := b.Store.Person(ctx, "corp", "33"); err != nil || p.UserID != boss.UserID || p.Version != 2 {
		t.Errorf("with another external id: %+v, %v", p, err)
	}
}

// TestWhoLeavesADirectory goes through the ladder: suspended at once, released, and back; and what may not be.
func TestWhoLeavesADirectory(t *testing.T) {
	t.Parallel()
	eachSize(t, func(t *testing.T, b *testkit.Bench) {
		ctx := t.Context()
		trusting(t, b, "corp", catalog.TrustTeams)
		trusting(t, b, "hr", catalog.TrustTeams)
		o, owners := ownedBy(t, b, "acme", "ann")
		var people []catalog.Person
		for i, name := range []string{"fay", "gil", "ann"} {
			w := catalog.PersonWord{Source: "corp", ExternalID: name, Username: name, Active: true}
			if i == 2 {
				w.UserID = owners[0].ID
			}
			people = append(people, bring(t, b, w, fault.Internal))
		}
		fay, gil := people[0], people[1]
		const issuer = "https://hr.example"
		if _, err := b.LinkIdentity(ctx, b.Admin, issuer, "F", fay.UserID); err != nil {
			t.Fatal(err)
		}
		bring(t, b, catalog.PersonWord{Source: "hr", ExternalID: "F", Username: "fay", Issuer: issuer, UserID: fay.UserID, Active: true}, fault.Internal)
		var g catalog.Group
		var w catalog.Workspace
		change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
			if g, err = c.CreateGroup(ctx, catalog.Group{Source: "corp", ExternalID: "devs", DisplayName: "devs"}); err != nil {
				return err
			}
			if w, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, Name: "prod"}); err != nil {
				return err
			}
			_, err = c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeGroup, g.ID), RoleID: "tfe-write", Scope: ref(schema.TypeWorkspace, w.ID)})
			if err != nil {
				return err
			}
			return c.FillGroup(ctx, g.ID, []catalog.GroupMember{{UserID: fay.UserID}, {UserID: gil.UserID}}, nil)
		})
		may := func(userID string) bool {
			return allows(t, b, ref(schema.TypeUser, userID), schema.WorkspaceApplyRun, ref(schema.TypeWorkspace, w.ID))
		}
		do := func(want fault.Kind, source string, fn func(ctx context.Context, c *catalog.Change) error) {
			t.Helper()
			err := synced(t, b, catalog.Behalf{Source: source}, fn)
			if err != nil && !fault.Is(err, want) || err == nil && want != fault.Internal {
				t.Errorf("%v, want %v", err, want)
			}
		}
		leave := func(source, id string) func(context.Context, *catalog.Change) error {
			return func(ctx context.Context, c *catalog.Change) error {
				_, err := c.DeactivatePerson(ctx, source, id, true)
				return err
			}
		}
		back := func(source, id string) func(context.Context, *catalog.Change) error {
			return func(ctx context.Context, c *catalog.Change) error {
				_, err := c.RestorePerson(ctx, source, id)
				return err
			}
		}
		if !may(fay.UserID) || !may(gil.UserID) {
			t.Fatal("members of the group may not")
		}
		do(fault.Conflict, "corp", leave("corp", "ann")) // the only owner
		do(fault.Denied, "corp", leave("hr", "F"))       // another directory's
		do(fault.Internal, "corp", leave("corp", "fay"))
		if may(fay.UserID) || !may(gil.UserID) {
			t.Error("who left may still, or who stayed may not")
		}
		do(fault.Internal, "hr", leave("hr", "F"))
		do(fault.Internal, "corp", back("corp", "fay")) // the other directory has her inactive still
		if may(fay.UserID) {
			t.Error("she may while another directory has her inactive")
		}
		do(fault.Internal, "hr", back("hr", "F"))
		if !may(fay.UserID) {
			t.Error("she may not after both have her back")
		}
		if _, err := b.SuspendUser(ctx, b.Admin, gil.UserID, true); err != nil {
			t.Fatal(err)
		}
		do(fault.Internal, "corp", leave("corp", "gil"))
		do(fault.Internal, "corp", back("corp", "gil"))
		if may(gil.UserID) {
			t.Error("the directory lifted what a person decided")
		}
		if _, err := b.SuspendUser(ctx, b.Admin, gil.UserID, false); err != nil {
			t.Fatal(err)
		}
		release := func(ctx context.Context, c *catalog.Change) error { return c.ReleasePerson(ctx, "corp", "gil") }
		do(fault.Conflict, "corp", release) // he is active
		do(fault.Internal, "corp", leave("corp", "gil"))
		do(fault.Internal, "corp", release)
		do(fault.Internal, "corp", back("corp", "gil"))
		if may(gil.UserID) || !may(fay.UserID) {
			t.Error("a released person has his memberships, or another one has lost hers")
		}
		noDrift(t, b)
	})
}

// TestADirectoryEndsNoAdministrator, by itself or by a group, unless it is trusted so far; nor do those who manage people.
func TestADirectoryEndsNoAdministrator(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	trusting(t, b, "corp", catalog.TrustAdministrators)
	boss := bring(t, b, catalog.PersonWord{Source: "corp", ExternalID: "boss", Username: "boss", Active: true}, fault.Internal)
	ops := bring(t, b, catalog.PersonWord{Source: "corp", ExternalID: "ops", Username: "ops", Active: true}, fault.Internal)
	dev := bring(t, b, catalog.PersonWord{Source: "corp", ExternalID: "dev", Username: "dev", Active: true}, fault.Internal)
	var manager catalog.User
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		g, err := c.CreateGroup(ctx, catalog.Group{Source: "corp", ExternalID: "ops", DisplayName: "ops"})
		if err != nil {
			return err
		}
		if _, err := c.AppointByRule(ctx, g.ID, "ops"); err != nil {
			return err
		}
		if err := c.FillGroup(ctx, g.ID, []catalog.GroupMember{{UserID: ops.UserID}}, nil); err != nil {
			return err
		}
		if err := c.SetSiteAdmin(ctx, boss.UserID, true); err != nil {
			return err
		}
		if manager, err = c.EnsureUser(ctx, "manager", ""); err != nil {
			return err
		}
		role, err := c.CreateRole(ctx, catalog.Role{Name: "people", Permissions: []string{string(schema.PlatformManageUsers)}})
		if err != nil {
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeUser, manager.ID), RoleID: role.ID, Scope: ref(schema.TypePlatform, catalog.PlatformID)})
		return err
	})
	if !allows(t, b, ref(schema.TypeUser, ops.UserID), schema.PlatformAdminister, ref(schema.TypePlatform, catalog.PlatformID)) {
		t.Fatal("a rule's group does not administer")
	}
	trusting(t, b, "corp", catalog.TrustTeams)
	for id, want := range map[string]fault.Kind{"boss": fault.Conflict, "ops": fault.Conflict, "dev": fault.Internal} {
		err := synced(t, b, corp(), func(ctx context.Context, c *catalog.Change) error {
			_, err := c.DeactivatePerson(ctx, "corp", id, false)
			return err
		})
		if err != nil && !fault.Is(err, want) || err == nil && want != fault.Internal {
			t.Errorf("%s: %v, want %v", id, err, want)
		}
	}
	for id, want := range map[string]fault.Kind{boss.UserID: fault.Denied, ops.UserID: fault.Denied, dev.UserID: fault.Internal} {
		_, err := b.SuspendUser(ctx, testkit.PrincipalOf(manager), id, false)
		if err != nil && !fault.Is(err, want) || err == nil && want != fault.Internal {
			t.Errorf("who manages people, of %s: %v, want %v", id, err, want)
		}
	}
	trusting(t, b, "corp", catalog.TrustAdministrators)
	if err := synced(t, b, corp(), func(ctx context.Context, c *catalog.Change) error {
		_, err := c.DeactivatePerson(ctx, "corp", "ops", false)
		return err
	}); err != nil {
		t.Errorf("a trusted directory: %v", err)
	}
	// What he gets back when he is let in again is above them as well.
	if _, err := b.SuspendUser(ctx, testkit.PrincipalOf(manager), ops.UserID, false); !fault.Is(err, fault.Denied) {
		t.Errorf("who manages people lets an administrator in again: %v", err)
	}
	noDrift(t, b)
}
