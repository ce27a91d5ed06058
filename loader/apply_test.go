package loader_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/schema"
)

var _ loader.Importer = (*catalog.Service)(nil)

// platform is a whole installation of the smallest size.
type platform struct {
	*catalog.Service
	store catalog.Store
	admin catalog.Principal
}

func startPlatform(t *testing.T) *platform {
	t.Helper()
	store, err := sqlstore.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	engine, err := spicedb.NewEmbedded(t.Context(), spicedb.EmbeddedConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	svc := catalog.New(catalog.Deps{
		Store: store, Engine: engine, Seeder: engine, Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader,
	})
	if err := svc.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin, err := svc.Bootstrap(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &platform{Service: svc, store: store, admin: principal(admin)}
}

func principal(u catalog.User) catalog.Principal {
	return catalog.Principal{Subject: authz.Object{Type: schema.TypeUser, ID: u.ID}, Name: u.Username}
}

// sync brings the platform to an estate and returns what it did.
func (p *platform) sync(t *testing.T, desired loader.Estate) loader.Report {
	t.Helper()
	report, err := loader.Apply(t.Context(), p, p.admin, p.plan(t, desired), nil)
	if err != nil {
		t.Fatal(err)
	}
	if again := p.plan(t, desired); !again.IsEmpty() {
		t.Fatalf("after the import there is still to do: %v", again.Actions())
	}
	return report
}

func (p *platform) plan(t *testing.T, desired loader.Estate) loader.Plan {
	t.Helper()
	return loader.Diff(p.current(t, desired), desired)
}

func (p *platform) current(t *testing.T, desired loader.Estate) loader.Estate {
	t.Helper()
	have, err := loader.Current(t.Context(), p.store, desired)
	if err != nil {
		t.Fatal(err)
	}
	return have
}

func (p *platform) may(t *testing.T, username, permission, workspace string) bool {
	t.Helper()
	answers, _, err := p.Evaluate(t.Context(), p.admin, []catalog.Ask{{
		SubjectType: schema.TypeUser, SubjectID: username, Action: permission,
		ResourceType: schema.TypeWorkspace, ResourceID: "acme/" + workspace,
	}}, catalog.AskOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return answers[0].Allowed
}

func TestApplyReachesWhatIsDesired(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	report := p.sync(t, acme())
	want := loader.Counts{
		loader.KindUser: {Created: 3}, loader.KindOrganization: {Created: 1}, loader.KindWorkspace: {Created: 1},
		loader.KindMembership: {Created: 2}, loader.KindTeam: {Created: 1}, loader.KindTeamMember: {Created: 2}, loader.KindGrant: {Created: 1},
	}
	if diff := cmp.Diff(want, report.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if report.Token == "" {
		t.Error("the report has no token")
	}
	for _, who := range []string{"ann", "bob", "cy"} {
		if !p.may(t, who, "apply_run", "net") {
			t.Errorf("%s may not apply", who)
		}
	}
	if !p.may(t, "ann", "delete", "net") || p.may(t, "bob", "delete", "net") {
		t.Error("an owner may delete the workspace, a member of a team with write may not")
	}

	p.sync(t, acme(func(o *loader.Organization) {
		o.Name, o.Owners, o.Members = "Acme", []string{"BOB"}, []string{"ann", "dee"}
		o.Workspaces = []loader.Workspace{{Name: "app"}}
		o.Teams[0] = loader.Team{
			Name: "DEV", Description: "Other people", Visibility: loader.VisibilitySecret,
			Members: []loader.Member{{Username: "dee", Maintainer: true}, {Username: "ann"}},
			Grants:  []loader.Grant{{Workspace: "app", Role: "tfe-read"}, {Workspace: "app", Role: "tfe-plan"}},
		}
	}))
	tests := []struct {
		who, permission, workspace string
		want                       bool
	}{
		{"bob", "delete", "net", true}, // an owner now, and the workspace stays
		{"ann", "queue_plan", "app", true},
		{"ann", "apply_run", "app", false}, // an owner no more
		{"dee", "queue_plan", "app", true},
		{"dee", "read_run", "net", false}, // the grant is gone
		{"cy", "read_run", "app", false},  // gone from the organization
	}
	for _, test := range tests {
		if got := p.may(t, test.who, test.permission, test.workspace); got != test.want {
			t.Errorf("%s may %s %s: %v", test.who, test.permission, test.workspace, got)
		}
	}
	report = p.sync(t, acme(func(o *loader.Organization) { o.Teams = nil }))
	if got := report.Counts()[loader.KindTeam].Deleted; got != 1 || p.may(t, "dee", "read_run", "app") {
		t.Errorf("%d teams are deleted, want 1, and nobody may what it gave", got)
	}
}

func TestImportLeavesAloneWhatIsNotTheSources(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	other := acme(func(o *loader.Organization) { o.Name = "beta" })
	p.sync(t, loader.Estate{Organizations: append(acme().Organizations, other.Organizations...)})

	org, err := p.store.OrganizationByName(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	team, err := p.store.TeamByName(t.Context(), org.ID, "dev")
	if err != nil {
		t.Fatal(err)
	}
	bob, err := p.store.UserByUsername(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	workspace, err := p.store.WorkspaceByName(t.Context(), org.ID, "net")
	if err != nil {
		t.Fatal(err)
	}
	scope := authz.Object{Type: schema.TypeWorkspace, ID: workspace.ID}
	holder := authz.Object{Type: schema.TypeTeam, ID: team.ID}
	_, err = p.Import(t.Context(), p.admin, func(ctx context.Context, c *catalog.Change) error {
		team.AllowMemberTokenManagement, team.SSOTeamID = true, "sso"
		if err := c.UpdateTeam(ctx, team); err != nil {
			return err
		}
		for _, g := range []catalog.Grant{
			{Holder: holder, RoleID: "terrakube-read", Scope: scope},
			{Holder: holder, RoleID: "hcp-viewer", Scope: authz.Object{Type: schema.TypeOrganization, ID: org.ID}},
			{Holder: authz.Object{Type: schema.TypeUser, ID: bob.ID}, RoleID: "tfe-admin", Scope: scope},
		} {
			if _, err := c.CreateGrant(ctx, g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if plan := p.plan(t, acme()); !plan.IsEmpty() {
		t.Errorf("grants of other kinds are the plan's business: %v", plan.Actions())
	}
	p.sync(t, acme(func(o *loader.Organization) { o.Teams[0].Description, o.Teams[0].Grants = "new", nil }))

	after, err := p.store.Team(t.Context(), team.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !after.AllowMemberTokenManagement || after.SSOTeamID != "sso" || after.Description != "new" {
		t.Errorf("the team is now %+v", after)
	}
	grants, err := p.store.Grants(t.Context(), catalog.GrantFilter{OrganizationID: org.ID})
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, g := range grants {
		left = append(left, g.RoleID)
	}
	slices.Sort(left)
	if diff := cmp.Diff([]string{"hcp-viewer", "terrakube-read", "tfe-admin"}, left); diff != "" {
		t.Errorf("grants left (-want +got):\n%s", diff)
	}
	if plan := p.plan(t, other); !plan.IsEmpty() {
		t.Errorf("the other organization has changed: %v", plan.Actions())
	}
}

func TestCurrentShowsInvitationsAndGrantsThatExpire(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	p.sync(t, acme())
	org, err := p.store.OrganizationByName(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	team, err := p.store.TeamByName(t.Context(), org.ID, "dev")
	if err != nil {
		t.Fatal(err)
	}
	grants, err := p.store.Grants(t.Context(), catalog.GrantFilter{OrganizationID: org.ID})
	if err != nil || len(grants) != 1 {
		t.Fatalf("%d grants: %v", len(grants), err)
	}
	_, err = p.Import(t.Context(), p.admin, func(ctx context.Context, c *catalog.Change) error {
		eve, err := c.CreateUser(ctx, "eve", "")
		if err != nil {
			return err
		}
		if _, err := c.PutMember(ctx, org.ID, eve.ID, catalog.MembershipInvited); err != nil {
			return err
		}
		if err := c.DeleteGrant(ctx, grants[0].ID); err != nil {
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{
			Holder: authz.Object{Type: schema.TypeTeam, ID: team.ID}, RoleID: "tfe-write", Scope: grants[0].Scope, ExpiresAt: time.Now().Add(time.Hour),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := acme(func(o *loader.Organization) {
		o.Invited = []string{"eve"}
		o.Teams[0].Grants[0].Temporary = true
	})
	want.Users = []string{"ann", "bob", "cy"}
	if diff := cmp.Diff(want.Normalize(), p.current(t, acme())); diff != "" {
		t.Errorf("current (-want +got):\n%s", diff)
	}
	with := acme(func(o *loader.Organization) { o.Members = append(o.Members, "Eve") })
	p.sync(t, with)
	left, err := p.store.Grants(t.Context(), catalog.GrantFilter{OrganizationID: org.ID})
	if err != nil || len(left) != 1 || !left[0].ExpiresAt.IsZero() {
		t.Errorf("the grants are %+v: %v", left, err)
	}
	if got := p.current(t, with).Organizations[0]; len(got.Invited) != 0 || !slices.Contains(got.Members, "eve") {
		t.Errorf("eve is not active: %v invited, members %v", got.Invited, got.Members)
	}
}

func TestApplyIsDoneForASiteAdminAlone(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	p.sync(t, acme())
	ann, err := p.store.UserByUsername(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	desired := acme(func(o *loader.Organization) { o.Teams = nil })
	plan := p.plan(t, desired)
	if _, err := loader.Apply(t.Context(), p, principal(ann), plan, nil); !fault.Is(err, fault.Denied) {
		t.Errorf("an owner's import: %v", err)
	}
	if got := p.plan(t, desired); !cmp.Equal(plan, got) {
		t.Error("the refused import has changed something")
	}
}

func TestApplyStopsAtTheFirstFaultAndLeavesThatOrganizationAlone(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	good := acme()
	bad := loader.Organization{
		Name: "beta", Owners: []string{"ann"}, Workspaces: []loader.Workspace{{Name: "fine"}, {Name: "not/fine"}},
	}
	desired := loader.Estate{Organizations: []loader.Organization{good.Organizations[0], bad}}
	type step struct{ done, total int }
	var steps []step
	report, err := loader.Apply(t.Context(), p, p.admin, p.plan(t, desired), func(done, total int) { steps = append(steps, step{done, total}) })
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("the error is %v", err)
	}
	if len(report.Organizations) != 1 || report.Organizations[0].Name != "acme" {
		t.Errorf("the report is %+v", report)
	}
	if diff := cmp.Diff([]step{{0, 14}, {11, 14}}, steps, cmp.AllowUnexported(step{})); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if _, err := p.store.OrganizationByName(t.Context(), "beta"); !fault.Is(err, fault.NotFound) {
		t.Errorf("beta is there: %v", err)
	}
	if plan := p.plan(t, good); !plan.IsEmpty() {
		t.Errorf("acme is not done: %v", plan.Actions())
	}
}

func TestApplyOfAPlanThatTheStateHasMovedAwayFrom(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	p.sync(t, acme())
	tests := map[string]struct {
		plan loader.Plan
		want fault.Kind
	}{
		"a team that is there by now":       {loader.Diff(acme(func(o *loader.Organization) { o.Teams = nil }), acme()), fault.Conflict},
		"a member who is gone by now":       {loader.Diff(acme(func(o *loader.Organization) { o.Members = append(o.Members, "dee") }), acme()), fault.NotFound},
		"a team that is gone by now":        {loader.Diff(acme(func(o *loader.Organization) { o.Teams[0].Name = "ops" }), loader.Estate{Organizations: []loader.Organization{{Name: "acme", Owners: []string{"ann"}, Members: []string{"bob", "cy"}}}}), fault.NotFound},
		"a grant that is there by now":      {loader.Diff(acme(func(o *loader.Organization) { o.Teams[0].Grants[0].Role = "tfe-read" }), acme()), fault.Conflict},
		"a workspace that is gone by now":   {plan(loader.Action{Op: loader.OpCreate, Kind: loader.KindGrant, Target: loader.Target{Team: "dev", Workspace: "gone", Role: "tfe-read"}}), fault.NotFound},
		"an organization that is not there": {loader.Diff(acme(func(o *loader.Organization) { o.Name = "beta" }), acme(func(o *loader.Organization) { o.Name, o.Teams = "beta", nil })), fault.NotFound},
		"the owners team as any other":      {plan(loader.Action{Op: loader.OpCreate, Kind: loader.KindTeamMember, Target: loader.Target{Team: "owners", User: "bob"}}), fault.NotFound},
		"something no plan does":            {plan(loader.Action{Op: loader.OpDelete, Kind: loader.KindWorkspace, Target: loader.Target{Workspace: "net"}}), fault.Invalid},
		"a role no plan gives":              {plan(loader.Action{Op: loader.OpCreate, Kind: loader.KindGrant, Target: loader.Target{Team: "dev", Workspace: "net", Role: "terrakube-read"}}), fault.Invalid},
		"a kind no plan knows":              {plan(loader.Action{Op: loader.OpDelete, Kind: "planet"}), fault.Invalid},
		"the last owner":                    {plan(loader.Action{Op: loader.OpDelete, Kind: loader.KindOwner, Target: loader.Target{User: "ann"}}), fault.Conflict},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := loader.Apply(t.Context(), p, p.admin, test.plan, nil); !fault.Is(err, test.want) {
				t.Errorf("the error is %v (%s), want %s", err, fault.KindOf(err), test.want)
			}
			if left := p.plan(t, acme()); !left.IsEmpty() {
				t.Fatalf("something has changed: %v", left.Actions())
			}
		})
	}
}

func plan(actions ...loader.Action) loader.Plan {
	return loader.Plan{Organizations: []loader.OrganizationPlan{{Name: "acme", Actions: actions}}}
}
