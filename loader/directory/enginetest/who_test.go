package enginetest

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/schema"
)

// callers are those who may and those who nearly may.
type callers struct {
	site, clerk, auditor, owner, nobody catalog.Principal // people
	sync, scim, audit, clerkSync        catalog.Principal // service tokens
}

func (w *world) callers() callers {
	w.tb.Helper()
	out := callers{site: w.admin, sync: w.sync}
	person := func(ctx context.Context, c *catalog.Change, name string) (catalog.User, error) {
		return c.CreateUser(ctx, name, "")
	}
	_, err := w.svc.Import(w.tb.Context(), w.admin, func(ctx context.Context, c *catalog.Change) error {
		role, err := c.CreateRole(ctx, catalog.Role{Name: "people", Permissions: []string{string(schema.PlatformManageUsers)}})
		if err != nil {
			return err
		}
		clerk, err := person(ctx, c, "clerk")
		if err != nil {
			return err
		}
		machine, err := c.CreateServiceAccount(ctx, "machine")
		if err != nil {
			return err
		}
		helper, err := c.CreateServiceAccount(ctx, "helper")
		if err != nil {
			return err
		}
		platform := authz.Object{Type: schema.TypePlatform, ID: catalog.PlatformID}
		for _, holder := range []authz.Object{{Type: schema.TypeUser, ID: clerk.ID}, {Type: schema.TypeServiceAccount, ID: helper.ID}} {
			if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: holder, RoleID: role.ID, Scope: platform}); err != nil {
				return err
			}
		}
		auditor, err := person(ctx, c, "auditor")
		if err != nil {
			return err
		}
		if err := c.SetSiteAuditor(ctx, auditor.ID, true); err != nil {
			return err
		}
		owner, err := person(ctx, c, "owner")
		if err != nil {
			return err
		}
		if _, err := c.FoundOrganization(ctx, catalog.Organization{Name: "theirs", Email: "o@corp.example"}, owner.ID); err != nil {
			return err
		}
		nobody, err := person(ctx, c, "nobody")
		if err != nil {
			return err
		}
		token := func(a catalog.ServiceAccount, scopes ...catalog.Scope) catalog.Principal {
			return catalog.Principal{Subject: authz.Object{Type: schema.TypeServiceAccount, ID: a.ID}, Name: a.Name, Scopes: scopes}
		}
		out.clerk, out.auditor, out.owner, out.nobody = principal(clerk), principal(auditor), principal(owner), principal(nobody)
		out.scim, out.audit, out.sync = token(machine, catalog.ScopeSCIM), token(machine, catalog.ScopeAudit), token(machine, catalog.ScopeSync)
		out.clerkSync = token(helper, catalog.ScopeSync)
		return nil
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	return out
}

// TestWhoMay asks everybody to do everything. What is done leaves things as they were, so the order means nothing.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.ApplyFirst, w.feed.Limits = false, directory.Limits{}
	pushed := directory.Feed{Settings: directory.Settings{Name: "pushed", Kind: "scim", Limits: generous()}, Trust: catalog.TrustTeams}
	elsewhere := directory.Feed{Settings: directory.Settings{Name: "elsewhere", Kind: "upload", Limits: generous()}, Trust: catalog.TrustTeams}
	e := w.engineOf(w.feed, pushed, elsewhere)
	snap := whole(people("ann"), group("dev", "ann"))
	w.source.say(snap)
	c := w.callers()
	all := map[string]catalog.Principal{
		"a site admin": c.site, "who manages users": c.clerk, "an auditor": c.auditor, "an owner of an organization": c.owner, "nobody": c.nobody,
		"a token of scope sync": c.sync, "a token of scope scim": c.scim, "a token of scope audit": c.audit, "a token of scope sync that manages users": c.clerkSync,
	}
	runners := []string{"a site admin", "who manages users", "a token of scope sync", "a token of scope sync that manages users"}
	deciders := []string{"a site admin", "who manages users", "a token of scope sync that manages users"}
	readers := append([]string{"an auditor", "a token of scope audit"}, runners...)

	held := func() catalog.SyncPlan {
		kept, _ := w.run(e, directory.Options{})
		return kept
	}
	first := held()
	tests := map[string]struct {
		may []string
		do  func(ctx context.Context, p catalog.Principal) error
	}{
		"plan": {runners, func(ctx context.Context, p catalog.Principal) error {
			_, _, err := e.Plan(ctx, p, corp, directory.Options{})
			return err
		}},
		"a dry run": {runners, func(ctx context.Context, p catalog.Principal) error {
			_, _, err := e.Plan(ctx, p, corp, directory.Options{DryRun: true})
			return err
		}},
		"run": {runners, func(ctx context.Context, p catalog.Principal) error {
			_, _, err := e.Run(ctx, p, corp, directory.Options{})
			return err
		}},
		"resync": {runners, func(ctx context.Context, p catalog.Principal) error {
			_, _, err := e.Resync(ctx, p, corp, "")
			return err
		}},
		"upload of what is read here": {deciders, func(ctx context.Context, p catalog.Principal) error {
			_, _, _, err := e.Upload(ctx, p, corp, snap, directory.Options{})
			return err
		}},
		"upload of what is read elsewhere": {runners, func(ctx context.Context, p catalog.Principal) error {
			_, _, _, err := e.Upload(ctx, p, "elsewhere", snap, directory.Options{})
			return err
		}},
		"settle rules": {runners, func(ctx context.Context, p catalog.Principal) error {
			_, err := e.SettleRules(ctx, p, "pushed")
			return err
		}},
		"push": {runners, func(ctx context.Context, p catalog.Principal) error {
			_, _, err := e.Push(ctx, p, corp, directory.Plan{})
			return err
		}},
		"a source that is not there": {nil, func(ctx context.Context, p catalog.Principal) error {
			_, _, err := e.Run(ctx, p, "nowhere", directory.Options{})
			if fault.Is(err, fault.NotFound) { // whoever may run sources is told so
				return fault.New(fault.Denied, "there is none")
			}
			return err
		}},
		"status": {readers, func(ctx context.Context, p catalog.Principal) error {
			_, err := e.Status(ctx, p)
			return err
		}},
		"list plans": {readers, func(ctx context.Context, p catalog.Principal) error {
			_, _, err := e.Plans(ctx, p, catalog.SyncPlanFilter{}, catalog.Window{})
			return err
		}},
		"read a plan": {readers, func(ctx context.Context, p catalog.Principal) error {
			_, _, _, err := e.FindPlan(ctx, p, first.ID)
			return err
		}},
		"pause and resume": {deciders, func(ctx context.Context, p catalog.Principal) error {
			if err := e.Pause(ctx, p, corp); err != nil {
				return err
			}
			return e.Resume(ctx, p, corp)
		}},
		"reject": {deciders, func(ctx context.Context, p catalog.Principal) error { return e.Reject(ctx, p, held().ID, "no") }},
		"approve": {deciders, func(ctx context.Context, p catalog.Principal) error {
			kept := held()
			_, err := e.Approve(ctx, p, kept.ID, "another digest", "yes")
			if fault.Is(err, fault.Stale) { // so far he may
				return nil
			}
			return err
		}},
	}
	for what, test := range tests {
		for who, p := range all {
			err := test.do(t.Context(), p)
			may := false
			for _, m := range test.may {
				may = may || m == who
			}
			switch {
			case may && err != nil:
				t.Errorf("%s: %s may not: %v", what, who, err)
			case !may && !fault.Is(err, fault.Denied):
				t.Errorf("%s: %s may, or fails: %v", what, who, err)
			}
		}
	}
	w.has("!user ann ann@corp.example suspended=false admin=false")
}

// TestSCIMPushesItsOwn lets a connection change its own directory and no other.
func TestSCIMPushesItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	c := w.callers()
	if _, err := w.svc.OwnDirectory(t.Context(), c.scim); err != nil {
		t.Fatal(err)
	}
	bring := directory.Plan{People: []directory.PersonChange{{Op: directory.OpCreate, ExternalID: "7", Username: "zoe"}}}
	if _, _, err := e.Push(t.Context(), c.scim, "machine", bring); err != nil {
		t.Error(err)
	}
	w.source.say(whole(people("ann")))
	w.run(e, directory.Options{})
	_, _, err := e.Push(t.Context(), c.scim, corp, bring)
	isKind(t, err, fault.Denied)
}

// TestExaltedSourcesTakeAnAdministrator asks who only manages users about a source that may make site admins.
func TestExaltedSourcesTakeAnAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.ApplyFirst, w.feed.Trust = false, catalog.TrustAdministrators
	e := w.engineOf()
	w.source.say(whole(people("ann")))
	c := w.callers()
	kept, _ := w.run(e, directory.Options{})
	for _, p := range []catalog.Principal{c.clerk, c.clerkSync, c.sync} {
		_, err := e.Approve(t.Context(), p, kept.ID, kept.Digest, "")
		isKind(t, err, fault.Denied)
		isKind(t, e.Reject(t.Context(), p, kept.ID, ""), fault.Denied)
	}
	_, _, _, err := e.Upload(t.Context(), c.clerk, corp, whole(people("eve")), directory.Options{})
	isKind(t, err, fault.Denied)
	if _, err := e.Approve(t.Context(), c.site, kept.ID, kept.Digest, ""); err != nil {
		t.Error(err)
	}
}
