package storetest

import (
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

func directoryChecks() []check {
	return []check{
		{"directories are put and listed by name", directoriesArePut},
		{"people of a directory are kept by external id and user", personsAreKept},
		{"people of directories are filtered and go with their user", personsAreFiltered},
		{"group memberships end and are found by source", groupMembershipsEnd},
		{"a paused link keeps people", linksKeepPeople},
		{"groups are found by source and external id", groupsAreFoundBySource},
		{"sync plans are kept and filtered, the youngest first", syncPlansAreKept},
		{"removals are summed from a time on", removalsAreSummed},
		{"a lease is one holder's until it ends", leasesAreHeld},
	}
}

func directoriesArePut(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	d := catalog.Directory{
		Name: "corp", Kind: "ldap", Trust: catalog.TrustTeams, Issuer: "https://id.example", Profile: "okta", Disabled: true, Paused: true,
		Cursor: "c", FullAt: at(1), AttemptedAt: at(2), SucceededAt: at(3), Failure: "no answer", CreatedAt: at(4),
	}
	_, err := s.Directory(ctx, "corp")
	wantFault(t, "a missing directory", err, fault.NotFound, "")
	must(t, s.PutDirectory(ctx, d))
	want(t, "as put", d)(s.Directory(ctx, "corp"))
	other := catalog.Directory{Name: "Corp", Kind: "scim", CreatedAt: at(5)} // names are exact
	must(t, s.PutDirectory(ctx, other))
	d.Kind, d.Trust, d.Issuer, d.Profile, d.Disabled, d.Paused = "file", catalog.TrustNone, "", "", false, false
	d.Cursor, d.FullAt, d.AttemptedAt, d.SucceededAt, d.Failure = "d", at(6), at(7), at(8), ""
	must(t, s.PutDirectory(ctx, d))
	want(t, "by name", []catalog.Directory{other, d})(s.Directories(ctx))
}

func samplePerson() catalog.Person {
	return catalog.Person{
		Source: "corp", ExternalID: "e-1", UserID: "user-ann", Username: "Ann", Email: "ann@corp.example", InactiveAt: at(1), Suspends: true,
		Released: true, Deleted: true, Attributes: `{"title":"x"}`, Version: 3, CreatedAt: at(2), UpdatedAt: at(3),
	}
}

func personsAreKept(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	ann := samplePerson()
	must(t, s.InsertPerson(ctx, ann))
	want(t, "as inserted", ann)(s.Person(ctx, "corp", "e-1"))
	wantFault(t, "the same external id", s.InsertPerson(ctx, catalog.Person{Source: "corp", ExternalID: "e-1", UserID: "user-bob"}), fault.Conflict, "id")
	wantFault(t, "the same user", s.InsertPerson(ctx, catalog.Person{Source: "corp", ExternalID: "e-2", UserID: "user-ann"}), fault.Conflict, "")
	wantFault(t, "a missing user", s.InsertPerson(ctx, catalog.Person{Source: "corp", ExternalID: "e-3", UserID: "user-x"}), fault.NotFound, "")
	must(t, s.InsertPerson(ctx, catalog.Person{Source: "scim", ExternalID: "e-1", UserID: "user-ann"})) // another directory
	ann.ExternalID, ann.Username, ann.Email, ann.InactiveAt, ann.Suspends = "e-9", "anna", "anna@corp.example", time.Time{}, false
	ann.Released, ann.Deleted, ann.Attributes, ann.Version, ann.UpdatedAt = false, false, "", 4, at(5)
	must(t, s.UpdatePerson(ctx, ann))
	want(t, "as updated", ann)(s.Person(ctx, "corp", "e-9"))
	_, err := s.Person(ctx, "corp", "e-1")
	wantFault(t, "the old external id", err, fault.NotFound, "")
	wantFault(t, "update nobody", s.UpdatePerson(ctx, catalog.Person{Source: "corp", ExternalID: "e-9", UserID: "user-bob"}), fault.NotFound, "")
	must(t, s.DeletePerson(ctx, "corp", "e-9"))
	wantFault(t, "delete twice", s.DeletePerson(ctx, "corp", "e-9"), fault.NotFound, "")
}

func personKey(p catalog.Person) string { return p.Source + "/" + p.ExternalID }

func personsAreFiltered(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for _, p := range []catalog.Person{
		samplePerson(),
		{Source: "corp", ExternalID: "e-0", UserID: "user-bob", Username: "bob"},
		{Source: "scim", ExternalID: "e-1", UserID: "user-ann", Username: "ANN"},
	} {
		must(t, s.InsertPerson(ctx, p))
	}
	yes, no := true, false
	for _, row := range []struct {
		what   string
		filter catalog.PersonFilter
		want   []string
	}{
		{"all", catalog.PersonFilter{}, []string{"corp/e-0", "corp/e-1", "scim/e-1"}},
		{"of a source", catalog.PersonFilter{Source: "corp"}, []string{"corp/e-0", "corp/e-1"}},
		{"by external id", catalog.PersonFilter{ExternalIDs: []string{"e-1", "x"}}, []string{"corp/e-1", "scim/e-1"}},
		{"by user", catalog.PersonFilter{UserIDs: []string{"user-bob"}}, []string{"corp/e-0"}},
		{"by username in any case", catalog.PersonFilter{Usernames: []string{"ann"}}, []string{"corp/e-1", "scim/e-1"}},
		{"deleted", catalog.PersonFilter{Deleted: &yes}, []string{"corp/e-1"}},
		{"not deleted", catalog.PersonFilter{Deleted: &no}, []string{"corp/e-0", "scim/e-1"}},
	} {
		wantIDs(t, row.what, personKey, row.want...)(s.Persons(ctx, row.filter))
		want(t, "count of "+row.what, len(row.want))(s.CountPersons(ctx, row.filter))
	}
	wantIDs(t, "a page", personKey, "corp/e-1")(s.Persons(ctx, catalog.PersonFilter{Offset: 1, Limit: 1}))
	must(t, s.DeleteUser(ctx, "user-ann"))
	wantIDs(t, "after the user is deleted", personKey, "corp/e-0")(s.Persons(ctx, catalog.PersonFilter{}))
}

func groupMembershipsEnd(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.InsertGroup(ctx, catalog.Group{ID: "grp-l", Source: "login", ExternalID: "l", DisplayName: "L"}))
	bob := catalog.GroupMember{GroupID: "grp-l", UserID: "user-bob", ExpiresAt: at(5)}
	ann := catalog.GroupMember{GroupID: "grp-l", UserID: "user-ann", ExpiresAt: at(9)}
	must(t, s.PutGroupMembers(ctx, bob, ann))
	want(t, "of a source", []catalog.GroupMember{ann, bob})(s.GroupMembers(ctx, catalog.GroupMemberFilter{Source: "login"}))
	want(t, "ended by", []catalog.GroupMember{bob})(s.GroupMembers(ctx, catalog.GroupMemberFilter{ExpiredBy: at(5)}))
	bob.ExpiresAt = time.Time{}
	must(t, s.PutGroupMembers(ctx, bob))
	want[[]catalog.GroupMember](t, "lasting now", nil)(s.GroupMembers(ctx, catalog.GroupMemberFilter{ExpiredBy: at(5)}))
	must(t, s.PutGroupMembers(ctx))
	must(t, s.DeleteGroupMembers(ctx, "grp-l"))
	want(t, "no ids remove nobody", []catalog.GroupMember{ann, bob})(s.GroupMembers(ctx, catalog.GroupMemberFilter{Source: "login"}))
	must(t, s.DeleteGroupMembers(ctx, "grp-l", "user-ann", "user-bob", "user-x"))
	want[[]catalog.GroupMember](t, "all removed", nil)(s.GroupMembers(ctx, catalog.GroupMemberFilter{Source: "login"}))
}

func linksKeepPeople(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	l := catalog.GroupLink{ID: "gl-r", GroupID: "grp-a", TeamID: "team-b", Rule: "sres", Paused: true}
	must(t, s.InsertGroupLink(ctx, l))
	want(t, "as inserted", []catalog.GroupLink{l})(s.GroupLinks(ctx, catalog.GroupLinkFilter{IDs: []string{"gl-r"}}))
	l.Rule, l.Paused = "", false
	must(t, s.UpdateGroupLink(ctx, l))
	want(t, "as updated", []catalog.GroupLink{l})(s.GroupLinks(ctx, catalog.GroupLinkFilter{IDs: []string{"gl-r"}}))
	wantFault(t, "update none", s.UpdateGroupLink(ctx, catalog.GroupLink{ID: "gl-x"}), fault.NotFound, "")
	kept := []catalog.LinkMember{{LinkID: "gl-r", UserID: "user-ann"}, {LinkID: "gl-r", UserID: "user-bob", ExpiresAt: at(3)}}
	must(t, s.PutLinkMembers(ctx, kept...))
	must(t, s.PutLinkMembers(ctx, kept...))
	must(t, s.PutLinkMembers(ctx, catalog.LinkMember{LinkID: "gl-a", UserID: "user-ann"}))
	want(t, "of a link", kept)(s.LinkMembers(ctx, "gl-r"))
	must(t, s.DeleteUser(ctx, "user-ann"))
	want(t, "after a user is deleted", kept[1:])(s.LinkMembers(ctx))
	must(t, s.DeleteLinkMembers(ctx, "gl-r"))
	must(t, s.PutLinkMembers(ctx, kept[1]))
	must(t, s.DeleteGroupLink(ctx, "gl-r"))
	want[[]catalog.LinkMember](t, "with the link", nil)(s.LinkMembers(ctx))
}

func groupsAreFoundBySource(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	g := catalog.Group{
		ID: "grp-1", Source: "corp", ExternalID: "x", DisplayName: "X", Paused: true, GoneAt: at(1), Attributes: `{"a":1}`, Version: 2,
		CreatedAt: at(2), UpdatedAt: at(3),
	}
	must(t, s.InsertGroup(ctx, g))
	must(t, s.InsertGroup(ctx, catalog.Group{ID: "grp-2", Source: "scim", ExternalID: "x"}))
	want(t, "by external id", g)(s.GroupByExternalID(ctx, "corp", "x"))
	_, err := s.GroupByExternalID(ctx, "corp", "X")
	wantFault(t, "external ids are exact", err, fault.NotFound, "")
	want(t, "of a source", []catalog.Group{g})(s.GroupsOf(ctx, "corp"))
	g.Paused, g.GoneAt, g.Attributes, g.Version, g.UpdatedAt = false, time.Time{}, "", 3, at(4)
	must(t, s.UpdateGroup(ctx, g))
	want(t, "as updated", g)(s.Group(ctx, "grp-1"))
}

func planID(p catalog.SyncPlan) string { return p.ID }

func syncPlansAreKept(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	p := catalog.SyncPlan{
		ID: "sync-1", Source: "corp", Digest: "d", Status: catalog.PlanHeld, Trigger: "schedule", Document: `{"people":[]}`, Cursor: "c", Full: true,
		CreatedBy: authz.Object{Type: "user", ID: "user-ann"}, CreatedAt: at(1),
	}
	must(t, s.InsertSyncPlan(ctx, p))
	wantFault(t, "twice", s.InsertSyncPlan(ctx, p), fault.Conflict, "id")
	want(t, "as inserted", p)(s.SyncPlan(ctx, "sync-1"))
	p.Status, p.Report, p.Error, p.DecidedBy, p.DecidedAt = catalog.PlanFailed, `{}`, "half", authz.Object{Type: "user", ID: "user-bob"}, at(2)
	p.Comment, p.FinishedAt = "go", at(3)
	must(t, s.UpdateSyncPlan(ctx, p))
	want(t, "as updated", p)(s.SyncPlan(ctx, "sync-1"))
	must(t, s.InsertSyncPlan(ctx, catalog.SyncPlan{ID: "sync-2", Source: "corp", Status: catalog.PlanPlanned, CreatedAt: at(4)}))
	must(t, s.InsertSyncPlan(ctx, catalog.SyncPlan{ID: "sync-3", Source: "scim", Status: catalog.PlanHeld, CreatedAt: at(5)}))
	for _, row := range []struct {
		what   string
		filter catalog.SyncPlanFilter
		want   []string
	}{
		{"all", catalog.SyncPlanFilter{}, []string{"sync-3", "sync-2", "sync-1"}},
		{"of a source", catalog.SyncPlanFilter{Source: "corp"}, []string{"sync-2", "sync-1"}},
		{"in some states", catalog.SyncPlanFilter{Statuses: []catalog.PlanStatus{catalog.PlanHeld, catalog.PlanFailed}}, []string{"sync-3", "sync-1"}},
	} {
		wantIDs(t, row.what, planID, row.want...)(s.SyncPlans(ctx, row.filter))
		want(t, "count of "+row.what, len(row.want))(s.CountSyncPlans(ctx, row.filter))
	}
	p.Document, p.Report = "", ""
	want(t, "in brief", []catalog.SyncPlan{p})(s.SyncPlans(ctx, catalog.SyncPlanFilter{Brief: true, Offset: 2, Limit: 1}))
	want(t, "pruned", 1)(s.PruneSyncPlans(ctx, at(4)))
	wantIDs(t, "after pruning", planID, "sync-3", "sync-2")(s.SyncPlans(ctx, catalog.SyncPlanFilter{}))
}

func removalsAreSummed(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	want(t, "none", catalog.Removal{})(s.RemovedSince(ctx, "corp", at(0)))
	for i, n := range []int{1, 10, 100} {
		must(t, s.InsertRemoval(ctx, catalog.Removal{Source: "corp", At: at(i + 1), Memberships: n, People: 2 * n, Groups: 3 * n, PlanID: "sync-1"}))
	}
	must(t, s.InsertRemoval(ctx, catalog.Removal{Source: "scim", At: at(2), Memberships: 1000}))
	want(t, "from the second on", catalog.Removal{Memberships: 110, People: 220, Groups: 330})(s.RemovedSince(ctx, "corp", at(2)))
	must(t, s.PruneRemovals(ctx, at(3)))
	want(t, "after pruning", catalog.Removal{Memberships: 100, People: 200, Groups: 300})(s.RemovedSince(ctx, "corp", at(0)))
}

func leasesAreHeld(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	take := func(holder string, until, now int) func(bool, error) func(bool) {
		return func(got bool, err error) func(bool) {
			return func(expected bool) {
				t.Helper()
				must(t, err)
				if got != expected {
					t.Errorf("%s takes the lease until %d at %d: %t, want %t", holder, until, now, got, expected)
				}
			}
		}
	}
	lease := func(holder string, until int) catalog.Lease {
		return catalog.Lease{Name: "sync/corp", Holder: holder, Until: at(until)}
	}
	take("a", 10, 1)(s.TakeLease(ctx, lease("a", 10), at(1)))(true)
	take("b", 20, 9)(s.TakeLease(ctx, lease("b", 20), at(9)))(false)
	take("a", 15, 9)(s.TakeLease(ctx, lease("a", 15), at(9)))(true) // renewed
	take("b", 20, 10)(s.TakeLease(ctx, lease("b", 20), at(10)))(false)
	take("b", 20, 15)(s.TakeLease(ctx, lease("b", 20), at(15)))(true) // it has ended
	must(t, s.DropLease(ctx, "sync/corp", "a"))
	take("a", 30, 16)(s.TakeLease(ctx, lease("a", 30), at(16)))(false)
	must(t, s.DropLease(ctx, "sync/corp", "b"))
	take("a", 30, 16)(s.TakeLease(ctx, lease("a", 30), at(16)))(true)
}
