package catalog_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestExpiredGrantsAreRemoved moves the clock past one of two deadlines: the worker takes that grant out of the catalog
// and out of the engine, leaves an audit event, and keeps the other.
func TestExpiredGrantsAreRemoved(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	b := testkit.ServiceWith(t, testkit.Sized(t, "embedded"), catalog.Deps{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	o, _ := ownedBy(t, b, "acme", "ann")
	var short, long catalog.Grant
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		w, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, Name: "prod"})
		if err != nil {
			return err
		}
		u, err := c.EnsureUser(ctx, "bob", "")
		if err != nil {
			return err
		}
		g := catalog.Grant{Holder: authz.Object{Type: schema.TypeUser, ID: u.ID}, RoleID: "tfe-write", Scope: authz.Object{Type: schema.TypeWorkspace, ID: w.ID}, ExpiresAt: time.Now().Add(time.Hour)}
		if short, err = c.CreateGrant(ctx, g); err != nil {
			return err
		}
		g.RoleID, g.ExpiresAt = "tfe-read", time.Now().Add(9*time.Hour)
		long, err = c.CreateGrant(ctx, g)
		return err
	})
	ask := func(permission schema.Permission) bool {
		d, err := b.Engine.Check(t.Context(), authz.Question{Subject: short.Holder, Permission: permission.Name(), Resource: short.Scope}, authz.Consistency{})
		if err != nil {
			t.Fatal(err)
		}
		return d.Allowed
	}
	if !ask(schema.WorkspaceApplyRun) {
		t.Fatal("denied while the grant lasts")
	}

	ahead.Store(int64(2 * time.Hour))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go b.Work(ctx, 10*time.Millisecond, func(int) {})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		grants, err := b.Store.Grants(t.Context(), catalog.GrantFilter{Holder: short.Holder})
		if err != nil {
			t.Fatal(err)
		}
		if len(grants) == 1 && grants[0].ID == long.ID {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("grants after the deadline: %v, want the longer one alone", grants)
		}
	}
	if ask(schema.WorkspaceApplyRun) { // the catalog commits after the engine has been told, so there is nothing to wait for
		t.Fatal("allowed after the grant was removed")
	}
	if !ask(schema.WorkspaceReadRun) {
		t.Error("the longer grant went too")
	}
	events, err := b.Store.AuditEvents(t.Context(), catalog.AuditFilter{OrganizationID: o.ID, Limit: 1})
	if err != nil || len(events) != 1 || events[0].Action != "grant.delete" || events[0].ActorName != "expiry" {
		t.Errorf("newest audit event: %+v (%v), want the removal", events, err)
	}
	stop()
	noDrift(t, b)
}
