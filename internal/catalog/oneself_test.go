package catalog_test

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// interposed is a store in which something happens before the next change begins, after everything that was asked first.
type interposed struct {
	catalog.Store
	before func()
}

func (s *interposed) Exclusive(ctx context.Context, fn func(context.Context) error) error {
	if do := s.before; do != nil {
		s.before = nil
		do()
	}
	return s.Store.Exclusive(ctx, fn)
}

// interposing returns a bench over such a store.
func interposing(t *testing.T) (*testkit.Bench, *interposed) {
	t.Helper()
	first := testkit.Service(t, "embedded")
	s := &interposed{Store: first.Store}
	b := testkit.ServiceWith(t, testkit.Config(t), catalog.Deps{Store: s, Engine: first.Engine})
	b.Admin = first.Admin
	return b, s
}

func TestNamesAreComparedAsTheyAreKept(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	for name, row := range map[string]struct {
		first, second string
		same          bool
	}{
		"letters of another case": {"Sam", "sAM", true},
		"beyond ASCII":            {"ÄRGER", "ärger", true},
		"a long s":                {"sue", "ſue", false},
		"a kelvin sign":           {"kim", "\u212aim", true}, // which the key makes a k
		"a final sigma":           {"σας", "σασ", false},
		"a sharp s":               {"strasse", "straße", false},
	} {
		if got := catalog.NameKey(row.first) == catalog.NameKey(row.second); got != row.same {
			t.Errorf("%s: the keys say %v", name, got)
		}
		if _, err := b.CreateUser(t.Context(), b.Admin, row.first, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := b.CreateUser(t.Context(), b.Admin, row.second, ""); fault.Is(err, fault.Conflict) != row.same || !row.same && err != nil {
			t.Errorf("%s: the store says %v", name, err)
		}
	}
}

// TestOnesOwnTokenIsOnesOwn: whoever is called nearly like somebody, or was called so, gets no token of his.
func TestOnesOwnTokenIsOnesOwn(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	create := func(p catalog.Principal, name string) (catalog.IssuedToken, error) {
		return b.CreateToken(t.Context(), p, catalog.TokenRequest{Kind: catalog.TokenUser, Name: name, Email: "ceo@example.com"})
	}
	person := func(name string) catalog.Principal {
		u, err := b.CreateUser(t.Context(), b.Admin, name, "")
		if err != nil {
			t.Fatal(err)
		}
		return testkit.PrincipalOf(u)
	}
	mallory := person("mallory")
	if made, err := create(mallory, "MALLORY"); err != nil || made.OwnerID != mallory.Subject.ID {
		t.Errorf("his own: %+v, %v", made.Token, err)
	}
	rename(t, b, mallory, "ſite-admin")
	mallory.Name = "ſite-admin"
	if made, err := create(mallory, "ſite-Admin"); err != nil || made.OwnerID != mallory.Subject.ID {
		t.Errorf("his own, with a long s: %+v, %v", made.Token, err)
	}
	if made, err := create(mallory, catalog.SiteAdminUsername); !fault.Is(err, fault.Denied) {
		t.Errorf("the site admin's: %+v, %v", made.Token, err)
	}

	eve := person("eve") // as she was when the request began
	rename(t, b, eve, "eva")
	if made, err := create(eve, "eve"); !fault.Is(err, fault.Denied) {
		t.Errorf("by the name she had: %+v, %v", made.Token, err)
	}
	if u, err := b.Store.UserByUsername(t.Context(), "eve"); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody new has her name: %+v, %v", u, err)
	}
	if made, err := create(eve, "eva"); err != nil || made.OwnerID != eve.Subject.ID {
		t.Errorf("by the name she has: %+v, %v", made.Token, err)
	}
	if made, err := create(b.Admin, "ceo"); err != nil || made.OwnerID == b.Admin.Subject.ID {
		t.Errorf("a site admin for somebody new: %+v, %v", made.Token, err)
	}
}

// TestANameThatChangesHandsInBetween: between the question and the change, while others write.
func TestANameThatChangesHandsInBetween(t *testing.T) {
	t.Parallel()
	b, store := interposing(t)
	u, err := b.CreateUser(t.Context(), b.Admin, "eve", "")
	if err != nil {
		t.Fatal(err)
	}
	eve := testkit.PrincipalOf(u)
	for _, taker := range []string{"", "mallory"} { // in this order: afterwards the name is taken
		store.before = func() {
			rename(t, b, eve, "eva")
			if taker != "" {
				m, err := b.CreateUser(t.Context(), b.Admin, taker, "")
				if err != nil {
					t.Fatal(err)
				}
				rename(t, b, testkit.PrincipalOf(m), "eve")
			}
		}
		made, err := b.CreateToken(t.Context(), eve, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "eve", Email: "ceo@example.com"})
		if !fault.Is(err, fault.Stale) {
			t.Errorf("the name belongs to %q by then: %+v, %v", taker, made.Token, err)
		}
		if taker == "" {
			rename(t, b, eve, "eve")
		}
	}
	if users, err := b.Store.Users(t.Context(), catalog.UserFilter{Emails: []string{"ceo@example.com"}}); err != nil || len(users) != 0 {
		t.Errorf("people with the address: %+v, %v", users, err)
	}
}

// TestAskingAboutOneselfIsByWhomTheNameMeans: a name that one had, or that folds to one's own, is somebody else's.
func TestAskingAboutOneselfIsByWhomTheNameMeans(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	me := v.people["member"]
	ask := func(p catalog.Principal, subject string) error {
		a := catalog.Ask{SubjectType: "user", SubjectID: subject, Action: "view", ResourceType: "organization", ResourceID: "acme"}
		_, _, err := v.Evaluate(t.Context(), p, []catalog.Ask{a}, catalog.AskOptions{})
		_, _, byActions := v.SearchActions(t.Context(), p, a, authz.Consistency{})
		_, _, byResources := v.SearchResources(t.Context(), p, a, authz.Consistency{}, catalog.Page{})
		a.ResourceType = "nothing-known"
		_, _, ofNothing := v.SearchActions(t.Context(), p, a, authz.Consistency{})
		for what, other := range map[string]error{"its actions": byActions, "its resources": byResources, "nothing known": ofNothing} {
			if (err == nil) != (other == nil) || fault.Is(err, fault.Denied) != fault.Is(other, fault.Denied) {
				t.Errorf("%s as %s: a question is answered %v, %s %v", subject, p.Name, err, what, other)
			}
		}
		return err
	}
	for _, own := range []string{"member", "MEMBER", me.Subject.ID} {
		if err := ask(me, own); err != nil {
			t.Errorf("about himself as %s: %v", own, err)
		}
	}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.EnsureUser(ctx, "ſue", "")
		return err
	})
	rename(t, v.Bench, me, "sue")
	rename(t, v.Bench, v.people["outsider"], "member")
	stale := me // who still thinks he is called so
	me.Name = "sue"
	for _, row := range []struct {
		p     catalog.Principal
		about string
		may   bool
	}{{me, "sue", true}, {me, "ſue", false}, {me, "member", false}, {stale, "member", false}, {stale, "sue", true}, {stale, "nobody", false}} {
		if err := ask(row.p, row.about); (err == nil) != row.may || !row.may && !fault.Is(err, fault.Denied) {
			t.Errorf("%s about %s: %v", row.p.Name, row.about, err)
		}
	}
	gone := v.people["writer"]
	if err := ask(gone, "Writer"); err != nil {
		t.Error(err)
	}
	if err := ask(v.Admin, "member"); err != nil {
		t.Errorf("a site admin about anybody: %v", err)
	}
	if err := ask(catalog.Principal{Subject: authz.Object{Type: schema.TypeServiceAccount, ID: "sa-1"}, Name: "member"}, "member"); !fault.Is(err, fault.Denied) {
		t.Errorf("a service account about a user of its name: %v", err)
	}
}
