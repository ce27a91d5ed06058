package catalog_test

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

func rename(t *testing.T, b *testkit.Bench, p catalog.Principal, to string) {
	t.Helper()
	if _, _, err := b.UpdateAccount(t.Context(), p, catalog.AccountChange{Username: &to}); err != nil {
		t.Fatalf("rename %s: %v", p.Name, err)
	}
}

func TestTheBuiltinSiteAdminIsNotHisName(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	var thief catalog.User
	change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
		thief, err = c.EnsureUser(ctx, "thief", "")
		return err
	})
	rename(t, b, b.Admin, "root")
	rename(t, b, testkit.PrincipalOf(thief), catalog.SiteAdminUsername)
	after, err := b.Bootstrap(t.Context(), nil, nil) // as at the next start
	if err != nil || after.ID != b.Admin.Subject.ID || after.Username != "root" || !after.SiteAdmin {
		t.Errorf("the next start has %+v, %v", after, err)
	}
	if u, err := b.Store.User(t.Context(), thief.ID); err != nil || u.SiteAdmin {
		t.Errorf("who took the name: %+v, %v", u, err)
	}
	_, err = b.LinkIdentity(t.Context(), b.Admin, "https://idp.example", "s", after.ID)
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("linking the built-in site admin under another name: %v", err)
	}
	if _, err = b.LinkIdentity(t.Context(), b.Admin, "https://idp.example", "s", thief.ID); err != nil {
		t.Errorf("linking somebody who is called like him: %v", err)
	}

	// Where he is gone together with what he is known by, the name alone makes nobody a site admin.
	var second catalog.User
	change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
		if second, err = c.EnsureUser(ctx, "second", ""); err != nil {
			return err
		}
		return c.SetSiteAdmin(ctx, second.ID, true)
	})
	if err := b.Store.DeleteUser(t.Context(), b.Admin.Subject.ID); err != nil { // no use case does that
		t.Fatal(err)
	}
	after, err = b.Bootstrap(t.Context(), nil, nil)
	if err != nil || after.ID == thief.ID {
		t.Errorf("the start after his removal has %+v, %v", after, err)
	}
	if u, err := b.Store.User(t.Context(), after.ID); err != nil || !u.SiteAdmin {
		t.Errorf("the new one: %+v, %v", u, err)
	}
}

// TestAChosenNameIsMetByNoLogin: whoever takes somebody's name before that person's first login would otherwise hold
// tokens to the account that she comes to have.
func TestAChosenNameIsMetByNoLogin(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	var mallory, bob catalog.User
	change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
		if mallory, err = c.EnsureUser(ctx, "mallory", ""); err == nil {
			bob, err = c.EnsureUser(ctx, "bob", "")
		}
		return err
	})
	rename(t, b, testkit.PrincipalOf(mallory), "alice")
	login := func(name string) catalog.Principal {
		p, err := b.Login(t.Context(), catalog.Login{Issuer: "https://idp.example", Subject: name, Username: name, TrustedUsername: true})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if alice := login("alice"); alice.Subject.ID == mallory.ID {
		t.Error("a login met an account that had only taken its name")
	}
	if met := login("bob"); met.Subject.ID != bob.ID {
		t.Error("a login did not meet the account that was made for it")
	}
}

func TestNamesOfIdentityProvidersStay(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	p, err := b.Login(t.Context(), catalog.Login{Issuer: "https://idp.example", Subject: "1", Username: "ann", Email: "ann@example.com", EmailVerified: true})
	if err != nil {
		t.Fatal(err)
	}
	name, email := "anna", "anna@example.com"
	_, _, err = b.UpdateAccount(t.Context(), p, catalog.AccountChange{Username: &name, Email: &email})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("renaming somebody whom a provider vouches for: %v", err)
	}
	a, err := b.Account(t.Context(), p)
	if err != nil || !a.Named || a.User.Username != "ann" || a.User.UnconfirmedEmail != "" {
		t.Errorf("after the refusal: %+v, %v", a, err)
	}
	a, _, err = b.UpdateAccount(t.Context(), p, catalog.AccountChange{Email: &email})
	if err != nil || a.User.Email != "ann@example.com" || a.User.UnconfirmedEmail != email {
		t.Errorf("with a new address: %+v, %v", a, err)
	}
	for _, other := range []string{"team_token", "organization_token", "service_account"} {
		p.Subject.Type = other
		if _, _, err := b.UpdateAccount(t.Context(), p, catalog.AccountChange{Email: &email}); !fault.Is(err, fault.Denied) {
			t.Errorf("a %s changes an account: %v", other, err)
		}
	}
}
