package catalog_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestALoginInADirectoryThatIsRead restores no group there and notes nobody, as it does in one that logins alone fill; who
// is told of groups that it made or restored is told once.
func TestALoginInADirectoryThatIsRead(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kind string
		own  bool
	}{{"oidc", true}, {"ldap", false}, {catalog.KindSCIM, false}} {
		t.Run(row.kind, func(t *testing.T) {
			t.Parallel()
			var told []string
			var b *testkit.Bench
			b = testkit.ServiceWith(t, testkit.Sized(t, "embedded"), catalog.Deps{GroupsMade: func(ctx context.Context, source string) {
				told = append(told, source)
				// Who is told may change the catalog: it is no part of another change.
				if _, err := b.Import(ctx, b.Admin, func(context.Context, *catalog.Change) error { return nil }); err != nil {
					t.Error(err)
				}
			}})
			ctx := t.Context()
			const issuer = "https://idp.example"
			change(t, b, func(ctx context.Context, c *catalog.Change) error {
				return c.EnsureDirectory(ctx, catalog.Directory{Name: "corp", Kind: row.kind, Trust: catalog.TrustTeams, Issuer: issuer})
			})
			var gone catalog.Group
			if err := synced(t, b, corp(), func(ctx context.Context, c *catalog.Change) (err error) {
				if _, err := c.CreateGroup(ctx, catalog.Group{Source: "corp", ExternalID: "there", DisplayName: "there"}); err != nil {
					return err
				}
				if gone, err = c.CreateGroup(ctx, catalog.Group{Source: "corp", ExternalID: "gone", DisplayName: "gone"}); err != nil {
					return err
				}
				return c.RetireGroup(ctx, gone.ID)
			}); err != nil {
				t.Fatal(err)
			}
			var ann string
			login := func(after time.Duration, names ...string) {
				t.Helper()
				claim := catalog.GroupClaim{Directory: catalog.Directory{Name: "corp", Kind: "oidc", Trust: catalog.TrustTeams, Issuer: issuer}, Names: names, Until: time.Now().Add(after)}
				p, err := b.Login(ctx, catalog.Login{Issuer: issuer, Subject: "s-1", Username: "ann", Groups: &claim})
				if err != nil {
					t.Fatal(err)
				}
				ann = p.Subject.ID
			}
			in := func() []string {
				t.Helper()
				rows, err := b.Store.GroupMembers(ctx, catalog.GroupMemberFilter{UserID: ann, Source: "corp"})
				if err != nil {
					t.Fatal(err)
				}
				var out []string
				for _, m := range rows {
					g, err := b.Store.Group(ctx, m.GroupID)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, g.ExternalID)
				}
				slices.Sort(out)
				return out
			}
			login(time.Hour, "there")
			if got := in(); !slices.Equal(got, []string{"there"}) || len(told) > 0 {
				t.Errorf("he is in %v, told were %v", got, told)
			}
			if _, err := b.Store.Person(ctx, "corp", "s-1"); row.own != (err == nil) || err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("as a person of the directory: %v", err)
			}
			login(time.Hour, "there", "gone")
			g, err := b.Store.Group(ctx, gone.ID)
			if err != nil || g.GoneAt.IsZero() != row.own {
				t.Errorf("the group that was gone: %+v, %v", g, err)
			}
			want, calls := []string{"there"}, 0
			if row.own {
				want, calls = []string{"gone", "there"}, 1
			}
			if got := in(); !slices.Equal(got, want) || len(told) != calls {
				t.Errorf("he is in %v, want %v; told were %v", got, want, told)
			}
			login(time.Hour, "there", "new")
			if calls++; len(told) != calls || told[calls-1] != "corp" {
				t.Errorf("of a new group were told %v", told)
			}
			login(10*time.Hour, "there", "new") // only the end moves
			if len(told) != calls {
				t.Errorf("of nothing were told %v", told)
			}
			noDrift(t, b)
		})
	}
}
