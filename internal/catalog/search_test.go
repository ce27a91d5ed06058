package catalog_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestListsEqualTheSumOfSingleChecks asks both searches random questions about a random catalog, page by page, and the
// same questions one by one.
func TestListsEqualTheSumOfSingleChecks(t *testing.T) {
	t.Parallel()
	eachSize(t, func(t *testing.T, b *testkit.Bench) {
		l := newLandscape(t, b)
		found := 0
		for _, subjectType := range schema.SubjectTypes() {
			for range 4 {
				who := l.any(subjectType)
				for range 6 {
					found += l.compareResources(t, who, l.anyPermission())
				}
				for _, p := range []schema.Permission{schema.WorkspaceRead, schema.WorkspaceForceDelete, schema.WorkspaceRunLocally, schema.ProjectRead, schema.OrganizationView} {
					found += l.compareResources(t, who, question{p, p.Type()})
				}
			}
			for range 10 {
				found += l.compareSubjects(t, subjectType, l.anyPermission())
			}
		}
		t.Logf("%d results compared", found)
		if found < 300 {
			t.Errorf("%d results are too few to compare", found)
		}
	})
}

// question is a permission on resources of a type.
type question struct {
	permission schema.Permission
	on         string
}

// landscape is a random catalog and what is in it.
type landscape struct {
	*testkit.Bench
	rng     *rand.Rand
	objects map[string][]authz.Object // by type
}

func (l *landscape) add(objectType, id string) {
	l.objects[objectType] = append(l.objects[objectType], authz.Object{Type: objectType, ID: id})
}

func (l *landscape) chance(percent int) bool { return l.rng.IntN(100) < percent }

func (l *landscape) any(objectTypes ...string) authz.Object {
	of := l.objects[objectTypes[l.rng.IntN(len(objectTypes))]]
	return of[l.rng.IntN(len(of))]
}

// anyPermission draws a permission and a type on which it can be asked.
func (l *landscape) anyPermission() question {
	for {
		all := schema.Vocabulary()
		q := question{all[l.rng.IntN(len(all))].Permission, []string{
			schema.TypePlatform, schema.TypeOrganization, schema.TypeProject, schema.TypeWorkspace, schema.TypeWorkspace, schema.TypeStack, schema.TypeTeam,
		}[l.rng.IntN(7)]}
		if q.permission.On(q.on) != "" {
			return q
		}
	}
}

// newLandscape makes organizations of which one is disabled, people of whom one is suspended, nested groups, secret
// teams, custom roles, tokens, and grants of which some have expired.
func newLandscape(t *testing.T, b *testkit.Bench) *landscape {
	t.Helper()
	var l *landscape
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		l = &landscape{Bench: b, rng: rand.New(rand.NewPCG(1, 0)), objects: map[string][]authz.Object{}}
		l.add(schema.TypePlatform, catalog.PlatformID)
		return cmp.Or(l.people(ctx, c), l.organizations(ctx, c), l.grants(ctx, c))
	})
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		return cmp.Or(
			c.Suspend(ctx, l.objects[schema.TypeUser][6].ID),
			c.SetDisabled(ctx, l.objects[schema.TypeOrganization][3].ID, true),
			c.SetSiteAuditor(ctx, l.objects[schema.TypeUser][5].ID, true),
		)
	})
	return l
}

func (l *landscape) people(ctx context.Context, c *catalog.Change) error {
	for i := range 7 {
		u, err := c.CreateUser(ctx, fmt.Sprintf("user-%d", i), "")
		if err != nil {
			return err
		}
		l.add(schema.TypeUser, u.ID)
	}
	a, err := c.CreateServiceAccount(ctx, "robot")
	if err != nil {
		return err
	}
	l.add(schema.TypeServiceAccount, a.ID)
	for _, name := range []string{"outer", "inner", "other"} {
		g, err := c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: name, DisplayName: name})
		if err != nil {
			return err
		}
		l.add(schema.TypeGroup, g.ID)
		if err := c.AddGroupMember(ctx, g.ID, l.any(schema.TypeUser).ID); err != nil {
			return err
		}
	}
	return c.Nest(ctx, l.objects[schema.TypeGroup][0].ID, l.objects[schema.TypeGroup][1].ID)
}

func (l *landscape) organizations(ctx context.Context, c *catalog.Change) error {
	for i, name := range []string{"Delta", "alpha", "beta-2", "Beta"} {
		o, err := c.CreateOrganization(ctx, name, "", l.objects[schema.TypeUser][i].ID)
		if err != nil {
			return err
		}
		l.add(schema.TypeOrganization, o.ID)
		l.add(schema.TypeProject, o.DefaultProjectID)
		l.add(schema.TypeTeam, o.OwnersTeamID)
		o.AllowForceDelete = i%2 == 0
		if err := cmp.Or(c.ChangeOrganization(ctx, o), l.teams(ctx, c, o), l.places(ctx, c, o)); err != nil {
			return err
		}
	}
	return nil
}

func (l *landscape) teams(ctx context.Context, c *catalog.Change, o catalog.Organization) error {
	for _, visibility := range []catalog.Visibility{catalog.VisibilitySecret, catalog.VisibilityOrganization} {
		team, err := c.CreateTeam(ctx, catalog.Team{OrganizationID: o.ID, Name: string(visibility), Visibility: visibility})
		if err != nil {
			return err
		}
		l.add(schema.TypeTeam, team.ID)
		for range 2 {
			if err := c.AddTeamMember(ctx, team.ID, l.any(schema.TypeUser).ID, false); err != nil {
				return err
			}
		}
		if l.chance(50) {
			if _, err := c.LinkGroup(ctx, l.any(schema.TypeGroup).ID, team.ID); err != nil {
				return err
			}
		}
		if err := l.token(ctx, c, catalog.Token{Kind: catalog.TokenTeam, OwnerID: team.ID}, schema.TypeTeamToken); err != nil {
			return err
		}
	}
	return l.token(ctx, c, catalog.Token{Kind: catalog.TokenOrganization, OwnerID: o.ID}, schema.TypeOrganizationToken)
}

func (l *landscape) token(ctx context.Context, c *catalog.Change, t catalog.Token, objectType string) error {
	issued, err := c.IssueToken(ctx, t, func(b []byte) error { b[0] = 1; return nil })
	l.add(objectType, issued.ID)
	return err
}

func (l *landscape) places(ctx context.Context, c *catalog.Change, o catalog.Organization) error {
	names := []string{"net", "App", "app-2", "Ärger", "zoo", "DB", "10", "9"}
	for _, name := range names[:2] {
		p, err := c.CreateProject(ctx, catalog.Project{OrganizationID: o.ID, Name: name})
		if err != nil {
			return err
		}
		l.add(schema.TypeProject, p.ID)
	}
	projects := l.objects[schema.TypeProject][len(l.objects[schema.TypeProject])-3:]
	for i, name := range names {
		project := projects[l.rng.IntN(3)].ID
		w, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, ProjectID: project, Name: name})
		if err != nil {
			return err
		}
		l.add(schema.TypeWorkspace, w.ID)
		if i%3 == 0 {
			st, err := c.CreateStack(ctx, catalog.Stack{OrganizationID: o.ID, ProjectID: project, Name: name})
			if err != nil {
				return err
			}
			l.add(schema.TypeStack, st.ID)
		}
	}
	return nil
}

// grants hands out built-in and custom roles. Refusals by a rule are no matter.
func (l *landscape) grants(ctx context.Context, c *catalog.Change) error {
	var roles []string
	for i, permissions := range [][]string{{"workspace.apply_run", "project.read"}, {"workspace.*"}, {"workspace.lock", "workspace.write_state", "stack.read"}, {"organization.manage_workspaces"}, {"*"}} {
		r, err := c.CreateRole(ctx, catalog.Role{Name: fmt.Sprintf("custom-%d", i), Permissions: permissions})
		if err != nil {
			return err
		}
		roles = append(roles, r.ID)
	}
	scopes := []string{schema.TypeWorkspace, schema.TypeWorkspace, schema.TypeWorkspace, schema.TypeStack, schema.TypeProject, schema.TypeProject, schema.TypeOrganization, schema.TypePlatform}
	for i := range 60 {
		g := catalog.Grant{
			Holder: l.any(schema.TypeUser, schema.TypeServiceAccount, schema.TypeGroup, schema.TypeTeam, schema.TypeTeam),
			RoleID: roles[l.rng.IntN(len(roles))],
			Scope:  l.any(scopes[l.rng.IntN(len(scopes))]),
		}
		switch l.rng.IntN(3) {
		case 0:
			g.ExpiresAt = time.Now().Add(time.Hour)
		case 1: // the worker has not come by yet
			g.ID, g.ExpiresAt = fmt.Sprintf("grant-expired-%d", i), time.Now().Add(-time.Hour)
			if same, err := c.Grants(ctx, catalog.GrantFilter{Holder: g.Holder, RoleID: g.RoleID, Scopes: []authz.Object{g.Scope}}); err != nil || len(same) > 0 {
				continue
			}
			if err := c.InsertGrant(ctx, g); err != nil {
				return err
			}
			continue
		}
		if same, err := c.Grants(ctx, catalog.GrantFilter{Holder: g.Holder, RoleID: g.RoleID, Scopes: []authz.Object{g.Scope}}); err != nil || len(same) > 0 {
			continue
		}
		if _, err := c.CreateGrant(ctx, g); err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// singly returns the ids of the questions that single checks allow.
func (l *landscape) singly(t *testing.T, questions []authz.Question, id func(authz.Question) string) []string {
	t.Helper()
	allowed, _, err := l.Engine.CheckAll(t.Context(), questions, authz.Consistency{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, q := range questions {
		if allowed[i] {
			out = append(out, id(q))
		}
	}
	slices.Sort(out)
	return out
}

// compareResources compares the pages of a search with single checks of everything there is.
func (l *landscape) compareResources(t *testing.T, who authz.Object, q question) int {
	t.Helper()
	var questions []authz.Question
	for _, o := range l.objects[q.on] {
		questions = append(questions, authz.Question{Subject: who, Permission: q.permission.On(q.on), Resource: o})
	}
	want := l.singly(t, questions, func(q authz.Question) string { return q.Resource.ID })
	ask := catalog.Ask{SubjectType: who.Type, SubjectID: who.ID, Action: string(q.permission), ResourceType: q.on}
	rows := pages(t, l.SearchResources, l.Admin, ask, l.rng.IntN(6), len(want))
	what := fmt.Sprintf("%s, %s on %s", who, q.permission, q.on)
	wantFound(t, what, want, rows)
	if q.on != schema.TypeTeam && !slices.IsSortedFunc(rows, byPath) {
		t.Errorf("%s: not in the order of paths: %v", what, rows)
	}
	return len(rows)
}

func (l *landscape) compareSubjects(t *testing.T, subjectType string, q question) int {
	t.Helper()
	resource := l.any(q.on)
	var questions []authz.Question
	for _, o := range l.objects[subjectType] {
		questions = append(questions, authz.Question{Subject: o, Permission: q.permission.On(q.on), Resource: resource})
	}
	if subjectType == schema.TypeUser {
		questions = append(questions, authz.Question{Subject: l.Admin.Subject, Permission: q.permission.On(q.on), Resource: resource})
	}
	want := l.singly(t, questions, func(q authz.Question) string { return q.Subject.ID })
	ask := catalog.Ask{SubjectType: subjectType, Action: string(q.permission), ResourceType: q.on, ResourceID: resource.ID}
	rows := pages(t, l.SearchSubjects, l.Admin, ask, l.rng.IntN(6), len(want))
	wantFound(t, fmt.Sprintf("every %s, %s on %s", subjectType, q.permission, resource), want, rows)
	return len(rows)
}

type search func(context.Context, catalog.Principal, catalog.Ask, authz.Consistency, catalog.Page) ([]catalog.Found, catalog.Totals, error)

// pages follows a search to its end.
func pages(t *testing.T, run search, p catalog.Principal, a catalog.Ask, limit, total int) []catalog.Found {
	t.Helper()
	var all []catalog.Found
	for page := (catalog.Page{Limit: limit}); ; {
		rows, totals, err := run(t.Context(), p, a, authz.Consistency{}, page)
		if err != nil {
			t.Fatalf("%+v: %v", a, err)
		}
		all = append(all, rows...)
		switch {
		case totals.Total != total:
			t.Errorf("%+v: total %d, want %d", a, totals.Total, total)
		case totals.Next == page.After && page.After != "":
			t.Fatalf("%+v: the pages do not go on", a)
		case totals.Next != "" && len(rows) != limit:
			t.Errorf("%+v: a page of %d has %d rows, and others follow", a, limit, len(rows))
		}
		if page.After = totals.Next; page.After == "" {
			return all
		}
	}
}

func wantFound(t *testing.T, what string, want []string, rows []catalog.Found) {
	t.Helper()
	var got []string
	for _, f := range rows {
		got = append(got, f.Object.ID)
	}
	slices.Sort(got)
	if d := diff.Diff(want, got); d != "" {
		t.Errorf("%s (-single checks +list):\n%s", what, d)
	}
}

func byPath(a, b catalog.Found) int {
	return slices.Compare(strings.Split(strings.ToLower(a.Name), "/"), strings.Split(strings.ToLower(b.Name), "/"))
}

// generous is an engine whose extents are far too wide.
type generous struct{ authz.Engine }

func (g generous) Extent(ctx context.Context, subject authz.Object, p schema.Permission, resourceType string, c authz.Consistency) (authz.Extent, authz.Token, error) {
	_, token, err := g.Engine.Extent(ctx, subject, p, resourceType, c)
	return authz.Extent{Scopes: []authz.Object{{Type: schema.TypePlatform, ID: catalog.PlatformID}}}, token, err
}

// TestNoListIsDecidedByTheCatalog makes every place a candidate: what is shown is what single checks allow.
func TestNoListIsDecidedByTheCatalog(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	wide := catalog.New(catalog.Deps{Store: b.Store, Engine: generous{b.Engine}, Log: testkit.Quiet(), Now: time.Now})
	o, users := ownedBy(t, b, "acme", "ann", "bob")
	var mine []string
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		mine = nil
		if err := c.RemoveMember(ctx, o.ID, users[1].ID); err != nil {
			return err
		}
		for i := range 90 {
			w, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, Name: fmt.Sprintf("w%02d", i)})
			if err != nil {
				return err
			}
			if i%40 != 39 {
				continue
			}
			mine = append(mine, w.ID)
			if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: authz.Object{Type: schema.TypeUser, ID: users[1].ID}, RoleID: "tfe-read", Scope: authz.Object{Type: schema.TypeWorkspace, ID: w.ID}}); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(mine)
	for _, limit := range []int{1, 5, 0} {
		var all []catalog.Found
		page, rounds := catalog.Page{Limit: limit}, 0
		for ; ; rounds++ {
			rows, totals, err := wide.SearchResources(t.Context(), b.Admin, catalog.Ask{SubjectType: "user", SubjectID: "bob", Action: "read", ResourceType: "workspace"}, authz.Consistency{}, page)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, rows...)
			if page.After = totals.Next; page.After == "" {
				break
			}
		}
		wantFound(t, fmt.Sprintf("pages of %d", limit), mine, all)
		if limit == 1 && rounds < 3 { // a page does not walk the whole list for one row
			t.Errorf("%d pages of one", rounds)
		}
	}
}

// TestPagesAreStableWhileOthersWrite follows the pages while workspaces come and go: what is there all the time is
// listed once, and in order.
func TestPagesAreStableWhileOthersWrite(t *testing.T) {
	t.Parallel()
	eachSize(t, func(t *testing.T, b *testkit.Bench) {
		o, _ := ownedBy(t, b, "acme", "ann")
		create := func(name string) catalog.Workspace {
			var w catalog.Workspace
			change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
				w, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, Name: name})
				return err
			})
			return w
		}
		var stay []string
		for i := range 12 {
			stay = append(stay, create(fmt.Sprintf("stay-%02d", i)).ID)
		}
		slices.Sort(stay)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				w := create(fmt.Sprintf("stay-%02d-and-go-%d", i%12, i))
				change(t, b, func(ctx context.Context, c *catalog.Change) error { return c.RemoveWorkspace(ctx, w.ID) })
			}
		})
		for range 10 {
			var seen []catalog.Found
			for page := (catalog.Page{Limit: 3}); ; {
				rows, totals, err := b.SearchResources(t.Context(), b.Admin, catalog.Ask{SubjectType: "user", SubjectID: "ann", Action: "read", ResourceType: "workspace"}, authz.Consistency{}, page)
				if err != nil {
					t.Fatal(err)
				}
				seen = append(seen, rows...)
				if page.After = totals.Next; page.After == "" {
					break
				}
			}
			if !slices.IsSortedFunc(seen, byPath) {
				t.Errorf("out of order: %v", seen)
			}
			wantFound(t, "what stays", stay, slices.DeleteFunc(seen, func(f catalog.Found) bool { return !slices.Contains(stay, f.Object.ID) }))
		}
		close(stop)
		wg.Wait()
	})
}

// TestPagesSurviveRenaming renames what the pages have shown and what they have not.
func TestPagesSurviveRenaming(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	o, _ := ownedBy(t, b, "acme", "ann")
	var rows []catalog.Workspace
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		rows = nil
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			w, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, Name: name})
			if err != nil {
				return err
			}
			rows = append(rows, w)
		}
		return nil
	})
	ask := catalog.Ask{SubjectType: "user", SubjectID: "ann", Action: "read", ResourceType: "workspace"}
	names := func(limit int, after string) (names []string, next string) {
		found, totals, err := b.SearchResources(t.Context(), b.Admin, ask, authz.Consistency{}, catalog.Page{Limit: limit, After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			names = append(names, f.Name)
		}
		return names, totals.Next
	}
	first, next := names(2, "")
	if d := diff.Diff([]string{"acme/a", "acme/b"}, first); d != "" {
		t.Fatal(d)
	}
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		rows[1].Name, rows[3].Name = "z", "0" // b was shown and d was not
		return cmp.Or(c.ChangeWorkspace(ctx, rows[1]), c.ChangeWorkspace(ctx, rows[3]))
	})
	rest, end := names(10, next)
	if d := diff.Diff([]string{"acme/c", "acme/e", "acme/z"}, rest); d != "" || end != "" {
		t.Errorf("behind the first page, then %q (-want +got):\n%s", end, d)
	}
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		o.Name = "zzz"
		return c.ChangeOrganization(ctx, o)
	})
	if again, _ := names(10, next); len(again) != 5 {
		t.Errorf("after the organization was renamed: %v", again)
	}
	for _, broken := range []string{"x", `["a"]`, `["a","b","c"]`, `{}`, rows[0].ID} {
		_, _, err := b.SearchResources(t.Context(), b.Admin, ask, authz.Consistency{}, catalog.Page{Limit: 2, After: broken})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("a page behind %q: %v, want an invalid request", broken, err)
		}
	}
}
