package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TestMovingNoWorkspaces: to name none is not to name all there are.
func TestMovingNoWorkspaces(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	acme := catalog.AuditFilter{OrganizationID: v.acme.ID}
	before, err := v.Store.CountAuditEvents(t.Context(), acme)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.MoveWorkspaces(t.Context(), v.people["otherowner"], v.other.DefaultProjectID); err != nil {
		t.Errorf("who may cannot move none: %v", err)
	}
	after, err := v.Store.CountAuditEvents(t.Context(), acme)
	if err != nil || after != before {
		t.Errorf("another tenant has %d events instead of %d: %v", after, before, err)
	}
	if _, err := v.MoveWorkspaces(t.Context(), v.people["otherowner"], v.project.ID); !fault.Is(err, fault.Denied) {
		t.Errorf("who may not moves none: %v", err)
	}
}

// TestARenamedOrganizationTakesNobodysID: ids that came in by an import may look like names.
func TestARenamedOrganizationTakesNobodysID(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	if err := v.Store.InsertOrganization(t.Context(), catalog.Organization{ID: "legacy", Name: "imported"}); err != nil {
		t.Fatal(err)
	}
	rename := func(id, name string) error {
		_, _, err := v.UpdateOrganization(t.Context(), v.Admin, id, func(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
			o.Name = name
			return o, nil
		})
		return err
	}
	for _, name := range []string{"legacy", v.other.ID} {
		if err := rename(v.acme.ID, name); !fault.Is(err, fault.Invalid) {
			t.Errorf("acme is called %s: %v", name, err)
		}
	}
	if err := rename(v.acme.ID, "acme-2"); err != nil {
		t.Errorf("a name that is free: %v", err)
	}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error { // its own id
		return c.ChangeOrganization(ctx, catalog.Organization{ID: "legacy", Name: "legacy"})
	})
}

func TestAnOrganizationHasNoMoreWorkspacesThanItMay(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	limit := func(l catalog.Limit) {
		t.Helper()
		o, _, err := v.AdministerOrganization(t.Context(), v.Admin, v.acme.ID, func(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
			o.WorkspaceLimit = l
			return o, nil
		})
		if err != nil || o.WorkspaceLimit != l {
			t.Fatalf("the limit is %+v: %v", o.WorkspaceLimit, err)
		}
	}
	create := func(who, organizationID, name string) error {
		_, _, err := v.CreateWorkspace(t.Context(), v.people[who], organizationID, "", called[catalog.Workspace](name))
		return err
	}
	limit(catalog.Limit{Given: true, Max: 4})
	if refused := together(t, 6, func(i int) error { return create("owner", v.acme.ID, "at-once-"+string(rune('a'+i))) }); refused != 4 {
		t.Errorf("of six where two have room, %d are refused", refused)
	}
	if err := create("member", v.acme.ID, "denied"); !fault.Is(err, fault.Denied) {
		t.Errorf("who may not is told of the limit: %v", err)
	}
	if err := create("otherowner", v.other.ID, "elsewhere"); err != nil {
		t.Errorf("another organization is limited: %v", err)
	}
	limit(catalog.Limit{Given: true})
	if err := create("owner", v.acme.ID, "none"); !fault.Is(err, fault.Conflict) {
		t.Errorf("one comes into being where none may: %v", err)
	}
	if _, _, err := v.UpdateWorkspace(t.Context(), v.people["owner"], v.workspaces["prod"].ID, catalog.WorkspaceChanges{Edit: described("still")}); err != nil {
		t.Errorf("what is there cannot be changed: %v", err)
	}
	limit(catalog.Limit{})
	if err := create("owner", v.acme.ID, "any"); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}

// TestAPoolInUseStays: while something uses an agent pool it is not deleted, and who is told what uses it sees that.
func TestAPoolInUseStays(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ctx, owner := t.Context(), v.people["owner"]
	pool, idle := v.pool(t, "pool"), v.pool(t, "idle")
	named := catalog.Attributes(`"` + pool.ID + `"`)
	uses := func(id string) catalog.PoolUse {
		return func(kept catalog.Attributes) (bool, error) { return string(kept) == `"`+id+`"`, nil }
	}
	// Somebody of another organization names it as well, which counts for nothing.
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.CreateProject(ctx, catalog.Project{OrganizationID: v.other.ID, Name: "theirs", Attributes: named})
		return err
	})
	attributes := func(kept catalog.Attributes) {
		t.Helper()
		change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
			p, w := v.project, v.workspaces["prod"]
			p.Attributes, w.Attributes = kept, kept
			o, err := c.Organization(ctx, v.acme.ID)
			if err != nil {
				return err
			}
			o.Attributes = kept
			if err := c.ChangeOrganization(ctx, o); err != nil {
				return err
			}
			if err := c.ChangeProject(ctx, p); err != nil {
				return err
			}
			return c.ChangeWorkspace(ctx, w)
		})
	}
	attributes(named)
	_, err := v.DeleteAgentPool(ctx, owner, pool.ID, uses(pool.ID))
	if message, _ := fault.Public(err); !fault.Is(err, fault.Conflict) || !strings.HasSuffix(message, "used by organization acme, project infra, workspace prod.") {
		t.Errorf("a pool in use is deleted: %v", err)
	}
	if _, err := v.DeleteAgentPool(ctx, v.people["wsadmin"], pool.ID, uses(pool.ID)); !fault.Is(err, fault.Denied) {
		t.Errorf("who may not is told of its use: %v", err)
	}
	if _, err := v.DeleteAgentPool(ctx, owner, idle.ID, uses(idle.ID)); err != nil {
		t.Errorf("another pool: %v", err)
	}
	if _, err := v.FindAgentPool(ctx, owner, pool.ID); err != nil {
		t.Errorf("the pool: %v", err)
	}
	attributes(`""`)
	if _, err := v.DeleteAgentPool(ctx, owner, pool.ID, uses(pool.ID)); err != nil {
		t.Errorf("a pool that nothing uses any more: %v", err)
	}
	events, err := v.Store.AuditEvents(ctx, catalog.AuditFilter{Object: authz.Object{Type: "agent_pool", ID: pool.ID}, Actions: []string{"agent_pool.delete"}})
	if err != nil || len(events) != 1 {
		t.Errorf("%d deletions are recorded: %v", len(events), err)
	}
	if v.may(t, "wsadmin", schema.OrganizationManageAgentPools, authz.Object{Type: schema.TypeOrganization, ID: v.acme.ID}) {
		t.Error("the one who may not, may")
	}
}
