package catalog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// The directory of the benchmark: 100,000 memberships in 2,000 groups, each linked to one of 500 teams.
const (
	syncedPeople = 20_000
	syncedGroups = 2_000
	syncedTeams  = 500
	perGroup     = 50
)

// BenchmarkDirectoryChanges changes memberships in bulk at SQLite and the embedded engine, in an estate of a million
// relationships: the first load of 100,000 in changes of 10,000, one change of 1,000, and one that changes nothing.
func BenchmarkDirectoryChanges(b *testing.B) {
	s := testkit.Service(b, "embedded")
	syncedEstate(b, s)
	sync := func(b *testing.B, fn func(ctx context.Context, c *catalog.Change) error) {
		b.Helper()
		if _, err := s.Sync(b.Context(), s.Admin, catalog.Behalf{Source: "corp", PlanID: "sync-1", Digest: "00"}, fn); err != nil {
			b.Fatal(err)
		}
	}
	start := time.Now()
	for batch := range 10 {
		sync(b, func(ctx context.Context, c *catalog.Change) error {
			for g := batch * syncedGroups / 10; g < (batch+1)*syncedGroups/10; g++ {
				if err := c.FillGroup(ctx, syncedGroup(g), syncedMembers(g, 0, perGroup), nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	b.Logf("first load of %d memberships in 10 changes: %v", syncedGroups*perGroup, time.Since(start))
	round := 0
	b.Run("one percent", func(b *testing.B) {
		for b.Loop() {
			from := 10 * round // five leave and five join 100 groups
			round++
			sync(b, func(ctx context.Context, c *catalog.Change) error {
				for g := range 100 {
					var gone []string
					for _, m := range syncedMembers(20*g, from, 5) {
						gone = append(gone, m.UserID)
					}
					if err := c.FillGroup(ctx, syncedGroup(20*g), syncedMembers(20*g, from+perGroup, 5), gone); err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
	b.Run("one percent, spread", func(b *testing.B) {
		for b.Loop() {
			n := 20_000 - 10 - round
			round++
			sync(b, func(ctx context.Context, c *catalog.Change) error {
				for g := range 1000 {
					if err := c.FillGroup(ctx, syncedGroup(2*g), syncedMembers(2*g, n, 1), nil); err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
	b.Run("nothing", func(b *testing.B) {
		for b.Loop() {
			sync(b, func(ctx context.Context, c *catalog.Change) error {
				for g := range syncedGroups {
					if err := c.FillGroup(ctx, syncedGroup(g), syncedMembers(g, 25, 10), nil); err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
	b.Run("500 people", func(b *testing.B) {
		for b.Loop() {
			round++
			sync(b, func(ctx context.Context, c *catalog.Change) error {
				for i := range 500 {
					name := fmt.Sprintf("new-%d-%d", round, i)
					if _, err := c.BringPerson(ctx, catalog.PersonWord{Source: "corp", ExternalID: name, Username: name, Active: true}); err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
}

func syncedGroup(i int) string { return fmt.Sprintf("grp-%05d", i) }

// syncedMembers returns some of a group's people, beginning at one of them.
func syncedMembers(group, from, n int) []catalog.GroupMember {
	out := make([]catalog.GroupMember, n)
	for i := range n {
		out[i].UserID = fmt.Sprintf("user-%05d", (group*7+from+i)%syncedPeople)
	}
	return out
}

// syncedEstate fills the catalog row by row, with other people's memberships up to a million relationships.
func syncedEstate(b *testing.B, s *testkit.Bench) {
	b.Helper()
	const others, perOther = 700, 1000
	fill(b, s, func(q catalog.Queries) []error {
		ctx := b.Context()
		var faults []error
		try := func(err error) { faults = append(faults, err) }
		try(q.PutDirectory(ctx, catalog.Directory{Name: "corp", Kind: "file", Trust: catalog.TrustTeams}))
		for i := range syncedPeople {
			name := fmt.Sprintf("user-%05d", i)
			try(q.InsertUser(ctx, catalog.User{ID: name, Username: "p" + name, Email: name + "@example.com", CreatedAt: time.Now()}))
		}
		try(q.InsertOrganization(ctx, catalog.Organization{ID: "org-1", Name: "acme", Email: "a@example.com", OwnersTeamID: "team-owners", DefaultProjectID: "prj-1"}))
		for i := range syncedTeams {
			try(q.InsertTeam(ctx, catalog.Team{ID: fmt.Sprintf("team-%d", i), OrganizationID: "org-1", Name: fmt.Sprintf("t%d", i), Visibility: catalog.VisibilityOrganization}))
		}
		for i := range syncedGroups {
			try(q.InsertGroup(ctx, catalog.Group{ID: syncedGroup(i), Source: "corp", ExternalID: fmt.Sprint(i), DisplayName: fmt.Sprint(i)}))
			try(q.InsertGroupLink(ctx, catalog.GroupLink{ID: fmt.Sprintf("gl-%d", i), GroupID: syncedGroup(i), TeamID: fmt.Sprintf("team-%d", i%syncedTeams)}))
		}
		for i := range others {
			id := fmt.Sprintf("grp-x%d", i)
			try(q.InsertGroup(ctx, catalog.Group{ID: id, Source: "else", ExternalID: id, DisplayName: id}))
			members := syncedMembers(i, 0, perOther)
			for j := range members {
				members[j].GroupID = id
			}
			try(q.PutGroupMembers(ctx, members...))
		}
		return faults
	})
}
