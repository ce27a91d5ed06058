package catalog_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TestAMovedStackTakesItsAccessAlong checks what only the projection of a move decides: a stack takes its access from its
// project, and what is granted on it makes its new project readable.
func TestAMovedStackTakesItsAccessAlong(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	st, _, err := v.CreateStack(t.Context(), v.people["owner"], v.acme.ID, "", called[catalog.Stack]("net"))
	if err != nil {
		t.Fatal(err)
	}
	stack := authz.Object{Type: schema.TypeStack, ID: st.ID}
	old := authz.Object{Type: schema.TypeProject, ID: v.acme.DefaultProjectID}
	next := authz.Object{Type: schema.TypeProject, ID: v.project.ID}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		clerks := authz.Object{Type: schema.TypeTeam, ID: v.teams["clerks"].ID}
		leads := authz.Object{Type: schema.TypeTeam, ID: v.teams["leads"].ID}
		_, err := c.CreateGrant(ctx, catalog.Grant{Holder: clerks, RoleID: "tfe-project-read", Scope: next})
		if err != nil {
			return err
		}
		role, err := c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Permissions: []string{"stack.read"}})
		if err != nil {
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: leads, RoleID: role.ID, Scope: stack})
		return err
	})
	if v.may(t, "clerk", schema.StackRead, stack) || !v.may(t, "teamlead", schema.ProjectRead, old) || v.may(t, "teamlead", schema.ProjectRead, next) {
		t.Fatal("before the move somebody reads what he should not")
	}
	move := catalog.StackChanges{ProjectID: v.project.ID}
	if _, _, err := v.UpdateStack(t.Context(), v.people["clerk"], st.ID, move); !fault.Is(err, fault.Denied) {
		t.Errorf("a reader of the new project moves it: %v", err)
	}
	if _, _, err := v.UpdateStack(t.Context(), v.people["owner"], st.ID, move); err != nil {
		t.Fatal(err)
	}
	if !v.may(t, "clerk", schema.StackRead, stack) || v.may(t, "teamlead", schema.ProjectRead, old) || !v.may(t, "teamlead", schema.ProjectRead, next) {
		t.Error("after the move somebody reads what he should not, or not what he should")
	}
	noDrift(t, v.Bench)
}

// TestMovingManyWorkspaces moves them as one change, and leaves nothing of it behind when one of them cannot go.
func TestMovingManyWorkspaces(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	owner, ids := v.people["owner"], []string{v.workspaces["prod"].ID, v.workspaces["infra-prod"].ID}
	other := authz.Object{Type: schema.TypeProject, ID: v.project.ID}
	foreign, _, err := v.CreateWorkspace(t.Context(), v.people["otherowner"], v.other.ID, "", called[catalog.Workspace]("foreign"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{foreign.ID, "ws-1111111111111111"} {
		if _, err := v.MoveWorkspaces(t.Context(), v.Admin, v.project.ID, append(slices.Clone(ids), bad)...); err == nil {
			t.Errorf("%s moves as well", bad)
		}
	}
	if v.may(t, "writer", schema.ProjectRead, other) {
		t.Error("the others moved")
	}
	if _, err := v.MoveWorkspaces(t.Context(), owner, v.project.ID, ids...); err != nil {
		t.Fatal(err)
	}
	if !v.may(t, "writer", schema.ProjectRead, other) {
		t.Error("nothing moved")
	}
	noDrift(t, v.Bench)
}

// TestALockHasOneHolder lets many lock a workspace at once: one of them holds it, and a change of the workspace that was
// begun before keeps it locked.
func TestALockHasOneHolder(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	before, people := v.workspaces["prod"], []string{"owner", "wsadmin", "writer"}
	var mu sync.Mutex
	var holders []string
	var wg sync.WaitGroup
	for _, name := range people {
		wg.Go(func() {
			w, _, err := v.LockWorkspace(t.Context(), v.people[name], before.ID, "mine")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && w.LockedBy == v.people[name].Subject:
				holders = append(holders, name)
			case !fault.Is(err, fault.Conflict):
				t.Errorf("%s: %+v, %v", name, w.LockedBy, err)
			}
		})
	}
	wg.Wait()
	if len(holders) != 1 {
		t.Fatalf("it is locked by %v", holders)
	}
	after, _, err := v.UpdateWorkspace(t.Context(), v.people["owner"], before.ID, catalog.WorkspaceChanges{Edit: described("changed")})
	if err != nil || after.LockedBy != v.people[holders[0]].Subject || after.LockReason != "mine" || after.Description != "changed" {
		t.Errorf("after a change: %+v, %v", after, err)
	}
	if _, err := v.SafeDeleteWorkspace(t.Context(), v.people["owner"], before.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("it is deleted while it is locked: %v", err)
	}
	if _, _, err := v.UnlockWorkspace(t.Context(), v.people[holders[0]], before.ID); err != nil {
		t.Error(err)
	}
	events, err := v.Store.AuditEvents(t.Context(), catalog.AuditFilter{Object: authz.Object{Type: schema.TypeWorkspace, ID: before.ID}, OldestFirst: true, Outcome: catalog.OutcomeDone})
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range events {
		if strings.HasPrefix(e.Action, "workspace.") {
			actions = append(actions, e.Action)
		}
	}
	want := []string{"workspace.create", "workspace.lock", "workspace.update", "workspace.unlock"}
	if !slices.Equal(actions, want) {
		t.Errorf("events %v, want %v", actions, want)
	}
}
