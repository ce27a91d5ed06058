package catalog_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// allows asks the engine.
func allows(t *testing.T, b *testkit.Bench, subject authz.Object, permission schema.Permission, on authz.Object) bool {
	t.Helper()
	name := cmp.Or(permission.On(on.Type), permission.Name()) // that of an internal one
	d, err := b.Engine.Check(t.Context(), authz.Question{Subject: subject, Permission: name, Resource: on}, authz.Consistency{})
	if err != nil {
		t.Fatal(err)
	}
	return d.Allowed
}

// machine returns the principal of a service account with scopes.
func machine(t *testing.T, b *testkit.Bench, name string, scopes ...catalog.Scope) catalog.Principal {
	t.Helper()
	words := make([]string, len(scopes))
	for i, scope := range scopes {
		words[i] = string(scope)
	}
	made, err := b.CreateToken(t.Context(), b.Admin, catalog.TokenRequest{Kind: catalog.TokenService, Name: name, Scopes: words})
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.PrincipalOf(t.Context(), made.Token)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestWhoSpeaksForADirectory: sync for all, a SCIM connection for itself, whoever manages people, and nobody else.
func TestWhoSpeaksForADirectory(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	okta, runner, asks := machine(t, b, "okta", catalog.ScopeSCIM), machine(t, b, "runner", catalog.ScopeSync), machine(t, b, "asks", catalog.ScopeCheck)
	manual, corpToo := machine(t, b, catalog.SourceManual, catalog.ScopeSCIM), machine(t, b, "corp", catalog.ScopeSCIM)
	trusting(t, b, "corp", catalog.TrustTeams)
	ann, err := b.CreateUser(ctx, b.Admin, "ann", "")
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[*catalog.Principal]fault.Kind{&okta: fault.Internal, &runner: fault.Denied, &asks: fault.Denied, &manual: fault.Denied, &corpToo: fault.Denied} {
		d, err := b.OwnDirectory(ctx, *p)
		if err != nil && !fault.Is(err, want) || err == nil && (want != fault.Internal || d.Name != p.Name || d.Kind != catalog.KindSCIM || d.Trust != catalog.TrustTeams) {
			t.Errorf("the directory of %s: %+v, %v, want %v", p.Name, d, err, want)
		}
	}
	nothing := func(context.Context, *catalog.Change) error { return nil }
	for _, row := range []struct {
		p      catalog.Principal
		source string
		want   fault.Kind
	}{
		{okta, "okta", fault.Internal},
		{okta, "corp", fault.Denied},
		{okta, catalog.SourceManual, fault.Invalid},
		{manual, catalog.SourceManual, fault.Invalid},
		{corpToo, "corp", fault.Denied}, // which is no SCIM connection
		{runner, "corp", fault.Internal},
		{runner, "okta", fault.Internal},
		{runner, "", fault.Invalid},
		{asks, "corp", fault.Denied},
		{testkit.PrincipalOf(ann), "corp", fault.Denied},
		{b.Admin, "corp", fault.Internal},
	} {
		if _, err := b.Sync(ctx, row.p, catalog.Behalf{Source: row.source}, nothing); err != nil && !fault.Is(err, row.want) || err == nil && row.want != fault.Internal {
			t.Errorf("%s for %q: %v, want %v", row.p.Name, row.source, err, row.want)
		}
	}
	if _, _, err := b.PauseDirectory(ctx, testkit.PrincipalOf(ann), "okta"); !fault.Is(err, fault.Denied) {
		t.Errorf("anybody pauses a directory: %v", err)
	}
	if d, _, err := b.PauseDirectory(ctx, b.Admin, "okta"); err != nil || !d.Paused {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := b.Sync(ctx, okta, catalog.Behalf{Source: "okta"}, nothing); !errors.Is(err, catalog.ErrPaused) {
		t.Errorf("a paused directory is taken: %v", err)
	}
	if _, _, err := b.ResumeDirectory(ctx, b.Admin, "okta"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Sync(ctx, okta, catalog.Behalf{Source: "okta"}, nothing); err != nil {
		t.Errorf("a resumed directory: %v", err)
	}
	if _, _, err := b.DisableDirectory(ctx, b.Admin, "okta", true); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Sync(ctx, okta, catalog.Behalf{Source: "okta"}, nothing); !fault.Is(err, fault.Denied) {
		t.Errorf("a disabled directory is taken: %v", err)
	}
	if _, err := b.ListDirectories(ctx, testkit.PrincipalOf(ann)); !fault.Is(err, fault.Denied) {
		t.Errorf("anybody lists directories: %v", err)
	}
	if all, err := b.ListDirectories(ctx, b.Admin); err != nil || len(all) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestEveryEventOfASyncNamesItsPlan, and none of anything else does.
func TestEveryEventOfASyncNamesItsPlan(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	trusting(t, b, "corp", catalog.TrustTeams)
	err := synced(t, b, corp(), func(ctx context.Context, c *catalog.Change) error {
		p, err := c.BringPerson(ctx, catalog.PersonWord{Source: "corp", ExternalID: "1", Username: "fay", Active: true})
		if err != nil {
			return err
		}
		g, err := c.CreateGroup(ctx, catalog.Group{Source: "corp", ExternalID: "devs", DisplayName: "devs"})
		if err != nil {
			return err
		}
		return c.FillGroup(ctx, g.ID, []catalog.GroupMember{{UserID: p.UserID}}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	events, err := b.Store.AuditEvents(ctx, catalog.AuditFilter{})
	if err != nil {
		t.Fatal(err)
	}
	counted := map[bool][]string{}
	for _, e := range events {
		named := slices.Contains(e.Related, ref("directory", "corp")) && slices.Contains(e.Related, ref("sync_plan", "sync-1")) && e.Reason == "plan sync-1 of corp, SHA-256 abc"
		counted[named] = append(counted[named], e.Action)
	}
	if want := []string{"group.fill", "group.create", "person.create", "user.create"}; !slices.Equal(counted[true], want) {
		t.Errorf("events of the plan: %v, want %v; others: %v", counted[true], want, counted[false])
	}
}
