package catalog_test

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestWhoseAccountADirectoryMayTake asks again inside the change what a plan that is approved later took for granted.
func TestWhoseAccountADirectoryMayTake(t *testing.T) {
	t.Parallel()
	const issuer, other = "https://idp.example", "https://other.example"
	link := func(from, subject string) func(context.Context, *catalog.Change, string) error {
		return func(ctx context.Context, c *catalog.Change, userID string) error {
			_, err := c.LinkIdentity(ctx, from, subject, userID)
			return err
		}
	}
	admin := func(ctx context.Context, c *catalog.Change, userID string) error {
		return c.SetSiteAdmin(ctx, userID, true)
	}
	elsewhere := func(ctx context.Context, c *catalog.Change, userID string) error {
		_, err := c.BringPerson(ctx, catalog.PersonWord{Source: "hr", ExternalID: "h", Username: "ann", UserID: userID, Active: true})
		return err
	}
	type does = func(context.Context, *catalog.Change, string) error
	for _, row := range []struct {
		what  string
		trust catalog.NameTrust
		since []does // the plan was made
		want  fault.Kind
	}{
		{"nobody's", catalog.TrustTeams, nil, fault.Internal},
		{"nobody's, to a directory that is trusted with nothing", catalog.TrustNone, nil, fault.Conflict},
		{"his by identity, to such a one", catalog.TrustNone, []does{link(issuer, "sub-1")}, fault.Internal},
		{"his by identity", catalog.TrustTeams, []does{link(issuer, "sub-1")}, fault.Internal},
		{"his by identity, and by another", catalog.TrustTeams, []does{link(issuer, "sub-1"), link(other, "x")}, fault.Internal},
		{"another provider's", catalog.TrustTeams, []does{link(other, "x")}, fault.Conflict},
		{"somebody else's of the same provider", catalog.TrustTeams, []does{link(issuer, "sub-2")}, fault.Conflict},
		{"another provider's, whatever the trust", catalog.TrustAdministrators, []does{link(other, "x")}, fault.Conflict},
		{"a site admin's", catalog.TrustTeams, []does{admin}, fault.Conflict},
		{"a site admin's, to a directory that may", catalog.TrustAdministrators, []does{admin}, fault.Internal},
		{"another directory's", catalog.TrustTeams, []does{elsewhere}, fault.Conflict},
		{"another directory's, whatever the trust", catalog.TrustAdministrators, []does{elsewhere}, fault.Conflict},
		{"another directory's and his by identity", catalog.TrustTeams, []does{elsewhere, link(issuer, "sub-1")}, fault.Internal},
	} {
		t.Run(row.what, func(t *testing.T) {
			t.Parallel()
			b := testkit.Service(t, "embedded")
			trusting(t, b, "corp", row.trust)
			trusting(t, b, "hr", catalog.TrustTeams)
			ann, err := b.CreateUser(t.Context(), b.Admin, "ann", "ann@corp.example")
			if err != nil {
				t.Fatal(err)
			}
			change(t, b, func(ctx context.Context, c *catalog.Change) error {
				for _, do := range row.since {
					if err := do(ctx, c, ann.ID); err != nil {
						return err
					}
				}
				return nil
			})
			bring(t, b, catalog.PersonWord{Source: "corp", ExternalID: "sub-1", Username: "ann", Issuer: issuer, UserID: ann.ID, Active: true}, row.want)
			i, err := b.Store.Identity(t.Context(), issuer, "sub-1")
			if row.want == fault.Internal && (err != nil || i.UserID != ann.ID) {
				t.Errorf("he is not linked: %+v, %v", i, err)
			}
			if row.want == fault.Conflict && !fault.Is(err, fault.NotFound) {
				t.Errorf("he acts as ann: %+v, %v", i, err)
			}
		})
	}
}

// TestAnIDThatIsGivenToAnother brings back nobody who has another name and another address than whoever was deleted.
func TestAnIDThatIsGivenToAnother(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, email string
		want        fault.Kind
	}{
		{"bob", "bob@corp.example", fault.Internal},
		{"BOB", "bob@new.example", fault.Internal}, // the company is called otherwise now
		{"rob", "Bob@corp.example", fault.Internal},
		{"rob", "rob@corp.example", fault.Conflict},
		{"rob", "", fault.Conflict},
	} {
		for _, first := range []string{"brought", "relabelled"} { // what SCIM does before it brings somebody back
			t.Run(row.name+" "+row.email+" "+first, func(t *testing.T) {
				t.Parallel()
				b := testkit.Service(t, "embedded")
				ctx := t.Context()
				trusting(t, b, "corp", catalog.TrustTeams)
				bob := bring(t, b, catalog.PersonWord{Source: "corp", ExternalID: "1001", Username: "bob", Email: "bob@corp.example", Active: true}, fault.Internal)
				if err := synced(t, b, corp(), func(ctx context.Context, c *catalog.Change) error {
					_, err := c.RemovePerson(ctx, "corp", "1001")
					return err
				}); err != nil {
					t.Fatal(err)
				}
				w := catalog.PersonWord{Source: "corp", ExternalID: "1001", Username: row.name, Email: row.email, Active: true}
				if first == "relabelled" {
					err := synced(t, b, corp(), func(ctx context.Context, c *catalog.Change) error {
						_, err := c.ChangePerson(ctx, "corp", "1001", w)
						return err
					})
					if err != nil && !fault.Is(err, row.want) || err == nil && row.want != fault.Internal {
						t.Errorf("%v, want %v", err, row.want)
					}
				}
				bring(t, b, w, row.want)
				u, err := b.Store.User(ctx, bob.UserID)
				if err != nil || u.Suspended != (row.want != fault.Internal) {
					t.Errorf("his account is now %+v, %v", u, err)
				}
			})
		}
	}
}

// TestWhomASCIMClientMayMeet by name or address: who is nobody's, and nobody without trust.
func TestWhomASCIMClientMayMeet(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	okta := machine(t, b, "okta", catalog.ScopeSCIM)
	const issuer = "https://idp.example"
	trust := func(trust catalog.NameTrust) {
		t.Helper()
		change(t, b, func(ctx context.Context, c *catalog.Change) error {
			return c.EnsureDirectory(ctx, catalog.Directory{Name: "okta", Kind: catalog.KindSCIM, Trust: trust, Issuer: issuer})
		})
	}
	trusting(t, b, "corp", catalog.TrustTeams)
	users := map[string]string{}
	for _, name := range []string{"free", "corps", "his", "hers"} {
		u, err := b.CreateUser(ctx, b.Admin, name, name+"@corp.example")
		if err != nil {
			t.Fatal(err)
		}
		users[name] = u.ID
	}
	bring(t, b, catalog.PersonWord{Source: "corp", ExternalID: "c", Username: "corps", UserID: users["corps"], Active: true}, fault.Internal)
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		if _, err := c.LinkIdentity(ctx, issuer, "x-his", users["his"]); err != nil {
			return err
		}
		_, err := c.LinkIdentity(ctx, issuer, "other", users["hers"])
		return err
	})
	for _, row := range []struct {
		trust catalog.NameTrust
		name  string
		want  bool
	}{
		{catalog.TrustTeams, "free", true},
		{catalog.TrustTeams, "corps", false},
		{catalog.TrustTeams, "his", true},
		{catalog.TrustTeams, "hers", false},
		{catalog.TrustNone, "free", false},
		{catalog.TrustNone, "his", false},
		{catalog.TrustAdministrators, "free", true},
		{catalog.TrustAdministrators, "corps", false},
	} {
		trust(row.trust)
		a, err := b.ProvisionedArrival(ctx, okta, "x-"+row.name, row.name, row.name+"@corp.example")
		if err != nil || a.Open[users[row.name]] != row.want {
			t.Errorf("%s, trusted with %s: open is %v, %v", row.name, row.trust, a.Open, err)
		}
		if row.name == "his" && a.Identities["x-his"] != users["his"] {
			t.Errorf("trusted with %s, he is not known by his identity: %v", row.trust, a.Identities)
		}
	}
}
