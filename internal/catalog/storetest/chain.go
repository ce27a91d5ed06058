package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

func chainChecks() []check {
	return []check{
		{"audit events are filtered by what they are about", eventsAreNarrowed},
		{"audit events come in pages", eventsArePaged},
		{"audit events make a chain without gaps", eventsAreChained},
		{"the beginning of the audit chain is given up", eventsArePruned},
		{"audit events keep one chain where the clock goes back", eventsArePrunedInOrder},
		{"consistency tokens are noted with their audit events", eventsGetTokens},
	}
}

func eventsAreNarrowed(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	ann, bob := object(schema.TypeUser, "user-ann"), object(schema.TypeUser, "user-bob")
	teamA, teamB := object(schema.TypeTeam, "team-a"), object(schema.TypeTeam, "team-b")
	for i, e := range []catalog.AuditEvent{
		{Actor: ann, Object: teamA, Action: "team.create", Outcome: catalog.OutcomeDone, OrganizationID: "org-a"},
		{Actor: ann, Object: teamB, Action: "team.create", Outcome: catalog.OutcomeRefused, OrganizationID: "org-b"},
		{Actor: bob, Object: teamA, Action: "team.delete", Outcome: catalog.OutcomeRefused, OrganizationID: "org-a"},
		{Object: teamA, Action: "team.delete", Outcome: catalog.OutcomeDone, OrganizationID: "org-a"},
	} {
		e.ID, e.Time = fmt.Sprintf("ae-%d", i+1), at(i)
		must(t, s.InsertAuditEvent(ctx, e))
	}
	for _, row := range []struct {
		what   string
		filter catalog.AuditFilter
		want   []string
	}{
		{"by an actor", catalog.AuditFilter{Actor: ann}, []string{"ae-2", "ae-1"}},
		{"by an actor of another type with the same id", catalog.AuditFilter{Actor: object(schema.TypeTeam, "user-ann")}, nil},
		{"about an object", catalog.AuditFilter{Object: teamA}, []string{"ae-4", "ae-3", "ae-1"}},
		{"of an action", catalog.AuditFilter{Actions: []string{"team.delete"}}, []string{"ae-4", "ae-3"}},
		{"of one of two actions", catalog.AuditFilter{Actions: []string{"team.delete", "nothing"}}, []string{"ae-4", "ae-3"}},
		{"of no action there is", catalog.AuditFilter{Actions: []string{"nothing"}}, nil},
		{"with an outcome", catalog.AuditFilter{Outcome: catalog.OutcomeRefused}, []string{"ae-3", "ae-2"}},
		{"behind one", catalog.AuditFilter{AfterSequence: 2}, []string{"ae-4", "ae-3"}},
		{"behind one, oldest first", catalog.AuditFilter{AfterSequence: 2, OldestFirst: true}, []string{"ae-3", "ae-4"}},
		{"behind the last", catalog.AuditFilter{AfterSequence: 4}, nil},
		{"oldest first", catalog.AuditFilter{OldestFirst: true}, []string{"ae-1", "ae-2", "ae-3", "ae-4"}},
		{"all conditions at once", catalog.AuditFilter{
			OrganizationID: "org-a", Since: at(1), Until: at(3), Actor: bob, Object: teamA, Actions: []string{"team.delete"}, Outcome: catalog.OutcomeRefused, AfterSequence: 1,
		}, []string{"ae-3"}},
	} {
		wantIDs(t, row.what, eventID, row.want...)(s.AuditEvents(ctx, row.filter))
		want(t, "the number "+row.what, len(row.want))(s.CountAuditEvents(ctx, row.filter))
	}
}

func eventsArePaged(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	for i := range 5 {
		must(t, s.InsertAuditEvent(ctx, catalog.AuditEvent{ID: fmt.Sprintf("ae-%d", i), Time: at(i)}))
	}
	wantIDs(t, "the second page", eventID, "ae-2", "ae-1")(s.AuditEvents(ctx, catalog.AuditFilter{Offset: 2, Limit: 2}))
	wantIDs(t, "the second page, oldest first", eventID, "ae-2", "ae-3")(s.AuditEvents(ctx, catalog.AuditFilter{Offset: 2, Limit: 2, OldestFirst: true}))
	wantIDs(t, "all but the newest three", eventID, "ae-1", "ae-0")(s.AuditEvents(ctx, catalog.AuditFilter{Offset: 3}))
	wantIDs(t, "behind the last page", eventID)(s.AuditEvents(ctx, catalog.AuditFilter{Offset: 5, Limit: 2}))
	want(t, "the number, whatever the page", 5)(s.CountAuditEvents(ctx, catalog.AuditFilter{Offset: 3, Limit: 1}))
}

// event is the nth event of a chain.
func event(n int) catalog.AuditEvent {
	return catalog.AuditEvent{Sequence: int64(n), ID: fmt.Sprintf("ae-%d", n), Time: at(n), Hash: []byte{byte(n), 0}}
}

func linkOf(n int) catalog.AuditLink {
	return catalog.AuditLink{Sequence: int64(n), Hash: event(n).Hash}
}

// wantEnds checks where the chain begins and ends.
func wantEnds(t *testing.T, what string, s catalog.Queries, anchor, head catalog.AuditLink) {
	t.Helper()
	gotAnchor, gotHead, err := s.AuditEnds(t.Context())
	must(t, err)
	if diff := cmp.Diff([]catalog.AuditLink{anchor, head}, []catalog.AuditLink{gotAnchor, gotHead}); diff != "" {
		t.Errorf("%s: anchor and head (-want +got):\n%s", what, diff)
	}
}

func eventsAreChained(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	wantEnds(t, "an empty chain", s, catalog.AuditLink{}, catalog.AuditLink{})
	first := event(1)
	first.Sequence = 77 // which the store does not believe
	must(t, s.InsertAuditEvent(ctx, first))
	wantEnds(t, "the first event", s, catalog.AuditLink{}, linkOf(1))
	cause := errors.New("the use case changed its mind")
	err := s.InTx(ctx, func(q catalog.Queries) error {
		must(t, q.InsertAuditEvent(ctx, catalog.AuditEvent{ID: "ae-undone"}))
		return cause
	})
	if !errors.Is(err, cause) {
		t.Fatal(err)
	}
	must(t, s.InTx(ctx, func(q catalog.Queries) error {
		must(t, q.InsertAuditEvent(ctx, event(2)))
		wantEnds(t, "inside", q, catalog.AuditLink{}, linkOf(2))
		return q.InsertAuditEvent(ctx, event(3))
	}))
	want(t, "the chain", []catalog.AuditEvent{event(1), event(2), event(3)})(s.AuditEvents(ctx, catalog.AuditFilter{OldestFirst: true}))
	wantEnds(t, "three events", s, catalog.AuditLink{}, linkOf(3))
	unsealed := event(4)
	unsealed.Hash = nil // as events of old databases
	must(t, s.InsertAuditEvent(ctx, unsealed))
	wantEnds(t, "an event without a hash", s, catalog.AuditLink{}, catalog.AuditLink{Sequence: 4})
}

func eventsArePruned(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	want(t, "removed of an empty chain", 0)(s.PruneAuditEvents(ctx, at(9)))
	for n := 1; n <= 4; n++ {
		must(t, s.InsertAuditEvent(ctx, event(n)))
	}
	want(t, "removed of before the first", 0)(s.PruneAuditEvents(ctx, at(1)))
	wantEnds(t, "the whole chain", s, catalog.AuditLink{}, linkOf(4))
	want(t, "removed of before the third", 2)(s.PruneAuditEvents(ctx, at(3)))
	wantIDs(t, "the others", eventID, "ae-3", "ae-4")(s.AuditEvents(ctx, catalog.AuditFilter{OldestFirst: true}))
	wantEnds(t, "half the chain", s, linkOf(2), linkOf(4))
	want(t, "removed again", 0)(s.PruneAuditEvents(ctx, at(3)))
	wantEnds(t, "half the chain, still", s, linkOf(2), linkOf(4))
	want(t, "removed of all", 2)(s.PruneAuditEvents(ctx, at(9)))
	wantEnds(t, "nothing but the anchor", s, linkOf(4), linkOf(4))
	must(t, s.InsertAuditEvent(ctx, event(5)))
	want(t, "the next event", []catalog.AuditEvent{event(5)})(s.AuditEvents(ctx, catalog.AuditFilter{}))
	wantEnds(t, "one event behind the anchor", s, linkOf(4), linkOf(5))
}

func eventsArePrunedInOrder(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	for n, second := range []int{1, 5, 2, 6} {
		e := event(n + 1)
		e.Time = at(second)
		must(t, s.InsertAuditEvent(ctx, e))
	}
	want(t, "removed before an event that is late", 1)(s.PruneAuditEvents(ctx, at(3)))
	wantIDs(t, "no hole", eventID, "ae-2", "ae-3", "ae-4")(s.AuditEvents(ctx, catalog.AuditFilter{OldestFirst: true}))
	wantEnds(t, "the chain", s, linkOf(1), linkOf(4))
}

func eventsGetTokens(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	for n := 1; n <= 3; n++ {
		must(t, s.InsertAuditEvent(ctx, event(n)))
	}
	must(t, s.SetAuditToken(ctx, "none"))
	must(t, s.SetAuditToken(ctx, "zed", "ae-1", "ae-3", "ae-x"))
	for n, token := range []string{"zed", "", "zed"} {
		e := event(n + 1)
		e.ZedToken = token
		got, err := s.AuditEvents(ctx, catalog.AuditFilter{AfterSequence: int64(n), OldestFirst: true, Limit: 1})
		want(t, "the event", []catalog.AuditEvent{e})(got, err)
	}
}
