package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const issuer = "https://id.example"

// awaiting is a service with accounts that nobody has signed in to: ann and kim have an address, bob has none, root is a
// site admin with an address, old was suspended, and the twins share an address.
func awaiting(t *testing.T) *testkit.Bench {
	t.Helper()
	b := testkit.Service(t, "embedded")
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		var errs []error
		add := func(name, email string) catalog.User {
			u, err := c.CreateUser(ctx, name, email)
			errs = append(errs, err)
			return u
		}
		add("ann", "Ann@example.com")
		add("bob", "")
		add("kim", "kim@example.com")
		root, old := add("root", "root@example.com"), add("old", "old@example.com")
		errs = append(errs, c.SetSiteAdmin(ctx, root.ID, true), c.Suspend(ctx, old.ID))
		add("twin-a", "twins@example.com")
		add("twin-b", "twins@example.com")
		return errors.Join(errs...)
	})
	return b
}

func userNamed(t *testing.T, b *testkit.Bench, name string) catalog.User {
	t.Helper()
	u, err := b.Store.UserByUsername(t.Context(), name)
	if err != nil {
		t.Fatalf("user %s: %v", name, err)
	}
	return u
}

// Who meets an account takes it over: this is the list of who does, and of who nearly does.
func TestFirstLogin(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		login catalog.Login
		want  string // the username he acts as
		new   bool   // and whether the account was made for him
	}{
		"a verified address meets its account":                 {catalog.Login{Username: "annie", Email: "ann@Example.com", EmailVerified: true}, "ann", false},
		"an unverified one does not":                           {catalog.Login{Username: "annie", Email: "ann@example.com"}, "annie", true},
		"a verified address without a name":                    {catalog.Login{Email: "ann@example.com", EmailVerified: true}, "ann", false},
		"a letter that looks the same is another address":      {catalog.Login{Username: "eve", Email: "\u212aim@example.com", EmailVerified: true}, "eve", true},
		"a username does not meet its account":                 {catalog.Login{Username: "ann", Email: "eve@example.com", EmailVerified: true}, "ann-2", true},
		"not in any case":                                      {catalog.Login{Username: "BOB"}, "BOB-2", true},
		"a trusted username does":                              {catalog.Login{Username: "Bob", TrustedUsername: true}, "bob", false},
		"a trusted username that nobody has":                   {catalog.Login{Username: "carol", TrustedUsername: true}, "carol", true},
		"an address of nobody that was given to a new account": {catalog.Login{Username: "eve", Email: "bob@users.invalid", EmailVerified: true}, "eve", true},
		"that in capitals":                                     {catalog.Login{Username: "eve", Email: "bob@USERS.INVALID", EmailVerified: true}, "eve", true},
		"a verified address meets a site admin's account":      {catalog.Login{Username: "x", Email: "root@example.com", EmailVerified: true}, "root", false},
		"an unverified one does not meet it":                   {catalog.Login{Username: "root", Email: "root@example.com"}, "root-2", true},
		"the name of the built-in site admin":                  {catalog.Login{Username: "site-admin"}, "site-admin-2", true},
		"that name from where names are trusted":               {catalog.Login{Username: "Site-Admin", TrustedUsername: true}, "Site-Admin-2", true},
		"the address of the built-in site admin":               {catalog.Login{Username: "eve", Email: "site-admin@users.invalid", EmailVerified: true}, "eve", true},
		"an address that two accounts have meets neither":      {catalog.Login{Username: "twin", Email: "twins@example.com", EmailVerified: true}, "twin", true},
		"an address and a name of two accounts meet neither":   {catalog.Login{Username: "bob", Email: "ann@example.com", EmailVerified: true, TrustedUsername: true}, "bob-2", true},
		"an address and a name of one account meet it":         {catalog.Login{Username: "ann", Email: "ann@example.com", EmailVerified: true, TrustedUsername: true}, "ann", false},
		"a name that is no username":                           {catalog.Login{Username: " Ann\tO'Neill / #1 "}, "Ann-O'Neill----1", true},
		"an address as a name":                                 {catalog.Login{Username: "eve@example.com", Email: "eve@example.com"}, "eve@example.com", true},
		"a name like an id":                                    {catalog.Login{Username: "user-1111111111111111"}, "name-user-1111111111111111", true},
		"a very long name":                                     {catalog.Login{Username: strings.Repeat("é", 300)}, strings.Repeat("é", 122), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := awaiting(t)
			before, err := b.Store.Users(t.Context(), catalog.UserFilter{})
			if err != nil {
				t.Fatal(err)
			}
			test.login.Issuer, test.login.Subject = issuer, "s-1"
			got, err := b.Login(t.Context(), test.login)
			if err != nil || got.Name != test.want {
				t.Fatalf("he is %q (%v), want %q", got.Name, err, test.want)
			}
			after, err := b.Store.Users(t.Context(), catalog.UserFilter{})
			if made := len(after) - len(before); err != nil || (made == 1) != test.new || made > 1 {
				t.Errorf("%d accounts were made (%v), want one: %t", made, err, test.new)
			}
			for _, u := range after {
				if test.new && u.ID == got.Subject.ID && (u.SiteAdmin || !test.login.EmailVerified && strings.EqualFold(u.Email, test.login.Email)) {
					t.Errorf("the new account is %+v", u)
				}
			}
			// Later he is the same, whatever he calls himself.
			again, err := b.Login(t.Context(), catalog.Login{Issuer: issuer, Subject: "s-1", Username: "site-admin", Email: "root@example.com", EmailVerified: true, TrustedUsername: true})
			if err != nil || again.Subject != got.Subject {
				t.Errorf("at his second login he is %v (%v), want %v", again, err, got)
			}
			noDrift(t, b)
		})
	}
}

func TestLoginsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := awaiting(t)
	before, err := b.Store.Users(t.Context(), catalog.UserFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]catalog.Login{
		"no issuer":                      {Subject: "s", Username: "eve"},
		"no subject":                     {Issuer: issuer, Username: "eve"},
		"what stands for the site admin": {Issuer: "terrawarden:site-token", Subject: "site-admin", Username: "eve"},
		"no name":                        {Issuer: issuer, Subject: "s"},
		"a blank name":                   {Issuer: issuer, Subject: "s", Username: " \t"},
		"an address alone":               {Issuer: issuer, Subject: "s", Email: "eve@example.com", EmailVerified: true},
		"the address of a suspended one": {Issuer: issuer, Subject: "s", Username: "eve", Email: "old@example.com", EmailVerified: true},
		"the name of a suspended one":    {Issuer: issuer, Subject: "s", Username: "old", TrustedUsername: true},
	} {
		if p, err := b.Login(t.Context(), l); !fault.Is(err, fault.Unauthenticated) || p.Name != "" {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	after, err := b.Store.Users(t.Context(), catalog.UserFilter{})
	if err != nil || len(after) != len(before) {
		t.Errorf("%d accounts became %d (%v)", len(before), len(after), err)
	}
	if found, err := b.Store.Identities(t.Context(), catalog.IdentityFilter{}); err != nil || len(found) != 1 {
		t.Errorf("identities %v (%v), want that of the built-in site admin alone", found, err)
	}
}

// An account that one identity provider vouches for is closed to every other.
func TestAccountsWithAnIdentity(t *testing.T) {
	t.Parallel()
	b := awaiting(t)
	ann, err := b.Login(t.Context(), catalog.Login{Issuer: issuer, Subject: "ann", Username: "x", Email: "ann@example.com", EmailVerified: true})
	if err != nil || ann.Name != "ann" {
		t.Fatalf("%v, %v", ann, err)
	}
	for name, l := range map[string]catalog.Login{
		"another subject of the issuer":   {Issuer: issuer, Subject: "eve", Username: "ann", Email: "ann@example.com", EmailVerified: true, TrustedUsername: true},
		"the same subject of another one": {Issuer: "https://other.example", Subject: "ann", Username: "ann", Email: "ann@example.com", EmailVerified: true, TrustedUsername: true},
		"the issuer with a slash":         {Issuer: issuer + "/", Subject: "ann", Username: "ann", TrustedUsername: true},
		"the subject in capitals":         {Issuer: issuer, Subject: "ANN", Username: "ann", TrustedUsername: true},
	} {
		if p, err := b.Login(t.Context(), l); err != nil || p.Subject == ann.Subject {
			t.Errorf("%s: %v, %v; want somebody else", name, p, err)
		}
	}
}

func TestFirstLoginsAtOnce(t *testing.T) {
	t.Parallel()
	b := awaiting(t)
	var all sync.WaitGroup
	found := make([]catalog.Principal, 8)
	for i := range found {
		all.Go(func() {
			var err error
			if found[i], err = b.Login(t.Context(), catalog.Login{Issuer: issuer, Subject: "s", Username: "eve"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, p := range found {
		if p.Subject != found[0].Subject || p.Name != "eve" {
			t.Errorf("he is %v and %v", p, found[0])
		}
	}
}

func TestLoginIsAudited(t *testing.T) {
	t.Parallel()
	b := awaiting(t)
	p, err := b.Login(t.Context(), catalog.Login{Issuer: issuer, Subject: "s-1", Username: "eve", Email: "eve@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	events, err := b.Store.AuditEvents(t.Context(), catalog.AuditFilter{Object: p.Subject})
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range events {
		actions = append(actions, e.Action+" by "+e.ActorName+" with "+e.TokenID)
	}
	if got, want := strings.Join(actions, ", "), "user.link_identity by login with oidc:"+issuer+", user.create by login with oidc:"+issuer; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	if u := userNamed(t, b, "eve"); u.UnconfirmedEmail != "eve@example.com" || u.Email != "eve@users.invalid" {
		t.Errorf("user %+v", u)
	}
}

func TestLinkIdentity(t *testing.T) {
	t.Parallel()
	b := awaiting(t)
	ann, bob := userNamed(t, b, "ann"), userNamed(t, b, "bob")
	link := func(p catalog.Principal, subject string, u catalog.User) error {
		_, err := b.LinkIdentity(t.Context(), p, issuer, subject, u.ID)
		return err
	}
	own := func(userID string) error {
		_, err := b.LinkIdentity(t.Context(), b.Admin, "terrawarden:site-token", "x", userID)
		return err
	}
	if err := link(b.Admin, "s", bob); err != nil {
		t.Fatal(err)
	}
	if err := link(b.Admin, "s", bob); err != nil {
		t.Errorf("twice: %v", err)
	}
	if p, err := b.Login(t.Context(), catalog.Login{Issuer: issuer, Subject: "s", Username: "eve"}); err != nil || p.Name != "bob" {
		t.Errorf("he is %v, %v", p, err)
	}
	for name, test := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"to another user":            {link(b.Admin, "s", ann), fault.Conflict},
		"to nobody":                  {link(b.Admin, "s2", catalog.User{ID: "user-0"}), fault.NotFound},
		"to the built-in site admin": {link(b.Admin, "s2", userNamed(t, b, "site-admin")), fault.Invalid},
		"without a subject":          {link(b.Admin, "", ann), fault.Invalid},
		"as what is our own":         {own(ann.ID), fault.Invalid},
		"by himself":                 {link(testkit.PrincipalOf(ann), "s2", ann), fault.Denied},
	} {
		if !fault.Is(test.err, test.want) {
			t.Errorf("%s: %v, want %s", name, test.err, test.want)
		}
	}
	if _, err := b.Identities(t.Context(), testkit.PrincipalOf(ann), bob.ID); !fault.Is(err, fault.Denied) {
		t.Errorf("ann reads bob's identities: %v", err)
	}
	if found, err := b.Identities(t.Context(), testkit.PrincipalOf(bob), bob.ID); err != nil || len(found) != 1 || found[0].Subject != "s" {
		t.Errorf("bob's own: %v, %v", found, err)
	}
	if _, err := b.UnlinkIdentity(t.Context(), testkit.PrincipalOf(bob), issuer, "s"); !fault.Is(err, fault.Denied) {
		t.Errorf("bob unlinks himself: %v", err)
	}
	if _, err := b.UnlinkIdentity(t.Context(), b.Admin, issuer, "s"); err != nil {
		t.Error(err)
	}
	if _, err := b.UnlinkIdentity(t.Context(), b.Admin, "terrawarden:site-token", "site-admin"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the site token is unlinked: %v", err)
	}
	if p, err := b.Login(t.Context(), catalog.Login{Issuer: issuer, Subject: "s", Username: "eve"}); err != nil || p.Name != "eve" {
		t.Errorf("unlinked, he is %v, %v", p, err)
	}
}

// invite invites users to an organization.
func invite(t *testing.T, b *testkit.Bench, o catalog.Organization, userIDs ...string) {
	t.Helper()
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		for _, id := range userIDs {
			if _, err := c.PutMember(ctx, o.ID, id, catalog.MembershipInvited); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w statusOf) of(userID string, o catalog.Organization) catalog.MembershipStatus {
	w.t.Helper()
	found, err := w.b.Store.Memberships(w.t.Context(), catalog.MembershipFilter{OrganizationID: o.ID, UserID: userID})
	if err != nil || len(found) != 1 {
		w.t.Fatalf("memberships %v, %v", found, err)
	}
	return found[0].Status
}

type statusOf struct {
	t *testing.T
	b *testkit.Bench
}

// An invitation is accepted by the first call of the person it is for, whatever he calls with.
func TestInvitationsAreAccepted(t *testing.T) {
	t.Parallel()
	b := awaiting(t)
	ann, bob, old := userNamed(t, b, "ann"), userNamed(t, b, "bob"), userNamed(t, b, "old")
	issued, err := b.CreateToken(t.Context(), b.Admin, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]func() error{
		ann.ID: func() error {
			_, err := b.Login(t.Context(), catalog.Login{Issuer: issuer, Subject: "ann", Email: "ann@example.com", EmailVerified: true})
			return err
		},
		bob.ID: func() error { _, err := b.PrincipalOf(t.Context(), issued.Token); return err },
	}
	memberships := statusOf{t, b}
	organizations := make([]catalog.Organization, 3)
	for i := range organizations {
		organizations[i], _ = ownedBy(t, b, fmt.Sprintf("acme%d", i), "owner")
	}
	for round, o := range organizations { // the second and third invitation come when he has been seen already
		invite(t, b, o, ann.ID, bob.ID, old.ID)
		for id, call := range calls {
			if got := memberships.of(id, o); got != catalog.MembershipInvited {
				t.Errorf("before his call: %s", got)
			}
			if err := call(); err != nil {
				t.Fatal(err)
			}
			if got := memberships.of(id, o); got != catalog.MembershipActive {
				t.Errorf("round %d: after his call: %s", round, got)
			}
			member, err := b.Engine.Check(t.Context(), authz.Question{Subject: authz.Object{Type: "user", ID: id}, Permission: "view", Resource: authz.Object{Type: "organization", ID: o.ID}}, authz.Consistency{})
			if err != nil || !member.Allowed {
				t.Errorf("he does not see the organization: %v", err)
			}
			if err := call(); err != nil { // from now on it is known that nothing is open
				t.Fatal(err)
			}
		}
		if got := memberships.of(old.ID, o); got != catalog.MembershipInvited {
			t.Errorf("who made no call is %s", got)
		}
	}
	var born catalog.Organization // with an invitation in it
	change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
		if born, err = c.CreateOrganization(ctx, "born", "", userNamed(t, b, "owner").ID); err == nil {
			_, err = c.PutMember(ctx, born.ID, ann.ID, catalog.MembershipInvited)
		}
		return err
	})
	if err := calls[ann.ID](); err != nil || memberships.of(ann.ID, born) != catalog.MembershipActive {
		t.Errorf("invited to a new organization: %v", err)
	}
	noDrift(t, b)
}
