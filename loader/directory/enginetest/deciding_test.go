package enginetest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// tight makes a world of 20 people of whom two may be suspended within a day.
func tight(t *testing.T) (*world, *directory.Engine) {
	t.Helper()
	w := newWorld(t, nil)
	w.feed.Limits.Floor, w.feed.Limits.DayPeople = 1, directory.Limit{Max: 2, Percent: -1}
	e := w.engineOf()
	w.source.say(whole(people(many(20)...)))
	w.run(e, directory.Options{Trigger: directory.TriggerSchedule})
	return w, e
}

// TestWhatIsRejectedStaysSo waits until the guard would let it pass.
func TestWhatIsRejectedStaysSo(t *testing.T) {
	t.Parallel()
	w, e := tight(t)
	w.source.say(whole(people(many(20)[2:]...)))
	w.run(e, directory.Options{Trigger: directory.TriggerSchedule})
	w.source.say(whole(people(many(20)[3:]...)))
	kept, report := w.run(e, directory.Options{Trigger: directory.TriggerSchedule})
	if report.Outcome != directory.OutcomeHeld {
		t.Fatal(report.Outcome)
	}
	done(t, e.Reject(t.Context(), w.admin, kept.ID, "p02 must stay"))
	w.wait(25 * time.Hour)
	for range 2 {
		if _, report = w.run(e, directory.Options{Trigger: directory.TriggerSchedule}); report.Outcome != directory.OutcomeHeld || w.user("p02").Suspended {
			t.Errorf("the schedule: %s", report.Outcome)
		}
	}
	if _, report = w.run(e, directory.Options{}); report.Outcome != directory.OutcomeApplied || !w.user("p02").Suspended {
		t.Errorf("by hand: %s", report.Outcome)
	}
}

func TestWhatIsHeldLateSaysWhy(t *testing.T) {
	t.Parallel()
	w, e := tight(t)
	w.source.say(whole(people(many(20)[2:]...)))
	kept, _, err := e.Plan(t.Context(), w.sync, corp, directory.Options{})
	done(t, err)
	_, err = w.svc.Sync(t.Context(), w.sync, catalog.Behalf{Source: corp}, func(ctx context.Context, c *catalog.Change) error {
		return c.InsertRemoval(ctx, catalog.Removal{Source: corp, At: w.now(), People: 2})
	})
	done(t, err)
	_, err = e.Apply(t.Context(), w.sync, kept.ID, kept.Digest, nil)
	isKind(t, err, fault.Conflict)
	held, plan, _, err := e.FindPlan(t.Context(), w.admin, kept.ID)
	if err != nil || held.Status != catalog.PlanHeld || len(plan.Trips) != 1 || plan.Trips[0].Guard != directory.GuardDayPeople {
		t.Errorf("%s %+v %v", held.Status, plan.Trips, err)
	}
	_, err = e.Apply(t.Context(), w.sync, kept.ID, kept.Digest, nil)
	if err == nil || !strings.Contains(err.Error(), string(directory.GuardDayPeople)) {
		t.Errorf("again: %v", err)
	}
	_, err = e.Approve(t.Context(), w.admin, kept.ID, kept.Digest, "")
	done(t, err)
}

// TestSiteAdminsAreMadeAndEndedBySomebody uploads and reads who is in a group that administers.
func TestSiteAdminsAreMadeAndEndedBySomebody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.Trust = catalog.TrustAdministrators
	w.feed.Rules = []directory.Rule{{Name: "adm", ID: "adm", SiteAdmins: true}}
	e := w.engineOf()
	users := people("a", "b", "c")
	upload := func(s directory.Snapshot) string {
		_, _, report, err := e.Upload(t.Context(), w.admin, corp, s, directory.Options{})
		done(t, err)
		if report.Outcome == directory.OutcomeHeld && report.Trips[0].Guard != directory.GuardOwner {
			t.Errorf("held by %+v", report.Trips)
		}
		return report.Outcome
	}
	if got := upload(whole(users, group("adm", "a"), group("dev", "a"))); got != directory.OutcomeHeld {
		t.Errorf("a link of site admins that is uploaded is %s", got)
	}
	w.source.say(whole(users, group("adm", "a"), group("dev", "a")))
	if _, report := w.run(e, directory.Options{}); report.Outcome != directory.OutcomeApplied {
		t.Fatalf("what is read is %s: %+v", report.Outcome, report.Trips)
	}
	if got := upload(whole(users, group("adm", "a", "b"), group("dev", "a"))); got != directory.OutcomeHeld {
		t.Errorf("a site admin who is uploaded is %s", got)
	}
	if got := upload(whole(users, group("adm", "a"), group("dev", "a", "b"))); got != directory.OutcomeApplied {
		t.Errorf("a member who is uploaded is %s", got)
	}
	w.source.say(whole(users, group("adm", "a", "b"), group("dev", "a", "b")))
	if _, report := w.run(e, directory.Options{}); report.Outcome != directory.OutcomeApplied {
		t.Errorf("a site admin who is read is %s", report.Outcome)
	}
	w.source.say(whole(users, group("adm", "a"), group("dev", "a", "b")))
	if _, report := w.run(e, directory.Options{}); report.Outcome != directory.OutcomeHeld {
		t.Errorf("a site admin who leaves is %s", report.Outcome)
	}
	w.source.say(whole(users, group("adm", "a", "b"), group("dev", "a")))
	if _, report := w.run(e, directory.Options{}); report.Outcome != directory.OutcomeApplied {
		t.Errorf("another who leaves is %s", report.Outcome)
	}
}

// TestAWeakerSourceTakesNobodyOver names people of another source.
func TestAWeakerSourceTakesNobodyOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, name := range []string{"own", "own2"} {
		_, err := w.svc.CreateUser(t.Context(), w.admin, name, name+"@corp.example")
		done(t, err)
	}
	w.source.say(whole(people("ann")))
	source := &script{}
	feed := func(trust catalog.NameTrust) directory.Feed {
		return directory.Feed{Settings: directory.Settings{Name: "weak", Kind: "file", ApplyFirst: true, Limits: generous()}, Trust: trust, Source: source}
	}
	e := w.engineOf(w.feed, feed(catalog.TrustTeams))
	w.run(e, directory.Options{})
	persons := func(name string) int {
		n, err := w.store.CountPersons(t.Context(), catalog.PersonFilter{Source: "weak", UserIDs: []string{w.user(name).ID}})
		done(t, err)
		return n
	}
	links := func(e *directory.Engine, name string) bool {
		_, plan, err := e.Plan(t.Context(), w.sync, "weak", directory.Options{DryRun: true})
		done(t, err)
		return slices.ContainsFunc(plan.People, func(c directory.PersonChange) bool { return c.UserID == w.user(name).ID })
	}
	source.say(whole(people("ann", "own")))
	if links(e, "ann") || !links(e, "own") {
		t.Error("the plan links ann, or does not link own")
	}
	_, _, err := e.Run(t.Context(), w.sync, "weak", directory.Options{})
	done(t, err)
	if persons("ann") != 0 || persons("own") != 1 {
		t.Errorf("ann %d, own %d", persons("ann"), persons("own"))
	}
	source.say(whole(people("ann", "own", "own2")))
	e = w.engineOf(w.feed, feed(catalog.TrustNone))
	if links(e, "own2") {
		t.Error("the plan of a source of no trust links an account by its name")
	}
	_, _, err = e.Run(t.Context(), w.sync, "weak", directory.Options{})
	done(t, err)
	if persons("own2") != 0 || persons("own") != 1 {
		t.Error("a source of no trust has linked an account by its name")
	}
}

func TestTheFirstPlanIsTheFirstThatDoesAnything(t *testing.T) {
	t.Parallel()
	for _, nothing := range []directory.Snapshot{{}, whole(nil)} {
		w := newWorld(t, nil)
		w.feed.ApplyFirst = false
		e := w.engineOf()
		w.source.say(nothing)
		w.run(e, directory.Options{})
		s := whole(people("a", "b"), group("g", "a", "gone"))
		s.UsersComplete = false // something is left out, for as long as it likes
		w.source.say(s)
		kept, report := w.run(e, directory.Options{})
		if report.Outcome != directory.OutcomeHeld || report.Trips[0].Guard != directory.GuardFirst {
			t.Fatalf("%s %+v", report.Outcome, report.Trips)
		}
		_, err := e.Approve(t.Context(), w.admin, kept.ID, kept.Digest, "")
		done(t, err)
		if d, err := w.store.Directory(t.Context(), corp); err != nil || !d.FullAt.IsZero() {
			t.Errorf("it was not read wholly: %+v %v", d, err)
		}
		s.Users[0].Disabled = true
		w.source.say(s)
		if _, report := w.run(e, directory.Options{Trigger: directory.TriggerSchedule}); report.Outcome != directory.OutcomeApplied {
			t.Errorf("the second plan is %s: %+v", report.Outcome, report.Trips)
		}
	}
}

func TestAClockThatWasAheadStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.Interval, w.feed.FullEvery = time.Minute, time.Hour
	e := w.engineOf()
	s := whole(people("a"))
	s.Cursor = "1"
	w.source.say(s)
	next := func() time.Duration {
		all, err := e.Status(t.Context(), w.sync)
		done(t, err)
		return all[0].NextRun.Sub(w.now())
	}
	w.run(e, directory.Options{})
	if in := next(); in <= 0 || in > time.Hour {
		t.Errorf("the next run is in %s", in)
	}
	w.run(e, directory.Options{})
	w.wait(1000 * time.Hour)
	w.run(e, directory.Options{})
	w.wait(-1000 * time.Hour)
	if in := next(); in > 0 {
		t.Errorf("the next run is in %s", in)
	}
	w.run(e, directory.Options{})
	var cursors []string
	for _, r := range w.source.asked {
		cursors = append(cursors, r.Cursor)
	}
	if want := []string{"", "1", "", ""}; !slices.Equal(cursors, want) {
		t.Errorf("read from %q, want %q", cursors, want)
	}
}

// TestWhatIsDueIsDoneWhereNothingIsRead releases and deletes what a connection has lost for long.
func TestWhatIsDueIsDoneWhereNothingIsRead(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 8)
	done(t, suspend(t, e, p, "p00"))
	done(t, pushGroups(t, e, p, directory.GroupChange{Op: directory.OpCreate, ExternalID: "old", Name: "Old"}))
	done(t, pushGroups(t, e, p, directory.GroupChange{Op: directory.OpRetire, ExternalID: "old", Name: "Old"}))
	for _, days := range []int{29, 2} {
		w.wait(time.Duration(days) * 24 * time.Hour)
		_, err := e.SettleRules(t.Context(), w.sync, corp)
		done(t, err)
		if days == 29 {
			w.has("corp/all has p00 expires=false", "group corp/old called Old gone=true")
		}
	}
	w.has("!corp/all has p00 expires=false", "!group corp/old called Old gone=true", "corp/all has p01 expires=false")
	w.noDrift()
}

// TestRulesOfASourceThatIsReadAreSettledThen asks for it where the configuration does not name the source any more.
func TestRulesOfASourceThatIsReadAreSettledThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.source.say(whole(people("a"), group("g", "a")))
	w.run(w.engineOf(), directory.Options{})
	renamed := w.feed
	renamed.Name = "other"
	_, err := w.engineOf(renamed).SettleRules(t.Context(), w.sync, corp)
	isKind(t, err, fault.Conflict)
}

func TestAConflictIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.Protected = []string{"a"}
	e := w.engineOf()
	s := whole(people("a", "b"))
	s.Cursor = "1"
	w.source.say(s)
	w.run(e, directory.Options{})
	for i, id := range []string{"a", "b"} {
		w.source.say(directory.Snapshot{Partial: true, Cursor: "2", Users: []directory.User{{ID: id, Username: id, Email: id + "@corp.example", Disabled: true}}})
		w.run(e, directory.Options{})
		if d, err := w.store.Directory(t.Context(), corp); err != nil || d.Cursor != []string{"1", "2"}[i] {
			t.Errorf("%s: the cursor is %s, %v", id, d.Cursor, err)
		}
	}
}

// TestNothingToDoIsNotKept repeats what says nothing new, and what is refused each time.
func TestNothingToDoIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	s := whole(people("a"))
	for i := range 3 {
		kept, _, report, err := e.Upload(t.Context(), w.admin, corp, s, directory.Options{})
		if err != nil || (kept.ID == "") != (i > 0) || (report.Outcome == directory.OutcomeUnchanged) != (i > 0) {
			t.Errorf("upload %d: %q %s %v", i, kept.ID, report.Outcome, err)
		}
	}
	w.source.say(s)
	for _, o := range []directory.Options{{}, {PlanOnly: true}} {
		if kept, report := w.run(e, o); kept.ID != "" || report.Outcome != directory.OutcomeUnchanged {
			t.Errorf("%+v: %q %s", o, kept.ID, report.Outcome)
		}
	}
	// Somebody takes out by hand who is put in again, and so on.
	w.source.say(whole(people("a"), group("g")))
	w.run(e, directory.Options{})
	w.source.say(whole(people("a"), group("g", "a")))
	told := len(w.heard.types())
	for i := range 3 {
		kept, _ := w.run(e, directory.Options{Trigger: directory.TriggerSchedule})
		w.has("corp/g has a expires=false")
		stored, plan, _, err := e.FindPlan(t.Context(), w.admin, kept.ID)
		if err != nil || stored.Status != catalog.PlanApplied || (stored.Document == "") != (i > 0) || plan.Empty() != (i > 0) {
			t.Errorf("%d: %+v %v", i, stored, err)
		}
		_, err = w.svc.Sync(t.Context(), w.sync, catalog.Behalf{Source: corp}, nothing(func(c *catalog.Change) error {
			return c.FillGroup(t.Context(), w.group("g").ID, nil, []string{w.user("a").ID})
		}))
		done(t, err)
	}
	if got := len(w.heard.types()); got != told+1 {
		t.Errorf("told %d times of one change", got-told)
	}
}

// silent is a source that does not answer.
type silent struct{}

func (silent) Read(ctx context.Context, _ directory.Request) (directory.Snapshot, error) {
	<-ctx.Done()
	return directory.Snapshot{}, ctx.Err()
}

func TestAReadEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.Source = silent{}
	e, err := directory.New(directory.Deps{
		Service: w.svc, Store: w.store, Feeds: []directory.Feed{w.feed}, Log: slog.New(slog.DiscardHandler), Now: w.now, Random: rand.Reader,
		Holder: "one", Read: time.Millisecond,
	})
	done(t, err)
	_, _, err = e.Run(t.Context(), w.sync, corp, directory.Options{})
	isKind(t, err, fault.Unavailable)
	if d, err := w.store.Directory(t.Context(), corp); err != nil || !strings.Contains(d.Failure, "within") {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestHeldPushesExpire waits with one for a week, and with another for less.
func TestHeldPushesExpire(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 60)
	old := heldFor(t, suspend(t, e, p, many(8)...), directory.GuardPeople)
	w.wait(6 * 24 * time.Hour)
	young := heldFor(t, suspend(t, e, p, many(30)[20:]...), directory.GuardPeople)
	w.wait(25 * time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.Work(ctx)
	}()
	for {
		kept, err := w.store.SyncPlan(t.Context(), old)
		done(t, err)
		if kept.Status == catalog.PlanRejected && kept.Comment == "expired" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	<-ended
	if kept, err := w.store.SyncPlan(t.Context(), young); err != nil || kept.Status != catalog.PlanHeld {
		t.Errorf("%s, %v", kept.Status, err)
	}
}

// TestADryRunLeavesNothing looks at a source that has never run, and at one that cannot be read.
func TestADryRunLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	w.source.say(whole(people("a")))
	_, plan, err := e.Plan(t.Context(), w.sync, corp, directory.Options{DryRun: true})
	if err != nil || len(plan.People) != 1 {
		t.Errorf("%+v, %v", plan, err)
	}
	if _, err := w.store.Directory(t.Context(), corp); !fault.Is(err, fault.NotFound) {
		t.Errorf("a dry run made the directory: %v", err)
	}
	w.run(e, directory.Options{})
	before, err := w.store.Directory(t.Context(), corp)
	done(t, err)
	w.source.fail(fault.New(fault.Unavailable, "the server does not answer"))
	_, _, err = e.Plan(t.Context(), w.sync, corp, directory.Options{DryRun: true})
	isKind(t, err, fault.Unavailable)
	if after, err := w.store.Directory(t.Context(), corp); err != nil || after != before {
		t.Errorf("%+v became %+v, %v", before, after, err)
	}
	done(t, e.Pause(t.Context(), w.admin, corp))
	_, _, err = e.Plan(t.Context(), w.sync, corp, directory.Options{DryRun: true})
	isKind(t, err, fault.Conflict)
}

// TestOneGroupAloneEndsNoWholePlan runs one group while somebody looks at the plan of all.
func TestOneGroupAloneEndsNoWholePlan(t *testing.T) {
	t.Parallel()
	w, e, ids := guarded(t, 12)
	w.source.say(whole(people(ids[:3]...), group("all", ids[:3]...), group("new", ids[0])))
	held, _ := w.run(e, directory.Options{})
	if _, report := w.run(e, directory.Options{Group: "new"}); report.Outcome != directory.OutcomeApplied {
		t.Fatalf("%s %+v", report.Outcome, report.Trips)
	}
	if kept, err := w.store.SyncPlan(t.Context(), held.ID); err != nil || kept.Status != catalog.PlanHeld {
		t.Errorf("%s, %v", kept.Status, err)
	}
}
