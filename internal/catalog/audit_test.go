package catalog_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// newest returns the newest events of a filter.
func newest(t *testing.T, b *testkit.Bench, f catalog.AuditFilter) []catalog.AuditEvent {
	t.Helper()
	events, err := b.Store.AuditEvents(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// intact verifies the chain and returns what was found.
func intact(t *testing.T, b *testkit.Bench) catalog.AuditReport {
	t.Helper()
	r, err := b.VerifyAudit(t.Context(), b.Admin)
	if err != nil {
		t.Fatal(err)
	}
	if r.Broken != nil {
		t.Fatalf("event %d: %s", r.Broken.Sequence, r.Broken.Reason)
	}
	return r
}

func TestAChangeIsRecorded(t *testing.T) {
	t.Parallel()
	eachSize(t, func(t *testing.T, b *testkit.Bench) {
		o, users := ownedBy(t, b, "acme", "ann")
		ann := testkit.PrincipalOf(users[0])
		ann.TokenID = "at-ann"
		team, token, err := b.CreateTeam(t.Context(), ann, catalog.Team{OrganizationID: o.ID, Name: "ops", Visibility: catalog.VisibilityOrganization}, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := newest(t, b, catalog.AuditFilter{Limit: 1})[0]
		want := catalog.AuditEvent{
			Sequence: e.Sequence, ID: e.ID, Time: e.Time, Actor: ann.Subject, ActorName: "ann", TokenID: "at-ann", OrganizationID: o.ID,
			Action: "team.create", Object: authz.Object{Type: schema.TypeTeam, ID: team.ID}, After: e.After,
			Outcome: catalog.OutcomeDone, Hash: e.Hash, ZedToken: string(token),
		}
		if diff := cmp.Diff(want, e); diff != "" || token == "" || len(e.Hash) != 32 || e.After == "" {
			t.Errorf("the event of a new team (-want +got):\n%s", diff)
		}
		// What the engine never heard of has no token of its own.
		if _, _, err := b.CreateRole(t.Context(), ann, catalog.Role{OrganizationID: o.ID, Name: "r", Permissions: []string{"workspace.read"}}); err != nil {
			t.Fatal(err)
		}
		if e := newest(t, b, catalog.AuditFilter{Limit: 1})[0]; e.Action != "role.create" || e.ZedToken != "" || len(e.Hash) != 32 {
			t.Errorf("the event of a new role: %+v", e)
		}
		if r := intact(t, b); int64(r.Intact) != r.Head.Sequence || r.Unchained != 0 {
			t.Errorf("verified %+v, want every event", r)
		}
	})
}

// TestARefusedAttemptIsRecorded looks at what events of refusals say.
func TestARefusedAttemptIsRecorded(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	object := func(objectType, id string) authz.Object { return authz.Object{Type: objectType, ID: id} }
	writers, prod := v.teams["writers"].ID, object(schema.TypeWorkspace, v.workspaces["prod"].ID)
	platform := object(schema.TypePlatform, catalog.PlatformID)
	issued, err := v.CreateToken(t.Context(), v.Admin, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "owner"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		what, who    string
		do           func(ctx context.Context, p catalog.Principal) error
		action       schema.Permission
		object       authz.Object
		organization string
		related      []authz.Object
	}{
		{"a team's members", "writer", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.AddTeamMembers(ctx, p, writers, p.Subject.ID)
			return err
		}, schema.TeamUpdateMembership, object(schema.TypeTeam, writers), v.acme.ID, nil},
		{"another tenant's team", "otherowner", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.DeleteTeam(ctx, p, writers)
			return err
		}, schema.TeamDelete, object(schema.TypeTeam, writers), v.acme.ID, nil},
		{"a team's visibility", "clerk", func(ctx context.Context, p catalog.Principal) error {
			secret := catalog.VisibilitySecret
			_, err := v.UpdateTeam(ctx, p, v.teams["clerks"].ID, catalog.TeamChanges{Visibility: &secret})
			return err
		}, schema.TeamUpdateVisibility, object(schema.TypeTeam, v.teams["clerks"].ID), v.acme.ID, nil},
		{"a workspace", "writer", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateWorkspace(ctx, p, prod.ID, catalog.WorkspaceChanges{Edit: described("mine")})
			return err
		}, schema.WorkspaceUpdate, prod, v.acme.ID, nil},
		{"a move", "wsadmin", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateWorkspace(ctx, p, prod.ID, catalog.WorkspaceChanges{ProjectID: v.project.ID})
			return err
		}, schema.ProjectMoveWorkspaces, object(schema.TypeProject, v.acme.DefaultProjectID), v.acme.ID, nil},
		{"more than one's own level", "wsadmin", func(ctx context.Context, p catalog.Principal) error {
			r, _, err := v.CreateRole(ctx, v.people["owner"], catalog.Role{OrganizationID: v.acme.ID, Name: "policy", Permissions: []string{"workspace.override_policy"}})
			if err != nil {
				return err
			}
			_, _, err = v.CreateGrant(ctx, p, catalog.Grant{Holder: object(schema.TypeTeam, writers), RoleID: r.ID, Scope: prod})
			return err
		}, schema.WorkspaceOverridePolicy, prod, v.acme.ID, nil},
		{"a member of a team one cannot see", "clerk", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.RemoveMember(ctx, p, v.acme.ID, v.people["owner"].Subject.ID)
			return err
		}, "", authz.Object{}, v.acme.ID, []authz.Object{v.people["owner"].Subject}},
		{"a user", "owner", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.SuspendUser(ctx, p, v.people["writer"].Subject.ID, true)
			return err
		}, schema.PlatformManageUsers, platform, "", nil},
		{"somebody else's token, which is as good as absent", "otherowner", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.RevokeToken(ctx, p, issued.ID)
			if fault.Is(err, fault.NotFound) {
				err = fault.Wrap(fault.Denied, err, "%s may not platform.administer", p.Name)
			}
			return err
		}, schema.PlatformAdminister, platform, "", []authz.Object{object("token", issued.ID)}},
		{"an import", "owner", func(ctx context.Context, p catalog.Principal) error { return v.MayImport(ctx, p) }, schema.PlatformAdminister, platform, "", nil},
		{"a reconciliation", "owner", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.Reconcile(ctx, p, false)
			return err
		}, schema.PlatformAdminister, platform, "", nil},
	} {
		t.Run(row.what, func(t *testing.T) {
			before := len(newest(t, v.Bench, catalog.AuditFilter{Outcome: catalog.OutcomeRefused}))
			p := v.people[row.who]
			p.TokenID = "at-of-" + row.who
			err := row.do(t.Context(), p)
			denied, ok := errors.AsType[*fault.Error](err)
			if !ok || denied.Kind != fault.Denied {
				t.Fatalf("error %v, want a denial", err)
			}
			events := newest(t, v.Bench, catalog.AuditFilter{Outcome: catalog.OutcomeRefused})
			if len(events) != before+1 {
				t.Fatalf("%d new events, want one", len(events)-before)
			}
			e := events[0]
			if row.action == "" { // which of several teams came first is no matter
				row.action, row.object = schema.Permission(e.Action), e.Object
			}
			want := catalog.AuditEvent{
				Sequence: e.Sequence, ID: e.ID, Time: e.Time, Actor: p.Subject, ActorName: p.Name, TokenID: p.TokenID, OrganizationID: row.organization,
				Action: string(row.action), Object: row.object, Related: row.related, Outcome: catalog.OutcomeRefused, Reason: denied.Message, Hash: e.Hash,
			}
			if diff := cmp.Diff(want, e); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
	intact(t, v.Bench)
}

// TestWhatIsNoRefusedAttempt leaves no event: reading, invalid input, and rules that somebody runs into who may.
func TestWhatIsNoRefusedAttempt(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	owner, outsider := v.people["owner"], v.people["outsider"]
	for what, do := range map[string]func(ctx context.Context) error{
		"an empty name": func(ctx context.Context) error {
			_, _, err := v.CreateTeam(ctx, owner, catalog.Team{OrganizationID: v.acme.ID, Visibility: catalog.VisibilityOrganization}, nil)
			return err
		},
		"the last owner": func(ctx context.Context) error {
			_, err := v.RemoveTeamMembers(ctx, owner, v.acme.OwnersTeamID, owner.Subject.ID)
			return err
		},
		"reading the schema": func(ctx context.Context) error { _, err := v.DeployedSchema(ctx, outsider); return err },
		"reading the audit log": func(ctx context.Context) error {
			_, err := v.AuditEvents(ctx, outsider, catalog.AuditFilter{})
			return err
		},
		"a dry reconciliation": func(ctx context.Context) error { _, err := v.Reconcile(ctx, outsider, true); return err },
		"asking about others":  func(ctx context.Context) error { _, err := v.VerifyAudit(ctx, outsider); return err },
		"what is not there":    func(ctx context.Context) error { _, err := v.DeleteRole(ctx, owner, "role-none"); return err },
		"one's own listing":    func(ctx context.Context) error { _, err := v.ListTokens(ctx, outsider); return err },
		"reading a trail of all": func(ctx context.Context) error {
			_, _, err := v.OrganizationTrail(ctx, owner, time.Time{}, 0, 0)
			return err
		},
	} {
		before := len(newest(t, v.Bench, catalog.AuditFilter{}))
		err := do(t.Context())
		if err == nil && what != "one's own listing" {
			t.Errorf("%s: no error", what)
		}
		if after := newest(t, v.Bench, catalog.AuditFilter{}); len(after) != before {
			t.Errorf("%s (%v) left the event %+v", what, err, after[0])
		}
	}
}

// brokenAudit is a store that takes no audit events.
type brokenAudit struct{ catalog.Store }

func (brokenAudit) Exclusive(context.Context, func(context.Context) error) error {
	return fault.New(fault.Unavailable, "the catalog is busy")
}

// TestARefusalStaysOne even when it cannot be recorded.
func TestARefusalStaysOne(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	var log recorder
	s := catalog.New(catalog.Deps{Store: brokenAudit{v.Store}, Engine: v.Engine, Log: log.logger(), Now: time.Now, Random: rand.Reader})
	_, err := s.DeleteTeam(t.Context(), v.people["member"], v.teams["writers"].ID)
	if !fault.Is(err, fault.Denied) || log.count.Load() != 1 {
		t.Errorf("error %v with %d lines of the log, want a denial and one", err, log.count.Load())
	}
	// Who hangs up is recorded all the same.
	ctx, cancel := context.WithCancel(t.Context())
	before := len(newest(t, v.Bench, catalog.AuditFilter{Outcome: catalog.OutcomeRefused}))
	hangUp := catalog.New(catalog.Deps{Store: v.Store, Engine: cancelling{v.Engine, cancel}, Log: testkit.Quiet(), Now: time.Now, Random: rand.Reader})
	if _, err := hangUp.DeleteTeam(ctx, v.people["member"], v.teams["writers"].ID); !fault.Is(err, fault.Denied) {
		t.Errorf("error %v, want a denial", err)
	}
	if after := len(newest(t, v.Bench, catalog.AuditFilter{Outcome: catalog.OutcomeRefused})); after != before+1 {
		t.Errorf("%d events of who hung up, want one", after-before)
	}
}

// cancelling ends the request once its question is answered.
type cancelling struct {
	authz.Engine
	cancel context.CancelFunc
}

func (c cancelling) Check(ctx context.Context, q authz.Question, consistency authz.Consistency) (authz.Decision, error) {
	defer c.cancel()
	return c.Engine.Check(ctx, q, consistency)
}

// TestWhoReadsAuditEvents lists for every kind of reader which organizations' events he gets.
func TestWhoReadsAuditEvents(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		u, err := c.EnsureUser(ctx, "auditor", "")
		if err != nil {
			return err
		}
		v.people["auditor"] = testkit.PrincipalOf(u)
		r, err := c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Name: "revision", Permissions: []string{"organization.view_audit"}})
		if err != nil {
			return err
		}
		if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: v.people["clerk"].Subject, RoleID: r.ID, Scope: authz.Object{Type: schema.TypeOrganization, ID: v.acme.ID}}); err != nil {
			return err
		}
		return c.SetSiteAuditor(ctx, u.ID, true)
	})
	for _, kind := range []catalog.TokenKind{catalog.TokenOrganization, catalog.TokenAuditTrails} {
		id := "at-" + string(kind)
		if err := v.Store.InsertToken(t.Context(), catalog.Token{ID: id, Kind: kind, OwnerID: v.acme.ID, Hash: []byte{1}}); err != nil {
			t.Fatal(err)
		}
		v.people[string(kind)] = catalog.Principal{Subject: authz.Object{Type: schema.TypeOrganizationToken, ID: id}, Name: "acme", TokenID: id, Credential: kind}
	}
	gateway := func(scopes ...catalog.Scope) catalog.Principal {
		return catalog.Principal{Subject: authz.Object{Type: schema.TypeServiceAccount, ID: "sa-1"}, Name: "gateway", Scopes: scopes, Credential: catalog.TokenService}
	}
	v.people["scope audit"] = gateway(catalog.ScopeAudit)
	v.people["every other scope"] = gateway(slices.DeleteFunc(catalog.Scopes(), func(s catalog.Scope) bool { return s == catalog.ScopeAudit })...)
	const all, acme, other, trail = "all", "acme", "other", "trail"
	reads := map[string][]string{
		"site-admin": {all, acme, other}, "auditor": {all, acme, other}, "scope audit": {all, acme, other},
		"owner": {acme}, "clerk": {acme}, "otherowner": {other},
		"member": nil, "teamlead": nil, "outsider": nil, "every other scope": nil,
		"organization": {all, acme, trail}, "audit_trails": {all, acme, trail}, // "all" is their own
	}
	for who, want := range reads {
		p := v.people[who]
		got := map[string]error{}
		var events []catalog.AuditEvent
		events, got[all] = v.AuditEvents(t.Context(), p, catalog.AuditFilter{})
		own := p.Credential == catalog.TokenOrganization || p.Credential == catalog.TokenAuditTrails
		if foreign := slices.ContainsFunc(events, func(e catalog.AuditEvent) bool { return e.OrganizationID != v.acme.ID }); len(events) > 0 && foreign == own {
			t.Errorf("%s reads events of others: %t", who, foreign)
		}
		for name, o := range map[string]catalog.Organization{acme: v.acme, other: v.other} {
			f := catalog.AuditFilter{OrganizationID: o.ID}
			events, got[name] = v.AuditEvents(t.Context(), p, f)
			if got[name] == nil && (len(events) == 0 || slices.ContainsFunc(events, func(e catalog.AuditEvent) bool { return e.OrganizationID != o.ID })) {
				t.Errorf("%s reads %d events of %s, or those of others", who, len(events), name)
			}
			trailed, total, err := v.OrganizationTrailOf(t.Context(), p, o.ID, time.Time{}, 1, 2)
			if fault.KindOf(err) != fault.KindOf(got[name]) || err == nil && (total != len(events) || len(trailed) != 2 || trailed[0].ID != events[1].ID) {
				t.Errorf("%s reads the trail of %s: %d of %d, %v; and the events: %d, %v", who, name, len(trailed), total, err, len(events), got[name])
			}
			_, _, err = v.FollowAudit(t.Context(), p, f, 0)
			if p.Credential != catalog.TokenService && fault.KindOf(err) != fault.KindOf(got[name]) {
				t.Errorf("%s follows %s: %v; and reads: %v", who, name, err, got[name])
			}
		}
		_, _, got[trail] = v.OrganizationTrail(t.Context(), p, time.Time{}, 0, 0)
		for what, err := range got {
			if may := slices.Contains(want, what); may != (err == nil) || !may && !fault.Is(err, fault.Denied) {
				t.Errorf("%s reads %s: %v, want allowed: %t", who, what, err, may)
			}
		}
	}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error { return c.SetDisabled(ctx, v.acme.ID, true) })
	for who, may := range map[string]bool{"site-admin": true, "auditor": true, "owner": false, "organization": false, "audit_trails": false} {
		if _, err := v.AuditEvents(t.Context(), v.people[who], catalog.AuditFilter{OrganizationID: v.acme.ID}); may != (err == nil) {
			t.Errorf("%s reads the events of a disabled organization: %v, want allowed: %t", who, err, may)
		}
	}
}

// TestFollowAudit goes along the log while it grows.
func TestFollowAudit(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	follow := func(p catalog.Principal, f catalog.AuditFilter, after int64) ([]string, int64) {
		t.Helper()
		events, next, err := v.FollowAudit(t.Context(), p, f, after)
		if err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, e := range events {
			actions = append(actions, e.Action)
		}
		return actions, next
	}
	of := catalog.AuditFilter{OrganizationID: v.acme.ID, Actions: []string{"team.delete"}}
	actions, place := follow(v.Admin, of, -1)
	if head := intact(t, v.Bench).Head; len(actions) > 0 || place != head.Sequence {
		t.Fatalf("from now on: %v up to %d, want none up to %d", actions, place, head.Sequence)
	}
	if _, err := v.DeleteTeam(t.Context(), v.people["owner"], v.teams["writers"].ID); err != nil {
		t.Fatal(err)
	}
	actions, next := follow(v.Admin, of, place)
	if !cmp.Equal(actions, []string{"team.delete"}) || next <= place+1 {
		t.Errorf("after a deletion: %v up to %d, want one beside those of others behind %d", actions, next, place)
	}
	if actions, again := follow(v.Admin, of, next); len(actions) > 0 || again != next {
		t.Errorf("after nothing: %v up to %d", actions, again)
	}
	if actions, _ := follow(v.Admin, catalog.AuditFilter{}, 0); len(actions) != intact(t, v.Bench).Intact {
		t.Errorf("from the beginning: %d events", len(actions))
	}
	// A credential that ends, ends this too.
	issued, err := v.CreateToken(t.Context(), v.Admin, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "owner"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.PrincipalOf(t.Context(), issued.Token)
	if err != nil {
		t.Fatal(err)
	}
	follow(p, of, 0)
	if _, err := v.RevokeToken(t.Context(), p, issued.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.FollowAudit(t.Context(), p, of, 0); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("with a revoked token: %v, want no credential", err)
	}
}

// TestPruning moves the clock past the retention of some events and not of others.
func TestPruning(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	b := testkit.ServiceWith(t, testkit.Sized(t, "embedded"), catalog.Deps{
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, AuditRetention: 24 * time.Hour,
	})
	ownedBy(t, b, "acme", "ann")
	first := intact(t, b)
	ahead.Store(int64(20 * time.Hour))
	ownedBy(t, b, "other", "bob")
	second := intact(t, b)
	work := func(until func() bool) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		rounds := make(chan struct{}, 1)
		go b.Work(ctx, time.Millisecond, func(int) {
			select {
			case rounds <- struct{}{}:
			default:
			}
		})
		for patience := time.After(20 * time.Second); !until(); {
			select {
			case <-rounds:
			case <-patience:
				t.Fatal("nothing was pruned")
			}
		}
	}
	ahead.Store(int64(24*time.Hour + 10*time.Minute)) // due, but not by enough to be worth it
	turns := 0
	work(func() bool { turns++; return turns > 5 })
	if r := intact(t, b); r.Head.Sequence != second.Head.Sequence || r.Anchor.Sequence != 0 {
		t.Fatalf("pruned before it was due: %+v", r)
	}
	ahead.Store(int64(26 * time.Hour))
	work(func() bool { return newest(t, b, catalog.AuditFilter{Limit: 1})[0].Action == "audit.prune" })
	r := intact(t, b)
	if r.Anchor.Sequence != first.Head.Sequence || r.Head.Sequence != second.Head.Sequence+1 || int64(r.Intact) != r.Head.Sequence-r.Anchor.Sequence {
		t.Errorf("after pruning what was there at %d of %d: %+v", first.Head.Sequence, second.Head.Sequence, r)
	}
	if e := newest(t, b, catalog.AuditFilter{Actions: []string{"audit.prune"}}); len(e) != 1 || e[0].ActorName != "retention" {
		t.Errorf("events of the pruning: %+v", e)
	}
	ahead.Store(int64(400 * time.Hour)) // everything
	work(func() bool { return len(newest(t, b, catalog.AuditFilter{})) == 1 })
	if r := intact(t, b); r.Intact != 1 || r.Head.Sequence != second.Head.Sequence+2 {
		t.Errorf("after pruning everything: %+v, want the event that says so", r)
	}
}

// TestNothingIsPrunedWithoutARetention however old it is.
func TestNothingIsPrunedWithoutARetention(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	b := testkit.ServiceWith(t, testkit.Sized(t, "embedded"), catalog.Deps{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	before := intact(t, b)
	ahead.Store(int64(100_000 * time.Hour))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	rounds := make(chan struct{})
	go b.Work(ctx, time.Millisecond, func(int) {
		select {
		case rounds <- struct{}{}:
		case <-ctx.Done():
		}
	})
	for range 3 { // the third begins when the second is over
		<-rounds
	}
	if after := intact(t, b); !cmp.Equal(before, after) {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// TestTheChainHoldsUnderConcurrency has many people change and be refused at once, while the log is verified.
func TestTheChainHoldsUnderConcurrency(t *testing.T) {
	t.Parallel()
	eachSize(t, func(t *testing.T, b *testkit.Bench) {
		o, users := ownedBy(t, b, "acme", "ann", "bob")
		before := intact(t, b)
		const writers, each = 8, 5
		together(t, writers, func(i int) error {
			p := testkit.PrincipalOf(users[i%2])
			for n := range each {
				if i%4 == 3 {
					if _, err := b.DisableOrganization(t.Context(), p, o.ID, true); !fault.Is(err, fault.Denied) {
						return errors.Join(errors.New("want a denial"), err)
					}
					intact(t, b)
					continue
				}
				name := string(rune('a'+i)) + string(rune('a'+n))
				if _, _, err := b.CreateWorkspace(t.Context(), p, o.ID, "", called[catalog.Workspace](name)); err != nil {
					return err
				}
			}
			return nil
		})
		after := intact(t, b)
		if got := after.Intact - before.Intact; got != writers*each {
			t.Errorf("%d events of %d attempts", got, writers*each)
		}
	})
}

func TestWhoVerifiesTheChain(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	if _, err := v.SetSiteAdmin(t.Context(), v.Admin, v.people["member"].Subject.ID, true); err != nil {
		t.Fatal(err)
	}
	for who, may := range map[string]bool{"site-admin": true, "member": true, "owner": false, "outsider": false} {
		if _, err := v.VerifyAudit(t.Context(), v.people[who]); may != (err == nil) || !may && !fault.Is(err, fault.Denied) {
			t.Errorf("%s verifies: %v, want allowed: %t", who, err, may)
		}
	}
}

// recorder counts what is logged as an error.
type recorder struct{ count atomic.Int64 }

func (r *recorder) logger() *slog.Logger { return slog.New(r) }

// Enabled is for errors alone.
func (r *recorder) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

// Handle counts.
func (r *recorder) Handle(context.Context, slog.Record) error { r.count.Add(1); return nil }

// WithAttrs changes nothing.
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler { return r }

// WithGroup changes nothing.
func (r *recorder) WithGroup(string) slog.Handler { return r }
