package storetest

import (
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

func identityChecks() []check {
	return []check{
		{"an identity is kept by issuer and subject", identitiesAreKept},
		{"identities are filtered and ordered", identitiesAreFiltered},
	}
}

func identityName(i catalog.Identity) string { return i.Issuer + " " + i.Subject }

func identitiesAreKept(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	ann := catalog.Identity{Issuer: "https://a.example", Subject: "Ann", UserID: "user-ann", CreatedAt: at(1)}
	must(t, s.InsertIdentity(ctx, ann))
	want(t, "as it was inserted", ann)(s.Identity(ctx, ann.Issuer, ann.Subject))
	for what, other := range map[string]catalog.Identity{
		"a subject in another case": {Issuer: ann.Issuer, Subject: "ann", UserID: "user-bob"},
		"another issuer":            {Issuer: "https://b.example", Subject: "Ann", UserID: "user-bob"},
	} {
		_, err := s.Identity(ctx, other.Issuer, other.Subject)
		wantFault(t, what, err, fault.NotFound, "")
		must(t, s.InsertIdentity(ctx, other))
		want(t, what, other)(s.Identity(ctx, other.Issuer, other.Subject))
	}
	again := ann
	again.UserID = "user-bob"
	wantFault(t, "for a second user", s.InsertIdentity(ctx, again), fault.Conflict, "")
	want(t, "the first user keeps it", ann)(s.Identity(ctx, ann.Issuer, ann.Subject))
	wantFault(t, "of a missing user", s.InsertIdentity(ctx, catalog.Identity{Issuer: "x", Subject: "y", UserID: "user-x"}), fault.NotFound, "")
	must(t, s.DeleteIdentity(ctx, ann.Issuer, ann.Subject))
	wantFault(t, "remove it again", s.DeleteIdentity(ctx, ann.Issuer, ann.Subject), fault.NotFound, "")
	wantIDs(t, "the others", identityName, "https://a.example ann", "https://b.example Ann")(s.Identities(ctx, catalog.IdentityFilter{}))
	must(t, s.InsertIdentity(ctx, again)) // it is free again
}

func identitiesAreFiltered(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for _, i := range []catalog.Identity{
		{Issuer: "b", Subject: "1", UserID: "user-ann"},
		{Issuer: "a", Subject: "2", UserID: "user-ann"},
		{Issuer: "a", Subject: "1", UserID: "user-bob"},
	} {
		must(t, s.InsertIdentity(ctx, i))
	}
	wantIDs(t, "all", identityName, "a 1", "a 2", "b 1")(s.Identities(ctx, catalog.IdentityFilter{}))
	wantIDs(t, "of a user", identityName, "a 2", "b 1")(s.Identities(ctx, catalog.IdentityFilter{UserID: "user-ann"}))
	wantIDs(t, "of nobody", identityName)(s.Identities(ctx, catalog.IdentityFilter{UserID: "user-cid"}))
}
