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

// enter returns who comes with a secret.
func (v *village) enter(ctx context.Context, secret string) (catalog.Principal, error) {
	t, err := v.TokenBySecret(ctx, secret)
	if err != nil {
		return catalog.Principal{}, err
	}
	return v.PrincipalOf(ctx, t)
}

func TestADisabledOrganizationEndsItsTokens(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ctx, owner := t.Context(), v.people["owner"]
	issue := func(made catalog.IssuedToken, _ authz.Token, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return made.Secret
	}
	secrets := map[string]string{
		"team":         issue(v.IssueTeamToken(ctx, owner, v.teams["writers"].ID, catalog.TokenTerms{})),
		"organization": issue(v.IssueOrganizationToken(ctx, owner, v.acme.ID, catalog.TokenOrganization, catalog.TokenTerms{})),
		"audit trails": issue(v.IssueOrganizationToken(ctx, owner, v.acme.ID, catalog.TokenAuditTrails, catalog.TokenTerms{})),
	}
	users := issue(v.IssueUserToken(ctx, owner, owner.Subject.ID, catalog.TokenTerms{}))
	for _, disabled := range []bool{false, true, false} {
		if _, err := v.DisableOrganization(ctx, v.Admin, v.acme.ID, disabled); err != nil {
			t.Fatal(err)
		}
		for kind, secret := range secrets {
			if _, err := v.enter(ctx, secret); (err == nil) == disabled || disabled && !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("disabled: %v, the %s token: %v", disabled, kind, err)
			}
		}
		if _, err := v.enter(ctx, users); err != nil {
			t.Errorf("disabled: %v, an owner's own token: %v", disabled, err)
		}
	}
}

func TestAnAuditTrailsTokenHoldsNothing(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ctx := t.Context()
	made, _, err := v.IssueOrganizationToken(ctx, v.people["owner"], v.acme.ID, catalog.TokenAuditTrails, catalog.TokenTerms{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.enter(ctx, made.Secret)
	if err != nil || p.Credential != catalog.TokenAuditTrails {
		t.Fatalf("%+v, %v", p, err)
	}
	org := authz.Object{Type: schema.TypeOrganization, ID: v.acme.ID}
	var all []schema.Permission
	for _, e := range schema.Vocabulary() {
		if e.Permission.Type() == schema.TypeOrganization {
			all = append(all, e.Permission)
		}
	}
	held, err := v.Held(ctx, p, []authz.Object{org}, all...)
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	for permission, holds := range held[0] {
		if holds {
			t.Errorf("it holds %s", permission)
		}
	}
	if _, n, err := v.OrganizationTrail(ctx, p, v.acme.CreatedAt, 0, 1); err != nil || n == 0 {
		t.Errorf("it reads %d events, %v", n, err)
	}
}

// TestIssuingIsRecorded: who made which token, what it replaced, and never a secret.
func TestIssuingIsRecorded(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ctx, owner := t.Context(), v.people["owner"]
	for range 2 {
		if _, _, err := v.IssueOrganizationToken(ctx, owner, v.acme.ID, catalog.TokenAuditTrails, catalog.TokenTerms{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := v.IssueOrganizationToken(ctx, v.people["clerk"], v.acme.ID, catalog.TokenAuditTrails, catalog.TokenTerms{}); !fault.Is(err, fault.Denied) {
		t.Errorf("a clerk makes one: %v", err)
	}
	events, err := v.AuditEvents(ctx, owner, catalog.AuditFilter{OrganizationID: v.acme.ID})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		if e.Action == "token.create" || e.Action == "token.delete" || e.Outcome == catalog.OutcomeRefused {
			got = append(got, e.ActorName+" "+e.Action+" "+e.Outcome)
		}
	}
	want := []string{
		"clerk organization.manage_api_token refused", "owner token.create done", "owner token.delete done", "owner token.create done",
	}
	if len(got) != len(want) {
		t.Fatalf("recorded %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("recorded %v, want %v", got, want)
			break
		}
	}
}

// TestLimitedLivesHoldForEveryWayToAToken: the command line and loaders issue tokens as well.
func TestLimitedLivesHoldForEveryWayToAToken(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ctx, owner := t.Context(), v.people["owner"]
	o := v.acme
	o.LimitTokenLives = true
	if _, err := v.UpdateOrganization(ctx, owner, o); err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.SetTokenLives(ctx, owner, o.ID, catalog.TokenLife{Kind: catalog.TokenUser, Max: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.AddMember(ctx, owner, o.ID, v.people["outsider"].Subject.ID, catalog.MembershipInvited); err != nil {
		t.Fatal(err)
	}
	create := func(name string, life time.Duration) (catalog.IssuedToken, error) {
		r := catalog.TokenRequest{Kind: catalog.TokenUser, Name: name}
		if life != 0 {
			r.ExpiresAt = time.Now().Add(life)
		}
		return v.CreateToken(ctx, v.Admin, r)
	}
	made, err := create("member", 0)
	if err != nil || made.ExpiresAt.Sub(made.CreatedAt) != time.Hour {
		t.Errorf("without an end: from %v to %v, %v", made.CreatedAt, made.ExpiresAt, err)
	}
	if _, err = create("member", 2*time.Hour); !fault.Is(err, fault.Invalid) {
		t.Errorf("beyond the limit: %v", err)
	}
	// Who is not in the organization, or only invited, is not its business.
	for _, name := range []string{"otherowner", "outsider"} {
		if made, err = create(name, 0); err != nil || !made.ExpiresAt.IsZero() {
			t.Errorf("%s: until %v, %v", name, made.ExpiresAt, err)
		}
	}
}
