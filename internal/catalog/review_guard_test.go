package catalog_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func named(objectType, ref string) catalog.Entity { return catalog.Entity{Type: objectType, Ref: ref} }

// TestWhoReviews lists who may ask what others may do, object by object, and what an answer tells whom.
func TestWhoReviews(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.people["explainer"] = catalog.Principal{Subject: authz.Object{Type: schema.TypeServiceAccount, ID: "sa-1111111111111111"}, Scopes: []catalog.Scope{catalog.ScopeExplain}}
	v.people["checker"] = catalog.Principal{Subject: authz.Object{Type: schema.TypeServiceAccount, ID: "sa-1111111111111112"}, Scopes: []catalog.Scope{catalog.ScopeCheck}}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		auditor, err := c.EnsureUser(ctx, "auditor", "")
		if err != nil {
			return err
		}
		v.people["auditor"] = catalog.Principal{Subject: authz.Object{Type: schema.TypeUser, ID: auditor.ID}, Name: "auditor"}
		return c.SetSiteAuditor(ctx, auditor.ID, true)
	})
	all := []string{"owner", "site-admin", "auditor", "explainer"}
	for _, row := range []struct {
		object catalog.Entity
		also   []string
	}{
		{named("workspace", "acme/prod"), []string{"wsadmin"}},
		{named("workspace", "acme/infra-prod"), nil},
		{named("project", "acme/infra"), nil},
		{named("organization", "acme"), nil},
		{named("team", "acme/writers"), nil},
	} {
		for who, p := range v.people {
			want := slices.Contains(all, who) || slices.Contains(row.also, who)
			_, err := v.EffectiveAccess(t.Context(), p, named("user", "clerk"), row.object)
			if who != "clerk" && (err == nil) != want || err != nil && who != "clerk" && !fault.Is(err, fault.Denied) {
				t.Errorf("%s reviews %v: %v", who, row.object, err)
			}
			if row.object.Type == "team" {
				continue
			}
			_, err = v.AccessMatrix(t.Context(), p, row.object, catalog.MatrixQuery{Limit: 10})
			if (err == nil) != want || err != nil && !fault.Is(err, fault.Denied) {
				t.Errorf("%s sees the matrix of %v: %v", who, row.object, err)
			}
		}
	}
}

// TestWhatIsNotThereLooksLikeWhatMayNotBeReviewed compares the refusals.
func TestWhatIsNotThereLooksLikeWhatMayNotBeReviewed(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	text := func(err error) string {
		if err == nil {
			return "allowed"
		}
		return fault.KindOf(err).String() + ": " + err.Error()
	}
	effective := func(who, subject, object string) string {
		_, err := v.EffectiveAccess(t.Context(), v.people[who], named("user", subject), named("workspace", object))
		return text(err)
	}
	if a, b := effective("writer", "owner", "acme/prod"), effective("writer", "owner", "acme/ghost"); a != b || a == "allowed" {
		t.Errorf("of another: %q and %q", a, b)
	}
	if a, b := effective("writer", "ghost", "acme/prod"), effective("writer", "owner", "acme/prod"); a != b {
		t.Errorf("of nobody: %q and %q", a, b)
	}
	if a, b := effective("member", "member", "acme/prod"), effective("member", "member", "acme/ghost"); a != b || a == "allowed" {
		t.Errorf("of oneself, where one holds nothing: %q and %q", a, b)
	}
	if got := effective("writer", "writer", "acme/prod"); got != "allowed" {
		t.Errorf("of oneself: %s", got)
	}
	matrix := func(object string) string {
		_, err := v.AccessMatrix(t.Context(), v.people["writer"], named("workspace", object), catalog.MatrixQuery{Limit: 10})
		return text(err)
	}
	if a, b := matrix("acme/prod"), matrix("acme/ghost"); a != b || a == "allowed" {
		t.Errorf("matrix: %q and %q", a, b)
	}
	suppose := func(who string, p catalog.Proposal) string {
		_, err := v.WhatIf(t.Context(), v.people[who], p, 10)
		return text(err)
	}
	join := func(user, team string) catalog.Proposal {
		return catalog.Proposal{Member: &catalog.ProposedMember{User: user, In: named("team", team)}}
	}
	if a, b := suppose("writer", join("member", "acme/writers")), suppose("writer", join("member", "acme/ghost")); a != b || a == "allowed" {
		t.Errorf("what if: %q and %q", a, b)
	}
	if a, b := suppose("writer", join("ghost", "acme/writers")), suppose("writer", join("member", "acme/writers")); a != b {
		t.Errorf("what if, of nobody: %q and %q", a, b)
	}
	if got := suppose("site-admin", join("ghost", "acme/writers")); !strings.HasPrefix(got, "invalid: user") {
		t.Errorf("who may is told: %s", got)
	}
}

// TestSecretTeamsStaySecret reviews a workspace, and supposes changes there, on behalf of its admin, who does not see the
// secret team that has access to it.
func TestSecretTeamsStaySecret(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	secret := authz.Object{Type: schema.TypeTeam, ID: v.teams["shadows"].ID}
	m, err := v.AccessMatrix(t.Context(), v.people["wsadmin"], named("workspace", "acme/prod"), catalog.MatrixQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	concealed := 0
	for _, row := range m.Rows {
		if row.Holder.Object == secret || strings.Contains(row.Holder.Name, "shadows") {
			t.Errorf("the matrix names %v", row.Holder)
		}
		for _, s := range row.Sources {
			if s.Concealed {
				concealed++
				if s.GrantID != "" || row.Holder.ID != "" {
					t.Errorf("concealed, and named: %+v", row)
				}
			}
		}
	}
	if concealed != 1 || m.Total != len(m.Rows) {
		t.Errorf("%d concealed rows among %d of %d", concealed, len(m.Rows), m.Total)
	}
	a, err := v.EffectiveAccess(t.Context(), v.people["wsadmin"], named("user", "owner"), named("workspace", "acme/prod"))
	if err != nil || slices.ContainsFunc(a.Sources, func(s catalog.Source) bool { return s.Holder.Object == secret }) {
		t.Errorf("effective access names it: %+v, %v", a.Sources, err)
	}
	if _, err := v.AccessMatrix(t.Context(), v.people["wsadmin"], named("workspace", "acme/prod"), catalog.MatrixQuery{People: true, Limit: 100}); !fault.Is(err, fault.Denied) {
		t.Errorf("who does not see the members sees the people: %v", err)
	}
	people, err := v.AccessMatrix(t.Context(), v.people["owner"], named("workspace", "acme/prod"), catalog.MatrixQuery{People: true, Limit: 100})
	if err != nil || len(people.Rows) == 0 {
		t.Errorf("the owner sees no people: %v", err)
	}
	grants, err := v.Store.Grants(t.Context(), catalog.GrantFilter{Holder: secret})
	if err != nil || len(grants) != 1 {
		t.Fatal(grants, err)
	}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		return c.AddTeamMember(ctx, secret.ID, v.people["member"].Subject.ID, false)
	})
	revoke := catalog.Proposal{Remove: true, Grant: &catalog.ProposedGrant{ID: grants[0].ID}}
	for who, sees := range map[string]bool{"owner": true, "wsadmin": false} {
		got, err := v.WhatIf(t.Context(), v.people[who], revoke, 100)
		if err != nil || len(got.Changes) == 0 {
			t.Fatalf("%s: %+v, %v", who, got, err)
		}
		for _, c := range got.Changes {
			if named := len(c.Subjects.First) > 0; named != sees || !sees && c.Subjects.Concealed == 0 {
				t.Errorf("%s sees %+v", who, c.Subjects)
			}
		}
	}
}

// TestWhoSupposes lists who may suppose which change: whoever may make it.
func TestWhoSupposes(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		keeper, err := c.EnsureUser(ctx, "keeper", "")
		if err != nil {
			return err
		}
		v.people["keeper"] = catalog.Principal{Subject: authz.Object{Type: schema.TypeUser, ID: keeper.ID}, Name: "keeper"}
		r, err := c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Name: "keeping", Permissions: []string{"workspace.manage_access", "workspace.read_run"}})
		if err != nil {
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: v.people["keeper"].Subject, RoleID: r.ID, Scope: authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["prod"].ID}})
		return err
	})
	link := &catalog.ProposedLink{Group: v.group.ID, Team: "acme/writers"}
	grant := func(role string) *catalog.ProposedGrant {
		return &catalog.ProposedGrant{Holder: named("team", "acme/clerks"), Role: role, Scope: named("workspace", "acme/prod")}
	}
	for _, row := range []struct {
		what     string
		proposal catalog.Proposal
		may, not []string
	}{
		{"join a team", catalog.Proposal{Member: &catalog.ProposedMember{User: "member", In: named("team", "acme/writers")}}, []string{"owner", "teamlead", "clerk", "site-admin"}, []string{"writer", "wsadmin", "member", "otherowner"}},
		{"join the owners", catalog.Proposal{Member: &catalog.ProposedMember{User: "member", In: named("team", v.acme.OwnersTeamID)}}, []string{"owner"}, []string{"clerk", "teamlead", "otherowner"}},
		{"link a group", catalog.Proposal{Link: link}, []string{"owner", "clerk"}, []string{"writer", "otherowner"}},
		{"grant what one holds", catalog.Proposal{Grant: grant("tfe-plan")}, []string{"owner", "wsadmin"}, []string{"writer", "clerk", "otherowner"}},
		{"grant more than one holds", catalog.Proposal{Grant: grant("tfe-plan")}, []string{"owner", "wsadmin", "site-admin"}, []string{"keeper"}},
		{"grant as much as one holds", catalog.Proposal{Grant: grant("keeping")}, []string{"keeper"}, []string{"writer"}},
		{"leave oneself", catalog.Proposal{Remove: true, Member: &catalog.ProposedMember{User: "member", In: named("organization", "acme")}}, []string{"owner", "member", "clerk"}, []string{"writer", "outsider"}},
	} {
		for _, who := range row.may {
			if _, err := v.WhatIf(t.Context(), v.people[who], row.proposal, 10); fault.Is(err, fault.Denied) {
				t.Errorf("%s may not suppose to %s: %v", who, row.what, err)
			}
		}
		for _, who := range row.not {
			if _, err := v.WhatIf(t.Context(), v.people[who], row.proposal, 10); !fault.Is(err, fault.Denied) {
				t.Errorf("%s may suppose to %s: %v", who, row.what, err)
			}
		}
	}
}

// TestSupposingLeavesNothing supposes changes, refused ones too, and looks for a trace.
func TestSupposingLeavesNothing(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	events := func() int {
		n, err := v.Store.CountAuditEvents(t.Context(), catalog.AuditFilter{})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := events()
	last := catalog.Proposal{Remove: true, Member: &catalog.ProposedMember{User: "owner", In: named("team", v.acme.OwnersTeamID)}}
	if _, err := v.WhatIf(t.Context(), v.people["owner"], last, 10); !fault.Is(err, fault.Conflict) {
		t.Errorf("the last owner leaves: %v", err)
	}
	join := catalog.Proposal{Member: &catalog.ProposedMember{User: "outsider", In: named("team", "acme/writers")}}
	for _, who := range []string{"owner", "writer"} {
		_, _ = v.WhatIf(t.Context(), v.people[who], join, 10)
	}
	got, err := v.WhatIf(t.Context(), v.people["owner"], join, 10)
	if err != nil || got.Subjects != 1 || !got.Complete {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []catalog.Proposal{{}, {Grant: &catalog.ProposedGrant{}, Member: join.Member}} {
		if _, err := v.WhatIf(t.Context(), v.people["owner"], wrong, 10); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if v.may(t, "outsider", schema.WorkspaceRead, authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["prod"].ID}) {
		t.Error("supposing gave access")
	}
	if after := events(); after != before {
		t.Errorf("%d audit events more", after-before)
	}
	if n, err := v.PendingIntents(t.Context()); n != 0 || err != nil {
		t.Errorf("%d intents, %v", n, err)
	}
	noDrift(t, v.Bench)
}

// TestSourcesSayHow looks at every way in which somebody comes to a permission.
func TestSourcesSayHow(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	until := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	prod := authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["prod"].ID}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		if err := c.AddGroupMember(ctx, v.group.ID, v.people["member"].Subject.ID); err != nil {
			return err
		}
		if _, err := c.LinkGroup(ctx, v.group.ID, v.teams["writers"].ID); err != nil {
			return err
		}
		_, err := c.CreateGrant(ctx, catalog.Grant{Holder: v.people["member"].Subject, RoleID: "tfe-read", Scope: prod, ExpiresAt: until})
		return err
	})
	a, err := v.EffectiveAccess(t.Context(), v.Admin, named("user", "member"), named("workspace", "acme/prod"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range a.Sources {
		text := s.Role + " on " + s.Scope.Name + " " + string(s.Where) + " held by " + s.Holder.Name
		for _, p := range s.Paths {
			text += " via " + p.Group.Name + " link " + map[bool]string{true: "yes", false: "no"}[p.LinkID != ""]
		}
		if !s.ExpiresAt.IsZero() {
			text += " ends " + map[bool]string{true: "then", false: "otherwise"}[s.ExpiresAt.Equal(until)]
		}
		if s.GrantID == "" {
			t.Errorf("%+v", s)
		}
		got = append(got, text)
	}
	slices.Sort(got)
	want := []string{
		"tfe-read on acme/prod direct held by member via  link no ends then",
		"tfe-write on acme/prod direct held by acme/writers via g link yes",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	for _, p := range a.Permissions {
		switch {
		case p.Permission == schema.WorkspaceRead && len(p.From) != 2:
			t.Errorf("read comes from %v", p.From)
		case p.Permission == schema.WorkspaceApplyRun && len(p.From) != 1:
			t.Errorf("apply_run comes from %v", p.From)
		case p.Permission == schema.WorkspaceRunLocally && (!p.Derived() || len(p.FollowsFrom) != 2):
			t.Errorf("run_locally: %+v", p)
		}
	}
}

// TestAHolderOfSomethingElsewhere supposes grants to holders who hold something in another place, which is not read.
func TestAHolderOfSomethingElsewhere(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	infra := authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["infra-prod"].ID}
	group := authz.Object{Type: schema.TypeGroup, ID: v.group.ID}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		if err := c.AddGroupMember(ctx, v.group.ID, v.people["member"].Subject.ID); err != nil {
			return err
		}
		for _, holder := range []authz.Object{group, v.people["clerk"].Subject} {
			if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: holder, RoleID: "tfe-read", Scope: infra}); err != nil {
				return err
			}
		}
		return nil
	})
	for holder, want := range map[catalog.Entity]int{entity(group): 2, named("user", "clerk"): 1} {
		got, err := v.WhatIf(t.Context(), v.Admin, catalog.Proposal{Grant: &catalog.ProposedGrant{Holder: holder, Role: "tfe-write", Scope: named("workspace", "acme/prod")}}, 10)
		if err != nil || got.Subjects != want || got.Objects != 2 { // the workspace and the name of its project
			t.Errorf("%v: %+v, %v", holder, got, err)
		}
	}
}
