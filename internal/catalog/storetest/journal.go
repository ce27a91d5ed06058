package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func journalChecks() []check {
	return []check{
		{"audit events keep everything", eventsAreKept},
		{"audit events are filtered, newest first", eventsAreFiltered},
		{"intents are kept, oldest first", intentsAreKept},
		{"times are kept to the microsecond, in UTC", timesAreKept},
	}
}

func eventsAreKept(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	full := catalog.AuditEvent{
		Sequence: 1, ID: "ae-1", Time: at(2), Actor: object(schema.TypeUser, "user-ann"), ActorName: "ann", TokenID: "at-1",
		Address: "2001:db8::1", RequestID: "r",
		OrganizationID: "org-a", Action: "team.create", Object: object(schema.TypeTeam, "team-a"),
		Related: []authz.Object{object(schema.TypeOrganization, "org-a"), object(schema.TypeUser, "a:b")},
		Before:  `{"name":null}`, After: `{"name":"é"}`, Outcome: catalog.OutcomeRefused,
		Reason: "it may not", Hash: []byte{0, 0xff}, ZedToken: "zed",
	}
	bare := catalog.AuditEvent{Sequence: 2, ID: "ae-2", Time: at(1)}
	must(t, s.InsertAuditEvent(ctx, full))
	must(t, s.InsertAuditEvent(ctx, bare))
	want(t, "both events", []catalog.AuditEvent{full, bare})(s.AuditEvents(ctx, catalog.AuditFilter{}))
	wantFault(t, "an event with a used id", s.InsertAuditEvent(ctx, bare), fault.Conflict, "id")
}

func eventsAreFiltered(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	for i, organization := range []string{"org-a", "org-b", "org-a", ""} {
		must(t, s.InsertAuditEvent(ctx, catalog.AuditEvent{ID: fmt.Sprintf("ae-%d", i), Time: at(i), OrganizationID: organization}))
	}
	// Ids are random and say nothing of order; of two events in the same microsecond the later insert is newer.
	must(t, s.InsertAuditEvent(ctx, catalog.AuditEvent{ID: "ae-0later", Time: at(1), OrganizationID: "org-b"}))
	for _, row := range []struct {
		what   string
		filter catalog.AuditFilter
		want   []string
	}{
		{"all", catalog.AuditFilter{}, []string{"ae-3", "ae-2", "ae-0later", "ae-1", "ae-0"}},
		{"of an organization", catalog.AuditFilter{OrganizationID: "org-a"}, []string{"ae-2", "ae-0"}},
		{"since a moment, that one included", catalog.AuditFilter{Since: at(2)}, []string{"ae-3", "ae-2"}},
		{"until a moment, that one excluded", catalog.AuditFilter{Until: at(2)}, []string{"ae-0later", "ae-1", "ae-0"}},
		{"since a moment just after", catalog.AuditFilter{Since: at(2).Add(time.Microsecond)}, []string{"ae-3"}},
		{"the newest two", catalog.AuditFilter{Limit: 2}, []string{"ae-3", "ae-2"}},
		{"a span of an organization, one event", catalog.AuditFilter{OrganizationID: "org-b", Since: at(0), Until: at(3), Limit: 1}, []string{"ae-0later"}},
		{"an empty span", catalog.AuditFilter{Since: at(9)}, nil},
	} {
		wantIDs(t, row.what, eventID, row.want...)(s.AuditEvents(ctx, row.filter))
	}
}

func intentsAreKept(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	full := catalog.Intent{ID: "wi-z", CreatedAt: at(1), Slices: []catalog.Slice{
		{Resource: object(schema.TypeTeam, "team-a")},
		{Resource: object(schema.TypeTeam, "team-a"), Relation: "member"},
		{Resource: object(schema.TypeGroup, "grp-a"), Relation: "member", Subject: object(schema.TypeUser, "user-ann")},
		{Resource: authz.Object{Type: schema.TypeBinding}}, // all of a type
		{Resource: object(schema.TypeBinding, "bnd-a"), RoleID: "tfe-read", Holder: object(schema.TypeTeam, "team-a")},
	}}
	twin := catalog.Intent{ID: "wi-a", CreatedAt: at(1)}
	old := catalog.Intent{ID: "wi-m", CreatedAt: at(0)}
	for _, i := range []catalog.Intent{full, twin, old} {
		must(t, s.InsertIntent(ctx, i))
	}
	want(t, "all intents", []catalog.Intent{old, full, twin})(s.Intents(ctx))
	wantFault(t, "an intent with a used id", s.InsertIntent(ctx, twin), fault.Conflict, "id")
	must(t, s.DeleteIntents(ctx))
	wantIDs(t, "after deleting none", intentID, "wi-m", "wi-z", "wi-a")(s.Intents(ctx))
	must(t, s.DeleteIntents(ctx, "wi-z", "wi-missing", "wi-m"))
	must(t, s.DeleteIntents(ctx, "wi-z"))
	wantIDs(t, "after deleting two", intentID, "wi-a")(s.Intents(ctx))
}

func timesAreKept(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	for i, row := range []struct{ put, want time.Time }{
		{time.Time{}, time.Time{}},
		{time.Date(2026, 1, 2, 3, 4, 5, 123_456_000, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 123_456_000, time.UTC)},
		{time.Date(2026, 1, 2, 3, 4, 5, 123_456_789, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 123_456_000, time.UTC)},
		{time.Date(2026, 7, 2, 3, 4, 5, 0, time.FixedZone("two hours east", 7200)), time.Date(2026, 7, 2, 1, 4, 5, 0, time.UTC)},
		{time.Date(1969, 12, 31, 0, 0, 0, 1000, time.UTC), time.Date(1969, 12, 31, 0, 0, 0, 1000, time.UTC)},
		{time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		id := fmt.Sprintf("at-%d", i)
		must(t, s.InsertToken(ctx, catalog.Token{ID: id, CreatedAt: row.put, ExpiresAt: row.put, LastUsedAt: row.put}))
		got, err := s.Token(ctx, id)
		must(t, err)
		for _, moment := range []time.Time{got.CreatedAt, got.ExpiresAt, got.LastUsedAt} {
			if moment != row.want { // not Equal: the location must be UTC, too
				t.Errorf("%v came back as %v, want %v", row.put, moment, row.want)
			}
		}
	}
}
