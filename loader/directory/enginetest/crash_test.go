package enginetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// crash is what a step panics with to end a run where it stands.
type crash struct{ step string }

// until runs fn and ends it at its n-th step, from 0. It returns the steps it came by.
func (w *world) until(n int, fn func()) (steps []string, crashed bool) {
	w.tb.Helper()
	step := func(name string) {
		steps = append(steps, name)
		if len(steps) == n+1 {
			panic(crash{name})
		}
	}
	w.onStep.Store(&step)
	defer w.onStep.Store(nil)
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(crash); !ok {
				panic(r)
			}
			crashed = true
		}
	}()
	fn()
	return steps, false
}

// twoStates are what a source says by turns: between them is every kind of change.
func twoStates() (a, b directory.Snapshot) {
	a = whole(people("ann", "bob", "cy", "dee"),
		group("dev", "ann", "bob", "cy"), group("ops", "bob"), group("gone", "ann", "dee"), directory.Group{ID: "top", Name: "Top", Groups: []string{"dev", "gone"}})
	bob := person("bob")
	bob.Disabled = true
	ann, cy := person("ann"), person("cy")
	ann.Username, ann.Email, cy.Username, cy.Email = "cy", "cy@corp.example", "ann", "ann@corp.example"
	b = whole([]directory.User{ann, bob, cy, person("eve")},
		group("dev", "ann", "eve"), directory.Group{ID: "ops", Name: "Operations", Members: []string{"bob", "cy"}, Groups: []string{"new"}},
		group("new", "eve"), directory.Group{ID: "top", Name: "Top", Groups: []string{"ops"}})
	return a, b
}

// TestACrashAnywhereIsCaughtUp ends a run at each of its steps in turn. The next run, in another process, reaches the same
// state as one that was never ended, and nobody has more than the directory says in between.
func TestACrashAnywhereIsCaughtUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if _, err := w.svc.Import(t.Context(), w.admin, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.FoundOrganization(ctx, catalog.Organization{Name: "acme", Email: "acme@corp.example"}, w.admin.Subject.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.feed.Rules = []directory.Rule{{Name: "teams", Pattern: "The (.*)|(Operations)", Team: "acme/$1$2", Create: true}}
	a, b := twoStates()
	turn := func(s directory.Snapshot) {
		w.source.say(s)
		w.run(w.engineOf(), directory.Options{})
	}
	turn(a)
	turn(b)
	turn(a) // from now on it goes to and fro between the same two
	before := w.state()
	steps, _ := w.until(-1, func() { turn(b) })
	after := w.state()
	turn(a)
	w.same(before)

	stride := 1
	if testing.Short() {
		stride = 7
	}
	t.Logf("%d steps", len(steps))
	for n := 0; n < len(steps); n += stride {
		name := fmt.Sprintf("at step %d of %d, %s", n, len(steps), steps[n])
		w.source.say(b)
		if _, crashed := w.until(n, func() { _, _, _ = w.engineOf().Run(t.Context(), w.sync, corp, directory.Options{}) }); !crashed {
			t.Fatalf("%s: the run did not come there", name)
		}
		if _, err := w.svc.Replay(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.noDrift()
		e := w.engineOf()
		if _, _, err := e.Run(t.Context(), w.sync, corp, directory.Options{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w.same(after)
		w.settled(e)
		if stuck, err := w.store.CountSyncPlans(t.Context(), catalog.SyncPlanFilter{Statuses: []catalog.PlanStatus{catalog.PlanApplying}}); err != nil || stuck > 0 {
			t.Errorf("%s: %d plans are being applied for ever, %v", name, stuck, err)
		}
		turn(a)
		w.same(before)
	}
}

// TestADeadRunnerIsWaitedFor leaves the lease of a process that has died behind.
func TestADeadRunnerIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	e := w.engineOf()
	w.source.say(whole(people("ann")))
	now := w.now()
	if got, err := w.store.TakeLease(t.Context(), catalog.Lease{Name: "sync/" + corp, Holder: "dead", Until: now.Add(time.Minute)}, now); err != nil || !got {
		t.Fatal(got, err)
	}
	if err := w.store.InsertSyncPlan(t.Context(), catalog.SyncPlan{ID: "sync-of-the-dead", Source: corp, Status: catalog.PlanApplying, Document: "{}", CreatedAt: now}); err != nil {
		t.Fatal(err)
	}
	_, _, err := e.Run(t.Context(), w.sync, corp, directory.Options{})
	if err == nil || err.Error() != "another runner works on the source corp" {
		t.Errorf("error %v", err)
	}
	w.wait(61 * time.Second)
	w.run(e, directory.Options{})
	if got, err := w.store.SyncPlan(t.Context(), "sync-of-the-dead"); err != nil || got.Status != catalog.PlanFailed || got.Error != "interrupted" {
		t.Errorf("the plan is %s: %s, %v", got.Status, got.Error, err)
	}
}
