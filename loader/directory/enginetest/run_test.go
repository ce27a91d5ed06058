package enginetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

func TestRunReachesWhatTheSourceSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()

	w.source.say(whole(people("ann", "bob", "cy"), group("dev", "ann", "bob"), group("ops", "cy")))
	kept, report := w.run(e, directory.Options{})
	if report.Outcome != directory.OutcomeApplied || report.Counts["people.create"] != 3 || report.Counts["members.add"] != 3 || report.Token == "" {
		t.Errorf("report %+v", report)
	}
	w.has("user ann ann@corp.example suspended=false admin=false", "person cy is cy called cy inactive=false released=false", "corp/dev has bob expires=false")
	w.settled(e)
	if got, err := w.store.SyncPlan(t.Context(), kept.ID); err != nil || got.Status != catalog.PlanApplied || got.Report == "" {
		t.Errorf("the plan is %s, %v", got.Status, err)
	}

	// Bob is disabled, Cy is gone, Ann is renamed, ops is renamed and nested, a group and a person are new.
	bob := person("bob")
	bob.Disabled = true
	ann := person("ann")
	ann.Username = "anna"
	ops := directory.Group{ID: "ops", Name: "Operations", Members: []string{"dee"}, Groups: []string{"dev"}}
	w.source.say(whole([]directory.User{ann, bob, person("dee")}, group("dev", "ann", "bob"), ops, group("new", "dee", "ann")))
	w.run(e, directory.Options{})
	w.has("user anna ann@corp.example suspended=false admin=false", "user bob bob@corp.example suspended=true admin=false",
		"user cy cy@corp.example suspended=true admin=false", "corp/dev has bob expires=false", "corp/ops has dee expires=false", "corp/ops holds corp/dev",
		"group corp/ops called Operations gone=false", "corp/new has anna expires=false", "corp/ops has cy expires=false")
	w.settled(e)

	// Much later those who are gone leave their groups, and a group that is gone loses everybody and is deleted at last.
	w.wait(31 * 24 * time.Hour)
	w.source.say(whole([]directory.User{ann, bob, person("dee")}, group("dev", "ann", "bob"), ops))
	w.run(e, directory.Options{})
	w.has("!corp/ops has cy expires=false", "!corp/dev has bob expires=false", "group corp/new called The new gone=true", "!corp/new has dee expires=false")
	w.wait(31 * 24 * time.Hour)
	w.run(e, directory.Options{})
	w.has("!group corp/new called The new gone=true")
	w.settled(e)

	// Bob is back, and with him what the directory says.
	w.source.say(whole(people("bob", "dee"), group("dev", "bob"), ops))
	w.run(e, directory.Options{})
	w.has("user bob bob@corp.example suspended=false admin=false", "corp/dev has bob expires=false")
	w.settled(e)
}

func TestNamesAreExchanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	w.source.say(whole(people("a", "b", "c", "d"), group("g", "a", "b")))
	w.run(e, directory.Options{})
	before := w.user("a").ID

	snap := whole(people("a", "b", "c", "d"), group("g", "a", "b"))
	for i, name := range []string{"b", "a", "d", "e"} { // a circle, and a row
		snap.Users[i].Username, snap.Users[i].Email = name, name+"@corp.example"
	}
	w.source.say(snap)
	_, report := w.run(e, directory.Options{})
	if len(report.Skipped) > 0 {
		t.Errorf("left out: %+v", report.Skipped)
	}
	if w.user("b").ID != before {
		t.Error("whoever was a is not b")
	}
	w.has("person a is b called b inactive=false released=false", "person b is a called a inactive=false released=false",
		"person c is d called d inactive=false released=false", "person d is e called e inactive=false released=false")
	w.settled(e)
}

func TestReadErrorsRemoveNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	w.source.say(whole(people("ann", "bob"), group("dev", "ann", "bob")))
	w.run(e, directory.Options{})
	before := w.state()

	unread := whole(people("ann", "bob"), directory.Group{ID: "dev", Name: "The dev", Members: []string{"ann"}, Unknown: "the connection was lost"})
	half := directory.Snapshot{Users: people("ann"), Groups: []directory.Group{group("ops", "ann")}}
	twice := whole(people("ann", "ann"))
	tests := map[string]struct {
		say  directory.Snapshot
		fail error
		want bool // an error
	}{
		"a group that was read in part": {say: unread},
		"a list that was read in part":  {say: directory.Snapshot{Users: half.Users}},
		"what contradicts itself":       {say: twice, want: true},
		"no answer":                     {fail: fault.New(fault.Unavailable, "the directory does not answer"), want: true},
	}
	for name, test := range tests {
		w.source.say(test.say)
		if test.fail != nil {
			w.source.fail(test.fail)
		}
		_, _, err := e.Run(t.Context(), w.sync, corp, directory.Options{})
		if (err != nil) != test.want {
			t.Errorf("%s: error %v", name, err)
		}
		w.same(before)
	}
}

func TestFailuresAreToldOnceAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	secret := fault.Wrap(fault.Unavailable, errors.New("password=hunter2"), "the directory does not answer")
	failing := func() {
		w.source.fail(secret)
		if _, _, err := e.Run(t.Context(), w.sync, corp, directory.Options{}); err == nil {
			t.Error("a read that failed is no error")
		}
	}
	failing()
	failing()
	w.wait(time.Hour)
	failing()
	status, err := e.Status(t.Context(), w.sync)
	if err != nil || status[0].Failure != "the directory does not answer" || !status[0].Succeeded.IsZero() || status[0].Attempted.IsZero() {
		t.Errorf("status %+v, %v", status, err)
	}
	if got := strings.Join(w.heard.types(), " "); got != "sync.failed sync.failed" {
		t.Errorf("told: %s", got)
	}
	w.source.say(whole(people("ann")))
	w.run(e, directory.Options{})
	failing() // the first one again
	if got := w.heard.types(); len(got) != 4 || got[3] != "sync.failed" {
		t.Errorf("told: %v", got)
	}
	if status, _ = e.Status(t.Context(), w.sync); status[0].Succeeded.IsZero() || status[0].Failure == "" {
		t.Errorf("status %+v", status[0])
	}
	if w.heard.ended["failed"] != 4 || w.heard.ended["applied"] != 1 {
		t.Errorf("runs ended %v", w.heard.ended)
	}
}

func TestCursorsMoveWithWhatIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.FullEvery = 24 * time.Hour
	e := w.engineOf()
	cursor := func() string {
		d, err := w.store.Directory(t.Context(), corp)
		if err != nil {
			t.Fatal(err)
		}
		return d.Cursor
	}
	first := whole(people("ann", "bob"), group("dev", "ann"))
	first.Cursor = "one"
	w.source.say(first)
	if _, _, err := e.Plan(t.Context(), w.sync, corp, directory.Options{}); err != nil {
		t.Fatal(err)
	}
	if cursor() != "" {
		t.Error("a plan that is not applied moves the cursor")
	}
	w.run(e, directory.Options{})
	if cursor() != "one" {
		t.Errorf("cursor %q", cursor())
	}

	w.source.say(directory.Snapshot{Partial: true, Cursor: "two", Groups: []directory.Group{{ID: "dev", Name: "The dev", Incremental: true, Members: []string{"bob"}, Removed: []string{"ann"}}}})
	w.run(e, directory.Options{})
	w.has("corp/dev has bob expires=false", "!corp/dev has ann expires=false")
	if got := w.source.asked[2].Cursor; got != "one" || cursor() != "two" {
		t.Errorf("asked from %q, the cursor is %q", got, cursor())
	}
	w.source.say(directory.Snapshot{Partial: true, Cursor: "three", Groups: []directory.Group{{ID: "dev", Name: "The dev", Unknown: "too often"}}})
	w.run(e, directory.Options{})
	if cursor() != "two" {
		t.Errorf("what was not read moves the cursor to %q", cursor())
	}
	w.source.fail(fault.New(fault.Unavailable, "gone"))
	if _, _, err := e.Run(t.Context(), w.sync, corp, directory.Options{}); err == nil || cursor() != "two" {
		t.Errorf("after a failure the cursor is %q, %v", cursor(), err)
	}
	w.wait(25 * time.Hour)
	w.source.say(first)
	w.run(e, directory.Options{})
	if got := w.source.asked[len(w.source.asked)-1].Cursor; got != "" {
		t.Errorf("after a day it reads from %q", got)
	}
}

func TestWhatTheCatalogRefusesIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	w.source.say(whole(people("ann", "bob", "cy"), group("dev", "ann", "bob", "cy")))
	w.run(e, directory.Options{})
	w.source.say(whole(people("cy"), group("dev", "cy")))
	_, plan, err := e.Plan(t.Context(), w.sync, corp, directory.Options{})
	if err != nil || len(plan.People) != 2 {
		t.Fatalf("%+v, %v", plan.People, err)
	}
	kept, _, err := e.Plans(t.Context(), w.sync, catalog.SyncPlanFilter{Statuses: []catalog.PlanStatus{catalog.PlanPlanned}}, catalog.Window{})
	if err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	// Between plan and apply Ann founds an organization, which must keep its owner.
	if _, err := w.svc.Import(t.Context(), w.admin, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.FoundOrganization(ctx, catalog.Organization{Name: "acme", Email: "acme@corp.example"}, w.user("ann").ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	report, err := e.Apply(t.Context(), w.sync, kept[0].ID, kept[0].Digest, nil)
	if err != nil || len(report.Skipped) != 1 || report.Skipped[0].ID != "ann" || !strings.Contains(report.Skipped[0].Reason, "acme") {
		t.Fatalf("%+v, %v", report.Skipped, err)
	}
	w.has("user ann ann@corp.example suspended=false admin=false", "user bob bob@corp.example suspended=true admin=false")
	// The next plan knows her.
	_, report = w.run(e, directory.Options{})
	if len(report.Conflicts) != 1 || !strings.Contains(report.Conflicts[0].Reason, "acme") || len(report.Skipped) > 0 {
		t.Errorf("conflicts %+v, left out %+v", report.Conflicts, report.Skipped)
	}
}

func TestGroupsThatChangedMeanwhileAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	w.source.say(whole(people("ann", "bob", "cy"), group("dev", "ann", "bob"), group("ops", "ann", "bob")))
	w.run(e, directory.Options{})
	w.source.say(whole(people("ann", "bob", "cy"), group("dev", "ann"), group("ops", "ann")))
	kept, _, err := e.Plan(t.Context(), w.sync, corp, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.Sync(t.Context(), w.sync, catalog.Behalf{Source: corp}, func(ctx context.Context, c *catalog.Change) error {
		return c.FillGroup(ctx, w.group("dev").ID, []catalog.GroupMember{{UserID: w.user("cy").ID}}, nil)
	}); err != nil {
		t.Fatal(err)
	}
	var steps []int
	report, err := e.Apply(t.Context(), w.sync, kept.ID, kept.Digest, func(done, total int) { steps = append(steps, done, total) })
	if err != nil || len(report.Skipped) != 1 || report.Skipped[0].ID != "dev" {
		t.Fatalf("%+v, %v", report.Skipped, err)
	}
	if last := len(steps) - 2; last < 0 || steps[last] != steps[last+1] || steps[last+1] != 2 {
		t.Errorf("progress %v", steps)
	}
	w.has("corp/dev has bob expires=false", "!corp/ops has bob expires=false")
	w.run(e, directory.Options{})
	w.has("!corp/dev has bob expires=false", "!corp/dev has cy expires=false")
	w.settled(e)
}

func TestOneGroupIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	w.source.say(whole(people("ann", "bob", "cy"), group("dev", "ann"), group("ops", "bob")))
	_, report, err := e.Resync(t.Context(), w.sync, corp, "dev")
	if err != nil || report.Counts["people.create"] != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	w.has("corp/dev has ann expires=false", "!group corp/ops called The ops gone=false", "!user bob bob@corp.example suspended=false admin=false")
	d, err := w.store.Directory(t.Context(), corp)
	if err != nil || !d.FullAt.IsZero() || !d.SucceededAt.IsZero() {
		t.Errorf("after one group the directory is in step: %+v, %v", d, err)
	}
	if _, _, err := e.Resync(t.Context(), w.sync, corp, ""); err != nil {
		t.Fatal(err)
	}
	w.settled(e)
}

func TestRulesLinkGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if _, err := w.svc.Import(t.Context(), w.admin, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.FoundOrganization(ctx, catalog.Organization{Name: "acme", Email: "acme@corp.example"}, w.admin.Subject.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.feed.Trust = catalog.TrustAdministrators
	w.feed.Rules = []directory.Rule{
		{Name: "teams", Pattern: `The (d.*)`, Team: "acme/$1", Create: true},
		{Name: "admins", ID: "root", SiteAdmins: true},
	}
	e := w.engineOf()
	w.source.say(whole(people("ann", "bob"), group("dev", "ann"), group("root", "bob")))
	_, report := w.run(e, directory.Options{})
	if report.Counts["links.create"] != 2 || len(report.Conflicts)+len(report.Skipped) > 0 {
		t.Fatalf("%+v", report)
	}
	w.has(`team dev follows corp/dev by "teams"`)
	w.settled(e)
	if _, err := w.svc.Reconcile(t.Context(), principal(w.user("bob")), true); err != nil {
		t.Errorf("bob is no site admin: %v", err)
	}
	if _, err := w.svc.Reconcile(t.Context(), principal(w.user("ann")), true); err == nil {
		t.Error("ann is a site admin")
	}

	// Without the rules their links end; the end of site administration waits for somebody.
	w.feed.Rules = nil
	e = w.engineOf()
	kept, report := w.run(e, directory.Options{})
	if report.Outcome != directory.OutcomeHeld || len(report.Trips) != 1 || report.Trips[0].Guard != directory.GuardOwner {
		t.Fatalf("%+v", report)
	}
	w.has(`team dev follows corp/dev by "teams"`)
	if _, err := e.Approve(t.Context(), w.admin, kept.ID, kept.Digest, "they moved"); err != nil {
		t.Fatal(err)
	}
	w.has(`!team dev follows corp/dev by "teams"`)
	if _, err := w.svc.Reconcile(t.Context(), principal(w.user("bob")), true); err == nil {
		t.Error("bob is a site admin still")
	}
	w.settled(e)
}
