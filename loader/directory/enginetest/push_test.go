package enginetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// connected makes a world with a SCIM connection that has brought so many people and a group of them.
func connected(t *testing.T, n int) (*world, *directory.Engine, catalog.Principal) {
	t.Helper()
	w := newWorld(t, nil)
	w.feed.Source, w.feed.Kind, w.feed.Limits = nil, "scim", directory.Limits{}
	e := w.engineOf()
	p := w.sync
	if _, err := w.svc.Sync(t.Context(), p, catalog.Behalf{Source: corp}, nothing(func(c *catalog.Change) error {
		return c.EnsureDirectory(t.Context(), catalog.Directory{Name: corp, Kind: "scim", Trust: catalog.TrustTeams})
	})); err != nil {
		t.Fatal(err)
	}
	plan := directory.Plan{Groups: []directory.GroupChange{{Op: directory.OpCreate, ExternalID: "all", Name: "All"}}}
	for i := range n {
		id := fmt.Sprintf("p%02d", i)
		plan.People = append(plan.People, directory.PersonChange{Op: directory.OpCreate, ExternalID: id, Username: id})
		plan.Groups[0].Add = append(plan.Groups[0].Add, directory.Member{ExternalID: id})
	}
	report, token, err := e.Push(t.Context(), p, corp, plan)
	if err != nil || token == "" || report.Counts["members.add"] != n {
		t.Fatalf("%+v, %v", report, err)
	}
	return w, e, p
}

func remove(ids ...string) directory.Plan {
	g := directory.GroupChange{Op: directory.OpUpdate, ExternalID: "all", Name: "All", Members: 60}
	for _, id := range ids {
		g.Remove = append(g.Remove, directory.Member{ExternalID: id})
	}
	return directory.Plan{Groups: []directory.GroupChange{g}}
}

func TestAPushIsDoneWhollyOrNotAtAll(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 8)
	if _, _, err := e.Push(t.Context(), p, corp, remove("p00")); err != nil {
		t.Fatal(err)
	}
	w.has("!corp/all has p00 expires=false", "corp/all has p01 expires=false")
	before := w.state()
	broken := remove("p01")
	broken.People = []directory.PersonChange{{Op: directory.OpUpdate, ExternalID: "p02", Username: "p03"}} // somebody's name
	_, _, err := e.Push(t.Context(), p, corp, broken)
	isKind(t, err, fault.Conflict)
	unknown := remove("p01")
	unknown.Groups[0].Add = []directory.Member{{ExternalID: "who"}}
	_, _, err = e.Push(t.Context(), p, corp, unknown)
	isKind(t, err, fault.Stale)
	w.same(before)
	w.noDrift()

	// Cut off and restored; then deleted as SCIM has it, and brought again.
	for _, op := range []directory.Op{directory.OpSuspend, directory.OpRestore} {
		if _, _, err := e.Push(t.Context(), p, corp, directory.Plan{People: []directory.PersonChange{{Op: op, ExternalID: "p01"}}}); err != nil {
			t.Fatal(err)
		}
		w.has(fmt.Sprintf("user p01 p01@users.invalid suspended=%v admin=false", op == directory.OpSuspend), "corp/all has p01 expires=false")
	}
	if _, _, err := e.Push(t.Context(), p, corp, directory.Plan{People: []directory.PersonChange{{Op: directory.OpSuspend, ExternalID: "p01", Gone: true}}}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.store.Person(t.Context(), corp, "p01"); err != nil || !got.Deleted {
		t.Errorf("%+v, %v", got, err)
	}
	if _, _, err := e.Push(t.Context(), p, corp, directory.Plan{People: []directory.PersonChange{{Op: directory.OpCreate, ExternalID: "p01", Username: "p01"}}}); err != nil {
		t.Fatal(err)
	}
	w.has("user p01 p01@users.invalid suspended=false admin=false")
	w.noDrift()
}

func TestAPushThatTakesTooMuchIsHeld(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 60)
	before := w.state()
	all := make([]string, 60)
	for i := range all {
		all[i] = fmt.Sprintf("p%02d", i)
	}
	var ids []string
	for range 2 {
		_, _, err := e.Push(t.Context(), p, corp, remove(all...))
		held, ok := errors.AsType[*directory.HeldError](err)
		if !ok || !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "memberships") {
			t.Fatalf("error %v", err)
		}
		ids = append(ids, held.PlanID)
	}
	if ids[0] == "" || ids[0] != ids[1] {
		t.Errorf("held as %v", ids)
	}
	w.same(before)
	if len(w.heard.types()) != 1 {
		t.Errorf("told %v", w.heard.types())
	}
	// Neither a push about others nor the rules settle what waits.
	other := directory.Plan{People: []directory.PersonChange{{Op: directory.OpUpdate, ExternalID: "p00", Username: "p00", Email: "p00@corp.example"}}}
	if _, _, err := e.Push(t.Context(), p, corp, other); err != nil {
		t.Fatal(err)
	}
	if _, err := e.SettleRules(t.Context(), p, corp); err != nil {
		t.Fatal(err)
	}
	kept, err := w.store.SyncPlan(t.Context(), ids[0])
	if err != nil || kept.Status != catalog.PlanHeld {
		t.Fatal(kept.Status, err)
	}
	report, err := e.Approve(t.Context(), w.admin, kept.ID, kept.Digest, "the group is to be empty")
	if err != nil || report.Taken.Memberships != 60 {
		t.Fatalf("%+v, %v", report, err)
	}
	w.has("!corp/all has p59 expires=false")
	w.noDrift()
}

// TestPushesDripToo takes one after another out of a group until a day's limit is reached.
func TestPushesDripToo(t *testing.T) {
	t.Parallel()
	w, e, p := connected(t, 60)
	for i := range 60 {
		_, _, err := e.Push(t.Context(), p, corp, remove(fmt.Sprintf("p%02d", i)))
		if err == nil {
			continue
		}
		held, ok := errors.AsType[*directory.HeldError](err)
		if !ok || held.Trips[0].Guard != directory.GuardDay || i < 8 || i > 15 {
			t.Fatalf("the push %d: %v", i, err)
		}
		w.has(fmt.Sprintf("corp/all has p%02d expires=false", i))
		return
	}
	t.Error("one by one everybody is gone")
}
