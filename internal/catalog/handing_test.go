package catalog_test

import (
	"context"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TestWhatEndsIsGivenNoLonger has somebody administer a workspace for an hour, and somebody who does so for good.
func TestWhatEndsIsGivenNoLonger(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	prod := authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["prod"].ID}
	hour := time.Now().Add(time.Hour).Truncate(time.Second)
	var own catalog.Grant
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) (err error) {
		own, err = c.CreateGrant(ctx, catalog.Grant{Holder: v.people["member"].Subject, RoleID: "tfe-admin", Scope: prod, ExpiresAt: hour})
		return err
	})
	give := func(who, role string, until time.Time) error {
		g, _, err := v.CreateGrant(t.Context(), v.people[who], catalog.Grant{Holder: v.people["outsider"].Subject, RoleID: role, Scope: prod, ExpiresAt: until})
		if err == nil {
			_, err = v.DeleteGrant(t.Context(), v.people["owner"], g.ID)
		}
		return err
	}
	refused := func(what string, err error) {
		t.Helper()
		if !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v, want a refusal", what, err)
		}
	}
	allowed := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	allowed("until his own end", give("member", "tfe-read", hour))
	allowed("for less", give("member", "tfe-read", hour.Add(-time.Minute)))
	refused("for longer", give("member", "tfe-read", hour.Add(time.Minute)))
	refused("for good", give("member", "tfe-read", time.Time{}))
	allowed("for good by the owner, beside grants that end", give("owner", "tfe-admin", time.Time{}))

	prolong := func(who string) error {
		_, _, err := v.UpdateGrant(t.Context(), v.people[who], own.ID, func(g catalog.Grant, _ catalog.Home) (catalog.Grant, error) {
			g.ExpiresAt = time.Time{}
			return g, nil
		})
		return err
	}
	refused("his own for good", prolong("member"))
	allowed("his for good by the owner", prolong("owner"))
	allowed("for good, now that he holds it so", give("member", "tfe-read", time.Time{}))
}

// TestARoleOfOwnersIsDeletedByOwners has somebody who edits roles and is no owner.
func TestARoleOfOwnersIsDeletedByOwners(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	org := authz.Object{Type: schema.TypeOrganization, ID: v.acme.ID}
	roles := map[string]string{}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		for name, permission := range map[string]string{"editing": "organization.manage_roles", "everything": "*", "plain": "workspace.read"} {
			r, err := c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Name: name, Permissions: []string{permission}})
			if err != nil {
				return err
			}
			roles[name] = r.ID
		}
		_, err := c.CreateGrant(ctx, catalog.Grant{Holder: v.people["member"].Subject, RoleID: roles["editing"], Scope: org})
		return err
	})
	if _, err := v.DeleteRole(t.Context(), v.people["member"], roles["everything"]); !fault.Is(err, fault.Denied) {
		t.Errorf("everything by somebody who edits roles: %v", err)
	}
	if _, err := v.DeleteRole(t.Context(), v.people["member"], roles["plain"]); err != nil {
		t.Errorf("a plain role by somebody who edits roles: %v", err)
	}
	if _, err := v.DeleteRole(t.Context(), v.people["owner"], roles["everything"]); err != nil {
		t.Errorf("everything by an owner: %v", err)
	}
}
