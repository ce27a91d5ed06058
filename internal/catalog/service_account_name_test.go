package catalog_test

import (
	"context"
	"slices"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestNobodyHandsADirectoryOver by the names of service accounts, but who administers the platform.
func TestNobodyHandsADirectoryOver(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	var clerk catalog.Principal
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		u, err := c.EnsureUser(ctx, "clerk", "")
		if err != nil {
			return err
		}
		clerk = testkit.PrincipalOf(u)
		role, err := c.CreateRole(ctx, catalog.Role{Name: "people", Permissions: []string{string(schema.PlatformManageUsers)}})
		if err != nil {
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: clerk.Subject, RoleID: role.ID, Scope: ref(schema.TypePlatform, catalog.PlatformID)})
		return err
	})
	trusting(t, b, "corp", catalog.TrustTeams)
	okta, weak, corps := machine(t, b, "okta", catalog.ScopeSCIM), machine(t, b, "weak", catalog.ScopeSCIM), machine(t, b, "corp", catalog.ScopeSCIM)
	if _, err := b.OwnDirectory(ctx, okta); err != nil {
		t.Fatal(err)
	}
	rename := func(p catalog.Principal, id, name string, want fault.Kind) {
		t.Helper()
		_, _, err := b.UpdateServiceAccount(ctx, p, id, func(now catalog.ServiceAccount, _ catalog.Home) (catalog.ServiceAccount, error) {
			now.Name = name
			return now, nil
		})
		if err != nil && !fault.Is(err, want) || err == nil && want != fault.Internal {
			t.Errorf("%s renames %s to %s: %v, want %v", p.Name, id, name, err, want)
		}
	}
	create := func(p catalog.Principal, name string, want fault.Kind) {
		t.Helper()
		_, _, err := b.CreateServiceAccount(ctx, p, func(catalog.ServiceAccount, catalog.Home) (catalog.ServiceAccount, error) {
			return catalog.ServiceAccount{Name: name}, nil
		})
		if err != nil && !fault.Is(err, want) || err == nil && want != fault.Internal {
			t.Errorf("%s makes %s: %v, want %v", p.Name, name, err, want)
		}
	}
	last := func() catalog.AuditEvent {
		t.Helper()
		events, err := b.Store.AuditEvents(ctx, catalog.AuditFilter{Limit: 1})
		if err != nil || len(events) != 1 {
			t.Fatal(events, err)
		}
		return events[0]
	}
	refused := func() {
		t.Helper()
		e := last()
		if e.Outcome != catalog.OutcomeRefused || e.Object != ref("directory", "okta") || e.Action != string(schema.PlatformAdminister) {
			t.Errorf("the refusal leaves %+v", e)
		}
	}
	rename(clerk, okta.Subject.ID, "okta-old", fault.Denied)
	refused()
	rename(clerk, corps.Subject.ID, "corps", fault.Internal) // which spoke for nothing
	rename(clerk, corps.Subject.ID, "corp", fault.Denied)
	create(clerk, "corp", fault.Denied)
	rename(clerk, weak.Subject.ID, "weaker", fault.Internal)
	create(clerk, "robot", fault.Internal)
	if _, err := b.DeleteServiceAccount(ctx, clerk, okta.Subject.ID); err != nil {
		t.Fatal(err)
	}
	create(clerk, "okta", fault.Denied)
	refused()
	rename(clerk, weak.Subject.ID, "okta", fault.Denied)
	refused()
	rename(b.Admin, weak.Subject.ID, "okta", fault.Internal)
	if e := last(); e.Action != "service_account.update" || !slices.Contains(e.Related, ref("directory", "okta")) {
		t.Errorf("handing it over leaves %+v", e)
	}
	p := weak
	p.Name = "okta"
	if _, err := b.Sync(ctx, p, catalog.Behalf{Source: "okta"}, func(context.Context, *catalog.Change) error { return nil }); err != nil {
		t.Errorf("the account that a site admin gave the directory to: %v", err)
	}
	rename(b.Admin, weak.Subject.ID, "spare", fault.Internal)
	create(b.Admin, "okta", fault.Internal)
	if e := last(); e.Action != "service_account.create" || !slices.Contains(e.Related, ref("directory", "okta")) {
		t.Errorf("handing it over leaves %+v", e)
	}
}
