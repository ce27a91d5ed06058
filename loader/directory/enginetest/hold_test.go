package enginetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// guarded makes a world whose source has so many people in one group, applied, and the usual limits.
func guarded(t *testing.T, n int) (*world, *directory.Engine, []string) {
	t.Helper()
	w := newWorld(t, nil)
	w.feed.Limits = directory.Limits{}
	e := w.engineOf()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("p%02d", i)
	}
	w.source.say(whole(people(ids...), group("all", ids...)))
	w.run(e, directory.Options{})
	return w, e, ids
}

func TestTheFirstPlanIsLookedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.ApplyFirst = false
	e := w.engineOf()
	w.source.say(whole(people("ann"), group("dev", "ann")))
	kept, report := w.run(e, directory.Options{Trigger: directory.TriggerSchedule})
	if report.Outcome != directory.OutcomeHeld || len(report.Trips) != 1 || report.Trips[0].Guard != directory.GuardFirst {
		t.Fatalf("%+v", report)
	}
	w.has("!user ann ann@corp.example suspended=false admin=false")
	_, err := e.Apply(t.Context(), w.sync, kept.ID, kept.Digest, nil)
	isKind(t, err, fault.Conflict)
	if err == nil || !strings.Contains(err.Error(), string(directory.GuardFirst)) {
		t.Errorf("the refusal does not name the guard: %v", err)
	}
	if _, err := e.Approve(t.Context(), w.admin, kept.ID, kept.Digest, "looks well"); err != nil {
		t.Fatal(err)
	}
	w.has("corp/dev has ann expires=false")
	w.settled(e)
	after, plan, stored, err := e.FindPlan(t.Context(), w.admin, kept.ID)
	if err != nil || after.Status != catalog.PlanApplied || after.Comment != "looks well" || after.DecidedBy != w.admin.Subject || stored == nil || stored.Counts["people.create"] != 1 {
		t.Errorf("%+v %+v %v", after, stored, err)
	}
	if len(plan.People) != 1 || plan.Digest() != kept.Digest {
		t.Errorf("the plan is not what was kept: %+v", plan)
	}
	w.source.say(whole(people("ann", "bob"), group("dev", "ann")))
	if _, report := w.run(e, directory.Options{}); report.Outcome != directory.OutcomeApplied {
		t.Errorf("the second plan is %s", report.Outcome)
	}
}

func TestAnEmptySourceRemovesNobody(t *testing.T) {
	t.Parallel()
	w, e, ids := guarded(t, 12)
	before := w.state()
	w.source.say(whole(nil))
	var first catalog.SyncPlan
	for range 3 { // the schedule comes back to it, and keeps one plan
		kept, report := w.run(e, directory.Options{Trigger: directory.TriggerSchedule})
		if report.Outcome != directory.OutcomeHeld {
			t.Fatalf("%+v", report)
		}
		if first.ID == "" {
			first = kept
		}
		if kept.ID != first.ID {
			t.Error("a second plan of the same is kept")
		}
	}
	w.same(before)
	if got := w.heard.types(); !slices.Equal(got, []string{"sync.applied", "sync.held"}) || !w.heard.held[corp] {
		t.Errorf("told: %v, held %v", got, w.heard.held)
	}
	status, err := e.Status(t.Context(), w.admin)
	if err != nil || !slices.Equal(status[0].HeldPlanIDs, []string{first.ID}) || status[0].Totals != (directory.Totals{People: 12, Groups: 1, Memberships: 12}) {
		t.Errorf("%+v, %v", status, err)
	}

	// Somebody says no; the schedule does not ask again, and somebody who runs it does.
	if err := e.Reject(t.Context(), w.admin, first.ID, "it is broken"); err != nil {
		t.Fatal(err)
	}
	kept, report := w.run(e, directory.Options{Trigger: directory.TriggerSchedule})
	if report.Outcome != directory.OutcomeHeld || kept.ID != first.ID || kept.Status != catalog.PlanRejected {
		t.Errorf("after a rejection: %s, plan %s %s", report.Outcome, kept.ID, kept.Status)
	}
	_, err = e.Approve(t.Context(), w.admin, first.ID, first.Digest, "after all")
	isKind(t, err, fault.Conflict)
	if kept, _ = w.run(e, directory.Options{}); kept.ID == first.ID || kept.Status != catalog.PlanHeld {
		t.Errorf("asked by hand: plan %s %s", kept.ID, kept.Status)
	}
	w.same(before)

	// The directory is repaired: the plan that waits is settled.
	w.source.say(whole(people(ids...), group("all", ids...)))
	w.run(e, directory.Options{Trigger: directory.TriggerSchedule})
	if got, err := w.store.SyncPlan(t.Context(), kept.ID); err != nil || got.Status != catalog.PlanSuperseded {
		t.Errorf("the plan is %s, %v", got.Status, err)
	}
	w.same(before)
	if w.heard.held[corp] {
		t.Error("something is said to be held")
	}
}

func TestApprovalsAreForWhatWasSeen(t *testing.T) {
	t.Parallel()
	w, e, ids := guarded(t, 20)
	w.source.say(whole(people(ids[:5]...), group("all", ids[:5]...)))
	kept, _ := w.run(e, directory.Options{})
	_, err := e.Approve(t.Context(), w.admin, kept.ID, strings.Repeat("0", 64), "")
	isKind(t, err, fault.Stale)

	w.source.say(whole(people(ids[:6]...), group("all", ids[:6]...)))
	newer, _ := w.run(e, directory.Options{})
	if newer.ID == kept.ID {
		t.Fatal("another plan is the same")
	}
	_, err = e.Approve(t.Context(), w.admin, kept.ID, kept.Digest, "")
	isKind(t, err, fault.Conflict) // superseded
	report, err := e.Approve(t.Context(), w.admin, newer.ID, newer.Digest, "")
	if err != nil || report.Taken.People != 14 {
		t.Fatalf("%+v, %v", report, err)
	}
	_, err = e.Approve(t.Context(), w.admin, newer.ID, newer.Digest, "")
	isKind(t, err, fault.Conflict) // done
	isKind(t, e.Reject(t.Context(), w.admin, newer.ID, ""), fault.Conflict)
	w.settled(e)

	events, err := w.svc.AuditEvents(t.Context(), w.admin, catalog.AuditFilter{Actions: []string{"sync.hold", "sync.approve", "sync.apply"}, OldestFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		if e.Object.Type == "sync_plan" && (e.Object.ID == newer.ID || e.Object.ID == kept.ID) {
			got = append(got, e.Action+" by "+e.ActorName)
		}
	}
	want := []string{"sync.hold by sync", "sync.hold by sync", "sync.approve by site-admin", "sync.apply by site-admin"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestASlowDripTrips takes away little in each run, and too much within a day.
func TestASlowDripTrips(t *testing.T) {
	t.Parallel()
	w, e, ids := guarded(t, 60)
	held := 0
	for left := 58; left > 20 && held == 0; left -= 2 {
		w.source.say(whole(people(ids...), group("all", ids[:left]...)))
		if _, report := w.run(e, directory.Options{Trigger: directory.TriggerSchedule}); report.Outcome == directory.OutcomeHeld {
			held = left
			if report.Trips[0].Guard != directory.GuardDay {
				t.Errorf("held by %+v", report.Trips)
			}
		}
		w.wait(time.Hour)
	}
	if held < 44 { // a fifth of sixty may go
		t.Errorf("held when %d would be left", held)
	}
	// A day later as much may go again.
	w.wait(25 * time.Hour)
	if _, report := w.run(e, directory.Options{Trigger: directory.TriggerSchedule}); report.Outcome != directory.OutcomeApplied {
		t.Errorf("a day later: %+v", report)
	}
	w.settled(e)
}

func TestAPlanThatPassedIsMeasuredAgain(t *testing.T) {
	t.Parallel()
	w, e, ids := guarded(t, 60)
	w.source.say(whole(people(ids...), group("all", ids[5:]...)))
	kept, _, err := e.Plan(t.Context(), w.sync, corp, directory.Options{})
	if err != nil || kept.Status != catalog.PlanPlanned {
		t.Fatal(kept.Status, err)
	}
	if err := w.store.InsertRemoval(t.Context(), catalog.Removal{Source: corp, At: w.now(), Memberships: 12}); err != nil {
		t.Fatal(err)
	}
	_, err = e.Apply(t.Context(), w.sync, kept.ID, kept.Digest, nil)
	isKind(t, err, fault.Conflict)
	w.has("corp/all has p00 expires=false")
	if _, err := e.Approve(t.Context(), w.admin, kept.ID, kept.Digest, "it is right"); err != nil {
		t.Fatal(err)
	}
	w.has("!corp/all has p00 expires=false")
}

func TestAPausedSourceChangesNothing(t *testing.T) {
	t.Parallel()
	w, e, ids := guarded(t, 8)
	before := w.state()
	w.source.say(whole(people(ids[1:]...), group("all", ids[1:]...)))
	kept, _, err := e.Plan(t.Context(), w.sync, corp, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Pause(t.Context(), w.admin, corp); err != nil {
		t.Fatal(err)
	}
	_, _, err = e.Run(t.Context(), w.sync, corp, directory.Options{})
	isKind(t, err, fault.Conflict)
	_, err = e.Apply(t.Context(), w.sync, kept.ID, kept.Digest, nil)
	isKind(t, err, fault.Conflict)
	_, _, _, err = e.Upload(t.Context(), w.admin, corp, whole(people(ids[1:]...)), directory.Options{})
	isKind(t, err, fault.Conflict)
	_, _, err = e.Push(t.Context(), w.sync, corp, directory.Plan{People: []directory.PersonChange{{Op: directory.OpSuspend, ExternalID: ids[0]}}})
	isKind(t, err, fault.Conflict)
	w.same(before)
	if status, err := e.Status(t.Context(), w.sync); err != nil || !status[0].Paused || status[0].Failure != "" {
		t.Errorf("%+v, %v", status, err)
	}
	if err := e.Resume(t.Context(), w.admin, corp); err != nil {
		t.Fatal(err)
	}
	w.run(e, directory.Options{})
	w.settled(e)

	// One that never ran can be paused before it does.
	other := w.feed
	other.Name = "other"
	e = w.engineOf(other)
	if err := e.Pause(t.Context(), w.admin, "other"); err != nil {
		t.Fatal(err)
	}
	_, _, err = e.Run(t.Context(), w.sync, "other", directory.Options{})
	isKind(t, err, fault.Conflict)
	isKind(t, e.Pause(t.Context(), w.admin, "nowhere"), fault.NotFound)
}

func TestUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.Source = nil
	e := w.engineOf()
	_, _, err := e.Run(t.Context(), w.sync, corp, directory.Options{})
	isKind(t, err, fault.Conflict) // it is not read
	snap := whole(people("ann", "bob"), group("dev", "ann"))
	snap.Cursor = "https://elsewhere.example/"
	raw, err := json.Marshal(snap)
	if err != nil {
		t.Fatal(err)
	}
	var sent directory.Snapshot
	if err := json.Unmarshal(raw, &sent); err != nil {
		t.Fatal(err)
	}
	kept, plan, report, err := e.Upload(t.Context(), w.sync, corp, sent, directory.Options{PlanOnly: true})
	if err != nil || len(plan.People) != 2 || report.Outcome != directory.OutcomePlanned || kept.Trigger != directory.TriggerUpload {
		t.Fatalf("%+v %+v %v", kept, report, err)
	}
	w.has("!corp/dev has ann expires=false")
	if _, _, _, err = e.Upload(t.Context(), w.sync, corp, sent, directory.Options{}); err != nil {
		t.Fatal(err)
	}
	w.has("corp/dev has ann expires=false")
	if d, err := w.store.Directory(t.Context(), corp); err != nil || d.Cursor != "" {
		t.Errorf("whoever uploads says where to read: %q, %v", d.Cursor, err)
	}
	w.noDrift()
}

func TestProtectedPeopleStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.Protected = []string{"ANN"}
	e := w.engineOf()
	w.source.say(whole(people("ann", "bob"), group("dev", "ann", "bob")))
	w.run(e, directory.Options{})
	w.source.say(whole(nil, group("dev")))
	kept, report := w.run(e, directory.Options{})
	if report.Outcome == directory.OutcomeHeld { // that is a source without people
		if _, err := e.Approve(t.Context(), w.admin, kept.ID, kept.Digest, ""); err != nil {
			t.Fatal(err)
		}
	}
	w.has("user ann ann@corp.example suspended=false admin=false", "corp/dev has ann expires=false", "user bob bob@corp.example suspended=true admin=false")
	if len(report.Conflicts) == 0 {
		t.Error("nobody is told of it")
	}
	w.noDrift()
}
