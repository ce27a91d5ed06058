package catalog_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestAnEndedCredentialChangesNothing: it was good when the request was let in, and is not any more when the change begins.
// Nobody makes another credential with it, nor anything else.
func TestAnEndedCredentialChangesNothing(t *testing.T) {
	t.Parallel()
	const issuer = "https://idp.example"
	var ahead atomic.Int64
	b := testkit.ServiceWith(t, testkit.Sized(t, "embedded"), catalog.Deps{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	ctx := t.Context()
	o, owners := ownedBy(t, b, "acme", "ann", "bob", "cid", "dan")
	in := func(p catalog.Principal, err error) catalog.Principal {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	enter := func(made catalog.IssuedToken, _ authz.Token, err error) catalog.Principal {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		token, err := b.TokenBySecret(ctx, made.Secret)
		if err != nil {
			t.Fatal(err)
		}
		return in(b.PrincipalOf(ctx, token))
	}
	hour := catalog.TokenTerms{ExpiresAt: time.Now().Add(time.Hour)}
	ownToken := func(u catalog.User, terms catalog.TokenTerms) catalog.Principal {
		return enter(b.IssueUserToken(ctx, testkit.PrincipalOf(u), u.ID, terms))
	}
	ofOrganization := func(terms catalog.TokenTerms) catalog.Principal {
		return enter(b.IssueOrganizationToken(ctx, b.Admin, o.ID, catalog.TokenOrganization, terms))
	}
	description := 0
	ofOwners := func() catalog.Principal {
		description++
		return enter(b.AddTeamToken(ctx, b.Admin, o.OwnersTeamID, catalog.TokenTerms{Description: string(rune('a' + description))}))
	}
	try := func(p catalog.Principal) error {
		if p.Subject.Type == "user" {
			_, _, err := b.IssueUserToken(ctx, p, p.Subject.ID, catalog.TokenTerms{})
			return err
		}
		_, err := b.Import(ctx, b.Admin, func(context.Context, *catalog.Change) error { return nil }) // others go on
		if err != nil {
			return err
		}
		if p.Credential == catalog.TokenTeam {
			_, _, err = b.AddTeamToken(ctx, p, o.OwnersTeamID, catalog.TokenTerms{Description: p.TokenID + " again"})
			return err
		}
		_, _, err = b.CreateTeam(ctx, p, catalog.Team{OrganizationID: o.ID, Name: "made by " + p.TokenID, Visibility: catalog.VisibilityOrganization}, nil)
		return err
	}
	suspend := func(u catalog.User) func() error {
		return func() error { _, err := b.SuspendUser(ctx, b.Admin, u.ID, true); return err }
	}
	login := func(subject string) catalog.Principal {
		return in(b.Login(ctx, catalog.Login{Issuer: issuer, Subject: subject, Username: subject}))
	}
	revoke := func(p catalog.Principal) func() error {
		return func() error { _, err := b.RevokeToken(ctx, b.Admin, p.TokenID); return err }
	}
	ann, bob := ownToken(owners[0], catalog.TokenTerms{}), ownToken(owners[1], catalog.TokenTerms{})
	eve, fay := login("eve"), login("fay")
	organization, team := ofOrganization(catalog.TokenTerms{}), ofOwners()
	cid := ownToken(owners[2], hour)
	dan := testkit.PrincipalOf(owners[3])
	for _, row := range []struct {
		what string
		p    catalog.Principal
		end  func() error
		want fault.Kind
	}{
		{"a revoked token", ann, revoke(ann), fault.Unauthenticated},
		{"the token of somebody suspended", bob, suspend(owners[1]), fault.Unauthenticated},
		{"a login of somebody suspended", eve, func() error { _, err := b.SuspendUser(ctx, b.Admin, eve.Subject.ID, true); return err }, fault.Unauthenticated},
		{"a login that nobody vouches for", fay, func() error { _, err := b.UnlinkIdentity(ctx, b.Admin, issuer, "fay"); return err }, fault.Unauthenticated},
		{"somebody who is deleted", dan, func() error { _, err := b.DeleteUser(ctx, b.Admin, dan.Subject.ID); return err }, fault.Unauthenticated},
		{"a revoked token of a team", team, revoke(team), fault.Unauthenticated},
		{"a revoked token of an organization", organization, revoke(organization), fault.Denied}, // which the engine knows before the change
		{"a token that expired", cid, func() error { ahead.Store(int64(2 * time.Hour)); return nil }, fault.Unauthenticated},
	} {
		if err := try(row.p); err != nil {
			t.Errorf("%s, before that: %v", row.what, err)
		}
		before, err := b.Store.Tokens(ctx, catalog.TokenFilter{OwnerID: row.p.Subject.ID})
		if err == nil {
			err = row.end()
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := try(row.p); !fault.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.what, err, row.want)
		}
		if after, err := b.Store.Tokens(ctx, catalog.TokenFilter{OwnerID: row.p.Subject.ID}); err != nil || len(after) > len(before) {
			t.Errorf("%s left %d tokens more, %v", row.what, len(after)-len(before), err)
		}
	}
}

// TestACredentialThatEndsInBetween: after everything was asked, while others write.
func TestACredentialThatEndsInBetween(t *testing.T) {
	t.Parallel()
	b, store := interposing(t)
	ctx := t.Context()
	o, _ := ownedBy(t, b, "acme", "ann")
	for _, kind := range []catalog.TokenKind{catalog.TokenOrganization, catalog.TokenTeam, catalog.TokenUser} {
		var made catalog.IssuedToken
		var err error
		switch kind {
		case catalog.TokenOrganization:
			made, _, err = b.IssueOrganizationToken(ctx, b.Admin, o.ID, kind, catalog.TokenTerms{})
		case catalog.TokenTeam:
			made, _, err = b.IssueTeamToken(ctx, b.Admin, o.OwnersTeamID, catalog.TokenTerms{})
		default:
			made, err = b.CreateToken(ctx, b.Admin, catalog.TokenRequest{Kind: kind, Name: "ann"})
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.PrincipalOf(ctx, made.Token)
		if err != nil {
			t.Fatal(err)
		}
		team := func(name string) error {
			_, _, err := b.CreateTeam(ctx, p, catalog.Team{OrganizationID: o.ID, Name: string(kind) + name, Visibility: catalog.VisibilityOrganization}, nil)
			return err
		}
		if err := team("-before"); err != nil {
			t.Errorf("with a token of kind %s: %v", kind, err)
		}
		store.before = func() {
			if _, err := b.RevokeToken(ctx, b.Admin, p.TokenID); err != nil {
				t.Error(err)
			}
		}
		if err := team("-after"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("with a token of kind %s that is revoked: %v", kind, err)
		}
		if found, err := b.Store.TeamByName(ctx, o.ID, string(kind)+"-after"); !fault.Is(err, fault.NotFound) {
			t.Errorf("it has made %+v, %v", found, err)
		}
	}
}
