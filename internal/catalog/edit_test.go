package catalog_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// called is an edit that gives something a name.
func called[T catalog.Project | catalog.Workspace | catalog.Stack](name string) catalog.Edit[T] {
	return func(row T, _ catalog.Home) (T, error) {
		switch to := any(&row).(type) {
		case *catalog.Project:
			to.Name = name
		case *catalog.Workspace:
			to.Name = name
		case *catalog.Stack:
			to.Name = name
		}
		return row, nil
	}
}

// described is an edit that describes a workspace.
func described(text string) catalog.Edit[catalog.Workspace] {
	return func(w catalog.Workspace, _ catalog.Home) (catalog.Workspace, error) {
		w.Description = text
		return w, nil
	}
}

// limitingLives is an edit that limits the lives of tokens in an organization.
func limitingLives(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
	o.LimitTokenLives = true
	return o, nil
}

// wrong is an edit that finds something wrong.
func wrong[T any](row T, _ catalog.Home) (T, error) { return row, fault.At("name", "is wrong") }

// one more of what is counted.
func more[T ~string](n T) T {
	i, _ := strconv.Atoi(string(n))
	return T(strconv.Itoa(i + 1))
}

// pool adds an agent pool to acme.
func (v *village) pool(t *testing.T, name string) catalog.AgentPool {
	t.Helper()
	pool, _, err := v.CreateAgentPool(t.Context(), v.people["owner"], v.acme.ID, func(p catalog.AgentPool, _ catalog.Home) (catalog.AgentPool, error) {
		p.Name = name
		return p, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// TestEditsAtOnceAreAllKept makes many edits of one row at once, each of which builds on the one before.
func TestEditsAtOnceAreAllKept(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ctx, owner, pool := t.Context(), v.people["owner"], v.pool(t, "pool")
	st, _, err := v.CreateStack(ctx, owner, v.acme.ID, "", called[catalog.Stack]("net"))
	if err != nil {
		t.Fatal(err)
	}
	counted := func(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
		o.Attributes = more(o.Attributes)
		return o, nil
	}
	const each = 8
	for what, row := range map[string]struct {
		edit func() error
		get  func() (string, error)
		want int
	}{
		"an organization, by its owner and by a site admin": {func() error {
			if _, _, err := v.UpdateOrganization(ctx, owner, v.acme.ID, counted); err != nil {
				return err
			}
			_, _, err := v.AdministerOrganization(ctx, v.Admin, v.acme.ID, counted)
			return err
		}, func() (string, error) {
			o, err := v.FindOrganization(ctx, owner, v.acme.ID)
			return string(o.Attributes), err
		}, 2 * each},
		"a project": {func() error {
			_, _, err := v.UpdateProject(ctx, owner, v.project.ID, func(p catalog.Project, _ catalog.Home) (catalog.Project, error) {
				p.Description = more(p.Description)
				return p, nil
			})
			return err
		}, func() (string, error) {
			p, err := v.FindProject(ctx, owner, v.project.ID)
			return p.Description, err
		}, each},
		"a workspace": {func() error {
			_, _, err := v.UpdateWorkspace(ctx, owner, v.workspaces["prod"].ID, catalog.WorkspaceChanges{Edit: func(w catalog.Workspace, _ catalog.Home) (catalog.Workspace, error) {
				w.Description = more(w.Description)
				return w, nil
			}})
			return err
		}, func() (string, error) {
			w, err := v.FindWorkspace(ctx, owner, v.workspaces["prod"].ID)
			return w.Description, err
		}, each},
		"a stack": {func() error {
			_, _, err := v.UpdateStack(ctx, owner, st.ID, catalog.StackChanges{Edit: func(st catalog.Stack, _ catalog.Home) (catalog.Stack, error) {
				st.Description = more(st.Description)
				return st, nil
			}})
			return err
		}, func() (string, error) {
			st, err := v.FindStack(ctx, owner, st.ID)
			return st.Description, err
		}, each},
		"an agent pool": {func() error {
			_, _, err := v.UpdateAgentPool(ctx, owner, pool.ID, func(p catalog.AgentPool, _ catalog.Home) (catalog.AgentPool, error) {
				p.Attributes = more(p.Attributes)
				return p, nil
			})
			return err
		}, func() (string, error) {
			p, err := v.FindAgentPool(ctx, owner, pool.ID)
			return string(p.Attributes), err
		}, each},
	} {
		together(t, each, func(int) error { return row.edit() })
		if got, err := row.get(); err != nil || got != strconv.Itoa(row.want) {
			t.Errorf("of %d edits of %s, %q are kept: %v", row.want, what, got, err)
		}
	}
}

// TestAChangeIsReturnedAsItIsStored: what a use case returns is the row, not what the caller thought of it.
func TestAChangeIsReturnedAsItIsStored(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ctx, owner := t.Context(), v.people["owner"]
	foreign := func(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
		o.ID, o.Email, o.Disabled, o.OwnersTeamID = v.other.ID, "new@example.com", true, v.other.OwnersTeamID
		o.WorkspaceLimit = catalog.Limit{Given: true}
		return o, nil
	}
	want, err := v.Store.Organization(ctx, v.acme.ID)
	if err != nil {
		t.Fatal(err)
	}
	want.Email = "new@example.com"
	for range 2 {
		got, _, err := v.UpdateOrganization(ctx, owner, v.acme.ID, foreign)
		if err != nil || got != want {
			t.Errorf("an owner changes what is not his: %+v, want %+v, %v", got, want, err)
		}
	}
	got, _, err := v.AdministerOrganization(ctx, v.Admin, v.acme.ID, func(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
		o.Email, o.WorkspaceLimit = "theirs@example.com", catalog.Limit{Given: true, Max: 5}
		return o, nil
	})
	if want.WorkspaceLimit.Given, want.WorkspaceLimit.Max = true, 5; err != nil || got != want {
		t.Errorf("a site admin changes what is not his: %+v, want %+v, %v", got, want, err)
	}
	prod, err := v.Store.Workspace(ctx, v.workspaces["prod"].ID)
	if err != nil {
		t.Fatal(err)
	}
	w, _, err := v.UpdateWorkspace(ctx, owner, prod.ID, catalog.WorkspaceChanges{Edit: func(w catalog.Workspace, _ catalog.Home) (catalog.Workspace, error) {
		w.ID, w.OrganizationID, w.ProjectID, w.LockReason = v.workspaces["infra-prod"].ID, v.other.ID, v.project.ID, "mine"
		return w, nil
	}})
	if err != nil || w != prod {
		t.Errorf("an edit of a workspace takes it elsewhere: %+v, %v", w, err)
	}
}

// TestWhatIsWrongIsToldToWhoMay: whoever may not change something learns nothing about what he would change it to, and
// leaves an audit event of the attempt like anybody else.
func TestWhatIsWrongIsToldToWhoMay(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	pool, elsewhere := v.pool(t, "pool"), authz.Object{Type: schema.TypeProject, ID: v.project.ID}
	st, _, err := v.CreateStack(t.Context(), v.people["owner"], v.acme.ID, "", called[catalog.Stack]("net"))
	if err != nil {
		t.Fatal(err)
	}
	org, prod := authz.Object{Type: schema.TypeOrganization, ID: v.acme.ID}, v.workspace("prod")
	unbound := func() ([]catalog.TagBinding, error) { return nil, fault.At("key", "is wrong") }
	untagged := func() ([]catalog.TagRef, error) { return nil, fault.At("name", "is wrong") }
	for what, row := range map[string]struct {
		do func(ctx context.Context, p catalog.Principal) error
		on authz.Object
	}{
		"create an organization": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateOrganization(ctx, p, wrong)
			return err
		}, authz.Object{}},
		"change an organization": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateOrganization(ctx, p, org.ID, wrong)
			return err
		}, org},
		"create a project": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateProject(ctx, p, org.ID, wrong)
			return err
		}, org},
		"change a project": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateProject(ctx, p, elsewhere.ID, wrong)
			return err
		}, elsewhere},
		"create a workspace": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateWorkspace(ctx, p, org.ID, elsewhere.ID, wrong)
			return err
		}, elsewhere},
		"change a workspace": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateWorkspace(ctx, p, prod.ID, catalog.WorkspaceChanges{Edit: wrong[catalog.Workspace]})
			return err
		}, prod},
		"move a workspace": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateWorkspace(ctx, p, prod.ID, catalog.WorkspaceChanges{ProjectID: elsewhere.ID, Edit: wrong[catalog.Workspace]})
			return err
		}, authz.Object{Type: schema.TypeProject, ID: v.acme.DefaultProjectID}},
		"create a stack": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateStack(ctx, p, org.ID, elsewhere.ID, wrong)
			return err
		}, elsewhere},
		"change a stack": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateStack(ctx, p, st.ID, catalog.StackChanges{Edit: wrong[catalog.Stack]})
			return err
		}, authz.Object{Type: schema.TypeStack, ID: st.ID}},
		"create an agent pool": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateAgentPool(ctx, p, org.ID, wrong)
			return err
		}, org},
		"change an agent pool": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateAgentPool(ctx, p, pool.ID, wrong)
			return err
		}, org},
		"bind tags": {func(ctx context.Context, p catalog.Principal) error {
			_, err := v.PutTagBindings(ctx, p, prod, unbound)
			return err
		}, prod},
		"add tags": {func(ctx context.Context, p catalog.Principal) error {
			_, err := v.AddWorkspaceTags(ctx, p, prod.ID, untagged)
			return err
		}, prod},
		"remove tags": {func(ctx context.Context, p catalog.Principal) error {
			_, err := v.RemoveWorkspaceTags(ctx, p, prod.ID, untagged)
			return err
		}, prod},
		"administer an organization": {func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.AdministerOrganization(ctx, p, org.ID, wrong)
			return err
		}, authz.Object{Type: schema.TypePlatform, ID: "main"}},
	} {
		if err := row.do(t.Context(), v.Admin); !fault.Is(err, fault.Invalid) && what != "create an organization" {
			t.Errorf("%s: who may is not told what is wrong: %v", what, err)
		}
		if row.on.IsZero() { // everybody may
			if err := row.do(t.Context(), v.people["member"]); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: who may is not told what is wrong: %v", what, err)
			}
			continue
		}
		for _, who := range []string{"writer", "otherowner"} {
			before := v.refusals(t, who, row.on)
			if err := row.do(t.Context(), v.people[who]); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %s gets %v", what, who, err)
			}
			want := before + 1
			if who == "writer" && strings.HasSuffix(what, " tags") {
				continue
			}
			if got := v.refusals(t, who, row.on); got != want {
				t.Errorf("%s: %d attempts of %s are recorded, want %d", what, got, who, want)
			}
		}
	}
}

// refusals counts the recorded attempts of somebody on something.
func (v *village) refusals(t *testing.T, who string, on authz.Object) int {
	t.Helper()
	n, err := v.Store.CountAuditEvents(t.Context(), catalog.AuditFilter{Actor: v.people[who].Subject, Object: on, Outcome: catalog.OutcomeRefused})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAMoveIsWhatWasAskedFor: somebody who may move workspaces and change none moves one, unless it turns out inside the
// change that more than its project would change, or that it is elsewhere by then.
func TestAMoveIsWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ctx, owner, prod := t.Context(), v.people["owner"], v.workspaces["prod"]
	mover := v.people["member"]
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		team, err := c.CreateTeam(ctx, catalog.Team{OrganizationID: v.acme.ID, Name: "movers", Visibility: catalog.VisibilityOrganization})
		if err != nil {
			return err
		}
		if err := c.AddTeamMember(ctx, team.ID, mover.Subject.ID, false); err != nil {
			return err
		}
		role, err := c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Permissions: []string{"project.move_workspaces"}})
		if err != nil {
			return err
		}
		for _, id := range []string{v.acme.DefaultProjectID, v.project.ID} {
			if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: authz.Object{Type: schema.TypeTeam, ID: team.ID}, RoleID: role.ID, Scope: authz.Object{Type: schema.TypeProject, ID: id}}); err != nil {
				return err
			}
		}
		return nil
	})
	// undescribed takes the description away, which nobody has given when the mover asks. meanwhile happens in between.
	undescribed := func(meanwhile func() error) catalog.Edit[catalog.Workspace] {
		return func(w catalog.Workspace, _ catalog.Home) (catalog.Workspace, error) {
			if meanwhile != nil {
				do := meanwhile
				meanwhile = nil
				if err := do(); err != nil {
					return w, err
				}
			}
			w.Description = ""
			return w, nil
		}
	}
	move := func(to string, meanwhile func() error) error {
		_, _, err := v.UpdateWorkspace(ctx, mover, prod.ID, catalog.WorkspaceChanges{ProjectID: to, Edit: undescribed(meanwhile)})
		return err
	}
	if err := move(v.project.ID, nil); err != nil {
		t.Fatalf("it cannot be moved: %v", err)
	}
	err := move(v.acme.DefaultProjectID, func() error {
		_, err := v.MoveWorkspaces(ctx, owner, v.acme.DefaultProjectID, prod.ID)
		return err
	})
	if !fault.Is(err, fault.Stale) {
		t.Errorf("moved where it is by then: %v", err)
	}
	err = move(v.project.ID, func() error {
		_, _, err := v.UpdateWorkspace(ctx, owner, prod.ID, catalog.WorkspaceChanges{Edit: described("ours")})
		return err
	})
	if !fault.Is(err, fault.Stale) {
		t.Errorf("a description is taken away without the permission: %v", err)
	}
	w, err := v.FindWorkspace(ctx, owner, prod.ID)
	if err != nil || w.Description != "ours" || w.ProjectID != v.acme.DefaultProjectID {
		t.Errorf("it is %+v, %v", w, err)
	}
	for who, want := range map[string]fault.Kind{"member": fault.Denied, "owner": fault.Invalid} { // the member is the mover
		_, _, err := v.UpdateWorkspace(ctx, v.people[who], prod.ID, catalog.WorkspaceChanges{ProjectID: v.project.ID, Edit: wrong[catalog.Workspace]})
		if !fault.Is(err, want) {
			t.Errorf("%s makes a wrong change with a move: %v", who, err)
		}
	}
	if err := move(v.project.ID, nil); !fault.Is(err, fault.Denied) {
		t.Errorf("a mover changes it: %v", err)
	}
	noDrift(t, v.Bench)
}
