package enginetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// pushGroups pushes changes of groups.
func pushGroups(t *testing.T, e *directory.Engine, p catalog.Principal, groups ...directory.GroupChange) error {
	t.Helper()
	_, _, err := e.Push(t.Context(), p, corp, directory.Plan{Groups: groups})
	return err
}

// suspend pushes the end of some people's access.
func suspend(t *testing.T, e *directory.Engine, p catalog.Principal, ids ...string) error {
	t.Helper()
	var plan directory.Plan
	for _, id := range ids {
		plan.People = append(plan.People, directory.PersonChange{Op: directory.OpSuspend, ExternalID: id, Username: id})
	}
	_, _, err := e.Push(t.Context(), p, corp, plan)
	return err
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// heldFor fails the test unless a guard holds a push, and returns its plan.
func heldFor(t *testing.T, err error, guard directory.Guard) string {
	t.Helper()
	held, ok := errors.AsType[*directory.HeldError](err)
	if !ok {
		t.Errorf("error %v, want that %s holds it", err, guard)
		return ""
	}
	for _, trip := range held.Trips {
		if trip.Guard == guard {
			return held.PlanID
		}
	}
	t.Errorf("held by %+v, want %s", held.Trips, guard)
	return held.PlanID
}

func many(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("p%02d", i)
	}
	return out
}

func members(ids ...string) []directory.Member {
	out := make([]directory.Member, len(ids))
	for i, id := range ids {
		out[i] = directory.Member{ExternalID: id}
	}
	return out
}

// TestPushesOfNestedGroupsAreCounted takes groups out of others without saying how many people that concerns.
func TestPushesOfNestedGroupsAreCounted(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 60)
	done(t, pushGroups(t, e, p,
		directory.GroupChange{Op: directory.OpCreate, ExternalID: "few", Name: "Few", Add: members("p00", "p01")},
		directory.GroupChange{Op: directory.OpCreate, ExternalID: "parent", Name: "Parent", AddGroups: []string{"all", "few"}},
		directory.GroupChange{Op: directory.OpCreate, ExternalID: "top", Name: "Top", AddGroups: []string{"parent"}},
		directory.GroupChange{Op: directory.OpCreate, ExternalID: "left", Name: "Left", Add: members(many(4)...)},
		directory.GroupChange{Op: directory.OpCreate, ExternalID: "right", Name: "Right", Add: members(many(8)[4:]...)},
		directory.GroupChange{Op: directory.OpCreate, ExternalID: "both", Name: "Both", AddGroups: []string{"left", "right"}}))
	before := w.state()
	unnest := func(key string) directory.GroupChange {
		return directory.GroupChange{Op: directory.OpUpdate, ExternalID: "parent", GroupID: w.group("parent").ID, Name: "Parent", RemoveGroups: []string{key}, Lost: -60}
	}
	heldFor(t, pushGroups(t, e, p, unnest("all")), directory.GuardGroup)
	heldFor(t, pushGroups(t, e, p, directory.GroupChange{Op: directory.OpRetire, ExternalID: "all", Name: "All"}), directory.GuardGroup)
	heldFor(t, pushGroups(t, e, p, directory.GroupChange{Op: directory.OpRetire, ExternalID: "top", Name: "Top"}), directory.GuardGroup)
	// Neither of two is large, and they are all there is of the group around them.
	heldFor(t, pushGroups(t, e, p,
		directory.GroupChange{Op: directory.OpRetire, ExternalID: "left", Name: "Left"},
		directory.GroupChange{Op: directory.OpRetire, ExternalID: "right", Name: "Right"}), directory.GuardGroup)
	w.same(before)
	// Who is in it by another group as well loses nothing.
	done(t, pushGroups(t, e, p, unnest("few")))
	w.has("!corp/parent holds corp/few", "corp/parent holds corp/all")
	w.noDrift()
}

func TestWhatTheCallerTripsIsHeld(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 8)
	plan := remove("p00")
	plan.Trips = []directory.Trip{{Guard: directory.GuardGroup, Count: 1, Of: 1}}
	_, _, err := e.Push(t.Context(), p, corp, plan)
	heldFor(t, err, directory.GuardGroup)
	w.has("corp/all has p00 expires=false")
	plan.Trips = nil
	_, _, err = e.Push(t.Context(), p, corp, plan)
	done(t, err)
	w.has("!corp/all has p00 expires=false")
}

func TestPushesHonourWhoIsProtected(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 8)
	done(t, pushGroups(t, e, p,
		directory.GroupChange{Op: directory.OpCreate, ExternalID: "inner", Name: "Inner", Add: members("p00")},
		directory.GroupChange{Op: directory.OpCreate, ExternalID: "outer", Name: "Outer", AddGroups: []string{"inner"}}))
	outer := w.group("outer").ID
	w.feed.Protected = []string{"P00"}
	e = w.engineOf()
	attempts := func(name string) map[string]error {
		_, _, removed := e.Push(t.Context(), p, corp, remove(name))
		_, _, renamed := e.Push(t.Context(), p, corp, directory.Plan{People: []directory.PersonChange{{Op: directory.OpUpdate, ExternalID: name, Username: name + "-new"}}})
		return map[string]error{"suspend": suspend(t, e, p, name), "take out": removed, "rename": renamed}
	}
	before := w.state()
	for what, err := range attempts("p00") {
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	isKind(t, pushGroups(t, e, p, directory.GroupChange{Op: directory.OpUpdate, ExternalID: "outer", GroupID: outer, Name: "Outer", RemoveGroups: []string{"inner"}}), fault.Conflict)
	isKind(t, pushGroups(t, e, p, directory.GroupChange{Op: directory.OpRetire, ExternalID: "inner", Name: "Inner"}), fault.Conflict)
	w.same(before)
	for what, err := range attempts("p01") {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	// A site admin likewise, where the directory has no word about them.
	_, err := w.svc.Directory(t.Context(), w.admin, nothing(func(c *catalog.Change) error { return c.SetSiteAdmin(t.Context(), w.user("p02").ID, true) }))
	done(t, err)
	for what, err := range attempts("p02") {
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("a site admin, %s: %v", what, err)
		}
	}
	w.has("corp/all has p02 expires=false")
}

// TestOneGroupIsEmptiedByDrips has so many other memberships that the day's share is no limit.
func TestOneGroupIsEmptiedByDrips(t *testing.T) {
	t.Parallel()
	_, e, p := connected(t, 20)
	for i := range 10 {
		done(t, pushGroups(t, e, p, directory.GroupChange{Op: directory.OpCreate, ExternalID: fmt.Sprint("g", i), Name: fmt.Sprint("G", i), Add: members(many(20)...)}))
	}
	g := directory.GroupChange{Op: directory.OpUpdate, ExternalID: "g0", Name: "G0"}
	for i, id := range many(20) {
		g.Remove = members(id)
		err := pushGroups(t, e, p, g)
		if i < 10 {
			done(t, err)
			continue
		}
		heldFor(t, err, directory.GuardGroup)
		return
	}
}

func TestGroupsAreRetiredByDrips(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 10)
	for i := range 40 {
		done(t, pushGroups(t, e, p, directory.GroupChange{Op: directory.OpCreate, ExternalID: fmt.Sprint("g", i), Name: fmt.Sprint("G", i), Add: members("p00")}))
	}
	for i := range 6 {
		err := pushGroups(t, e, p, directory.GroupChange{Op: directory.OpRetire, ExternalID: fmt.Sprint("g", i), Name: fmt.Sprint("G", i)})
		if i < 5 {
			done(t, err)
			continue
		}
		heldFor(t, err, directory.GuardGroups)
		w.wait(25 * time.Hour)
		done(t, pushGroups(t, e, p, directory.GroupChange{Op: directory.OpRetire, ExternalID: fmt.Sprint("g", i), Name: fmt.Sprint("G", i)}))
	}
}

// TestASecondWordEndsAHeldPush suspends too many, and then says otherwise of some of them.
func TestASecondWordEndsAHeldPush(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 60)
	first := heldFor(t, suspend(t, e, p, many(8)...), directory.GuardPeople)
	other := heldFor(t, suspend(t, e, p, many(30)[20:]...), directory.GuardPeople)
	done(t, suspend(t, e, p, "p00"))
	status := func(id string) catalog.PlanStatus {
		kept, err := w.store.SyncPlan(t.Context(), id)
		done(t, err)
		return kept.Status
	}
	if status(first) != catalog.PlanSuperseded || status(other) != catalog.PlanHeld {
		t.Errorf("%s and %s", status(first), status(other))
	}
	// Somebody else changes one of the others: what the push says of him is old.
	_, err := w.svc.Sync(t.Context(), p, catalog.Behalf{Source: corp}, nothing(func(c *catalog.Change) error {
		if _, err := c.DeactivatePerson(t.Context(), corp, "p20", false); err != nil {
			return err
		}
		_, err := c.RestorePerson(t.Context(), corp, "p20")
		return err
	}))
	done(t, err)
	kept, err := w.store.SyncPlan(t.Context(), other)
	done(t, err)
	report, err := e.Approve(t.Context(), w.admin, other, kept.Digest, "")
	if err != nil || len(report.Skipped) != 1 || report.Skipped[0].ID != "p20" || report.Counts["people.suspend"] != 9 {
		t.Fatalf("%+v, %v", report, err)
	}
	if w.user("p20").Suspended || !w.user("p21").Suspended {
		t.Error("the wrong ones are suspended")
	}
}
