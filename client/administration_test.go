package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/client"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	ctx, r := t.Context(), started(t)
	c := as(t, r, r.SiteToken)
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	issued, err := c.CreateToken(ctx, client.TokenRequest{Kind: "service", Name: "portal", Scopes: []string{"check"}, Description: "for the portal", ExpiresAt: end})
	if err != nil || issued.Secret == "" || issued.Kind != "service" || !issued.ExpiresAt.Equal(end) {
		t.Fatalf("issued is %+v, %v", issued, err)
	}
	portal := as(t, r, issued.Secret)
	if a, err := portal.Check(ctx, applyRun(client.User("bob"))); err != nil || !a.Allowed {
		t.Errorf("the portal asks: %+v, %v", a, err)
	}
	list, err := c.ListTokens(ctx)
	if i := slices.IndexFunc(list, func(k client.Token) bool { return k.ID == issued.ID }); err != nil || i < 0 || list[i].Secret != "" || list[i].Description != "for the portal" {
		t.Errorf("the list is %+v, %v", list, err)
	}
	if err := portal.RevokeToken(ctx, "at-1111111111111111"); !is(err, client.CodeNotFound) {
		t.Errorf("a token that is not there: %v", err)
	}
	if err := c.RevokeToken(ctx, issued.ID); err != nil {
		t.Fatal(err)
	}
	if a, err := portal.Check(ctx, applyRun(client.User("bob"))); !is(err, client.CodeUnauthenticated) || a.Allowed {
		t.Errorf("after it was revoked: %+v, %v", a, err)
	}
	_, err = c.CreateToken(ctx, client.TokenRequest{Kind: "robot", Name: "x"})
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Field != "for" || e.Code != client.CodeInvalid {
		t.Errorf("a token of a robot: %v", err)
	}
}

func is(err error, code string) bool {
	e, ok := errors.AsType[*client.Error](err)
	return ok && e.Code == code
}

func TestOperations(t *testing.T) {
	t.Parallel()
	ctx, r := t.Context(), started(t)
	c, dave := as(t, r, r.SiteToken), as(t, r, r.UserToken(t, "dave"))
	if err := errors.Join(c.CheckLiveness(ctx), c.CheckReadiness(ctx)); err != nil {
		t.Error(err)
	}
	if s, err := c.ReadStatus(ctx); err != nil || s.Engine != "embedded" || !s.Ready || !s.SchemaCurrent || s.Version != "test" {
		t.Errorf("the status is %+v, %v", s, err)
	}
	if s, err := c.ReadSchema(ctx); err != nil || !strings.Contains(s.Own, "definition workspace") || s.Deployed == "" {
		t.Errorf("the schema is %+v, %v", s, err)
	}
	if changes, err := c.CompareSchema(ctx, "definition user {}"); err != nil || !slices.ContainsFunc(changes, func(ch client.SchemaChange) bool { return ch.Breaking }) {
		t.Errorf("a schema that loses everything: %+v, %v", changes, err)
	}
	if d, err := c.Reconcile(ctx, true); err != nil || d.Repaired || len(d.Missing)+len(d.Unexpected) > 0 {
		t.Errorf("the drift is %+v, %v", d, err)
	}
	for name, err := range map[string]error{
		"status": second(dave.ReadStatus(ctx)), "schema": second(dave.ReadSchema(ctx)), "reconcile": second(dave.Reconcile(ctx, false)),
		"import": second(dave.ImportEstate(ctx, json.RawMessage(`{"organizations":[]}`), false, nil)), "audit": second(dave.ListAuditEvents(ctx, client.AuditFilter{})),
		"chain": second(dave.VerifyAuditChain(ctx)), "follow": dave.FollowAuditEvents(ctx, client.AuditFilter{}, nil),
	} {
		if !is(err, client.CodeDenied) {
			t.Errorf("%s by somebody who may nothing: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestImports(t *testing.T) {
	t.Parallel()
	ctx, r := t.Context(), started(t)
	c := as(t, r, r.SiteToken)
	estate := json.RawMessage(`{"organizations":[{"name":"newcomer","owners":["zoe"]}]}`)
	plan, err := c.ImportEstate(ctx, estate, true, nil)
	if err != nil || !json.Valid(plan) {
		t.Fatalf("the plan is %s, %v", plan, err)
	}
	question := client.Question{Subject: client.User("site-admin"), Action: "view", Resource: client.Organization("newcomer")}
	if a, err := c.Check(ctx, question); err != nil || a.Allowed {
		t.Errorf("after a dry run it is there: %v, %v", a.Allowed, err)
	}
	steps := 0
	if _, err := c.ImportEstate(ctx, estate, false, func(done, total int) { steps++ }); err != nil || steps == 0 {
		t.Fatalf("%d steps, then %v", steps, err)
	}
	if a, err := c.Check(ctx, question); err != nil || !a.Allowed {
		t.Errorf("after the import it is not there: %v", err)
	}
	if _, err := c.ImportEstate(ctx, json.RawMessage(`{"organizations":[{"name":"","owners":[]}]}`), true, nil); !is(err, client.CodeInvalid) {
		t.Errorf("an estate that is wrong: %v", err)
	}
	for name, body := range map[string]string{"nothing": "", "progress alone": `{"done":1,"total":2}` + "\n", "half a line": `{"done":1,"to`} {
		s := serving(t, says(200, body))
		if plan, err := s.client(t, client.Options{}).ImportEstate(ctx, estate, false, nil); !errors.Is(err, client.ErrImportCut) || plan != nil {
			t.Errorf("an answer that holds %s: %s, %v", name, plan, err)
		}
	}
	s := serving(t, says(200, `{"done":1,"total":2}`+"\n"+`{"error":{"message":"is taken","field":"name"}}`))
	if _, err := s.client(t, client.Options{}).ImportEstate(ctx, estate, false, nil); err == nil || err.Error() != "name is taken" {
		t.Errorf("an import that ends early: %v", err)
	}
}

func TestAuditEvents(t *testing.T) {
	t.Parallel()
	ctx, r := t.Context(), started(t)
	c := as(t, r, r.SiteToken)
	r.UserToken(t, "zoe")
	newest, err := c.ListAuditEvents(ctx, client.AuditFilter{Limit: 1})
	if err != nil || len(newest) != 1 || newest[0].Action != "token.create" || newest[0].Actor.Name != "site-admin" {
		t.Fatalf("the newest is %+v, %v", newest, err)
	}
	all, err := c.ListAuditEvents(ctx, client.AuditFilter{After: client.AfterEvent(0), Outcome: "done", Actor: "user:site-admin", Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour), Limit: 1000})
	if err != nil || len(all) == 0 || all[len(all)-1].Sequence != newest[0].Sequence {
		t.Errorf("in order they are %d, %v", len(all), err)
	}
	if some, err := c.ListAuditEvents(ctx, client.AuditFilter{Organization: "acme", Action: "team.create"}); err != nil || len(some) == 0 || some[0].Object.Type != "team" {
		t.Errorf("teams that were made: %+v, %v", some, err)
	}
	if chain, err := c.VerifyAuditChain(ctx); err != nil || chain.Broken != nil || chain.Head.Sequence < newest[0].Sequence {
		t.Errorf("the chain is %+v, %v", chain, err)
	}
	// A stream tells of what was there behind a place, then of what happens.
	following, stop := context.WithCancel(ctx)
	var seen []string
	err = c.FollowAuditEvents(following, client.AuditFilter{After: client.AfterEvent(newest[0].Sequence - 1)}, func(e client.AuditEvent) error {
		seen = append(seen, e.Action)
		if len(seen) == 1 {
			r.UserToken(t, "eve")
		}
		if e.Object.Name == "eve" || len(seen) == 3 {
			stop()
		}
		return nil
	})
	stop()
	if !errors.Is(err, context.Canceled) || len(seen) < 2 || seen[0] != "token.create" || seen[1] != "user.create" {
		t.Errorf("the stream told of %v, then %v", seen, err)
	}
	enough := errors.New("enough")
	if err := c.FollowAuditEvents(ctx, client.AuditFilter{After: client.AfterEvent(0)}, func(client.AuditEvent) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("whoever has had enough gets %v", err)
	}
}

// Ids and names go into paths as one part, whatever is in them.
func TestPathsAreEscaped(t *testing.T) {
	t.Parallel()
	c := as(t, service, service.SiteToken)
	for _, id := range []string{"../tokens", "a/b", "a?b=c", "%2e%2e", "", "..", "ü"} {
		if role, err := c.ReadRole(t.Context(), id); err == nil {
			t.Errorf("a role %q: %+v", id, role)
		} else if _, ok := errors.AsType[*client.Error](err); !ok {
			t.Errorf("a role %q: %v", id, err)
		}
	}
	if found, err := c.ReadServiceAccount(t.Context(), "../groups"); err == nil {
		t.Errorf("found %+v", found)
	}
}
