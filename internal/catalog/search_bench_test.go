package catalog_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// BenchmarkWorkspacesOf lists a page of 20 of somebody's workspaces, of 10,000 in two organizations with 5,000 people
// and 20,000 grants to others. TERRAWARDEN_TEST_* name the larger sizes.
func BenchmarkWorkspacesOf(b *testing.B) {
	for _, size := range testkit.Sizes() {
		b.Run(size, func(b *testing.B) {
			s := testkit.Service(b, size)
			crowd(b, s)
			for _, who := range []string{"everything", "two-hundred", "two-hundred-teams", "three", "site-admin"} {
				b.Run(who, func(b *testing.B) { benchmarkPages(b, s, who) })
			}
		})
	}
}

// benchmarkPages asks for one page after the other, and begins again at the end.
func benchmarkPages(b *testing.B, s *testkit.Bench, who string) {
	b.Helper()
	ask := catalog.Ask{SubjectType: schema.TypeUser, SubjectID: who, Action: "read", ResourceType: schema.TypeWorkspace}
	page := catalog.Page{Limit: 20}
	best := time.Hour
	for b.Loop() {
		start := time.Now()
		rows, totals, err := s.SearchResources(b.Context(), s.Admin, ask, authz.Consistency{}, page)
		if err != nil || len(rows) == 0 {
			b.Fatalf("%d rows, %v", len(rows), err)
		}
		page.After = totals.Next
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best.Microseconds())/1000, "best-ms") // on a busy machine the one that says something
}

// crowd fills the catalog row by row and the engine with a repair, which is faster than as many changes.
func crowd(b *testing.B, s *testkit.Bench) {
	b.Helper()
	const workspaces, people, teams, perWorkspace = 10_000, 5_000, 200, 2
	scope := func(i int) authz.Object {
		return authz.Object{Type: schema.TypeWorkspace, ID: fmt.Sprintf("ws-%05d", i%workspaces)}
	}
	user := func(i int) string { return fmt.Sprintf("user-%05d", i) }
	team := func(i int) authz.Object { return authz.Object{Type: schema.TypeTeam, ID: fmt.Sprintf("team-%d", i)} }
	fill(b, s, func(q catalog.Queries) []error {
		var faults []error
		try := func(err error) { faults = append(faults, err) }
		grants := 0
		grant := func(holder authz.Object, role string, scope authz.Object) {
			grants++
			try(q.InsertGrant(b.Context(), catalog.Grant{ID: fmt.Sprintf("grant-%d", grants), OrganizationID: "org-0", Holder: holder, RoleID: role, Scope: scope}))
		}
		for i := range people {
			try(q.InsertUser(b.Context(), catalog.User{ID: user(i), Username: user(i)}))
		}
		for i := range 2 {
			org := fmt.Sprintf("org-%d", i)
			try(q.InsertOrganization(b.Context(), catalog.Organization{ID: org, Name: org, OwnersTeamID: "owners-" + org, DefaultProjectID: org + "-0"}))
			for p := range 50 {
				try(q.InsertProject(b.Context(), catalog.Project{ID: fmt.Sprintf("%s-%d", org, p), OrganizationID: org, Name: fmt.Sprintf("project-%d", p)}))
			}
		}
		for i := range people {
			try(q.InsertMembership(b.Context(), catalog.Membership{ID: fmt.Sprintf("ou-%d", i), OrganizationID: "org-0", UserID: user(i), Status: catalog.MembershipActive}))
		}
		for i := range teams {
			try(q.InsertTeam(b.Context(), catalog.Team{ID: team(i).ID, OrganizationID: "org-0", Name: team(i).ID, Visibility: catalog.VisibilityOrganization}))
			for m := range people / teams {
				try(q.PutTeamMember(b.Context(), catalog.TeamMember{TeamID: team(i).ID, UserID: user(i*people/teams + m)}))
			}
		}
		for i := range workspaces {
			org := i * 2 / workspaces
			try(q.InsertWorkspace(b.Context(), catalog.Workspace{
				ID: scope(i).ID, OrganizationID: fmt.Sprintf("org-%d", org), ProjectID: fmt.Sprintf("org-%d-%d", org, i%50), Name: fmt.Sprintf("%d-app", i*7919%10_007),
			}))
			for g := range perWorkspace {
				grant(team((i+g*17)%teams), []string{"tfe-read", "tfe-write"}[g], scope(i))
			}
		}
		for _, name := range []string{"everything", "two-hundred", "two-hundred-teams", "three"} {
			try(q.InsertUser(b.Context(), catalog.User{ID: "user-" + name, Username: name}))
		}
		holder := func(name string) authz.Object { return authz.Object{Type: schema.TypeUser, ID: "user-" + name} }
		try(q.InsertRole(b.Context(), catalog.Role{ID: "role-all", Name: "all", Permissions: []string{"workspace.*"}}))
		for i := range 2 {
			grant(holder("everything"), "role-all", authz.Object{Type: schema.TypeOrganization, ID: fmt.Sprintf("org-%d", i)})
		}
		for i := range 200 {
			grant(holder("two-hundred"), "tfe-plan", scope(i*49))
			own := fmt.Sprintf("team-own-%d", i)
			try(q.InsertTeam(b.Context(), catalog.Team{ID: own, OrganizationID: "org-0", Name: own, Visibility: catalog.VisibilityOrganization}))
			try(q.PutTeamMember(b.Context(), catalog.TeamMember{TeamID: own, UserID: "user-two-hundred-teams"}))
			grant(authz.Object{Type: schema.TypeTeam, ID: own}, "tfe-plan", scope(i*49))
		}
		try(q.InsertMembership(b.Context(), catalog.Membership{ID: "ou-teams", OrganizationID: "org-0", UserID: "user-two-hundred-teams", Status: catalog.MembershipActive}))
		for i := range 3 {
			grant(holder("three"), "tfe-read", scope(i*3001))
		}
		return faults
	})
}

// fill writes rows in one transaction and brings the engine in step with them.
func fill(b *testing.B, s *testkit.Bench, rows func(catalog.Queries) []error) {
	b.Helper()
	start := time.Now()
	err := s.Store.InTx(b.Context(), func(q catalog.Queries) error {
		for _, err := range rows(q) {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		_, err = s.Reconcile(b.Context(), s.Admin, false)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("filled in %s", time.Since(start).Round(time.Millisecond))
}
