package catalog_test

import (
	"context"
	"errors"
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

// TestLimitedLivesOfPeoplesTokens: anybody may be made a member of an organization without being asked, so no organization
// shortens what people make for themselves. It lets in what lives no longer than it allows.
func TestLimitedLivesOfPeoplesTokens(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ctx, owner := t.Context(), v.people["owner"]
	for name, limit := range map[string]time.Duration{"acme": time.Hour, "other": 0} { // which leaves it at two years
		o, who := v.acme, owner
		if name == "other" {
			o, who = v.other, v.people["otherowner"]
		}
		if _, _, err := v.UpdateOrganization(ctx, who, o.ID, limitingLives); err != nil {
			t.Fatal(err)
		}
		if limit != 0 {
			if _, _, err := v.SetTokenLives(ctx, who, o.ID, catalog.TokenLife{Kind: catalog.TokenUser, Max: limit}); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := v.AddMember(ctx, who, o.ID, v.people["member"].Subject.ID, catalog.MembershipActive); err != nil {
			t.Fatal(err)
		}
	}
	create := func(life time.Duration) catalog.Principal {
		t.Helper()
		r := catalog.TokenRequest{Kind: catalog.TokenUser, Name: "member"}
		if life != 0 {
			r.ExpiresAt = time.Now().Add(life)
		}
		made, err := v.CreateToken(ctx, v.Admin, r)
		if err != nil || !made.ExpiresAt.Equal(r.ExpiresAt) {
			t.Fatalf("asked for %v: until %v, %v", r.ExpiresAt, made.ExpiresAt, err)
		}
		p, err := v.enter(ctx, made.Secret)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	standard, _, err := v.IssueUserToken(ctx, v.people["member"], v.people["member"].Subject.ID, catalog.TokenTerms{})
	if err != nil {
		t.Fatal(err)
	}
	asUsual, err := v.enter(ctx, standard.Secret)
	if err != nil {
		t.Fatal(err)
	}
	signedIn := v.people["member"] // by an identity provider, without a token of ours
	for name, row := range map[string]struct {
		p           catalog.Principal
		acme, other bool
	}{
		"no longer than acme allows":         {create(59 * time.Minute), true, true},
		"longer than acme allows":            {create(61 * time.Minute), false, true},
		"as long as tokens live by default":  {asUsual, false, true},
		"longer than any organization likes": {create(732 * 24 * time.Hour), false, false},
		"for good":                           {create(0), false, false},
		"without a token":                    {signedIn, true, true},
	} {
		for id, may := range map[string]bool{v.acme.ID: row.acme, v.other.ID: row.other} {
			_, err := v.FindOrganization(ctx, row.p, id)
			if (err == nil) != may || !may && !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s: in acme %v, %v", name, id == v.acme.ID, err)
			}
		}
		memberships, err := v.ListOwnMemberships(ctx, row.p)
		_, listed, failed := v.ListOrganizations(ctx, row.p, catalog.PlaceQuery{}, catalog.Window{})
		if want := map[bool]int{true: 1}[row.acme] + map[bool]int{true: 1}[row.other]; errors.Join(err, failed) != nil || len(memberships) != want || listed != want {
			t.Errorf("%s: %d memberships and %d organizations, want %d, %v, %v", name, len(memberships), listed, want, err, failed)
		}
	}
}
